"""One allocation problem that the engine and its peers can all be given, and how good weights are.

Returns, limits and means are plain arrays here, so that each side builds its own model from them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.allocation.problem import Problem, Units, linear_penalty, units_of
from engine.allocation.profiles.hrp import hrp_weights
from engine.allocation.profiles.registry import PROFILES
from engine.allocation.region import build_region
from engine.analytics.blas import one_thread
from engine.analytics.tails import cvar

SESSIONS = 500
SETS = 4
SET_CAP = 0.35
# The cap of one variable in equal weights: tight enough to bind, loose enough to leave a choice.
CAP_NAMES = 2.5
YEAR = 252


@dataclass(frozen=True, eq=False)
class Case:
    """n variables: T×n daily returns without holes, their moments, and limits.

    covariance, mean: of the returns, n×n and n, annual, as skfolio estimates them by default.
    cap: of each variable. rows: SETS×n of 0 and 1, the members of each set; none above SET_CAP.
    fragility: n in [0, 1].
    """

    n: int
    returns: pd.DataFrame
    covariance: np.ndarray
    mean: np.ndarray
    cap: float
    rows: np.ndarray
    fragility: np.ndarray

    def problem(self, penalty: float = 0.0, limited: bool = True) -> Problem:
        """The engine's own form of it, built anew; fragility is used only where λ is above 0."""
        matrix = np.vstack([np.eye(self.n), self.rows])
        upper = np.concatenate([np.full(self.n, self.cap), np.full(SETS, SET_CAP)])
        region = build_region(matrix, np.zeros(len(matrix)), upper if limited else upper * 0 + 1)
        return Problem(
            covariance=self.covariance,
            scenarios=self.returns.to_numpy(),
            years=1 / YEAR,
            mean=self.mean,
            fragility=self.fragility,
            region=region,
            penalty=penalty,
            kind="cluster_cvar",
        )

    def engine(self, profile: str, penalty: float = 0.0) -> np.ndarray:
        """Weights from the arrays, as an allocation has them made: on one thread."""
        with one_thread():
            return PROFILES[profile].solve(self.problem(penalty))[0]

    def wanted_hrp(self) -> np.ndarray:
        """HRP weights before limits."""
        return hrp_weights(self.covariance)

    def plain_units(self, profile: str) -> tuple[np.ndarray, Units]:
        """The costs of the penalty and the units that λ is counted in: those of the plain answer.
        At λ > 0 the engine's time includes finding them, a peer's does not."""
        problem = self.problem()
        units = units_of(problem, self.engine(profile))
        return linear_penalty(problem, units), units

    def passed(self, w: np.ndarray) -> float:
        """By how much weights miss the worst limit."""
        over = max(w.max() - self.cap, (self.rows @ w).max() - SET_CAP)
        return float(max(over, -w.min(), abs(w.sum() - 1)))


def make_case(n: int) -> Case:
    """Block factor returns with fat tails and a drift; seeded."""
    rng = np.random.default_rng(n)
    market, blocks = rng.standard_normal((SESSIONS, 1)), rng.standard_normal((SESSIONS, 10))
    moves = 0.6 * market + 0.6 * blocks[:, rng.integers(0, 10, n)]
    moves += 0.8 * rng.standard_t(4, (SESSIONS, n))
    values = 0.01 * np.exp(rng.normal(0, 0.5, n)) * (moves + rng.uniform(0.02, 0.12, n))
    returns = pd.DataFrame(values, columns=[f"S{i:03d}" for i in range(n)])
    rows = (np.arange(n) % SETS == np.arange(SETS)[:, None]).astype(float)
    return Case(
        n=n,
        returns=returns,
        covariance=returns.cov().to_numpy() * YEAR,
        mean=returns.mean().to_numpy() * YEAR,
        cap=CAP_NAMES / n,
        rows=rows,
        fragility=rng.uniform(0, 1, n),
    )


def objective(case: Case, profile: str) -> Callable[[np.ndarray], float]:
    """What a profile minimises, as a number that differences of 1e-3 mean the same for."""

    def variance(w: np.ndarray) -> float:
        return float(w @ case.covariance @ w)

    def parity(w: np.ndarray) -> float:
        return float(np.exp(0.5 * np.log(variance(w)) - np.log(w).mean()))

    wanted = case.wanted_hrp()
    return {
        "min_variance": variance,
        "max_sharpe": lambda w: -float(case.mean @ w) / np.sqrt(variance(w)),
        "risk_parity": parity,
        "min_cvar": lambda w: float(cvar(case.returns.to_numpy() @ w)),
        "hrp": lambda w: 1 + float(((w - wanted) ** 2).sum()),
    }[profile]


def penalised(case: Case, profile: str, penalty: float) -> Callable[[np.ndarray], float]:
    """The same with λ times the penalty."""
    costs, units = case.plain_units(profile)

    def variance(w: np.ndarray) -> float:
        return float(w @ case.covariance @ w / units.volatility**2 + penalty * costs @ w)

    def sharpe(w: np.ndarray) -> float:
        volatility = np.sqrt(w @ case.covariance @ w) / units.volatility
        return -float(case.mean @ w / (volatility + penalty * costs @ w))

    return {"min_variance": variance, "max_sharpe": sharpe}[profile]
