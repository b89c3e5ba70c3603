"""What has risen, and what may be expected: momentum and shrunk mean returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, pinvh

from engine.analytics.blas import one_thread
from engine.core.errors import InputError

MEAN_METHOD = "Bayes–Stein (Jorion 1986)"


def momentum(
    returns: np.ndarray, days: int = 126, annual_sessions: np.ndarray | float = 252.0
) -> np.ndarray:
    """N annualised log returns over each series' own last `days` observations.

    Args:
        returns: T×N simple one-step returns of the current life; NaN = did not trade (the return
            that follows spans it). A return across a hole that ended a life must not be in.
        days: observations looked back on; a shorter series is taken whole.
        annual_sessions: observations a year, one for all or N.

    NaN where nothing is known. Raises InputError for a return of −100 % or under.

    Invariant: without holes it is log(last / value `days` before) · annual_sessions / days.
    """
    returns, rate = _checked(returns, annual_sessions)
    if days < 1:
        raise InputError(f"A momentum window of {days} observations is under 1.")
    if (returns <= -1.0).any():
        raise InputError("A return is −100 % or under: its price is not positive.")
    present = np.isfinite(returns)
    after = np.cumsum(present[::-1], axis=0)[::-1]  # own observations from here on
    recent = present & (after <= days)
    total = np.log1p(np.where(recent, returns, 0.0)).sum(axis=0)
    count = recent.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1) * rate, np.nan)


@dataclass(frozen=True, eq=False)
class MeanExcess:
    """Expected annual excess returns, and how far the sample means were pulled together.

    mean: N. sample: N sample means less the cash rate. target: what they are pulled to.
    shrinkage: N in [0, 1], the weight on the target. method: its name.
    """

    mean: np.ndarray
    sample: np.ndarray
    target: float
    shrinkage: np.ndarray
    method: str = MEAN_METHOD


def mean_excess(
    returns: np.ndarray,
    covariance: np.ndarray,
    annual_sessions: np.ndarray | float = 252.0,
    cash_rate: float = 0.0,
) -> MeanExcess:
    """Bayes–Stein means: sample means pulled to that of the minimum-variance portfolio.

    Args:
        returns: T×N simple one-step returns; NaN = did not trade. Each column needs one at least.
        covariance: N×N, annual, positive semidefinite: the one that the optimiser uses.
        annual_sessions: observations a year, one for all or N.
        cash_rate: annual return of cash.

    With Y years of data: μ₀ = 1'Σ⁻¹μ̂ / 1'Σ⁻¹1, q = (μ̂ − μ₀1)'Σ⁻¹(μ̂ − μ₀1), λ = (N + 2) / q and
    the mean is μ̂ + λ / (λ + Y) · (μ₀ − μ̂) (Jorion 1986). Departures: Σ is the shrunk one as it is,
    without the factor (T − 1) / (T − N − 2), which does not exist for N near T; and where histories
    differ, each series has its own Y: a mean counts by it in μ₀ and q (their error is Σ scaled by
    1 / √(Y_i Y_j)), and a short one is pulled further. Equal histories give Jorion's formula, and
    skfolio's `ShrunkMu(vol_weighted_target=True, method=BAYES_STEIN)`.

    Raises InputError for shapes that disagree or a column without returns.

    Invariant: a cash rate c shifts every mean by −c. Cost: one Cholesky factorisation, O(N³ / 3).
    """
    returns, rate = _checked(returns, annual_sessions)
    n = returns.shape[1]
    covariance = np.asarray(covariance, dtype=np.float64)
    if covariance.shape != (n, n):
        raise InputError(f"{n} series need a covariance of {n}×{n}, not {covariance.shape}.")
    present = np.isfinite(returns)
    count = present.sum(axis=0)
    if not count.all():
        raise InputError(f"No return is known in column {np.flatnonzero(count == 0).tolist()}.")
    sample = np.where(present, returns, 0.0).sum(axis=0) / count * rate - cash_rate
    years = count / rate
    # Σ⁻¹ under the errors' scale: x ↦ √Y · Σ⁻¹ (√Y · x), so one factorisation serves both.
    scale = np.sqrt(years)
    right = np.column_stack([scale, scale * sample])
    with one_thread():
        solved = _solve(covariance, right) * scale[:, None]
    precision, pulled = solved[:, 0], solved[:, 1]
    target = float(precision @ sample / precision.sum())
    gap = sample - target
    quality = float(gap @ (pulled - target * precision))  # q·Y where all have Y years
    prior = (n + 2) * years.mean()
    shrinkage = prior / (prior + max(quality, 0.0) * years)
    return MeanExcess(sample + shrinkage * (target - sample), sample, target, shrinkage)


def _solve(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Σ⁻¹ b, by the pseudo-inverse where Σ is singular (series that move as one)."""
    try:
        return cho_solve(cho_factor(matrix, lower=True), right)
    except LinAlgError:
        return pinvh(matrix) @ right


def _checked(
    returns: np.ndarray, annual_sessions: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    returns = np.asarray(returns, dtype=np.float64)
    if returns.ndim != 2 or np.isinf(returns).any():
        raise InputError("Means and momentum need finite returns of days by series.")
    rate = np.asarray(annual_sessions, dtype=np.float64)
    if rate.ndim > 1 or (rate.ndim == 1 and rate.shape != (returns.shape[1],)):
        raise InputError(
            f"{returns.shape[1]} series need one observed rate each, not {rate.shape}."
        )
    if not (np.isfinite(rate) & (rate > 0)).all():
        raise InputError("An observed rate is not a positive number of sessions a year.")
    return returns, np.broadcast_to(rate, returns.shape[1:])
