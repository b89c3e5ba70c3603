"""Short connections to one database file, shared with other threads and other processes.

A connection opens, works and closes. DuckDB lets one process at a time write a file and refuses
two configurations of it within a process; so one lock per file is held in this process for as
long as a connection is open, and openings are tried again until the wait is over.
"""

from __future__ import annotations

import contextlib
import glob
import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from engine.core.errors import CutlineError, InputError, NotFinished, StoreBusy, StoreDamaged
from engine.store import migrations
from engine.store.files import sweep

_FIRST_PAUSE_S = 0.005
_LONGEST_PAUSE_S = 0.1  # short against a wait of 2 s, long against an opening of 0.02 s
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_HOLDER = re.compile(r"Conflicting lock is held in (.+?) \(PID (\d+)\)")

# These say that we used DuckDB wrongly, not that the file is: they stay as they are.
_BUGS = (
    duckdb.ConnectionException,
    duckdb.ConstraintException,
    duckdb.ParserException,
    duckdb.ResourceInUseException,
)

# The only state of this module: DuckDB's instances and the file locks belong to the process, so
# what guards them does too. Locks are added, never taken away.
_LOCKS: dict[Path, threading.Lock] = {}
_LOCKS_GUARD = threading.Lock()


@dataclass(frozen=True)
class Database:
    """One DuckDB file and how long to wait for it, in seconds.

    Whatever fails inside a connection leaves as one of our errors: StoreBusy (held by another
    thread or process, named), StoreDamaged (not readable as ours), InputError (no right to it),
    NotFinished (disk or memory full).
    """

    path: Path
    read_wait_s: float
    write_wait_s: float

    @contextlib.contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection | None]:
        """A connection to read from; none if there is no file. Never creates one."""
        if not self.path.exists():
            yield None
            return
        with self._connection(self.read_wait_s, writes=False) as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to write with; the file is created whole, or not at all."""
        if not self.path.exists():
            with _our_errors(self.path):
                _create(self.path)
        with self._connection(self.write_wait_s, writes=True) as connection:
            yield connection

    @contextlib.contextmanager
    def _connection(self, wait_s: float, *, writes: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        deadline = time.monotonic() + wait_s
        lock = _lock_of(self.path)
        if not lock.acquire(timeout=wait_s):
            raise _busy(self.path, "another part of this process", wait_s)
        try:
            with _our_errors(self.path):
                connection = self._open(deadline, wait_s, writes=writes)
                try:
                    yield connection
                finally:
                    connection.close()
        finally:
            lock.release()

    def _open(self, deadline: float, wait_s: float, *, writes: bool) -> duckdb.DuckDBPyConnection:
        """A connection with all migrations applied, tried until the deadline."""
        pause = _FIRST_PAUSE_S
        while True:
            # A log beside the file was left by a killed process: to write once clears it away.
            read_only = not writes and not Path(f"{self.path}.wal").exists()
            try:
                connection = duckdb.connect(str(self.path), read_only=read_only, config=_CONFIG)
            except duckdb.IOException as error:
                if "Could not set lock" not in str(error):
                    raise
                left = deadline - time.monotonic()
                if left <= 0:
                    raise _busy(self.path, _holder(str(error)), wait_s) from error
                time.sleep(min(pause, left))
                pause = min(2 * pause, _LONGEST_PAUSE_S)
                continue
            try:
                if not migrations.pending(connection, self.path.name):
                    return connection
                if not read_only:
                    migrations.migrate(connection, self.path.name)
                    return connection
            except BaseException:
                connection.close()
                raise
            connection.close()
            writes = True


@contextlib.contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of the block, or nothing of it."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _lock_of(path: Path) -> threading.Lock:
    with _LOCKS_GUARD:
        return _LOCKS.setdefault(path.resolve(), threading.Lock())


def _create(path: Path) -> None:
    """An empty database with its tables, under its name only when it is whole on disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.draft")
    sweep_drafts(path)
    try:
        with duckdb.connect(str(draft), config=_CONFIG) as connection:
            migrations.migrate(connection, path.name)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first: its file stays
        except OSError:  # a file system without links
            if not path.exists():
                draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def sweep_drafts(path: Path) -> None:
    """Take away the databases that killed processes began to create here."""
    sweep(path.parent, f"{glob.escape(path.name)}.*.draft*")


def _holder(message: str) -> str:
    match = _HOLDER.search(message)
    return f"{Path(match[1]).name} (PID {match[2]})" if match else "another process"


def _busy(path: Path, holder: str, wait_s: float) -> StoreBusy:
    return StoreBusy(
        f"The database {path.name} is held by {holder} and did not come free within "
        f"{wait_s:g} s: wait for it or end it, then try again."
    )


@contextlib.contextmanager
def _our_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except _BUGS:
        raise
    except (duckdb.Error, OSError) as error:
        raise _translated(path, error) from error


def _translated(path: Path, error: Exception) -> CutlineError:
    text = str(error)
    for sign in ("Permission denied", "Is a directory", "Not a directory", "Read-only file system"):
        if sign in text:
            return InputError(
                f"The database {path} cannot be used ({sign.lower()}): choose another path."
            )
    if "No space left" in text or isinstance(error, duckdb.OutOfMemoryException):
        return NotFinished(
            f"Disk or memory ran out while working on {path.name}: free some, then try again."
        )
    if isinstance(error, OSError):
        return InputError(f"The database {path} cannot be used ({error.strerror}).")
    return StoreDamaged(
        f"{path.name} cannot be read as a Cutline database ({text.splitlines()[0][:160]}): move it "
        "away and load the data again, or choose another path."
    )
