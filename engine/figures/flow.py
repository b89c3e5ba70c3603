"""How the clusters at one threshold go into those at the next: an alluvial chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from engine.analytics.together import ALONE, Flow, Group, node_ranks
from engine.analytics.tree import Tree
from engine.core import format as fmt
from engine.figures.escaping import BREAK
from engine.figures.layout import axis, finish
from engine.figures.palette import Ground, cluster_color
from engine.figures.sweep import axis_name

HEIGHT = 560
# Of the distance between two columns: a group's bar, and the room for its name beside it.
BAR, NAME = 0.07, 0.62
# Of the number of assets: the space between two groups, and all of it in the fullest column.
GAP, ALL_GAPS = 0.012, 0.35
HOVER_MEMBERS = 10
STREAM_OPACITY = 0.35
# Smaller text cannot be read; Plotly leaves out what would need it to fit.
SMALLEST_TEXT = 10
NAME_LETTERS = 30


def alluvial(
    tree: Tree, flow: Flow, names: Sequence[str], assets: Mapping[str, str], on: Ground
) -> go.Figure:
    """A column of bars a threshold, each as tall as its assets; streams join what goes together.

    names: 2N-1, of the tree's nodes as clusters; assets: symbol → what is held. Clusters are in
    tree order and in their colour on every chart; the assets alone are one grey bar at the bottom.
    """
    n, seeds = len(tree.symbols), tree.heights_are_distances
    ranks = node_ranks(tree)
    color = {
        group.node: on.single if group.node == ALONE else cluster_color(int(ranks[group.node]), on)
        for column in flow.columns
        for group in column
    }
    most = max(len(column) for column in flow.columns)
    gap = n * min(GAP, ALL_GAPS / max(1, most - 1))
    tops = [_tops(column, gap) for column in flow.columns]
    deepest = max(max(t + g.size for g, t in zip(c, top.values(), strict=True))
                  for c, top in zip(flow.columns, tops, strict=True))  # fmt: skip
    places = [(c, g, tops[c][g.node]) for c, column in enumerate(flow.columns) for g in column]
    last = len(flow.columns) - 1
    return finish(
        [
            _bars(tree, flow, places, names, assets, color),
            _labels(places, names, on),
        ],
        f"How clusters merge from {axis_name(seeds)} = {fmt.threshold(flow.thresholds[0])} to "
        f"{fmt.threshold(flow.thresholds[-1])}; grey: alone",
        on, HEIGHT, margin={"l": 32, "r": 8, "t": 40, "b": 68}, barmode="overlay",
        hovermode="closest", shapes=_streams(flow, tops, color),
        uniformtext={"mode": "hide", "minsize": SMALLEST_TEXT},
        xaxis=axis(
            on, axis_name(seeds), range=[-BAR, last + BAR + NAME],
            showgrid=False, tickmode="array", tickvals=list(range(last + 1)), tickangle=0,
            ticktext=[_column_text(t, c) for t, c in
                      zip(flow.thresholds, flow.columns, strict=True)],
        ),
        yaxis=axis(
            on, f"{fmt.count(n, 'asset')}", range=[deepest + gap, -gap], showgrid=False,
            showticklabels=False, ticks="",
        ),
    )  # fmt: skip


def short_name(name: str) -> str:
    """A cluster's name, cut off where it is long."""
    return name if len(name) <= NAME_LETTERS else name[: NAME_LETTERS - 1] + "…"


def _column_text(threshold: float, column: Sequence[Group]) -> str:
    clusters = sum(group.node != ALONE for group in column)
    alone = sum(group.size for group in column if group.node == ALONE)
    told = (fmt.threshold(threshold), fmt.count(clusters, "cluster"), f"{alone} alone")
    return BREAK.join(told)


def _tops(column: Sequence[Group], gap: float) -> dict[int, float]:
    """node → where its bar begins, in assets from the top."""
    tops, at = {}, 0.0
    for group in column:
        tops[group.node] = at
        at += group.size + gap
    return tops


def _bars(
    tree: Tree, flow: Flow, places: Sequence[tuple[int, Group, float]], names: Sequence[str],
    assets: Mapping[str, str], color: Mapping[int, str],
) -> dict[str, Any]:  # fmt: skip
    data = []
    for column, group, _ in places:
        members = fmt.listing([assets[tree.symbols[i]] for i in group.members], HOVER_MEMBERS)
        name = "alone" if group.node == ALONE else names[group.node]
        at = fmt.threshold(flow.thresholds[column])
        cluster_id = None if group.node == ALONE else int(tree.node_ids[group.node])
        data.append([cluster_id, name, fmt.count(group.size, "asset"), at, members])
    return {
        "type": "bar", "orientation": "h", "name": "groups",
        "base": [c - BAR / 2 for c, _, _ in places], "x": [BAR] * len(places),
        "y": [top + group.size / 2 for _, group, top in places],
        "width": [group.size for _, group, _ in places],
        "marker": {"color": [color[group.node] for _, group, _ in places], "line": {"width": 0}},
        "customdata": data,
        "hovertemplate": "<b>%{customdata[1]}</b><br>%{customdata[2]} at %{customdata[3]}<br>"
        "%{customdata[4]}<extra></extra>",
    }  # fmt: skip


def _labels(
    places: Sequence[tuple[int, Group, float]], names: Sequence[str], on: Ground
) -> dict[str, Any]:
    """Invisible bars beside the groups that hold their names where these fit, at any width."""
    texts = []
    for _, group, _ in places:
        name = "alone" if group.node == ALONE else names[group.node]
        texts.append(f"{short_name(name)} · {group.size}")
    return {
        "type": "bar", "orientation": "h", "name": "names", "hoverinfo": "skip",
        "base": [c + BAR / 2 for c, _, _ in places], "x": [NAME] * len(places),
        "y": [top + group.size / 2 for _, group, top in places],
        "width": [group.size for _, group, _ in places],
        "marker": {"color": "rgba(0,0,0,0)", "line": {"width": 0}},
        "text": texts, "textposition": "inside", "insidetextanchor": "start", "textangle": 0,
        "insidetextfont": {"color": on.ink, "size": 11},
    }  # fmt: skip


def _streams(
    flow: Flow, tops: Sequence[Mapping[int, float]], color: Mapping[int, str]
) -> list[dict[str, Any]]:
    """Bands between columns, one shape a colour, each band a closed path of two Bézier curves.

    A band leaves and enters a bar under those that come before it in tree order, so no two bands
    cross inside a bar; what comes from the assets alone enters last, as these are at the bottom.
    """
    paths: dict[str, list[str]] = {}
    for c, step in enumerate(flow.steps):
        start, end = dict(tops[c]), dict(tops[c + 1])
        order = {node: k for k, node in enumerate(tops[c])}
        order_to = {node: k for k, node in enumerate(tops[c + 1])}
        x0, x1 = c + BAR / 2, c + 1 - BAR / 2
        middle = f"{(x0 + x1) / 2:.3f}"
        for band in sorted(step, key=lambda s: (order[s.source], order_to[s.target])):
            a, b, k = start[band.source], end[band.target], band.size
            start[band.source] += k
            end[band.target] += k
            paths.setdefault(color[band.source], []).append(
                f"M{x0:.3f},{a:.2f}C{middle},{a:.2f} {middle},{b:.2f} {x1:.3f},{b:.2f}"
                f"L{x1:.3f},{b + k:.2f}C{middle},{b + k:.2f} {middle},{a + k:.2f} "
                f"{x0:.3f},{a + k:.2f}Z"
            )
    return [
        {
            "type": "path", "path": "".join(bands), "fillcolor": ink, "opacity": STREAM_OPACITY,
            "line": {"width": 0}, "layer": "below",
        }
        for ink, bands in paths.items()
    ]  # fmt: skip
