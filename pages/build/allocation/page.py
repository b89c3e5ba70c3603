"""Allocation: weights, what they risk, what limits them, and how they compare."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from engine import tables
from engine.core import format as fmt
from engine.core.errors import CutlineError
from engine.core.weights import one_way
from engine.figures.allocation import cluster_shares, weight_treemap
from engine.pipeline import Portfolio, weights_of
from pages.build.allocation import columns as columns_build
from pages.build.allocation import data as build_data
from pages.build.allocation import sections as build_sections
from pages.build.allocation.controls import BENCHMARK, RULES, SECTION, STRESS, WEIGHTS
from pages.shared import blocks, data, exports, frame, tabs, who
from pages.shared.controls import allocation as build_controls

_SAVED = "_run_saved"
view = build_controls.controls(frame.view())
on = frame.inks()
universe = view.opened.snapshot.info.name
assets = dict(zip(data.panel(view).symbols, data.panel(view).assets, strict=True))
runs = build_data.runs(universe)


def save() -> None:
    """Store the portfolio as a run."""
    try:
        run = data.desk().save_run(universe, view.params, by=who.name())
        st.session_state[_SAVED] = f"Saved as run {run.run_id}."
    except CutlineError as error:
        st.session_state[_SAVED] = f"Nothing was saved: {error}"


def head(made: Portfolio) -> Any:
    """The figures, what is to be said of them, and the button that stores it. Returns the row of
    buttons."""
    turnover, since = None, ""
    if runs:
        turnover = one_way(build_data.weights_of(runs[0]), weights_of(made))
        since = f"One-way, from {build_sections.run_name(runs[0])}"
    blocks.figures_row(tables.allocation_summary(made, turnover, since))
    row = st.container(horizontal=True, vertical_alignment="center")
    with row:
        st.button("Save run", key="save_run", on_click=save)
    if told := st.session_state.pop(_SAVED, None):
        st.markdown(blocks.plain(told))
    notes = [*made.allocation.notes]
    if made.allocation.cash > 0:
        cash = fmt.percent(made.allocation.cash)
        notes.insert(0, f"CASH {cash}: {made.allocation.cash_reason}")
    if notes:
        st.caption(blocks.plain(" ".join(notes)))
    return row


def weights(made: Portfolio) -> list[exports.File]:
    """The portfolio itself: weights, risk, limits."""
    held, clusters = build_data.holding_frames(view)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        blocks.chart(
            weight_treemap(held, clusters, made.allocation.cash, on), key="treemap",
            alt="Weights by cluster and asset as areas; the table holds the numbers.",
        )  # fmt: skip
    table = tables.holding_table(held, made.allocation.cash)
    with right:
        colors = dict(zip(clusters["id"], clusters["color"], strict=True))
        blocks.table(
            tables.coloured_holdings(table, colors, on), "holding_table",
            columns_build.HOLDING_COLUMNS, height=420,
            alt="Holdings with weight, cluster, shares of risk and CVaR, fragility, momentum.",
        )  # fmt: skip
    left, right = st.columns(2, gap="medium")
    with left:
        blocks.chart(
            cluster_shares(clusters, on), key="cluster_shares",
            alt="Weight, share of volatility and share of CVaR of each cluster.",
        )  # fmt: skip
    with right:
        st.markdown("**Clusters with a weight**")
        shares = tables.cluster_weight_table(clusters)
        blocks.table(
            shares, "cluster_weights", columns_build.CLUSTER_WEIGHT_COLUMNS, height=300,
            alt="Clusters with weight, shares of risk and CVaR, fragility.",
        )  # fmt: skip
        every = limits(made)
    everyone = tables.holding_table(held, made.allocation.cash, everyone=True)
    as_of = view.params.data.as_of
    return [
        exports.csv(table, f"weights-{as_of}.csv", "Weights as CSV", "weights_csv"),
        exports.csv(everyone, f"members-{as_of}.csv", "All members as CSV", "everyone_csv"),
        exports.csv(shares, f"cluster-weights-{as_of}.csv", "Clusters as CSV", "cluster_csv"),
        exports.csv(every, f"limits-{as_of}.csv", "Limits as CSV", "limits_csv"),
    ]


def limits(made: Portfolio) -> pd.DataFrame:
    """What holds the weights back; returns every limit."""
    st.markdown(f"**Limits reached: {len(made.allocation.binding)}**")
    reached = tables.binding_table(made)
    if len(reached):
        blocks.table(
            reached, "binding", columns_build.BINDING_COLUMNS,
            alt="Limits that the weights have reached.",
        )  # fmt: skip
    else:
        st.caption("No limit holds the weights back.")
    every = tables.limit_table(made)
    with st.expander(f"All {len(every)} limits"):
        blocks.table(
            every, "limits", columns_build.LIMIT_COLUMNS, height=420,
            alt="Every limit with value, sides and room, the nearest first.",
        )  # fmt: skip
    return every


def section(name: str, made: Portfolio) -> list[exports.File]:
    """One that needs weights."""
    if name == WEIGHTS:
        return weights(made)
    if name == BENCHMARK:
        return build_sections.benchmark(view, made, assets, on)
    if name == STRESS:
        return build_sections.stress(view, made, assets, on)
    return build_sections.why(view, runs, assets, on)


made = build_data.portfolio(view)
if isinstance(made, str):
    st.error(blocks.plain(made))
    row = st.container()
else:
    row = head(made)
name, place = tabs.opened(SECTION)
files: list[exports.File] = []
with place:
    if name == RULES:
        files = build_sections.comparison(view, assets, on)
    elif isinstance(made, str):
        st.caption("There are no weights: what was said above comes first.")
    else:
        files = section(name, made)
with row:
    exports.menu("allocation_files", files)
