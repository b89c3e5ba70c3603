"""Matrix products on one thread."""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager

from threadpoolctl import ThreadpoolController


@functools.cache
def _controller() -> ThreadpoolController:
    """Found once: looking for the loaded libraries takes a millisecond, setting a limit 0.04."""
    return ThreadpoolController()


def one_thread() -> AbstractContextManager:
    """Within this context BLAS runs on one thread; afterwards as before.

    On two cores, N = 500, T = 500 with 5 % missing, a correlation estimate takes 68 ms on two
    threads and 69 ms on one while the machine is idle. While another process computes it takes
    115 ms (up to 260) on two and 70 ms (up to 150) on one, since threads that wait for each other
    spin. One thread also makes rounding independent of the number of cores.
    """
    return _controller().limit(limits=1, user_api="blas")
