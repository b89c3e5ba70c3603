"""Tail measures of series with holes: how bad the bad days are.

Each measure of a column depends on that column alone (`co_cvar`: and on the market), to the last
bit: sums run along contiguous copies, never across columns.
"""

from __future__ import annotations

import math

import numpy as np

from engine.analytics.pairwise import zero_variance
from engine.core.errors import InputError

CONFIDENCE = 0.95


def cvar(returns: np.ndarray, confidence: float = CONFIDENCE) -> float | np.ndarray:
    """Historical expected shortfall: the mean loss over the worst 1 − `confidence` of the days.

    Args:
        returns: (T,) or T×N simple returns of any one horizon; NaN = did not trade, left out.
        confidence: in (0, 1).

    Returns:
        A float or N of them: a loss is positive. NaN where nothing is known.

    Raises:
        InputError: an infinite return, more than two dimensions, `confidence` outside (0, 1).

    Of n days the worst (1 − confidence)·n count, the last of them by its fraction, so this is the
    minimum over v of v + E[(loss − v)⁺] / (1 − confidence) (Rockafellar & Uryasev 2000), and equals
    `skfolio.measures.cvar`. Positively homogeneous, and a shift of all returns shifts it.
    """
    _check_confidence(confidence)
    rows, flat = _rows(returns)
    known = np.isfinite(rows).sum(axis=1)
    mass = (1.0 - confidence) * known
    # As wide for every column, whatever the others: the order of a sum decides its last bit.
    width = math.ceil((1.0 - confidence) * rows.shape[1])
    worst = np.sort(rows, axis=1)[:, :width]
    part = np.clip(mass[:, None] - np.arange(width), 0.0, 1.0)
    total = np.where(part > 0, worst * part, 0.0).sum(axis=1)
    return _answer(-total / np.where(known > 0, mass, np.nan), flat)


def tail_weights(losses: np.ndarray, confidence: float = CONFIDENCE) -> np.ndarray:
    """T weights on the worst days, summing to 1: CVaR is their product with `losses`.

    losses: (T,), finite, at least one. Days that tie at the edge share its weight, so the order of
    the days does not matter. Raises InputError for a loss that is not finite.
    """
    _check_confidence(confidence)
    losses = np.asarray(losses, dtype=np.float64)
    if losses.ndim != 1 or losses.size == 0 or not np.isfinite(losses).all():
        raise InputError("The worst days are looked for among known losses only: leave out holes.")
    mass = (1.0 - confidence) * losses.size
    place = losses.size - math.ceil(mass)
    edge = np.partition(losses, place)[place]
    above, at = losses > edge, losses == edge
    return (above + at * ((mass - above.sum()) / at.sum())) / mass


def skewness(returns: np.ndarray) -> float | np.ndarray:
    """Third standardised moment (population), of (T,) or T×N returns; NaN entries are left out.

    NaN where a column does not move or nothing is known. Equals `skfolio.measures.skew`.
    """
    rows, flat = _rows(returns)
    present = np.isfinite(rows)
    with np.errstate(invalid="ignore", divide="ignore"):
        known = present.sum(axis=1).astype(np.float64)
        mean = np.where(present, rows, 0.0).sum(axis=1) / known
        centred = np.where(present, rows - mean[:, None], 0.0)
        second = (centred**2).sum(axis=1) / known
        third = (centred**3).sum(axis=1) / known
        moves = ~zero_variance(rows.T)
        return _answer(np.where(moves, third / second**1.5, np.nan), flat)


def tail_ratio(returns: np.ndarray) -> float | np.ndarray:
    """|q05| / q95 of (T,) or T×N returns: how far the bad tail reaches for one step of the good.

    Quantiles interpolate linearly (as `numpy.quantile`); NaN entries are left out. A q05 above zero
    is no bad tail and counts as 0. NaN where q95 is not positive (no good tail to compare with) or
    nothing is known.
    """
    rows, flat = _rows(returns)
    ordered = np.sort(rows, axis=1)
    known = np.isfinite(rows).sum(axis=1)
    low, high = _quantile(ordered, known, 0.05), _quantile(ordered, known, 0.95)
    ratio = np.maximum(-low, 0.0) / np.where(high > 0, high, np.nan)
    return _answer(ratio, flat)


def max_drawdown(returns: np.ndarray) -> float | np.ndarray:
    """Largest fall of the compounded path from its highest point so far, as a positive fraction.

    returns: (T,) or T×N simple *one-step* returns (overlapping returns would count each day several
    times); NaN = did not trade: the path stands still until the next return, which spans the hole.
    The start counts as a peak. NaN where nothing is known. Equals skfolio's measure of
    `get_drawdowns(compounded=True)`. Raises InputError for a return under −1.
    """
    rows, flat = _rows(returns)
    if (rows < -1.0).any():
        raise InputError("A return is under −100 %: a price cannot fall below zero.")
    present = np.isfinite(rows)
    path = np.cumprod(np.where(present, 1.0 + rows, 1.0), axis=1)
    peak = np.maximum(np.maximum.accumulate(path, axis=1), 1.0)
    deepest = np.max(1.0 - path / peak, axis=1, initial=0.0)
    return _answer(np.where(present.any(axis=1), deepest, np.nan), flat)


def co_cvar(
    returns: np.ndarray, market: np.ndarray, confidence: float = CONFIDENCE
) -> float | np.ndarray:
    """Mean loss on the market's worst 1 − `confidence` of days.

    Args:
        returns: (T,) or T×N simple returns; NaN = did not trade.
        market: (T,) returns of the market over the same days and horizon; NaN = unknown.

    Returns:
        A float or N of them, positive = loss. The worst days are those among the days that both
        have. NaN under 1 / (1 − confidence) common days, where the tail is no whole day.

    Invariant: of the market itself it is `cvar(market)`. After the marginal expected shortfall of
    Acharya et al. (2017), with the fraction at the edge as in `cvar`.
    """
    rows, flat = _rows(returns)
    market = np.asarray(market, dtype=np.float64)
    if market.shape != (rows.shape[1],):
        raise InputError(
            f"The market has {market.shape} returns for {rows.shape[1]} days: give one a day."
        )
    out = np.full(len(rows), np.nan)
    for i, common in enumerate(np.isfinite(rows) & np.isfinite(market)):
        if common.sum() * (1.0 - confidence) >= 1.0 - 1e-9:
            weights = tail_weights(-market[common], confidence)
            out[i] = -(weights * rows[i, common]).sum()
    return _answer(out, flat)


def _rows(returns: np.ndarray) -> tuple[np.ndarray, bool]:
    """One contiguous row a series, and whether a single series came in."""
    returns = np.asarray(returns, dtype=np.float64)
    if returns.ndim not in (1, 2):
        raise InputError(f"Returns have {returns.ndim} dimensions, not 1 or 2 (days by series).")
    if np.isinf(returns).any():
        raise InputError("Returns are infinite: check the prices for zeros.")
    return np.ascontiguousarray(np.atleast_2d(returns.T)), returns.ndim == 1


def _answer(values: np.ndarray, flat: bool) -> float | np.ndarray:
    return float(values[0]) if flat else values


def _check_confidence(confidence: float) -> None:
    if not 0.0 < confidence < 1.0:
        raise InputError(f"A confidence of {confidence} is not between 0 and 1.")


def _quantile(ordered: np.ndarray, known: np.ndarray, q: float) -> np.ndarray:
    """Linear quantile of each row, sorted with its `known` values first; NaN if there are none."""
    if ordered.shape[1] == 0:
        return np.full(len(ordered), np.nan)
    place = q * np.maximum(known - 1, 0)
    below = np.floor(place).astype(np.intp)
    above = np.minimum(below + 1, np.maximum(known - 1, 0))
    each = np.arange(len(ordered))
    low, high = ordered[each, below], ordered[each, above]
    return low + (high - low) * (place - below)
