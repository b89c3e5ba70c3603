"""The allocation once more, as plain cvxpy models of DESIGN section 3: slow, and by other hands."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable

import cvxpy as cp
import numpy as np

from engine.allocation.inputs import Inputs
from engine.params import Params

BETA = 0.95


class Reference:
    """The models of one problem. `v`: N shares inside clusters, or none in the single layer.

    Not for bounds of the manager's own. `groups`: N ids.
    """

    def __init__(
        self, inputs: Inputs, params: Params, groups: np.ndarray, v: np.ndarray | None
    ) -> None:
        n, k = len(inputs.symbols), len(inputs.cluster_ids)
        self.inputs, self.params, self.groups = inputs, params, groups
        self.layer = np.eye(n)
        if v is not None:
            self.layer = np.zeros((n, k))
            self.layer[np.arange(n), inputs.labels] = v
        self.covariance = self.layer.T @ inputs.covariance @ self.layer
        self.scenarios = inputs.scenarios @ self.layer
        self.mean = inputs.mean @ self.layer
        f = inputs.fragility if v is not None else inputs.asset_fragility
        self.fragility = np.where(np.isnan(f), np.nanmean(f), f)
        self.unit_cvar = np.array([self.tail(column) for column in self.scenarios.T])

    def limits(self, x: cp.Expression, of: cp.Expression | float = 1.0) -> list:
        """x ≥ 0 under all limits, each times `of`."""
        inputs, limits = self.inputs, self.params.limits
        n = len(inputs.symbols)
        w = self.layer @ x
        asset_cap = min(1.0, max(limits.asset_cap, limits.asset_cap_names / n))
        out = [x >= 0, w <= asset_cap * of]
        for labels, cap in ((inputs.labels, limits.cluster_cap), (self.groups, limits.group_cap)):
            out += [cp.sum(w[np.flatnonzero(labels == j)]) <= cap * of for j in np.unique(labels)]
        budgets = {
            "equity": limits.equity_budget * inputs.multiplier,
            "crypto": limits.crypto_budget * inputs.multiplier,
            "fx": limits.fx_budget,
        }
        for name in sorted(set(inputs.classes)):
            inside = np.flatnonzero(np.array(inputs.classes) == name)
            out.append(cp.sum(w[inside]) <= budgets.get(name, limits.other_budget) * of)
        return out

    @functools.cached_property
    def total(self) -> float:
        """S, by 1e-9 less where it is under 1, as the allocation has it."""
        x = cp.Variable(self.layer.shape[1])
        most = solve(cp.Maximize(cp.sum(x)), self.limits(x))
        return 1.0 if most > 1 - 1e-9 else most - 1e-9

    @staticmethod
    def tail(returns: np.ndarray) -> float:
        """CVaR as the minimum over α, which lies at one of the losses."""
        losses = -returns
        return min(a + np.maximum(losses - a, 0).mean() / (1 - BETA) for a in losses)

    def cvar(self, x: cp.Expression) -> cp.Expression:
        alpha = cp.Variable()
        excess = cp.pos(-self.scenarios @ x - alpha)
        return alpha + cp.sum(excess) / ((1 - BETA) * len(self.scenarios))

    def minimise(self, objective: Callable[[cp.Variable], cp.Expression]) -> np.ndarray:
        x = cp.Variable(self.layer.shape[1])
        rows = [*self.limits(x), cp.sum(x) == self.total]
        solve(cp.Minimize(objective(x)), rows)
        return x.value

    def variance(self, x: cp.Variable) -> cp.Expression:
        return cp.quad_form(x, cp.psd_wrap(self.covariance))

    def penalty(self, x: cp.Expression, cvar0: float) -> cp.Expression:
        kind = self.params.allocation.penalty_kind
        if kind == "score":
            return self.fragility @ x
        return (self.unit_cvar @ x if kind == "cluster_cvar" else self.cvar(x)) / cvar0

    def penalty_at(self, x: np.ndarray) -> float:
        """The penalty's own measure, unscaled."""
        kind = self.params.allocation.penalty_kind
        if kind == "portfolio_cvar":
            return self.tail(self.scenarios @ x)
        return float((self.fragility if kind == "score" else self.unit_cvar) @ x)

    def min_variance(self, x0: np.ndarray) -> np.ndarray:
        """x0: the plain solution, of which σ₀ and CVaR₀ are."""
        sigma2, cvar0 = x0 @ self.covariance @ x0, self.tail(self.scenarios @ x0)
        weight = self.params.allocation.penalty
        return self.minimise(lambda x: self.variance(x) / sigma2 + weight * self.penalty(x, cvar0))

    def variance_objective(self, x: np.ndarray, x0: np.ndarray) -> float:
        scale = self.tail(self.scenarios @ x0) if self._in_cvar() else 1.0
        penalty = self.params.allocation.penalty * self.penalty_at(x) / scale
        return float(x @ self.covariance @ x / (x0 @ self.covariance @ x0) + penalty)

    def max_sharpe(self, x0: np.ndarray | None = None) -> np.ndarray:
        """The ratio's best x; x0 (the plain one) sets the units, without it λ is 0."""
        y, kappa = cp.Variable(self.layer.shape[1]), cp.Variable(nonneg=True)
        root = np.linalg.cholesky(self.covariance).T
        objective = cp.norm(root @ y)
        if x0 is not None:
            sigma, cvar0 = np.sqrt(x0 @ self.covariance @ x0), self.tail(self.scenarios @ x0)
            weight = self.params.allocation.penalty
            objective = objective / sigma + weight * self.penalty(y, cvar0)
        rows = [*self.limits(y, kappa), cp.sum(y) == self.total * kappa]
        solve(cp.Minimize(objective), [*rows, self.mean @ y == 0.05])
        return y.value * self.total / y.value.sum()

    def ratio(self, x: np.ndarray, x0: np.ndarray | None = None) -> float:
        volatility = np.sqrt(x @ self.covariance @ x)
        if x0 is None:
            return float(self.mean @ x / volatility)
        scale = self.tail(self.scenarios @ x0) if self._in_cvar() else 1.0
        penalty = self.params.allocation.penalty * self.penalty_at(x) / scale
        sigma = np.sqrt(x0 @ self.covariance @ x0)
        return float(self.mean @ x / (volatility / sigma + penalty))

    def budgets(self, live: np.ndarray | bool = True) -> np.ndarray:
        raw = live / (1 + self.params.allocation.penalty * self.fragility)
        return raw / raw.sum()

    def risk_parity(self, live: np.ndarray) -> np.ndarray:
        """live: n bool, whom the limits do not hold at 0."""
        y, kappa = cp.Variable(self.layer.shape[1]), cp.Variable(nonneg=True)
        rows = [*self.limits(y, kappa), cp.sum(y) == self.total * kappa]
        rows.append(y[np.flatnonzero(~live)] == 0)
        at = np.flatnonzero(live)
        solve(cp.Minimize(self.variance(y) / 2 - self.budgets(live)[at] @ cp.log(y[at])), rows)
        x = np.where(live, y.value, 0.0)
        return x * self.total / x.sum()

    def parity_objective(self, x: np.ndarray) -> float:
        """What does not change with the size of x: ln σ(x) − Σ b ln x over those with a weight."""
        live = x > 0
        logs = self.budgets(live)[live] @ np.log(x[live])
        return float(0.5 * np.log(x @ self.covariance @ x) - logs)

    def _in_cvar(self) -> bool:
        return self.params.allocation.penalty_kind != "score"


def solve(objective: cp.Minimize | cp.Maximize, rows: list) -> float:
    problem = cp.Problem(objective, rows)
    for tolerance in (1e-10, 1e-8):
        same = {f"tol_{name}": tolerance for name in ("gap_abs", "gap_rel", "feas")}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            problem.solve(solver=cp.CLARABEL, **same)
        if problem.status == "optimal":
            return float(problem.value)
    raise AssertionError(problem.status)
