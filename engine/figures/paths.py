"""Price paths of a cluster's members, rebased."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from engine import format as fmt
from engine.analytics.clusters import Cluster
from engine.figures.layout import axis, finish
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
    figure = go.Figure()
    color = cluster_color(cluster.color, on)
    for symbol in shown:
        values = panel.values[:, column[symbol]]
        known = values[np.isfinite(values)]
        stressed = symbol == found
        figure.add_scatter(
            x=panel.days, y=(100 * values / known[0]).astype(np.float32), mode="lines",
            connectgaps=True, name=assets[symbol],
            line={"color": on.accent if stressed else color, "width": 2.5 if stressed else 1.2},
            opacity=1.0 if stressed else 0.75,
            hovertemplate="%{x|%Y-%m-%d}<br>%{fullData.name} %{y:.1f}<extra></extra>",
        )  # fmt: skip
        if len(shown) <= LABELLED_PATHS or stressed:
            figure.add_annotation(
                x=panel.days[-1], y=float(100 * known[-1] / known[0]), text=assets[symbol],
                showarrow=False, xanchor="left", xshift=3, font={"size": 10, "color": on.muted},
            )  # fmt: skip
    figure.update_xaxes(axis(on, showgrid=False))
    figure.update_yaxes(axis(on, f"value in {panel.base_currency}, start = 100"))
    more = "" if len(shown) == cluster.size else f", {len(shown)} of {cluster.size} shown"
    title = f"{cluster.name}: price paths of {fmt.count(cluster.size, 'member')}{more}"
    return finish(figure, title, on, 380, margin={"l": 56, "r": 56, "t": 36, "b": 32})
