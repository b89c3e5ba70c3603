"""The ticket as FIX 4.2 messages, New Order - Single (35=D), one after the other.

Currency pairs as in the specification's appendix O: Symbol (55) CCY1/CCY2, OrderQty (38) in units
of Currency (15), which is CCY1 here; Side (54) is that of CCY1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from engine.core.amounts import exact_text
from engine.core.errors import InputError
from engine.core.words import Side
from engine.trading.exports.kind import ExportType
from engine.trading.exports.routes import (
    SHARES,
    refused_share,
    refused_symbol,
    routable,
    route_of,
    symbol_at,
)
from engine.trading.tickets.ticket import Ticket, TicketLine

SOH = "\x01"
SIDE: dict[str, str] = {Side.BUY: "1", Side.SELL: "2"}
_AUTOMATED, _MARKET, _DAY = "1", "1", "0"  # values of HandlInst, OrdType, TimeInForce


def write_fix(
    ticket: Ticket,
    sender: str = "CUTLINE",
    target: str = "BROKER",
    sending_time: dt.datetime | None = None,
    leave_out: Collection[str] = (),
) -> bytes:
    """One market order for the day a line, numbered from 1; nothing between the messages.

    sender, target: the company ids of the session. sending_time: when they are sent, by default
    the ticket's own time. leave_out: symbols to place by hand. ClOrdID is the ticket's id and the
    line's place on it, so it stays the same whatever is left out. Raises InputError naming each
    line whose class has no security type here.
    """
    for name, value in (("sender", sender), ("target", target)):
        if not value or not value.isascii() or not value.isprintable():
            raise InputError(f"The FIX {name} {value!r} does not fit: use printable ASCII.")
    at = _stamp(sending_time or ticket.created_at)
    place = {line.symbol: number for number, line in enumerate(ticket.lines, start=1)}
    messages: list[bytes] = []
    for line in routable(ticket, refusal, leave_out, "FIX"):
        header = [
            (35, "D"), (49, sender), (56, target), (34, str(len(messages) + 1)), (52, at),
        ]  # fmt: skip
        messages.append(message([*header, *_order(line, ticket, place[line.symbol])]))
    return b"".join(messages)


def refusal(line: TicketLine) -> str:
    """Why no order can be written for a line; "" if one can."""
    if line.is_currency or line.asset_class == "crypto":
        return refused_symbol(line)
    if line.asset_class in SHARES:
        return refused_share(line)
    return f"is of the class {line.asset_class}, for which there is no security type"


def message(pairs: Iterable[tuple[int, str]]) -> bytes:
    """A message from its fields, 35 first: with 8, 9 (bytes after it up to 10) and 10 (the sum of
    all bytes before it modulo 256) around them. Raises InputError for a value that is empty, not
    ASCII, or holds a control character."""
    body = ""
    for tag, value in pairs:
        if not value or not value.isascii() or not value.isprintable():
            raise InputError(f"FIX field {tag} cannot be {value!r}: use printable ASCII.")
        body += f"{tag}={value}{SOH}"
    data = f"8=FIX.4.2{SOH}9={len(body)}{SOH}{body}".encode("ascii")
    return data + f"10={sum(data) % 256:03d}{SOH}".encode("ascii")


def _order(line: TicketLine, ticket: Ticket, place: int) -> list[tuple[int, str]]:
    symbol, currency, kind = line.market_symbol, line.currency, "CS"
    if line.is_currency:
        base = line.market_symbol[:3]
        symbol, currency, kind = f"{base}/{line.currency}", base, "FOR"
    exchange = route_of(line) if line.asset_class in SHARES else ""
    at: list[tuple[int, str]] = []
    if not isinstance(exchange, str):
        symbol = symbol_at(line, exchange, ".")
        at = [(207, exchange.fix)] if line.exchange.strip() and exchange.fix else []
    out = [
        (11, f"{ticket.ticket_id}-{place}"),
        (21, _AUTOMATED),
        (55, symbol),
        (54, SIDE[line.market_side]),
        (60, _stamp(ticket.created_at)),
        (38, exact_text(line.market_quantity)),
        (40, _MARKET),
        (15, currency),
        (59, _DAY),
    ]
    if line.asset_class != "crypto":  # 4.2 has no security type for it
        out.append((167, kind))
    out += at
    note = f"ticket {ticket.checksum[:16]}" + (" notional quantity" if line.notional else "")
    note += f" quoted in {line.quoted}" if line.quoted else ""
    return [*out, (58, note)]


def _stamp(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y%m%d-%H:%M:%S")


EXPORT = ExportType(
    "FIX 4.2", ".fix", "application/octet-stream",
    lambda ticket, leave_out: write_fix(ticket, leave_out=leave_out), refusal,
)  # fmt: skip
