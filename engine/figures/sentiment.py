"""FX sentiment: the multiplier through time, and how strong each currency is."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from engine.analytics.sentiment import RISKY, SAFE, Sentiment
from engine.core import format as fmt
from engine.figures.layout import axis, finish
from engine.figures.palette import CLUSTER_COLORS, Ground
from engine.figures.regime import TOP, time_axis
from engine.figures.thin import rows_to_draw


def multiplier_chart(fx: Sentiment, on: Ground) -> go.Figure:
    """The multiplier m above the appetite's deviations s from its own past, where s is known."""
    history, traces = fx.history, []
    # Before anything is known, m = 1 says nothing.
    first = int(np.argmax(np.isfinite(history.s)))
    lines = (
        ("y", "m", history.m, "m = %{y:.2f}<extra></extra>", CLUSTER_COLORS[1]),
        ("y2", "s", history.s, "s = %{y:.2f}<extra></extra>", CLUSTER_COLORS[0]),
    )
    for anchor, name, values, hover, color in lines:
        rows = first + rows_to_draw(values[first:])
        traces.append(
            {
                "type": "scatter", "mode": "lines", "name": name, "yaxis": anchor,
                "x": history.days[rows], "y": np.round(values[rows], 4), "hovertemplate": hover,
                "line": {"color": color, "width": 1.2},
            }
        )  # fmt: skip
    zero = {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y2", "y0": 0, "y1": 0,
        "line": {"color": on.muted, "width": 1, "dash": "dot"},
    }  # fmt: skip
    return finish(
        traces, f"FX multiplier m, now {fmt.number(fx.multiplier)}, from appetite s", on, 400,
        margin={"l": 56, "r": 12, "t": TOP, "b": 32}, hovermode="x unified", shapes=[zero],
        xaxis=time_axis(on, "y2"),
        yaxis=axis(on, "m", domain=[0.54, 1], range=[0.48, 1.03], nticks=4),
        yaxis2=axis(on, "s, deviations", domain=[0, 0.48], nticks=5),
    )  # fmt: skip


def strength_bars(fx: Sentiment, on: Ground) -> go.Figure:
    """Trend strength of each currency, strongest at the top; the two groups named and coloured."""
    ranked = sorted(fx.strengths.items(), key=lambda item: (-item[1], item[0]))
    kinds = dict.fromkeys(RISKY, ("risk", CLUSTER_COLORS[1]))
    kinds |= dict.fromkeys(SAFE, ("haven", CLUSTER_COLORS[0]))
    labels, colors = [], []
    for code, _ in ranked:
        kind, color = kinds.get(code, ("", on.single))
        labels.append(f"{code} · {kind}" if kind else code)
        colors.append(color)
    bars = {
        "type": "bar", "orientation": "h", "x": [round(x, 4) for _, x in ranked], "y": labels,
        "marker": {"color": colors}, "text": [fmt.number(x) for _, x in ranked],
        "textposition": "auto", "hovertemplate": "%{y}: %{x:.2f} deviations<extra></extra>",
    }  # fmt: skip
    title = f"Currency strength; appetite {fmt.number(fx.appetite)}"
    return finish(
        [bars], title, on, 400, margin={"l": 84, "r": 12, "t": 36, "b": 44},
        xaxis=axis(on, "trend against the others, deviations"),
        yaxis=axis(on, autorange="reversed", showgrid=False),
    )  # fmt: skip
