"""A file as rows and columns, before anything is known of what they mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from engine.core.errors import InputError

# Above 1 GB of memory while they are checked; 300 assets have 20 million rows in 260 years.
ROW_LIMIT = 20_000_000
# Of what a file holds, so much is said back.
_ECHO = 40


@dataclass(frozen=True)
class Table:
    """headers: the header's rows, each with one text a column. load: columns by their places, as
    found. ragged: rows that do not fit, as (1-based data row, text). separator: its name, "" where
    the file has none. notes: sentences on what was passed over."""

    label: str
    headers: tuple[tuple[str, ...], ...]
    rows: int
    load: Callable[[Sequence[int]], list[pa.ChunkedArray]]
    ragged: tuple[tuple[int, str], ...] = ()
    encoding: str = ""
    separator: str = ""
    notes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.headers[0])


def refuse_too_many(rows: int, label: str) -> None:
    """Raises InputError over ROW_LIMIT rows, or cells of a wide file."""
    if rows > ROW_LIMIT:
        raise InputError(
            f"{label} holds {rows:,} prices, more than {ROW_LIMIT:,}: split it, say by years."
        )


def short(text: object) -> str:
    """What a file holds, as it is said back: in one line and not for ever."""
    flat = " ".join(str(text).split())
    return flat if len(flat) <= _ECHO else flat[: _ECHO - 1] + "…"


def text_of(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Any column as text. Raises InputError for a type that is none, as a list."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    try:
        return column.cast(pa.string())
    except pa.ArrowException as error:
        raise InputError(f"A column of type {kind} cannot be read: store it as text.") from error
