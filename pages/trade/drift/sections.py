"""Sections of the page Drift: causes, bands and limits, history.

What does not run by itself returns what of it there is as files.
"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from engine.core import format as fmt
from engine.core.errors import CutlineError
from engine.core.words import Status
from engine.desk import DriftView
from engine.figures.drift import (
    cause_bars,
    cause_waterfall,
    drift_history,
    effect_chart,
)
from engine.figures.palette import Ground
from engine.params.trading import DriftParams, TradeParams
from engine.research.drift import asset_steps, turnover_steps
from engine.store import PortfolioInfo
from engine.tables import drift as drift_tables
from engine.tables import plan as plan_tables
from engine.trading.causes import PARTS
from pages.shared import blocks, data, exports
from pages.shared.controls import draw, values
from pages.shared.controls import trading as trade_controls
from pages.trade.drift import data as trade_data
from pages.trade.drift.controls import CAUSE, WHOLE
from pages.trade.shared import columns as columns_trade
from pages.trade.shared import data as ticket_data

Files = list[exports.File]


@st.fragment
def causes(found: DriftView, on: Ground) -> None:
    """Why there is drift, for the whole and for one asset."""
    assets = ticket_data.assets(found)
    table = drift_tables.cause_table(found.causes, assets)
    if not len(table):
        st.caption("There is no drift.")
        return
    names = [WHOLE, *table["symbol"]]
    chosen = values.pick(CAUSE, names)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        draw.select(
            CAUSE.among(names), width=300,
            format_func=lambda s: s if s == WHOLE else assets.get(s, s),
        )  # fmt: skip
        name = f"causes-{found.as_of}.csv"
        exports.menu("cause_files", [exports.csv(table, name, "Causes as CSV", "causes_csv")])
    values.write((CAUSE,))
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
        "price: last less held, as prices moved the weight; flows: what cash in and out, "
        "dividends, fees and corrections moved; clusters: what new clusters alone changed in the "
        "target; targets: what new data changed. For one asset they add up to its drift; for the "
        "whole each counts with the sign of the drift that it is part of, so that one which works "
        "against the drift is below 0. The table is in points of weight."
    )
    bars = cause_bars(table, PARTS, on)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        fall = cause_waterfall([(x.name, 100 * x.size, x.total) for x in steps], title, unit, on)
        blocks.chart(
            fall, key="waterfall", alt=f"{title}, as a waterfall of {fmt.listing(list(PARTS))}."
        )
        # Both columns end at the same height.
        room = max(200, bars.layout.height - fall.layout.height - 16)
        blocks.table(
            drift_tables.dressed(table, points=(*PARTS, "drift")), "causes",
            columns_trade.CAUSE_COLUMNS,
            height=min(36 + 30 * len(table), room),
            alt="Each asset's drift as the sum of its causes, in points.",
            column_order=columns_trade.seen(table, columns_trade.CAUSE_COLUMNS),
        )  # fmt: skip
    with right:
        blocks.chart(
            bars, key="cause_bars",
            alt="The largest drifts, each as the sum of its causes; the table holds all.",
        )  # fmt: skip


def trading(view: data.View, found: DriftView, trade: TradeParams, on: Ground) -> Files:
    """Bands and limits, and at once what they do to turnover, cost and what remains."""
    trade_controls.trade_controls(view)
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
        # What is set is shown before the other ways are computed.
        blocks.figures_row(plan_tables.plan_figures(plan, found.state.base_currency))
        for sentence in plan.notes:
            st.warning(blocks.plain(sentence))
        ways = trade_data.ways(found, trade)
    except CutlineError as error:
        st.error(blocks.plain(str(error)))
        return []
    table = plan_tables.effect_table(ways)
    one, other = st.columns([2, 3], gap="medium")
    with one:
        blocks.chart(
            effect_chart(table, on), key="effect_chart",
            alt="Turnover and the drift that remains, as set and under other ways of trading.",
        )  # fmt: skip
    with other:
        blocks.table(
            drift_tables.dressed(table, money=("cost",)), "effects", columns_trade.EFFECT_COLUMNS,
            alt="One row a way of trading: turnover, cost, drift that remains, trades.",
        )  # fmt: skip
    assets, day = ticket_data.assets(found), found.as_of
    trades = plan_tables.plan_table(plan, assets, found.market.classes)
    left = plan_tables.untraded_table(plan, assets)
    _trades(trades)
    _untraded(left)
    files = [exports.csv(table, f"ways-{day}.csv", "Ways as CSV", "effects_csv")]
    if len(trades):
        files.append(exports.csv(trades, f"trades-{day}.csv", "Trades as CSV", "plan_csv"))
    if len(left):
        files.append(exports.csv(left, f"untraded-{day}.csv", "Not traded as CSV", "untraded_csv"))
    return files


def _trades(table: pd.DataFrame) -> None:
    st.markdown(f"**What would be traded: {fmt.count(len(table), 'line')}**")
    if not len(table):
        st.caption("Nothing, under these bands and limits.")
        return
    if table["volume"].isna().all():
        st.caption("No volume is known of these: no share of the daily volume is shown.")
    blocks.table(
        drift_tables.dressed(table, money=("value",)), "plan", columns_trade.PLAN_COLUMNS,
        height=min(36 + 30 * len(table), 420),
        alt="Each trade with quantity, value, its reason, weights, price and cost.",
        column_order=columns_trade.seen(table, columns_trade.PLAN_COLUMNS),
    )  # fmt: skip
    st.page_link("pages/trade/tickets/page.py", label="Propose a ticket from this on Tickets")


def _untraded(table: pd.DataFrame) -> None:
    if not len(table):
        return
    with st.expander(f"Not traded: {len(table)}", key="untraded_open"):
        blocks.table(
            table, "untraded", columns_trade.UNTRADED_COLUMNS,
            height=min(36 + 30 * len(table), 300),
            alt="Each symbol that is held or wanted and not traded, with its reason.",
            column_order=columns_trade.seen(table, columns_trade.UNTRADED_COLUMNS),
        )  # fmt: skip


def past(
    history: pd.DataFrame, info: PortfolioInfo, drift: DriftParams, on: Ground
) -> Files:  # fmt: skip
    """Drift at month ends, and how often the thresholds would have fired."""
    if not len(history):
        st.caption("Nothing has been held at a month end by this date.")
        return []
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
                    Status.REBALANCE: 100 * drift.rebalance_turnover,
                    Status.URGENT: 100 * drift.urgent_turnover,
                },
                on,
            ),
            key="drift_history",
            alt="Turnover to the target at each month end, with its status and the thresholds.",
        )  # fmt: skip
    with right:
        blocks.table(
            drift_tables.dressed(table, money=("value",)), "history",
            columns_trade.HISTORY_COLUMNS, height=min(36 + 30 * len(table), 300),
            alt="One row a month end: turnover to the target, largest drift, status, value.",
        )  # fmt: skip
    return [exports.csv(table, f"{info.name}-history.csv", "History as CSV", "history_csv")]
