"""What a portfolio holds, as somebody states it: a new portfolio, holdings, cash, its ledger."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from engine.core import format as fmt
from engine.core.words import EntryKind
from engine.store import PortfolioInfo
from engine.tables import drift as drift_tables
from engine.trading.entries import ENTRIES
from engine.trading.entry import FieldKind
from pages.shared import blocks, column, data, exports
from pages.shared.controls import draw
from pages.trade.drift import actions as trade_actions
from pages.trade.drift import corrections as trade_corrections
from pages.trade.drift import data as trade_data
from pages.trade.drift import fields as trade_fields
from pages.trade.shared import columns as columns_trade
from pages.trade.shared import verify as trade_verify

FROM = {"cash": "Cash", "rows": "Holdings by hand", "file": "Holdings from a file"}
TEMPLATE = b"symbol,quantity\r\nAAPL,100\r\nMSFT,50\r\nCASH,25000\r\n"
_ROUND = "_book_round"


def outcome(place: str = "") -> None:
    """What the last action came to: what was done on top of the page, a refusal in its form."""
    if told := trade_actions.outcome(place):
        (st.success if told[0] else st.error)(blocks.plain(told[1]))


def first(view: data.View) -> None:
    """A new portfolio: from cash, or from what is held."""
    universe, turn = view.opened.snapshot.info.name, _turn()
    st.caption(
        "What is held is never guessed, and the target is not taken for it: say what there is. "
        f"The portfolio belongs to the universe {universe}."
    )
    start = st.segmented_control(
        "Starts from", list(FROM), key=f"new_from_{turn}", default="cash", required=True,
        format_func=draw.words_of(FROM),
    )  # fmt: skip
    with st.form(f"new_{turn}", border=True):
        with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
            st.text_input("Name", key=f"new_name_{turn}", max_chars=64, width=220)
            st.text_input(
                "Base currency", view.params.data.base_currency, key=f"new_currency_{turn}",
                max_chars=3, width=130,
            )  # fmt: skip
            _day(view, f"new_day_{turn}")
            _cash(EntryKind.CREATE, f"new_cash_{turn}")
        _rows(view, start, f"new_{turn}")
        st.form_submit_button("Create portfolio", on_click=_create, args=(universe, start, turn))
        outcome("new")


def book(view: data.View, info: PortfolioInfo) -> None:
    """Cash in and out, holdings stated anew, what befell a holding, and every entry there is."""
    turn = _turn()
    known = trade_data.entries(info)
    left, right = st.columns([2, 3], gap="medium")
    with left, st.form(f"cash_{turn}"):
        st.markdown("**Cash in or out**")
        with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
            for one in ENTRIES[EntryKind.CASH].fields:
                trade_fields.text(one, f"cash_{one.name}_{turn}", info.base_currency, own=True)
            _day(view, f"cash_day_{turn}")
            trade_fields.again("cash", turn)
        with st.container(horizontal=True):
            for label, out in (("Cash in", False), ("Cash out", True)):
                st.form_submit_button(
                    label, key=f"cash_{'out' if out else 'in'}_{turn}", on_click=_move,
                    args=(info, out, turn),
                )  # fmt: skip
        outcome("cash")
    with right:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.markdown("**State holdings anew**", width="content")
            start = st.segmented_control(
                "Holdings", ["rows", "file"], key=f"held_from_{turn}", default="rows",
                required=True, format_func=draw.words_of(FROM), label_visibility="collapsed",
            )  # fmt: skip
        with st.form(f"held_{turn}"):
            with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
                _day(view, f"held_day_{turn}")
                _cash(EntryKind.HOLDINGS, f"held_cash_{turn}")
                trade_fields.again("held", turn)
            _rows(view, start, f"held_{turn}")
            st.form_submit_button(
                "Replace what is held", on_click=_hold, args=(info, start, turn),
                help="All positions; a correction that stays on record",
            )  # fmt: skip
            outcome("held")
    trade_corrections.form(view, info, turn, _day, outcome, _done)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Ledger: {fmt.count(len(known), 'entry', 'entries')}**", width="content")
        if last := data.desk().portfolios.undoable(known):
            st.button(
                f"Undo entry {last.seq}", key="book_undo", on_click=_undo, args=(info, last.seq),
                help="By a new entry that takes it back; nothing is erased",
            )  # fmt: skip
        verify = st.button(
            "Verify the ledger", key="book_verify",
            help="Recomputes every hash of the portfolio and its tickets",
        )  # fmt: skip
        table = drift_tables.entry_table(known)
        name = f"{info.name}-ledger.csv"
        exports.menu("entry_files", [exports.csv(table, name, "Ledger as CSV", "entries_csv")])
    outcome("undo")
    if verify:
        trade_verify.show(info.name)
    blocks.table(
        table, "entries", columns_trade.ENTRY_COLUMNS, height=min(36 + 30 * len(table), 280),
        alt="Every entry of the ledger, the latest first, with its hash.",
    )  # fmt: skip


def _turn() -> int:
    """Forms have other names after each action, so that they come empty."""
    return st.session_state.setdefault(_ROUND, 0)


def _day(view: data.View, key: str) -> None:
    days = view.opened.grid.days
    st.date_input(
        "On", view.params.data.as_of, min_value=days[0].astype(object),
        max_value=days[-1].astype(object), key=key, format="YYYY-MM-DD", width=150,
        help="Effective date: the state at the end of this day",
    )  # fmt: skip


def _cash(kind: EntryKind, key: str, currency: str = "") -> None:
    """The field of a kind of entry that is money."""
    (one,) = (f for f in ENTRIES[kind].fields if f.kind is FieldKind.AMOUNT)
    trade_fields.text(one, key, currency, width=180)


def _rows(view: data.View, start: str, key: str) -> None:
    if start == "rows":
        st.data_editor(
            pd.DataFrame({"symbol": pd.Series(dtype=str), "quantity": pd.Series(dtype=str)}),
            key=f"{key}_rows", num_rows="dynamic", hide_index=True, width=420,
            column_config={
                "symbol": column.choice(
                    "symbol", options=sorted(view.opened.grid.symbols), required=True
                ),
                "quantity": column.text(
                    "quantity", help="Units; of a pair, units of the currency it stands for",
                    required=True,
                ),
            },
        )  # fmt: skip
    elif start == "file":
        st.file_uploader(
            "Holdings as CSV", type="csv", key=f"{key}_file",
            help="Columns symbol and quantity; a row CASH is the cash, one a currency if a column "
            "currency says which. Up to 2 MB.",
        )  # fmt: skip


def _held(start: str, key: str) -> Any:
    """What the form says is held: None, rows, or the bytes of a file."""
    state = st.session_state
    if start == "rows":
        added = state.get(f"{key}_rows", {}).get("added_rows", [])
        return [(row.get("symbol") or "", row.get("quantity")) for row in added]
    if start == "file":
        file = state.get(f"{key}_file")
        return b"" if file is None else file.getvalue()
    return None


def _create(universe: str, start: str, turn: int) -> None:
    held = _held(start, f"new_{turn}")
    said = trade_actions.form(f"new_{part}_{turn}" for part in ("name", "currency", "day", "cash"))
    if said is None:
        return
    name, currency, day, cash = said

    def create() -> str:
        return trade_actions.create(name, universe, currency, day, cash, held)

    _done(trade_actions.act(create, "new"), turn)


def _move(info: PortfolioInfo, out: bool, turn: int) -> None:
    names = ("amount", "currency", "fx_rate", "day")
    said = trade_actions.form(f"cash_{name}_{turn}" for name in names)
    if said is None:
        return
    amount, currency, rate, day = said

    def move() -> str:
        again = trade_fields.is_again("cash", turn)
        return trade_actions.move_cash(info, day, amount, out, currency, rate, again=again)

    _done(trade_actions.act(move, "cash"), turn)


def _hold(info: PortfolioInfo, start: str, turn: int) -> None:
    held = _held(start, f"held_{turn}")
    said = trade_actions.form((f"held_day_{turn}", f"held_cash_{turn}"))
    if said is None:
        return
    day, cash = said

    def state() -> str:
        again = trade_fields.is_again("held", turn)
        return trade_actions.hold(info, day, cash, held, again=again)

    _done(trade_actions.act(state, "held"), turn)


def _undo(info: PortfolioInfo, seq: int) -> None:
    trade_actions.act(lambda: trade_actions.undo(info, seq), "undo")


def _done(was: bool, turn: int) -> None:
    if was:
        st.session_state[_ROUND] = turn + 1
