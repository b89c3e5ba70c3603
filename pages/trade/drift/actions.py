"""What the page Drift writes to a ledger; each guarded by the head that its form was drawn on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import streamlit as st

from engine.core.amounts import parse_amount
from engine.core.errors import CutlineError, InputError
from engine.core.words import EntryKind
from engine.desk import Portfolios, read_holdings
from engine.params import DataParams
from engine.store import PortfolioInfo
from engine.trading.entries import ENTRIES
from engine.trading.entry import Field, FieldKind
from engine.trading.state import said_of
from pages.shared import data, who
from pages.trade.shared.controls import PORTFOLIO

_TOLD = "_book_told"


def create(name: str, universe: str, currency: str, day: dt.date, cash: str, held: Any) -> str:
    """Open a portfolio with what it holds. held: rows, the bytes of a file, None: cash alone."""
    found = _portfolios()
    currency = DataParams(base_currency=currency).base_currency or ""
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
    st.session_state[PORTFOLIO.key] = name  # what was made is what is shown next
    if not rows:
        return f"{name} starts from {amount} {currency} in cash on {day}."
    return f"{name} is created with what is held on {day}."


def hold(info: PortfolioInfo, day: dt.date, cash: str, held: Any, *, again: bool = False) -> str:
    """State what is held; it replaces what was."""
    rows, amount = _holdings(held, cash)
    given = {"positions": rows, "cash": amount or None}
    return _written(info, EntryKind.HOLDINGS, day, given, again=again)


def move_cash(
    info: PortfolioInfo, day: dt.date, amount: str, out: bool, currency: str = "", rate: str = "",
    *, again: bool = False,
) -> str:  # fmt: skip
    """Cash in or out, in its own currency if one is given."""
    text = amount.strip()
    if text.startswith(("-", "+")):
        raise InputError("Give the amount without a sign: in or out says the direction.")
    parse_amount(text, "The amount")  # as it was typed, without the sign it is given here
    code = currency.strip()
    given = {"amount": f"-{text}" if out else text, "currency": code, "fx_rate": rate.strip()}
    _written(info, EntryKind.CASH, day, given, again=again)
    where = f"{'out of' if out else 'into'} {info.name} on {day}."
    return _with_more(f"{text} {code or info.base_currency} {where}", info, day)


# What is said where an entry would say nothing.
_NOTHING = {
    EntryKind.CORRECTION: "Give units to add, cash to add, or both: nothing was recorded.",
}


def record(
    info: PortfolioInfo, kind: EntryKind, day: dt.date, typed: Mapping[str, Any], *,
    again: bool = False,
) -> str:  # fmt: skip
    """An entry of any kind. typed: what stands in its fields, text; for rows of units, the symbol
    and the text of one."""
    entry = ENTRIES[kind]
    given = {one.name: _read(one, typed.get(one.name)) for one in entry.fields}
    said = [given[one.name] for one in entry.fields if not one.kind.about]
    if kind in _NOTHING and all(value in (None, []) for value in said):
        raise InputError(_NOTHING[kind])
    for one in entry.fields:
        if one.kind in (FieldKind.SYMBOL, FieldKind.LISTED) and one.required:
            _named(given[one.name])
    entry.require(given)
    for one in entry.fields:
        if one.kind.of_units:
            for symbol, _ in given[one.name]:
                _named(symbol)
    return _written(info, kind, day, given, again=again)


def _written(
    info: PortfolioInfo, kind: EntryKind, day: dt.date, given: Mapping[str, Any], *, again: bool
) -> str:
    """Write an entry and say so. again: though an equal one of that day stands."""
    _portfolios().record(
        info.name, kind, given, day, who.name(), expected_head=info.head_hash, again=again
    )
    about = {"kind": kind, "portfolio": info.name, "currency": info.base_currency, "day": day}
    told = ENTRIES[kind].told.format_map({**about, **{k: v for k, v in given.items() if v}})
    return _with_more(told, info, day)


def _with_more(told: str, info: PortfolioInfo, day: dt.date) -> str:
    """What was done, and what must be known of the day and of the cash."""
    return " ".join([told, *said_of(day, _portfolios().state(info.name, day))])


def _read(one: Field, typed: Any) -> Any:
    """A field as it is recorded; an amount that may be left out and was is none."""
    if one.kind.of_units:
        symbol, units = typed[0], typed[1].strip()
        return [(symbol, units)] if units else []
    if one.kind in (FieldKind.AMOUNT, FieldKind.CURRENCY, FieldKind.RATE):
        return (typed or "").strip() or ("" if one.required else None)
    return typed.strip() if typed else typed


def undo(info: PortfolioInfo, seq: int) -> str:
    """Take the last entry back by a new one; both stay on record."""
    _portfolios().undo(info.name, seq, who.name(), expected_head=info.head_hash)
    return f"Entry {seq} is taken back by a new one; both stay on record."


def form(keys: Iterable[str]) -> list[Any] | None:
    """What the fields of a form say; None where one is not there, as after a break."""
    said = [st.session_state.get(key) for key in keys]
    return None if None in said else said


def act(do: Callable[[], str], place: str) -> bool:
    """Do it and keep what came of it for `outcome`: the page tells what was done, the form of this
    name why it was not. Returns whether it was done."""
    try:
        told = (True, do(), "")
    except CutlineError as error:
        told = (False, str(error), place)
    st.session_state[_TOLD] = told
    return told[0]


def outcome(place: str = "") -> tuple[bool, str] | None:
    """What the last action came to, if it is to be told here; once."""
    was, told, where = st.session_state.get(_TOLD, (False, "", None))
    if where != place:
        return None
    del st.session_state[_TOLD]
    return was, told


def _portfolios() -> Portfolios:
    return data.desk().portfolios


def _named(symbol: str | None) -> str:
    if not symbol:
        raise InputError("Choose a symbol: nothing was recorded.")
    return symbol


def _holdings(held: Any, cash: str) -> tuple[list[tuple[str, Any]], Any]:
    """Rows (symbol, quantity) and the cash: that of the file's row CASH, or of the field."""
    amount: Any = cash.strip()
    if held is None:
        return [], amount
    if isinstance(held, bytes):
        rows, in_file = read_holdings(held)
        if in_file and amount:
            raise InputError("The cash is in the file and in the field: leave one of them out.")
        return list(rows), in_file or amount
    return [(s, q) for s, q in held if str(q or "").strip()], amount
