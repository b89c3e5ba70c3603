"""One ticket: what it says, its life so far, its files, and the next step."""

from __future__ import annotations

from functools import partial
from pathlib import PurePath

import streamlit as st

from engine.core import format as fmt
from engine.core.errors import CutlineError
from engine.core.words import TicketState
from engine.desk import TicketRecord
from engine.store import StoredTicket
from engine.tables import tickets as ticket_tables
from engine.tables.drift import dressed
from engine.trading import exports as kinds
from engine.trading.exports.reimport import reimport
from engine.trading.tickets.ticket import Ticket
from pages.shared import blocks, exports, who
from pages.trade.shared import data as ticket_data
from pages.trade.tickets import columns as columns_ticket
from pages.trade.tickets import fills as ticket_fills

_SHOWN = 420


def section(record: TicketRecord, assets: dict[str, str]) -> None:
    """The whole ticket."""
    ticket, stored = record.ticket, record.stored
    blocks.figures_row(ticket_tables.ticket_summary(ticket, stored))
    if stored.override:
        st.caption(blocks.plain(f"Approved against an objection: {stored.override}"))
    table = ticket_tables.order_table(ticket, assets)
    blocks.table(
        dressed(table, money=("value",)), "ticket_orders", columns_ticket.ORDER_COLUMNS,
        height=min(36 + 30 * len(table), _SHOWN), alt="Every order of the ticket with its reason.",
        column_order=list(columns_ticket.ORDER_COLUMNS),
    )  # fmt: skip
    if left := len(ticket.untraded):
        with st.expander(f"Not traded: {left}"):
            blocks.table(
                ticket_tables.left_alone(ticket, assets), "ticket_left",
                columns_ticket.LEFT_COLUMNS, height=min(36 + 30 * left, _SHOWN),
                alt="What the ticket leaves as it is, each with its reason.",
            )  # fmt: skip
    _next_step(record, assets)
    _files(ticket, approved=stored.state in (TicketState.APPROVED, TicketState.IMPLEMENTED))
    _history(stored)


def _next_step(record: TicketRecord, assets: dict[str, str]) -> None:
    stored = record.stored
    if stored.state == TicketState.PROPOSED:
        _approval(record)
    elif stored.state == TicketState.APPROVED:
        ticket_fills.section(record.ticket, stored, assets)
    elif stored.state == TicketState.IMPLEMENTED:
        st.caption(
            f"Its fills are entry {stored.entry_seq} of the ledger, and what is held follows from "
            "them. A mistake in them is mended by a correction, a new entry."
        )
    if stored.state in (TicketState.PROPOSED, TicketState.APPROVED):
        _cancel(stored)


def _approval(record: TicketRecord) -> None:
    stored = record.stored
    st.markdown("**Approve**")
    if failed := record.audit["failed"]:
        st.warning(blocks.plain(f"The audit of its run failed: {fmt.listing(failed)}."))
    else:
        st.caption("The audit of its run passed; it is made anew when the ticket is approved.")
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        reason = st.text_input(
            "Override, with a reason", key=f"ticket_override_{stored.ticket_id}", width=420,
            max_chars=500, placeholder="Only against a failed audit or a ledger that moved on",
            help="Stays on record with the ticket",
        )  # fmt: skip
        if st.button(
            "Approve", key="ticket_approve", on_click=ticket_data.pressed,
            args=(stored.ticket_id, stored.state),
        ):  # fmt: skip
            ticket_data.act(
                lambda: ticket_data.approve(stored.ticket_id, reason.strip()),
                lambda done: f"Ticket {done.ticket_id} is approved.",
            )
            st.rerun()


def _cancel(stored: StoredTicket) -> None:
    with st.expander("Cancel this ticket"):
        reason = st.text_input(
            "Why", key=f"ticket_why_{stored.ticket_id}", max_chars=500, help="Stays on record"
        )
        st.caption("There is no way back, but the same trades can be proposed anew.")
        if st.button(
            "Cancel it", key="ticket_cancel", on_click=ticket_data.pressed,
            args=(stored.ticket_id, stored.state),
        ):  # fmt: skip
            ticket_data.act(
                lambda: ticket_data.cancel(stored.ticket_id, reason.strip()),
                lambda done: f"Ticket {done.ticket_id} is cancelled.",
            )
            st.rerun()


def _files(ticket: Ticket, approved: bool) -> None:
    st.markdown("**Files**")
    refused = {
        kind: dict(kinds.refusals_of(ticket, kind))
        for kind, found in kinds.KINDS.items()
        if found.are_orders
    }
    adjusted = False
    if any(line.notional for line in ticket.lines):
        adjusted = st.checkbox(
            "Adjusted quantities", key=f"ticket_adjusted_{ticket.ticket_id}",
            help="Write orders though quantities marked with a star are of adjusted closes, no "
            "number of shares; goes on record with the ticket",
        )  # fmt: skip
    offered = []
    for kind, found in kinds.KINDS.items():
        left_out = tuple(refused.get(kind, {}))
        orders, name = found.are_orders, found.label
        nothing = orders and len(left_out) == len(ticket.lines)
        blocked = orders and not adjusted and bool(kinds.of_adjusted(ticket, kind, left_out))
        offered.append(
            exports.File(
                f"{name}, {len(left_out)} left out" if left_out else name,
                kinds.file_name(ticket, kind),
                partial(ticket_data.written, ticket, kind, left_out, adjusted, who.name()),
                f"ticket_file_{kind}", found.media_type,
                orders and (not approved or nothing or blocked),
                _why_orders(blocked) if orders else "",
            )
        )  # fmt: skip
    with st.container(horizontal=True):
        exports.beside(offered)
    for kind, lines in refused.items():
        if lines:
            told = fmt.listing([f"{symbol} {why}" for symbol, why in lines.items()])
            st.caption(blocks.plain(f"{kinds.KINDS[kind].label} leaves out: {told}."))
    with st.expander("Check a file of this ticket"):
        file = st.file_uploader(
            "A CSV or JSON that was exported", key=f"ticket_check_{ticket.ticket_id}",
            type=["csv", "json"],
        )  # fmt: skip
        if file is not None:
            try:
                reimport(file.getvalue(), PurePath(file.name).suffix.lower().strip("."), ticket)
                st.success("It is this ticket, unaltered: the checksum fits.")
            except CutlineError as error:
                st.error(blocks.plain(str(error)))


def _why_orders(blocked: bool) -> str:
    """When a file of orders can be had."""
    told = "Orders are written for an approved ticket"
    return f"{told}, and with the box beside ticked" if blocked else told


def _history(stored: StoredTicket) -> None:
    st.markdown("**History**")
    events = ticket_tables.event_table(stored)
    blocks.table(
        events, "ticket_events", columns_ticket.EVENT_COLUMNS,
        alt="What happened to the ticket, when, and by whom.",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        name = f"history-{stored.ticket_id}.csv"
        exports.menu(
            "event_files", [exports.csv(events, name, "History as CSV", "ticket_events_csv")]
        )
        if st.button(
            "Verify the ledger", key="ticket_verify",
            help="Recomputes every hash of the portfolio and its tickets, and looks for the head "
            "that this ticket was proposed on",
        ):  # fmt: skip
            good, told = ticket_data.verified(stored)
            (st.success if good else st.error)(blocks.plain(told))
