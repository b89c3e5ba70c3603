"""Portfolios side by side, active weights, stress, and why weights changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.core import format as fmt
from engine.figures.allocation import at_left, legend
from engine.figures.escaping import BREAK
from engine.figures.layout import axis, finish, note
from engine.figures.palette import CLUSTER_COLORS, Ground

MOST_ACTIVE, MOST_CHANGES = 24, 20
RISE, FALL = CLUSTER_COLORS[0], CLUSTER_COLORS[1]
# Column of the comparison, its title, digits.
PANELS = (
    ("volatility", "volatility, % a year", 1),
    ("cvar_95", "CVaR 95, %", 2),
    ("effective", "effective holdings", 1),
    ("largest", "largest weight, %", 1),
    ("cash", "cash, %", 1),
    ("turnover", "turnover, %", 1),
)


def comparison_chart(table: pd.DataFrame, on: Ground) -> go.Figure:
    """One row of bars a measure, one bar a portfolio; `tables.comparison_table`."""
    rows = table[table["volatility"].notna()]
    names = [name.replace(" ", BREAK) for name in rows["portfolio"]]
    colors = [on.accent if k == 0 else CLUSTER_COLORS[0] for k in range(len(rows))]
    traces, axes = [], {}
    share = 1 / len(PANELS)
    for k, (column, title, digits) in enumerate(PANELS):
        number = "" if k == 0 else str(k + 1)
        values = rows[column].to_numpy(dtype=float)
        traces.append(
            {
                "type": "bar", "x": names, "y": values, "yaxis": f"y{number}", "name": title,
                "marker": {"color": colors}, "width": 0.6, "cliponaxis": False,
                "text": [fmt.number(v, digits) for v in values], "textposition": "outside",
                "textfont": {"size": 11, "color": on.ink},
                "hovertemplate": "%{x}<br>%{fullData.name} %{text}<extra></extra>",
            }
        )  # fmt: skip
        top = 1 - k * share
        highest = np.nanmax(values) if np.isfinite(values).any() else 0.0
        axes[f"yaxis{number}"] = axis(
            on, domain=[top - share + 0.015, top - 0.035], range=[0, 1.35 * max(highest, 1e-9)],
            showticklabels=False, showgrid=False,
        )  # fmt: skip
    notes = [
        {
            "x": 0, "xref": "paper", "xanchor": "left", "y": 1 - k * share, "yref": "paper",
            "yanchor": "top", "text": title, "showarrow": False,
            "font": {"size": 12, "color": on.muted},
        }
        for k, (_, title, _) in enumerate(PANELS)
    ]  # fmt: skip
    last = f"y{len(PANELS)}"
    return finish(
        traces, "The same money under other rules", on, 640, annotations=notes,
        margin={"l": 8, "r": 8, "t": 40, "b": 44},
        xaxis=axis(on, anchor=last, type="category", showgrid=False), **axes,
    )  # fmt: skip


def active_chart(table: pd.DataFrame, benchmark: str, on: Ground) -> go.Figure:
    """The largest active weights; `tables.active_table`."""
    rows = table.head(MOST_ACTIVE).sort_values("active", ascending=False)
    more = f", {MOST_ACTIVE} largest of {len(table)}" if len(table) > MOST_ACTIVE else ""
    bars = _bars(
        _unique(rows), rows["active"], ["%{y}<br>active %{x:.2f} points<extra></extra>"] * len(rows)
    )
    title = f"Active weights against {benchmark}{more}"
    figure = finish(
        [bars], title, on, 90 + 20 * max(len(rows), 3),
        margin={"l": 8, "r": 12, "t": 36, "b": 44}, xaxis=axis(on, "weight less benchmark, points"),
        yaxis=axis(on, autorange="reversed", automargin=True, type="category"),
    )  # fmt: skip
    return at_left(figure)


def replay_chart(table: pd.DataFrame, on: Ground) -> go.Figure:
    """What the known part of the weights adds in each window, the bar as thick as that part is
    large; `tables.replay_table`."""
    known = table["added"].notna()
    told = [
        f"{r.added:.1f} %, {r.known:.0f} % known" if ok else "unknown"
        for r, ok in zip(table.itertuples(), known, strict=True)
    ]
    added = table["added"].fillna(0.0)
    # By place: names that are years would be taken for numbers on the axis.
    places = list(range(len(table)))
    hover = ["%{customdata}<extra></extra>"] * len(table)
    bars = _bars(places, added, hover)
    bars |= {
        "customdata": [f"{name}: {text}" for name, text in zip(table["window"], told, strict=True)],
        "width": [0.2 + 0.5 * share / 100 for share in table["known"]],
    }
    reach = max(5.0, float(added.abs().max()))
    notes = [
        note(max(0.0, x), y, text, on.ink, xanchor="left", xshift=6)
        for x, y, text in zip(added, places, told, strict=True)
    ]
    return finish(
        [bars], "Falls of the past with today's weights", on, 80 + 44 * len(table),
        margin={"l": 48, "r": 12, "t": 36, "b": 44}, annotations=notes,
        xaxis=axis(
            on, "return that the known part adds, %", zeroline=True, zerolinecolor=on.muted,
            range=[-1.1 * reach, max(0.0, float(added.max())) + 0.9 * reach],
        ),
        yaxis=axis(
            on, range=[len(table) - 0.5, -0.5], tickvals=places, ticktext=list(table["window"]),
            showgrid=False,
        ),
    )  # fmt: skip


def change_chart(table: pd.DataFrame, causes: Sequence[str], on: Ground) -> go.Figure:
    """The largest changes, each as the sum of its causes; `tables.change_table`."""
    rows = table.head(MOST_CHANGES)
    names = _unique(rows)
    traces: list[dict[str, Any]] = [
        {
            "type": "bar", "orientation": "h", "name": cause, "y": names, "x": list(rows[cause]),
            "marker": {"color": CLUSTER_COLORS[k]},
            "hovertemplate": "%{y}<br>%{fullData.name} %{x:+.2f} points<extra></extra>",
        }
        for k, cause in enumerate(causes)
    ]  # fmt: skip
    traces.append(
        {
            "type": "scatter", "mode": "markers", "name": "in all", "y": names,
            "x": list(rows["change"]),
            "marker": {"color": on.ink, "symbol": "line-ns-open", "size": 14, "line": {"width": 2}},
            "hovertemplate": "%{y}<br>in all %{x:+.2f} points<extra></extra>",
        }
    )  # fmt: skip
    more = f", {MOST_CHANGES} largest of {len(table)}" if len(table) > MOST_CHANGES else ""
    title = f"Why weights changed{more}"
    figure = finish(
        traces, title, on, 150 + 22 * max(len(rows), 3),
        barmode="relative", showlegend=True, legend=legend(on),
        margin={"l": 8, "r": 12, "t": 36, "b": 96},
        xaxis=axis(on, "change of weight, points", zeroline=True, zerolinecolor=on.muted),
        yaxis=axis(on, autorange="reversed", automargin=True, type="category"),
    )  # fmt: skip
    return at_left(figure)


def _bars(
    names: Sequence[str] | Sequence[int], values: Sequence[float], hover: list[str]
) -> dict[str, Any]:
    values = list(values)
    return {
        "type": "bar", "orientation": "h", "y": list(names), "x": values,
        "marker": {"color": [RISE if v >= 0 else FALL for v in values]}, "hovertemplate": hover,
    }  # fmt: skip


def _unique(rows: pd.DataFrame) -> list[str]:
    """Names of assets; where two symbols hold the same, with the symbol."""
    twice = rows["asset"].duplicated(keep=False)
    return [
        f"{a} · {s}" if t else a
        for a, s, t in zip(rows["asset"], rows["symbol"], twice, strict=True)
    ]
