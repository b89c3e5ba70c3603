"""What was really done of a ticket: as planned, typed in, or by file; looked at, then recorded."""

from __future__ import annotations

import streamlit as st

from engine.core.errors import CutlineError
from engine.store import StoredTicket
from engine.tables import tickets as ticket_tables
from engine.trading.exports.fill_rows import COLUMNS
from engine.trading.exports.filled import Fills, planned_fills
from engine.trading.exports.fills import check_fills, read_fills
from engine.trading.money import DayRates
from engine.trading.tickets.ticket import Ticket
from pages.shared import blocks, exports
from pages.trade.shared import data as ticket_data
from pages.trade.tickets import columns as columns_ticket
from pages.trade.tickets import editor as ticket_editor

WAYS = ("As planned", "Form", "File")
KEY = "ticket_fills"


def section(ticket: Ticket, stored: StoredTicket, assets: dict[str, str]) -> None:
    """Choose how, see what it comes to, record it."""
    st.markdown("**Record fills**")
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        way = st.segmented_control(
            "Fills", WAYS, key="fill_way", default=WAYS[0], required=True,
            help="As planned: every order whole, at the ticket's prices, its cost as the fee",
        )  # fmt: skip
        day = st.date_input(
            "Trading day", ticket.as_of, key=f"fill_day_{ticket.ticket_id}", format="YYYY-MM-DD",
            width=180,
            help="From this day on the portfolio holds what was filled",
        )  # fmt: skip
        any_price = st.toggle(
            "Any price", key=f"fill_any_{ticket.ticket_id}", disabled=way == WAYS[0],
            help="Take prices over twice or under half of the ticket's, too",
        )  # fmt: skip
    try:
        fills = _fills(ticket, way, any_price, ticket_data.rates(ticket, day))
    except CutlineError as error:
        st.error(blocks.plain(str(error)))
        fills = None
    if fills is not None:
        row = blocks.figures_row(ticket_tables.fill_figures(fills, ticket))
        table = ticket_tables.fill_table(fills, assets)
        blocks.table(
            table, "fill_table", columns_ticket.FILL_COLUMNS, height=min(36 + 30 * len(table), 320),
            alt="Every fill as the ledger takes it.",
        )  # fmt: skip
        if fills.unfilled:
            st.caption("What is left open stays undone: the ticket is closed by its fills.")
        name = f"fills-{ticket.ticket_id}.csv"
        with row:
            exports.menu("fill_files", [exports.csv(table, name, "Fills as CSV", "fills_csv")])
    accepted = st.button(
        "Accept these fills", key="ticket_accept", disabled=fills is None or day is None,
        on_click=ticket_data.pressed, args=(stored.ticket_id, stored.state),
    )  # fmt: skip
    if accepted and fills is not None and day is not None:
        ticket_data.act(
            lambda: ticket_data.accept(ticket, fills, day),
            lambda done: done.notice or f"Ticket {stored.ticket_id} is implemented on {day}.",
        )
        st.rerun()


def _fills(ticket: Ticket, way: str, any_price: bool, rates: DayRates) -> Fills | None:
    if way == "As planned":
        return planned_fills(ticket)
    if way == "Form":
        form, _ = ticket_editor.edited(
            KEY, ticket.ticket_id, ticket_tables.fill_form(ticket), columns_ticket.FORM_COLUMNS,
            ["quantity", "price", "fee"],
            "One row an order; quantity, price and fee can be edited.",
            min(36 + 30 * len(ticket.lines), 420),
        )  # fmt: skip
        ticket_editor.undo_buttons(KEY)
        return check_fills(ticket, ticket_tables.fill_rows(ticket, form), any_price, rates)
    file = st.file_uploader(
        "Fills as CSV", key=f"fill_file_{ticket.ticket_id}", type="csv",
        help=f"Columns {', '.join(COLUMNS)}; fee may be missing. currency, fee_currency, fx_rate "
        "say in what they are; execution_id: what is there twice counts once",
    )  # fmt: skip
    planned = exports.csv(
        ticket_tables.fill_form(ticket), f"fills-{ticket.ticket_id}-planned.csv",
        "Planned fills as CSV, to fill in", "fill_template",
    )  # fmt: skip
    exports.menu("fill_templates", [planned])
    return None if file is None else read_fills(file.getvalue(), ticket, any_price, rates)
