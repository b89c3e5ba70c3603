"""Drift: how far what is held is from what is optimal now, why, and what trading it would do."""

from __future__ import annotations

import streamlit as st

from engine.core.errors import CutlineError, StoreDamaged
from engine.store import PortfolioInfo
from engine.tables import drift as drift_tables
from pages.shared import blocks, exports, frame, tabs
from pages.shared.controls import trading as trade_controls
from pages.trade.drift import book as trade_book
from pages.trade.drift import data as trade_data
from pages.trade.drift import lines as trade_lines
from pages.trade.drift import sections as trade_sections
from pages.trade.drift.controls import CAUSES, HISTORY, LINE, SECTION, TRADING
from pages.trade.shared import data as ticket_data
from pages.trade.shared import portfolio as trade_portfolio
from pages.trade.shared import verify as trade_verify


def drift(info: PortfolioInfo) -> None:
    """Everything of a portfolio. Raises StoreDamaged where it was edited."""
    rules = view.params.drift
    try:
        found = ticket_data.drift(view, info)
        history = trade_data.history(view, info, found.asset_cap)
    except StoreDamaged:
        raise
    except CutlineError as error:
        # What is held can be mended all the same.
        st.error(blocks.plain(str(error)))
        book(info)
        return
    blocks.figures_row(
        drift_tables.drift_summary(
            found.drift, found.valued.value, found.valued.cash, info.base_currency,
            len(found.state.positions), found.as_of, found.last_date,
            drift_tables.fired(history, rules, found.asset_cap),
            drift_tables.cash_words(found.state), found.held_risk,
        )
    )  # fmt: skip
    row = blocks.note_row(found.drift.reason)
    for note in found.notes:
        st.caption(blocks.plain(note))
    for wrong in found.against_data:
        st.warning(blocks.plain(f"{wrong.what} It would end with: {wrong.mend}."))
    name, place = tabs.opened(SECTION)
    files: list[exports.File] = []
    with place:
        if name == LINE:
            with st.expander("Thresholds and rules", key="rules_open"):
                alone = drift_tables.fired_alone(history, rules, found.asset_cap)
                trade_controls.drift_controls(alone)
            trade_lines.lines(found, on, trade_lines.missing(found))
        elif name == CAUSES:
            trade_sections.causes(found, on)
        elif name == TRADING:
            files = trade_sections.trading(view, found, view.params.trade, on)
        elif name == HISTORY:
            files = trade_sections.past(history, info, rules, on)
        else:
            book(info)
    with row:
        exports.menu("drift_files", files)


def book(info: PortfolioInfo) -> None:
    """What is held and how it came about, and the way to another portfolio."""
    trade_book.book(view, info)
    with st.expander("Another portfolio", key="another_open"):
        trade_book.first(view)


def page() -> None:
    """The portfolio chosen, or how to begin. Raises StoreDamaged where that was edited."""
    infos, edited = ticket_data.portfolios(view.opened.snapshot.info.name)
    if edited:
        trade_verify.damaged(*edited.values(), key="verify_edited")
    if not infos:
        st.subheader("Another portfolio" if edited else "No portfolio yet")
        trade_book.outcome()
        trade_book.first(view)
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        chosen = trade_portfolio.choose(infos)
    trade_book.outcome()
    drift(chosen)


view = trade_controls.settled(frame.view())
on = frame.inks()
try:
    page()
except StoreDamaged as error:
    trade_verify.damaged(error)
