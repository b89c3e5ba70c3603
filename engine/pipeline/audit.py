"""Portfolios recomputed with the code at hand, and what an audit needs to know of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.allocation.audit import audit
from engine.allocation.evidence import Audit, Evidence
from engine.allocation.profiles.registry import PROFILES
from engine.analytics.blas import one_thread
from engine.analytics.regime.states import STATES
from engine.analytics.tree import cut
from engine.core.errors import CutlineError, NoPortfolio
from engine.market.grid import Grid
from engine.params import PRESETS, LimitParams, PanelParams, Params, chosen
from engine.params.stages import ThresholdKnob, stage
from engine.pipeline.build import (
    Portfolio,
    allocated,
    assess_risk,
    cluster_fragility,
    optimise,
)
from engine.pipeline.explore import analyse, threshold_of
from engine.pipeline.state import fx_sentiment, market_state


@dataclass(frozen=True)
class Case:
    """One recomputed portfolio. status: `passed`, `failed`, or `no` (a documented infeasibility).

    audit: None where there is no portfolio; reason: then why.
    """

    preset: str
    profile: str
    regime: str
    threshold: float
    status: str
    audit: Audit | None
    reason: str = ""


def recompute(grid: Grid, params: Params) -> Portfolio:
    """`optimise` on one thread throughout, so that the number of cores changes no bit of a weight.
    What is stored and what is audited comes from here."""
    with one_thread():
        return optimise(grid, params)


@stage
def evidence_of(
    portfolio: Portfolio, *, threshold: ThresholdKnob, limits: LimitParams, panel: PanelParams
) -> Evidence:
    """What an audit measures a portfolio by: the cut is made anew, history is the panel's own."""
    analysis, inputs, result = portfolio.analysis, portfolio.inputs, portfolio.allocation
    members = analysis.panel.members
    asked, _ = threshold_of.function(
        portfolio.market.regime, analysis.tree, analysis.correlation, threshold=threshold
    )
    return Evidence(
        symbols=result.symbols,
        weights=result.weights,
        cash=result.cash,
        classes=inputs.classes,
        sectors=inputs.sectors,
        labels=analysis.cut.labels,
        cluster_ids=inputs.cluster_ids,
        groups=result.groups,
        group_names=result.group_names,
        multiplier=portfolio.sentiment.multiplier,
        limits=limits,
        regime=portfolio.market.regime.state,
        threshold=analysis.cut.threshold,
        asked=asked,
        recut=cut(analysis.tree, asked),
        # From the returns themselves, not from what the panel says of them.
        observations=np.isfinite(analysis.panel.returns).sum(axis=0),
        min_history=panel.min_history,
        ages=members["age"].to_numpy(),
        stale_after=panel.stale_after,
        status=result.status,
    )


def every_case(grid: Grid) -> Iterator[Case]:
    """Every preset × regime × profile. The regime is forced: its t is asked for through `auto`,
    also where the preset sets its own."""
    with one_thread():
        market = market_state(grid, Params())
        for name in PRESETS:
            base = chosen(name, {"tree.threshold": None})
            fx = fx_sentiment(grid, base)
            for state in reversed(STATES):
                t = base.regime.thresholds[state]
                forced = dataclasses.replace(
                    market,
                    regime=dataclasses.replace(market.regime, state=state, threshold=t),
                )
                analysis = analyse(grid, base, forced.regime)
                risk = assess_risk(analysis.panel, analysis.correlation, market.basket, base)
                clusters = cluster_fragility(analysis.panel, analysis.cut, risk, base)
                for profile in PROFILES:
                    params = chosen(name, {"tree.threshold": None, "allocation.profile": profile})
                    try:
                        made = allocated(analysis, forced, fx, risk, clusters, params)
                    except CutlineError as error:
                        no = isinstance(error, NoPortfolio) and PROFILES[profile].may_say_no
                        status = "no" if no else "failed"
                        yield Case(name, profile, state, t, status, None, str(error))
                        continue
                    found = audit(evidence_of(made, params))
                    status = "passed" if found.passed else "failed"
                    yield Case(name, profile, state, t, status, found)
