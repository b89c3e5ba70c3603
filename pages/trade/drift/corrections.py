"""One form for what befalls a holding: a split, a dividend, a mistake to be mended."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from engine.store import PortfolioInfo
from pages.shared import data
from pages.trade.drift import actions as trade_actions
from pages.trade.drift import data as trade_data

KINDS = {"split": "Split", "dividend": "Dividend", "correction": "Correction"}


def form(
    view: data.View, info: PortfolioInfo, turn: int,
    draw_day: Callable[[data.View, str], None], done: Callable[[bool, int], None],
) -> None:  # fmt: skip
    """The form. turn: in its widgets' names; draw_day: the control of the effective date; done:
    told whether the entry was written."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown("**Corporate actions and corrections**", width="content")
        kind = st.segmented_control(
            "Kind", list(KINDS), key=f"event_kind_{turn}", default="split", required=True,
            format_func=KINDS.get, label_visibility="collapsed",
        )  # fmt: skip
    held = trade_data.held(info, view.params.data.as_of or data.default_date(view.opened))
    symbols = held if kind != "correction" else sorted({*held, *view.opened.grid.symbols})
    if not symbols:
        st.caption("Nothing is held that could be split or pay a dividend.")
        return
    with st.form(f"event_{kind}_{turn}"):
        with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
            st.selectbox(
                "Symbol", symbols, index=None, key=f"event_symbol_{kind}_{turn}", width=180,
                placeholder="held" if kind != "correction" else "none",
            )  # fmt: skip
            if kind == "split":
                _text("Ratio, new for old", f"event_ratio_{turn}", "4 or 3:2", 160)
            elif kind == "dividend":
                _text(f"Amount, {info.base_currency}", f"event_amount_{turn}", "125.00", 160)
            else:
                _text("Units to add", f"event_units_{turn}", "-10", 140)
                _text(f"Cash to add, {info.base_currency}", f"event_cash_{turn}", "-99.50", 160)
                _text("Reason", f"event_reason_{turn}", "stays on record", 300, 500)
            draw_day(view, f"event_day_{turn}")
        st.form_submit_button(f"Record the {kind}", on_click=_record, args=(info, kind, turn, done))


def _text(label: str, key: str, example: str, width: int, most: int = 40) -> None:
    st.text_input(label, key=key, placeholder=example, width=width, max_chars=most)


def _record(info: PortfolioInfo, kind: str, turn: int, done: Callable[[bool, int], None]) -> None:
    state = st.session_state

    def said(name: str) -> str:
        return state[f"event_{name}_{turn}"]

    symbol, day = state[f"event_symbol_{kind}_{turn}"], state[f"event_day_{turn}"]
    if kind == "split":
        was = trade_actions.act(lambda: trade_actions.split(info, day, symbol, said("ratio")))
    elif kind == "dividend":
        was = trade_actions.act(lambda: trade_actions.dividend(info, day, symbol, said("amount")))
    else:
        was = trade_actions.act(
            lambda: trade_actions.correct(
                info, day, symbol, said("units"), said("cash"), said("reason")
            )
        )
    done(was, turn)
