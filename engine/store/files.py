"""Files that are whole or absent: a temporary name, fsync, then rename."""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from pathlib import Path

_STALE_S = 3600
_WRITER = re.compile(r"\.(\d+)-\d+\.(?:part|draft)")


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file under its name only when all of it is on disk; the directory is made.

    A process killed at any moment leaves the file as it was, and at most a `.part` beside it.
    Raises OSError; the temporary file is then gone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name[:16]}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _rename(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def sweep(directory: Path, pattern: str) -> None:
    """Take away what a killed process left of files that it was writing.

    pattern: of names that hold `.PID-` of their writer, as `write_atomically` gives them. A file
    goes if its writer is gone, or if it is over an hour old: no write takes so long.
    """
    for path in directory.glob(pattern):
        writer = _WRITER.search(path.name)
        with contextlib.suppress(FileNotFoundError):  # another process swept it
            old = time.time() - path.stat().st_mtime > _STALE_S
            if old or (writer and not _alive(int(writer[1]))):
                path.unlink()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass  # somebody else's
    return True


def _rename(part: Path, path: Path) -> None:
    """Rename, and put the rename itself on disk."""
    part.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
