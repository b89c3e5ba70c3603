"""Drift as bars, its causes as a waterfall, its history, and what ways of trading leave of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.core import format as fmt
from engine.core.words import Status
from engine.figures.allocation import at_left, legend
from engine.figures.escaping import BREAK
from engine.figures.layout import axis, finish, note
from engine.figures.palette import CLUSTER_COLORS, Ground
from engine.figures.research import FALL, RISE

MOST_BARS = 30  # the table that holds all of them stands beneath
_BAR = 17  # pixels
_NOTHING = 0.005  # points that are shown as 0.00
_DWARFS = 3.0  # a bar this many times as long as the next one is cut, lest no other be seen
STATUS_COLORS: dict[str, str] = {
    Status.NEW: CLUSTER_COLORS[7], Status.MAINTAIN: CLUSTER_COLORS[2],
    Status.REBALANCE: CLUSTER_COLORS[4], Status.URGENT: CLUSTER_COLORS[1],
}  # fmt: skip
# Told apart without colour, too.
STATUS_MARKS: dict[str, str] = {
    Status.NEW: "star", Status.MAINTAIN: "circle", Status.REBALANCE: "diamond",
    Status.URGENT: "square",
}  # fmt: skip


def signed(value: float) -> str:
    """Points with their sign; what rounds to 0 has none."""
    if np.isnan(value):
        return fmt.UNKNOWN
    return "0.00" if abs(value) < _NOTHING else f"{value:+.2f}"


def drift_bars(table: pd.DataFrame, title: str, on: Ground) -> go.Figure:
    """One bar a row in the order given: to buy right, to sell left; not traded without a fill.

    table: `tables.drift_table` rows, or groups with `name`. Beyond MOST_BARS the rest is left out,
    and the title says so. What has no price has no bar, and says so.
    """
    rows = table.head(MOST_BARS)
    names = _names(rows)
    drift = rows["drift"].to_numpy(dtype=float)
    known = np.isfinite(drift)
    actions = rows["action"] if "action" in rows else [""] * len(rows)
    colors = [RISE if d >= 0 else FALL for d in np.where(known, drift, 0.0)]
    still = [a in ("freeze", "hold") for a in actions]
    trace = {
        "type": "bar", "orientation": "h", "y": list(range(len(rows))),
        "x": np.where(known, drift, 0.0),
        "marker": {
            "color": ["rgba(0,0,0,0)" if s else c for s, c in zip(still, colors, strict=True)],
            "line": {"color": colors, "width": 1},
        },
        "customdata": [
            [
                name, fmt.number(r.last), fmt.number(r.held), fmt.number(r.target),
                fmt.number(r.drift), fmt.number(r.money), f"{BREAK}{action}" if action else "",
            ]
            for name, r, action in zip(names, rows.itertuples(), actions, strict=True)
        ],
        "hovertemplate": "%{customdata[0]}<br>last %{customdata[1]} %, held %{customdata[2]} %, "
        "target %{customdata[3]} %<br>drift %{customdata[4]} points, %{customdata[5]} in money"
        "%{customdata[6]}<extra></extra>",
    }  # fmt: skip
    notes = [
        note(0, k, "no price", on.muted, 10, xanchor="left", xshift=4)
        for k in np.flatnonzero(~known).tolist()
    ]
    more = f", {MOST_BARS} of {len(table)}" if len(table) > MOST_BARS else ""
    reach, over = _reach(drift)
    notes += [
        note(0, k, f"{drift[k]:+.2f} points, beyond the axis", on.muted, 10,
             xanchor="left" if drift[k] < 0 else "right", xshift=4 if drift[k] < 0 else -4)
        for k in over
    ]  # fmt: skip
    figure = finish(
        [trace], f"{title}{more}", on, 96 + _BAR * max(len(rows), 3), annotations=notes,
        margin={"l": 8, "r": 12, "t": 36, "b": 44}, bargap=0.25,
        xaxis=axis(
            on, "target less held, points; right: to buy", zeroline=True, zerolinecolor=on.muted,
            range=reach,
        ),
        yaxis=axis(
            on, range=[len(rows) - 0.5, -0.5], tickvals=list(range(len(rows))), ticktext=names,
            automargin=True, showgrid=False,
        ),
    )  # fmt: skip
    return at_left(figure)


def cause_waterfall(
    steps: Sequence[tuple[str, float, bool]], title: str, unit: str, on: Ground
) -> go.Figure:
    """Steps from left to right, each from where the one before ended.

    steps: name, size in %, whether it is a total that stands on 0.
    """
    whole = steps[-1][1]
    shares = [
        f"{fmt.percent(size / whole, 0)} of {steps[-1][0]}" if abs(whole) > _NOTHING else ""
        for _, size, _ in steps
    ]
    trace = {
        "type": "waterfall", "orientation": "v", "x": [name for name, _, _ in steps],
        "y": [size for _, size, _ in steps],
        "measure": ["absolute" if total else "relative" for _, _, total in steps],
        "text": [f"{size:.2f}" if total else signed(size) for _, size, total in steps],
        "textposition": "outside", "cliponaxis": False, "textfont": {"color": on.ink},
        "increasing": {"marker": {"color": RISE}}, "decreasing": {"marker": {"color": FALL}},
        "totals": {"marker": {"color": on.single}},
        "connector": {"line": {"color": on.muted, "width": 1, "dash": "dot"}},
        "customdata": shares,
        "hovertemplate": f"%{{x}} %{{text}}, {unit}<br>%{{customdata}}<extra></extra>",
    }  # fmt: skip
    ends, at = [0.0], 0.0
    for _, size, total in steps:
        at = size if total else at + size
        ends.append(at)
    low, high = min(ends), max(ends)
    room = 0.16 * max(high - low, 1e-6)
    return finish(
        [trace], title, on, 320, margin={"l": 56, "r": 12, "t": 40, "b": 40},
        xaxis=axis(on, type="category", showgrid=False),
        yaxis=axis(
            on, unit, zeroline=True, zerolinecolor=on.muted,
            range=[low - (room if low < 0 else 0.0), high + room],
        ),
    )  # fmt: skip


def cause_bars(table: pd.DataFrame, causes: Sequence[str], on: Ground) -> go.Figure:
    """The largest drifts, each as the sum of its causes; `tables.cause_table`."""
    rows = table.head(20)
    names = _names(rows)
    traces: list[dict[str, Any]] = [
        {
            "type": "bar", "orientation": "h", "name": cause, "y": names, "x": list(rows[cause]),
            "marker": {"color": CLUSTER_COLORS[k]},
            "customdata": list(rows["drift"]),
            "hovertemplate": "%{y}<br>%{fullData.name} %{x:+.2f} points, of a drift of "
            "%{customdata:+.2f}<extra></extra>",
        }
        for k, cause in enumerate(causes)
    ]  # fmt: skip
    traces.append(
        {
            "type": "scatter", "mode": "markers", "name": "drift", "y": names,
            "x": list(rows["drift"]),
            "marker": {"color": on.ink, "symbol": "line-ns-open", "size": 14, "line": {"width": 2}},
            "hovertemplate": "%{y}<br>drift %{x:+.2f} points<extra></extra>",
        }
    )  # fmt: skip
    more = f", 20 largest of {len(table)}" if len(table) > 20 else ""
    figure = finish(
        traces, f"Causes by asset{more}", on, 150 + 22 * max(len(rows), 3),
        barmode="relative", showlegend=True, legend=legend(on),
        margin={"l": 8, "r": 12, "t": 36, "b": 96},
        xaxis=axis(on, "points of weight", zeroline=True, zerolinecolor=on.muted),
        yaxis=axis(on, autorange="reversed", automargin=True, type="category"),
    )  # fmt: skip
    return at_left(figure)


def drift_history(table: pd.DataFrame, thresholds: Mapping[str, float], on: Ground) -> go.Figure:
    """Turnover to the target at each date, its status as colour and mark, thresholds as lines.

    table: `tables.drift_history_table`; thresholds: status → turnover in %.
    """
    rows = table.sort_values("date")
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter", "mode": "lines", "x": rows["date"], "y": rows["turnover"],
            "line": {"color": on.muted, "width": 1.2}, "hoverinfo": "skip", "showlegend": False,
        }
    ]  # fmt: skip
    for status, color in STATUS_COLORS.items():
        own = rows[rows["status"] == status]
        if len(own):
            traces.append(
                {
                    "type": "scatter", "mode": "markers", "name": status, "x": own["date"],
                    "y": own["turnover"],
                    "marker": {"color": color, "size": 9, "symbol": STATUS_MARKS[status]},
                    "customdata": [
                        [fmt.number(r.largest), fmt.number(r.value, 0), fmt.number(r.flows)]
                        for r in own.itertuples()
                    ],
                    "hovertemplate": "%{x|%Y-%m-%d}<br>turnover to the target %{y:.2f} %, "
                    + status + "<br>largest drift of an asset %{customdata[0]} points"
                    "<br>flows %{customdata[2]} % beside it<br>value %{customdata[1]}"
                    "<extra></extra>",
                }
            )  # fmt: skip
    top = max([*(v for v in rows["turnover"] if np.isfinite(v)), *thresholds.values(), 0.1])
    lines = [
        {
            "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level, "y1": level,
            "line": {"color": STATUS_COLORS[status], "width": 1, "dash": "dash"},
        }
        for status, level in thresholds.items()
    ]  # fmt: skip
    notes = [
        note(0, level, f"{status} over {level:g} %", on.muted, 10, xref="paper", xanchor="left",
             yanchor="bottom", xshift=4)
        for status, level in thresholds.items()
    ]  # fmt: skip
    return finish(
        traces, "Drift at month ends", on, 340, shapes=lines, annotations=notes,
        showlegend=True, legend=legend(on), margin={"l": 56, "r": 12, "t": 36, "b": 84},
        xaxis=axis(on, "month end", type="date", showgrid=False),
        yaxis=axis(on, "one-way turnover, %", range=[0, 1.1 * top]),
    )  # fmt: skip


def effect_chart(table: pd.DataFrame, on: Ground) -> go.Figure:
    """What each way of trading trades and what drift it leaves; `tables.effect_table`."""
    kinds = (
        ("turnover", "turnover", on.single),
        ("remains", "drift that remains", CLUSTER_COLORS[0]),
    )
    traces = [
        {
            "type": "bar", "orientation": "h", "name": name, "x": table[column], "y": table["way"],
            "marker": {"color": color}, "text": [f"{v:.2f}" for v in table[column]],
            "textposition": "outside", "cliponaxis": False, "textfont": {"color": on.ink},
            "customdata": [
                [fmt.number(cost), fmt.number(bps, 2), fmt.count(int(trades), "trade")]
                for cost, bps, trades in zip(
                    table["cost"], table["bps"], table["trades"], strict=True
                )
            ],
            "hovertemplate": "%{y}<br>%{fullData.name} %{x:.2f} %<br>cost %{customdata[0]}, "
            "%{customdata[1]} bps; %{customdata[2]}<extra></extra>",
        }
        for column, name, color in kinds
    ]  # fmt: skip
    top = max(0.01, float(table[["turnover", "remains"]].to_numpy().max()))
    figure = finish(
        traces, "Ways of trading it", on, 130 + 40 * len(table), barmode="group", bargap=0.25,
        showlegend=True, legend=legend(on), margin={"l": 8, "r": 12, "t": 36, "b": 88},
        xaxis=axis(on, "% of the value, one-way", range=[0, 1.18 * top]),
        yaxis=axis(on, autorange="reversed", automargin=True, type="category"),
    )  # fmt: skip
    return at_left(figure)


def _reach(drift: np.ndarray) -> tuple[list[float] | None, list[int]]:
    """Range of the axis, and the bar that ends beyond it; None and none where all fit."""
    sizes = np.abs(np.nan_to_num(drift))
    if len(sizes) < 3:
        return None, []
    second, first = np.argsort(sizes)[-2:].tolist()
    if sizes[second] < _NOTHING or sizes[first] <= _DWARFS * sizes[second]:
        return None, []
    rest = np.delete(np.nan_to_num(drift), first)
    edge = 1.2 * sizes[second]
    low, high = min(rest.min(), 0.0) * 1.1, max(rest.max(), 0.0) * 1.1
    return [min(low, -edge), high] if drift[first] < 0 else [low, max(high, edge)], [first]


def _names(rows: pd.DataFrame) -> list[str]:
    """Names of groups; of assets, with the symbol where two symbols hold the same."""
    if "asset" not in rows:
        return list(rows["name"])
    twice = rows["asset"].duplicated(keep=False)
    return [
        f"{a} · {s}" if t else a
        for a, s, t in zip(rows["asset"], rows["symbol"], twice, strict=True)
    ]
