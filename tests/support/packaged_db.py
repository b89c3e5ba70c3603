"""Databases that many tests start from: made once per run of the tests, then copied.

To load the packaged data costs about a second, a copy a hundredth of it. Where loading is itself
the point a test calls `Desk.load_packaged`. No path is stored in a database or beside it, so a copy
works wherever it stands.
"""

from __future__ import annotations

import fcntl
import functools
import shutil
from collections.abc import Callable
from pathlib import Path

from engine.core.frames import empty_rejects
from engine.desk import PACKAGED, Desk
from engine.market.grid import Grid, build_grid
from engine.sources.packaged import packaged

_DATABASE = "made.duckdb"
_folder: list[Path] = []


def keep_in(folder: Path) -> None:
    """Say where what is made once lies: one folder for all workers of a run (see conftest)."""
    folder.mkdir(parents=True, exist_ok=True)
    _folder[:] = [folder]


def packaged_at(path: Path) -> Path:
    """A database with the packaged data at this path, as `Desk(path).load_packaged()` makes it."""
    return made_once("packaged", lambda new: Desk(new).load_packaged(), path)


def recent_at(path: Path) -> Path:
    """As `packaged_at`, but only the prices since 2018: for what does not look further back.

    A fifth of the rows: a portfolio costs a third of the time.
    """
    return made_once("recent", _load_recent, path)


def _load_recent(path: Path) -> None:
    data = packaged()
    recent = data.prices[data.prices["date"] >= "2018"].reset_index(drop=True)
    Desk(path).store.ingest(PACKAGED, data.instruments, recent, empty_rejects(), data.source)


@functools.cache
def packaged_grid() -> Grid:
    """The packaged closes on the calendar, built once per worker; nobody may change its table."""
    data = packaged()
    return build_grid(data.prices, data.instruments)


def made_once(name: str, make: Callable[[Path], object], path: Path) -> Path:
    """A copy at this path of the database that `make` makes, called once per run for this name.

    The first worker that asks makes it, the others wait. One that fails or is killed leaves nothing
    that counts: the next makes it anew.
    """
    kept = _folder[0] / name
    if not kept.exists():
        with (_folder[0] / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # let go when the file is closed, or its process dies
            if not kept.exists():
                draft = kept.with_suffix(".draft")
                shutil.rmtree(draft, ignore_errors=True)
                draft.mkdir()
                make(draft / _DATABASE)
                draft.rename(kept)
    return copied(kept / _DATABASE, path)


def copied(database: Path, path: Path) -> Path:
    """A copy of a database at this path, with the Parquet copies of its snapshots.

    What stood there is replaced. Nobody may have the database open.
    """
    shutil.copy(database, path)
    snapshots = path.with_suffix(".snapshots")
    shutil.rmtree(snapshots, ignore_errors=True)
    shutil.copytree(database.with_suffix(".snapshots"), snapshots, copy_function=shutil.copy)
    return path
