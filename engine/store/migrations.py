"""The tables, as ordered named steps; each in its own transaction and on record.

A step is never edited once released: what it made is changed by a later one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import duckdb

from engine.core.errors import StoreDamaged
from engine.store.journal.contents import contents
from engine.store.journal.links import write_link


def m001_universes(connection: duckdb.DuckDBPyConnection) -> None:
    """Ingests, versioned instruments and prices, quarantine, snapshots.

    Prices have no primary key: it would make the insert five times slower, and the ingest, which
    alone writes them, adds at most one row per (universe, symbol, date, ingest_id).
    """
    connection.execute("""
        CREATE TABLE ingests (
            ingest_id BIGINT PRIMARY KEY, universe VARCHAR NOT NULL, source VARCHAR NOT NULL,
            loaded_at TIMESTAMP NOT NULL,  -- UTC
            rows BIGINT NOT NULL, stored BIGINT NOT NULL, unchanged BIGINT NOT NULL,
            revised BIGINT NOT NULL, quarantined BIGINT NOT NULL, snapshot_id VARCHAR NOT NULL)
    """)
    connection.execute("""
        CREATE TABLE instruments (
            universe VARCHAR NOT NULL, symbol VARCHAR NOT NULL, name VARCHAR NOT NULL,
            asset_class VARCHAR NOT NULL, sector VARCHAR NOT NULL, exchange VARCHAR NOT NULL,
            currency VARCHAR NOT NULL, fixing VARCHAR NOT NULL, role VARCHAR NOT NULL,
            ingest_id BIGINT NOT NULL)
    """)
    connection.execute("""
        CREATE TABLE prices (
            universe VARCHAR NOT NULL, symbol VARCHAR NOT NULL, date DATE NOT NULL,
            close DOUBLE NOT NULL, adj_close DOUBLE, volume DOUBLE, ingest_id BIGINT NOT NULL)
    """)
    connection.execute("""
        CREATE TABLE quarantine (
            ingest_id BIGINT NOT NULL, row BIGINT NOT NULL, symbol VARCHAR NOT NULL,
            date VARCHAR NOT NULL, close VARCHAR NOT NULL, reason VARCHAR NOT NULL)
    """)
    connection.execute("""
        CREATE TABLE snapshots (
            universe VARCHAR NOT NULL, snapshot_id VARCHAR NOT NULL, ingest_id BIGINT NOT NULL,
            symbols BIGINT NOT NULL, rows BIGINT NOT NULL, first DATE, last DATE,
            PRIMARY KEY (universe, snapshot_id))
    """)


def m002_who_and_removals(connection: duckdb.DuckDBPyConnection) -> None:
    """Who stored what ("" = not known), and universes deleted and restored, as events."""
    connection.execute("ALTER TABLE ingests ADD COLUMN who VARCHAR DEFAULT ''")
    connection.execute("""
        CREATE TABLE removals (
            event_id BIGINT PRIMARY KEY, universe VARCHAR NOT NULL,
            action VARCHAR NOT NULL CHECK (action IN ('delete', 'restore')),
            happened_at TIMESTAMP NOT NULL,  -- UTC
            who VARCHAR NOT NULL)
    """)


def m003_runs(connection: duckdb.DuckDBPyConnection) -> None:
    """Portfolios as they were computed: one row a run, and its weights.

    `params` and `result` are canonical JSON. A weight is NULL only if it was damaged; of CASH the
    cluster, the group and the share are NULL.
    """
    connection.execute("""
        CREATE TABLE runs (
            run_id VARCHAR PRIMARY KEY, universe VARCHAR NOT NULL, snapshot_id VARCHAR NOT NULL,
            created_at TIMESTAMP NOT NULL,  -- UTC
            who VARCHAR NOT NULL, as_of DATE NOT NULL, profile VARCHAR NOT NULL,
            preset VARCHAR NOT NULL, regime VARCHAR NOT NULL, threshold DOUBLE NOT NULL,
            linkage VARCHAR NOT NULL, status VARCHAR NOT NULL,
            params VARCHAR NOT NULL, result VARCHAR NOT NULL, checksum VARCHAR NOT NULL)
    """)
    connection.execute("""
        CREATE TABLE run_weights (
            run_id VARCHAR NOT NULL, symbol VARCHAR NOT NULL, weight DOUBLE, cluster_id BIGINT,
            group_id BIGINT, intra DOUBLE, PRIMARY KEY (run_id, symbol))
    """)


def m004_ledger(connection: duckdb.DuckDBPyConnection) -> None:
    """The ledger of portfolios and the events of tickets: chains of hashes, only ever added to.

    A payload is canonical JSON with amounts as decimal text. A ticket has no row of its own: its
    first event holds the document, its last one the state.
    """
    connection.execute("""
        CREATE TABLE ledger (
            portfolio VARCHAR NOT NULL, seq BIGINT NOT NULL, kind VARCHAR NOT NULL,
            effective_date DATE NOT NULL, wall_time TIMESTAMP NOT NULL,  -- UTC
            who VARCHAR NOT NULL, payload VARCHAR NOT NULL, source_run VARCHAR NOT NULL,
            snapshot_id VARCHAR NOT NULL, prev_hash VARCHAR NOT NULL, hash VARCHAR NOT NULL,
            PRIMARY KEY (portfolio, seq))
    """)
    connection.execute("""
        CREATE TABLE ticket_events (
            ticket_id VARCHAR NOT NULL, seq BIGINT NOT NULL, portfolio VARCHAR NOT NULL,
            state VARCHAR NOT NULL, wall_time TIMESTAMP NOT NULL,  -- UTC
            who VARCHAR NOT NULL, payload VARCHAR NOT NULL, prev_hash VARCHAR NOT NULL,
            hash VARCHAR NOT NULL, PRIMARY KEY (ticket_id, seq))
    """)


def m005_journal(connection: duckdb.DuckDBPyConnection) -> None:
    """The chain over all that is written: see `engine.store.journal.links`. Its first link seals
    what is there already."""
    connection.execute("""
        CREATE TABLE journal (
            seq BIGINT PRIMARY KEY, wall_time TIMESTAMP NOT NULL,  -- UTC
            items VARCHAR NOT NULL, prev_hash VARCHAR NOT NULL, hash VARCHAR NOT NULL)
    """)
    write_link(connection, contents(connection))


MIGRATIONS: tuple[Callable[[duckdb.DuckDBPyConnection], None], ...] = (
    m001_universes,
    m002_who_and_removals,
    m003_runs,
    m004_ledger,
    m005_journal,
)


def pending(connection: duckdb.DuckDBPyConnection, label: str) -> int:
    """How many steps are still to be applied to the file called `label`.

    Raises StoreDamaged for a file of a newer version, and for one whose tables are not ours.
    """
    ours = [step.__name__ for step in MIGRATIONS]
    recorded = _recorded(connection)
    if not recorded and not connection.execute("SHOW TABLES").fetchall():
        return len(MIGRATIONS)
    if not recorded or recorded[: len(ours)] != ours[: len(recorded)]:
        raise StoreDamaged(
            f"{label} is a DuckDB database, but its tables are not Cutline's: choose another path."
        )
    if len(recorded) > len(ours):
        raise StoreDamaged(
            f"{label} was written by a newer version of Cutline (step {recorded[-1]}): "
            "update Cutline, or choose another path."
        )
    return len(ours) - len(recorded)


def migrate(connection: duckdb.DuckDBPyConnection, label: str) -> None:
    """Apply what is pending; a repeat does nothing.

    Each step and its record are one transaction: a step that fails leaves the one before it.
    """
    done = len(MIGRATIONS) - pending(connection, label)
    for number, step in enumerate(MIGRATIONS[done:], start=done + 1):
        connection.execute("BEGIN")
        try:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS migrations "
                "(number INTEGER PRIMARY KEY, name VARCHAR NOT NULL, applied_at TIMESTAMP NOT NULL)"
            )
            step(connection)
            connection.execute(
                "INSERT INTO migrations VALUES (?, ?, ?)",
                [number, step.__name__, dt.datetime.now(dt.UTC).replace(tzinfo=None)],
            )
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def _recorded(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The steps on record; none where there is no such table."""
    try:
        # Asked at every opening, so the schema, ten times as slow to read, is not looked at first.
        rows = connection.execute("SELECT name FROM migrations ORDER BY number").fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):  # no table, or not our columns
        return []
    return [str(name) for (name,) in rows]
