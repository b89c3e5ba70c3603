"""Standard output kept for the answer alone, whatever a library prints to it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator

_OUT, _ERR = 1, 2


@contextlib.contextmanager
def own_stdout() -> Iterator[None]:
    """Send what is printed inside to standard error: by Python, and by compiled code.

    A solver's library now and then prints a line to C's standard output, past `sys.stdout`; beside
    a JSON object that breaks whoever reads it. So the descriptor itself points elsewhere meanwhile.
    """
    with contextlib.redirect_stdout(sys.stderr), _descriptor_elsewhere():
        yield


@contextlib.contextmanager
def _descriptor_elsewhere() -> Iterator[None]:
    _flush()
    try:
        kept = os.dup(_OUT)
    except OSError:  # closed: nothing can be printed there
        yield
        return
    try:
        _point_away()
        yield
    finally:
        _flush()
        os.dup2(kept, _OUT)
        os.close(kept)


def _point_away() -> None:
    try:
        os.dup2(_ERR, _OUT)
    except OSError:  # standard error is closed
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, _OUT)
        os.close(nowhere)


def _flush() -> None:
    """What Python and C hold back goes where it was meant to go."""
    if sys.__stdout__ is not None:
        with contextlib.suppress(OSError, ValueError):  # closed, or nobody reads
            sys.__stdout__.flush()
    # Not every system gives its C library under this name; then only the unbuffered is kept out.
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).fflush(None)
