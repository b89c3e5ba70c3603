"""The rebalance ticket: what is to be traded, on what grounds, and the checksum over it.

Amounts are exact decimals. `price`, `value`, `cost` and cash are in the portfolio's base currency;
`market_quantity` is what an order says: for a currency, units of the base of the market pair.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import Any

from engine.core.amounts import CENT, exact_text
from engine.core.canonical import TICKET_1
from engine.core.errors import InputError
from engine.core.words import Side, TicketState, values_of
from engine.trading.market_pair import market_pair
from engine.trading.tradable import CURRENCY_CLASS, Plan, PlannedTrade, Tradable, refusals

STATES = values_of(TicketState)
SIDES = values_of(Side)
ID_DIGITS = 12
FORMAT = "cutline ticket 1"


def later(first: Any) -> Any:
    """A field that came after the first ticket: where it has its first value, a document is
    written as before it came, so that the checksums of earlier tickets hold."""
    return field(default=first, metadata={"later": True})


@dataclass(frozen=True)
class TicketLine:
    """One trade. side, quantity: of the asset; market_*: of the order that does it.

    currency: in which the market quotes it; price: base currency for one unit of the asset.
    """

    symbol: str
    asset: str
    market_symbol: str
    market_side: str
    market_quantity: Decimal
    side: str
    quantity: Decimal
    price: Decimal | None
    currency: str
    value: Decimal
    cost: Decimal
    reason: str
    asset_class: str
    notional: bool

    @property
    def is_currency(self) -> bool:
        """Whether the order is for a currency pair."""
        return self.asset_class == CURRENCY_CLASS

    @property
    def inverted(self) -> bool:
        """Whether the order's side is the opposite of the asset's."""
        return self.market_side != self.side


@dataclass(frozen=True)
class Untraded:
    """What was left as it is, and why."""

    symbol: str
    reason: str


@dataclass(frozen=True)
class Ticket:
    """A proposal to trade. checksum: over all but itself and `state`; ledger_head: hash of the last
    entry of the ledger when it was proposed; drift_*: one-way turnover to the target before, and
    what the ticket leaves of it (None = not on record)."""

    ticket_id: str
    portfolio: str
    universe: str
    created_at: dt.datetime
    by: str
    run_id: str
    snapshot_id: str
    as_of: dt.date
    base_currency: str
    lines: tuple[TicketLine, ...]
    untraded: tuple[Untraded, ...]
    cash_before: Decimal
    cash_after: Decimal
    estimated_cost: Decimal
    ledger_head: str
    drift_before: Decimal | None = None
    drift_left: Decimal | None = None
    state: str = TicketState.PROPOSED.value
    checksum: str = ""
    store_head: str = later("")

    @property
    def intact(self) -> bool:
        """Whether the checksum fits what the ticket says."""
        return self.checksum == checksum_of(self)

    def in_state(self, state: str) -> Ticket:
        """The same ticket at another point of its life. Raises InputError for no such state."""
        if state not in STATES:
            raise InputError(f"{state!r} is no state of a ticket: {', '.join(STATES)}.")
        return replace(self, state=state)


UNSIGNED = ("state", "checksum")
HEAD_FIELDS = tuple(
    f.name for f in fields(Ticket) if f.name not in (*UNSIGNED, "lines", "untraded")
)


def build_ticket(
    plan: Plan,
    instruments: Mapping[str, Tradable],
    *,
    portfolio: str,
    universe: str,
    created_at: dt.datetime,
    by: str,
    run_id: str,
    snapshot_id: str,
    as_of: dt.date,
    base_currency: str,
    ledger_head: str,
    store_head: str = "",
    drift_before: Decimal | None = None,
    drift_left: Decimal | None = None,
    ticket_id: str = "",
) -> Ticket:
    """A plan as a ticket, in the plan's order; without an id it is named by its content.

    created_at: with a time zone. drift_*: by default the plan's own drift_before and drift_after,
    if it has them, to 6 decimals. Raises InputError that names every line that cannot be traded
    (`refusals`), a line whose amounts do not fit, or says that the cash does not reconcile to the
    cent: cash after = before − bought + sold − costs.
    """
    if created_at.tzinfo is None:
        raise InputError("The ticket's time has no time zone: give it in UTC.")
    if refused := refusals(plan, instruments, base_currency):
        names = "; ".join(f"{symbol} {reason}" for symbol, reason in refused)
        raise InputError(f"Not tradable: {names}. Leave them out of the trades.")
    lines = tuple(_line(trade, instruments[trade.symbol], base_currency) for trade in plan.lines)
    _reconcile(plan, lines)
    ticket = Ticket(
        ticket_id=ticket_id, portfolio=portfolio, universe=universe,
        created_at=created_at.astimezone(dt.UTC), by=by, run_id=run_id, snapshot_id=snapshot_id,
        as_of=as_of, base_currency=base_currency, lines=lines,
        untraded=tuple(_untraded(item) for item in plan.untraded),
        cash_before=plan.cash_before, cash_after=plan.cash_after, estimated_cost=plan.cost,
        ledger_head=ledger_head, store_head=store_head,
        drift_before=_drift(plan, "drift_before") if drift_before is None else drift_before,
        drift_left=_drift(plan, "drift_after") if drift_left is None else drift_left,
    )  # fmt: skip
    if not ticket_id:
        ticket = replace(ticket, ticket_id="T" + checksum_of(ticket)[:ID_DIGITS])
    return replace(ticket, checksum=checksum_of(ticket))


def _line(trade: PlannedTrade, known: Tradable, base_currency: str) -> TicketLine:
    if trade.side not in SIDES:
        raise InputError(f"{trade.symbol}: the side {trade.side!r} is neither BUY nor SELL.")
    if trade.quantity <= 0 or trade.value < CENT or trade.cost < 0:
        raise InputError(
            f"{trade.symbol}: quantity {trade.quantity}, value {trade.value} and cost {trade.cost} "
            "are no trade: it needs a quantity, a cent or more of value, and no cost below 0."
        )
    symbol, side, amount = trade.symbol, trade.side, trade.quantity
    currency = known.currency or base_currency
    if known.asset_class == CURRENCY_CLASS:
        pair = market_pair(known.asset, base_currency)
        symbol, side, currency = pair.symbol, pair.side(trade.side), pair.quote
        # The pair's base is then the base currency: the order is the money that changes hands.
        amount = trade.value.quantize(CENT) if pair.inverted else trade.quantity
    return TicketLine(
        symbol=trade.symbol, asset=known.asset, market_symbol=symbol, market_side=side,
        market_quantity=amount, side=trade.side, quantity=trade.quantity, price=trade.price,
        currency=currency, value=trade.value, cost=trade.cost, reason=trade.reason,
        asset_class=known.asset_class, notional=known.notional,
    )  # fmt: skip


def _untraded(item: Any) -> Untraded:
    if hasattr(item, "symbol"):
        return Untraded(item.symbol, item.reason)
    return Untraded(*item)


def _drift(plan: Plan, name: str) -> Decimal | None:
    value = getattr(plan, name, None)
    return None if value is None else Decimal(f"{value:.6f}")


def _reconcile(plan: Plan, lines: tuple[TicketLine, ...]) -> None:
    moved = sum((x.value if x.side == Side.SELL else -x.value for x in lines), Decimal(0))
    expected = plan.cash_before + moved - plan.cost
    if abs(expected - plan.cash_after) >= CENT:
        raise InputError(
            f"The cash does not reconcile: {plan.cash_before} before, {moved} from trades and "
            f"{plan.cost} of costs leave {expected}, not {plan.cash_after}."
        )


def checksum_of(ticket: Ticket) -> str:
    """SHA-256 over the canonical document of all but state and checksum."""
    document = {k: v for k, v in to_document(ticket).items() if k not in UNSIGNED}
    return TICKET_1.digest([FORMAT, document])


def to_document(ticket: Ticket) -> dict[str, Any]:
    """Plain values: decimals and times as text, unknown as None. `from_document` reads it back."""
    out = {name: plain(getattr(ticket, name)) for name in written_fields(ticket)}
    out["lines"] = [plain_record(line) for line in ticket.lines]
    out["untraded"] = [plain_record(item) for item in ticket.untraded]
    return out


def written_fields(record: Ticket | TicketLine | Untraded) -> tuple[str, ...]:
    """The fields that the document of a ticket, a line, or what was not traded holds: a `later`
    one only where it says something. Of a ticket, its lists are apart."""
    return tuple(
        f.name
        for f in fields(record)
        if f.name not in ("lines", "untraded")
        and not ("later" in f.metadata and getattr(record, f.name) == f.default)
    )


def may_lack(kind: type, name: str) -> bool:
    """Whether a document may be without this field of a Ticket, TicketLine or Untraded."""
    return any(f.name == name and "later" in f.metadata for f in fields(kind))


def plain_record(record: TicketLine | Untraded) -> dict[str, Any]:
    """A line, or what was not traded, as plain values."""
    return {name: plain(getattr(record, name)) for name in written_fields(record)}


def plain(value: Any) -> Any:
    """A field's value for JSON."""
    if isinstance(value, Decimal):
        return exact_text(value)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    return value.isoformat() if isinstance(value, dt.date) else value
