"""The table of drift with its bars, filtered and sorted; and what cannot be weighed as others."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from engine.desk import DriftView
from engine.figures.drift import drift_bars
from engine.figures.palette import Ground
from engine.tables import drift as drift_tables
from pages.shared import blocks, exports
from pages.shared.controls import draw, values
from pages.trade.drift.controls import ACTION, BY, CLASS, FIND, LINES, NAMES_BY, SORT
from pages.trade.shared import columns as columns_trade
from pages.trade.shared import data as ticket_data


def missing(found: DriftView) -> list[exports.File]:
    """What cannot be weighed as others are; returns its file."""
    table = drift_tables.missing_table(found.drift, found.missing, ticket_data.assets(found))
    if not len(table):
        return []
    st.markdown(f"**Left, stale or without a price: {len(table)}**")
    blocks.table(
        table, "missing", columns_trade.PROBLEM_COLUMNS,
        column_order=columns_trade.seen(table, columns_trade.PROBLEM_COLUMNS),
        alt="What left the universe, has an old price or none, and what is done with it.",
    )  # fmt: skip
    name = f"problems-{found.as_of}.csv"
    return [exports.csv(table, name, "Problems as CSV", "missing_csv")]


@st.fragment
def lines(found: DriftView, on: Ground, files: Sequence[exports.File]) -> None:
    """Drift by asset, cluster or class: bars beside the table, filtered and sorted alike.

    files: what else of the section there is to be had.
    """
    assets, market = ticket_data.assets(found), found.market
    clusters = {s: f"{c.id} {c.name}" for c in found.portfolio.analysis.cut.clusters
                for s in c.members}  # fmt: skip
    whole = drift_tables.drift_table(found.drift, assets, market.classes, clusters)
    classes, actions = sorted(set(whole["class"])), sorted(set(whole["action"]))
    by = _line_controls(classes, actions)
    if by != "asset":
        groups = found.drift.by_cluster if by == "cluster" else found.drift.by_class
        table = drift_tables.drift_group_table(groups)
        shown = drift_tables.dressed(table, money=("money",), points=("drift",))
        columns = columns_trade.GROUP_COLUMNS
    else:
        state = st.session_state
        table = drift_tables.chosen(
            whole, state[SORT.key], find=state[FIND.key] or "",
            classes=state[CLASS.key], actions=state[ACTION.key],
        )  # fmt: skip
        shown = drift_tables.coloured_drift(table)
        most = float(whole[["held", "target"]].max().max())
        columns = columns_trade.drift(found.state.base_currency, most)
    if len(table):
        blocks.chart(
            drift_bars(table, f"Drift by {by}", on), key="drift_bars",
            alt="Drift as bars, right what is to be bought, left what is to be sold; the table "
            "holds the numbers.",
        )  # fmt: skip
    else:
        st.caption("Nothing is left by these filters.")
    told = f"{len(table)} of {len(whole)} rows, CASH among them." if by == "asset" else ""
    name = f"drift-{by}-{found.as_of}.csv"
    with blocks.note_row(told):
        exports.menu(
            "line_files",
            [exports.csv(table, name, "Drift as CSV", f"drift_csv_{by}"), *files],
        )  # fmt: skip
    blocks.table(
        shown, f"drift_table_{by}", columns, height=min(36 + 30 * max(len(table), 1), 640),
        alt="Last, held, target and drift, in weight and money, with what to do.",
        column_order=columns_trade.seen(table, columns),
    )  # fmt: skip


def _line_controls(classes: Sequence[str], actions: Sequence[str]) -> str:
    for control in (BY, SORT, FIND):
        values.take(control)
    for control, choices in ((CLASS, classes), (ACTION, actions)):
        found = values.take(control.among(choices), [])
        # What is held changes with the date, and a choice may be gone.
        st.session_state[control.key] = [v for v in found if v in choices]
    values.write(LINES)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        by = draw.segments(BY, format_func=draw.words_of(NAMES_BY))
        off = by != "asset"
        draw.select(SORT, width=190, disabled=off)
        st.text_input(
            FIND.label, key=FIND.key, width=180, disabled=off, max_chars=80,
            placeholder="asset, symbol, cluster",
        )  # fmt: skip
        draw.pills(CLASS, classes, disabled=off)
        draw.pills(ACTION, actions, disabled=off)
    return by
