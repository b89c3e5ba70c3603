"""From prices to weights: the whole pipeline against hierarchical portfolios of others."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from profile_peers import single_linkage_order
from skfolio.optimization import (
    HierarchicalEqualRiskContribution,
    HierarchicalRiskParity,
    NestedClustersOptimization,
)
from skfolio.preprocessing import prices_to_returns

from engine import pipeline
from engine.allocation.profiles.hrp import hrp_weights
from engine.market.grid import Grid, build_grid
from engine.params import Params
from engine.sources.simulation.simulate import simulate

TASK = "Whole pipeline, prices to weights"


@dataclass(frozen=True, eq=False)
class Case:
    """n simulated instruments. prices: days × members, holes filled, for those who need that."""

    n: int
    grid: Grid
    prices: pd.DataFrame

    def returns(self) -> pd.DataFrame:
        return prices_to_returns(self.prices)


@pytest.fixture(scope="session", params=[64, 250, 500], ids=lambda n: f"N={n}")
def case(request: pytest.FixtureRequest) -> Case:
    """A simulated universe with its holes, late starts and ends; the peers get its members over
    the same window, on complete prices."""
    data = simulate(seed=request.param, n_assets=request.param)
    grid = build_grid(data.prices, data.instruments)
    params = Params()
    panel = pipeline.build_panel(grid, params.data, params.panel)
    values = pd.DataFrame(panel.values, index=pd.DatetimeIndex(panel.days), columns=panel.symbols)
    return Case(request.param, grid, values.ffill().bfill())


@pytest.fixture(scope="session")
def riskfolio() -> ModuleType:
    """Imported only when its turn comes: it takes ten seconds."""
    return importlib.import_module("riskfolio")


def check(weights: np.ndarray) -> None:
    """Weights at all: none below 0, and they sum to 1 (cash included)."""
    assert np.isfinite(weights).all()
    assert weights.min() > -1e-9
    assert weights.sum() == pytest.approx(1, abs=1e-6)


def test_engine(case, measure):
    result = measure(TASK, "engine", lambda: pipeline.optimise(case.grid, Params()), rounds=7)
    check_engine(result)


@pytest.mark.parametrize(
    ("who", "settings"),
    [
        ("engine, regime known", {}),
        (
            "engine, regime known, hrp in one layer",
            {"allocation.profile": "hrp", "allocation.layers": "single"},
        ),
    ],
    ids=["default", "hrp"],
)
def test_engine_regime_known(case, measure, who, settings):
    """What is left where the market's state is at hand, as on the pages once they are open."""
    params = Params().with_settings(settings)
    market = pipeline.market_state(case.grid, params)

    def call():
        analysis = pipeline.analyse(case.grid, params, market.regime)
        fx = pipeline.fx_sentiment(case.grid, params)
        risk = pipeline.assess_risk(analysis.panel, analysis.correlation, market.basket, params)
        clusters = pipeline.cluster_fragility(analysis.panel, analysis.cut, risk, params)
        return pipeline.allocated(analysis, market, fx, risk, clusters)

    result = measure(TASK, who, call, rounds=7)
    check_engine(result)
    np.testing.assert_array_equal(
        result.allocation.weights, pipeline.optimise(case.grid, params).allocation.weights
    )


def check_engine(result: pipeline.Portfolio) -> None:
    """Weights, and none past a limit."""
    check(np.append(result.allocation.weights, result.allocation.cash))
    assert result.allocation.limits["slack"].min() > -1e-8


@pytest.mark.parametrize(
    ("who", "build"),
    [
        ("skfolio HRP", lambda: HierarchicalRiskParity(seriation_estimator=single_linkage_order())),
        ("skfolio HERC", HierarchicalEqualRiskContribution),
        ("skfolio NCO", lambda: NestedClustersOptimization(cv="ignore")),
    ],
    ids=["HRP", "HERC", "NCO"],
)
def test_skfolio(case, measure, who: str, build: Callable):
    def call():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return build().fit(case.returns()).weights_

    weights = measure(TASK, who, call, rounds=3)
    check(weights)
    if who == "skfolio HRP":
        assert_hrp(weights, case)


@pytest.mark.parametrize("model", ["HRP", "HERC"])
def test_riskfolio(case, measure, riskfolio, model):
    def call():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return riskfolio.HCPortfolio(returns=case.returns()).optimization(
                model=model, codependence="pearson", rm="MV",
                linkage="single" if model == "HRP" else "ward", leaf_order=False,
            )  # fmt: skip

    weights = measure(TASK, f"Riskfolio {model}", call, rounds=3)
    weights = weights.to_numpy().ravel()
    check(weights)
    if model == "HRP":
        assert_hrp(weights, case)


def assert_hrp(weights: np.ndarray, case: Case) -> None:
    """The same returns give the same HRP weights here as there, before limits."""
    wanted = hrp_weights(case.returns().cov().to_numpy())
    np.testing.assert_allclose(weights, wanted, rtol=0, atol=1e-8)
