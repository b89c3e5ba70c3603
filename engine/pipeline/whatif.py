"""What another threshold would do to the whole portfolio: weights, tail risk, cash, turnover, cost.

Every distinct cut is solved once, by the very stages that `optimise` runs, so each point is what a
portfolio at that threshold is. Between two thresholds cuts change only where two clusters join, so
a cliff has an exact height.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from engine.analytics.clusters import Cluster
from engine.analytics.contributions import cvar_contributions
from engine.analytics.sentiment import Sentiment
from engine.analytics.sweep import grid as threshold_grid
from engine.analytics.tree import n_clusters
from engine.core.errors import AnswerNo
from engine.core.weights import effective_number, one_way
from engine.core.words import CASH
from engine.market.grid import Grid
from engine.params import Params
from engine.pipeline.build import Portfolio, Risk, allocated, assess_risk, cluster_fragility
from engine.pipeline.explore import Analysis, analyse, cut_tree, sweep_to_top
from engine.pipeline.record import weights_of
from engine.pipeline.state import Market, fx_sentiment, market_state

# What is called a cliff between two cuts: this much cash, or this much one-way turnover.
CLIFF_CASH, CLIFF_TURNOVER = 0.05, 0.10
_MOST_CLIFFS = 12

Cost = Callable[[Mapping[str, float], Mapping[str, float]], float]


@dataclass(frozen=True, eq=False)
class Setting:
    """All that does not depend on the threshold."""

    analysis: Analysis
    market: Market
    fx: Sentiment
    risk: Risk
    params: Params


@dataclass(frozen=True, eq=False)
class Point:
    """The portfolio at a threshold; all None or empty where there is none, and `reason` says why.

    volatility: annual; cvar_95: over the horizon, cvar_by_cluster its parts by cluster id.
    turnover: one-way with CASH, cost: of the value, both against what is held (None: nothing is).
    effective: number of equal holdings as concentrated; effective_bets: exp of the entropy of the
    variance's shares by principal component (Meucci 2009). slack: to the nearer side, by limit.
    """

    threshold: float
    n_clusters: int
    status: str
    reason: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)
    clusters: Mapping[int, Cluster] = field(default_factory=dict)
    cluster_weights: Mapping[int, float] = field(default_factory=dict)
    volatility: float | None = None
    cvar_95: float | None = None
    cvar_by_cluster: Mapping[int, float] = field(default_factory=dict)
    cash: float | None = None
    cash_reason: str = ""
    turnover: float | None = None
    cost: float | None = None
    effective: float | None = None
    effective_bets: float | None = None
    names: int | None = None
    slack: Mapping[str, float] = field(default_factory=dict)
    binding: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cliff:
    """Where two clusters join and the portfolio with them. at: exact height; joins: their ids and
    names; what: in words; size: the larger of the cash and the turnover that it moves."""

    at: float
    joins: tuple[str, str]
    what: str
    size: float


def setting(grid: Grid, params: Params) -> Setting:
    """Everything up to the tree, and the risk of the members."""
    market = market_state(grid, params)
    analysis = analyse(grid, params, market.regime)
    risk = assess_risk(analysis.panel, analysis.correlation, market.basket, params)
    return Setting(analysis, market, fx_sentiment(grid, params), risk, params)


def portfolio_at(on: Setting, threshold: float) -> Portfolio:
    """The portfolio at a threshold, as `optimise` makes it. Raises what `allocate` raises."""
    params = on.params.with_settings({"tree.threshold": threshold})
    a = on.analysis
    cut = cut_tree(a.panel, a.correlation, a.tree, params, on.market.regime)
    analysis = Analysis(a.panel, a.correlation, a.tree, cut)
    fragile = cluster_fragility(a.panel, cut, on.risk, params)
    return allocated(analysis, on.market, on.fx, on.risk, fragile, params)


def whatif(
    on: Setting, held: Mapping[str, float] | None = None, cost: Cost | None = None
) -> Iterator[Point]:
    """The points of the sweep of the parameters, one by one from the lowest threshold; a cut that
    several have is solved once.

    held: weights with CASH against which turnover is measured. cost: of a move between weights.
    """
    tree = on.analysis.tree
    s = (on.params if tree.heights_are_distances else sweep_to_top(tree, on.params)).sweep
    thresholds = threshold_grid(s.start, s.stop, s.step)
    counts = n_clusters(tree, thresholds)
    last: Point | None = None
    for t, k in zip(thresholds.tolist(), counts.tolist(), strict=True):
        if last is None or last.n_clusters != k:
            last = point_at(on, t, int(k), held, cost)
        yield _at(last, t)


def point_at(
    on: Setting, threshold: float, count: int, held: Mapping[str, float] | None = None,
    cost: Cost | None = None,
) -> Point:  # fmt: skip
    """One point, solved."""
    try:
        made = portfolio_at(on, threshold)
    except AnswerNo as error:
        return Point(threshold, count, "no", str(error))
    a, inputs = made.allocation, made.inputs
    parts = cvar_contributions(a.weights, inputs.scenarios)
    by_cluster = np.bincount(inputs.labels, weights=parts, minlength=len(inputs.cluster_ids))
    weights = {s: w for s, w in weights_of(made).items() if w > 0}
    moved = None if held is None else one_way(held, weights)
    found = {c.id: c for c in made.analysis.cut.clusters}
    return Point(
        threshold, count, a.status, "", weights, found,
        dict(zip(a.cluster_ids, a.cluster_weights.tolist(), strict=True)), a.volatility, a.cvar_95,
        dict(zip(inputs.cluster_ids, by_cluster.tolist(), strict=True)),
        float(a.cash), a.cash_reason, moved,
        None if held is None or cost is None else cost(held, weights),
        effective_number(a.weights) if a.weights.any() else None,
        effective_bets(a.weights, inputs.covariance),
        int((a.weights > 0).sum()),
        {f"{k} {n}": float(v) for k, n, v in zip(a.limits["kind"], a.limits["name"],
                                                 a.limits["slack"], strict=True)},
        tuple(f"{b.kind} {b.name} at its {b.side} side" for b in a.binding),
    )  # fmt: skip


def effective_bets(weights: np.ndarray, covariance: np.ndarray) -> float | None:
    """exp(−Σ p ln p) of the variance's shares p by principal component (Meucci 2009); None where
    nothing is held. Invariant: between 1 and N."""
    values, vectors = np.linalg.eigh(covariance)
    shares = np.maximum(values, 0.0) * (vectors.T @ weights) ** 2
    if not (total := float(shares.sum())) > 0:
        return None
    p = shares[shares > 0] / total
    return float(math.exp(-float(p @ np.log(p))))


def cliffs(on: Setting, points: tuple[Point, ...]) -> tuple[Cliff, ...]:
    """Where, between neighbours of a sweep, two clusters join and the portfolio jumps; the largest
    first at most `_MOST_CLIFFS`, in order of height. Cuts between are solved by halves."""
    heights = np.sort(on.analysis.tree.heights)
    found: list[Cliff] = []
    for low, high in itertools.pairwise(points):
        if low.n_clusters == high.n_clusters or jump(low, high) is None:
            continue
        between = heights[(heights > low.threshold) & (heights <= high.threshold)]
        found += _within(on, low, high, between)
    found.sort(key=lambda c: -c.size)
    return tuple(sorted(found[:_MOST_CLIFFS], key=lambda c: c.at))


def jump(low: Point, high: Point) -> float | None:
    """How much moves from one point to another where that is a cliff; None where it is none."""
    if not low.weights or not high.weights:
        return 1.0 if bool(low.weights) != bool(high.weights) else None
    cash = abs((high.cash or 0.0) - (low.cash or 0.0))
    turned = one_way(low.weights, high.weights)
    return max(cash, turned) if cash >= CLIFF_CASH or turned >= CLIFF_TURNOVER else None


def _within(on: Setting, low: Point, high: Point, heights: np.ndarray) -> list[Cliff]:
    """The merge that the cliff between two points is at, by halving toward the larger jump."""
    while len(heights) > 1:
        middle = len(heights) // 2
        t = float((heights[middle - 1] + heights[middle]) / 2)
        if not heights[middle - 1] < t < heights[middle]:
            break  # two merges at one height are one step
        count = int(n_clusters(on.analysis.tree, np.array([t]))[0])
        half = point_at(on, t, count)
        if (jump(low, half) or 0.0) >= (jump(half, high) or 0.0):
            high, heights = half, heights[:middle]
        else:
            low, heights = half, heights[middle:]
    size = jump(low, high)
    if size is None or not len(heights):
        return []
    return [Cliff(float(heights[0]), _joined(low, high), _told(low, high), size)]


def _joined(low: Point, high: Point) -> tuple[str, str]:
    """Names of the two clusters that are one after it; the larger first."""
    before = {frozenset(c.members): f"{c.id} {c.name}" for c in low.clusters.values()}
    after = {frozenset(c.members) for c in high.clusters.values()}
    gone = sorted((m for m in before if m not in after), key=lambda m: (-len(m), sorted(m)))
    names = [before[m] if len(m) > 1 else next(iter(m)) for m in gone]
    return (names[0], names[1]) if len(names) > 1 else (names[0] if names else "", "")


def _told(low: Point, high: Point) -> str:
    if not high.weights or not low.weights:
        return f"no portfolio {'above' if low.weights else 'below'}: {high.reason or low.reason}"
    parts = [f"cash {100 * (low.cash or 0):.0f} to {100 * (high.cash or 0):.0f} %"]
    parts.append(f"CVaR {100 * (low.cvar_95 or 0):.2f} to {100 * (high.cvar_95 or 0):.2f} %")
    parts.append(f"turnover {100 * one_way(low.weights, high.weights):.0f} %")
    more = (high.cash or 0.0) > (low.cash or 0.0)
    why = high.cash_reason if more else ""
    return ", ".join(parts) + (f", since {why[0].lower()}{why[1:].rstrip('.')}" if why else "")


def _at(point: Point, threshold: float) -> Point:
    """The same cut at another threshold."""
    if point.threshold == threshold:
        return point
    values = {name: getattr(point, name) for name in Point.__dataclass_fields__}
    return Point(**values | {"threshold": threshold})


def of_cash() -> dict[str, float]:
    """All in cash, as what is held."""
    return {CASH: 1.0}
