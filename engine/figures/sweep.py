"""What every threshold would give: clusters, largest, single assets, silhouette."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine import format as fmt
from engine.analytics.suggest import Suggestion
from engine.analytics.sweep import Sweep
from engine.figures.layout import axis, finish
from engine.figures.palette import CLUSTER_COLORS, Ground
from engine.params import SEED_THRESHOLDS

PANELS = (
    ("n_clusters", "clusters"),
    ("largest", "assets in the largest"),
    ("singletons", "assets alone"),
    ("silhouette", "mean silhouette"),
)


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
    figure = make_subplots(rows=len(PANELS), cols=1, shared_xaxes=True, vertical_spacing=0.035)
    rows = np.column_stack([getattr(sweep, name) for name, _ in PANELS] + [sweep.mean_correlation])
    hover = (
        "t = %{x:.2f}<br>%{customdata[0]:.0f} clusters, largest %{customdata[1]:.0f}<br>"
        "%{customdata[2]:.0f} assets alone<br>silhouette %{customdata[3]:.3f}<br>"
        "mean ρ inside %{customdata[4]:.2f}<extra></extra>"
    )
    for k, (name, label) in enumerate(PANELS):
        figure.add_scatter(
            x=sweep.thresholds, y=np.asarray(getattr(sweep, name), dtype=float), mode="lines",
            line={"color": CLUSTER_COLORS[0], "width": 1.8, "shape": "hv"}, row=k + 1, col=1,
            customdata=rows, hovertemplate=hover, name=label,
        )  # fmt: skip
        figure.update_yaxes(
            axis(on, label, rangemode="normal" if name == "silhouette" else "tozero", nticks=5),
            row=k + 1, col=1,
        )  # fmt: skip
    figure.update_xaxes(axis(on), range=[sweep.thresholds[0], sweep.thresholds[-1]])
    figure.update_xaxes(title_text="threshold t", row=len(PANELS), col=1)
    marks: list[tuple[float, str, str, str]] = []
    if seeds:
        marks += [(t, regime, on.muted, "dot") for regime, t in SEED_THRESHOLDS.items()]
    if suggestion.threshold is not None:
        marks.append((suggestion.threshold, "suggested", CLUSTER_COLORS[2], "dash"))
    marks.append((threshold, "now", on.accent, "solid"))
    for k, (t, text, color, dash) in enumerate(marks):
        # The current and the suggested t may fall on a seed's: each has a line of text of its own.
        row = 0 if text in SEED_THRESHOLDS else 1 + len(marks) - 1 - k
        figure.add_vline(x=t, line={"color": color, "width": 1.5, "dash": dash})
        figure.add_annotation(
            x=t, y=1, xref="x", yref="paper", yanchor="bottom", yshift=2 + 13 * row,
            text=f"{text} {fmt.threshold(t)}", showarrow=False, font={"size": 11, "color": color},
        )  # fmt: skip
    at = f"t = {fmt.threshold(threshold)}"
    title = f"Clusters against the threshold; {fmt.count(n_clusters, 'cluster')} at {at}"
    margin = {"l": 64, "r": 16, "t": 84, "b": 44}
    return finish(figure, title, on, 680, margin=margin, hovermode="closest")
