"""From the cut to weights: risk, fragility, allocation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.allocation.allocate import Allocation, allocate
from engine.allocation.bounds import parse_bounds
from engine.allocation.inputs import Inputs
from engine.allocation.within import intra_weights
from engine.analytics.correlation import Correlation
from engine.analytics.covariance import Covariance, covariance
from engine.analytics.fragility import Fragility, cluster_returns, fragility
from engine.analytics.momentum import MeanExcess, mean_excess, momentum
from engine.analytics.scenarios import Scenarios, build_scenarios
from engine.analytics.sentiment import Sentiment
from engine.core.errors import InputError
from engine.market.basket import Basket
from engine.market.grid import Grid
from engine.market.move import market_returns
from engine.market.panel import Panel
from engine.params import AllocationParams, LimitParams, Params, WithinParams
from engine.params.stages import (
    AlphaKnob,
    CashRateKnob,
    LeastObservationsKnob,
    MomentumKnob,
    stage,
)
from engine.pipeline.explore import Analysis, Cut, analyse
from engine.pipeline.state import Market, fx_sentiment, market_state
from engine.pipeline.thin import thin_evidence


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


@stage
def assess_risk(
    panel: Panel,
    correlation: Correlation,
    basket: Basket,
    *,
    min_observations: LeastObservationsKnob,
    momentum_days: MomentumKnob,
    cash_rate: CashRateKnob,
) -> Risk:
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
            panel.moment_returns, panel.symbols, market, min_observations, panel.returns
        ),
        momentum=momentum(panel.returns, momentum_days, sessions),
        mean=mean_excess(panel.returns, sigma.matrix, sessions, cash_rate),
    )


@stage
def within_clusters(cut: Cut, risk: Risk, *, alpha: AlphaKnob) -> np.ndarray:
    """N weights inside each cluster, before anything that the manager excludes."""
    variance = np.diag(risk.covariance.matrix)
    return intra_weights(cut.labels, variance, risk.momentum, alpha)


@stage
def cluster_fragility(
    panel: Panel,
    cut: Cut,
    risk: Risk,
    *,
    alpha: AlphaKnob,
    min_observations: LeastObservationsKnob,
) -> Fragility:
    """Fragility of each cluster's series v'R, by cluster id in the order of the labels."""
    v = within_clusters.function(cut, risk, alpha=alpha)
    return fragility(
        cluster_returns(risk.scenarios.returns, cut.labels, v),
        ids_by_label(cut),
        risk.market[np.isin(panel.days, risk.scenarios.days)],
        min_observations,
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


@stage
def allocated(
    analysis: Analysis,
    market: Market,
    fx: Sentiment,
    risk: Risk,
    clusters: Fragility,
    *,
    within: WithinParams,
    allocation: AllocationParams,
    limits: LimitParams,
) -> Portfolio:
    """The last stage: weights. Raises what `allocate` raises."""
    panel, cut = analysis.panel, analysis.cut
    inputs = allocation_inputs(panel, analysis.correlation, cut, risk, clusters, fx)
    intra = within_clusters.function(cut, risk, alpha=within.alpha)
    known = with_known_bounds(panel, limits)
    made = allocate.function(inputs, within=within, allocation=allocation, limits=known)
    made = replace(
        made, notes=(*made.notes, *thin_evidence(panel, analysis.correlation, made, inputs))
    )
    return Portfolio(analysis, market, fx, risk, intra, clusters, inputs, made)


def with_known_bounds(panel: Panel, limits: LimitParams) -> LimitParams:
    """Bounds on assets by what is held (JPY) turned to their symbol (EURJPY).

    Raises InputError for an asset or class that the universe does not hold at all: a typing error
    must not pass for a ban. What it holds, but not in the panel, keeps its bound without effect.
    """
    table = panel.table
    symbols, classes = set(table["symbol"]), set(table["asset_class"])
    held = dict(zip(table["asset"], table["symbol"], strict=True))
    texts = []
    for bound, text in zip(parse_bounds(limits.bounds), limits.bounds, strict=True):
        known = {"asset": symbols | set(held), "class": classes}.get(bound.kind)
        if known is not None and bound.name not in known:
            raise InputError(
                f"limits.bounds: this universe holds no {bound.label}; write it as it is stored."
            )
        if bound.kind == "asset" and bound.name not in symbols:
            text = f"asset:{held[bound.name]}={text.rpartition('=')[2]}"
        texts.append(text)
    return replace(limits, bounds=tuple(texts))


def optimise(grid: Grid, params: Params) -> Portfolio:
    """Every stage, one after the other. Raises what `allocate` raises."""
    market = market_state(grid, params)
    analysis = analyse(grid, params, market.regime)
    fx = fx_sentiment(grid, params)
    risk = assess_risk(analysis.panel, analysis.correlation, market.basket, params)
    clusters = cluster_fragility(analysis.panel, analysis.cut, risk, params)
    return allocated(analysis, market, fx, risk, clusters, params)
