"""Programs with the CVaR of the whole portfolio in them (Rockafellar & Uryasev 2000)."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from engine.allocation.problem import Problem
from engine.allocation.profiles.kind import ProfileType
from engine.allocation.region import Region
from engine.allocation.solvers import conic, linear_program, region_parts, settle
from engine.analytics.tails import CONFIDENCE
from engine.core.errors import SolverFailed


def min_cvar(problem: Problem) -> tuple[np.ndarray, str]:
    """x with the least CVaR at 95 % over the scenarios, by HiGHS. Raises SolverFailed.

    Variables x, α, u: α + Σu / (5 % · T), u ≥ −r'x − α, u ≥ 0. λ has no effect.
    """
    scenarios, region = problem.scenarios, problem.region
    t, n = scenarios.shape
    parts = region_parts(region, more=1 + t)
    tail = sparse.hstack([-scenarios, -np.ones((t, 1)), -sparse.eye(t)])
    parts["A_ub"] = sparse.vstack([parts["A_ub"], tail]).tocsr()
    parts["b_ub"] = np.concatenate([parts["b_ub"], np.zeros(t)])
    parts["bounds"] = [*parts["bounds"][: n + 1], *[(0.0, None)] * t]
    result = linear_program(np.concatenate([np.zeros(n), tail_cost(t)]), **parts)
    if result.status != 0:
        raise SolverFailed(f"HiGHS found no least CVaR: {result.message}")
    return settle(result.x[:n], region), "highs"


def variance_and_cvar(
    hessian: np.ndarray, weight: float, problem: Problem
) -> tuple[np.ndarray, str]:
    """x that minimises ½ x'Hx + weight · CVaR(x) over the region, by Clarabel. Raises SolverFailed.

    Variables x, α, u as in `min_cvar`.
    """
    scenarios, region = problem.scenarios, problem.region
    t, n = scenarios.shape
    p = sparse.block_diag([np.triu(hessian), sparse.csc_matrix((t + 1, t + 1))], format="csc")
    q = np.concatenate([np.zeros(n), weight * tail_cost(t)])
    equal, equal_to, below, below_to = region_rows(region)
    blank = sparse.csc_matrix
    a = sparse.vstack(
        [
            sparse.hstack([equal, blank((1, t + 1))]),
            sparse.hstack([below, blank((below.shape[0], t + 1))]),
            tail_rows(scenarios),
        ]
    )
    b = np.concatenate([equal_to, below_to, np.zeros(2 * t)])
    x = conic(p, q, a, b, [("zero", 1), ("nonnegative", len(b) - 1)])
    return settle(x[:n], region), "clarabel"


def tail_cost(t: int) -> np.ndarray:
    """Costs of α and u: 1, then 1/(5 % · T) each."""
    return np.concatenate([[1.0], np.full(t, 1.0 / ((1.0 - CONFIDENCE) * t))])


def tail_rows(scenarios: np.ndarray) -> sparse.spmatrix:
    """2T rows over (x, α, u), each ≤ 0: −r'x − α − u and −u."""
    t, n = scenarios.shape
    return sparse.vstack(
        [
            sparse.hstack([-scenarios, -np.ones((t, 1)), -sparse.eye(t)]),
            sparse.hstack([sparse.csc_matrix((t, n + 1)), -sparse.eye(t)]),
        ]
    )


def region_rows(
    region: Region,
) -> tuple[sparse.spmatrix, np.ndarray, sparse.spmatrix, np.ndarray]:
    """The region as an equality and as rows ≤ right, with both right sides."""
    box = sparse.eye(region.n)
    least = region.row_lower > 0
    rows = sparse.vstack([region.rows, -region.rows[least], box, -box])
    right = [region.row_upper, -region.row_lower[least], region.upper, -region.lower]
    equal = sparse.csc_matrix(np.ones((1, region.n)))
    return equal, np.array([region.total]), rows, np.concatenate(right)


PROFILE = ProfileType(
    "Minimum CVaR", min_cvar,
    without_penalty="Minimum CVaR is the tail itself; a penalty on it would say the same twice.",
)  # fmt: skip
