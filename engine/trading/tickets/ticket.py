"""The rebalance ticket: what is to be traded, on what grounds, and the checksum over it.

Amounts are exact decimals. `price`, `value`, `cost` and cash are in the portfolio's base currency;
`market_quantity` is what an order says: for a currency, units of the base of the market pair.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import Any

from engine.core.amounts import exact_text
from engine.core.canonical import TICKET_1
from engine.core.errors import InputError
from engine.core.words import Side, TicketState, values_of
from engine.trading.tradable import CURRENCY_CLASS

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
    settled, settled_amount, settled_value: another currency than the base in which it is paid, how
    much of it, and what of the value that is. to_cash: of a currency, the units that it adds to the
    cash of that (taken away below 0), not to what is held of it as an asset. exchange: as the
    instrument names it; quoted: the hundredth in which the market quotes it (GBp), if it does.
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
    settled: str = later("")
    settled_amount: Decimal = later(Decimal(0))
    settled_value: Decimal = later(Decimal(0))
    to_cash: Decimal = later(Decimal(0))
    exchange: str = later("")
    quoted: str = later("")

    @property
    def signed(self) -> Decimal:
        """Units that come in, or go out below 0."""
        return self.quantity * Side(self.side).sign

    @property
    def units(self) -> Decimal:
        """Units that it adds to the position."""
        return self.signed - self.to_cash

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
    what the ticket leaves of it (None = not on record). cash_*: of all currencies, in the base
    currency; cash_in_*: by currency, as `USD 100; JPY 5000`, where there is more than one."""

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
    cash_in_before: str = later("")
    cash_in_after: str = later("")

    @property
    def cash_after_by_currency(self) -> dict[str, str]:
        """Cash of each currency after its trades, exact text."""
        if not self.cash_in_after:
            return {self.base_currency: exact_text(self.cash_after)}
        return dict(part.split(" ", 1) for part in self.cash_in_after.split("; "))

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
