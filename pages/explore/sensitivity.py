"""Sensitivity: what every threshold would give."""

from __future__ import annotations

import streamlit as st

from engine import tables
from engine.figures.sweep import sweep_chart
from pages.parts import blocks, controls, data, frame

view = frame.view()
view = data.over_the_tree(view)
panel, cut, swept = data.panel(view), data.cut(view), data.swept(view)
suggestion = swept.suggestion
ward = view.params.tree.linkage == "ward"

blocks.figures_row(tables.cut_summary(panel, data.correlation(view), cut))
with st.container(horizontal=True, vertical_alignment="center"):
    st.markdown(suggestion.reason)
    if suggestion.threshold is not None:
        st.button(
            f"Use t = {tables.threshold_text(suggestion.threshold)}", key="use_suggested",
            on_click=controls.set_threshold, args=(suggestion.threshold, ward),
            disabled=suggestion.threshold == cut.threshold,
        )  # fmt: skip
blocks.chart(
    sweep_chart(
        swept.sweep, suggestion, cut.threshold, len(cut.clusters), frame.inks(), seeds=not ward
    ),
    key="sweep",
    alt="Clusters, largest cluster, single assets and silhouette against the threshold; "
    "the table below holds the numbers.",
)  # fmt: skip
table = tables.sweep_table(swept.sweep)
blocks.table(
    table, "sweep_table", blocks.SWEEP_COLUMNS, height=420,
    alt="One row a threshold: clusters, largest, single assets, mean correlation, silhouette.",
)  # fmt: skip
blocks.download(table, f"sweep-{panel.as_of}.csv", "Sweep as CSV", key="sweep_csv")
