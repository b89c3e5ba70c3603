"""Whole lots nearest to the trades that are wanted: two ways, to be compared.

`integer_program` is exact to its gap (scipy's `milp`, HiGHS); `greedy` is PyPortfolioOpt's
`DiscreteAllocation.greedy_portfolio`, once for purchases and once for sales.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

# Within this part of the best found, or after so many nodes, the search ends: by count and not by
# the clock, so that the same question has the same answer.
GAP = 0.05  # of what is missed: at 27 trades 0.1 bps of the value, for half the time
CLOSE_GAP, FEW = 0.01, 12  # up to so many trades a closer look costs nothing
NODES = 20
# Greedy buys what is left one lot at a time: with a lot of 0.01 beside one of 100,000 without end.
MOST_STEPS = 20_000


@dataclass(frozen=True, eq=False)
class LotProblem:
    """n trades in whole lots; money in basis points of the portfolio's value.

    side: +1 buy, −1 sell. lot: money of one lot. wanted: money, not negative. least: fewest lots
    where any are traded. most: most lots. rate: cost a unit traded.
    cash_before: of the portfolio; cash: what is left of it after all that is not in lots here;
    cash_wanted: after all wanted trades; floor: the least there may be.
    sold, bought: what is not in lots here. budget: most one-way turnover.
    """

    side: np.ndarray
    lot: np.ndarray
    wanted: np.ndarray
    least: np.ndarray
    most: np.ndarray
    rate: np.ndarray
    cash_before: float
    cash: float
    cash_wanted: float
    floor: float
    sold: float
    bought: float
    budget: float


def integer_program(problem: LotProblem) -> np.ndarray | None:
    """n whole numbers of lots; None where there are none under these limits.

    Least ½(Σ|lots · lot − wanted| + |cash − cash_wanted|), under the floor of cash (costs paid) and
    the turnover budget; each count is 0 or from least to most. Variables: counts, their deviations,
    deviation and move of cash, and a switch for each trade whose least is over 1.
    """
    n = len(problem.lot)
    switched = np.flatnonzero(problem.least > 1)
    m = len(switched)
    eye = sparse.eye_array(n)
    value = sparse.diags_array(problem.lot)
    column, empty = np.zeros((n, 1)), sparse.csr_array((n, m))
    flow = -problem.side * problem.lot * (1 + problem.side * problem.rate)  # into cash, a lot
    moved = problem.cash - problem.cash_before

    def row(counts: np.ndarray, of_cash: float, of_move: float) -> np.ndarray:
        return np.concatenate([counts, np.zeros(n), [of_cash, of_move], np.zeros(m)])[None, :]

    def rows(matrix: object, low: object, high: object) -> LinearConstraint:
        return LinearConstraint(sparse.csr_array(matrix), low, high)  # type: ignore[call-overload]

    limits = [
        rows(sparse.hstack([value, -eye, column, column, empty]), -np.inf, problem.wanted),
        rows(sparse.hstack([value, eye, column, column, empty]), problem.wanted, np.inf),
        rows(row(flow, 0, 0), problem.floor - problem.cash, np.inf),
        rows(row(flow, -1, 0), -np.inf, problem.cash_wanted - problem.cash),
        rows(row(flow, 1, 0), problem.cash_wanted - problem.cash, np.inf),
        rows(row(flow, 0, -1), -np.inf, -moved),
        rows(row(flow, 0, 1), -moved, np.inf),
        rows(row(problem.lot, 0, 1), -np.inf, 2 * problem.budget - problem.sold - problem.bought),
    ]
    if m:
        pick = eye.tocsr()[switched]
        blank = sparse.csr_array((m, n + 2))
        for bound, low, high in ((problem.least, 0, np.inf), (problem.most, -np.inf, 0)):
            switch = -sparse.diags_array(bound[switched].astype(float))
            limits.append(rows(sparse.hstack([pick, blank, switch]), low, high))
    found = milp(
        c=np.concatenate([np.zeros(n), np.ones(n), [1.0, 0.0], np.zeros(m)]),
        constraints=limits,
        integrality=np.concatenate([np.ones(n), np.zeros(n + 2), np.ones(m)]),
        bounds=Bounds(
            np.zeros(2 * n + 2 + m),
            np.concatenate([problem.most, np.full(n + 2, np.inf), np.ones(m)]),
        ),
        # With presolve HiGHS gave up on 3 of 400 small problems, and without it on none of 2,000.
        options={
            "mip_rel_gap": CLOSE_GAP if n <= FEW else GAP,
            "node_limit": NODES,
            "presolve": False,
        },
    )
    return None if found.x is None else np.rint(found.x[:n]).astype(np.int64)


def greedy(problem: LotProblem) -> np.ndarray | None:
    """n whole numbers of lots, each side spread over its wanted total; None where lots are too
    unlike for it. It knows no limits: what it passes has to be mended."""
    # Here and not above: it brings cvxpy along, which takes a second to load.
    from pypfopt.discrete_allocation import DiscreteAllocation

    out = np.zeros(len(problem.lot), dtype=np.int64)
    for sign in (1, -1):
        side = np.flatnonzero((problem.side == sign) & (problem.wanted > 0) & (problem.most > 0))
        total = problem.wanted[side].sum()
        if not len(side) or problem.lot[side].min() > total:
            continue
        if problem.lot[side].sum() > MOST_STEPS * problem.lot[side].min():
            return None
        # A hair below 1, as it asserts that the first round is affordable.
        weights = problem.wanted[side] / total * (1 - 1e-9)
        allocation = DiscreteAllocation(
            {int(i): float(w) for i, w in zip(side, weights, strict=True)},
            pd.Series(problem.lot[side], index=[int(i) for i in side]),
            total_portfolio_value=float(total),
        )
        with np.errstate(divide="ignore", invalid="ignore"):  # its shares of nothing bought yet
            counts, _ = allocation.greedy_portfolio()
        for i, count in counts.items():
            out[i] = count
    out = np.minimum(out, problem.most)
    return np.where(out < problem.least, 0, out)
