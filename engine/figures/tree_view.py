"""The tree as plain values for the browser, which cuts and colours it without asking again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.analytics.clusters import cluster_names
from engine.analytics.correlation import Correlation
from engine.analytics.tree import Tree, rho_to_threshold
from engine.core.symbols import named
from engine.figures.palette import CLUSTER_COLORS, Ground

RHO_TICKS = (0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.2, 0.0, -0.5)


@dataclass(frozen=True)
class Mark:
    """A threshold worth pointing at: a seed's (`seed`) or the suggested one (`suggested`)."""

    t: float
    text: str
    kind: str


def tree_values(
    tree: Tree,
    correlation: Correlation,
    assets: Mapping[str, str],
    facts: Mapping[str, str],
    sectors: Mapping[str, str],
    classes: Mapping[str, str],
    key: str,
) -> dict[str, Any]:
    """All that does not change with the cut.

    assets, facts: symbol → what is held, and lines of text on it. key: names the tree; equal keys
    mean equal values, so that the browser keeps its zoom.
    """
    n = len(tree.symbols)
    leaves = [
        [tree.symbols[i] for i in tree.order[a : a + k]]
        for a, k in zip(tree.first, tree.size, strict=True)
    ]
    names = cluster_names(leaves, tree.symbols, sectors, classes)
    table = sorted(set(names))
    place = {name: k for k, name in enumerate(table)}
    ward = not tree.heights_are_distances
    return {
        "tree_key": key,
        "symbols": list(tree.symbols),
        "assets": [assets[s] for s in tree.symbols],
        "facts": [facts[s] for s in tree.symbols],
        "order": tree.order.tolist(),
        "left": tree.linkage[:, 0].astype(int).tolist(),
        "right": tree.linkage[:, 1].astype(int).tolist(),
        # Python writes floats so that the browser reads the same ones: counts agree exactly.
        "heights": tree.heights.tolist(),
        "ids": tree.node_ids.tolist(),
        "ranks": tree.color_ranks.tolist(),
        "rhos": [round(r, 4) for r in merge_correlations(tree, correlation).tolist()],
        "names": table,
        "name_of": [place[name] for name in names],
        "left_title": "Ward height"
        if ward
        else f"{tree.method} distance √((1−ρ)/2) of the {named('ρ')}",
        "right_ticks": [] if ward else [[rho_to_threshold(r), f"{r:g}"] for r in RHO_TICKS],
        "unit": "height" if ward else "t",
        "rho": named("ρ"),
        "height": 460 if n > 1 else 220,
    }


def cut_values(
    values: Mapping[str, Any],
    threshold: float,
    bounds: tuple[float, float, float],
    marks: Sequence[Mark],
    on: Ground,
    picked: int | None,
    found: str | None,
) -> dict[str, Any]:
    """The same with the cut, its bounds (lowest, highest, step), what is picked, and the inks."""
    low, high, step = bounds
    symbols = values["symbols"]
    n = len(symbols)
    return dict(values) | {
        "t": threshold, "low": low, "high": high, "step": step,
        "marks": [{"t": m.t, "text": m.text, "kind": m.kind} for m in marks],
        "picked": picked, "found": symbols.index(found) if found in symbols else -1,
        "palette": list(CLUSTER_COLORS), "single": on.single, "above": on.muted,
        "accent": on.accent,
        "alt": f"Correlation tree of {n} assets; drag the line or use the arrow keys to cut it.",
    }  # fmt: skip


def merge_correlations(tree: Tree, correlation: Correlation) -> np.ndarray:
    """N−1 mean ρ over all pairs of assets under each merge.

    By sums over rectangles of the matrix in leaf order: O(N²) once, O(1) a merge.
    """
    n = len(tree.symbols)
    ordered = correlation.matrix_for(tree.symbols)[np.ix_(tree.order, tree.order)]
    sums = np.zeros((n + 1, n + 1))
    sums[1:, 1:] = ordered.cumsum(axis=0).cumsum(axis=1)
    a = tree.first[n:]
    size = tree.size[n:]
    b = a + size
    inside = sums[b, b] - sums[a, b] - sums[b, a] + sums[a, a]
    return (inside - size) / (size * (size - 1))
