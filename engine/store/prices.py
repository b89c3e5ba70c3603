"""Ingest: append what is new or changed, count what is not, and name the state that results."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from engine.core.errors import InputError
from engine.core.format import listing
from engine.core.frames import (
    INSTRUMENT_COLUMNS,
    PRICE_COLUMNS,
    REJECT_COLUMNS,
    empty_instruments,
    empty_prices,
)
from engine.core.words import Written
from engine.store.exclusions.rows import excluded_rows
from engine.store.journal.contents import ingest_digest
from engine.store.journal.links import note
from engine.store.snapshots import (
    Content,
    active_instruments,
    active_prices,
    checked_content,
    content_id,
)


@dataclass(frozen=True)
class IngestResult:
    """What an ingest did: rows = stored + unchanged + revised + quarantined.

    `symbols` are the distinct symbols of the accepted rows. `notice` says if the data is safe but
    its Parquet copy could not be written.
    """

    symbols: int
    rows: int
    stored: int
    unchanged: int
    revised: int
    quarantined: int
    snapshot_id: str
    universe: str
    notice: str | None = None


def ingest(
    connection: duckdb.DuckDBPyConnection,
    universe: str,
    instruments: pd.DataFrame | None,
    prices: pd.DataFrame,
    rejects: pd.DataFrame,
    source: str,
    by: str,
) -> tuple[IngestResult, Content]:
    """Write one ingest; the caller holds the transaction. See `Store.ingest`."""
    ingest_id = _next_ingest(connection)
    current = _current_snapshot(connection, universe)
    before = _before(connection, universe, current)
    changed = _add_instruments(connection, universe, instruments, before.instruments, ingest_id)
    incoming = _checked_prices(prices)
    known = active_instruments(connection, universe) if changed else before.instruments
    _refuse_unknown(incoming, known, universe)
    stored, revised = _add_prices(connection, universe, incoming, before, ingest_id)
    _add_rejects(connection, rejects, ingest_id)

    after = Content(
        active_prices(connection, universe) if stored or revised else before.prices, known
    )
    snapshot_id = content_id(after) if stored or revised or changed or not current else current
    _record_snapshot(connection, universe, snapshot_id, after.prices, ingest_id)
    unchanged = len(incoming) - stored - revised
    result = IngestResult(
        symbols=int(incoming["symbol"].nunique()),
        rows=len(incoming) + len(rejects),
        stored=stored,
        unchanged=unchanged,
        revised=revised,
        quarantined=len(rejects),
        snapshot_id=snapshot_id,
        universe=universe,
    )
    _record_ingest(connection, ingest_id, result, source, by)
    return result, after


def replace_rows(
    connection: duckdb.DuckDBPyConnection,
    universe: str,
    chosen: Callable[[Content], tuple[pd.DataFrame, str]],
    by: str,
) -> tuple[IngestResult, Content]:
    """Exclude or release rows; the caller holds the transaction. See `Store.exclude`.

    chosen: from what is active, and excluded, the rows to write and what the record says.
    """
    current = _current_snapshot(connection, universe)
    before = _before(connection, universe, current)
    rows, source = chosen(before)
    ingest_id = _next_ingest(connection)
    _append(connection, "prices", rows, universe=universe, ingest_id=ingest_id)
    after = Content(active_prices(connection, universe), before.instruments)
    snapshot_id = content_id(after)
    _record_snapshot(connection, universe, snapshot_id, after.prices, ingest_id)
    result = IngestResult(1, len(rows), 0, 0, len(rows), 0, snapshot_id, universe)
    _record_ingest(connection, ingest_id, result, source, by)
    return result, after


def _before(connection: duckdb.DuckDBPyConnection, universe: str, current: str) -> Content:
    """What is active now, which hashes to the current snapshot, and what is excluded."""
    if not current:
        return Content(empty_prices(), empty_instruments())
    found = checked_content(connection, universe, current)
    return dataclasses.replace(found, excluded=excluded_rows(connection, universe))


def _next_ingest(connection: duckdb.DuckDBPyConnection) -> int:
    # `fetchone` would leave its result open, and DuckDB 2.0 then refuses other work.
    [(ingest_id,)] = connection.execute(
        "SELECT coalesce(max(ingest_id), 0) + 1 FROM ingests"
    ).fetchall()
    return int(ingest_id)


def _record_ingest(
    connection: duckdb.DuckDBPyConnection, ingest_id: int, result: IngestResult, source: str,
    by: str,
) -> None:  # fmt: skip
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    connection.execute(
        "INSERT INTO ingests VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            ingest_id, result.universe, source, now, result.rows, result.stored, result.unchanged,
            result.revised, result.quarantined, result.snapshot_id, by,
        ],
    )  # fmt: skip
    note(connection, Written.INGEST, ingest_id, ingest_digest(connection, ingest_id))


def _current_snapshot(connection: duckdb.DuckDBPyConnection, universe: str) -> str:
    """The snapshot that the last ingest of a universe left; "" before the first."""
    rows = connection.execute(
        "SELECT snapshot_id FROM ingests WHERE universe = ? ORDER BY ingest_id DESC LIMIT 1",
        [universe],
    ).fetchall()
    return str(rows[0][0]) if rows else ""


def _add_instruments(
    connection: duckdb.DuckDBPyConnection,
    universe: str,
    instruments: pd.DataFrame | None,
    before: pd.DataFrame,
    ingest_id: int,
) -> int:
    """Append instruments that are new or differ; the number of them."""
    if instruments is None:
        return 0
    absent = [name for name in INSTRUMENT_COLUMNS if name not in instruments]
    if absent:
        raise InputError(f"The instruments lack the column {listing(absent)}: add it.")
    given = instruments[list(INSTRUMENT_COLUMNS)].fillna("").astype("str")
    if given["symbol"].duplicated().any() or (given["symbol"] == "").any():
        raise InputError("The instruments have a blank or repeated symbol: keep one row of each.")
    merged = given.merge(before, how="left", indicator=True)
    fresh = given[(merged["_merge"] == "left_only").to_numpy()]
    _append(connection, "instruments", fresh, universe=universe, ingest_id=ingest_id)
    return len(fresh)


def _checked_prices(prices: pd.DataFrame) -> pd.DataFrame:
    """The prices frame in canonical form. Raises InputError where it is not one."""
    absent = [name for name in PRICE_COLUMNS if name not in prices]
    if absent:
        raise InputError(f"The prices lack the column {listing(absent)}: add it.")
    frame = pd.DataFrame(
        {
            "symbol": prices["symbol"].astype("str"),
            "date": prices["date"].astype("datetime64[us]").dt.normalize(),
            # Adding zero turns -0.0 into 0.0: equal values then have equal bytes.
            **{name: prices[name].astype("float64") + 0.0 for name in PRICE_COLUMNS[2:]},
        }
    )
    close = frame["close"].to_numpy()
    if frame["date"].isna().any() or not (np.isfinite(close) & (close > 0)).all():
        raise InputError("The prices hold a blank date or a close that is not above zero.")
    if frame.duplicated(["symbol", "date"]).any():
        raise InputError("The prices hold a symbol and date more than once: validate them first.")
    return frame


def _refuse_unknown(prices: pd.DataFrame, instruments: pd.DataFrame, universe: str) -> None:
    unknown = sorted(set(prices["symbol"].unique()) - set(instruments["symbol"]))
    if unknown:
        raise InputError(
            f"{listing(unknown)} of the prices are not among the instruments of {universe}: "
            "give an instruments file that lists them."
        )


def _add_prices(
    connection: duckdb.DuckDBPyConnection,
    universe: str,
    incoming: pd.DataFrame,
    before: Content,
    ingest_id: int,
) -> tuple[int, int]:
    """Append rows that are new or differ from the active one; how many of each."""
    is_new, revised = before.compare(incoming)
    _append(
        connection, "prices", incoming[is_new | revised], universe=universe, ingest_id=ingest_id
    )
    return int(is_new.sum()), int(revised.sum())


def _add_rejects(
    connection: duckdb.DuckDBPyConnection, rejects: pd.DataFrame, ingest_id: int
) -> None:
    given = rejects[list(REJECT_COLUMNS)]
    texts = given.drop(columns="row").fillna("").astype("str")
    _append(connection, "quarantine", texts.assign(row=given["row"]), ingest_id=ingest_id)


def _record_snapshot(
    connection: duckdb.DuckDBPyConnection,
    universe: str,
    snapshot_id: str,
    prices: pd.DataFrame,
    ingest_id: int,
) -> None:
    """Put the snapshot on record; content that was there before keeps its first record."""
    dates = prices["date"]
    connection.execute(
        "INSERT INTO snapshots VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
            universe,
            snapshot_id,
            ingest_id,
            int(prices["symbol"].nunique()),
            len(prices),
            dates.min().date() if len(prices) else None,
            dates.max().date() if len(prices) else None,
        ],
    )


def _append(
    connection: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame, **constants: str | int
) -> None:
    """Append a frame by column name; `table` is one of this module's own literals."""
    if not len(frame):
        return
    rows = pa.Table.from_pandas(frame.assign(**constants), preserve_index=False)
    if table == "prices":  # a close of NaN is an excluded row, and no unknown
        at = rows.schema.get_field_index("close")
        rows = rows.set_column(at, "close", pa.array(frame["close"].to_numpy(), from_pandas=False))
    connection.register("incoming", rows)
    connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")
    connection.unregister("incoming")
