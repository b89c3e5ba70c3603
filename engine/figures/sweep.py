"""What every threshold would give: clusters, largest, single assets, silhouette."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from engine import format as fmt
from engine.analytics.suggest import Suggestion
from engine.analytics.sweep import Sweep
from engine.figures.layout import axis, finish, note
from engine.figures.palette import CLUSTER_COLORS, Ground
from engine.params import SEED_THRESHOLDS

PANELS = (
    ("n_clusters", "clusters"),
    ("largest", "assets in the largest"),
    ("singletons", "assets alone"),
    ("silhouette", "mean silhouette"),
)

ROW_GAP = 0.03  # of the chart's height, between two rows


def sweep_chart(
    sweep: Sweep,
    suggestion: Suggestion,
    threshold: float,
    n_clusters: int,
    on: Ground,
    *,
    seeds: bool = True,
) -> go.Figure:
    """Four rows over one threshold axis, with the current, the seed's and the suggested t.

    threshold, n_clusters: the cut in use.
    seeds: whether the seed's thresholds have a meaning here (not for Ward heights).
    """
    rows = np.column_stack([getattr(sweep, name) for name, _ in PANELS] + [sweep.mean_correlation])
    hover = (
        "t = %{x:.2f}<br>%{customdata[0]:.0f} clusters, largest %{customdata[1]:.0f}<br>"
        "%{customdata[2]:.0f} assets alone<br>silhouette %{customdata[3]:.3f}<br>"
        "mean ρ inside %{customdata[4]:.2f}<extra></extra>"
    )
    traces, axes = [], {}
    for k, (name, label) in enumerate(PANELS):
        number = "" if k == 0 else str(k + 1)
        traces.append(
            {
                "type": "scatter", "mode": "lines", "name": label, "yaxis": f"y{number}",
                "x": sweep.thresholds, "y": np.asarray(getattr(sweep, name), dtype=float),
                "line": {"color": CLUSTER_COLORS[0], "width": 1.8, "shape": "hv"},
                "customdata": rows, "hovertemplate": hover,
            }
        )  # fmt: skip
        top = 1 - k / len(PANELS)
        axes[f"yaxis{number}"] = axis(
            on, label, domain=[top - 1 / len(PANELS) + ROW_GAP, top], nticks=5,
            rangemode="normal" if name == "silhouette" else "tozero",
        )  # fmt: skip
    marks: list[tuple[float, str, str, str]] = []
    if seeds:
        marks += [(t, regime, on.muted, "dot") for regime, t in SEED_THRESHOLDS.items()]
    if suggestion.threshold is not None:
        marks.append((suggestion.threshold, "suggested", CLUSTER_COLORS[2], "dash"))
    marks.append((threshold, "now", on.accent, "solid"))
    lines, notes = [], []
    for k, (t, text, color, dash) in enumerate(marks):
        # The current and the suggested t may fall on a seed's: each has a line of text of its own.
        level = 0 if text in SEED_THRESHOLDS else len(marks) - k
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
    at = f"t = {fmt.threshold(threshold)}"
    return finish(
        traces, f"Clusters against the threshold; {fmt.count(n_clusters, 'cluster')} at {at}", on,
        680, margin={"l": 64, "r": 16, "t": 84, "b": 44}, hovermode="closest", shapes=lines,
        annotations=notes, **axes,
        xaxis=axis(
            on, "threshold t", anchor=f"y{len(PANELS)}",
            range=[sweep.thresholds[0], sweep.thresholds[-1]],
        ),
    )  # fmt: skip
