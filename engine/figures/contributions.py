"""What each holding adds to the portfolio's CVaR, as bars that add up to it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.core import format as fmt
from engine.figures.escaping import BOLD, UNBOLD
from engine.figures.layout import axis, finish
from engine.figures.palette import Ground, cluster_color

MOST_BARS = 30


def contribution_bars(table: pd.DataFrame, horizon: int, on: Ground) -> go.Figure:
    """A bar each from where the one above ends, the largest first, the total last.

    table: columns asset, weight, cvar (both per cent) and color (rank for the palette, missing
    for CASH and the total), sorted; the last row is the total. Beyond MOST_BARS holdings those that
    matter least are one bar, in their place.
    """
    held = table[table["color"].notna()]
    total = float(table["cvar"].iloc[-1])
    invested = float(held["weight"].sum())
    bars = list(
        zip(
            held["asset"], held["weight"], held["cvar"],
            [cluster_color(int(rank), on) for rank in held["color"]], strict=True,
        )
    )  # fmt: skip
    if len(bars) > MOST_BARS:
        order = np.argsort(-held["cvar"].abs().to_numpy(), kind="stable")
        small = held.iloc[order[MOST_BARS - 1 :]]
        kept = [bars[k] for k in sorted(order[: MOST_BARS - 1])]
        rest = (fmt.count(len(small), "other"), small["weight"].sum(), small["cvar"].sum())
        bars = sorted([*kept, (*rest, on.single)], key=lambda b: -b[2])
    ends = np.cumsum([cvar for _, _, cvar, _ in bars])
    over = fmt.count(horizon, "day")
    names = [*(name for name, *_ in bars), f"{BOLD}Total{UNBOLD}"]
    told = [[name, weight, cvar] for name, weight, cvar, _ in bars]
    trace = {
        "type": "bar", "orientation": "h", "y": np.arange(len(names)),
        "x": [*(cvar for _, _, cvar, _ in bars), total],
        "base": [*(np.concatenate([[0.0], ends])[: len(bars)]), 0.0],
        "marker": {"color": [*(color for *_, color in bars), on.muted]},
        "text": [fmt.percent(cvar / 100, 2) for *_, cvar in [*told, ["", 0, total]]],
        "textposition": "outside", "textfont": {"color": on.ink}, "cliponaxis": False,
        "customdata": [
            [name, fmt.percent(w / 100), fmt.percent(v / 100, 3), fmt.percent(_share(v, total), 0)]
            for name, w, v in [*told, ["all holdings", invested, total]]
        ],
        "hovertemplate": "%{customdata[0]}, weight %{customdata[1]}<br>"
        "adds %{customdata[2]}, %{customdata[3]} of the total<extra></extra>",
    }  # fmt: skip
    title = f"CVaR 95 of the portfolio: {fmt.percent(total / 100, 2)}"
    return finish(
        [trace], title, on, 110 + 22 * len(names), margin={"l": 84, "r": 56, "t": 36, "b": 44},
        xaxis=axis(on, f"mean loss on its worst 5 % of days, over {over}, %"),
        yaxis=axis(
            on, range=[len(names) - 0.5, -0.5], tickvals=np.arange(len(names)), ticktext=names,
            showgrid=False,
        ),
    )  # fmt: skip


def _share(part: float, total: float) -> float | None:
    return part / total if total else None
