"""What an order for a line says to a broker, and why one cannot be written."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from engine.core.errors import InputError
from engine.trading.exports.exchanges import Exchange, broker_symbol, exchange_of
from engine.trading.tickets.ticket import Ticket, TicketLine

# Letters, digits and what share classes and pairs are written with; no blank at either end.
_SYMBOL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ./-]{0,30}[A-Za-z0-9])?", re.ASCII)
SHARES = frozenset({"equity", "etf", "fund", "reit"})


def route_of(line: TicketLine) -> Exchange | str:
    """The exchange of a share, or why no order can be routed."""
    return exchange_of(line.exchange, line.market_symbol, line.currency)


def symbol_at(line: TicketLine, exchange: Exchange, plus: str = "") -> str:
    """A share's symbol as the broker has it. See `broker_symbol`."""
    return broker_symbol(line.market_symbol, exchange, plus)


def refused_share(line: TicketLine) -> str:
    """Why no order for a share can be written; "" if one can."""
    found = route_of(line)
    return found if isinstance(found, str) else refused_symbol(line)


def refused_symbol(line: TicketLine) -> str:
    """Why a broker cannot be given this symbol; "" if it can."""
    if not _SYMBOL.fullmatch(line.market_symbol):
        return "has a symbol with characters that orders do not carry"
    return ""


def routable(
    ticket: Ticket,
    refusal: Callable[[TicketLine], str],
    leave_out: Collection[str],
    where: str,
) -> list[TicketLine]:
    """The lines to write, without those left out on purpose.

    Raises InputError naming every line that `refusal` has a reason for, or a symbol to leave out
    that is not on the ticket.
    """
    symbols = {line.symbol for line in ticket.lines}
    if unknown := sorted(set(leave_out) - symbols):
        raise InputError(f"{unknown[0]} is to be left out, but is not on {ticket.ticket_id}.")
    lines = [line for line in ticket.lines if line.symbol not in leave_out]
    refused = [(line.symbol, why) for line in lines if (why := refusal(line))]
    if refused:
        names = "; ".join(f"{symbol} {why}" for symbol, why in refused)
        raise InputError(f"Not for {where}: {names}. Leave them out and place them by hand.")
    return lines
