"""From clusters, risk and limits to weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from engine.allocation.inputs import Inputs, in_order
from engine.allocation.limits import Limits
from engine.allocation.prepare import prepare
from engine.allocation.profiles.registry import PROFILES
from engine.allocation.report import Binding, binding, limits_table
from engine.allocation.solvers import DUST
from engine.analytics.blas import one_thread
from engine.analytics.tails import cvar
from engine.core.errors import SolverFailed
from engine.params import AllocationParams, LimitParams, WithinParams
from engine.params.stages import stage

__all__ = ["Allocation", "Binding", "allocate"]

# What no weight may pass a limit by.
LIMIT_TOLERANCE = 1e-8
# Less than this can be invested: nothing can.
NOTHING = 1e-6


@dataclass(frozen=True, eq=False)
class Allocation:
    """Target weights and what they are worth. Assets and clusters as in the Inputs.

    weights: N ≥ 0; with `cash` they sum to 1. cash_reason: which limits keep it, "" without cash.
    cluster_weights: K sums of the final asset weights. intra_weights: N shares inside each asset's
    cluster, v in two layers; in the single layer what came out (0 throughout an empty cluster).
    groups: N ids of systemic groups; group_names, group_weights: id → name, weight.
    volatility: annual; cvar_95: of the whole over the scenarios' horizon, cash included.
    expected_excess: annual, over cash; None where a held asset's mean is unknown.
    binding: the limits that are reached; limits: every limit (kind, name, value, lower, upper,
    slack); limit_rows: the same, for other weights to be held against. notes: what was assumed or
    had no effect, in words.
    """

    symbols: tuple[str, ...]
    weights: np.ndarray
    cash: float
    cash_reason: str
    cluster_ids: tuple[int, ...]
    cluster_weights: np.ndarray
    intra_weights: np.ndarray
    groups: np.ndarray
    group_names: dict[int, str]
    group_weights: dict[int, float]
    profile: str
    layers: str
    penalty: float
    penalty_kind: str
    status: str
    solver: str
    volatility: float
    cvar_95: float
    expected_excess: float | None
    binding: tuple[Binding, ...]
    limits: pd.DataFrame
    limit_rows: Limits
    notes: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in ("weights", "cluster_weights", "intra_weights", "groups"):
            getattr(self, name).setflags(write=False)


@stage
def allocate(
    inputs: Inputs, *, within: WithinParams, allocation: AllocationParams, limits: LimitParams
) -> Allocation:
    """The weights that are asked for.

    Raises NoPortfolio where limits contradict each other or no portfolio has a positive expected
    excess return, in words; SolverFailed where a solver gave up; ParamError for an unreadable
    bound; InputError for inputs that do not fit.

    Invariants: weights ≥ 0 and Σ weights + cash = 1; no limit is passed by more than 1e-8; the
    order of assets changes no bit of any weight; the same inputs give the same bits on one machine.
    """
    with one_thread():
        ordered, assets, clusters = in_order(inputs)
        made = _allocate(ordered, within, allocation, limits)
        return _in_order_of(inputs, made, assets, clusters)


def _allocate(
    inputs: Inputs, within: WithinParams, choice: AllocationParams, limits: LimitParams
) -> Allocation:
    ready = prepare.function(inputs, within=within, allocation=choice, limits=limits)
    total = ready.problem.region.total
    if total < NOTHING:
        x, solver, total = np.zeros(ready.problem.region.n), "none", 0.0
    else:
        x, solver = PROFILES[choice.profile].solve(ready.problem)
    weights, cash = _finished(ready.layer @ x, ready.limits, total)
    v = _shares(weights, inputs.labels) if ready.v is None else ready.v
    held = weights > 0
    known = not np.isnan(inputs.mean[held]).any()
    table = limits_table(ready.limits, weights)
    return Allocation(
        symbols=inputs.symbols,
        weights=weights,
        cash=cash,
        cash_reason=ready.cash_reason,
        cluster_ids=inputs.cluster_ids,
        cluster_weights=np.bincount(inputs.labels, weights=weights),
        intra_weights=v,
        groups=ready.groups,
        group_names=ready.group_names,
        group_weights={
            g: float(weights[ready.groups == g].sum()) for g in sorted(ready.group_names)
        },
        profile=choice.profile,
        layers=choice.layers,
        penalty=choice.penalty,
        penalty_kind=choice.penalty_kind,
        status="solved",
        solver=solver,
        volatility=float(np.sqrt(max(0.0, weights @ inputs.covariance @ weights))),
        cvar_95=float(cvar(inputs.scenarios @ weights)),
        expected_excess=float(weights[held] @ inputs.mean[held]) if known else None,
        binding=binding(table),
        limits=table,
        limit_rows=ready.limits,
        notes=ready.notes,
    )


def _shares(weights: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Each weight's share of its cluster's; 0 where the cluster has none."""
    sums = np.bincount(labels, weights=weights)[labels]
    return np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0)


def _finished(weights: np.ndarray, limits: Limits, total: float) -> tuple[np.ndarray, float]:
    """Weights without dust that sum to the total, and cash. Raises SolverFailed past a limit."""
    weights = np.where(weights < DUST, 0.0, weights)
    if total > 0:
        weights = weights * (total / math.fsum(weights))
    cash = 0.0 if total == 1.0 else 1.0 - math.fsum(weights)
    sums = limits.members @ weights
    passed = max((limits.lower - sums).max(), (sums - limits.upper).max())
    if not passed <= LIMIT_TOLERANCE:  # also refuses NaN
        raise SolverFailed(f"The solver's weights pass a limit by {passed:.1e}: none are shown.")
    return weights, cash


def _in_order_of(
    inputs: Inputs, result: Allocation, assets: np.ndarray, clusters: np.ndarray
) -> Allocation:
    """The result with assets and clusters in the order in which they came in."""

    def back(values: np.ndarray, taken: np.ndarray) -> np.ndarray:
        out = np.empty_like(values)
        out[taken] = values
        return out

    return replace(
        result,
        symbols=inputs.symbols,
        weights=back(result.weights, assets),
        cluster_ids=inputs.cluster_ids,
        cluster_weights=back(result.cluster_weights, clusters),
        intra_weights=back(result.intra_weights, assets),
        groups=back(result.groups, assets),
        limit_rows=replace(result.limit_rows, members=back(result.limit_rows.members.T, assets).T),
    )
