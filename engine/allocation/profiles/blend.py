"""The mean of three profiles."""

from __future__ import annotations

import numpy as np

from engine.allocation.problem import Problem
from engine.allocation.profiles.hrp import hrp
from engine.allocation.profiles.kind import ProfileType
from engine.allocation.profiles.min_variance import min_variance
from engine.allocation.profiles.risk_parity import risk_parity
from engine.allocation.solvers import settle


def blend(problem: Problem) -> tuple[np.ndarray, str]:
    """The mean of min_variance, hrp and risk_parity, each under the limits: so is the mean, as they
    are convex. Raises SolverFailed if one of them does."""
    parts = [profile(problem) for profile in (min_variance, hrp, risk_parity)]
    x = np.mean([weights for weights, _ in parts], axis=0)
    return settle(x, problem.region), ", ".join(dict.fromkeys(solver for _, solver in parts))


PROFILE = ProfileType("Blend of three", blend, uses_budgets=True)
