"""The same allocation problems as others solve them: cvxpy models, PyPortfolioOpt and skfolio.

Each function builds its model anew from the arrays of a case and returns n weights. The libraries
run with their own default solvers and tolerances, the cvxpy models with Clarabel.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import cvxpy as cp
import numpy as np
from profile_case import SET_CAP, Case
from pypfopt import EfficientCVaR, EfficientFrontier, HRPOpt
from skfolio import RiskMeasure
from skfolio.cluster import HierarchicalClustering, LinkageMethod
from skfolio.optimization import HierarchicalRiskParity, MeanRisk, ObjectiveFunction, RiskBudgeting
from skfolio.seriation import HierarchicalSeriation

from engine.allocation.problem import Units
from engine.analytics.tails import CONFIDENCE


# --- cvxpy --------------------------------------------------------------------------------------
def limits(case: Case, w: cp.Variable, of: cp.Expression | float = 1.0) -> list:
    """Every limit, each times `of`."""
    return [w >= 0, w <= case.cap * of, case.rows @ w <= SET_CAP * of, cp.sum(w) == of]


def solve(objective: cp.Expression, rows: list) -> None:
    problem = cp.Problem(cp.Minimize(objective), rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        problem.solve(solver=cp.CLARABEL)
    if problem.status != "optimal":
        raise AssertionError(problem.status)


def variance(case: Case, w: cp.Variable) -> cp.Expression:
    return cp.quad_form(w, cp.psd_wrap(case.covariance))


def cvxpy_min_variance(case: Case) -> np.ndarray:
    w = cp.Variable(case.n)
    solve(variance(case, w), limits(case, w))
    return w.value


def cvxpy_max_sharpe(case: Case) -> np.ndarray:
    y, kappa = cp.Variable(case.n), cp.Variable(nonneg=True)
    solve(variance(case, y), [*limits(case, y, kappa), case.mean @ y == 1])
    return y.value / y.value.sum()


def cvxpy_risk_parity(case: Case) -> np.ndarray:
    y, kappa = cp.Variable(case.n), cp.Variable(nonneg=True)
    objective = variance(case, y) / 2 - cp.sum(cp.log(y)) / case.n
    solve(objective, limits(case, y, kappa))
    return y.value / y.value.sum()


def cvxpy_min_cvar(case: Case) -> np.ndarray:
    w, alpha = cp.Variable(case.n), cp.Variable()
    returns = case.returns.to_numpy()
    tail = cp.sum(cp.pos(-returns @ w - alpha)) / ((1 - CONFIDENCE) * len(returns))
    solve(alpha + tail, limits(case, w))
    return w.value


def cvxpy_hrp(case: Case) -> np.ndarray:
    """The engine's weights before limits, brought under them."""
    w = cp.Variable(case.n)
    solve(cp.sum_squares(w - case.wanted_hrp()), limits(case, w))
    return w.value


def cvxpy_blend(case: Case) -> np.ndarray:
    parts = (cvxpy_min_variance, cvxpy_hrp, cvxpy_risk_parity)
    return np.mean([part(case) for part in parts], axis=0)


def cvxpy_penalised(
    case: Case, profile: str, penalty: float, costs: np.ndarray, units: Units
) -> np.ndarray:
    """min_variance or max_sharpe with a linear penalty, whose units are given."""
    w = cp.Variable(case.n)
    if profile == "min_variance":
        solve(variance(case, w) / units.volatility**2 + penalty * costs @ w, limits(case, w))
        return w.value
    kappa = cp.Variable(nonneg=True)
    root = np.linalg.cholesky(case.covariance).T
    objective = cp.norm(root @ w) / units.volatility + penalty * costs @ w
    solve(objective, [*limits(case, w, kappa), case.mean @ w == 1])
    return w.value / w.value.sum()


# --- PyPortfolioOpt -----------------------------------------------------------------------------
def frontier(case: Case) -> EfficientFrontier:
    built = EfficientFrontier(case.mean, case.covariance, weight_bounds=(0, case.cap))
    built.add_constraint(lambda w: case.rows @ w <= SET_CAP)
    return built


def pypfopt_min_variance(case: Case) -> np.ndarray:
    built = frontier(case)
    built.min_volatility()
    return built.weights


def pypfopt_max_sharpe(case: Case) -> np.ndarray:
    built = frontier(case)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        built.max_sharpe(risk_free_rate=0.0)
    return built.weights


def pypfopt_min_cvar(case: Case) -> np.ndarray:
    built = EfficientCVaR(case.mean, case.returns, beta=CONFIDENCE, weight_bounds=(0, case.cap))
    built.add_constraint(lambda w: case.rows @ w <= SET_CAP)
    built.min_cvar()
    return built.weights


def pypfopt_hrp(case: Case) -> np.ndarray:
    """Without limits: it has none."""
    weights = HRPOpt(returns=case.returns).optimize("single")
    return np.array([weights[name] for name in case.returns.columns])


# --- skfolio ------------------------------------------------------------------------------------
def skfolio_model(case: Case, kind: type, **settings: object) -> np.ndarray:
    model = kind(
        max_weights=case.cap, left_inequality=case.rows,
        right_inequality=np.full(len(case.rows), SET_CAP), **settings,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(case.returns).weights_


def skfolio_min_variance(case: Case) -> np.ndarray:
    return skfolio_model(case, MeanRisk)


def skfolio_max_sharpe(case: Case) -> np.ndarray:
    return skfolio_model(case, MeanRisk, objective_function=ObjectiveFunction.MAXIMIZE_RATIO)


def skfolio_min_cvar(case: Case) -> np.ndarray:
    return skfolio_model(case, MeanRisk, risk_measure=RiskMeasure.CVAR, cvar_beta=CONFIDENCE)


def skfolio_risk_parity(case: Case) -> np.ndarray:
    return skfolio_model(case, RiskBudgeting)


def skfolio_hrp(case: Case) -> np.ndarray:
    """Without limits: it knows no sets."""
    model = HierarchicalRiskParity(seriation_estimator=single_linkage_order())
    return model.fit(case.returns).weights_


def single_linkage_order() -> HierarchicalSeriation:
    """The order of the leaves as in López de Prado (2016); skfolio's default is another."""
    single = HierarchicalClustering(linkage_method=LinkageMethod.SINGLE)
    return HierarchicalSeriation(hierarchical_clustering_estimator=single, optimal_ordering=False)


Peer = Callable[[Case], np.ndarray]
PEERS: dict[str, dict[str, Peer]] = {
    "cvxpy, built anew": {
        "min_variance": cvxpy_min_variance,
        "max_sharpe": cvxpy_max_sharpe,
        "risk_parity": cvxpy_risk_parity,
        "min_cvar": cvxpy_min_cvar,
        "hrp": cvxpy_hrp,
        "blend": cvxpy_blend,
    },
    "PyPortfolioOpt": {
        "min_variance": pypfopt_min_variance,
        "max_sharpe": pypfopt_max_sharpe,
        "min_cvar": pypfopt_min_cvar,
        "hrp": pypfopt_hrp,
    },
    "skfolio": {
        "min_variance": skfolio_min_variance,
        "max_sharpe": skfolio_max_sharpe,
        "risk_parity": skfolio_risk_parity,
        "min_cvar": skfolio_min_cvar,
        "hrp": skfolio_hrp,
    },
}
