"""How well the score, and plain volatility, foretold the month that followed."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from engine.figures.escaping import BREAK
from engine.figures.layout import axis, finish
from engine.figures.palette import CLUSTER_COLORS, Ground

# Beside their colours the three differ by symbol.
STYLES = (
    (CLUSTER_COLORS[0], "circle"),
    (CLUSTER_COLORS[1], "square"),
    (CLUSTER_COLORS[3], "diamond"),
)
OFFSET = 0.2


def foretell_chart(table: pd.DataFrame, on: Ground) -> go.Figure:
    """A dot with its interval each; a row is a period and what was foretold.

    table: columns period, target, predictor, correlation, low, high, n.
    """
    rows = list(dict.fromkeys(zip(table["period"], table["target"], strict=True)))
    traces = []
    predictors = list(dict.fromkeys(table["predictor"]))
    for k, predictor in enumerate(predictors):
        own = table[table["predictor"] == predictor]
        color, symbol = STYLES[k % len(STYLES)]
        places = [rows.index(row) for row in zip(own["period"], own["target"], strict=True)]
        traces.append(
            {
                "type": "scatter", "mode": "markers", "name": predictor,
                "x": own["correlation"].round(4),
                "y": [place + OFFSET * (k - (len(predictors) - 1) / 2) for place in places],
                "marker": {"color": color, "symbol": symbol, "size": 8},
                "error_x": {
                    "type": "data", "symmetric": False, "color": color, "thickness": 1.5,
                    "array": (own["high"] - own["correlation"]).round(4),
                    "arrayminus": (own["correlation"] - own["low"]).round(4),
                },
                "customdata": own[["period", "target", "low", "high", "n"]].to_numpy(),
                "hovertemplate": "%{customdata[1]}, %{customdata[0]}<br>" + predictor
                + " %{x:.2f} [%{customdata[2]:.2f}, %{customdata[3]:.2f}]<br>"
                "%{customdata[4]:,} sessions<extra></extra>",
            }
        )  # fmt: skip
    zero = {
        "type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": 0, "x1": 0,
        "line": {"color": on.muted, "width": 1, "dash": "dot"},
    }  # fmt: skip
    return finish(
        traces, "Foretold: rank correlation with next month", on, 116 + 58 * len(rows),
        margin={"l": 92, "r": 12, "t": 60, "b": 44}, shapes=[zero], showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "itemclick": False},
        xaxis=axis(on, "rank correlation, 95 % interval"),
        yaxis=axis(
            on, range=[len(rows) - 0.5, -0.5], tickvals=list(range(len(rows))), showgrid=False,
            ticktext=[f"{target.split()[-1]}{BREAK}{period}" for period, target in rows],
        ),
    )  # fmt: skip
