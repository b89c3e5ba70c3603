"""Risk budgets under limits."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from engine.allocation.problem import Problem
from engine.allocation.profiles.kind import ProfileType
from engine.allocation.region import Region
from engine.allocation.solvers import dense_quadratic, linear_program, region_parts, settle
from engine.core.errors import SolverFailed
from engine.core.symbols import named

MOST_STEPS = 100
# Newton's decrement: half of it is what the objective, near 1 in size, can still fall by. The step
# that ends on it is taken, and squares what is left; below it rounding keeps Newton on the spot.
DECREMENT = 1e-14
# A step stops short of 0, where the logarithm ends.
TO_THE_WALL = 0.95
ARMIJO = 1e-4
# A weight that the limits let grow to no more than this is held at 0: under cash the total lies a
# rounding below the largest, which leaves such crumbs where nothing is meant.
CRUMB = 1e-6
# What a row may be passed by before it joins the others.
BROKEN = 1e-10


def budgets(fragility: np.ndarray, penalty: float) -> np.ndarray:
    """Risk budgets ∝ 1/(1 + λf), summing to 1. Their mean fragility never rises along λ."""
    raw = 1.0 / (1.0 + penalty * fragility)
    return raw / raw.sum()


def risk_parity(problem: Problem) -> tuple[np.ndarray, str]:
    """x whose risk contributions keep to the budgets as nearly as the limits let them.

    Minimises √(x'Σx) for a given Σ b ln x over the cone of the region, which is
    ½ y'Σy − Σ b ln y over limits A y ≤ b · 1'y / total, scaled to the total (Spinu 2013; with
    limits as Richard & Roncalli 2019). Where no limit binds the contributions equal the budgets.
    A weight that the limits hold at 0 takes no part. Newton's method; each step is a quadratic
    program over the rows that were in the way so far.

    Raises SolverFailed. Always inside the region: a weight is never cut off afterwards.
    """
    region = problem.region
    start, live = _inside(region)
    b = budgets(problem.fragility, problem.penalty)[live]
    b = b / b.sum()
    covariance = problem.covariance[np.ix_(live, live)]
    rows = region.cone_rows()[:, live]
    rows = rows[(rows > 0).any(axis=1)]
    start = start[live]
    y = start * np.sqrt(1.0 / (start @ covariance @ start))
    working = np.zeros(len(rows), dtype=bool)
    for _ in range(len(rows) + 1):
        free = _newton(covariance, b, rows[working], y)
        sums = rows @ free / free.sum()
        broken = (sums > BROKEN) & ~working
        if not broken.any():
            x = np.zeros(region.n)
            x[live] = free * (region.total / free.sum())
            return settle(x, region), "newton with daqp"
        working |= broken
        y = _towards(y, free, rows)
    raise SolverFailed("Risk parity did not come to rest: loosen a limit.")


def _newton(covariance: np.ndarray, b: np.ndarray, rows: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The minimum of ½ y'Σy − Σ b ln y over rows · y ≤ 0, from a y inside."""
    n = len(y)
    sense = np.zeros(n + len(rows), dtype=np.int32)
    for _ in range(MOST_STEPS):
        gradient = covariance @ y - b / y
        hessian = covariance + np.diag(b / y**2)
        if len(rows):
            # In units of y, in which the barrier's part of the Hessian is b whatever y is.
            step = (
                y
                * dense_quadratic(
                    hessian * np.outer(y, y),
                    gradient * y,
                    rows * y,
                    np.concatenate([np.full(n, np.inf), np.maximum(-rows @ y, 0.0)]),
                    np.full(n + len(rows), -np.inf),
                    sense,
                )[0]
            )
        else:
            step = -np.linalg.solve(hessian, gradient)
        slope = float(gradient @ step)
        if -slope <= DECREMENT:
            return y + step if (y + step > 0).all() else y
        falling = step < 0
        wall = float(np.min(-y[falling] / step[falling], initial=np.inf))
        size = min(1.0, TO_THE_WALL * wall)
        value = _objective(covariance, b, y)
        while _objective(covariance, b, y + size * step) > value + ARMIJO * size * slope:
            size *= 0.5
            if size < 1e-10:
                # The objective no longer tells the two apart: this is the minimum to rounding.
                return y
        y = y + size * step
    raise SolverFailed("Risk parity took too many steps: loosen a limit.")


def _objective(covariance: np.ndarray, b: np.ndarray, y: np.ndarray) -> float:
    return float(0.5 * (y @ covariance @ y) - b @ np.log(y))


def _inside(region: Region) -> tuple[np.ndarray, np.ndarray]:
    """A point of the region with all weights positive that can be, and which those are (n bool).

    The largest least weight; where that is 0, first those that some point has positive are found:
    Σ min(x, ε) is largest where all of them are.
    """
    live = region.upper > CRUMB
    x, least = _most_even(region, live)
    if least <= CRUMB:
        live = (_most_positive(region, 10 * CRUMB) > 5 * CRUMB) | (region.lower > 0)
        x, least = _most_even(region, live)
    if least <= 0:
        raise SolverFailed("The limits leave risk parity no room: loosen a limit.")
    return x, live


def _most_even(region: Region, live: np.ndarray) -> tuple[np.ndarray, float]:
    """max τ with x ≥ τ for the live."""
    n, count = region.n, int(live.sum())
    parts = region_parts(region.without(~live), 1)
    floor = np.hstack([-np.eye(n)[live], np.ones((count, 1))])
    parts["A_ub"] = sparse.vstack([parts["A_ub"], floor])
    parts["b_ub"] = np.concatenate([parts["b_ub"], np.zeros(count)])
    result = linear_program(np.concatenate([np.zeros(n), [-1.0]]), **parts)
    if result.status != 0:
        return np.zeros(n), 0.0
    return np.where(live, np.maximum(result.x[:n], 0.0), 0.0), float(-result.fun)


def _most_positive(region: Region, epsilon: float) -> np.ndarray:
    """z of max Σz, z ≤ x, z ≤ ε."""
    n = region.n
    parts = region_parts(region, n)
    parts["A_ub"] = sparse.vstack([parts["A_ub"], sparse.hstack([-sparse.eye(n), sparse.eye(n)])])
    parts["b_ub"] = np.concatenate([parts["b_ub"], np.zeros(n)])
    parts["bounds"][n:] = [(0.0, epsilon)] * n
    result = linear_program(np.concatenate([np.zeros(n), -np.ones(n)]), **parts)
    if result.status != 0:
        raise SolverFailed(f"HiGHS: {result.message}")
    return result.x[n:]


def _towards(start: np.ndarray, goal: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The farthest point from start to goal with rows · y ≤ 0, not quite at the wall."""
    now, there = rows @ start, rows @ goal
    ahead = there > np.maximum(now, 0.0)
    reach = np.min(np.maximum(-now[ahead], 0.0) / (there[ahead] - now[ahead]), initial=1.0)
    return start + 0.99 * reach * (goal - start)


PROFILE = ProfileType(
    "Risk parity", risk_parity, uses_budgets=True,
    without_kind=f"In risk parity the {named('λ')} sets the risk budgets, whatever the kind.",
)  # fmt: skip
