"""The order of the stages. Each is a function of the stages before it and of its own parameters.

Pages, command line and scripts call these and nothing else, so they agree by construction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine import format as fmt
from engine.analytics.clusters import Cluster, describe
from engine.analytics.correlation import Correlation, estimate_correlation
from engine.analytics.suggest import Suggestion, suggest
from engine.analytics.sweep import Sweep, sweep
from engine.analytics.sweep import grid as threshold_grid
from engine.analytics.tree import Tree, build_tree, cut
from engine.market.grid import Grid
from engine.market.panel import Panel, build_panel
from engine.params import SEED_THRESHOLDS, Params

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


@dataclass(frozen=True)
class Swept:
    """The tree at every threshold, with the suggested one."""

    sweep: Sweep
    suggestion: Suggestion


@dataclass(frozen=True)
class Analysis:
    """All stages of one universe under one set of parameters."""

    params: Params
    panel: Panel
    correlation: Correlation
    tree: Tree
    cut: Cut


def correlate(panel: Panel, params: Params) -> Correlation:
    """Correlations of the members' moment returns, on common days, positive semidefinite."""
    return estimate_correlation(
        panel.moment_returns,
        panel.symbols,
        tuple(panel.members["asset_class"]),
        target=params.panel.lookback,
        shrink=params.correlation.shrink,
    )


def grow(correlation: Correlation, params: Params) -> Tree:
    """The correlation tree."""
    return build_tree(correlation, method=params.tree.linkage)


def threshold_of(params: Params) -> tuple[float, str]:
    """The threshold in use and why. Auto is the regime's; until regimes exist, NORMAL's."""
    if params.tree.threshold is None:
        return SEED_THRESHOLDS["NORMAL"], "auto: no regime is computed yet, NORMAL's is used"
    return round(params.tree.threshold, THRESHOLD_DIGITS), "manual"


def cut_tree(panel: Panel, correlation: Correlation, tree: Tree, params: Params) -> Cut:
    """Labels and clusters at the threshold in use."""
    threshold, reason = threshold_of(params)
    labels = cut(tree, threshold)
    members = panel.members
    clusters = describe(
        tree,
        correlation,
        labels,
        sectors=dict(zip(members["symbol"], members["sector"], strict=True)),
        classes=dict(zip(members["symbol"], members["asset_class"], strict=True)),
    )
    return Cut(threshold, reason, labels, clusters)


def sweep_tree(correlation: Correlation, tree: Tree, params: Params) -> Swept:
    """The tree at every threshold of `params.sweep`, and the suggested one."""
    thresholds = threshold_grid(params.sweep.start, params.sweep.stop, params.sweep.step)
    swept = sweep(tree, correlation, thresholds)
    # The seed's thresholds are distances of correlations; as Ward heights they mean nothing.
    seeds = {} if params.tree.linkage == "ward" else SEED_THRESHOLDS
    return Swept(swept, suggest(swept, params.limits, seeds))


def analyse(grid: Grid, params: Params) -> Analysis:
    """All stages, one after the other."""
    panel = build_panel(grid, params.data, params.panel)
    correlation = correlate(panel, params)
    tree = grow(correlation, params)
    return Analysis(params, panel, correlation, tree, cut_tree(panel, correlation, tree, params))


def health(panel: Panel, lookback: int) -> tuple[list[dict], list[str]]:
    """State of every series at the as-of date, and what needs attention, in words.

    An ended series is listed, not a problem, unless nothing of its class is left.
    """
    table = panel.table
    listed = [
        {
            "symbol": row.symbol,
            "first": None if row.first != row.first else row.first.date().isoformat(),
            "last": None if row.last != row.last else row.last.date().isoformat(),
            "sessions": int(row.sessions),
            "gaps": int(row.gaps),
            "stale": row.status == "stale",
            "ended": row.status == "ended",
            "lookback": int(min(row.n, lookback)),
            "status": row.status,
            "detail": row.detail,
        }
        for row in table.itertuples()
    ]
    problems = [
        f"{row.symbol}: {row.status}, {row.detail}."
        for row in table.itertuples()
        if row.status in ("stale", "no rate", "constant")
    ]
    taking_part = table[~table["status"].isin(["benchmark", "not selected"])]
    for name, group in taking_part.groupby("asset_class"):
        if (group["status"] != "in").all():
            reasons = group["status"].value_counts()
            why = ", ".join(f"{n} {reason}" for reason, n in reasons.items())
            problems.append(f"Nothing of class {name} is live: {why}.")
    unnamed = taking_part.loc[taking_part["asset_class"] == "unknown", "symbol"]
    if len(unnamed):
        problems.append(f"Asset class unknown: {fmt.listing(list(unnamed))}.")
    return listed, problems


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
