"""One layer's optimisation problem, whether its variables are clusters or assets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.allocation.region import Region
from engine.analytics.tails import cvar

# A normal tail: the CVaR at 95 % of a unit of volatility, φ(1.645)/0.05.
NORMAL_CVAR = 2.0627
# A CVaR under this share of the normal one is no unit to measure others in.
LEAST_CVAR = 0.01


@dataclass(frozen=True, eq=False)
class Problem:
    """n variables x (cluster or asset weights), all that profiles know of them.

    covariance: n×n annual. scenarios: T×n returns over `years` of a year each. mean: n annual
    excess returns. fragility: n in [0, 1], complete. penalty: λ ≥ 0; kind: one of PENALTY_KINDS.
    """

    covariance: np.ndarray
    scenarios: np.ndarray
    years: float
    mean: np.ndarray
    fragility: np.ndarray
    region: Region
    penalty: float
    kind: str

    def volatility(self, x: np.ndarray) -> float:
        """Annual volatility of x."""
        return float(np.sqrt(max(0.0, x @ self.covariance @ x)))

    def cvar(self, x: np.ndarray) -> float:
        """CVaR at 95 % of x over one horizon, a positive loss; cash loses nothing."""
        return float(cvar(self.scenarios @ x))


@dataclass(frozen=True)
class Units:
    """σ₀ and CVaR₀ of the solution without penalty, which make λ unit-free."""

    volatility: float
    cvar: float


def units_of(problem: Problem, x: np.ndarray) -> Units:
    """The units that x sets. Where its CVaR is not clearly positive, a normal tail's stands in."""
    volatility = max(problem.volatility(x), 1e-12)
    normal = NORMAL_CVAR * volatility * np.sqrt(problem.years)
    tail = problem.cvar(x)
    return Units(volatility, tail if tail > LEAST_CVAR * normal else normal)


def linear_penalty(problem: Problem, units: Units) -> np.ndarray:
    """n costs: the penalty is their product with x. For the kinds that are linear."""
    if problem.kind == "score":
        return problem.fragility
    return np.asarray(cvar(problem.scenarios)) / units.cvar


def filled_fragility(fragility: np.ndarray, names: tuple[str, ...]) -> tuple[np.ndarray, str]:
    """Fragility with the unknown (NaN) at the mean of the known, or ½ where nothing is known; and
    what was filled, in words."""
    unknown = np.isnan(fragility)
    if not unknown.any():
        return fragility, ""
    middle = float(fragility[~unknown].mean()) if not unknown.all() else 0.5
    from_ = "the mean of the known" if not unknown.all() else "½"
    listed = ", ".join(names[i] for i in np.flatnonzero(unknown)[:5])
    more = int(unknown.sum()) - 5
    listed += f" and {more} more" if more > 0 else ""
    return np.where(unknown, middle, fragility), f"Fragility unknown, taken as {from_}: {listed}."
