"""The regime: its score over the market's drawdown, and the parts of the score."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from engine.analytics.regime.states import CRISIS_FROM, NORMAL_FROM, STATES, RegimeHistory
from engine.core import format as fmt
from engine.core.words import UNKNOWN, RegimeState
from engine.figures.escaping import BREAK
from engine.figures.layout import axis, finish, note
from engine.figures.palette import CLUSTER_COLORS, Ground, faded
from engine.figures.thin import rows_to_draw

# Bluish green, blue, vermilion: told apart with any colour blindness, and labelled besides.
STATE_COLORS = dict(
    zip(STATES, (CLUSTER_COLORS[2], CLUSTER_COLORS[0], CLUSTER_COLORS[1]), strict=True)
)
BANDS = ((0.0, NORMAL_FROM), (NORMAL_FROM, CRISIS_FROM), (CRISIS_FROM, 1.0))
BAND_OPACITY, SPAN_OPACITY = 0.13, 0.28
# Four lines share one chart's points.
PART_POINTS = 1000
# Below the title: range buttons, which must not cover it on a telephone.
TOP = 68


def regime_chart(history: RegimeHistory, drawdown: np.ndarray, on: Ground) -> go.Figure:
    """The score in its bands above the drawdown of the basket, with CRISIS shaded in the latter.

    drawdown: T, at most 0, on the history's days. The state is held for a while after the score
    has fallen, so the shading is not where the score is in the upper band.
    """
    days, traces = history.days, []
    rows = rows_to_draw(history.score)
    told = [
        [history.states[r] or UNKNOWN, fmt.number(history.thresholds[r])] for r in rows
    ]  # fmt: skip
    traces.append(
        {
            "type": "scatter", "mode": "lines", "name": "score", "x": days[rows],
            "y": np.round(history.score[rows], 4), "line": {"color": on.ink, "width": 1.2},
            "customdata": told,
            "hovertemplate": "score %{y:.2f}<br>%{customdata[0]}, t = %{customdata[1]}"
            "<extra></extra>",
        }
    )  # fmt: skip
    floor = min(-1.0, 105.0 * float(np.min(drawdown, initial=0.0)))
    spans = crisis_spans(history)
    x, y = [], []
    for start, stop in spans:
        x += [days[start], days[start], days[stop], days[stop], None]
        y += [floor, 0.0, 0.0, floor, None]
    traces.append(
        {
            "type": "scatter", "mode": "lines", "name": RegimeState.CRISIS.value, "x": x, "y": y,
            "yaxis": "y2",
            "fill": "toself", "fillcolor": faded(STATE_COLORS[RegimeState.CRISIS], SPAN_OPACITY),
            "line": {"width": 0}, "hoverinfo": "skip",
        }
    )  # fmt: skip
    rows = rows_to_draw(drawdown)
    traces.append(
        {
            "type": "scatter", "mode": "lines", "name": "drawdown", "yaxis": "y2",
            "x": days[rows], "y": np.round(100 * drawdown[rows], 2),
            "line": {"color": CLUSTER_COLORS[0], "width": 1.2},
            "hovertemplate": "drawdown %{y:.1f} %<extra></extra>",
        }
    )  # fmt: skip
    shapes, notes = [], []
    for state, (low, high) in zip(STATES, BANDS, strict=True):
        color = STATE_COLORS[state]
        shapes.append(
            {
                "type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": low, "y1": high,
                "fillcolor": color, "opacity": BAND_OPACITY, "line": {"width": 0},
                "layer": "below",
            }
        )  # fmt: skip
        notes.append(
            note(1, (low + high) / 2, state, on.muted, xref="paper", xanchor="left", xshift=4)
        )
    notes.append(
        note(
            1, floor / 2, f"CRISIS{BREAK}shaded", on.muted, xref="paper", yref="y2", xanchor="left",
            xshift=4, align="left",
        )
    )  # fmt: skip
    return finish(
        traces, "Regime score over the market's drawdown", on, 480,
        margin={"l": 56, "r": 62, "t": TOP, "b": 32}, hovermode="x unified", shapes=shapes,
        annotations=notes, xaxis=time_axis(on, "y2"),
        yaxis=axis(
            on, "score", domain=[0.46, 1], range=[0, 1], tickvals=[0, NORMAL_FROM, CRISIS_FROM, 1]
        ),
        yaxis2=axis(on, "drawdown, %", domain=[0, 0.42], range=[floor, 0], nticks=5),
    )  # fmt: skip


def parts_chart(history: RegimeHistory, on: Ground) -> go.Figure:
    """The score of each part, in [0, 1], one row each; the raw value in the hover text."""
    traces, axes = [], {}
    share = 1 / len(history.scores)
    for k, (name, score) in enumerate(history.scores.items()):
        number = "" if k == 0 else str(k + 1)
        rows = rows_to_draw(score, PART_POINTS)
        traces.append(
            {
                "type": "scatter", "mode": "lines", "name": name, "yaxis": f"y{number}",
                "x": history.days[rows], "y": np.round(score[rows], 4),
                "line": {"color": CLUSTER_COLORS[0], "width": 1.2},
                "customdata": [fmt.number(v) for v in history.components[name][rows]],
                "hovertemplate": name + " %{y:.2f}, value %{customdata}<extra></extra>",
            }
        )  # fmt: skip
        top = 1 - k * share
        axes[f"yaxis{number}"] = axis(
            on, name, domain=[top - share + 0.03, top], range=[0, 1.02], tickvals=[0, 0.5, 1]
        )
    last = f"y{len(traces)}" if len(traces) > 1 else "y"
    return finish(
        traces, "Parts of the score, each scaled to 0 … 1", on, 480, hovermode="x unified",
        margin={"l": 56, "r": 12, "t": TOP, "b": 32}, xaxis=time_axis(on, last), **axes,
    )  # fmt: skip


def crisis_spans(history: RegimeHistory) -> list[tuple[int, int]]:
    """(first row, last row) of each stretch in CRISIS."""
    there = np.concatenate([[False], history.states == RegimeState.CRISIS, [False]]).astype(int)
    steps = np.diff(there)
    return [
        (int(a), int(b))
        for a, b in zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1, strict=True)
    ]


def time_axis(on: Ground, anchor: str) -> dict[str, Any]:
    """Dates with range buttons above, one cursor across all rows."""
    return axis(
        on, anchor=anchor, type="date", showgrid=False, showspikes=True, spikemode="across",
        spikesnap="hovered data", spikethickness=1, spikedash="solid", spikecolor=on.muted,
        hoverformat="%Y-%m-%d",
        rangeselector={
            "buttons": [
                {"count": 1, "step": "year", "stepmode": "backward", "label": "1y"},
                {"count": 5, "step": "year", "stepmode": "backward", "label": "5y"},
                {"step": "all", "label": "all"},
            ],
            "x": 0, "xanchor": "left", "y": 1.01, "yanchor": "bottom", "bgcolor": on.grid,
            "activecolor": on.single, "font": {"size": 12, "color": on.ink},
        },
    )  # fmt: skip
