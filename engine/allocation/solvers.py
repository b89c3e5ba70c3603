"""The solvers, each with its status checked: what did not end well is an error, never an answer.

daqp for quadratic programs (12 ms where Clarabel takes 65 at 283 variables, 0.6 where it takes 5 at
100, and exact on the limits), HiGHS for linear ones, Clarabel for cones and where daqp gives up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import clarabel
import daqp
import numpy as np
from scipy import sparse
from scipy.optimize import OptimizeResult, linprog

from engine.allocation.region import Region
from engine.core.errors import SolverFailed

# Keeps a singular matrix strictly convex, so that of equal optima the most even one is taken.
RIDGE = 1e-10
# daqp's feasibility tolerance: a hundredth of what a limit may be passed by.
DAQP_TOLERANCE = 1e-10
DAQP_SOLVED = 1
EQUALITY = 5
# Weights under this are rounding.
DUST = 1e-9
LP_TOLERANCE = 1e-10
CLARABEL_TOLERANCE = 1e-10
CLARABEL_ITERATIONS = 200


def quadratic(hessian: np.ndarray, linear: np.ndarray, region: Region) -> tuple[np.ndarray, str]:
    """Minimise ½ x'Hx + c'x over the region. Returns x and who solved it.

    hessian: n×n, symmetric, positive semidefinite, of any scale. Raises SolverFailed.
    """
    x, solver = _over(region, hessian, linear)
    return settle(x, region), solver


def _over(region: Region, hessian: np.ndarray, linear: np.ndarray) -> tuple[np.ndarray, str]:
    """As `quadratic`, not yet settled."""
    matrix = np.vstack([np.ones(region.n), region.rows])
    high = np.concatenate([region.upper, [region.total], region.row_upper])
    low = np.concatenate([region.lower, [region.total], region.row_lower])
    sense = np.zeros(len(high), dtype=np.int32)
    sense[region.n] = EQUALITY
    return dense_quadratic(hessian, linear, matrix, high, low, sense)


def dense_quadratic(
    hessian: np.ndarray,
    linear: np.ndarray,
    matrix: np.ndarray,
    high: np.ndarray,
    low: np.ndarray,
    sense: np.ndarray,
) -> tuple[np.ndarray, str]:
    """A quadratic program as daqp has it: the first n of `high` and `low` bound x itself, the rest
    `matrix` · x; `sense` 5 marks an equality. Clarabel where daqp gives up. Raises SolverFailed."""
    n = len(linear)
    scale = n / np.trace(hessian)
    h = hessian * scale
    h = 0.5 * (h + h.T)
    h[np.diag_indices(n)] += RIDGE
    f = linear * scale
    x, _, flag, _ = daqp.solve(h, f, matrix, high, low, sense, primal_tol=DAQP_TOLERANCE)
    if flag == DAQP_SOLVED:
        return np.array(x), "daqp"
    equal = sense[n:] == EQUALITY
    ones = sparse.eye(n)
    a = sparse.vstack([matrix[equal], matrix[~equal], -matrix[~equal], ones, -ones]).tocsc()
    b = np.concatenate([high[n:][equal], high[n:][~equal], -low[n:][~equal], high[:n], -low[:n]])
    kept = np.isfinite(b)
    count = int(equal.sum())
    x = conic(h, f, a[kept], b[kept], [("zero", count), ("nonnegative", int(kept.sum()) - count)])
    return x, f"clarabel (daqp gave up with {flag})"


def conic(
    hessian: np.ndarray | sparse.spmatrix,
    linear: np.ndarray,
    matrix: sparse.spmatrix,
    right: np.ndarray,
    cones: Sequence[tuple[str, int]],
) -> np.ndarray:
    """Minimise ½ x'Px + q'x with `right` − `matrix` · x in the cones, by Clarabel.

    cones: in the order of the rows: zero, nonnegative or second_order, with their lengths. A loose
    answer is asked for again at Clarabel's own tolerance. Raises SolverFailed for any other end.
    """
    kinds = {
        "zero": clarabel.ZeroConeT,
        "nonnegative": clarabel.NonnegativeConeT,
        "second_order": clarabel.SecondOrderConeT,
    }
    p = sparse.triu(sparse.csc_matrix(hessian), format="csc")
    for tolerance in (CLARABEL_TOLERANCE, None):
        settings = clarabel.DefaultSettings()
        settings.verbose = False
        settings.max_iter = CLARABEL_ITERATIONS
        if tolerance is not None:
            settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
        built = [kinds[kind](size) for kind, size in cones if size]
        result = clarabel.DefaultSolver(
            p, linear, sparse.csc_matrix(matrix), right, built, settings
        ).solve()
        if result.status == clarabel.SolverStatus.Solved:
            return np.array(result.x)
    raise SolverFailed(f"Clarabel ended with {result.status}: change the limits or the profile.")


def linear_program(cost: np.ndarray, region: Region | None = None, **parts: Any) -> OptimizeResult:
    """`scipy.optimize.linprog` by HiGHS; of a region if one is given. The status is the caller's to
    check: 0 solved, 2 infeasible. Raises SolverFailed for every other."""
    if region is not None:
        parts = {**region_parts(region), **parts}
    options = {
        "primal_feasibility_tolerance": LP_TOLERANCE,
        "dual_feasibility_tolerance": LP_TOLERANCE,
    }
    result = linprog(cost, method="highs", options=options, **parts)
    if result.status not in (0, 2):
        raise SolverFailed(f"HiGHS: {result.message}")
    return result


def region_parts(region: Region, more: int = 0) -> dict[str, Any]:
    """A region in linprog's words, with `more` free variables behind its own."""
    below = region.row_lower > 0
    rows = np.vstack([region.rows, -region.rows[below]])
    blank = np.zeros((len(rows), more))
    return {
        "A_ub": sparse.csr_matrix(np.hstack([rows, blank])),
        "b_ub": np.concatenate([region.row_upper, -region.row_lower[below]]),
        "A_eq": sparse.csr_matrix(np.concatenate([np.ones(region.n), np.zeros(more)])[None, :]),
        "b_eq": np.array([region.total]),
        "bounds": [*zip(region.lower, region.upper, strict=True), *[(None, None)] * more],
    }


def settle(x: np.ndarray, region: Region) -> np.ndarray:
    """An answer brought exactly onto the limits: dust is 0, the rest sums to the total.

    Where that breaks a limit the nearest point that breaks none is taken. Raises SolverFailed if
    there is none: the answer was none then.
    """
    zero = np.zeros(region.n, dtype=bool)
    for _ in range(4):
        x = np.maximum(x, 0.0)
        zero |= (x < DUST) & (region.lower < DUST)
        x[zero] = 0.0
        if x.sum() > 0:
            settled = x * (region.total / x.sum())
            if region.violation(settled) <= DUST:
                return settled
        rest = region.without(zero) if zero.any() else region
        x, _ = _over(rest, np.eye(region.n), -x)
    raise SolverFailed("No weights within the limits were found: loosen a limit.")


def nearest(point: np.ndarray, region: Region) -> tuple[np.ndarray, str]:
    """The point of the region that is nearest to `point` (Euclidean). Raises SolverFailed."""
    return quadratic(np.eye(region.n), -point, region)
