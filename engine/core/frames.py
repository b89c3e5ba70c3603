"""The vocabulary between rooms: the columns of the frames that are handed around.

- *instruments*: all text, "" = not known; `asset_class` in lower case ("unknown" if not known);
  `fixing` as "HH:MM Area/City"; `role` is one of `ROLES`. One row a symbol.
- *prices*: `symbol` text; `date` datetime64[us] at midnight, no zone; `close` > 0;
  `adj_close` > 0 and `volume` >= 0, NaN = not known. Sorted by symbol and date, key unique.
- *rejects*: `row` 1-based among the file's data rows; `symbol`, `date`, `close` as found; `reason`.
"""

from __future__ import annotations

import pandas as pd

from engine.core.words import Role, values_of

INSTRUMENT_COLUMNS = (
    "symbol",
    "name",
    "asset_class",
    "sector",
    "exchange",
    "currency",
    "fixing",
    "role",
)
PRICE_COLUMNS = ("symbol", "date", "close", "adj_close", "volume")
REJECT_COLUMNS = ("row", "symbol", "date", "close", "reason")
ROLES = values_of(Role)


def empty_instruments() -> pd.DataFrame:
    """No instruments, with the right columns and types."""
    return pd.DataFrame({name: pd.Series(dtype="str") for name in INSTRUMENT_COLUMNS})


def empty_prices() -> pd.DataFrame:
    """No prices, with the right columns and types."""
    kinds = {"symbol": "str", "date": "datetime64[us]"}
    return pd.DataFrame(
        {name: pd.Series(dtype=kinds.get(name, "float64")) for name in PRICE_COLUMNS}
    )


def empty_rejects() -> pd.DataFrame:
    """No rejects, with the right columns and types."""
    return pd.DataFrame(
        {name: pd.Series(dtype="int64" if name == "row" else "str") for name in REJECT_COLUMNS}
    )
