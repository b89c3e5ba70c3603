"""Drift: how far what is held is from what is optimal now, why, and what trading it would do."""

from __future__ import annotations

import streamlit as st

from engine.errors import CutlineError
from engine.store import PortfolioInfo
from engine.tables import drift as drift_tables
from pages.parts import (
    address,
    blocks,
    build_controls,
    frame,
    ticket_data,
    trade_book,
    trade_controls,
    trade_data,
    trade_sections,
)


def pick(infos: dict[str, PortfolioInfo]) -> PortfolioInfo:
    """The portfolio of the address, the one looked at last, or the first."""
    names = list(infos)
    if (kept := trade_data.kept()) in infos and "portfolio" not in st.session_state:
        st.session_state["portfolio"] = kept
    address.take("portfolio", names[0], lambda v: infos[v].name, str, address.moved(("portfolio",)))
    if st.session_state["portfolio"] not in infos:
        st.session_state["portfolio"] = names[0]
    name = st.selectbox("Portfolio", names, key="portfolio", width=260)
    trade_data.keep(name)
    address.write({"portfolio": name})
    return infos[name]


def drift(info: PortfolioInfo) -> None:
    """Everything that needs something held."""
    found = ticket_data.drift(view, info, drift_params)
    history = trade_data.history(view, info, drift_params)
    blocks.figures_row(
        drift_tables.drift_summary(
            found.drift, found.valued.value, found.state.cash, info.base_currency,
            len(found.state.positions), found.as_of, found.last_date,
            drift_tables.fired(history, drift_params, found.asset_cap),
        )
    )  # fmt: skip
    st.caption(blocks.plain(found.drift.reason))
    with st.expander("Thresholds and rules", key="rules_open"):
        trade_controls.drift_controls()
    for note in found.notes:
        st.caption(blocks.plain(note))
    trade_sections.missing(found)
    trade_sections.lines(found, on)
    trade_sections.causes(found, on)
    trade_sections.trading(view, found, trade, on)
    trade_sections.past(view, info, drift_params, on)


view = build_controls.settled(frame.view())
on = frame.inks()
drift_params, trade = trade_controls.settled(view)
blocks.refusals()
infos = {info.name: info for info in ticket_data.portfolios(view.opened.snapshot.info.name)}
if not infos:
    st.subheader("No portfolio yet")
    trade_book.outcome()
    trade_book.first(view)
    st.stop()
with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
    chosen = pick(infos)
trade_book.outcome()
try:
    drift(chosen)
except CutlineError as error:
    st.error(blocks.plain(str(error)))
st.subheader("Holdings and cash")
trade_book.book(view, chosen)
with st.expander("Another portfolio", key="another_open"):
    trade_book.first(view)
