"""Maximum Sharpe ratio with a fragility penalty."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from engine.allocation.problem import Problem, Units, linear_penalty, units_of
from engine.allocation.profiles.kind import ProfileType
from engine.allocation.profiles.min_cvar import tail_cost, tail_rows
from engine.allocation.region import Region
from engine.allocation.solvers import EQUALITY, conic, dense_quadratic, linear_program, settle
from engine.core.errors import NoPortfolio

# An excess return under a hundredth of a basis point a year is none.
LEAST_EXCESS = 1e-6


def max_sharpe(problem: Problem) -> tuple[np.ndarray, str]:
    """x that maximises μ'x / (√(x'Σx)/σ₀ + λ · penalty) over the region; x and the solver's name.

    The penalties are those of `min_variance`; all grow in proportion to x, so with y = κx and
    μ'y = 1 the program is convex: minimise the denominator at y, limits A y ≤ b · 1'y / total
    (after Charnes & Cooper 1962). Without penalty that is a quadratic program, else a cone program.

    Raises NoPortfolio if no x in the region has a positive expected excess return, SolverFailed.
    Invariant: the penalty per unit of expected excess return never rises along λ.
    """
    region = problem.region
    best = linear_program(-problem.mean, region)
    most = -best.fun if best.status == 0 else 0.0
    if not most > LEAST_EXCESS * region.total:
        raise NoPortfolio(
            "There is no portfolio with positive expected excess return under these limits: "
            "choose another profile, or lower the cash rate."
        )
    # In units of the best, y is of the size of x, which is where the tolerances are meant for.
    mean = problem.mean * (region.total / most)
    rows = region.cone_rows()
    y, solver = _plain(problem, mean, rows)
    plain = settle(_scaled(y, region), region)
    if problem.penalty == 0:
        return plain, solver
    units = units_of(problem, plain)
    y = _with_penalty(problem, mean, units)
    return settle(_scaled(y, region), region), "clarabel"


def _scaled(y: np.ndarray, region: Region) -> np.ndarray:
    return y * (region.total / y.sum())


def _plain(problem: Problem, mean: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, str]:
    n, m = problem.region.n, len(rows)
    high = np.concatenate([np.full(n, np.inf), [1.0], np.zeros(m)])
    low = np.concatenate([np.zeros(n), [1.0], np.full(m, -np.inf)])
    sense = np.zeros(n + 1 + m, dtype=np.int32)
    sense[n] = EQUALITY
    return dense_quadratic(
        problem.covariance, np.zeros(n), np.vstack([mean, rows]), high, low, sense
    )


def _with_penalty(problem: Problem, mean: np.ndarray, units: Units) -> np.ndarray:
    """Variables y, κ (y is κx: it keeps the rows sparse), s (≥ volatility of y over σ₀) and, for
    the portfolio's own CVaR, α and u."""
    region = problem.region
    n, t = region.n, len(problem.scenarios)
    tail = problem.kind == "portfolio_cvar"
    extra = 2 + (1 + t if tail else 0)
    cost = np.zeros(n + extra)
    cost[n + 1] = 1.0
    if tail:
        cost[n + 2 :] = problem.penalty / units.cvar * tail_cost(t)
    else:
        cost[:n] = problem.penalty * linear_penalty(problem, units)
    limits, right = region.limit_rows()
    blocks = [
        _wide(np.vstack([mean, np.ones(n)]), np.array([0.0, -region.total]), extra),
        _wide(limits, -right, extra),
        _wide(-sparse.eye(n), np.zeros(n), extra),
    ]
    if tail:
        rows = tail_rows(problem.scenarios).tocsc()
        gap = sparse.csc_matrix((2 * t, 2))
        blocks.append(sparse.hstack([rows[:, :n], gap, rows[:, n:]]))
    count = sum(block.shape[0] for block in blocks[1:])
    cone = np.zeros((n + 1, n + extra))
    cone[0, n + 1] = -1.0
    cone[1:, :n] = -_root(problem.covariance) / units.volatility
    solution = conic(
        sparse.csc_matrix((n + extra, n + extra)),
        cost,
        sparse.vstack([*blocks, cone]),
        np.concatenate([[1.0], np.zeros(1 + count + len(cone))]),
        [("zero", 2), ("nonnegative", count), ("second_order", len(cone))],
    )
    return solution[:n]


def _wide(rows: np.ndarray | sparse.spmatrix, scale: np.ndarray, extra: int) -> sparse.spmatrix:
    """Rows over y and κ, with blanks for the other variables."""
    blank = sparse.csc_matrix((rows.shape[0], extra - 1))
    return sparse.hstack([sparse.csc_matrix(rows), scale[:, None], blank])


def _root(covariance: np.ndarray) -> np.ndarray:
    """F with F'F = Σ; triangular where Σ is not singular."""
    try:
        return np.linalg.cholesky(covariance).T
    except np.linalg.LinAlgError:
        values, vectors = np.linalg.eigh(covariance)
        return np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T


PROFILE = ProfileType("Maximum Sharpe", max_sharpe, may_say_no=True)
