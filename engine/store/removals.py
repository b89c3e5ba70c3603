"""Universes taken away and brought back: events that are only ever added, and no data is touched.

A universe is deleted when its last event says so. Its ingests, prices and snapshots stay.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Literal

import duckdb

from engine.core.canonical import compact
from engine.core.words import Written
from engine.store.journal.links import note


@dataclass(frozen=True)
class Removal:
    """A universe that is deleted now: since when (UTC), and by whom ("" = not known)."""

    universe: str
    at: dt.datetime
    by: str


def read_removals(connection: duckdb.DuckDBPyConnection) -> tuple[Removal, ...]:
    """The universes that are deleted now, the latest first."""
    rows = connection.execute(
        "SELECT universe, happened_at, who FROM (SELECT * FROM removals "
        "QUALIFY row_number() OVER (PARTITION BY universe ORDER BY event_id DESC) = 1) "
        "WHERE action = 'delete' ORDER BY event_id DESC"
    ).fetchall()
    return tuple(Removal(universe, at.replace(tzinfo=dt.UTC), who) for universe, at, who in rows)


def find_removal(connection: duckdb.DuckDBPyConnection, universe: str) -> Removal | None:
    """The removal of a universe; none if it is not deleted."""
    return next((r for r in read_removals(connection) if r.universe == universe), None)


def add_event(
    connection: duckdb.DuckDBPyConnection,
    universe: str,
    action: Literal["delete", "restore"],
    by: str,
) -> None:
    """Append an event; the caller holds the transaction."""
    [(event_id,)] = connection.execute(
        "INSERT INTO removals SELECT coalesce(max(event_id), 0) + 1, $1, $2, $3, $4 FROM removals "
        "RETURNING event_id",
        [universe, action, dt.datetime.now(dt.UTC).replace(tzinfo=None), by],
    ).fetchall()
    note(connection, Written.REMOVAL, event_id, removal_digests(connection)[event_id])


def removal_digests(connection: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """Of each event, by its number, the digest of its row."""
    rows = connection.execute(
        "SELECT event_id, universe, action, happened_at::VARCHAR, who FROM removals"
    ).fetchall()
    return {row[0]: hashlib.sha256(compact(row).encode()).hexdigest() for row in rows}
