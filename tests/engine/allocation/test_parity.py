"""Risk parity where a cap is only just in the way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from engine.allocation.problem import Problem
from engine.allocation.profiles.risk_parity import risk_parity
from engine.allocation.region import build_region

SIGMA = np.array([0.1, 0.2, 0.5])


@pytest.mark.parametrize("less", [1e-3, 1e-4])
def test_a_cap_that_takes_little_is_solved_under_not_cut_off(less: float) -> None:
    """Three uncorrelated assets, equal budgets, the first held just under its free weight.

    What the cap takes goes to the others by the objective, ½ ln x'Σx − Σ b ln x, on the line that
    is left; cut off and spread evenly it would miss that by a good part of `less`.
    """
    free = (1 / SIGMA) / (1 / SIGMA).sum()
    cap = free[0] - less
    region = build_region(np.eye(3), np.zeros(3), np.array([cap, 1.0, 1.0]))
    problem = Problem(
        covariance=np.diag(SIGMA**2), scenarios=np.zeros((2, 3)), years=0.01, mean=np.zeros(3),
        fragility=np.zeros(3), region=region, penalty=0.0, kind="score",
    )  # fmt: skip
    x, _ = risk_parity(problem)

    def objective(second: float) -> float:
        w = np.array([cap, second, 1.0 - cap - second])
        return float(0.5 * np.log((w * SIGMA) @ (w * SIGMA)) - np.log(w).mean())

    best = minimize_scalar(
        objective, bounds=(0.05, 0.95 - cap), method="bounded", options={"xatol": 1e-10}
    )
    assert x == pytest.approx([cap, best.x, 1.0 - cap - best.x], abs=less / 50)
