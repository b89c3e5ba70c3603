"""Sections of the page Drift: the table with its bars, causes, bands and limits, history."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from engine import format as fmt
from engine.desk import DriftView
from engine.errors import CutlineError
from engine.figures.drift import (
    cause_bars,
    cause_waterfall,
    drift_bars,
    drift_history,
    effect_chart,
)
from engine.figures.palette import Ground
from engine.portfolio.trade_params import DriftParams, TradeParams
from engine.research.drift import PARTS, asset_steps, turnover_steps
from engine.store import PortfolioInfo
from engine.tables import drift as drift_tables
from pages.parts import (
    address,
    blocks,
    columns_trade,
    data,
    ticket_data,
    trade_controls,
    trade_data,
)

BY = {"asset": "Asset", "cluster": "Cluster", "class": "Class"}
KEYS = ("drift_by", "drift_sort", "drift_class", "drift_action", "drift_find", "drift_cause")
_BETWEEN = ";"
WHOLE = "The whole"


def missing(found: DriftView) -> None:
    """What cannot be weighed as others are."""
    table = drift_tables.missing_table(found.drift, found.missing, ticket_data.assets(found))
    if not len(table):
        return
    st.markdown(f"**Left, stale or without a price: {len(table)}**")
    blocks.table(
        table, "missing", columns_trade.PROBLEM_COLUMNS,
        alt="What left the universe, has an old price or none, and what is done with it.",
    )  # fmt: skip
    blocks.download(table, f"problems-{found.as_of}.csv", "Problems as CSV", key="missing_csv")


@st.fragment
def lines(found: DriftView, on: Ground) -> None:
    """Drift by asset, cluster or class: bars beside the table, filtered and sorted alike."""
    assets, market = ticket_data.assets(found), found.market
    clusters = {s: f"{c.id} {c.name}" for c in found.portfolio.analysis.cut.clusters
                for s in c.members}  # fmt: skip
    whole = drift_tables.drift_table(found.drift, assets, market.classes, clusters)
    classes, actions = sorted(set(whole["class"])), sorted(set(whole["action"]))
    by = _line_controls(classes, actions)
    if by != "asset":
        groups = found.drift.by_cluster if by == "cluster" else found.drift.by_class
        table = drift_tables.drift_group_table(groups)
        shown, columns = table, columns_trade.GROUP_COLUMNS
    else:
        state = st.session_state
        table = drift_tables.chosen(
            whole, state["drift_sort"], find=state["drift_find"] or "",
            classes=state["drift_class"], actions=state["drift_action"],
        )  # fmt: skip
        shown = drift_tables.coloured_drift(table)
        most = float(whole[["held", "target"]].max().max())
        columns = columns_trade.drift(found.state.base_currency, most)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        if len(table):
            blocks.chart(
                drift_bars(table, f"Drift by {by}", on), key="drift_bars",
                alt="Drift as bars, right what is to be bought, left what is to be sold; the "
                "table holds the numbers.",
            )  # fmt: skip
        else:
            st.caption("Nothing is left by these filters.")
    with right:
        if by == "asset":
            st.caption(f"{len(table)} of {len(whole)} rows, CASH among them.")
        blocks.table(
            shown, f"drift_table_{by}", columns, height=min(36 + 30 * max(len(table), 1), 640),
            alt="Last, held, target and drift, in weight and money, with what to do.",
        )  # fmt: skip
        blocks.download(
            table, f"drift-{by}-{found.as_of}.csv", "Drift as CSV", key=f"drift_csv_{by}"
        )


def _line_controls(classes: Sequence[str], actions: Sequence[str]) -> str:
    moved = address.moved(KEYS)
    sorts = tuple(drift_tables.SORTS)
    address.take("drift_by", "asset", lambda v: list(BY)[list(BY).index(v)], str, moved)
    address.take("drift_sort", sorts[0], lambda v: sorts[sorts.index(v)], str, moved)
    address.take("drift_find", "", str, str, moved)
    for key, choices in (("drift_class", classes), ("drift_action", actions)):
        address.take(key, [], lambda v, c=choices: _all_of(v, c), _BETWEEN.join, moved)
        # What is held changes with the date, and a choice may be gone.
        st.session_state[key] = [v for v in st.session_state[key] if v in choices]
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        by = st.segmented_control(
            "By", list(BY), key="drift_by", format_func=BY.get, required=True
        )  # fmt: skip
        off = by != "asset"
        st.selectbox("Sort by", sorts, key="drift_sort", width=190, disabled=off)
        st.text_input(
            "Find", key="drift_find", width=180, disabled=off, max_chars=80,
            placeholder="asset, symbol, cluster",
        )  # fmt: skip
        st.pills(
            "Classes", classes, key="drift_class", selection_mode="multi", disabled=off,
            help="None picked: all",
        )  # fmt: skip
        st.pills(
            "Actions", actions, key="drift_action", selection_mode="multi", disabled=off,
            help="None picked: all",
        )  # fmt: skip
    state = st.session_state
    address.write(
        {
            "drift_by": by, "drift_sort": state["drift_sort"],
            "drift_find": state["drift_find"] or None,
            "drift_class": _BETWEEN.join(state["drift_class"]) or None,
            "drift_action": _BETWEEN.join(state["drift_action"]) or None,
        }
    )  # fmt: skip
    return by


@st.fragment
def causes(found: DriftView, on: Ground) -> None:
    """Why there is drift, for the whole and for one asset."""
    st.subheader("Causes")
    assets = ticket_data.assets(found)
    table = drift_tables.cause_table(found.causes, assets)
    if not len(table):
        st.caption("There is no drift.")
        return
    names = [WHOLE, *table["symbol"]]
    address.take("drift_cause", WHOLE, lambda v: names[names.index(v)], str, address.moved(KEYS))
    if st.session_state["drift_cause"] not in names:
        st.session_state["drift_cause"] = WHOLE
    chosen = st.selectbox(
        "Of", names, key="drift_cause", width=300,
        format_func=lambda s: s if s == WHOLE else assets.get(s, s),
    )  # fmt: skip
    address.write({"drift_cause": chosen})
    if chosen == WHOLE:
        steps = turnover_steps(found.causes)
        title, unit = "Turnover to the target, by cause", "% of the value, one-way"
    else:
        cause = next(c for c in found.causes if c.symbol == chosen)
        held = found.valued.weights.get(chosen, 0.0)
        steps, title, unit = (
            asset_steps(cause, held), f"{assets.get(chosen, chosen)}: from held to target",
            "weight, %",
        )  # fmt: skip
    st.caption(
        "price: last less held, as prices moved the weight; clusters: what new clusters alone "
        "changed in the target; targets: what new data changed. For one asset they add up to its "
        "drift; for the whole each counts with the sign of the drift that it is part of, so that "
        "one which works against the drift is below 0."
    )
    left, right = st.columns([2, 3], gap="medium")
    with left:
        blocks.chart(
            cause_waterfall([(s.name, 100 * s.size, s.total) for s in steps], title, unit, on),
            key="waterfall", alt=f"{title}, as a waterfall of price, clusters and targets.",
        )  # fmt: skip
        blocks.table(
            table, "causes", columns_trade.CAUSE_COLUMNS, height=300,
            alt="Each asset's drift as the sum of its causes, in points.",
        )  # fmt: skip
        blocks.download(table, f"causes-{found.as_of}.csv", "Causes as CSV", key="causes_csv")
    with right:
        blocks.chart(
            cause_bars(table, PARTS, on), key="cause_bars",
            alt="The largest drifts, each as the sum of its causes; the table holds all.",
        )  # fmt: skip


def trading(view: data.View, found: DriftView, trade: TradeParams, on: Ground) -> None:
    """Bands and limits, and at once what they do to turnover, cost and what remains."""
    st.subheader("Bands and limits")
    trade_controls.trade_controls()
    with st.expander("Do not buy, do not sell, restricted", key="lists_open"):
        trade_controls.list_controls(view, tuple(found.state.quantities))
    with st.expander("Costs by class", key="costs_open"):
        trade_controls.cost_controls()
    st.button(
        "Defaults", key="trade_reset", on_click=trade_controls.reset,
        help="Thresholds, rules, bands, limits, lists and costs",
    )  # fmt: skip
    try:
        plan = ticket_data.plan(found, trade)
        ways = trade_data.ways(found, trade)
    except CutlineError as error:
        st.error(blocks.plain(str(error)))
        return
    blocks.figures_row(drift_tables.plan_figures(plan, found.state.base_currency))
    for sentence in plan.notes:
        st.warning(blocks.plain(sentence))
    left, right = st.columns([2, 3], gap="medium")
    with left:
        table = drift_tables.effect_table(ways)
        blocks.chart(
            effect_chart(table, on), key="effect_chart",
            alt="Turnover and the drift that remains, as set and under other ways of trading.",
        )  # fmt: skip
        blocks.table(
            table, "effects", columns_trade.EFFECT_COLUMNS,
            alt="One row a way of trading: turnover, cost, drift that remains, trades.",
        )  # fmt: skip
        blocks.download(table, f"ways-{found.as_of}.csv", "Ways as CSV", key="effects_csv")
    with right:
        assets = ticket_data.assets(found)
        _trades(found, drift_tables.plan_table(plan, assets, found.market.classes))
        _untraded(found, drift_tables.untraded_table(plan, assets))


def _trades(found: DriftView, table) -> None:
    st.markdown(f"**What would be traded: {fmt.count(len(table), 'line')}**")
    if not len(table):
        st.caption("Nothing, under these bands and limits.")
        return
    blocks.table(
        table, "plan", columns_trade.PLAN_COLUMNS, height=min(36 + 30 * len(table), 420),
        alt="Each trade with quantity, price, cost, weights and its reason.",
    )  # fmt: skip
    blocks.download(table, f"trades-{found.as_of}.csv", "Trades as CSV", key="plan_csv")
    st.caption("A ticket is proposed from this on the page Tickets.")


def _untraded(found: DriftView, table) -> None:
    if not len(table):
        return
    with st.expander(f"Not traded: {len(table)}", key="untraded_open"):
        blocks.table(
            table, "untraded", columns_trade.UNTRADED_COLUMNS, height=300,
            alt="Each symbol that is held or wanted and not traded, with its reason.",
        )  # fmt: skip
    blocks.download(table, f"untraded-{found.as_of}.csv", "Not traded as CSV", "untraded_csv")


def past(view: data.View, info: PortfolioInfo, drift: DriftParams, on: Ground) -> None:
    """Drift at month ends, and how often the thresholds would have fired."""
    st.subheader("History")
    history = trade_data.history(view, info, drift)
    if not len(history):
        st.caption("Nothing has been held at a month end by this date.")
        return
    st.caption(
        "Held weights against the target in force then: that of the last ticket, else the holdings "
        "as stated. It is drift by price alone, before any new target."
    )
    table = drift_tables.drift_history_table(history)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        blocks.chart(
            drift_history(
                table,
                {
                    "REBALANCE": 100 * drift.rebalance_turnover,
                    "URGENT": 100 * drift.urgent_turnover,
                },
                on,
            ),
            key="drift_history",
            alt="Turnover to the target at each month end, with its status and the thresholds.",
        )  # fmt: skip
    with right:
        blocks.table(
            table, "history", columns_trade.HISTORY_COLUMNS, height=300,
            alt="One row a month end: turnover to the target, largest drift, status, value.",
        )  # fmt: skip
        blocks.download(table, f"{info.name}-history.csv", "History as CSV", key="history_csv")


def _all_of(text: str, choices: Sequence[str]) -> list[str]:
    found = [v for v in text.split(_BETWEEN) if v]
    if not set(choices).issuperset(found):
        raise ValueError(text)
    return found
