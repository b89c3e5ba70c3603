"""Several names in one text: parted by commas; a name that holds one stands in double quotes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable


def split_names(text: str) -> list[str]:
    """The names of a text, without the blanks around them; what is empty is none.

    A quote counts where a name begins with it, as in CSV: `"a, b",c` is two names. Raises
    ValueError for a text that cannot be parted.
    """
    try:
        rows = list(csv.reader([text.replace("\n", " ")], skipinitialspace=True))
    except csv.Error as error:
        raise ValueError(text) from error
    return [name.strip() for row in rows for name in row if name.strip()]


def join_names(names: Iterable[str]) -> str:
    """The text of names, which `split_names` reads back."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="").writerow(list(names))
    return out.getvalue()
