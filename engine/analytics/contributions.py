"""What each holding adds to the risk of the whole; the parts add up to it."""

from __future__ import annotations

import numpy as np

from engine.analytics.tails import CONFIDENCE, tail_weights
from engine.core.errors import InputError


def risk_contributions(weights: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """N parts of the portfolio's volatility: w_i (Σw)_i / √(w'Σw).

    weights: N, cash left out (it has none). covariance: N×N. All zero if the volatility is.
    Raises InputError for shapes that disagree or what is not finite.

    Invariant: the sum is √(w'Σw) (Euler: volatility is homogeneous of degree one).
    """
    weights, covariance = _checked(weights, covariance, "covariance")
    if covariance.shape[0] != covariance.shape[1]:
        raise InputError(f"A covariance of shape {covariance.shape} is not square.")
    marginal = covariance @ weights
    variance = float(weights @ marginal)
    if variance <= 0.0:
        return np.zeros_like(weights)
    return weights * marginal / np.sqrt(variance)


def cvar_contributions(
    weights: np.ndarray, scenarios: np.ndarray, confidence: float = CONFIDENCE
) -> np.ndarray:
    """N parts of the portfolio's CVaR: w_i times its mean loss on the portfolio's worst days.

    weights: N, cash left out (it loses nothing). scenarios: T×N complete simple returns.
    A negative part lowers the CVaR. Raises InputError for shapes that disagree or holes.

    Invariant: the sum is `tails.cvar(scenarios @ weights)` (Euler; Tasche 1999). Days that tie at
    the edge of the tail share its weight, which picks the middle of the subgradients there.
    """
    weights, scenarios = _checked(weights, scenarios, "scenarios")
    if len(scenarios) == 0:
        raise InputError("There are no scenarios: widen the window.")
    tail = tail_weights(-(scenarios @ weights), confidence)
    return -weights * (tail @ scenarios)


def _checked(weights: np.ndarray, matrix: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    weights = np.asarray(weights, dtype=np.float64)
    matrix = np.asarray(matrix, dtype=np.float64)
    if weights.ndim != 1 or matrix.ndim != 2 or matrix.shape[1] != len(weights):
        raise InputError(
            f"Weights of shape {weights.shape} do not fit {name} of shape {matrix.shape}."
        )
    if not (np.isfinite(weights).all() and np.isfinite(matrix).all()):
        raise InputError(f"Weights or {name} hold what is not a number: complete them first.")
    return weights, matrix
