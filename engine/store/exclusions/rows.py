"""Rows excluded by hand, and released: nothing is deleted, each is an ingest on record.

An excluded row is superseded by one without a close. So it leaves the active rows, and the snapshot
that results has another id; older snapshots stay as they are. What comes again in a file just as it
was excluded stays excluded; another close corrects it.
"""

from __future__ import annotations

import datetime as dt

import duckdb
import numpy as np
import pandas as pd

from engine.core.errors import InputError
from engine.core.frames import PRICE_COLUMNS
from engine.store.snapshots import Content, prices_frame

EXCLUDED_COLUMNS = ("symbol", "first", "last", "rows", "why", "by", "loaded_at")
_VALUES = list(PRICE_COLUMNS[2:])
_MOST = 200  # characters of a reason


def excluded_rows(connection: duckdb.DuckDBPyConnection, universe: str) -> pd.DataFrame:
    """The rows that are excluded now, as they were, sorted: the prices frame."""
    # Most universes have none, and to look for one costs a hundredth of looking through all.
    any_ = connection.execute(
        "SELECT 1 FROM prices WHERE universe = ? AND isnan(close) LIMIT 1", [universe]
    ).fetchall()
    where = "universe = $1" if any_ else "universe = $1 AND false"
    table = connection.sql(
        f"WITH gone AS (SELECT symbol, date FROM (SELECT * FROM prices WHERE {where} QUALIFY "
        "row_number() OVER (PARTITION BY symbol, date ORDER BY ingest_id DESC) = 1) "
        f"WHERE isnan(close)) SELECT {', '.join(PRICE_COLUMNS)} FROM prices JOIN gone "
        "USING (symbol, date) WHERE universe = $1 AND NOT isnan(close) QUALIFY row_number() OVER "
        "(PARTITION BY symbol, date ORDER BY ingest_id DESC) = 1 ORDER BY symbol, date",
        params=[universe],
    ).to_arrow_table()
    return prices_frame(table)


def read_excluded(connection: duckdb.DuckDBPyConnection, universe: str) -> pd.DataFrame:
    """What is excluded now, a row an exclusion and symbol: `EXCLUDED_COLUMNS`, the latest first."""
    frame = connection.sql(
        "WITH gone AS (SELECT symbol, date, ingest_id FROM (SELECT * FROM prices WHERE universe = "
        "$1 QUALIFY row_number() OVER (PARTITION BY symbol, date ORDER BY ingest_id DESC) = 1) "
        "WHERE isnan(close)) SELECT symbol, min(date) AS first, max(date) AS last, count(*) AS "
        'rows, any_value(source) AS why, any_value(who) AS "by", any_value(loaded_at) AS loaded_at '
        "FROM gone JOIN ingests USING (ingest_id) GROUP BY symbol, ingest_id "
        "ORDER BY ingest_id DESC, symbol",
        params=[universe],
    ).df()
    frame["why"] = [text.partition(": ")[2] for text in frame["why"]]
    return frame[list(EXCLUDED_COLUMNS)]


def to_exclude(
    content: Content, symbol: str, first: dt.date | None, last: dt.date | None
) -> pd.DataFrame:
    """The active rows of a symbol between two days, without their values.

    Raises InputError where there are none.
    """
    rows = _between(content.prices, symbol, first, last)
    if not len(rows):
        known = symbol in set(content.prices["symbol"])
        mend = "there are no rows of it then" if known else "there are no prices of it"
        raise InputError(f"Nothing of {symbol[:40]!r} can be excluded: {mend}.")
    return rows.assign(**dict.fromkeys(_VALUES, np.nan))


def to_release(
    excluded: pd.DataFrame, symbol: str, first: dt.date | None, last: dt.date | None
) -> pd.DataFrame:
    """The excluded rows of a symbol between two days, as they were. Raises InputError where there
    are none."""
    rows = _between(excluded, symbol, first, last)
    if not len(rows):
        raise InputError(f"Nothing of {symbol[:40]!r} is excluded then: nothing was released.")
    return rows


def source_of(action: str, rows: pd.DataFrame, reason: str) -> str:
    """What the record of ingests says. Raises InputError for a reason that is blank or long."""
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= _MOST:
        raise InputError(f"Say why, in at most {_MOST} characters: it stays on record.")
    first, last = (f"{day:%Y-%m-%d}" for day in (rows["date"].min(), rows["date"].max()))
    return f"{action} {rows['symbol'].iloc[0]} {first} to {last}: {reason}"


def _between(
    prices: pd.DataFrame, symbol: str, first: dt.date | None, last: dt.date | None
) -> pd.DataFrame:
    mask = prices["symbol"] == symbol
    if first is not None:
        mask &= prices["date"] >= pd.Timestamp(first)
    if last is not None:
        mask &= prices["date"] <= pd.Timestamp(last)
    return prices[mask]
