"""Tickets: proposed from drift, reviewed, approved, exported, filled; their history."""

from __future__ import annotations

import streamlit as st

from engine.core.errors import CutlineError, StoreDamaged
from engine.store import PortfolioInfo
from engine.tables import tickets as ticket_tables
from pages.shared import blocks, data, exports, frame
from pages.shared.controls import draw, values
from pages.shared.controls import trading as trade_controls
from pages.trade.shared import data as ticket_data
from pages.trade.shared import portfolio as trade_portfolio
from pages.trade.shared import verify as trade_verify
from pages.trade.tickets import chosen as ticket_chosen
from pages.trade.tickets import columns as columns_ticket
from pages.trade.tickets import draft as ticket_draft
from pages.trade.tickets.controls import PART, PARTS, TICKET


def proposal(view: data.View, info: PortfolioInfo, found: ticket_data.Tickets) -> None:
    """The part where a ticket is made."""
    try:
        drift = ticket_data.drift(view, info)
    except StoreDamaged:
        raise
    except CutlineError as error:
        st.error(blocks.plain(str(error)))
        return
    for note in drift.notes:
        st.caption(blocks.plain(note))
    ticket_draft.section(drift, view.params.trade, found)


def listed(name: str, found: ticket_data.Tickets) -> None:
    """The part with every ticket, and one of them in full."""
    if not found:
        st.caption("No ticket is proposed yet.")
        values.write((), gone=(TICKET,))
        return
    table = ticket_tables.ticket_list([(r.ticket, r.stored) for r in found])
    blocks.table(
        table, "ticket_list", columns_ticket.LIST_COLUMNS, height=min(36 + 30 * len(table), 250),
        alt="Every ticket of the portfolio, the latest first.",
    )  # fmt: skip
    by_id = {r.stored.ticket_id: r for r in found}
    chosen = values.pick(TICKET, by_id)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        draw.select(
            TICKET.among(by_id), width=330,
            format_func=lambda i: f"{i} · {by_id[i].state} · as of {by_id[i].ticket.as_of}",
        )  # fmt: skip
        listing = exports.csv(table, f"tickets-{name}.csv", "Tickets as CSV", "ticket_list_csv")
        exports.menu("ticket_list_files", [listing])
    values.write((TICKET,))
    ticket_chosen.section(by_id[chosen], {x.symbol: x.asset for x in by_id[chosen].ticket.lines})


def page() -> None:
    """The portfolio chosen, and a part of it. Raises StoreDamaged where that was edited."""
    infos, edited = ticket_data.portfolios(view.opened.snapshot.info.name)
    if edited:
        trade_verify.damaged(*edited.values(), key="verify_edited")
    if not infos and edited:
        return
    if not infos:
        if not edited:
            st.info(
                "No portfolio holds anything of this universe yet. Create one on the page Drift, "
                "from cash or from holdings: what is held is never guessed."
            )
        st.page_link("pages/trade/drift/page.py", label="Create a portfolio on Drift")
        return
    if wanted := ticket_data.next_shown():
        st.session_state[TICKET.key], st.session_state[PART.key] = wanted
    part = values.take(PART)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        info = trade_portfolio.choose(infos)
        draw.segments(PART, format_func=draw.words_of(PARTS), label_visibility="collapsed")
    values.write((PART,))
    if told := ticket_data.outcome():
        (st.success if told[0] else st.error)(blocks.plain(told[1]))
    tickets = ticket_data.tickets(info.name)
    if part == "propose":
        proposal(view, info, tickets)
    else:
        listed(info.name, tickets)


view = trade_controls.settled(frame.view())
try:
    page()
except StoreDamaged as error:
    trade_verify.damaged(error)
