"""The correlation matrix in tree order, clusters outlined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from engine.analytics.clusters import Cluster
from engine.analytics.correlation import Correlation
from engine.analytics.tree import Tree
from engine.core import format as fmt
from engine.core.symbols import named
from engine.figures.layout import axis, finish
from engine.figures.palette import Ground, cluster_color

LABELLED = 70


def correlation_heatmap(
    tree: Tree,
    correlation: Correlation,
    clusters: Sequence[Cluster],
    assets: Mapping[str, str],
    on: Ground,
    picked: int | None = None,
) -> go.Figure:
    """ρ of every pair, assets in leaf order, each cluster of two or more in a square."""
    n = len(tree.symbols)
    ordered = [tree.symbols[i] for i in tree.order]
    matrix = correlation.matrix_for(tree.symbols)[np.ix_(tree.order, tree.order)]
    place = {symbol: k for k, symbol in enumerate(ordered)}
    # Two digits are all that a colour shows; whole hundredths travel in a quarter of the bytes.
    hundredths = np.round(100 * matrix).astype(np.int8)
    # Instruments may hold the same (EUR by two pairs); equal categories would fall into one row.
    held = Counter(assets[s] for s in ordered)
    names = [assets[s] if held[assets[s]] == 1 else f"{assets[s]} · {s}" for s in ordered]
    trace = {
        "type": "heatmap", "z": hundredths, "x": names, "y": names, "zmin": -100, "zmax": 100,
        "colorscale": list(on.diverging),
        "hovertemplate": f"%{{x}} with %{{y}}<br>{named('ρ')} × 100 = %{{z}}<extra></extra>",
        "colorbar": {
            "title": {"text": named("ρ"), "font": {"size": 12, "color": on.muted}},
            "thickness": 10, "len": 0.9, "tickvals": [-100, -50, 0, 50, 100],
            "ticktext": ["−1", "−0.5", "0", "0.5", "1"],
            "tickfont": {"size": 11, "color": on.muted}, "outlinewidth": 0,
        },
    }  # fmt: skip
    outlines = []
    for cluster in (c for c in clusters if c.size > 1):
        low = min(place[s] for s in cluster.members) - 0.5
        high = low + cluster.size
        outlines.append(
            {
                "type": "rect", "x0": low, "x1": high, "y0": low, "y1": high,
                "line": {
                    "color": cluster_color(cluster.color, on),
                    "width": 4 if cluster.id == picked else 2,
                },
            }
        )  # fmt: skip
    ticks = {"showticklabels": n <= LABELLED, "showgrid": False, "type": "category", "ticks": ""}
    if n <= LABELLED:
        # As large as the rows allow.
        ticks["tickfont"] = {"size": max(7, min(11, 420 // n)), "color": on.muted}
        ticks |= {"tickmode": "array", "tickvals": names}
    margin = {"l": 64 if n <= LABELLED else 16, "r": 8, "t": 36, "b": 64 if n <= LABELLED else 36}
    title = f"Correlations in tree order; {fmt.count(len(outlines), 'cluster')} outlined"
    return finish(
        [trace], title, on, 560, margin=margin, shapes=outlines,
        xaxis=axis(on, "" if n <= LABELLED else "assets in tree order", tickangle=-90) | ticks,
        yaxis=axis(on, autorange="reversed") | ticks,
    )  # fmt: skip
