"""Fragility as heatmaps: who × measure, and cluster × month."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from engine.analytics.clusters import Cluster
from engine.analytics.fragility import MEASURES, Fragility
from engine.core import format as fmt
from engine.figures.escaping import inked
from engine.figures.layout import axis, finish
from engine.figures.palette import Ground, cluster_color, faded
from engine.pipeline.over_time import OverTime

LABELS = {
    "cvar_95": "CVaR 95", "neg_skewness": "−skewness", "tail_ratio": "tail ratio",
    "max_drawdown": "drawdown", "co_cvar_95": "CoCVaR 95",
}  # fmt: skip
IN_PERCENT = ("cvar_95", "max_drawdown", "co_cvar_95")
# Rows that have room for a value in each cell.
TEXT_ROWS = 60
TALL, LOW = 22, 13
# What is unknown shows the ground, which is neither end of the colours.
UNKNOWN_OPACITY = 0.45
MARKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def ranked(score: np.ndarray, most: int | None = None) -> np.ndarray:
    """Positions by score, the highest first, ties in their order, unknown last."""
    order = np.lexsort((np.arange(len(score)), -np.nan_to_num(score, nan=-1.0)))
    return order[:most]


def measure_heatmap(
    found: Fragility,
    rows: Sequence[str],
    names: Sequence[str],
    colors: Sequence[int],
    told: Sequence[str],
    what: str,
    on: Ground,
    most: int | None = None,
) -> go.Figure:
    """Colour: percentile of each measure, and their mean, the score, in the first column.

    rows: M short labels. names, told: M full ones and M more lines, for the hover text. colors: M
    ranks for the palette. what: what a row is, as a noun. most: only so many of the most fragile.
    Unknown cells show the ground.
    """
    order = ranked(found.score, most)
    height = _height(len(order))
    columns = ["fragility", *(LABELS[name] for name in MEASURES)]
    percentiles = np.column_stack([found.score, found.percentiles[list(MEASURES)].to_numpy()])
    texts = np.column_stack(
        [
            [fmt.number(v) for v in found.score],
            *([_value(name, v) for v in found.measures[name]] for name in MEASURES),
        ]
    )
    trace = {
        "type": "heatmap", "x": columns, "y": np.arange(len(order)), "xgap": 1,
        "z": np.round(percentiles[order], 3), "zmin": 0, "zmax": 1, "text": texts[order],
        "colorscale": rising(on), "hoverongaps": True,
        "customdata": [
            [
                [names[i], told[i], _percentile(p), text]
                for p, text in zip(percentiles[i], texts[i], strict=True)
            ]
            for i in order
        ],
        "hovertemplate": "%{customdata[0]}<br>%{x} %{customdata[3]}, "
        "percentile %{customdata[2]}<br>%{customdata[1]}<extra></extra>",
        "colorbar": bar(on, "percentile", -28, [0, 0.5, 1], ["0", "50", "100"], height),
    }  # fmt: skip
    if len(order) <= TEXT_ROWS:
        # The ink that Plotly takes by itself is too weak on the middle of the scale.
        inks = legible(percentiles[order], rising(on))
        trace["text"] = [
            [inked(text, ink) for ink, text in zip(*row, strict=True)]
            for row in zip(inks, texts[order], strict=True)
        ]
        trace["texttemplate"] = "%{text}"
        # A size of its own: the automatic one would take the markup for text.
        trace["textfont"] = {"size": 10}
    title = f"Tail measures of {_some(len(order), len(names), what)}"
    return finish(
        [trace], title, on, height + 160, margin={"l": 142, "r": 8, "t": 96, "b": 64},
        plot_bgcolor=faded(on.single, UNKNOWN_OPACITY),
        xaxis=axis(on, side="top", showgrid=False, fixedrange=True),
        yaxis=_rows([rows[i] for i in order], [colors[i] for i in order], on),
    )  # fmt: skip


def months_heatmap(
    over: OverTime,
    clusters: Sequence[Cluster],
    score: np.ndarray,
    assets: Mapping[str, str],
    on: Ground,
    most: int | None = None,
) -> go.Figure:
    """CVaR95 of today's clusters at each month end, colours by its logarithm.

    clusters: K in the order of `over`; score: their fragility today, which orders the rows; assets:
    symbol → what is held.
    """
    order = ranked(score, most)
    values, height = over.cvar[:, order].T, _height(len(order))
    # No loss on the worst days has no logarithm: the lowest colour, not unknown.
    z = np.log10(np.maximum(values, np.min(values, initial=1.0, where=values > 0)))
    low, high = _range(z)
    days = [str(day) for day in over.month_ends]
    trace = {
        "type": "heatmap", "x": days, "y": np.arange(len(order)), "z": np.round(z, 3),
        "zmin": low, "zmax": high, "colorscale": rising(on), "hoverongaps": True,
        "customdata": [
            [
                [fmt.percent(v, 2), f"{n} of {clusters[k].size}"]
                for v, n in zip(over.cvar[:, k], over.members[:, k], strict=True)
            ]
            for k in order
        ],
        "hovertemplate": "%{y}<br>to %{x}: CVaR 95 %{customdata[0]}<br>"
        "%{customdata[1]} members with enough returns<extra></extra>",
        "colorbar": bar(
            on, "CVaR 95", -92, [math.log10(m) for m in MARKS], [f"{100 * m:g} %" for m in MARKS],
            height,
        ),
    }  # fmt: skip
    title = f"CVaR 95 of {_some(len(order), len(clusters), 'cluster')}"
    return finish(
        [trace], title, on, height + 168,
        margin={"l": 142, "r": 8, "t": 36, "b": 132},
        plot_bgcolor=faded(on.single, UNKNOWN_OPACITY),
        xaxis=axis(
            on, f"month end, trailing {over.window} weekdays", type="category", showgrid=False,
            fixedrange=True, nticks=12,
        ),
        yaxis=_rows(
            [row_label(clusters[k], assets) for k in order], [clusters[k].color for k in order], on
        ),
    )  # fmt: skip


def label(cluster: Cluster) -> str:
    """A cluster's name, size and id, as a row is called."""
    return f"{cluster.name} ({cluster.size}) · {cluster.id}"


def rising(on: Ground) -> list[tuple[float, str]]:
    """From the ground's neutral tone to its strongest warm one: the warm half of the diverging."""
    return [(2 * x - 1, color) for x, color in on.diverging if x >= 0.5]


def legible(values: np.ndarray, scale: Sequence[tuple[float, str]]) -> np.ndarray:
    """Black or white for each value in [0, 1], whichever stands out more on its colour (WCAG)."""
    rgb = np.array([[int(c[k : k + 2], 16) for k in (1, 3, 5)] for _, c in scale]) / 255
    places = [x for x, _ in scale]
    mixed = np.stack([np.interp(values, places, channel) for channel in rgb.T], axis=-1)
    linear = np.where(mixed <= 0.04045, mixed / 12.92, ((mixed + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    return np.where((luminance + 0.05) ** 2 > 1.05 * 0.05, "#000000", "#FFFFFF")


def bar(
    on: Ground, title: str, below: int, values: Sequence[float], texts: Sequence[str], height: int
) -> dict[str, Any]:
    """A thin colour bar under the plot, where it takes no width from the cells.

    below: pixels, negative. height: of the plot in pixels.
    """
    return {
        "title": {
            "text": title, "side": "top", "font": {"size": 12, "color": on.muted},
        },
        "orientation": "h", "thickness": 8, "lenmode": "pixels", "len": 200, "x": 0,
        "xanchor": "left", "y": below / height, "yanchor": "top", "tickvals": list(values),
        "ticktext": list(texts), "tickfont": {"size": 11, "color": on.muted}, "outlinewidth": 0,
    }  # fmt: skip


def row_label(cluster: Cluster, assets: Mapping[str, str]) -> str:
    """As `label` where there is little room: the name cut, one asset by its own name."""
    if cluster.size == 1:
        return f"{_short(assets[cluster.members[0]])} · {cluster.id}"
    return f"{_short(cluster.name)} ({cluster.size}) · {cluster.id}"


def _rows(names: Sequence[str], colors: Sequence[int], on: Ground) -> dict[str, Any]:
    """Rows by number, so that two of one name stay two; a square in the cluster's colour."""
    texts = [
        f"{name} {inked('■', cluster_color(rank, on))}"
        for name, rank in zip(names, colors, strict=True)
    ]
    size = 11 if len(names) <= TEXT_ROWS else 9
    return axis(
        on, range=[len(names) - 0.5, -0.5], tickvals=np.arange(len(names)), ticktext=texts,
        showgrid=False, ticks="", fixedrange=True,
    ) | {"tickfont": {"size": size, "color": on.muted}}  # fmt: skip


def _some(shown: int, of: int, what: str) -> str:
    return fmt.count(of, what) if shown == of else f"{shown} of {fmt.count(of, what)}"


def _short(name: str, most: int = 14) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _height(rows: int) -> int:
    """Of the plot, in pixels."""
    return max(120, rows * (TALL if rows <= TEXT_ROWS else LOW))


def _value(name: str, value: float) -> str:
    return fmt.percent(value) if name in IN_PERCENT else fmt.number(value)


def _percentile(value: float) -> str:
    return fmt.UNKNOWN if math.isnan(value) else f"{100 * value:.0f}"


def _range(z: np.ndarray) -> tuple[float, float]:
    """Ends of the colours; something even where nothing is known."""
    known = z[np.isfinite(z)]
    if not known.size:
        return -3.0, -1.0
    return float(known.min()), float(max(known.max(), known.min() + 0.1))
