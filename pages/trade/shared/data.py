"""What the page Tickets shows and does: cached by text keys; what is done is told once."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import streamlit as st

from engine.core import format as fmt
from engine.core.errors import CutlineError, StoreDamaged
from engine.desk import DriftView, TicketRecord
from engine.desk.drift_view import in_currency
from engine.desk.ticket_record import record_of_ticket
from engine.params import TradeParams
from engine.params.stages import key_of
from engine.pipeline import keys
from engine.store import PortfolioInfo, StoredTicket
from engine.trading.exports.filled import Fills
from engine.trading.money import DayRates
from engine.trading.tickets.ticket import Ticket
from engine.trading.trades import TradePlan
from pages.shared import data, who

Tickets = tuple[TicketRecord, ...]
_TOLD, _NEXT = "_ticket_told", "_ticket_next"


def portfolios(universe: str) -> tuple[dict[str, PortfolioInfo], dict[str, StoreDamaged]]:
    """Name → portfolio of a universe, and name → what is wrong with a ledger of any; read again
    only when something was stored since."""
    found, damaged = _portfolios(str(data.desk().store.path), data.desk().store.stamp())
    return {info.name: info for info in found if info.universe == universe}, damaged


@st.cache_resource(max_entries=4, show_spinner=False)
def _portfolios(path: str, stamp: str) -> tuple[tuple[PortfolioInfo, ...], dict[str, StoreDamaged]]:
    return data.desk().portfolios.survey()


def tickets(name: str) -> Tickets:
    """The tickets of a portfolio, the latest first."""
    return _tickets(str(data.desk().store.path), data.desk().store.stamp(), name)


@st.cache_resource(max_entries=8, show_spinner=False)
def _tickets(path: str, stamp: str, name: str) -> Tickets:
    return tuple(record_of_ticket(stored) for stored in data.desk().portfolios.tickets(name))


DRIFT = key_of(keys.PORTFOLIO, ("drift",))


def drift(view: data.View, info: PortfolioInfo) -> DriftView:
    """What is held against the target. Raises what the pipeline and `Views.drift` raise."""
    own = data.View(view.opened, in_currency(view.params, info.base_currency))
    key = repr((own.key(*DRIFT), info.name, info.head_hash))
    return _drift(key, info.name, own)


@st.cache_resource(max_entries=16, show_spinner="Comparing held and target")
def _drift(key: str, _name: str, _view: data.View) -> DriftView:
    return data.desk().portfolios.drift(
        _name, _view.params, opened=_view.opened, portfolio=data.portfolio(_view)
    )


def made_from(found: DriftView, trade: TradeParams) -> str:
    """Names what a plan is made from."""
    values = [found.params.at(name) for name in DRIFT]
    # How long a ticket is good for is no matter of its trades.
    trade = dataclasses.replace(trade, expires_days=TradeParams().expires_days)
    return repr((found.snapshot_id, values, found.ledger_head, trade))


def plan(found: DriftView, trade: TradeParams) -> TradePlan:
    """The trades from held to target."""
    return _plan(made_from(found, trade), found, trade)


@st.cache_resource(max_entries=32, show_spinner=False)
def _plan(key: str, _found: DriftView, _trade: TradeParams) -> TradePlan:
    return data.desk().portfolios.plan(_found, _trade, strict=False)


def edited_plan(
    found: DriftView, trade: TradeParams, trades: Mapping[str, Decimal]
) -> TradePlan:  # fmt: skip
    """The plan of just these trades. Raises InputError naming what cannot be traded so."""
    return data.desk().portfolios.plan(found, trade, edits=trades, strict=False)


def assets(found: DriftView) -> dict[str, str]:
    """Symbol → what is held."""
    return {s: t.asset or s for s, t in found.tradables.items()}


def propose(
    found: DriftView, trade: TradeParams, trades: Mapping[str, Decimal] | None
) -> StoredTicket:
    """Put the plan, or just these trades, on record."""
    return data.desk().portfolios.propose(
        found.state.portfolio, dataclasses.replace(found.params, trade=trade), who.name(),
        edits=trades, strict=False,
    )  # fmt: skip


def approve(ticket_id: str, override: str) -> StoredTicket:
    """Release it, or say why not."""
    return data.desk().portfolios.approve(ticket_id, who.name(), override)


def cancel(ticket_id: str, reason: str) -> StoredTicket:
    """Give it up."""
    return data.desk().portfolios.cancel(ticket_id, who.name(), reason)


def rates(ticket: Ticket, day: dt.date | None) -> DayRates:
    """What currencies are worth on the day on which a ticket is traded."""
    return data.desk().portfolios.rates_for(ticket, day)


def accept(ticket: Ticket, fills: Fills, day: dt.date) -> Any:
    """Record what was traded."""
    return data.desk().portfolios.accept(
        ticket.ticket_id, who.name(), fills, effective_date=day
    )  # fmt: skip


def written(ticket: Ticket, kind: str, left_out: tuple[str, ...], adjusted: bool, by: str) -> bytes:
    """A ticket as a file."""
    return data.desk().portfolios.export(
        ticket.ticket_id, kind, left_out, adjusted=adjusted, by=by
    )  # fmt: skip


def verified(stored: StoredTicket) -> tuple[bool, str]:
    """Whether the ledger is as it was written and as this ticket knew it, and that in words."""
    found = data.desk().portfolios.verify(stored.portfolio, stored.ledger_head)
    if not found.passed:
        return False, " ".join(found.sentences)
    (own,) = found.checked
    at = found.anchor_in[1] if found.anchor_in else "?"
    return True, (
        f"Every hash of {own.portfolio} fits: {fmt.count(own.entries, 'entry', 'entries')}, "
        f"{fmt.count(own.tickets, 'ticket')}. The ledger still holds entry {at}, on which this "
        "ticket was proposed."
    )


def act(do: Callable[[], Any], told: Callable[[Any], str], then: str = "") -> None:
    """Do it and keep what came of it for `outcome`; `then`: the part of the page to show next."""
    try:
        done = do()
    except CutlineError as error:
        st.session_state[_TOLD] = (False, str(error))
        return
    st.session_state[_TOLD] = (True, told(done))
    if isinstance(done, StoredTicket) and then:
        st.session_state[_NEXT] = (done.ticket_id, then)


def pressed(ticket_id: str, state: str) -> None:
    """Callback of a button drawn for a ticket in `state`: if it has another by now, the button is
    not drawn again and its press would be lost without a word."""
    try:
        now = data.desk().portfolios.ticket(ticket_id).state
    except CutlineError as error:
        st.session_state[_TOLD] = (False, str(error))
        return
    if now != state:
        told = f"The ticket {ticket_id} is {now} already: nothing was changed."
        st.session_state[_TOLD] = (False, told)


def outcome() -> tuple[bool, str] | None:
    """What the last action came to; once."""
    return st.session_state.pop(_TOLD, None)


def next_shown() -> tuple[str, str] | None:
    """Ticket and part of the page that an action wants shown; once."""
    return st.session_state.pop(_NEXT, None)
