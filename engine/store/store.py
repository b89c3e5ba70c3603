"""The store: universes in one DuckDB file, with Parquet copies of their snapshots beside it."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path

import pandas as pd

from engine.core.errors import InputError, StoreBusy, StoreDamaged
from engine.core.frames import empty_instruments, empty_prices
from engine.store import catalog as catalogs
from engine.store import prices as price_tables
from engine.store import snapshots
from engine.store.catalog import Catalog, UniverseInfo
from engine.store.connection import Database, sweep_drafts, transaction
from engine.store.copies import publish
from engine.store.exclusions.exclusions import Exclusions
from engine.store.exclusions.rows import excluded_rows
from engine.store.files import sweep
from engine.store.ledger.ledger import LedgerStore
from engine.store.names import (
    check_name,
    checked_by,
    deleted_name,
    deleted_universe,
    name_from,
    no_universe,
)
from engine.store.prices import IngestResult
from engine.store.removals import Removal, add_event, find_removal, read_removals
from engine.store.runs.runs import RunStore
from engine.store.snapshots import Snapshot


class Store:
    """Append-only data of many universes.

    What changes it takes `by`: who did it, for the record; "" if that is not known. A deleted
    universe is out of everything but `deleted` and its own records, and loses nothing.

    Nothing is kept open between calls; any number of threads and processes may have a Store on
    the same file. Reads wait `read_wait_s` for it, writes `write_wait_s`; then StoreBusy names the
    holder. What is read in order to write waits as long as the write: see `patient`. A store whose
    file does not exist is empty, and only `ingest` creates it. What a killed process left half
    written is swept here.
    """

    def __init__(self, path: str | Path, read_wait_s: float = 2.0, write_wait_s: float = 30.0):
        self.path = Path(path)
        self.cache = self.path.with_suffix(".snapshots")
        self._write_wait_s = write_wait_s
        with contextlib.suppress(OSError):  # a folder that is not ours to change
            sweep_drafts(self.path)
            sweep(self.cache, "*.part")
        self._database = Database(self.path, read_wait_s, write_wait_s)
        self.runs = RunStore(self._database)
        self.ledger = LedgerStore(self._database)
        self.exclusions = Exclusions(self._database, self.path, self.cache)

    def patient(self) -> Store:
        """The same store, whose reads wait as long as its writes do."""
        return Store(self.path, self._write_wait_s, self._write_wait_s)

    def ingest(
        self,
        universe: str,
        instruments: pd.DataFrame | None,
        prices: pd.DataFrame,
        rejects: pd.DataFrame,
        source: str,
        by: str = "",
    ) -> IngestResult:
        """Load validated prices into a universe; `instruments` none: those stored.

        One transaction holds instruments, prices, quarantine, and the records of ingest and
        snapshot; the Parquet copy and the catalog follow it. A row equal to the active one (close,
        adj_close, volume; unknown equals unknown) is counted as unchanged, one that differs is
        appended and supersedes it; instruments likewise, and those not given stay. Nothing is ever
        overwritten or deleted. A repeat stores no price and gives the same snapshot id, but is on
        record with its rejects, and makes the universe the one last loaded.

        Raises InputError (name, deleted universe, columns, unknown symbols), StoreBusy,
        StoreDamaged (tables that are not as they were); then the store is as before.
        """
        check_name(universe)
        by = checked_by(by)
        with self._database.write() as connection:
            with transaction(connection):
                if find_removal(connection, universe):
                    raise deleted_name(universe)
                result, content = price_tables.ingest(
                    connection, universe, instruments, prices, rejects, source, by
                )
            # Still under the lock: copies appear in the order of the commits.
            universes = catalogs.read_universes(connection)
            notice = publish(self.cache, universes, result.snapshot_id, content)
        return dataclasses.replace(result, notice=notice)

    def delete(self, universe: str, by: str = "") -> Removal:
        """Take a universe out of sight; `restore` brings it back as it was.

        One transaction appends one event; the catalog's copy follows it. No price, instrument,
        snapshot or record is touched. A repeat changes nothing and gives the first removal.

        Raises EmptyUniverse naming those that exist, StoreBusy; then the store is as before.
        """
        by = checked_by(by)
        if not self.path.exists():  # to write would create it
            raise no_universe(universe, ())
        with self._database.write() as connection:
            with transaction(connection):
                known = catalogs.read_universes(connection)
                removal = find_removal(connection, universe)
                if removal is None:
                    if Catalog(known).find(universe) is None:
                        raise no_universe(universe, (other.name for other in known))
                    add_event(connection, universe, "delete", by)
                    removal = find_removal(connection, universe)
            publish(self.cache, catalogs.read_universes(connection))
        assert removal is not None
        return removal

    def restore(self, universe: str, by: str = "") -> UniverseInfo:
        """Bring a deleted universe back, at the snapshot at which it was deleted.

        One transaction appends one event; Parquet copy and catalog follow it. A universe that is
        not deleted stays as it is, without an event.

        Raises EmptyUniverse if there never was such a universe, StoreDamaged if its tables are not
        as they were, StoreBusy; then the store is as before.
        """
        by = checked_by(by)
        if not self.path.exists():
            raise no_universe(universe, ())
        with self._database.write() as connection:
            with transaction(connection):
                info = Catalog(catalogs.read_all(connection)).find(universe)
                if info is None:
                    known = catalogs.read_universes(connection)
                    raise no_universe(universe, (other.name for other in known))
                content = snapshots.checked_content(connection, universe, info.snapshot_id)
                if find_removal(connection, universe):
                    add_event(connection, universe, "restore", by)
            publish(self.cache, catalogs.read_universes(connection), info.snapshot_id, content)
        return info

    def deleted(self) -> list[tuple[UniverseInfo, Removal]]:
        """The universes that are deleted now, the latest first. Raises StoreBusy."""
        with self._database.read() as connection:
            if connection is None:
                return []
            everything = Catalog(catalogs.read_all(connection))
            found = ((everything.find(r.universe), r) for r in read_removals(connection))
            return [(info, removal) for info, removal in found if info is not None]

    def current(self, universe: str) -> snapshots.Content:
        """The active prices and instruments, from the tables; empty if there is no such universe.

        Raises InputError for a name that does not fit or is deleted, StoreBusy: what is compared
        with them must not be out of date.
        """
        check_name(universe)
        with self._database.read() as connection:
            if connection is None:
                return snapshots.Content(empty_prices(), empty_instruments())
            if find_removal(connection, universe):
                raise deleted_name(universe)
            found = snapshots.active_content(connection, universe)
            excluded = excluded_rows(connection, universe)
            return dataclasses.replace(found, excluded=excluded)

    # The nearest name of a universe that fits a text.
    name_from = staticmethod(name_from)

    def catalog(self) -> Catalog:
        """All universes; while the database is busy the last known, with a notice.

        Raises StoreBusy if nothing is known.
        """
        try:
            with self._database.read() as connection:
                return Catalog(catalogs.read_universes(connection) if connection else ())
        except StoreBusy as busy:
            known = catalogs.load_catalog(self.cache)
            if known is None:
                raise
            return Catalog(known, f"{busy} Until then this is the state that was loaded last.")

    def stamp(self) -> str:
        """Text that changes whenever something was stored; costs two file look-ups, no opening."""
        files = (self.path, self.cache / catalogs.CATALOG_FILE)
        return "-".join(str(f.stat().st_mtime_ns) if f.exists() else "none" for f in files)

    def universes(self) -> list[UniverseInfo]:
        """All universes, most recently loaded first; see `catalog`."""
        return list(self.catalog().universes)

    def last_universe(self) -> str | None:
        """The universe last loaded and not deleted; none if there is none."""
        return next((info.name for info in self.catalog().universes), None)

    def symbols(self, universe: str) -> set[str]:
        """The symbols of a universe's instruments; empty if there is no such universe.

        Those of a deleted one too. Raises StoreBusy: what is validated against them must not be
        out of date.
        """
        with self._database.read() as connection:
            if connection is None:
                return set()
            return set(snapshots.active_instruments(connection, universe)["symbol"])

    def snapshot(
        self, universe: str, snapshot_id: str | None = None, *, from_tables: bool = False
    ) -> Snapshot:
        """The data of a universe, now or at an older snapshot.

        Read from its Parquet copy; that is written anew from the tables where it is missing or its
        content does not hash to the id. While the database is busy: the last known snapshot, with
        a notice. from_tables: whatever copy there is, so that tables that were edited are found.

        Raises EmptyUniverse (deleted; or naming the universes that exist), InputError for an
        unknown snapshot, StoreDamaged for tables that do not hash to it, StoreBusy if nothing is
        known or cached.
        """
        info, busy = self._info(universe, snapshot_id)
        content = None
        if not from_tables:
            content = snapshots.load_cache(self.cache, info.snapshot_id)
        if content is not None:
            notice = None
            if busy is not None:
                loaded = info.loaded_at.strftime("%Y-%m-%d %H:%M UTC")
                notice = f"{busy} Until then this is the last snapshot, loaded {loaded}."
            return Snapshot(info, content.prices, content.instruments, notice)
        if busy is not None:
            raise busy
        content, notice = self._rebuild(info)
        return Snapshot(info, content.prices, content.instruments, notice)

    def quarantine(self, universe: str, limit: int = 10_000) -> pd.DataFrame:
        """Rejected rows, the latest ingest first.

        Columns ingest_id, loaded_at (UTC), source, row, symbol, date, close, reason. Each ingest
        has its own rows on record: those of a file loaded twice are here twice.
        """
        with self._database.read() as connection:
            if connection is None:
                return pd.DataFrame(columns=list(catalogs.QUARANTINE_COLUMNS))
            return catalogs.read_quarantine(connection, universe, limit)

    def quarantine_counts(self, universe: str) -> pd.DataFrame:
        """Columns reason, rows: of the last ingest of each source, so a repeat counts once."""
        with self._database.read() as connection:
            if connection is None:
                return pd.DataFrame(columns=["reason", "rows"])
            return catalogs.read_quarantine_counts(connection, universe)

    def ingests(self, universe: str) -> pd.DataFrame:
        """Every ingest, the latest first.

        Columns ingest_id, loaded_at (UTC), source, its counts, by ("" = not known), snapshot_id.
        """
        with self._database.read() as connection:
            if connection is None:
                return pd.DataFrame(columns=list(catalogs.INGEST_COLUMNS))
            return catalogs.read_ingests(connection, universe)

    def _info(
        self, universe: str, snapshot_id: str | None
    ) -> tuple[UniverseInfo, StoreBusy | None]:
        """What is wanted, and if that is from the catalog's copy, why."""
        try:
            with self._database.read() as connection:
                known = catalogs.read_universes(connection) if connection else ()
                info = Catalog(known).find(universe)
                if connection and info and snapshot_id not in (None, info.snapshot_id):
                    info = catalogs.read_snapshot_info(connection, universe, snapshot_id)
                    if info is None:
                        raise InputError(
                            f"The universe {universe} never had the snapshot {snapshot_id}: "
                            "leave it out for the latest."
                        )
                if connection and info is None and find_removal(connection, universe):
                    raise deleted_universe(universe)
        except StoreBusy as busy:
            info = Catalog(catalogs.load_catalog(self.cache) or ()).find(universe)
            if info is None or snapshot_id not in (None, info.snapshot_id):
                raise
            return info, busy
        if info is None:
            raise no_universe(universe, (other.name for other in known))
        return info, None

    def _rebuild(self, info: UniverseInfo) -> tuple[snapshots.Content, str | None]:
        """The snapshot from the tables, and its Parquet copy anew."""
        with self._database.read() as connection:
            ingest_id = (
                catalogs.read_ingest_of(connection, info.name, info.snapshot_id)
                if connection
                else None
            )
            if connection is None or ingest_id is None:
                raise StoreDamaged(
                    f"{self.path.name} no longer holds {info.name}: it was replaced meanwhile."
                )
            content = snapshots.checked_content(connection, info.name, info.snapshot_id, ingest_id)
            # Still under the lock, as in `ingest`.
            universes = catalogs.read_universes(connection)
            return content, publish(self.cache, universes, info.snapshot_id, content)
