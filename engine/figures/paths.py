"""Price paths of a cluster's members, rebased."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from engine.analytics.clusters import Cluster
from engine.core import format as fmt
from engine.figures.layout import axis, finish, note
from engine.figures.palette import Ground, cluster_color
from engine.market.panel import Panel

# Beyond this many lines single paths cannot be told apart.
MOST_PATHS = 40
LABELLED_PATHS = 8


def price_paths(
    panel: Panel, cluster: Cluster, assets: Mapping[str, str], on: Ground, found: str | None = None
) -> go.Figure:
    """Values of the members in the base currency, 100 at each one's first close in the window.

    A day without a close is a gap in the line's points, bridged by a straight stroke.
    """
    column = {symbol: k for k, symbol in enumerate(panel.symbols)}
    shown = list(cluster.members[:MOST_PATHS])
    if found in cluster.members and found not in shown:
        shown[-1] = found
    color = cluster_color(cluster.color, on)
    traces, notes = [], []
    for symbol in shown:
        values = panel.values[:, column[symbol]]
        known = values[np.isfinite(values)]
        stressed = symbol == found
        traces.append(
            {
                "type": "scatter", "mode": "lines", "connectgaps": True, "name": assets[symbol],
                "x": panel.days, "y": (100 * values / known[0]).astype(np.float32),
                "line": {
                    "color": on.accent if stressed else color, "width": 2.5 if stressed else 1.2
                },
                "opacity": 1.0 if stressed else 0.75,
                "hovertemplate": "%{x|%Y-%m-%d}<br>%{fullData.name} %{y:.1f}<extra></extra>",
            }
        )  # fmt: skip
        if len(shown) <= LABELLED_PATHS or stressed:
            end = float(100 * known[-1] / known[0])
            notes.append(
                note(panel.days[-1], end, assets[symbol], on.muted, 10, xanchor="left", xshift=3)
            )
    more = "" if len(shown) == cluster.size else f", {len(shown)} of {cluster.size} shown"
    title = f"{cluster.name}: price paths of {fmt.count(cluster.size, 'member')}{more}"
    return finish(
        traces, title, on, 380, annotations=notes, margin={"l": 56, "r": 56, "t": 36, "b": 32},
        xaxis=axis(on, showgrid=False), hovermode="closest",
        yaxis=axis(on, f"value in {panel.base_currency}, start = 100"),
    )  # fmt: skip
