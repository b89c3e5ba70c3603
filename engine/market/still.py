"""Closes that do not move any more: a dead tail is no price of today."""

from __future__ import annotations

import numpy as np

# So many equal closes in a row are no market's.
UNCHANGED_RUN = 10


def last_alive(close: np.ndarray) -> np.ndarray:
    """Row of the last close of each column, or where the last UNCHANGED_RUN closes and more are
    equal, of the first of these; −1 without a close.

    close: T×N as traded, NaN = did not trade. What never moved, as a fixed rate, has no tail. Cost:
    linear.
    """
    rows = np.arange(close.shape[0])[:, None]
    there = np.isfinite(close)
    seen = np.maximum.accumulate(np.where(there, rows, -1), axis=0)
    before = np.vstack([np.full((1, close.shape[1]), -1), seen[:-1]])
    earlier = np.take_along_axis(close, np.maximum(before, 0), axis=0)
    moved = there & ((before < 0) | (close != earlier))
    last_move = np.where(moved, rows, -1).max(axis=0, initial=-1)
    run = (there & (rows >= last_move)).sum(axis=0)
    last = seen[-1] if len(close) else np.full(close.shape[1], -1)
    begun = np.where(there.any(axis=0), there.argmax(axis=0), -1) if len(close) else last
    return np.where((run >= UNCHANGED_RUN) & (last_move > begun), last_move, last)
