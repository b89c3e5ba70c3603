"""The one covariance matrix of tree and optimiser: D R D, annual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.analytics.blas import one_thread
from engine.analytics.correlation import Correlation
from engine.analytics.pairwise import zero_variance
from engine.analytics.scenarios import Scenarios
from engine.core.errors import InputError
from engine.core.format import listing

WEEKDAYS = 261.0  # a year


@dataclass(frozen=True, eq=False)
class Covariance:
    """An annual covariance matrix with the record of how it came about.

    matrix: N×N, symmetric, positive semidefinite, read-only. volatility: N annual, the root of its
    diagonal. shrinkage: weight of the identity in the correlations, in [0, 1].
    """

    symbols: tuple[str, ...]
    matrix: np.ndarray
    volatility: np.ndarray
    shrinkage: float


def covariance(
    correlation: Correlation,
    scenarios: Scenarios,
    moment_returns: np.ndarray,
    annual_sessions: np.ndarray,
    horizon: int,
) -> Covariance:
    """D R D with R = (1 − s)·(the tree's correlations) + s·I.

    Args:
        correlation, scenarios: of the same symbols; columns follow those of `scenarios`.
        moment_returns: T×N simple `horizon`-weekday returns, NaN = did not trade: each volatility
            is its column's own sample deviation (n − 1), imputed entries left out.
        annual_sessions: N, each series' observed sessions a year.
        horizon: weekdays that a return spans.

    s is `shrinkage_intensity` of the scenarios: where nothing is missing or shrunk by overlap and
    horizon is 1, R is scikit-learn's Ledoit–Wolf estimate of the standardised returns.

    Raises InputError for shapes or symbols that disagree, "zero variance: X, Y".

    Invariant: no eigenvalue under −1e-10 times the largest variance, since neither R nor I has a
    negative one. Cost: two N×N×T products.
    """
    symbols = scenarios.symbols
    returns = np.asarray(moment_returns, dtype=np.float64)
    rate = np.asarray(annual_sessions, dtype=np.float64)
    n = len(symbols)
    if returns.ndim != 2 or returns.shape[1] != n or rate.shape != (n,):
        raise InputError(
            f"{n} symbols need as many columns and rates, not {returns.shape} and {rate.shape}."
        )
    if horizon < 1 or horizon != scenarios.horizon:
        raise InputError(
            f"Returns over {horizon} days do not fit scenarios over {scenarios.horizon}."
        )
    if not (np.isfinite(rate) & (rate > 0)).all():
        bad = [s for s, r in zip(symbols, rate, strict=True) if not (np.isfinite(r) and r > 0)]
        raise InputError(f"No observed rate a year for {listing(bad)}.")
    present = np.isfinite(returns)
    count = present.sum(axis=0)
    still = zero_variance(returns) | (count < 2)
    if still.any():
        names = [s for s, flat in zip(symbols, still, strict=True) if flat]
        raise InputError(f"zero variance: {listing(names)}; leave them out or widen the window.")
    centred = np.where(present, returns - np.nanmean(returns, axis=0), 0.0)
    deviation = np.sqrt((centred**2).sum(axis=0) / (count - 1))
    volatility = deviation * np.sqrt(spans_per_year(rate, horizon))

    intensity = shrinkage_intensity(scenarios.returns, horizon)
    matrix = (1.0 - intensity) * correlation.matrix_for(symbols)
    np.fill_diagonal(matrix, 1.0)
    matrix *= volatility[:, None] * volatility[None, :]
    for array in (matrix, volatility):
        array.setflags(write=False)
    return Covariance(symbols, matrix, volatility, intensity)


def spans_per_year(annual_sessions: np.ndarray, horizon: int) -> np.ndarray:
    """How many disjoint `horizon`-weekday returns make a year, for each observed rate.

    A return is stamped on a day that trades, and of the other k − 1 weekdays that it spans a share
    p = sessions / 261 trades: it holds 1 + (k − 1)p sessions. With k = 1 it is the observed rate.
    """
    rate = np.asarray(annual_sessions, dtype=np.float64)
    return rate / (1.0 + (horizon - 1) * np.minimum(rate / WEEKDAYS, 1.0))


def shrinkage_intensity(returns: np.ndarray, horizon: int = 1) -> float:
    """Weight of the identity that minimises the expected squared error of the correlations.

    returns: T×N complete, no column constant. Ledoit & Wolf (2004) on standardised columns, by
    scikit-learn, times (2k² + 1) / 3k, at most 1: their formula takes the rows for independent, and
    overlapping k-day returns make the error of a sample moment larger by this factor (Richardson &
    Smith 1991; `lives.effective_count`).
    """
    with one_thread():
        spread = returns.std(axis=0)
        # Here and not above: it takes a quarter of a second to load.
        from sklearn.covariance import ledoit_wolf_shrinkage

        plain = ledoit_wolf_shrinkage((returns - returns.mean(axis=0)) / spread)
    return float(min(1.0, plain * (2 * horizon**2 + 1) / (3 * horizon)))
