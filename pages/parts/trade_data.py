"""What the page Drift shows beside the drift itself, cached by text keys; and what it writes."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from engine.desk import DriftView, read_holdings
from engine.desk.drift_view import in_currency
from engine.errors import CutlineError, InputError
from engine.portfolio.state import state_at
from engine.portfolio.trade_params import DriftParams, TradeParams
from engine.research.drift import Effect, effects
from engine.store import Entry, PortfolioInfo
from pages.parts import data, ticket_data, who

AS_SET = "As set"
_TOLD, _KEPT = "_book_told", "_portfolio_kept"


def history(view: data.View, info: PortfolioInfo, drift: DriftParams) -> pd.DataFrame:
    """Drift at month ends since the first holdings or ticket."""
    own = data.View(view.opened, in_currency(view.params, info.base_currency))
    key = repr((own.key("data", "panel", "limits"), info.name, info.head_hash, drift))
    return _history(key, info.name, own, drift)


@st.cache_resource(max_entries=16, show_spinner="Looking back")
def _history(key: str, _name: str, _view: data.View, _drift: DriftParams) -> pd.DataFrame:
    return data.desk().portfolios.history(
        _name, _view.params, _drift, as_of=_view.params.data.as_of
    )


def ways(found: DriftView, trade: TradeParams) -> tuple[Effect, ...]:
    """What is set and others beside it: turnover, cost, what remains."""
    key = repr((found.params, found.ledger_head, found.drift_params, found.snapshot_id, trade))
    return _ways(key, found, trade)


@st.cache_resource(max_entries=32, show_spinner=False)
def _ways(key: str, _found: DriftView, _trade: TradeParams) -> tuple[Effect, ...]:
    return effects({name: ticket_data.plan(_found, t) for name, t in others(_trade).items()})


def others(trade: TradeParams) -> dict[str, TradeParams]:
    """What is set, and ways of trading that differ from it in one thing; each is another way."""
    free = {"no_trade_band": 0.0, "relative_band": 0.0}
    made = {
        AS_SET: trade,
        "All of the way": dataclasses.replace(trade, phi=1.0),
        "Half of the way": dataclasses.replace(trade, phi=0.5),
        "To the target": dataclasses.replace(trade, destination="target"),
        "To the edge of the band": dataclasses.replace(trade, destination="edge"),
        "Without bands": dataclasses.replace(trade, **free),
        "Bands of 1 point": dataclasses.replace(trade, no_trade_band=0.01, band_kind="larger"),
        "Within 5 % turnover": dataclasses.replace(trade, turnover_budget=0.05),
    }
    return {n: t for n, t in made.items() if n == AS_SET or t != trade}


def entries(info: PortfolioInfo) -> tuple[Entry, ...]:
    """The ledger of a portfolio; read again only when it has grown."""
    return _entries(str(data.desk().store.path), info.head_hash, info.name)


@st.cache_resource(max_entries=16, show_spinner=False)
def _entries(path: str, head: str, name: str) -> tuple[Entry, ...]:
    return data.desk().portfolios.entries(name)


def keep(name: str) -> None:
    """The portfolio that the next page opens on, too."""
    st.session_state[_KEPT] = name


def kept() -> str | None:
    """The portfolio that was looked at last."""
    return st.session_state.get(_KEPT)


def create(name: str, universe: str, currency: str, day: dt.date, cash: str, held: Any) -> str:
    """Open a portfolio with what it holds. held: rows, the bytes of a file, None: cash alone."""
    found = data.desk().portfolios
    rows, amount = _holdings(held, cash)
    if not rows and not amount:
        raise InputError("Say how much cash there is, or what is held: nothing was created.")
    name = name.strip()
    if name in {info.name for info in found.list()}:
        raise InputError(f"The portfolio {name} exists already: take another name.")
    if held is None:
        found.create(name, universe, currency, who.name(), cash=amount, effective_date=day)
        keep(name)
        return f"{name} starts from {amount} {currency} in cash on {day}."
    found.create(name, universe, currency, who.name(), effective_date=day)
    keep(name)
    try:
        found.hold(name, rows, amount or None, day, who.name())
    except CutlineError as error:
        raise InputError(f"{name} is created, but nothing is recorded yet: {error}") from error
    return f"{name} is created with what is held on {day}."


def hold(info: PortfolioInfo, day: dt.date, cash: str, held: Any) -> str:
    """State what is held; it replaces what was."""
    _same_head(info)
    rows, amount = _holdings(held, cash)
    data.desk().portfolios.hold(info.name, rows, amount or None, day, who.name())
    return f"What {info.name} holds on {day} is recorded."


def move_cash(info: PortfolioInfo, day: dt.date, amount: str, out: bool) -> str:
    """Cash in or out."""
    _same_head(info)
    text = amount.strip().replace(",", "")
    if text.startswith(("-", "+")):
        raise InputError("Give the amount without a sign: in or out says the direction.")
    data.desk().portfolios.move_cash(info.name, f"-{text}" if out else text, day, who.name())
    return f"{text} {info.base_currency} {'out of' if out else 'into'} {info.name} on {day}."


def undoable(known: tuple[Entry, ...]) -> Entry | None:
    """The last entry, if taking it back cannot undo anything that was traded."""
    last = known[-1]
    return last if last.kind in ("cash", "holdings") and not _is_undo(known) else None


def undo(info: PortfolioInfo, seq: int) -> str:
    """Take the last entry back by a new one; both stay on record."""
    found = data.desk().portfolios
    known = found.entries(info.name)
    last = undoable(known)
    if last is None or last.seq != seq:
        raise InputError(f"The ledger of {info.name} has moved on: nothing was undone.")
    before = state_at(known[:-1], last.effective_date)
    found.hold(
        info.name, list(before.quantities.items()), before.cash, last.effective_date, who.name()
    )
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


def _is_undo(known: tuple[Entry, ...]) -> bool:
    """Whether the last entry states just what was held two entries ago: then it took one back."""
    if len(known) < 3 or known[-1].kind != "holdings":
        return False
    day = max(e.effective_date for e in known[-3:])
    now, then = state_at(known, day), state_at(known[:-2], day)
    return (now.quantities, now.cash) == (then.quantities, then.cash)


def _same_head(info: PortfolioInfo) -> None:
    """A form sent twice adds one entry."""
    if data.desk().portfolios.info(info.name).head_hash != info.head_hash:
        raise InputError(f"The ledger of {info.name} has moved on: look again, then repeat.")


def _holdings(held: Any, cash: str) -> tuple[list[tuple[str, Any]], Any]:
    """Rows (symbol, quantity) and the cash: that of the file's row CASH, or of the field."""
    amount: Any = cash.strip().replace(",", "")
    if held is None:
        return [], amount
    if isinstance(held, bytes):
        rows, in_file = read_holdings(held)
        if in_file is not None and amount:
            raise InputError("The cash is in the file and in the field: leave one of them out.")
        return list(rows), amount if in_file is None else in_file
    return [(s, q) for s, q in held if str(q or "").strip()], amount
