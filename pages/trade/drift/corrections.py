"""One form for what befalls a holding or the cash, of whatever kind: a split, a dividend, a mistake
to be mended."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from engine.core.words import BY_HAND, EntryKind
from engine.store import PortfolioInfo
from engine.trading.entries import ENTRIES
from engine.trading.entry import FieldKind
from pages.shared import data
from pages.shared.controls import draw
from pages.trade.drift import actions as trade_actions
from pages.trade.drift import data as trade_data
from pages.trade.drift import fields as trade_fields

# The others have forms of their own: see book.py.
KINDS = {
    kind.value: ENTRIES[kind].label
    for kind in BY_HAND
    if kind not in (EntryKind.HOLDINGS, EntryKind.CASH)
}


def form(
    view: data.View, info: PortfolioInfo, turn: int,
    draw_day: Callable[[data.View, str], None], draw_outcome: Callable[[str], None],
    done: Callable[[bool, int], None],
) -> None:  # fmt: skip
    """The form. turn: in its widgets' names; draw_day: the control of the effective date;
    draw_outcome: why nothing was written; done: told whether the entry was."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown("**Corporate actions and corrections**", width="content")
        kind = st.segmented_control(
            "Kind", list(KINDS), key=f"event_kind_{turn}", default=next(iter(KINDS)),
            required=True, format_func=draw.words_of(KINDS), label_visibility="collapsed",
        )  # fmt: skip
    entry = ENTRIES[kind]
    held = trade_data.held(info, view.params.data.as_of or data.default_date(view.opened))
    if not held and any(f.required and f.kind is FieldKind.SYMBOL for f in entry.fields):
        st.caption("Nothing is held that this could befall.")
        return
    with st.form(f"event_{kind}_{turn}"):
        with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
            trade_fields.draw(entry, turn, info.base_currency, held, view.opened.grid.symbols)
            draw_day(view, f"event_day_{turn}")
            trade_fields.again("event", turn)
        st.form_submit_button(
            f"Record the {kind}", on_click=_record, args=(info, EntryKind(kind), turn, done)
        )
        draw_outcome("event")


def _record(
    info: PortfolioInfo, kind: EntryKind, turn: int, done: Callable[[bool, int], None]
) -> None:
    day = st.session_state.get(f"event_day_{turn}")
    typed = trade_fields.typed(ENTRIES[kind], turn)
    if day is None or typed is None:
        return

    def record() -> str:
        again = trade_fields.is_again("event", turn)
        return trade_actions.record(info, kind, day, typed, again=again)

    done(trade_actions.act(record, "event"), turn)
