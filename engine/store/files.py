"""Files that are whole or absent: a temporary name, fsync, then rename."""

from __future__ import annotations

import os
import threading
from pathlib import Path


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


def _rename(part: Path, path: Path) -> None:
    """Rename, and put the rename itself on disk."""
    part.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
