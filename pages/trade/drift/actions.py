"""What the page Drift writes to a ledger; each guarded by the head that its form was drawn on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import streamlit as st

from engine.core.errors import CutlineError, InputError
from engine.desk import read_holdings
from engine.desk.portfolios import Portfolios
from engine.store import PortfolioInfo
from pages.shared import data, who
from pages.trade.shared import portfolio as trade_portfolio

_TOLD = "_book_told"


def create(name: str, universe: str, currency: str, day: dt.date, cash: str, held: Any) -> str:
    """Open a portfolio with what it holds. held: rows, the bytes of a file, None: cash alone."""
    found = _portfolios()
    rows, amount = _holdings(held, cash)
    if not rows and not amount:
        raise InputError("Say how much cash there is, or what is held: nothing was created.")
    name = name.strip()
    if name in {info.name for info in found.list()}:
        raise InputError(f"The portfolio {name} exists already: take another name.")
    found.create(
        name, universe, currency, who.name(), cash=amount or None, rows=rows or None,
        effective_date=day,
    )  # fmt: skip
    trade_portfolio.keep(name)
    st.session_state[trade_portfolio.KEY] = name  # what was made is what is shown next
    if not rows:
        return f"{name} starts from {amount} {currency} in cash on {day}."
    return f"{name} is created with what is held on {day}."


def hold(info: PortfolioInfo, day: dt.date, cash: str, held: Any) -> str:
    """State what is held; it replaces what was."""
    rows, amount = _holdings(held, cash)
    _portfolios().hold(
        info.name, rows, amount or None, day, who.name(), expected_head=info.head_hash
    )
    return f"What {info.name} holds on {day} is recorded."


def move_cash(info: PortfolioInfo, day: dt.date, amount: str, out: bool) -> str:
    """Cash in or out."""
    text = _plain(amount)
    if text.startswith(("-", "+")):
        raise InputError("Give the amount without a sign: in or out says the direction.")
    _portfolios().move_cash(
        info.name, f"-{text}" if out else text, day, who.name(), expected_head=info.head_hash
    )
    return f"{text} {info.base_currency} {'out of' if out else 'into'} {info.name} on {day}."


def split(info: PortfolioInfo, day: dt.date, symbol: str | None, ratio: str) -> str:
    """New units for one old one."""
    text = ratio.strip()
    _portfolios().split(
        info.name, _named(symbol), text, day, who.name(), expected_head=info.head_hash
    )
    return f"The split of {symbol}, {text}, is recorded on {day}."


def dividend(info: PortfolioInfo, day: dt.date, symbol: str | None, amount: str) -> str:
    """Cash that a position paid."""
    text = _plain(amount)
    _portfolios().dividend(
        info.name, _named(symbol), text, day, who.name(), expected_head=info.head_hash
    )
    return f"The dividend of {symbol}, {text} {info.base_currency}, is recorded on {day}."


def correct(
    info: PortfolioInfo, day: dt.date, symbol: str | None, units: str, cash: str, reason: str
) -> str:
    """Units and cash to add, each may be negative."""
    units, cash, reason = _plain(units), _plain(cash), reason.strip()
    if not units and not cash:
        raise InputError("Give units to add, cash to add, or both: nothing was recorded.")
    if not reason:
        raise InputError("Give the reason of the correction: it stays on record.")
    _portfolios().correct(
        info.name, [(_named(symbol), units)] if units else [], cash or None, day, who.name(),
        reason, expected_head=info.head_hash,
    )  # fmt: skip
    return f"The correction of {info.name} is recorded on {day}: {reason}"


def undo(info: PortfolioInfo, seq: int) -> str:
    """Take the last entry back by a new one; both stay on record."""
    _portfolios().undo(info.name, seq, who.name(), expected_head=info.head_hash)
    return f"Entry {seq} is taken back by a new one; both stay on record."


def act(do: Callable[[], str]) -> bool:
    """Do it and keep what came of it for `outcome`. Returns whether it was done."""
    try:
        st.session_state[_TOLD] = (True, do())
    except CutlineError as error:
        st.session_state[_TOLD] = (False, str(error))
    return st.session_state[_TOLD][0]


def outcome() -> tuple[bool, str] | None:
    """What the last action came to; once."""
    return st.session_state.pop(_TOLD, None)


def _portfolios() -> Portfolios:
    return data.desk().portfolios


def _plain(amount: str) -> str:
    return amount.strip().replace(",", "")


def _named(symbol: str | None) -> str:
    if not symbol:
        raise InputError("Choose a symbol: nothing was recorded.")
    return symbol


def _holdings(held: Any, cash: str) -> tuple[list[tuple[str, Any]], Any]:
    """Rows (symbol, quantity) and the cash: that of the file's row CASH, or of the field."""
    amount: Any = _plain(cash)
    if held is None:
        return [], amount
    if isinstance(held, bytes):
        rows, in_file = read_holdings(held)
        if in_file is not None and amount:
            raise InputError("The cash is in the file and in the field: leave one of them out.")
        return list(rows), amount if in_file is None else in_file
    return [(s, q) for s, q in held if str(q or "").strip()], amount
