"""What all charts share: margins, fonts, axes, title."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from engine.figures.escaping import escape_layout, escape_trace
from engine.figures.palette import Ground

FONT = "Source Sans, Source Sans Pro, -apple-system, Segoe UI, sans-serif"


def axis(on: Ground, title: str = "", **more: Any) -> dict[str, Any]:
    """A plain axis: thin grid, muted ticks, no zero line."""
    return {
        "title": {"text": title, "font": {"size": 12, "color": on.muted}, "standoff": 6},
        "gridcolor": on.grid,
        "linecolor": on.grid,
        "tickfont": {"size": 11, "color": on.muted},
        "zeroline": False,
        **more,
    }


def finish(
    traces: list[dict[str, Any]], title: str, on: Ground, height: int, **more: Any
) -> go.Figure:
    """A figure of traces and layout as plain values: title at the left, tight margins; its text is
    shown as it is (`escaping`).

    Built in one go: Plotly checks a whole figure about five times faster than its parts one by one.
    """
    layout: dict[str, Any] = {
        "title": {
            "text": title, "x": 0, "xref": "paper", "xanchor": "left", "y": 1, "yref": "container",
            "yanchor": "top", "pad": {"t": 8}, "font": {"size": 14, "color": on.ink},
        },
        "height": height,
        "margin": {"l": 56, "r": 12, "t": 36, "b": 44},
        "font": {"family": FONT, "size": 12, "color": on.ink},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "hoverlabel": {
            "font": {"size": 12, "color": on.ink}, "bgcolor": on.paper, "bordercolor": on.muted,
            "align": "left",
        },
        "template": "none",
    }  # fmt: skip
    return go.Figure(
        {"data": [escape_trace(t) for t in traces], "layout": escape_layout(layout | more)}
    )  # fmt: skip


def note(x: Any, y: float, text: str, color: str, size: int = 11, **more: Any) -> dict[str, Any]:
    """An annotation without an arrow."""
    font = {"size": size, "color": color}
    return {"x": x, "y": y, "text": text, "showarrow": False, "font": font, **more}
