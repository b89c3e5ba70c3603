"""What every threshold would give: clusters, largest, single assets, silhouette."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from engine.analytics.suggest import Suggestion
from engine.analytics.sweep import Sweep
from engine.core import format as fmt
from engine.core.symbols import named
from engine.figures.layout import axis, finish, note
from engine.figures.palette import CLUSTER_COLORS, Ground
from engine.params import RegimeParams

PANELS = (
    ("n_clusters", "clusters"),
    ("largest", "assets in the largest"),
    ("singletons", "assets alone"),
    ("silhouette", "mean silhouette"),
)

ROW_GAP = 0.03  # of the rows' height, between two rows
HEIGHT = 693
MARGIN = {"l": 64, "r": 16, "t": 97, "b": 44}


def sweep_chart(
    sweep: Sweep,
    suggestion: Suggestion,
    threshold: float,
    n_clusters: int,
    on: Ground,
    *,
    seeds: Mapping[str, float] | None = None,
) -> go.Figure:
    """Four rows over one threshold axis, with the current, the seed's and the suggested t.

    threshold, n_clusters: the cut in use.
    seeds: regime to threshold, where these have a meaning (not for Ward heights); by default the
    regime's own.
    """
    seeds = RegimeParams().thresholds if seeds is None else seeds
    traces, axes = sweep_rows(sweep, on)
    return finish(
        traces, title(threshold, n_clusters, bool(seeds)), on, HEIGHT, margin=MARGIN,
        hovermode="x unified", **marks(suggestion, threshold, on, seeds), **axes,
        xaxis=threshold_axis(sweep, on, f"y{len(PANELS)}", bool(seeds)),
    )  # fmt: skip


def title(threshold: float, n_clusters: int, seeds: bool) -> str:
    """What the rows show, and the cut in use; short enough for a telephone."""
    at = f"{unit(seeds)} = {fmt.threshold(threshold)}"
    return f"Clusters against {axis_name(seeds)}; {fmt.count(n_clusters, 'cluster')} at {at}"


def axis_name(seeds: bool) -> str:
    """What a threshold is called where nothing else says what it is."""
    return named("t") if seeds else "Ward height"


def unit(seeds: bool) -> str:
    """What a threshold is called: Ward heights, for which the seed's mean nothing, are not t."""
    return "t" if seeds else "height"


def sweep_rows(
    sweep: Sweep, on: Ground, low: float = 0.0
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Traces and y axes of the rows, on the part of the paper's height above `low`."""
    # As text: what is not defined at a threshold is a dash, not "NaN".
    rows = [
        [int(k), int(largest), int(alone), fmt.number(width, 3), fmt.number(rho)]
        for k, largest, alone, width, rho in zip(
            sweep.n_clusters, sweep.largest, sweep.singletons, sweep.silhouette,
            sweep.mean_correlation, strict=True,
        )
    ]  # fmt: skip
    hover = (
        "%{customdata[0]} clusters, largest %{customdata[1]}<br>"
        "%{customdata[2]} assets alone<br>silhouette %{customdata[3]}<br>"
        f"mean {named('ρ')} inside %{{customdata[4]}}<extra></extra>"
    )
    traces, axes = [], {}
    share = (1 - low) / len(PANELS)
    for k, (name, label) in enumerate(PANELS):
        number = "" if k == 0 else str(k + 1)
        traces.append(
            {
                "type": "scatter", "mode": "lines", "name": label, "yaxis": f"y{number}",
                "x": sweep.thresholds, "y": np.asarray(getattr(sweep, name), dtype=float),
                # A value holds around its threshold, as a cell of the membership map does.
                "line": {"color": CLUSTER_COLORS[0], "width": 1.8, "shape": "hvh"},
                "customdata": rows, "hovertemplate": hover,
            }
        )  # fmt: skip
        top = 1 - k * share
        axes[f"yaxis{number}"] = axis(
            on, label, domain=[top - share + ROW_GAP * (1 - low), top], nticks=5,
            rangemode="normal" if name == "silhouette" else "tozero",
        )  # fmt: skip
    return traces, axes


def threshold_axis(sweep: Sweep, on: Ground, anchor: str, seeds: bool) -> dict[str, Any]:
    """The axis that all rows share, with one cursor across them."""
    return axis(
        on, axis_name(seeds), anchor=anchor,
        range=[sweep.thresholds[0], sweep.thresholds[-1]],
        showspikes=True, spikemode="across", spikesnap="hovered data", spikethickness=1,
        spikedash="solid", spikecolor=on.muted, hoverformat=".2f",
        unifiedhovertitle={"text": f"{unit(seeds)} = %{{x:.2f}}"},
    )  # fmt: skip


def marks(
    suggestion: Suggestion, threshold: float, on: Ground, seeds: Mapping[str, float]
) -> dict[str, list[dict[str, Any]]]:
    """Lines across all rows, with their names above, as `shapes` and `annotations`."""
    found: list[tuple[float, str, str, str]] = []
    found += [(t, regime, on.muted, "dot") for regime, t in seeds.items()]
    if suggestion.threshold is not None:
        found.append((suggestion.threshold, "suggested", CLUSTER_COLORS[2], "dash"))
    found.append((threshold, "now", on.accent, "solid"))
    lines, notes = [], []
    for k, (t, text, color, dash) in enumerate(found):
        # The current and the suggested t may fall on a seed's: each has a line of text of its own.
        # The seed's take turns on two lines, so that they stay apart on a narrow screen.
        level = k % 2 if text in seeds else 1 + len(found) - k
        lines.append(
            {
                "type": "line", "x0": t, "x1": t, "y0": 0, "y1": 1, "yref": "paper",
                "line": {"color": color, "width": 1.5, "dash": dash},
            }
        )  # fmt: skip
        notes.append(
            note(
                t, 1, f"{text} {fmt.threshold(t)}", color, yref="paper", yanchor="bottom",
                yshift=2 + 13 * level,
            )
        )  # fmt: skip
    return {"shapes": lines, "annotations": notes}
