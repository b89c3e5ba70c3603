"""What is loaded: universes with their current snapshot, ingests and quarantine.

`catalog.json` is a copy of the list of universes, written after each commit, for the moments in
which another process holds the database. It is a cache: never read while the database is free.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from engine.store.files import write_atomically
from engine.store.removals import read_removals

CATALOG_FILE = "catalog.json"


@dataclass(frozen=True)
class UniverseInfo:
    """A universe at one snapshot.

    `symbols` and `rows` count what has active prices; `first` and `last` are their dates (none
    where there are no prices); `loaded_at` (UTC), `source` and `by` (who; "" = not known) are those
    of the last ingest, or for an old snapshot of the ingest that made it.
    """

    name: str
    snapshot_id: str
    symbols: int
    rows: int
    first: dt.date | None
    last: dt.date | None
    loaded_at: dt.datetime
    source: str
    by: str = ""


@dataclass(frozen=True)
class Catalog:
    """All universes but the deleted, most recently loaded first.

    `notice` says if this is not the latest state.
    """

    universes: tuple[UniverseInfo, ...]
    notice: str | None = None

    def find(self, name: str) -> UniverseInfo | None:
        return next((info for info in self.universes if info.name == name), None)


QUARANTINE_COLUMNS = (
    *("ingest_id", "loaded_at", "source", "row"),
    *("symbol", "date", "close", "reason"),
)
INGEST_COLUMNS = (
    *("ingest_id", "loaded_at", "source", "rows", "stored", "unchanged", "revised"),
    *("quarantined", "by", "snapshot_id"),
)
_INFO = (
    "SELECT i.universe, s.snapshot_id, s.symbols, s.rows, s.first, s.last, i.loaded_at, i.source, "
    "i.who "
    "FROM ingests i JOIN snapshots s ON s.universe = i.universe AND "
)


def read_universes(connection: duckdb.DuckDBPyConnection) -> tuple[UniverseInfo, ...]:
    """Every universe that is not deleted at its current snapshot, most recently loaded first."""
    gone = {removal.universe for removal in read_removals(connection)}
    return tuple(info for info in read_all(connection) if info.name not in gone)


def read_all(connection: duckdb.DuckDBPyConnection) -> tuple[UniverseInfo, ...]:
    """As `read_universes`, the deleted too."""
    rows = connection.execute(
        f"{_INFO} s.snapshot_id = i.snapshot_id "
        "QUALIFY row_number() OVER (PARTITION BY i.universe ORDER BY i.ingest_id DESC) = 1 "
        "ORDER BY i.ingest_id DESC"
    ).fetchall()
    return tuple(_info(row) for row in rows)


def read_snapshot_info(
    connection: duckdb.DuckDBPyConnection, universe: str, snapshot_id: str
) -> UniverseInfo | None:
    """The universe as it was at a snapshot; none if it never had it."""
    rows = connection.execute(
        f"{_INFO} s.ingest_id = i.ingest_id WHERE s.universe = ? AND s.snapshot_id = ?",
        [universe, snapshot_id],
    ).fetchall()
    return _info(rows[0]) if rows else None


def read_ingest_of(
    connection: duckdb.DuckDBPyConnection, universe: str, snapshot_id: str
) -> int | None:
    """The ingest that made a snapshot; none if the universe never had it."""
    rows = connection.execute(
        "SELECT ingest_id FROM snapshots WHERE universe = ? AND snapshot_id = ?",
        [universe, snapshot_id],
    ).fetchall()
    return int(rows[0][0]) if rows else None


def read_quarantine(
    connection: duckdb.DuckDBPyConnection, universe: str, limit: int
) -> pd.DataFrame:
    """Rejected rows, the latest ingest first; see `Store.quarantine`."""
    return _utc(
        connection.sql(
            "SELECT q.ingest_id, i.loaded_at, i.source, q.row, q.symbol, q.date, q.close, q.reason "
            "FROM quarantine q JOIN ingests i USING (ingest_id) WHERE i.universe = ? "
            "ORDER BY q.ingest_id DESC, q.row LIMIT ?",
            params=[universe, limit],
        )
    )


def read_quarantine_counts(connection: duckdb.DuckDBPyConnection, universe: str) -> pd.DataFrame:
    """Rejected rows by reason; see `Store.quarantine_counts`."""
    return connection.sql(
        "SELECT q.reason, count(*) AS rows FROM quarantine q WHERE q.ingest_id IN "
        "(SELECT max(ingest_id) FROM ingests WHERE universe = ? GROUP BY source) "
        "GROUP BY q.reason ORDER BY rows DESC, q.reason",
        params=[universe],
    ).df()


def read_ingests(connection: duckdb.DuckDBPyConnection, universe: str) -> pd.DataFrame:
    """Every ingest of a universe, the latest first."""
    return _utc(
        connection.sql(
            "SELECT ingest_id, loaded_at, source, rows, stored, unchanged, revised, quarantined, "
            'who AS "by", snapshot_id '
            "FROM ingests WHERE universe = ? ORDER BY ingest_id DESC",
            params=[universe],
        )
    )


def save_catalog(directory: Path, universes: tuple[UniverseInfo, ...]) -> None:
    """Write `catalog.json` if it says something else. Raises OSError."""
    document = [
        {key: _plain(value) for key, value in dataclasses.asdict(info).items()}
        for info in universes
    ]
    data = json.dumps(document, indent=1).encode()
    path = directory / CATALOG_FILE
    if not path.exists() or path.read_bytes() != data:
        write_atomically(path, data)


def load_catalog(directory: Path) -> tuple[UniverseInfo, ...] | None:
    """What `catalog.json` says; none if it is missing or not readable as ours."""
    try:
        document = json.loads((directory / CATALOG_FILE).read_bytes())
        return tuple(
            UniverseInfo(
                **{
                    **entry,
                    "first": _date(entry["first"]),
                    "last": _date(entry["last"]),
                    "loaded_at": dt.datetime.fromisoformat(entry["loaded_at"]),
                }
            )
            for entry in document
        )
    except (OSError, ValueError, TypeError, KeyError):  # then the busy database is the answer
        return None


def _info(row: tuple[Any, ...]) -> UniverseInfo:
    name, snapshot_id, symbols, rows, first, last, loaded_at, source, by = row
    at = loaded_at.replace(tzinfo=dt.UTC)
    return UniverseInfo(name, snapshot_id, symbols, rows, first, last, at, source, by)


def _utc(relation: duckdb.DuckDBPyRelation) -> pd.DataFrame:
    frame = relation.df()
    frame["loaded_at"] = frame["loaded_at"].dt.tz_localize("UTC")
    return frame


def _date(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
