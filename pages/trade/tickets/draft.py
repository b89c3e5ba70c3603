"""Propose: the plan line by line, quantities to be edited, and what the trades would lead to."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from engine.core import format as fmt
from engine.core.errors import CutlineError
from engine.core.words import TicketState
from engine.desk import DriftView
from engine.params.trading import TradeParams
from engine.research.caps import Cap, broken, caps, odd_lots, same_trades
from engine.tables import tickets as ticket_tables
from engine.tables.drift import dressed
from engine.tables.plan import plan_figures, plan_table
from engine.trading.trades import TradePlan
from pages.shared import blocks, exports
from pages.shared.controls import trading as trade_controls
from pages.trade.shared import columns as columns_trade
from pages.trade.shared import data as ticket_data
from pages.trade.tickets import columns as columns_ticket
from pages.trade.tickets import editor as ticket_editor

KEY = "ticket_draft"
_OPEN = (TicketState.PROPOSED, TicketState.APPROVED)


def section(drift: DriftView, trade: TradeParams, found: ticket_data.Tickets) -> None:
    """The plan, its edits, the live check, and the button that puts it on a ticket."""
    plan = ticket_data.plan(drift, trade)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            "Bands, limits and costs are those set on the page Drift. A ticket is put on record by "
            "*Propose*; nothing is before.", width="content",
        )  # fmt: skip
        st.page_link("pages/trade/drift/page.py", label="Change them on Drift")
    if not plan.lines and not plan.untraded:
        st.caption("There is nothing to trade: nothing is held, and nothing is wanted.")
        return
    try:
        trades, edits = _edited(drift, trade, plan)
        made = ticket_data.edited_plan(drift, trade, trades) if edits else plan
    except CutlineError as error:
        st.error(blocks.plain(str(error)))
        st.button("Propose", key="ticket_propose", disabled=True)
        return
    if edits:
        _as_edited(drift, made)
    checked = caps(drift.portfolio, drift.valued.weights, made.weights_after)
    _check(drift, trade, made, checked)
    _propose(drift, trade, made, trades if edits else None, found)


def _edited(
    drift: DriftView, trade: TradeParams, plan: TradePlan
) -> tuple[dict[str, Decimal], ticket_editor.Edits]:
    """The trades as edited, and the edits. Raises InputError naming what is no amount."""
    frame = ticket_tables.draft_table(
        plan, drift.state.quantities, drift.target, ticket_data.assets(drift),
        drift.market.classes, drift.market.prices, drift.notional,
    )  # fmt: skip
    columns = dict(columns_ticket.DRAFT_COLUMNS)
    if frame["volume"].isna().all():
        columns["volume"] = None
        st.caption("No volume is known of these: no share of the daily volume is shown.")
    shown, edits = ticket_editor.edited(
        KEY, ticket_data.made_from(drift, trade), frame, columns,
        ["trade"], "Every planned trade with its reason, then what is left as it is; the column "
        "trade can be edited.", min(36 + 30 * len(frame), 420),
    )  # fmt: skip
    row = ticket_editor.undo_buttons(KEY)
    trades = ticket_tables.edited_trades(plan, shown, edits)
    # As numbers: what begins with a minus as text would be neutralised.
    table = shown.assign(trade=[float(trades.get(symbol, 0)) for symbol in shown["symbol"]])
    name = f"draft-{drift.as_of}.csv"
    with row:
        exports.menu("draft_files", [exports.csv(table, name, "Draft as CSV", "ticket_draft_csv")])
    return trades, edits


def _as_edited(drift: DriftView, made: TradePlan) -> None:
    """The trades as they are now, with what follows from their size."""
    table = plan_table(made, ticket_data.assets(drift), drift.market.classes)
    if not len(table):
        return
    with st.expander(f"As edited: {fmt.count(len(table), 'trade')}", key="draft_edited_open"):
        blocks.table(
            dressed(table, money=("value",)), "ticket_edited", columns_trade.PLAN_COLUMNS,
            height=min(36 + 30 * len(table), 320),
            alt="Each trade as edited: quantity, value, weights, cost, share of daily volume.",
            column_order=list(columns_trade.PLAN_COLUMNS),
        )  # fmt: skip


def _check(drift: DriftView, trade: TradeParams, made: TradePlan, checked: tuple[Cap, ...]) -> None:
    st.markdown("**What these trades lead to**")
    currency = drift.state.base_currency
    row = blocks.figures_row([*plan_figures(made, currency), *ticket_tables.cap_figures(checked)])
    for note in made.notes:
        st.warning(blocks.plain(note))
    if odd := odd_lots(made, drift.market.classes, trade):
        names = blocks.plain(fmt.listing(odd))
        st.warning(f"Part of a unit, where whole ones are traded: {names}.")
    if over := broken(checked):
        named = fmt.listing([f"{c.kind} {c.name} at {fmt.percent(c.after, 2)}" for c in over])
        st.warning(blocks.plain(f"These limits are passed after the trades: {named}."))
    table = ticket_tables.cap_table(checked)
    near = table[table["state"] != "within"]
    if len(near):
        blocks.table(
            near, "ticket_caps", columns_ticket.CAP_COLUMNS,
            alt="Limits that the trades reach or pass, the least room first.",
        )  # fmt: skip
    else:
        st.caption("After these trades no limit is reached.")
    with st.expander(f"All {len(table)} limits"):
        blocks.table(
            table, "ticket_all_caps", columns_ticket.CAP_COLUMNS, height=420,
            alt="Every limit before and after the trades and at the target.",
        )  # fmt: skip
    name = f"limits-{drift.as_of}.csv"
    with row:
        exports.menu("cap_files", [exports.csv(table, name, "Limits as CSV", "ticket_caps_csv")])


def _propose(
    drift: DriftView, trade: TradeParams, made: TradePlan, trades: dict[str, Decimal] | None,
    found: ticket_data.Tickets,
) -> None:  # fmt: skip
    """The button, or why there is none. A second click finds the ticket and proposes nothing."""
    twin = next(
        (
            stored.ticket_id
            for stored, ticket in ((record.stored, record.ticket) for record in found)
            if stored.state in _OPEN
            and stored.ledger_head == drift.ledger_head
            and ticket.as_of == drift.as_of
            and same_trades(made, ticket)
        ),
        None,
    )
    why = ""
    if twin:
        why = f"These trades are on the ticket {twin} already: edit them, or cancel it first."
    elif not made.lines:
        why = "There is no trade to propose."
    with st.container(horizontal=True, vertical_alignment="bottom"):
        trade_controls.expiry_control()
        pressed = st.button("Propose", key="ticket_propose", disabled=bool(why))
        st.caption(why or "Stores the run and its audit with the ticket.", width="content")
    if pressed and not why:
        with st.spinner("Storing the run, auditing it"):
            ticket_data.act(
                lambda: ticket_data.propose(drift, trade, trades),
                lambda stored: f"Ticket {stored.ticket_id} is proposed.",
                then="tickets",
            )
        st.rerun()
