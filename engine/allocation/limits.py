"""Every limit as one row: the weight of a set of assets lies between two numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.allocation.bounds import Bound, parse_bounds
from engine.allocation.inputs import Inputs
from engine.core.errors import NoPortfolio
from engine.core.format import percent
from engine.core.words import UNKNOWN_CLASS
from engine.params import LimitParams

# Classes with a budget of their own, and whether the FX multiplier scales it.
BUDGETS = {"equity": True, "crypto": True, "fx": False}


@dataclass(frozen=True, eq=False)
class Limits:
    """R limits on N weights.

    kinds: asset, cluster, group, class, or bound (the manager's own). names: as shown.
    members: R×N of 0 and 1; lower, upper: R; a row says lower ≤ members · w ≤ upper.
    notes: bounds that have no effect, in words.
    """

    kinds: tuple[str, ...]
    names: tuple[str, ...]
    members: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    notes: tuple[str, ...] = ()

    def label(self, row: int) -> str:
        """As in a sentence: `cluster 7 (Energy)`, `asset:AAPL`."""
        kind, name = self.kinds[row], self.names[row]
        return name if kind == "bound" else f"{kind} {name}"


def excluded_assets(symbols: tuple[str, ...], bounds: tuple[Bound, ...]) -> np.ndarray:
    """N bool: assets that the manager holds at 0."""
    out = {b.name for b in bounds if b.kind == "asset" and b.upper == 0}
    return np.array([symbol in out for symbol in symbols])


def build_limits(
    inputs: Inputs, groups: np.ndarray, group_names: dict[int, str], params: LimitParams
) -> Limits:
    """All limits of DESIGN section 3: caps, class budgets, the manager's own bounds.

    The asset cap is max(asset_cap, asset_cap_names / N). Equity and crypto budgets are scaled by
    the FX multiplier. The manager's bounds come on top of the caps: the tighter one holds. One on
    something that is not there has no effect and is noted.

    Raises NoPortfolio where such a one asks for a positive weight, ParamError for one that cannot
    be read.
    """
    n = len(inputs.symbols)
    classes = np.array([class_of(name) for name in inputs.classes])
    clusters = _cluster_titles(inputs)
    rows: list[tuple[str, str, np.ndarray, float, float]] = []
    cap = asset_cap(params, n)
    for i, symbol in enumerate(inputs.symbols):
        rows.append(("asset", symbol, np.arange(n) == i, 0.0, cap))
    for k, title in enumerate(clusters):
        rows.append(("cluster", title, inputs.labels == k, 0.0, params.cluster_cap))
    for g, name in sorted(group_names.items()):
        rows.append(("group", f"{g} ({name})", groups == g, 0.0, params.group_cap))
    for name in sorted(set(classes)):
        budget = budget_of(name, inputs.multiplier, params)
        rows.append(("class", name, classes == name, 0.0, budget))

    notes = []
    for bound in parse_bounds(params.bounds):
        mask = _members_of(bound, inputs, groups, group_names, classes)
        if mask.any():
            rows.append(("bound", bound.label, mask, bound.lower, bound.upper))
        elif bound.lower > 0:
            raise NoPortfolio(
                f"{bound.label} wants at least {percent(bound.lower)}, but there is no such "
                f"{bound.kind} here: remove the bound or bring it in."
            )
        else:
            notes.append(f"{bound.label} has no effect: there is no such {bound.kind} here.")
    kinds, names, masks, lower, upper = zip(*rows, strict=True)
    return Limits(
        kinds, names, np.array(masks, dtype=np.float64), np.array(lower), np.array(upper),
        tuple(notes),
    )  # fmt: skip


def asset_cap(params: LimitParams, n: int) -> float:
    """The cap of each of n assets."""
    return min(1.0, max(params.asset_cap, params.asset_cap_names / n))


def class_of(text: str) -> str:
    """A class as budgets know it: lower case; not known is "unknown"."""
    return text.strip().lower() or UNKNOWN_CLASS


def budget_of(name: str, multiplier: float, params: LimitParams) -> float:
    """The most that a class may hold."""
    if name not in BUDGETS:
        return params.other_budget
    return getattr(params, f"{name}_budget") * (multiplier if BUDGETS[name] else 1.0)


def _cluster_titles(inputs: Inputs) -> list[str]:
    return [
        f"{i} ({name})" for i, name in zip(inputs.cluster_ids, inputs.cluster_names, strict=True)
    ]


def _members_of(
    bound: Bound,
    inputs: Inputs,
    groups: np.ndarray,
    group_names: dict[int, str],
    classes: np.ndarray,
) -> np.ndarray:
    """N bool: what a bound is about. Clusters go by id, groups by id or name."""
    if bound.kind == "asset":
        return np.array([symbol == bound.name for symbol in inputs.symbols])
    if bound.kind == "class":
        return classes == bound.name
    if bound.kind == "cluster":
        wanted = [k for k, i in enumerate(inputs.cluster_ids) if str(i) == bound.name]
        return np.isin(inputs.labels, wanted)
    ids = [g for g, name in group_names.items() if bound.name in (str(g), name)]
    return np.isin(groups, ids)
