"""What was done of a ticket: fills, and what is left open."""

from __future__ import annotations

import decimal
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from engine.core.amounts import exact_text
from engine.core.errors import InputError
from engine.core.words import Side
from engine.trading.costs import exact
from engine.trading.exports.fill_rows import EXECUTION
from engine.trading.exports.moves import planned
from engine.trading.tickets.ticket import Ticket


@dataclass(frozen=True)
class Fill:
    """What was done, as the ledger has it: units of the asset, its price and the money that
    changed hands (`value`, without `fee`) in base currency; all > 0, fee >= 0.

    stated: price and fee as they were stated in other currencies, with the rates used, for the
    record; execution: the broker's id, "" = none. moves: what it adds to position and cash, where
    that is not units for base currency.
    """

    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    value: Decimal
    notional: bool = False
    stated: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    execution: str = ""
    moves: Mapping[str, Any] | None = None

    @property
    def units(self) -> Decimal:
        """Units that the position gains, or loses below 0; the rest is cash of a currency."""
        if self.moves is not None:
            return Decimal(self.moves["units"])
        return self.quantity * Side(self.side).sign


@dataclass(frozen=True)
class Open:
    """What is left of an order: market symbol, its side, and units of the order not filled."""

    symbol: str
    market_symbol: str
    market_side: str
    left: Decimal


@dataclass(frozen=True)
class Fills:
    """Fills in the order given, and what is left open in the ticket's order."""

    fills: tuple[Fill, ...]
    unfilled: tuple[Open, ...]

    @property
    def complete(self) -> bool:
        """Whether every order was filled whole."""
        return not self.unfilled

    @property
    def cash_moved(self) -> Decimal:
        """All cash that came in (positive) or went out, in base currency, fees included."""
        with decimal.localcontext(exact()):
            return sum(
                (-f.value * f.units / f.quantity - f.fee for f in self.fills),
                Decimal(0),
            )

    def payload(self) -> dict[str, Any]:
        """For the ledger, which adds the ticket's id and checksum: decimals as text."""
        return {
            "fills": [
                {
                    "symbol": fill.symbol,
                    "side": fill.side,
                    "quantity": exact_text(fill.quantity),
                    "price": exact_text(fill.price),
                    "fee": exact_text(fill.fee),
                    "value": exact_text(fill.value),
                    "notional": fill.notional,
                    **({"stated": dict(fill.stated)} if fill.stated else {}),
                    **({EXECUTION: fill.execution} if fill.execution else {}),
                    **({"moves": dict(fill.moves)} if fill.moves is not None else {}),
                }
                for fill in self.fills
            ],
        }


def planned_fills(ticket: Ticket) -> Fills:
    """Everything filled as the ticket planned it, at its prices, the estimated cost as fee.

    Raises InputError naming a line that has no price.
    """
    out = []
    for line in ticket.lines:
        if line.price is None:
            raise InputError(f"{line.symbol} has no price on the ticket: give its fill.")
        fill = Fill(
            line.symbol, line.side, line.quantity, line.price, line.cost, line.value, line.notional,
            moves=planned(line, ticket.base_currency),
        )  # fmt: skip
        out.append(fill)
    return Fills(tuple(out), ())
