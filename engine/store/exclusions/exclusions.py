"""Excluding rows of prices by hand, and releasing them."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from engine.store import catalog as catalogs
from engine.store import prices as price_tables
from engine.store import snapshots
from engine.store.catalog import Catalog
from engine.store.connection import Database, transaction
from engine.store.copies import publish
from engine.store.exclusions import rows as rows_of
from engine.store.names import checked_by, no_universe
from engine.store.prices import IngestResult


class Exclusions:
    """The excluded rows of one store's universes; reached as `Store.exclusions`."""

    def __init__(self, database: Database, path: Path, cache: Path) -> None:
        self._database, self._path, self._cache = database, path, cache

    def exclude(
        self, universe: str, symbol: str, first: dt.date | None, last: dt.date | None,
        reason: str, by: str = "",
    ) -> IngestResult:  # fmt: skip
        """Take rows of a symbol out of the data from now on; `release` brings them back.

        first, last: days, none: from its first, to its last. One transaction, on record as an
        ingest whose `revised` are these rows; older snapshots stay, and nothing is deleted. A file
        that holds the same rows again leaves them excluded, one with other values corrects them.

        Raises InputError (no such rows, no reason), EmptyUniverse, StoreBusy, StoreDamaged; then
        the store is as before.
        """

        def chosen(before: snapshots.Content) -> tuple[pd.DataFrame, str]:
            rows = rows_of.to_exclude(before, symbol, first, last)
            return rows, rows_of.source_of("exclude", rows, reason)

        return self._replace(universe, chosen, by)

    def release(
        self, universe: str, symbol: str, first: dt.date | None, last: dt.date | None,
        reason: str, by: str = "",
    ) -> IngestResult:  # fmt: skip
        """Bring excluded rows back as they were; as `exclude`."""

        def chosen(before: snapshots.Content) -> tuple[pd.DataFrame, str]:
            excluded = before.excluded if before.excluded is not None else before.prices[:0]
            rows = rows_of.to_release(excluded, symbol, first, last)
            return rows, rows_of.source_of("release", rows, reason)

        return self._replace(universe, chosen, by)

    def of(self, universe: str) -> pd.DataFrame:
        """What is excluded now, the latest first: symbol, first, last, rows, why, by, loaded_at."""
        with self._database.read() as connection:
            if connection is None:
                return pd.DataFrame(columns=list(rows_of.EXCLUDED_COLUMNS))
            return rows_of.read_excluded(connection, universe)

    def _replace(
        self,
        universe: str,
        chosen: Callable[[snapshots.Content], tuple[pd.DataFrame, str]],
        by: str,
    ) -> IngestResult:
        by = checked_by(by)
        if not self._path.exists():
            raise no_universe(universe, ())
        with self._database.write() as connection:
            with transaction(connection):
                known = catalogs.read_universes(connection)
                if Catalog(known).find(universe) is None:
                    raise no_universe(universe, (other.name for other in known))
                result, content = price_tables.replace_rows(connection, universe, chosen, by)
            universes = catalogs.read_universes(connection)
            notice = publish(self._cache, universes, result.snapshot_id, content)
        return dataclasses.replace(result, notice=notice)
