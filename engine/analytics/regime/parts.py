"""The four raw signs of stress in a basket of returns, session by session and strictly causal.

All compare the last `short` sessions with the `lookback` sessions before them:

- volatility ratio: root mean square of the equal-weight basket's return, recent over usual;
- correlation: mean pairwise correlation inside the recent window, Fisher-transformed, in standard
  deviations from what such windows of the same members gave before;
- absorption: share of the variance that the largest fifth of the eigenvectors explains, as the
  standardised shift of Kritzman, Li, Page & Rigobon (2011);
- turbulence: Mahalanobis distance of a session's returns from what the sessions before it led to
  expect (Kritzman & Li 2010), geometric mean ratio of recent over usual.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from engine.analytics.blas import one_thread

NAMES = ("volatility", "correlation", "absorption", "turbulence")

# Members are reviewed once a quarter, so that "the same members" has a meaning in between.
REVIEW_SESSIONS = 63
# A member has traded on this part of the lookback; a pair on this part of a short window.
PRESENT = 0.8
# Part of the lookback that must be known before anything is compared with it.
LEAST_PAST = 0.3
# Rows within which a series must have traded to count as alive when a session is told.
RECENT_ROWS = 10
# Shrinkage of the correlation toward the identity before it is inverted: half-life 100 against 20
# to 40 members leaves small eigenvalues that are mostly estimation error.
RIDGE = 0.1
# Kritzman et al. use the largest fifth of the eigenvectors.
ABSORBING_PART = 0.2
# Rows of N×N matrices held at a time.
CHUNK = 1024


def session_rows(returns: np.ndarray) -> np.ndarray:
    """T: whether a row is a session: two members and half of those alive traded.

    Alive is who traded within the last ten rows, so nothing later is looked at.
    """
    traded = np.isfinite(returns)
    total = np.cumsum(traded, axis=0)
    before = np.zeros_like(total)
    before[RECENT_ROWS:] = total[:-RECENT_ROWS]
    alive = (total > before).sum(axis=1)
    present = traded.sum(axis=1)
    return (present >= 2) & (2 * present >= alive)


def raw_parts(
    returns: np.ndarray, short: int, lookback: int
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Raw values of the four parts for S sessions × N members.

    returns: S×N simple returns on sessions alone; NaN = did not trade.
    Returns (name → S values, NaN where the past is too short) and S numbers of members.
    Invariant: the result for a prefix of the sessions is the prefix of the result.
    Cost: one N×N eigenvalue problem a session.
    """
    parts = {name: np.full(len(returns), np.nan) for name in NAMES}
    count = np.zeros(len(returns))
    warm = 2 * lookback + 2 * short
    with one_thread():
        for start, stop, members in _runs(returns, short, lookback):
            begin = max(0, start - warm)
            own = np.ascontiguousarray(returns[begin:stop, members])
            for name, values in _parts_of(own, short, lookback).items():
                parts[name][start:stop] = values[start - begin :]
            count[start:stop] = members.sum()
    return parts, count


def _runs(returns: np.ndarray, short: int, lookback: int) -> Iterator[tuple[int, int, np.ndarray]]:
    """(first, past last, N members) of each stretch of sessions with the same members.

    Members are chosen at a review from the sessions before it.
    """
    size = len(returns)
    total = np.vstack([np.zeros(returns.shape[1]), np.cumsum(np.isfinite(returns), axis=0)])
    run: tuple[int, np.ndarray] | None = None
    for review in range(REVIEW_SESSIONS, size, REVIEW_SESSIONS):
        window = min(lookback, review)
        seen = total[review] - total[review - window]
        members = (seen >= PRESENT * window) & (total[review] > total[review - short])
        if run is not None and (run[1] == members).all():
            continue
        if run is not None and run[1].sum() >= 2:
            yield run[0], review, run[1]
        run = review, members
    if run is not None and run[1].sum() >= 2:
        yield run[0], size, run[1]


def _parts_of(returns: np.ndarray, short: int, lookback: int) -> dict[str, np.ndarray]:
    """The four parts of a fixed set of members; see `raw_parts`."""
    least = int(np.ceil(LEAST_PAST * lookback))
    present = np.isfinite(returns)
    filled = np.where(present, returns, 0.0)
    n = present.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        basket = np.where(n > 0, filled.sum(axis=1) / n, np.nan)
        recent, _ = trailing(basket**2, short, _most(short))
        usual, _ = trailing(basket**2, lookback, least, lag=short)
        volatility = np.sqrt(recent / usual)

        # Bounded, so that a window in which all moved as one stays finite.
        fisher = np.arctanh(np.clip(window_correlation(returns, short), -0.99, 0.99))
        mean, spread = trailing(fisher, lookback, least, lag=short)
        correlation = (fisher - mean) / spread

        absorbed, distance = _absorption_and_turbulence(filled, present, lookback, least)
        recent, _ = trailing(absorbed, short, _most(short))
        mean, spread = trailing(absorbed, lookback, least, lag=short)
        absorption = (recent - mean) / spread

        log_mean = np.log(trailing(distance, short, _most(short))[0])
        turbulence = np.exp(log_mean - trailing(log_mean, lookback, least, lag=short)[0])
    values = (volatility, correlation, absorption, turbulence)
    # A past that never moved gives no scale: unknown, not infinite.
    return {k: np.where(np.isfinite(v), v, np.nan) for k, v in zip(NAMES, values, strict=True)}


def _most(short: int) -> int:
    return int(np.ceil(PRESENT * short))


def trailing(
    values: np.ndarray, window: int, least: int, lag: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation over the `window` values that end `lag` values ago.

    values: T, NaN is left out. Both are NaN where fewer than `least` are known.
    """
    known = np.isfinite(values)
    # Around the first value: squares of what is left do not cancel.
    centre = values[known][0] if known.any() else 0.0
    x = np.where(known, values - centre, 0.0)
    stop = np.maximum(np.arange(1, len(values) + 1) - lag, 0)
    start = np.maximum(stop - window, 0)

    def sums(series: np.ndarray) -> np.ndarray:
        total = np.concatenate([[0.0], np.cumsum(series)])
        return total[stop] - total[start]

    count = sums(known.astype(float))
    enough = count >= max(least, 1)
    size = np.maximum(count, 1.0)
    mean = sums(x) / size
    spread = np.sqrt(np.maximum(sums(x**2) / size - mean**2, 0.0))
    return np.where(enough, mean + centre, np.nan), np.where(enough, spread, np.nan)


def window_correlation(returns: np.ndarray, window: int) -> np.ndarray:
    """T: mean correlation over the pairs of N members within each trailing window.

    returns: T×N, NaN = did not trade. A pair counts if both moved and it has most of the window in
    common; unknown (NaN) where less than half of the pairs count.
    """
    size, n = returns.shape
    out = np.full(size, np.nan)
    if size < window:
        return out
    windows = sliding_window_view(returns, window, axis=0)
    whole = np.isfinite(windows).all(axis=(1, 2))
    for first in range(0, len(windows), CHUNK):
        rows = np.arange(first, min(first + CHUNK, len(windows)))
        complete, holey = rows[whole[rows]], rows[~whole[rows]]
        out[complete + window - 1] = _complete_mean(windows[complete], n)
        if holey.size:
            out[holey + window - 1] = _masked_mean(windows[holey], n, _most(window))
    return out


def _complete_mean(windows: np.ndarray, n: int) -> np.ndarray:
    """Of B×N×w without NaN: Σ over pairs from the variance of the sum of standardised members."""
    centred = windows - windows.mean(axis=2, keepdims=True)
    norm = np.sqrt((centred**2).sum(axis=2, keepdims=True))
    moved = norm > _dust(windows)
    unit = np.where(moved, centred / np.where(moved, norm, 1.0), 0.0)
    live = moved.sum(axis=(1, 2))
    pairs = live * (live - 1.0)
    total = (unit.sum(axis=1) ** 2).sum(axis=1) - live
    return np.where(2 * pairs >= n * (n - 1), total / np.maximum(pairs, 1.0), np.nan)


def _masked_mean(windows: np.ndarray, n: int, least: int) -> np.ndarray:
    """Of B×N×w with NaN: each pair on the sessions that it has in common."""
    mask = np.isfinite(windows).astype(float)
    x = np.where(mask > 0, windows, 0.0)

    def products(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a @ b.swapaxes(1, 2)

    common = products(mask, mask)
    sums, squares = products(x, mask), products(x**2, mask)
    size = np.maximum(common, 1.0)
    spread = np.sqrt(np.maximum(squares - sums**2 / size, 0.0))
    norm = spread * spread.swapaxes(1, 2)
    moved = spread > _dust(x)
    usable = (common >= least) & moved & moved.swapaxes(1, 2) & ~np.eye(n, dtype=bool)
    covariance = products(x, x) - sums * sums.swapaxes(1, 2) / size
    rho = np.where(usable, covariance / np.where(usable, norm, 1.0), 0.0)
    pairs = usable.sum(axis=(1, 2))
    enough = 2 * pairs >= n * (n - 1)
    return np.where(enough, rho.sum(axis=(1, 2)) / np.maximum(pairs, 1), np.nan)


def _dust(windows: np.ndarray) -> np.ndarray:
    """What rounding leaves of a constant series."""
    return 1e-7 * np.abs(windows).max(axis=2, keepdims=True)


def _absorption_and_turbulence(
    filled: np.ndarray, present: np.ndarray, lookback: int, least: int
) -> tuple[np.ndarray, np.ndarray]:
    """Absorption ratio of each session, and each session's distance from the ones before it.

    filled: T×N returns, 0 where not `present`. Second moments are exponentially weighted with half
    the lookback as half-life, each pair over the sessions that it has in common. A member that did
    not trade takes no part in that session's distance, which is per member that did.
    Both NaN while any pair has under `least` sessions in common.
    """
    size, n = filled.shape
    largest = int(np.ceil(ABSORBING_PART * n))
    decay = 0.5 ** (2.0 / lookback)
    moments, weights = np.zeros((1, n * n)), np.zeros((1, n * n))
    common = np.zeros(n * n)
    absorbed, distance = np.full(size, np.nan), np.full(size, np.nan)
    # Here and not above: it takes half a second to load.
    from scipy.signal import lfilter

    before: tuple[np.ndarray, np.ndarray, bool] = np.eye(n), np.ones(n), False
    for first in range(0, size, CHUNK):
        x, mask = filled[first : first + CHUNK], present[first : first + CHUNK].astype(float)
        rows = len(x)
        products = (x[:, :, None] * x[:, None, :]).reshape(rows, -1)
        both = (mask[:, :, None] * mask[:, None, :]).reshape(rows, -1)
        moment, moments = lfilter([1.0], [1.0, -decay], products, axis=0, zi=moments)
        weight, weights = lfilter([1.0], [1.0, -decay], both, axis=0, zi=weights)
        seen = common + np.cumsum(both, axis=0)
        common = seen[-1]
        ready = seen.min(axis=1) >= least
        second = (moment / np.where(weight > 0, weight, 1.0)).reshape(rows, n, n)
        matrix, scale = _standardised(second)
        values = np.linalg.eigvalsh(matrix[ready])
        part = values[:, -largest:].sum(axis=1) / np.maximum(values, 0.0).sum(axis=1)
        absorbed[first : first + rows][ready] = part

        # Each session is judged by what was known the session before.
        expected = np.concatenate([before[0][None], matrix[:-1]])
        scales = np.concatenate([before[1][None], scale[:-1]])
        known = np.concatenate([[before[2]], ready[:-1]])
        before = matrix[-1], scale[-1], bool(ready[-1])
        near = _distance(x[known], mask[known], expected[known], scales[known])
        distance[first : first + rows][known] = near
    return absorbed, distance


def _standardised(second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Correlations (B×N×N, about zero) and scales (B×N) of second moments.

    Who has not moved has scale 0 and no correlation with anybody.
    """
    scale = np.sqrt(np.maximum(np.einsum("bii->bi", second), 0.0))
    safe = np.where(scale > 0, scale, 1.0)
    matrix = np.clip(second / (safe[:, :, None] * safe[:, None, :]), -1.0, 1.0)
    diagonal = np.arange(second.shape[1])
    matrix[:, diagonal, diagonal] = 1.0
    return matrix, scale


def _distance(x: np.ndarray, mask: np.ndarray, matrix: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """B: squared Mahalanobis distance per member that traded; NaN if none did."""
    usable = mask * (scale > 0)
    z = usable * x / np.where(scale > 0, scale, 1.0)
    # Rows and columns of who is absent become those of the identity: the rest is solved alone.
    kept = (1.0 - RIDGE) * matrix * usable[:, :, None] * usable[:, None, :]
    diagonal = np.arange(x.shape[1])
    kept[:, diagonal, diagonal] = 1.0
    squared = (z * np.linalg.solve(kept, z[:, :, None])[:, :, 0]).sum(axis=1)
    n = usable.sum(axis=1)
    # Pairwise moments need not be positive semidefinite; a negative distance says nothing.
    return np.where((n > 0) & (squared > 0), squared / np.maximum(n, 1.0), np.nan)
