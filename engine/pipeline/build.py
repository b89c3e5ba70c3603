"""From the cut to weights: risk, fragility, allocation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.analytics.correlation import Correlation
from engine.analytics.covariance import Covariance, covariance
from engine.analytics.fragility import Fragility, cluster_returns, fragility
from engine.analytics.momentum import MeanExcess, mean_excess, momentum
from engine.analytics.scenarios import Scenarios, build_scenarios
from engine.analytics.sentiment import Sentiment
from engine.market.basket import Basket
from engine.market.grid import Grid
from engine.market.market_move import market_returns
from engine.market.panel import Panel
from engine.params import Params
from engine.pipeline.explore import Analysis, Cut, analyse
from engine.pipeline.state import Market, fx_sentiment, market_state
from engine.portfolio.allocate import Allocation, allocate
from engine.portfolio.inputs import Inputs
from engine.portfolio.within import intra_weights


@dataclass(frozen=True, eq=False)
class Risk:
    """What is known of each of the N members' risk and trend, in the order of the panel.

    sessions: N observed sessions a year. market: T returns of the basket over the panel's days and
    horizon, NaN = did not trade. assets: fragility of each member. momentum: N annual log returns.
    """

    scenarios: Scenarios
    covariance: Covariance
    sessions: np.ndarray
    market: np.ndarray
    assets: Fragility
    momentum: np.ndarray
    mean: MeanExcess


@dataclass(frozen=True, eq=False)
class Portfolio:
    """All stages of one universe under one set of parameters, down to the weights.

    intra: N weights inside each cluster, of which the clusters' series and fragility are made.
    """

    analysis: Analysis
    market: Market
    sentiment: Sentiment
    risk: Risk
    intra: np.ndarray
    clusters: Fragility
    inputs: Inputs
    allocation: Allocation


def assess_risk(panel: Panel, correlation: Correlation, basket: Basket, params: Params) -> Risk:
    """Scenarios, covariance, fragility, momentum and expected returns of the members."""
    classes = tuple(panel.members["asset_class"])
    sessions = panel.members["sessions_a_year"].to_numpy(dtype=float)
    scenarios = build_scenarios(
        panel.moment_returns, panel.days, panel.symbols, classes, panel.horizon
    )
    sigma = covariance(correlation, scenarios, panel.moment_returns, sessions, panel.horizon)
    market = market_returns(basket, panel.days, panel.horizon)
    return Risk(
        scenarios=scenarios,
        covariance=sigma,
        sessions=sessions,
        market=market,
        assets=fragility(
            panel.moment_returns, panel.symbols, market, params.fragility.min_observations,
            panel.returns,
        ),
        momentum=momentum(panel.returns, params.within.momentum_days, sessions),
        mean=mean_excess(panel.returns, sigma.matrix, sessions, params.allocation.cash_rate),
    )  # fmt: skip


def within_clusters(cut: Cut, risk: Risk, params: Params) -> np.ndarray:
    """N weights inside each cluster, before anything that the manager excludes."""
    variance = np.diag(risk.covariance.matrix)
    return intra_weights(cut.labels, variance, risk.momentum, params.within.alpha)


def cluster_fragility(panel: Panel, cut: Cut, risk: Risk, params: Params) -> Fragility:
    """Fragility of each cluster's series v'R, by cluster id in the order of the labels."""
    v = within_clusters(cut, risk, params)
    return fragility(
        cluster_returns(risk.scenarios.returns, cut.labels, v),
        ids_by_label(cut),
        risk.market[np.isin(panel.days, risk.scenarios.days)],
        params.fragility.min_observations,
        cluster_returns(panel.returns, cut.labels, v, carry=True),
    )


def ids_by_label(cut: Cut) -> tuple[int, ...]:
    """Cluster ids in the order of the labels."""
    return tuple(c.id for c in sorted(cut.clusters, key=lambda c: c.label))


def allocation_inputs(
    panel: Panel, correlation: Correlation, cut: Cut, risk: Risk, clusters: Fragility, fx: Sentiment
) -> Inputs:
    """What an allocation is made of."""
    names = {c.label: c.name for c in cut.clusters}
    members = panel.members
    return Inputs(
        symbols=panel.symbols,
        classes=tuple(members["asset_class"]),
        sectors=tuple(members["sector"]),
        labels=cut.labels,
        cluster_ids=ids_by_label(cut),
        cluster_names=tuple(names[label] for label in sorted(names)),
        covariance=risk.covariance.matrix,
        scenarios=risk.scenarios.returns,
        horizon=panel.horizon,
        mean=risk.mean.mean,
        momentum=risk.momentum,
        fragility=clusters.score,
        asset_fragility=risk.assets.score,
        linkage_correlation=correlation.matrix_for(panel.symbols),
        multiplier=fx.multiplier,
    )


def allocated(
    analysis: Analysis, market: Market, fx: Sentiment, risk: Risk, clusters: Fragility
) -> Portfolio:
    """The last stage: weights. Raises what `allocate` raises."""
    panel, cut, params = analysis.panel, analysis.cut, analysis.params
    inputs = allocation_inputs(panel, analysis.correlation, cut, risk, clusters, fx)
    intra = within_clusters(cut, risk, params)
    return Portfolio(analysis, market, fx, risk, intra, clusters, inputs, allocate(inputs, params))


def optimise(grid: Grid, params: Params) -> Portfolio:
    """Every stage, one after the other. Raises what `allocate` raises."""
    market = market_state(grid, params)
    analysis = analyse(grid, params, market.regime)
    fx = fx_sentiment(grid, params)
    risk = assess_risk(analysis.panel, analysis.correlation, market.basket, params)
    clusters = cluster_fragility(analysis.panel, analysis.cut, risk, params)
    return allocated(analysis, market, fx, risk, clusters)
