"""Closes to returns: lives, gaps, spanning returns, k-day returns. Pure functions of arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Lives:
    """Where each of N series stands on the last of T weekdays.

    first, last: row of the first and last close, −1 if there is none.
    start: row at which the current life begins: the first close after the last gap.
    sessions: closes in all. breaks: (column, row before, row after) of each gap that ends a life.
    """

    first: np.ndarray
    last: np.ndarray
    start: np.ndarray
    sessions: np.ndarray
    breaks: tuple[tuple[int, int, int], ...]


def previous_row(traded: np.ndarray) -> np.ndarray:
    """T×N: row of the last close at or before each row, −1 if there is none yet."""
    rows = np.where(traded, np.arange(traded.shape[0])[:, None], -1)
    return np.maximum.accumulate(rows, axis=0)


def first_close(traded: np.ndarray) -> np.ndarray:
    """N: row of the first close, −1 if there is none."""
    return np.where(traded.any(axis=0), traded.argmax(axis=0), -1)


def find_lives(values: np.ndarray, max_gap: int) -> Lives:
    """Lives of T×N values (NaN = did not trade); over `max_gap` missing rows in a row end one."""
    traded = np.isfinite(values)
    first, sessions = first_close(traded), traded.sum(axis=0)
    at = previous_row(traded)
    before = np.vstack([np.full((1, values.shape[1]), -1), at[:-1]])
    rows = np.arange(values.shape[0])[:, None]
    broken = traded & (before >= 0) & (rows - before - 1 > max_gap)
    start = np.where(
        broken.any(axis=0), values.shape[0] - 1 - np.argmax(broken[::-1], axis=0), first
    )
    breaks = tuple(
        (int(column), int(before[row, column]), int(row)) for row, column in np.argwhere(broken)
    )
    return Lives(first, at[-1], start, sessions, breaks)


def span_returns(values: np.ndarray, start: np.ndarray, length: int, horizon: int) -> np.ndarray:
    """Simple returns of the last `length` rows, each over at least `horizon` weekdays.

    values: T×N positive, NaN = did not trade. start: N, row where the current life begins.
    On a day that trades: its value over the last one at or before `horizon` rows earlier, in the
    same life, less 1; so with horizon 1 a return after a gap spans it and is stamped on the day
    that trades. Every other entry is NaN. Returns length×N (fewer rows if T is shorter).
    """
    rows = np.arange(max(0, values.shape[0] - length), values.shape[0])
    # Bases older than the window are needed only as far back as one life may skip.
    at = previous_row(np.isfinite(values))
    base = at[np.maximum(rows - horizon, 0)]
    base[rows < horizon] = -1
    usable = (base >= start) & (start >= 0) & (base >= 0)
    columns = np.arange(values.shape[1])
    past = np.where(usable, values[base, columns], np.nan)
    return values[rows] / past - 1.0


def observed_rate(counts: np.ndarray, weekdays: np.ndarray) -> np.ndarray:
    """Sessions a year of a series: its returns per weekday of its span × 261 weekdays a year."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(weekdays > 0, 261.0 * counts / weekdays, np.nan)


def effective_count(counts: np.ndarray, horizon: int) -> np.ndarray:
    """Independent observations in n overlapping k-day returns: n·3k / (2k² + 1).

    The variance of a moment of k-day sums of white noise grows by Σ (1 − |j|/k)² over |j| < k,
    which is (2k² + 1) / 3k (Richardson & Smith 1991). k = 1 gives n.
    """
    return counts * 3.0 * horizon / (2.0 * horizon**2 + 1.0)


def deviation(returns: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """N sample standard deviations over what is there; NaN under two observations."""
    centred = returns - np.nansum(returns, axis=0) / np.maximum(counts, 1)
    return np.where(
        counts > 1, np.sqrt(np.nansum(centred**2, axis=0) / np.maximum(counts - 1, 1)), np.nan
    )
