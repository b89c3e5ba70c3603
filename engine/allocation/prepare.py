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
from engine.allocation.profiles.registry import PROFILES
from engine.allocation.region import build_region
from engine.allocation.within import intra_weights, layer_map
from engine.core.format import listing
from engine.core.words import Layers, PenaltyKind, Profile
from engine.params import AllocationParams, LimitParams, WithinParams
from engine.params.stages import stage


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


@stage
def prepare(
    inputs: Inputs, *, within: WithinParams, allocation: AllocationParams, limits: LimitParams
) -> Prepared:
    """Groups, limits, layer 2, what can be invested, and the problem of layer 1 (or of the single
    layer). The symbols of the inputs are sorted.

    Raises NoPortfolio where limits contradict each other, ParamError for an unreadable bound.
    """
    groups, group_names = systemic_groups(
        inputs.symbols, inputs.linkage_correlation, inputs.sectors, inputs.classes,
        limits.groups,
    )  # fmt: skip
    rows = build_limits(inputs, groups, group_names, limits)
    v, layer = None, np.eye(len(inputs.symbols))
    if allocation.layers == Layers.TWO:
        v = intra_weights(
            inputs.labels, np.diag(inputs.covariance), inputs.momentum, within.alpha,
            excluded_assets(inputs.symbols, parse_bounds(limits.bounds)),
        )  # fmt: skip
        layer = layer_map(inputs.labels, v)
    region = build_region(rows.members @ layer, rows.lower, rows.upper)
    total, cash_reason = largest_total(region, rows, layer)
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
        penalty=allocation.penalty,
        kind=allocation.penalty_kind,
    )
    notes = (*rows.notes, *_assumed(inputs, allocation, filled, unknown))
    return Prepared(groups, group_names, rows, v, layer, cash_reason, problem, notes)


def _assumed(
    inputs: Inputs, choice: AllocationParams, filled: str, unknown: np.ndarray
) -> list[str]:
    profile, notes = PROFILES[choice.profile], []
    if choice.penalty > 0 and not profile.uses_penalty:
        notes.append(f"The penalty has no effect on {choice.profile}.")
    elif choice.penalty > 0 and profile.without_kind:
        notes.append(f"In {choice.profile} the penalty sets the risk budgets, whatever its kind.")
    by_score = choice.penalty_kind == PenaltyKind.SCORE and profile.uses_penalty
    if filled and choice.penalty > 0 and (by_score or profile.uses_budgets):
        notes.append(filled)
    if unknown.any() and choice.profile == Profile.MAX_SHARPE:
        missing = listing([inputs.symbols[i] for i in np.flatnonzero(unknown)])
        notes.append(f"Expected return unknown, taken as that of cash: {missing}.")
    return notes
