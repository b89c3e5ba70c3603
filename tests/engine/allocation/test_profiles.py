"""Profiles against cvxpy, skfolio, PyPortfolioOpt and closed forms."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable

import cvxpy as cp
import numpy as np
import pandas as pd
import pytest
from portfolio_problems import free, made_inputs, settings
from pypfopt import HRPOpt
from reference import Reference, solve
from skfolio import RiskMeasure
from skfolio.measures import cvar as skfolio_cvar
from skfolio.optimization import MeanRisk, ObjectiveFunction, RiskBudgeting

from engine.allocation.allocate import Allocation, allocate
from engine.allocation.inputs import Inputs, in_order
from engine.allocation.prepare import prepare
from engine.allocation.problem import Problem, Units, linear_penalty
from engine.allocation.profiles.hrp import hrp_weights
from engine.allocation.profiles.registry import PROFILES
from engine.allocation.profiles.risk_parity import budgets
from engine.analytics.contributions import risk_contributions
from engine.analytics.tails import cvar
from engine.core.errors import NoPortfolio
from engine.params import PENALTY_KINDS, Params

LAYERS = ("two", "single")
SAME_OBJECTIVE = 1e-6
Campaign = Callable[[int, int], int]


def solved(inputs: Inputs, params: Params) -> tuple[Allocation, np.ndarray, Reference]:
    """The allocation, its layer variables, and the reference for the same problem."""
    result = allocate(inputs, params)
    two = params.allocation.layers == "two"
    reference = Reference(inputs, params, result.groups, result.intra_weights if two else None)
    return result, result.cluster_weights if two else result.weights, reference


def two_assets(volatility: tuple[float, float], rho: float, mean: tuple[float, float]) -> Inputs:
    base = made_inputs(0, n=2)
    sigma = np.array(volatility)
    correlation = np.array([[1.0, rho], [rho, 1.0]])
    return dataclasses.replace(
        base, labels=[0, 1], cluster_ids=(1, 2), cluster_names=("A", "B"), multiplier=1.0,
        covariance=correlation * np.outer(sigma, sigma), linkage_correlation=correlation,
        mean=mean, fragility=[0.2, 0.9], asset_fragility=[0.2, 0.9], classes=("bond", "bond"),
    )  # fmt: skip


# --- against cvxpy ------------------------------------------------------------------------------
@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("kind", PENALTY_KINDS)
def test_min_variance_is_cvxpys(layers: str, kind: str, campaign: Campaign) -> None:
    for seed in range(campaign(4, 60)):
        inputs = made_inputs(100 + seed)
        shared = {"allocation__layers": layers, "allocation__penalty_kind": kind}
        _, x0, plain = solved(inputs, settings(**shared, allocation__penalty=0))
        best = plain.minimise(plain.variance)
        assert x0 @ plain.covariance @ x0 <= (best @ plain.covariance @ best) * (1 + SAME_OBJECTIVE)
        _, x, reference = solved(inputs, settings(**shared, allocation__penalty=0.7))
        best = reference.min_variance(x0)
        theirs = reference.variance_objective(best, x0)
        assert reference.variance_objective(x, x0) == pytest.approx(theirs, rel=SAME_OBJECTIVE)


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("kind", PENALTY_KINDS)
def test_max_sharpe_is_cvxpys(layers: str, kind: str, campaign: Campaign) -> None:
    for seed in range(campaign(4, 60)):
        inputs = made_inputs(200 + seed)
        shared = {
            "allocation__layers": layers, "allocation__penalty_kind": kind,
            "allocation__profile": "max_sharpe",
        }  # fmt: skip
        _, x0, plain = solved(inputs, settings(**shared, allocation__penalty=0))
        theirs = plain.ratio(plain.max_sharpe())
        assert plain.ratio(x0) == pytest.approx(theirs, rel=SAME_OBJECTIVE)
        _, x, reference = solved(inputs, settings(**shared, allocation__penalty=0.7))
        theirs = reference.ratio(reference.max_sharpe(x0), x0)
        assert reference.ratio(x, x0) == pytest.approx(theirs, rel=SAME_OBJECTIVE)


@pytest.mark.parametrize("layers", LAYERS)
def test_risk_parity_is_cvxpys_under_limits(layers: str, campaign: Campaign) -> None:
    bound = 0
    for seed in range(campaign(6, 100)):
        params = settings(
            allocation__layers=layers, allocation__profile="risk_parity", allocation__penalty=1.0
        )
        result, x, reference = solved(made_inputs(300 + seed), params)
        bound += bool(result.binding)
        theirs = reference.parity_objective(reference.risk_parity(x > 0))
        ours = reference.parity_objective(x)
        assert ours == pytest.approx(theirs, rel=0, abs=SAME_OBJECTIVE), seed
    assert bound > 3, "problems without limits show nothing here"


def test_risk_parity_leaves_out_only_whom_the_limits_hold_at_zero(campaign: Campaign) -> None:
    """Whoever has no weight cannot have one: its own linear program says so."""
    out = 0
    for seed in range(campaign(60, 1000)):
        params = settings(allocation__profile="risk_parity", limits__asset_cap=0.06)
        _, x, reference = solved(made_inputs(900 + seed, n=20, t=40), params)
        for k in np.flatnonzero(x == 0):
            y = cp.Variable(len(x))
            most = solve(cp.Maximize(y[k]), [*reference.limits(y), cp.sum(y) == reference.total])
            assert most < 1e-5, (seed, k)
            out += 1
    assert out > 5


@pytest.mark.parametrize("layers", LAYERS)
def test_min_cvar_is_cvxpys(layers: str, campaign: Campaign) -> None:
    for seed in range(campaign(5, 60)):
        params = settings(allocation__layers=layers, allocation__profile="min_cvar")
        _, x, reference = solved(made_inputs(400 + seed), params)
        best = reference.minimise(reference.cvar)
        theirs = reference.tail(reference.scenarios @ best)
        assert cvar(reference.scenarios @ x) == pytest.approx(theirs, rel=SAME_OBJECTIVE)


# --- against skfolio ----------------------------------------------------------------------------
def of_returns(seed: int, n: int = 12) -> tuple[Inputs, pd.DataFrame]:
    """Inputs whose covariance is that of their own scenarios, as skfolio estimates it."""
    inputs = made_inputs(seed, n=n, multiplier=1.0)
    frame = pd.DataFrame(inputs.scenarios, columns=list(inputs.symbols))
    return dataclasses.replace(inputs, covariance=frame.cov().to_numpy()), frame


def test_min_variance_is_skfolios() -> None:
    inputs, frame = of_returns(1)
    params = free(allocation__layers="single", allocation__penalty=0)
    params = params.with_settings({"limits.asset_cap": 0.2})
    theirs = MeanRisk(objective_function=ObjectiveFunction.MINIMIZE_RISK, max_weights=0.2)
    theirs = theirs.fit(frame).weights_
    ours = allocate(inputs, params).weights
    # skfolio stops at four digits of the weights: the objective is what tells.
    assert ours == pytest.approx(theirs, abs=1e-3)
    least = theirs @ inputs.covariance @ theirs
    assert ours @ inputs.covariance @ ours == pytest.approx(least, rel=1e-4)
    assert ours @ inputs.covariance @ ours <= least * (1 + 1e-9)


def test_min_cvar_is_skfolios() -> None:
    inputs, frame = of_returns(2)
    params = free(allocation__layers="single", allocation__profile="min_cvar")
    params = params.with_settings({"limits.asset_cap": 0.3})
    theirs = MeanRisk(risk_measure=RiskMeasure.CVAR, max_weights=0.3).fit(frame).weights_
    ours = allocate(inputs, params)
    assert ours.cvar_95 == pytest.approx(skfolio_cvar(frame.to_numpy() @ theirs), rel=1e-6)


@pytest.mark.parametrize("cap", [1.0, 0.1])
def test_risk_budgets_are_skfolios(cap: float) -> None:
    inputs, frame = of_returns(3)
    params = free(
        allocation__layers="single", allocation__profile="risk_parity", allocation__penalty=2
    )
    params = params.with_settings({"limits.asset_cap": cap})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = RiskBudgeting(
            risk_budget=budgets(inputs.asset_fragility, 2.0), max_weights=cap
        ).fit(frame)
    assert allocate(inputs, params).weights == pytest.approx(theirs.weights_, abs=2e-4)


# --- hrp ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(5))
def test_hrp_is_pyportfolioopts(seed: int) -> None:
    inputs = made_inputs(seed, n=3 + 9 * seed, multiplier=1.0)
    frame = pd.DataFrame(inputs.covariance, index=inputs.symbols, columns=inputs.symbols)
    theirs = HRPOpt(cov_matrix=frame).optimize("single")
    ours = hrp_weights(inputs.covariance)
    assert ours == pytest.approx([theirs[s] for s in inputs.symbols], abs=1e-12)
    unlimited = free(allocation__layers="single", allocation__profile="hrp")
    assert allocate(inputs, unlimited).weights == pytest.approx(ours, abs=1e-9)


def test_hrp_under_limits_is_the_nearest_point(campaign: Campaign) -> None:
    for seed in range(campaign(5, 50)):
        for layers in LAYERS:
            params = settings(allocation__layers=layers, allocation__profile="hrp")
            _, x, reference = solved(made_inputs(500 + seed), params)
            wanted = reference.total * hrp_weights(reference.covariance)
            best = reference.minimise(lambda y, wanted=wanted: cp.sum_squares(y - wanted))
            theirs = float((best - wanted) @ (best - wanted))
            assert (x - wanted) @ (x - wanted) == pytest.approx(theirs, rel=1e-6, abs=1e-9)


def test_blend_is_the_mean_of_three() -> None:
    inputs = made_inputs(7)
    for layers in LAYERS:
        parts = [
            allocate(inputs, settings(allocation__layers=layers, allocation__profile=p)).weights
            for p in ("min_variance", "hrp", "risk_parity")
        ]
        mixed = allocate(inputs, settings(allocation__layers=layers, allocation__profile="blend"))
        assert mixed.weights == pytest.approx(np.mean(parts, axis=0), abs=1e-8)


# --- closed forms -------------------------------------------------------------------------------
@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("rho", [-0.4, 0.0, 0.7])
def test_two_assets_by_hand(layers: str, rho: float) -> None:
    a, b = 0.1, 0.3
    inputs = two_assets((a, b), rho, (0.05, 0.10))
    shared = {"allocation__layers": layers, "allocation__penalty": 0}

    def weight(profile: str) -> float:
        result = allocate(inputs, free(**shared, allocation__profile=profile))
        assert result.cash == 0
        return float(result.weights[0])

    least = np.clip((b * b - rho * a * b) / (a * a + b * b - 2 * rho * a * b), 0, 1)
    assert weight("min_variance") == pytest.approx(least, abs=1e-8)
    assert weight("risk_parity") == pytest.approx(b / (a + b), abs=1e-8)
    assert weight("hrp") == pytest.approx(b * b / (a * a + b * b), abs=1e-8)
    tangent = np.linalg.solve(inputs.covariance, inputs.mean)
    tangent = tangent / tangent.sum() if (tangent > 0).all() else np.array([1.0, 0.0])
    assert weight("max_sharpe") == pytest.approx(tangent[0], abs=1e-7)


def test_two_risk_budgets_by_hand() -> None:
    """Uncorrelated: risk contributions w²σ² in the ratio of the budgets."""
    inputs = two_assets((0.1, 0.3), 0.0, (0.05, 0.05))
    result = allocate(inputs, free(allocation__profile="risk_parity", allocation__penalty=2))
    b = np.array([1 / 1.4, 1 / 2.8])
    wanted = np.sqrt(b) / np.array([0.1, 0.3])
    assert result.weights == pytest.approx(wanted / wanted.sum(), abs=1e-8)


# --- what must hold -----------------------------------------------------------------------------
@pytest.mark.parametrize("layers", LAYERS)
def test_contributions_equal_budgets_where_no_limit_binds(layers: str) -> None:
    inputs = made_inputs(11)
    result, x, reference = solved(
        inputs, free(allocation__layers=layers, allocation__profile="risk_parity")
    )
    assert not result.binding
    parts = risk_contributions(x, reference.covariance)
    assert parts / parts.sum() == pytest.approx(reference.budgets(), abs=1e-8)


PATH = np.r_[0.0, np.geomspace(0.02, 10, 19)]


def own_measure(problem: Problem, x: np.ndarray) -> float:
    """What a penalty measures, in its own unit."""
    if problem.kind == "portfolio_cvar":
        return problem.cvar(x)
    return float(linear_penalty(problem, Units(1.0, 1.0)) @ x)


def on_the_path(seed: int, profile: str) -> tuple[list[Problem], list[np.ndarray]]:
    """20 problems that differ in λ, and their solutions; layers and kinds take turns."""
    params = settings(
        allocation__layers=LAYERS[seed % 2], allocation__penalty_kind=PENALTY_KINDS[seed % 3],
        allocation__profile=profile,
    )  # fmt: skip
    ordered, _, _ = in_order(made_inputs(600 + seed, t=100))
    problem = prepare(ordered, params).problem
    problems = [dataclasses.replace(problem, penalty=float(weight)) for weight in PATH]
    return problems, [PROFILES[profile].solve(p)[0] for p in problems]


def test_the_penalty_never_rises_along_lambda(campaign: Campaign) -> None:
    moved = 0
    for seed in range(campaign(40, 2000)):
        problems, xs = on_the_path(seed, "min_variance")
        measured = np.array([own_measure(problems[0], x) for x in xs])
        assert np.diff(measured).max() <= 1e-8, seed
        moved += measured[-1] < 0.99 * measured[0]
    assert moved > 28, "the penalty does something nearly everywhere"


def test_the_penalty_of_a_unit_of_return_never_rises(campaign: Campaign) -> None:
    moved = 0
    for seed in range(campaign(6, 300)):
        problems, xs = on_the_path(seed, "max_sharpe")
        measured = [own_measure(problems[0], x) / (problems[0].mean @ x) for x in xs]
        assert np.diff(measured).max() <= 1e-6 * abs(measured[0]), seed
        moved += measured[-1] < 0.99 * measured[0]
    assert moved > 3


def test_no_penalty_is_the_plain_problem(campaign: Campaign) -> None:
    """λ = 0 against a cvxpy model that knows no penalty."""
    for seed in range(campaign(40, 2000)):
        layers = LAYERS[seed % 2]
        params = settings(allocation__layers=layers, allocation__penalty=0)
        _, x, reference = solved(made_inputs(seed, n=16, t=60), params)
        best = reference.minimise(reference.variance)
        theirs = best @ reference.covariance @ best
        assert x @ reference.covariance @ x == pytest.approx(theirs, rel=SAME_OBJECTIVE), seed


def test_fragile_risk_budgets_only_shrink() -> None:
    f = np.random.default_rng(0).uniform(0, 1, 40)
    means = [budgets(f, weight) @ f for weight in PATH]
    assert np.diff(means).max() < 0
    assert budgets(f, 0.0) == pytest.approx(np.full(40, 1 / 40))


@pytest.mark.parametrize("profile", ["hrp", "min_cvar"])
def test_lambda_does_nothing_where_it_is_off(profile: str) -> None:
    inputs = made_inputs(12)
    without, with_ = (
        allocate(inputs, settings(allocation__profile=profile, allocation__penalty=p))
        for p in (0, 5)
    )
    assert without.weights.tobytes() == with_.weights.tobytes()
    assert any("no effect" in note for note in with_.notes)


@pytest.mark.parametrize("mean", [-0.01, 0.0, 9e-7])
def test_no_positive_excess_return_is_said(mean: float) -> None:
    inputs = dataclasses.replace(made_inputs(13), mean=np.full(len(made_inputs(13).mean), mean))
    with pytest.raises(NoPortfolio, match="no portfolio with positive expected excess return"):
        allocate(inputs, settings(allocation__profile="max_sharpe"))


def test_one_good_asset_is_enough() -> None:
    inputs = made_inputs(14)
    mean = np.full(len(inputs.symbols), -0.01)
    mean[3] = 0.5
    params = settings(allocation__profile="max_sharpe", allocation__layers="single")
    result = allocate(dataclasses.replace(inputs, mean=mean), params)
    assert result.expected_excess > 0
    assert result.weights[3] == pytest.approx(0.1)
