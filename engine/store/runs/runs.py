"""Runs in the tables: portfolios as they were computed, only ever added."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

from engine.core.errors import InputError, StoreDamaged
from engine.core.format import listing
from engine.store.connection import Database, transaction
from engine.store.names import checked_by, deleted_name
from engine.store.removals import find_removal
from engine.store.runs.records import NewRun, StoredRun, checksum_of, run_id_of
from engine.store.runs.tables import add_run, read_runs


class RunStore:
    """The runs in one database; reached as `Store.runs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, run: NewRun, by: str = "") -> StoredRun:
        """Append a run and its weights.

        One transaction holds both. A run that is stored already stays as it is, with its first time
        and `by`, and is returned. Nothing is ever overwritten or deleted.

        Raises InputError (deleted universe, a snapshot that it never had, weights that are missing
        or not numbers), StoreDamaged if the run is stored but was changed since, StoreBusy; then
        the store is as before.
        """
        by = checked_by(by)
        _check_weights(run)
        run_id = run_id_of(run)
        if not self._database.path.exists():  # to write would create it
            raise _no_snapshot(run)
        with self._database.write() as connection, transaction(connection):
            if find_removal(connection, run.universe):
                raise deleted_name(run.universe)
            known = read_runs(connection, "WHERE run_id = ?", [run_id])
            if known:
                if known[0].faults:
                    raise StoreDamaged(
                        f"The run {run_id} is stored, but was changed since: {known[0].faults[0]}. "
                        "Restore the database from a backup."
                    )
                return known[0]
            if not connection.execute(
                "SELECT 1 FROM snapshots WHERE universe = ? AND snapshot_id = ?",
                [run.universe, run.snapshot_id],
            ).fetchone():
                raise _no_snapshot(run)
            given = {f.name: getattr(run, f.name) for f in dataclasses.fields(NewRun)}
            stored = StoredRun(**given, run_id=run_id, created_at=dt.datetime.now(dt.UTC), by=by)
            stored = dataclasses.replace(stored, checksum=checksum_of(stored))
            add_run(connection, stored)
            return read_runs(connection, "WHERE run_id = ?", [run_id])[0]

    def read(self, run_id: str) -> StoredRun:
        """A run, as the tables have it; also of a deleted universe.

        Raises InputError naming the runs that exist, StoreBusy.
        """
        with self._database.read() as connection:
            found = read_runs(connection, "WHERE run_id = ?", [run_id]) if connection else ()
            if found:
                return found[0]
            known = connection.execute(
                "SELECT run_id FROM runs ORDER BY created_at DESC, run_id"
            ).fetchall() if connection else []  # fmt: skip
        names = [str(name) for (name,) in known]
        mend = f"choose {listing(names)}" if names else "none is stored yet"
        raise InputError(f"No run {run_id!r} is stored: {mend}.")

    def of(self, universe: str) -> tuple[StoredRun, ...]:
        """The runs of a universe, the latest first; those of a deleted one stay. Raises
        StoreBusy."""
        with self._database.read() as connection:
            if connection is None:
                return ()
            return read_runs(connection, "WHERE universe = ?", [universe])

    def latest(self, universe: str) -> StoredRun | None:
        """The run of a universe that was stored last; none if there is none. Raises StoreBusy."""
        with self._database.read() as connection:
            if connection is None:
                return None
            found = read_runs(
                connection,
                "WHERE run_id = (SELECT run_id FROM runs WHERE universe = ? "
                "ORDER BY created_at DESC, run_id LIMIT 1)",
                [universe],
            )
            return found[0] if found else None


def _check_weights(run: NewRun) -> None:
    symbols = [w.symbol for w in run.weights]
    if not symbols or len(set(symbols)) != len(symbols):
        raise InputError("A run needs weights, each symbol once.")
    bad = [w.symbol for w in run.weights if w.weight is None or not math.isfinite(w.weight)]
    if bad:
        raise InputError(f"No weight for {listing(bad)}: nothing was stored.")


def _no_snapshot(run: NewRun) -> InputError:
    return InputError(
        f"The universe {run.universe} never had the snapshot {run.snapshot_id[:12]}: compute the "
        "run from what is stored."
    )
