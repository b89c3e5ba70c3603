"""The correlation tree with its cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from engine import format as fmt
from engine.analytics.clusters import Cluster
from engine.analytics.tree import Tree, rho_to_threshold, threshold_to_rho
from engine.figures.layout import axis, finish, note
from engine.figures.palette import Ground, cluster_color

RHO_TICKS = (0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.2, 0.0, -0.5)
# More leaves than this and their names are unreadable side by side; hover and zoom serve instead.
LABELLED_LEAVES = 90
NAMED_CLUSTERS = 9
HOVER_MEMBERS = 10
# Pixels of a letter of a name, and of a chart in a usual window: what must not overlap.
LETTER, CHART_WIDTH = 6, 1000


def dendrogram(
    tree: Tree,
    clusters: Sequence[Cluster],
    threshold: float,
    assets: Mapping[str, str],
    facts: Mapping[str, str],
    on: Ground,
    picked: int | None = None,
    found: str | None = None,
) -> go.Figure:
    """Dendrogram with merges at or below `threshold` in their cluster's colour.

    assets: symbol → what is held, the leaf's text. facts: symbol → a line for the leaf's hover.
    picked: id of the cluster to stress; found: symbol to mark. Each marker carries its cluster's
    id as first customdata, so that a click can pick it.
    """
    n = len(tree.symbols)
    x, height = _positions(tree)
    owner = _owners(tree, clusters)
    lines = [
        _bracket_lines(tree, x, height, rows, color, width)
        for color, width, rows in _groups(tree, owner, clusters, on, picked)
    ]
    top = max(float(height[-1]), threshold) * 1.06 if n > 1 else 1.0
    labelled = n <= LABELLED_LEAVES
    xaxis = axis(
        on, "" if labelled else f"{n} assets in tree order; zoom in or hover for names",
        range=[-0.6, n - 0.4], showgrid=False, tickmode="array", tickangle=-90, ticklen=0,
        tickvals=list(range(n)) if labelled else [],
        ticktext=[assets[tree.symbols[i]] for i in tree.order] if labelled else [],
    )  # fmt: skip
    unit = "Ward height" if tree.method == "ward" else f"{tree.method} distance √((1−ρ)/2)"
    more: dict[str, Any] = {}
    if tree.method != "ward":
        ticks = [rho for rho in RHO_TICKS if rho_to_threshold(rho) <= top]
        lines.append({"type": "scatter", "x": [None], "y": [None], "yaxis": "y2"})
        more["yaxis2"] = axis(
            on, "correlation ρ", overlaying="y", side="right", matches="y", showgrid=False,
            tickmode="array", tickvals=[rho_to_threshold(r) for r in ticks],
            ticktext=[f"{r:g}" for r in ticks],
        )  # fmt: skip
    cut_line = {
        "type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": threshold, "y1": threshold,
        "line": {"color": on.accent, "width": 1.5, "dash": "dash"},
    }  # fmt: skip
    at = f"t = {fmt.threshold(threshold)}"
    label = note(
        1, threshold, at, on.accent, 12, xref="paper", xanchor="right", yanchor="bottom",
        bgcolor=on.paper,
    )  # fmt: skip
    return finish(
        [
            *lines,
            _merges(tree, x, height, owner, clusters, assets, on),
            _leaves(tree, x, owner, clusters, assets, facts, on, found),
        ],
        f"Correlation tree: {fmt.count(len(clusters), 'cluster')} at {at}", on, 440,
        xaxis=xaxis, yaxis=axis(on, unit, range=[-0.02 * top, top], nticks=8),
        shapes=[cut_line], annotations=[label, *_names(tree, x, height, clusters, on)],
        margin={"l": 56, "r": 52, "t": 36, "b": 64 if labelled else 36},
        hovermode="closest", clickmode="event+select", **more,
    )  # fmt: skip


def _positions(tree: Tree) -> tuple[np.ndarray, np.ndarray]:
    """x and height of all 2N−1 nodes; a merge stands midway between its children."""
    n = len(tree.symbols)
    x, height = np.empty(2 * n - 1), np.zeros(2 * n - 1)
    x[tree.order] = np.arange(n)
    height[n:] = tree.heights
    for row, (a, b) in enumerate(tree.linkage[:, :2].astype(int)):
        x[n + row] = (x[a] + x[b]) / 2
    return x, height


def _owners(tree: Tree, clusters: Sequence[Cluster]) -> np.ndarray:
    """For each node the position of its cluster in `clusters`; −1 for merges above the cut."""
    n = len(tree.symbols)
    owner = np.full(2 * n - 1, -1)
    position = {symbol: k for k, c in enumerate(clusters) for symbol in c.members}
    owner[:n] = [position[symbol] for symbol in tree.symbols]
    for row, (a, b) in enumerate(tree.linkage[:, :2].astype(int)):
        owner[n + row] = owner[a] if owner[a] == owner[b] else -1
    return owner


def _groups(
    tree: Tree, owner: np.ndarray, clusters: Sequence[Cluster], on: Ground, picked: int | None
) -> list[tuple[str, float, np.ndarray]]:
    """(colour, line width, merge rows): one trace a colour, and one of its own for the picked."""
    rows: dict[tuple[str, float], list[int]] = {}
    for row, k in enumerate(owner[len(tree.symbols) :]):
        color = on.muted if k < 0 else cluster_color(clusters[k].color, on)
        width = 3.0 if k >= 0 and clusters[k].id == picked else 1.2
        rows.setdefault((color, width), []).append(row)
    return [(color, width, np.array(found)) for (color, width), found in rows.items()]


def _bracket_lines(
    tree: Tree, x: np.ndarray, height: np.ndarray, rows: np.ndarray, color: str, width: float
) -> dict[str, Any]:
    """Brackets of the given merges in one polyline, parted by NaN."""
    n = len(tree.symbols)
    a, b = tree.linkage[rows, 0].astype(int), tree.linkage[rows, 1].astype(int)
    top, gap = height[n + rows], np.full(rows.size, np.nan)
    xs = np.column_stack([x[a], x[a], x[b], x[b], gap])
    ys = np.column_stack([height[a], top, top, height[b], gap])
    return {
        "type": "scatter", "mode": "lines", "hoverinfo": "skip",
        "x": xs.ravel().astype(np.float32), "y": ys.ravel().astype(np.float32),
        "line": {"color": color, "width": width},
    }  # fmt: skip


def _merges(
    tree: Tree, x: np.ndarray, height: np.ndarray, owner: np.ndarray, clusters: Sequence[Cluster],
    assets: Mapping[str, str], on: Ground,
) -> dict[str, Any]:  # fmt: skip
    n = len(tree.symbols)
    nodes = np.arange(n, 2 * n - 1)
    data, colors = [], []
    for node in nodes:
        start = tree.first[node]
        inside = [assets[tree.symbols[i]] for i in tree.order[start : start + tree.size[node]]]
        k = owner[node]
        cluster = clusters[k] if k >= 0 else None
        colors.append(cluster_color(cluster.color, on) if cluster else on.muted)
        level = fmt.number(height[node], 3)
        if tree.method != "ward":
            level += f" (ρ {fmt.number(threshold_to_rho(float(height[node])))})"
        where = f"cluster {cluster.name}" if cluster else "above the cut"
        members = fmt.listing(inside, HOVER_MEMBERS)
        data.append([cluster.id if cluster else None, level, len(inside), where, members])
    return {
        "type": "scatter", "mode": "markers", "name": "merges",
        "x": x[nodes].astype(np.float32), "y": height[nodes].astype(np.float32),
        "marker": {"size": 5, "color": colors}, "customdata": data,
        "hovertemplate": "merge at %{customdata[1]}<br>%{customdata[2]} assets, "
        "%{customdata[3]}<br>%{customdata[4]}<extra></extra>",
    }  # fmt: skip


def _leaves(
    tree: Tree, x: np.ndarray, owner: np.ndarray, clusters: Sequence[Cluster],
    assets: Mapping[str, str], facts: Mapping[str, str], on: Ground, found: str | None,
) -> dict[str, Any]:  # fmt: skip
    leaves = tree.order
    own = [clusters[owner[i]] for i in leaves]
    symbols = [tree.symbols[i] for i in leaves]
    return {
        "type": "scatter", "mode": "markers", "name": "assets", "cliponaxis": False,
        "x": x[leaves].astype(np.float32), "y": np.zeros(len(leaves), np.float32),
        "marker": {
            "size": [14 if s == found else 5 for s in symbols],
            "symbol": ["diamond" if s == found else "square" for s in symbols],
            "color": [cluster_color(c.color, on) for c in own],
            "line": {"width": [2 if s == found else 0 for s in symbols], "color": on.accent},
        },
        "customdata": [
            [c.id, assets[s], facts[s], c.name] for c, s in zip(own, symbols, strict=True)
        ],
        "hovertemplate": "<b>%{customdata[1]}</b><br>%{customdata[2]}<br>"
        "cluster %{customdata[3]}<extra></extra>",
    }  # fmt: skip


def _names(
    tree: Tree, x: np.ndarray, height: np.ndarray, clusters: Sequence[Cluster], on: Ground
) -> list[dict[str, Any]]:
    """Names of the widest clusters under their topmost merge, where two do not overlap."""
    n = len(tree.symbols)
    position = {symbol: i for i, symbol in enumerate(tree.symbols)}
    taken: list[tuple[float, float]] = []
    notes = []
    for cluster in [c for c in clusters if c.size > 1][: 3 * NAMED_CLUSTERS]:
        text = f"{cluster.name} ({cluster.size})"
        inside = np.array([position[s] for s in cluster.members])
        # The topmost merge is the node with these leaves: same first leaf, same size.
        first = tree.first[inside].min()
        node = np.flatnonzero((tree.first == first) & (tree.size == cluster.size))[0]
        half = n * len(text) * LETTER / CHART_WIDTH / 2
        left, right = x[node] - half, x[node] + half
        if len(notes) >= NAMED_CLUSTERS or any(a < right and left < b for a, b in taken):
            continue
        taken.append((left, right))
        notes.append(
            note(
                float(x[node]), float(height[node]), text, on.ink, yanchor="top", yshift=-3,
                bgcolor=on.paper, opacity=0.9,
            )
        )  # fmt: skip
    return notes
