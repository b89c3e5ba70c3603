"""From a grid to the cut tree: panel, correlation, tree, cut, sweep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.analytics.clusters import Cluster, describe
from engine.analytics.correlation import Correlation, estimate_correlation
from engine.analytics.regime.states import Regime
from engine.analytics.suggest import Suggestion, suggest
from engine.analytics.sweep import Sweep
from engine.analytics.sweep import grid as threshold_grid
from engine.analytics.sweep import sweep as sweep_at
from engine.analytics.tree import Tree, build_tree, cut, n_clusters
from engine.core.errors import InputError
from engine.core.words import UNKNOWN
from engine.market.grid import Grid
from engine.market.panel import Panel, build_panel
from engine.params import CorrelationParams, LimitParams, Params, RegimeParams, SweepParams
from engine.params.stages import LinkageKnob, LookbackKnob, ThresholdKnob, stage
from engine.pipeline.state import market_state

# Three digits are finer than any merge height can be trusted; what a slider cannot show, such as
# 0.4000001, must not cut elsewhere than what it shows.
THRESHOLD_DIGITS = 3


@dataclass(frozen=True)
class Cut:
    """The tree cut at `threshold`: labels (N, 0-based by first appearance) and clusters."""

    threshold: float
    reason: str
    labels: np.ndarray
    clusters: tuple[Cluster, ...]
    heights_are_distances: bool = True

    @property
    def measure(self) -> str:
        """What the threshold is called."""
        return "threshold t" if self.heights_are_distances else "Ward height"


@dataclass(frozen=True)
class Swept:
    """The tree at every threshold, with the suggested one.

    seeds: regime to its threshold; none where the tree's heights are no distances.
    """

    sweep: Sweep
    suggestion: Suggestion
    seeds: Mapping[str, float]


@dataclass(frozen=True)
class Analysis:
    """The stages of one universe down to its clusters."""

    panel: Panel
    correlation: Correlation
    tree: Tree
    cut: Cut


@stage
def correlate(
    panel: Panel, *, lookback: LookbackKnob, correlation: CorrelationParams
) -> Correlation:
    """Correlations of the members' moment returns, on common days, positive semidefinite."""
    return estimate_correlation(
        panel.moment_returns,
        panel.symbols,
        tuple(panel.members["asset_class"]),
        target=lookback,
        shrink=correlation.shrink,
    )


@stage
def grow(correlation: Correlation, *, linkage: LinkageKnob) -> Tree:
    """The correlation tree."""
    return build_tree(correlation, method=linkage)


@stage
def threshold_of(
    regime: Regime | None,
    tree: Tree | None = None,
    correlation: Correlation | None = None,
    *,
    threshold: ThresholdKnob,
) -> tuple[float, str]:
    """The threshold in use and why. None in the parameters means auto: the regime's.

    The regime's t is a distance of correlations. For a Ward tree, whose heights are not, auto is
    the height that leaves as many clusters as average linkage has at the regime's t; that needs
    `tree` and `correlation`.

    Raises InputError if auto is asked for without a regime.
    """
    if threshold is not None:
        return round(threshold, THRESHOLD_DIGITS), "manual"
    if regime is None:
        raise InputError("The threshold is auto, but no regime was computed: pass one.")
    t = round(regime.threshold, THRESHOLD_DIGITS)
    why = f"auto: {regime.state}"
    if regime.state == UNKNOWN:
        why = "auto: the regime is unknown, NORMAL's t is used"
    if tree is None or tree.heights_are_distances:
        return t, why
    if correlation is None:
        raise InputError("The threshold of a Ward tree by regime needs the correlations.")
    wanted = n_clusters(build_tree(correlation, method="average"), t)
    return height_of(tree, wanted), f"{why}: as many clusters as average linkage at t = {t:g}"


def height_of(tree: Tree, wanted: int) -> float:
    """A height at which a tree has `wanted` clusters, in the middle between two merges; where
    rounding or ties allow none, the nearest that has no fewer."""
    merges = len(tree.symbols) - wanted
    heights = np.concatenate([[0.0], tree.heights, [1.1 * tree.heights[-1] if merges else 1.0]])
    low, high = heights[merges], heights[min(merges + 1, len(heights) - 1)]
    middle = round((low + high) / 2, THRESHOLD_DIGITS)
    return float(middle if n_clusters(tree, middle) >= wanted else low)


@stage
def cut_tree(
    panel: Panel,
    correlation: Correlation,
    tree: Tree,
    regime: Regime | None = None,
    *,
    threshold: ThresholdKnob,
) -> Cut:
    """Labels and clusters at the threshold in use; auto needs the regime."""
    at, reason = threshold_of.function(regime, tree, correlation, threshold=threshold)
    labels = cut(tree, at)
    members = panel.members
    clusters = describe(
        tree,
        correlation,
        labels,
        sectors=dict(zip(members["symbol"], members["sector"], strict=True)),
        classes=dict(zip(members["symbol"], members["asset_class"], strict=True)),
    )
    return Cut(at, reason, labels, clusters, tree.heights_are_distances)


@stage
def sweep_tree(
    correlation: Correlation,
    tree: Tree,
    *,
    sweep: SweepParams,
    limits: LimitParams,
    regime: RegimeParams,
) -> Swept:
    """The tree at every threshold of the sweep, and the suggested one."""
    found = sweep_at(tree, correlation, threshold_grid(sweep.start, sweep.stop, sweep.step))
    # The regime's thresholds are distances of correlations; as other heights they mean nothing.
    seeds = regime.thresholds if tree.heights_are_distances else {}
    return Swept(found, suggest(found, limits, seeds), seeds)


def analyse(grid: Grid, params: Params, regime: Regime | None = None) -> Analysis:
    """All stages, one after the other; the regime is computed if it is needed and not given."""
    panel = build_panel(grid, params.data, params.panel)
    correlation = correlate(panel, params)
    tree = grow(correlation, params)
    if regime is None and params.tree.threshold is None:
        regime = market_state(grid, params).regime
    made = cut_tree(panel, correlation, tree, params, regime)
    return Analysis(panel, correlation, tree, made)


def sweep_to_top(tree: Tree, params: Params) -> Params:
    """The parameters with about 80 thresholds from 0.1 to the tree's last merge: for Ward heights,
    which are not bounded by 1."""
    top = float(tree.heights[-1]) if len(tree.heights) else 1.0
    step = max(0.01, round((top - 0.1) / 80, 2))
    stop = round(max(0.2, top + step), 2)
    return params.with_settings({"sweep.start": 0.1, "sweep.stop": stop, "sweep.step": step})


def sweep_document(analysis: Analysis, swept: Swept) -> dict:
    """A sweep as plain values, for JSON, CSV and HTML; NaN = not defined at that threshold."""
    result = swept.sweep
    return {
        "as_of": analysis.panel.as_of.isoformat(),
        "linkage": analysis.tree.method,
        "n_assets": len(analysis.panel.symbols),
        "thresholds": [float(t) for t in result.thresholds],
        "n_clusters": [int(k) for k in result.n_clusters],
        "largest": [int(k) for k in result.largest],
        "singletons": [int(k) for k in result.singletons],
        "mean_correlation": [float(v) for v in result.mean_correlation],
        "silhouette": [float(v) for v in result.silhouette],
        "suggested_threshold": swept.suggestion.threshold,
        "reason": swept.suggestion.reason,
    }
