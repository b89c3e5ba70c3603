"""Weights as a treemap; what clusters weigh beside what they risk."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from engine.core import format as fmt
from engine.core.ordering import rows_by_size
from engine.core.words import CASH
from engine.figures.escaping import BREAK
from engine.figures.layout import axis, finish
from engine.figures.palette import CLUSTER_COLORS, Ground, cluster_color, ink_on

MOST_CLUSTERS = 16


def weight_treemap(
    held: pd.DataFrame, clusters: pd.DataFrame, cash: float, on: Ground
) -> go.Figure:
    """Area = weight: clusters, and in them their holdings; CASH beside them.

    held: rows of `research.holdings.holdings`; clusters: `by_cluster`. An asset alone in its
    cluster stands without a frame.
    """
    rows = rows_by_size(held[held["weight"] > 0], "weight")
    ids, labels, parents, values, colors, hover = [], [], [], [], [], []

    def tile(key: str, label: str, parent: str, value: float, color: str, text: str) -> None:
        ids.append(key)
        labels.append(label)
        parents.append(parent)
        values.append(100 * value)
        colors.append(color)
        hover.append(text)

    many = clusters[(clusters["weight"] > 0) & (clusters["size"] > 1)]
    framed = set(many["id"])
    inks = {
        c.id: cluster_color(c.color, on) for c in clusters[["id", "color"]].itertuples(index=False)
    }
    for c in many.itertuples():
        of = f"{c.held} of {fmt.count(c.size, 'member')} held, fragility {fmt.number(c.fragility)}"
        # A frame is exactly as large as what it holds, or the browser draws none of it.
        inside = float(rows.loc[rows["cluster"] == c.id, "weight"].sum())
        tile(f"c{c.id}", f"{c.name} · {c.id}", "", inside, inks[c.id], of)
    for r in rows.itertuples():
        parent = f"c{r.cluster}" if r.cluster in framed else ""
        of = f"{r.name or r.symbol}{BREAK}{r.cluster_name}, fragility {fmt.number(r.fragility)}"
        tile(f"a{r.symbol}", r.asset, parent, r.weight, inks[r.cluster], of)
    if cash > 0:
        tile(CASH, CASH, "", cash, on.single, "not invested")
    trace = {
        "type": "treemap", "ids": ids, "labels": labels, "parents": parents, "values": values,
        "branchvalues": "total", "customdata": hover, "sort": True,
        "marker": {"colors": colors, "line": {"width": 1, "color": on.paper}, "pad": {"t": 18}},
        "texttemplate": "%{label} %{value:.1f} %", "tiling": {"pad": 1},
        "textfont": {"color": [ink_on(c) for c in colors], "size": 12},
        "pathbar": {"visible": False},
        "hovertemplate": "%{label}: %{value:.2f} %<br>%{customdata}<extra></extra>",
    }  # fmt: skip
    title = f"Weights: {fmt.count(len(rows), 'holding')}"
    title += f", cash {fmt.percent(cash)}" if cash > 0 else ", no cash"
    return finish([trace], title, on, 460, margin={"l": 0, "r": 0, "t": 36, "b": 4})


def cluster_shares(clusters: pd.DataFrame, on: Ground) -> go.Figure:
    """Weight, share of volatility and share of CVaR of each cluster, the heaviest on top.

    clusters: `by_cluster`. Beyond MOST_CLUSTERS the rest is one row.
    """
    rows = clusters[clusters["weight"] > 0]
    top, rest = rows.iloc[:MOST_CLUSTERS], rows.iloc[MOST_CLUSTERS:]
    names = [f"{r.name} · {r.id}" for r in top[["name", "id"]].itertuples(index=False)]
    if len(rest):
        names.append(fmt.count(len(rest), "other cluster"))
    kinds = (
        ("weight", "weight", on.single),
        ("risk_share", "share of volatility", CLUSTER_COLORS[0]),
        ("cvar_share", "share of CVaR 95", CLUSTER_COLORS[1]),
    )
    traces = []
    for column, name, color in kinds:
        x = [100 * v for v in top[column]] + ([100 * rest[column].sum()] if len(rest) else [])
        traces.append(
            {
                "type": "bar", "orientation": "h", "name": name, "x": x, "y": names,
                "marker": {"color": color},
                "hovertemplate": "%{y}<br>%{fullData.name} %{x:.2f} %<extra></extra>",
            }
        )  # fmt: skip
    height = 140 + 34 * len(names)
    title = "What each cluster weighs and what it risks"
    figure = finish(
        traces, title, on, height,
        barmode="group", bargap=0.25, showlegend=True, legend=legend(on),
        margin={"l": 8, "r": 12, "t": 36, "b": 96},
        xaxis=axis(on, "% of the whole"),
        yaxis=axis(on, autorange="reversed", automargin=True, type="category"),
    )  # fmt: skip
    return at_left(figure)


def legend(on: Ground) -> dict:
    """A legend under the axis, where it may take two lines; margin["b"] keeps 96 for it."""
    return {
        "orientation": "h", "x": 0, "xref": "container", "y": 0, "yref": "container",
        "yanchor": "bottom", "xanchor": "left", "font": {"size": 11, "color": on.muted},
        "traceorder": "normal",
    }  # fmt: skip


def at_left(figure: go.Figure) -> go.Figure:
    """The same with its title at the very left, over the names of an axis that takes room."""
    figure.layout.title.xref, figure.layout.title.x = "container", 0.01
    return figure
