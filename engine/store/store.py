"""The store: universes in one DuckDB file, with Parquet copies of their snapshots beside it."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from engine.errors import EmptyUniverse, InputError, StoreBusy, StoreDamaged
from engine.format import listing
from engine.store import catalog as catalogs
from engine.store import prices as price_tables
from engine.store import snapshots
from engine.store.catalog import Catalog, UniverseInfo
from engine.store.connection import Database, transaction
from engine.store.prices import IngestResult

_UNIVERSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,63}")


@dataclass(frozen=True)
class Snapshot:
    """A universe's data under one id; `notice` says if it is not the latest or was not cached."""

    info: UniverseInfo
    prices: pd.DataFrame
    instruments: pd.DataFrame
    notice: str | None = None


class Store:
    """Append-only data of many universes.

    Nothing is kept open between calls; any number of threads and processes may have a Store on
    the same file. Reads wait `read_wait_s` for it, writes `write_wait_s`; then StoreBusy names the
    holder. A store whose file does not exist is empty, and only `ingest` creates it.
    """

    def __init__(self, path: str | Path, read_wait_s: float = 2.0, write_wait_s: float = 30.0):
        self.path = Path(path)
        self.cache = self.path.with_suffix(".snapshots")
        self._database = Database(self.path, read_wait_s, write_wait_s)

    def ingest(
        self,
        universe: str,
        instruments: pd.DataFrame | None,
        prices: pd.DataFrame,
        rejects: pd.DataFrame,
        source: str,
    ) -> IngestResult:
        """Load validated prices into a universe; `instruments` none: those stored.

        One transaction holds instruments, prices, quarantine, and the records of ingest and
        snapshot; the Parquet copy and the catalog follow it. A row equal to the active one (close,
        adj_close, volume; unknown equals unknown) is counted as unchanged, one that differs is
        appended and supersedes it; instruments likewise, and those not given stay. Nothing is ever
        overwritten or deleted. A repeat stores no price and gives the same snapshot id, but is on
        record with its rejects, and makes the universe the one last loaded.

        Raises InputError (name, columns, unknown symbols), StoreBusy, StoreDamaged; then the store
        is as before.
        """
        if not _UNIVERSE.fullmatch(universe):
            raise InputError(
                f"The universe name {universe!r} does not fit: use up to 64 letters, digits, "
                "blanks, dots, dashes and underscores, a letter or digit first."
            )
        with self._database.write() as connection:
            with transaction(connection):
                result, content = price_tables.ingest(
                    connection, universe, instruments, prices, rejects, source
                )
            # Still under the lock: copies appear in the order of the commits.
            universes = catalogs.read_universes(connection)
            notice = self._publish(result.snapshot_id, content, universes)
        return dataclasses.replace(result, notice=notice)

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
        """The universe last loaded; none in an empty store."""
        return next((info.name for info in self.catalog().universes), None)

    def symbols(self, universe: str) -> set[str]:
        """The symbols of a universe's instruments; empty if there is no such universe.

        Raises StoreBusy: what is validated against them must not be out of date.
        """
        with self._database.read() as connection:
            if connection is None:
                return set()
            return set(snapshots.active_instruments(connection, universe)["symbol"])

    def snapshot(
        self, universe: str, snapshot_id: str | None = None, *, verify: bool = False
    ) -> Snapshot:
        """The data of a universe, now or at an older snapshot.

        Read from its Parquet copy; that is written anew from the tables where it is missing or not
        what its name says (`verify`: or its content does not hash to its id, +0.1 s at 360,000
        rows). While the database is busy: the last known snapshot, with a notice.

        Raises EmptyUniverse naming the universes that exist, InputError for an unknown snapshot,
        StoreBusy if nothing is known or cached.
        """
        info, busy = self._info(universe, snapshot_id)
        content = snapshots.load_cache(self.cache, info.snapshot_id, verify=verify)
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
                return pd.DataFrame(columns=_QUARANTINE)
            return catalogs.read_quarantine(connection, universe, limit)

    def quarantine_counts(self, universe: str) -> pd.DataFrame:
        """Columns reason, rows: of the last ingest of each source, so a repeat counts once."""
        with self._database.read() as connection:
            if connection is None:
                return pd.DataFrame(columns=["reason", "rows"])
            return catalogs.read_quarantine_counts(connection, universe)

    def ingests(self, universe: str) -> pd.DataFrame:
        """Every ingest, the latest first: ingest_id, loaded_at (UTC), source, its counts, id."""
        with self._database.read() as connection:
            if connection is None:
                return pd.DataFrame(columns=_INGESTS)
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
        except StoreBusy as busy:
            info = Catalog(catalogs.load_catalog(self.cache) or ()).find(universe)
            if info is None or snapshot_id not in (None, info.snapshot_id):
                raise
            return info, busy
        if info is None:
            names = [other.name for other in known]
            mend = f"choose {listing(names)}" if names else "load data first"
            raise EmptyUniverse(f"No universe {universe!r} is loaded: {mend}.")
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
            content = snapshots.active_content(connection, info.name, ingest_id)
            if snapshots.content_id(content) != info.snapshot_id:
                raise StoreDamaged(
                    f"The tables of {info.name} in {self.path.name} do not hash to the snapshot "
                    f"{info.snapshot_id[:12]}: restore a backup, or load the data into a new file."
                )
            # Still under the lock, as in `ingest`.
            universes = catalogs.read_universes(connection)
            return content, self._publish(info.snapshot_id, content, universes)

    def _publish(
        self, snapshot_id: str, content: snapshots.Content, universes: tuple[UniverseInfo, ...]
    ) -> str | None:
        """Write the copies; a notice if that fails, as the data itself is safe."""
        try:
            if snapshots.load_cache(self.cache, snapshot_id) is None:
                snapshots.save_cache(self.cache, snapshot_id, content)
            # The catalog last: it names only what can be read.
            catalogs.save_catalog(self.cache, universes)
            snapshots.prune(self.cache, {info.snapshot_id for info in universes})
        except OSError as error:
            return (
                f"The snapshot could not be written to {self.cache.name} ({error.strerror}): "
                "pages will be slower and not readable while the database is busy."
            )
        return None


_QUARANTINE = ["ingest_id", "loaded_at", "source", "row", "symbol", "date", "close", "reason"]
_INGESTS = [
    *("ingest_id", "loaded_at", "source", "rows", "stored", "unchanged", "revised"),
    *("quarantined", "snapshot_id"),
]
