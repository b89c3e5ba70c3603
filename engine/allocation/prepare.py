"""From inputs and parameters to the problem that a profile solves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.allocation.bounds import parse_bounds
from engine.allocation.feasible import largest_total
from engine.allocation.groups import systemic_groups
from engine.allocation.inputs import Inputs
from engine.allocation.limits import Limits, build_limits, excluded_assets
from engine.allocation.problem import Problem, filled_fragility
from engine.allocation.region import build_region
from engine.allocation.within import intra_weights, layer_map
from engine.core.format import listing
from engine.core.words import Layers
from engine.params import AllocationParams, LimitParams, WithinParams

# In these λ does nothing, in those fragility enters the risk budgets, whatever the kind.
WITHOUT_PENALTY = ("min_cvar", "hrp")
WITH_BUDGETS = ("risk_parity", "blend")


@dataclass(frozen=True, eq=False)
class Prepared:
    """A problem with all that leads back from its variables to assets.

    v: N shares inside clusters, None in the single layer. layer: N×n, asset weights are layer · x.
    groups: N ids; cash_reason: "" where all can be invested. notes: what was assumed, in words.
    """

    groups: np.ndarray
    group_names: dict[int, str]
    limits: Limits
    v: np.ndarray | None
    layer: np.ndarray
    cash_reason: str
    problem: Problem
    notes: tuple[str, ...]


def prepare(
    inputs: Inputs, within: WithinParams, choice: AllocationParams, asked: LimitParams
) -> Prepared:
    """Groups, limits, layer 2, what can be invested, and the problem of layer 1 (or of the single
    layer). The symbols of the inputs are sorted.

    Raises NoPortfolio where limits contradict each other, ParamError for an unreadable bound.
    """
    groups, group_names = systemic_groups(
        inputs.symbols, inputs.linkage_correlation, inputs.sectors, inputs.classes,
        asked.groups,
    )  # fmt: skip
    limits = build_limits(inputs, groups, group_names, asked)
    v, layer = None, np.eye(len(inputs.symbols))
    if choice.layers == Layers.TWO:
        v = intra_weights(
            inputs.labels, np.diag(inputs.covariance), inputs.momentum, within.alpha,
            excluded_assets(inputs.symbols, parse_bounds(asked.bounds)),
        )  # fmt: skip
        layer = layer_map(inputs.labels, v)
    region = build_region(limits.members @ layer, limits.lower, limits.upper)
    total, cash_reason = largest_total(region, limits, layer)
    fragility, filled = filled_fragility(
        inputs.asset_fragility if v is None else inputs.fragility,
        inputs.symbols if v is None else inputs.cluster_names,
    )
    unknown = np.isnan(inputs.mean)
    problem = Problem(
        covariance=layer.T @ inputs.covariance @ layer,
        scenarios=inputs.scenarios @ layer,
        years=inputs.horizon / inputs.annual_sessions,
        mean=np.where(unknown, 0.0, inputs.mean) @ layer,
        fragility=fragility,
        region=region.with_total(total),
        penalty=choice.penalty,
        kind=choice.penalty_kind,
    )
    notes = (*limits.notes, *_assumed(inputs, choice, filled, unknown))
    return Prepared(groups, group_names, limits, v, layer, cash_reason, problem, notes)


def _assumed(
    inputs: Inputs, choice: AllocationParams, filled: str, unknown: np.ndarray
) -> list[str]:
    notes = []
    if choice.penalty > 0 and choice.profile in WITHOUT_PENALTY:
        notes.append(f"The penalty has no effect on {choice.profile}.")
    elif choice.penalty > 0 and choice.profile == "risk_parity":
        notes.append("In risk_parity the penalty sets the risk budgets, whatever its kind.")
    by_score = choice.penalty_kind == "score" and choice.profile not in WITHOUT_PENALTY
    if filled and choice.penalty > 0 and (by_score or choice.profile in WITH_BUDGETS):
        notes.append(filled)
    if unknown.any() and choice.profile == "max_sharpe":
        missing = listing([inputs.symbols[i] for i in np.flatnonzero(unknown)])
        notes.append(f"Expected return unknown, taken as that of cash: {missing}.")
    return notes
