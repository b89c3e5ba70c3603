"""Closes around a day, for what looks wrong there."""

from __future__ import annotations

import datetime as dt
import html

import pandas as pd
import plotly.graph_objects as go

from engine.figures.layout import axis, finish
from engine.figures.palette import CLUSTER_COLORS, Ground

_AROUND = 40  # rows on either side


def closes_around(
    prices: pd.DataFrame, symbol: str, date: dt.date | None, title: str, on: Ground
) -> go.Figure:
    """Closes of a symbol before and after a day, which is marked; without one all of them.

    prices: the prices frame. A symbol without prices gives an empty chart.
    """
    rows = prices[prices["symbol"] == symbol].reset_index(drop=True)
    if date is not None and len(rows):
        at = int(rows["date"].searchsorted(pd.Timestamp(date)))
        rows = rows.iloc[max(0, at - _AROUND) : at + _AROUND]
    trace = {
        "type": "scatter", "mode": "lines+markers", "x": rows["date"], "y": rows["close"],
        "line": {"color": CLUSTER_COLORS[0], "width": 1.2}, "marker": {"size": 4},
        "hovertemplate": "%{x|%Y-%m-%d}<br>close %{y:.6g}<extra></extra>",
    }  # fmt: skip
    mark = [] if date is None else [
        {"type": "line", "yref": "paper", "x0": date, "x1": date, "y0": 0, "y1": 1,
         "line": {"color": on.muted, "width": 1, "dash": "dot"}}
    ]  # fmt: skip
    return finish(
        [trace],
        html.escape(title, quote=False),
        on,
        240,
        shapes=mark,
        yaxis=axis(on, "close"),
        xaxis=axis(on),
    )
