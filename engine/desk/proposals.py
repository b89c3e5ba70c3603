"""Tickets of a portfolio: proposed, approved, accepted, cancelled, exported."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from engine.core.amounts import exact_text, parse_amount
from engine.core.currencies import is_cash
from engine.core.errors import AnswerNo, CutlineError, InputError, NotFinished
from engine.core.words import CASH, TicketState
from engine.desk.drift_view import DriftView, in_currency
from engine.desk.marks import rates_on
from engine.desk.needs import Needs
from engine.desk.ticket_record import TicketRecord, record_of_ticket
from engine.desk.views import Views
from engine.params import PanelParams, Params
from engine.params.trading import DriftParams, TradeParams
from engine.store import Accepted, StoredTicket
from engine.trading.exports import Export, export, of_adjusted
from engine.trading.exports.filled import Fills, planned_fills
from engine.trading.exports.fills import check_fills, read_fills
from engine.trading.exports.reimport import reimport
from engine.trading.lists import matched, refuse_unknown
from engine.trading.money import DayRates
from engine.trading.state import state_at
from engine.trading.tickets.build import build_ticket
from engine.trading.tickets.ticket import Ticket, to_document
from engine.trading.trades import TradePlan, edited_plan, trade_plan

_DRIFT_DIGITS = 12
_PANEL = PanelParams()


class Proposals:
    """The tickets of one store."""

    def __init__(self, needs: Needs, views: Views) -> None:
        self._ledger, self._runs, self._views = needs.ledger, needs.runs, views
        self._universes = needs.universes

    def plan(
        self, view: DriftView, trade: TradeParams | None = None, notional: Decimal | None = None,
        *, edits: Mapping[str, Decimal] | None = None, restricted: Collection[str] = (),
        strict: bool = True,
    ) -> TradePlan:  # fmt: skip
        """The trades that `propose` would put on a ticket.

        notional: only so much of the value follows the target, the rest stays in cash. edits:
        exactly these trades, symbol to units, sold below 0 (`edited_plan`). restricted: further
        names that are not traded, of a list that may be wider than the universe. strict: a name on
        the other lists that means nothing here is refused; else it is said.

        Raises as `trade_plan`, and InputError for a notional over the value.
        """
        params, unknown, said = matched(
            trade or view.params.trade, view.tradables, view.state.quantities, restricted
        )
        if strict:
            refuse_unknown(unknown)
        target = _scaled(view, notional)
        held, cash = view.state.quantities, view.state.cash
        foreign = dict(view.state.foreign)
        made = (
            trade_plan(held, cash, target, view.market, params, foreign)
            if edits is None
            else edited_plan(held, cash, target, view.market, params, edits, foreign)
        )
        return dataclasses.replace(made, notes=(*made.notes, *unknown, *said))

    def propose(
        self,
        name: str,
        params: Params,
        by: str = "",
        notional: Decimal | None = None,
        *,
        edits: Mapping[str, Decimal] | None = None,
        waived: tuple[str, ...] = (),
        restricted: Collection[str] = (),
        strict: bool = True,
        now: dt.datetime | None = None,
    ) -> StoredTicket:
        """Compute the target, store it as a run, audit that, and put the trades on record.

        edits, restricted, strict: as of `plan`. A failed audit is kept on the ticket, and stands
        against its approval. Run and ticket are two transactions: a run
        without a ticket is harmless.

        Raises AnswerNo where there is nothing to trade, and what pipeline, plan, ticket and store
        raise; then no ticket is on record.
        """
        now = now or dt.datetime.now(dt.UTC)
        self._ledger.expire(now)
        entries = self._ledger.entries(name)
        universe = entries[0].payload["universe"]
        params = in_currency(params, entries[0].payload["base_currency"])
        saved = self._runs.optimise(universe, params, by, waived)
        checks = self._runs.audit_run(saved.run.run_id).audit
        view = self._views.view_of(entries, params, opened=saved.opened, portfolio=saved.portfolio)
        plan = self.plan(view, notional=notional, edits=edits, restricted=restricted, strict=strict)
        ticket = ticket_of_plan(
            plan, view, name, by, now, run_id=saved.run.run_id,
            snapshot_id=saved.run.snapshot_id, store_head=self._ledger.store_head(),
        )  # fmt: skip
        failed = [f"{check.name}: {check.detail or 'failed'}" for check in checks.failed]
        document = {
            "ticket": to_document(ticket),
            "audit": {"passed": checks.passed, "failed": failed},
            "trade": _texts(params.trade),
            "drift": _texts(params.drift),
            "notional": "" if notional is None else exact_text(notional),
            "edited": edits is not None,
            "target": {s: repr(w) for s, w in sorted(view.target.items())},
            "weights_after": {s: repr(w) for s, w in sorted(plan.weights_after.items())},
            "rounding": plan.rounding,
            "notes": list(plan.notes),
        }
        return self._ledger.propose(
            ticket.ticket_id, name, document, ticket.ledger_head, by, checksum=ticket.checksum,
            source_run=saved.run.run_id, snapshot_id=saved.run.snapshot_id,
            expires_at=now + dt.timedelta(days=params.trade.expires_days),
        )  # fmt: skip

    def from_cash(
        self,
        universe: str | None,
        params: Params,
        by: str = "",
        *,
        notional: Decimal,
        restricted: Collection[str] = (),
        now: dt.datetime | None = None,
    ) -> Ticket:
        """The ticket of so much cash, priced and on no record: there is no portfolio, so it cannot
        be approved. Nothing is stored. restricted: as of `plan`."""
        view = self._views.view_of_cash(universe, params, notional)
        plan = self.plan(view, restricted=restricted)
        return ticket_of_plan(plan, view, "", by, now or dt.datetime.now(dt.UTC), run_id="",
                              snapshot_id=view.snapshot_id)  # fmt: skip

    def approve(self, ticket_id: str, by: str = "", override: str = "") -> StoredTicket:
        """Release a ticket to be traded. Its run is audited anew with the code at hand.

        Raises AnswerNo naming what speaks against it, unless `override` says why it is approved
        all the same, which stays on record; InputError as `TicketStore.approve`.
        """
        self._ledger.expire(dt.datetime.now(dt.UTC))
        record = self.ticket(ticket_id)
        return self._ledger.approve(
            ticket_id,
            by,
            override,
            audit_passed=bool(record.audit["passed"]) and self._holds(record),
        )

    def _holds(self, record: TicketRecord) -> bool:
        if record.state != TicketState.PROPOSED:
            return True  # the store refuses, or repeats
        try:
            return self._runs.audit_run(record.ticket.run_id).audit.passed
        except NotFinished:
            raise
        except CutlineError:
            return False

    def accept(
        self,
        ticket_id: str,
        by: str = "",
        fills: Fills | bytes | Iterable[Mapping[str, Any]] | None = None,
        *,
        effective_date: dt.date | None = None,
        any_price: bool = False,
    ) -> Accepted:
        """Record what was traded of an approved ticket: that, and not the plan, becomes the state.

        fills: checked ones, a CSV file's bytes or rows of a form; none: everything as planned.
        effective_date: the trading day; by default the ticket's as-of date, at whose prices it was
        made, so that the state on that day is the one traded to. Accepting twice changes nothing
        and gives the first, `repeated`. Raises InputError for fills that do not fit the ticket, a
        sale of more than is held, a trading day before the ticket's as-of date; then nothing is
        stored.
        """
        ticket = self.ticket(ticket_id).ticket
        if effective_date is not None and effective_date < ticket.as_of:
            raise InputError(
                f"The ticket {ticket_id} is as of {ticket.as_of}: it cannot have been traded on "
                f"{effective_date}, before its prices."
            )
        if fills is None:
            done = planned_fills(ticket)
        elif isinstance(fills, Fills):
            done = fills
        elif isinstance(fills, bytes):
            done = read_fills(fills, ticket, any_price, self.rates_for(ticket, effective_date))
        else:
            done = check_fills(ticket, fills, any_price, self.rates_for(ticket, effective_date))
        payload = {
            "fills": done.payload()["fills"],
            "unfilled": [
                {"symbol": o.symbol, "market_symbol": o.market_symbol, "left": exact_text(o.left)}
                for o in done.unfilled
            ],
        }
        return self._ledger.accept(
            ticket_id, by, payload, effective_date=effective_date or ticket.as_of,
            check=lambda entries: state_at(entries, dt.date.max),
        )  # fmt: skip

    def rates_for(self, ticket: Ticket, day: dt.date | None = None) -> DayRates:
        """What currencies are worth on the day on which a ticket is traded, by default its own."""
        on = day or ticket.as_of
        opened = self._universes.open
        return rates_on(lambda: opened(ticket.universe).grid, on, ticket.base_currency, _PANEL)

    def cancel(self, ticket_id: str, by: str = "", reason: str = "") -> StoredTicket:
        """Give up a ticket that is not implemented. See `TicketStore.cancel`."""
        return self._ledger.cancel(ticket_id, by, reason)

    def ticket(self, ticket_id: str) -> TicketRecord:
        """A ticket with its state and events. Raises InputError naming the latest ones."""
        return record_of_ticket(self._ledger.ticket(ticket_id))

    def tickets(self, name: str) -> tuple[StoredTicket, ...]:
        """The tickets of a portfolio, the latest first."""
        return self._ledger.tickets(name)

    def waiting(self, name: str | None, state: str) -> str:
        """The id of the one ticket in a state, of a portfolio or of all.

        Raises InputError where there is none, or more than one, naming them.
        """
        names = [name] if name else [info.name for info in self._ledger.portfolios()]
        found = [t.ticket_id for n in names for t in self.tickets(n) if t.state == state]
        if len(found) != 1:
            which = "There is no ticket" if not found else f"{', '.join(found)} are tickets"
            mend = "propose or approve one first" if not found else "name one"
            raise InputError(f"{which} in state {state}: {mend}.")
        return found[0]

    def export(
        self, ticket_id: str, kind: str, leave_out: Collection[str] = (), **more: Any
    ) -> bytes:
        """A ticket as a file's bytes. See `export_file`."""
        return self.export_file(ticket_id, kind, leave_out, **more).data

    def export_file(
        self, ticket_id: str, kind: str, leave_out: Collection[str] = (),
        *, adjusted: bool = False, by: str = "",
    ) -> Export:  # fmt: skip
        """A ticket as a file: its name, media type and bytes. See `exports.export`; orders with
        quantities of adjusted prices go on record as an event of the ticket, with who wrote them.
        """
        ticket = self.ticket(ticket_id).ticket
        made = export(ticket, kind, leave_out, adjusted)
        if adjusted and (names := of_adjusted(ticket, kind, leave_out)):
            note = f"{kind} file with quantities of adjusted closes"
            self._ledger.note(ticket_id, note, by, symbols=names)
        return made

    def reimport(self, data: bytes, kind: str) -> Ticket:
        """The ticket of an exported file, held against the one on record. Raises InputError naming
        what was altered."""
        found = reimport(data, kind)
        return reimport(data, kind, self.ticket(found.ticket_id).ticket)


def ticket_of_plan(
    plan: TradePlan, view: DriftView, name: str, by: str, now: dt.datetime, *, run_id: str,
    snapshot_id: str, store_head: str = "",
) -> Ticket:  # fmt: skip
    """A plan as a ticket. Raises AnswerNo where there is nothing to trade."""
    if not plan.lines:
        why = "; ".join(dict.fromkeys(reason for _, reason in plan.untraded)) or "nothing is wanted"
        raise AnswerNo(f"There is nothing to trade as of {view.as_of}: {why}.")
    return build_ticket(
        plan, view.tradables, portfolio=name, universe=view.universe, created_at=now, by=by,
        run_id=run_id, snapshot_id=snapshot_id, as_of=view.as_of,
        base_currency=view.state.base_currency, ledger_head=view.ledger_head, store_head=store_head,
        drift_before=_rounded(plan.drift_before), drift_left=_rounded(plan.drift_after),
    )  # fmt: skip


def _scaled(view: DriftView, notional: Decimal | None) -> dict[str, float]:
    """The target, of which only `notional` is followed; the rest is CASH."""
    if notional is None:
        return view.target
    if not 0 < notional <= view.valued.value:
        raise InputError(
            f"A notional of {notional} does not fit: the portfolio is worth "
            f"{view.valued.value:,.2f} {view.state.base_currency}."
        )
    share = float(notional / view.valued.value)
    target = {s: w * share for s, w in view.target.items() if not is_cash(s)}
    return target | {CASH: 1.0 - sum(target.values())}


def _rounded(value: float) -> Decimal:
    return parse_amount(f"{value:.{_DRIFT_DIGITS}f}", "The drift")


def _texts(params: TradeParams | DriftParams) -> dict[str, Any]:
    """Knobs as text: the store takes no floats."""
    return {
        name: list(value) if isinstance(value, tuple) else str(value)
        for name, value in dataclasses.asdict(params).items()
    }
