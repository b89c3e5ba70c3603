"""The ticket as a basket for Interactive Brokers' BasketTrader.

Columns and values as in the TWS guide, "Basket Fields" and "Manually Create a Basket File"
(ibkrguides.com/traderworkstation); currency pairs as in the TWS API, "Basic Contracts": the pair's
base as Symbol, its quote as Currency, SecType CASH, Exchange IDEALPRO.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection

from engine.core.amounts import exact_text
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

COLUMNS = (
    "Action", "Quantity", "Symbol", "SecType", "Exchange", "Currency", "TimeInForce", "OrderType",
    "BasketTag",
)  # fmt: skip


def write_ibkr(ticket: Ticket, leave_out: Collection[str] = ()) -> bytes:
    """ASCII CSV, one market order for the day a line, tagged with the ticket's id.

    leave_out: symbols to place by hand. Raises InputError naming each line whose class this file
    has no route for. Nothing in it can be a formula: symbols are letters, digits, blank, dot,
    dash and slash, and start with the first two.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in routable(ticket, refusal, leave_out, "an Interactive Brokers basket"):
        writer.writerow(_row(line, ticket.ticket_id))
    return out.getvalue().encode("ascii")


def refusal(line: TicketLine) -> str:
    """Why a line has no place in a basket; "" if it has."""
    if line.is_currency:
        return refused_symbol(line)
    if line.asset_class in SHARES:
        found = route_of(line)
        if not isinstance(found, str) and not found.ib:
            return f"is of {found.mic}, which Interactive Brokers does not trade"
        return refused_share(line)
    return f"is of the class {line.asset_class}, for which there is no route"


def _row(line: TicketLine, tag: str) -> list[str]:
    quantity = exact_text(line.market_quantity)
    if line.is_currency:
        base, quote = line.market_symbol[:3], line.currency
        route = [base, "CASH", "IDEALPRO", quote]
    else:
        exchange = route_of(line)
        assert not isinstance(exchange, str), "it was refused"
        route = [symbol_at(line, exchange), "STK", exchange.ib, line.currency]
    return [line.market_side, quantity, *route, "DAY", "MKT", tag]


EXPORT = ExportType("Interactive Brokers basket", "-ibkr.csv", "text/csv", write_ibkr, refusal)
