"""The whole portfolio over the threshold: what is held, tail risk, turnover, how many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from engine.core import format as fmt
from engine.core.words import CASH
from engine.figures.layout import axis, finish, note
from engine.figures.palette import CLUSTER_COLORS, Ground, cluster_color, faded
from engine.pipeline.whatif import Cliff, Point

MOST = 40  # clusters with a bar of their own, the heaviest; the rest is one
HEIGHT = 760
_GAP = 0.035
_HELD = 0.40  # of the height, for what is held
ROWS = (
    ("cvar_95", "CVaR 95, %", 100.0), ("volatility", "volatility, %", 100.0),
    ("turnover", "turnover, %", 100.0), ("effective", "effective holdings", 1.0),
)  # fmt: skip


def whatif_chart(
    points: Sequence[Point], cliffs: Sequence[Cliff], threshold: float, on: Ground, *,
    measure: str = "threshold t",
) -> go.Figure:  # fmt: skip
    """Weights by cluster stacked at each threshold, CASH on top; under them a row a measure.

    threshold: the one in use. What cannot be invested is shaded, cliffs are dotted lines.
    """
    x = np.array([p.threshold for p in points])
    width = float(np.diff(x).min()) if len(x) > 1 else 0.05
    rows = [row for row in ROWS if any(getattr(p, row[0]) is not None for p in points)]
    traces = _held(points, x, width, on)
    share = (1 - _HELD) / max(1, len(rows))
    axes: dict[str, Any] = {
        "yaxis": axis(on, "weights, %", domain=[1 - _HELD + _GAP, 1], range=[0, 100], nticks=5)
    }
    for k, (name, label, times) in enumerate(rows):
        top = 1 - _HELD - k * share
        axes[f"yaxis{k + 2}"] = axis(
            on, label, domain=[max(0.0, top - share + _GAP), top], nticks=4, rangemode="tozero"
        )
        y = [None if (v := getattr(p, name)) is None else times * v for p in points]
        traces.append(
            {
                "type": "scatter", "mode": "lines", "name": label, "x": x, "y": y,
                "yaxis": f"y{k + 2}", "connectgaps": False,
                "line": {"color": CLUSTER_COLORS[0], "width": 1.8, "shape": "hvh"},
                "customdata": [_moves(points, i) for i in range(len(points))],
                "hovertemplate": f"%{{y:.2f}} {label}<br>%{{customdata}}<extra></extra>",
            }
        )  # fmt: skip
    lines = [_line(c.at, on.muted, "dot") for c in cliffs] + [_line(threshold, on.accent, "solid")]
    here = note(threshold, 1, f"now {fmt.threshold(threshold)}", on.accent, yref="paper",
                yanchor="bottom", yshift=2)  # fmt: skip
    return finish(
        traces, "The portfolio at every threshold", on, HEIGHT, barmode="stack", bargap=0,
        hovermode="closest", shapes=lines, annotations=[here],
        margin={"l": 64, "r": 16, "t": 60, "b": 44},
        xaxis=axis(on, measure, anchor=f"y{len(rows) + 1}", hoverformat=".2f",
                   range=[float(x[0] - width / 2), float(x[-1] + width / 2)]),
        **axes,
    )  # fmt: skip


def _held(points: Sequence[Point], x: np.ndarray, width: float, on: Ground) -> list[dict[str, Any]]:
    """A stack of bars at each threshold: the heaviest clusters, the others, CASH."""
    most: dict[int, float] = {}
    for p in points:
        for cluster, weight in p.cluster_weights.items():
            most[cluster] = max(most.get(cluster, 0.0), weight)
    heaviest = sorted(most, key=lambda c: (-most[c], c))[:MOST]
    traces = []
    for cluster in sorted(heaviest):
        y = [100 * p.cluster_weights.get(cluster, 0.0) for p in points]
        # An identity keeps its id while it grows, from a single asset on: name and colour are of
        # the cut.
        there = [p.clusters.get(cluster) for p in points]
        colors = [cluster_color(-1 if c is None else c.color, on) for c in there]
        told = ["" if c is None else f"{c.name}: {fmt.listing(list(c.members), 12)}" for c in there]
        traces.append(_bar(x, y, width, colors, f"cluster {cluster}", told))
    rest = [100 * sum(w for c, w in p.cluster_weights.items() if c not in heaviest) for p in points]
    if any(v > 0 for v in rest):
        traces.append(_bar(x, rest, width, on.grid, "other clusters", [""] * len(x)))
    cash = [100 * (p.cash or 0.0) for p in points]
    told = [p.cash_reason or p.reason for p in points]
    return [*traces, _bar(x, cash, width, faded(on.muted, 0.35), CASH, told)]


def _bar(
    x: np.ndarray, y: list[float], width: float, color: str | list[str], name: str,
    told: list[str],
) -> dict[str, Any]:  # fmt: skip
    return {
        "type": "bar", "x": x, "y": y, "width": width, "name": name,
        "marker": {"color": color, "line": {"width": 0}}, "customdata": told,
        "hovertemplate": "%{fullData.name}: %{y:.1f} % at %{x:.2f}<br>%{customdata}<extra></extra>",
    }  # fmt: skip


def _moves(points: Sequence[Point], i: int) -> str:
    """Who comes and goes from the threshold before."""
    if i == 0 or points[i].n_clusters == points[i - 1].n_clusters:
        return "the same cut as before"
    was, now = set(points[i - 1].weights) - {CASH}, set(points[i].weights) - {CASH}
    parts = [f"{verb} {fmt.listing(sorted(who), 5)}" for verb, who in
             (("in:", now - was), ("out:", was - now)) if who]  # fmt: skip
    return "; ".join(parts) or "the same names, other weights"


def _line(at: float, color: str, dash: str) -> dict[str, Any]:
    return {
        "type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper",
        "line": {"color": color, "width": 1.2, "dash": dash},
    }  # fmt: skip
