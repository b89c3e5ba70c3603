"""What looks wrong, as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from engine.market.oddities import Oddity

_COLUMNS = ("symbol", "date", "kind", "what")


def odd_table(found: Sequence[Oddity]) -> pd.DataFrame:
    """One row an oddity, in the order given: symbol, date, kind, what."""
    rows = [{name: getattr(one, name) for name in _COLUMNS} for one in found]
    return pd.DataFrame(rows, columns=list(_COLUMNS))
