"""In which currency each trade is paid, and the lines that change money for it.

A trade is paid from the cash of its own currency. What that lacks, or has over its floor, is one
trade of the currency, to the cent; where the broker funds trades, what is lacking is left to it.
"""

from __future__ import annotations

import decimal
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from engine.core.amounts import CENT, exact_text
from engine.core.words import CURRENCY_CLASS, Funding
from engine.params.trading import TradeParams
from engine.trading.costs import change_cost, cost_of
from engine.trading.reconcile import Order

ZERO = Decimal(0)
Paid = tuple[str, Decimal, Decimal]


@dataclass(frozen=True)
class Money:
    """Cash of one currency other than the base.

    held: units, below 0 if owed; rate: base currency for one; floor: units that stay; pair: whether
    a pair of the universe trades it, so that a line can change it.
    """

    code: str
    held: Decimal
    rate: Decimal
    floor: Decimal = ZERO
    pair: bool = True

    @property
    def stays(self) -> Decimal:
        """Units that no line takes away: the floor, or all where nothing changes it."""
        return self.floor if self.pair else max(self.held, self.floor)


@dataclass(frozen=True)
class Purse:
    """Cash of a portfolio: `base`, and other currencies by code."""

    base: Decimal
    foreign: tuple[Money, ...] = ()

    @property
    def total(self) -> Decimal:
        """All of it, in base currency."""
        return self.base + sum((m.held * m.rate for m in self.foreign), ZERO)

    def reserve(self, params: TradeParams) -> Decimal:
        """Base currency that stays: floors, and what it may cost to change the rest."""
        kept = sum((m.stays * m.rate for m in self.foreign), ZERO)
        moved = (abs(m.held - m.stays) * m.rate for m in self.foreign)
        return kept + sum((change_cost(value, params) for value in moved), ZERO)


@dataclass(frozen=True)
class Settled:
    """How orders are paid.

    paid: symbol → (currency, units of it that change hands, what of the value that is); the rest of
    its value is base currency. changes: currency → units that a line buys of it, sold below 0;
    cost: base currency, of these. after: cash of each other currency by code; base: the rest.
    notes: what is left to the broker or cannot be changed, in words.
    """

    paid: Mapping[str, Paid] = field(default_factory=dict)
    changes: Mapping[str, Decimal] = field(default_factory=dict)
    cost: Decimal = ZERO
    after: Mapping[str, Decimal] = field(default_factory=dict)
    base: Decimal = ZERO
    notes: tuple[str, ...] = ()


def settle(
    orders: Mapping[str, Order],
    purse: Purse,
    settles: Mapping[str, str],
    params: TradeParams,
    given: Mapping[str, Decimal] | None = None,
) -> Settled:
    """Pay orders out of the purse.

    settles: symbol → currency, of what is quoted in another than the base. given: currency → units
    that a line buys, as a person wants it; what it does not name is worked out.

    Everything is exact but what is paid in another currency, which is to the cent of it.
    """
    given, by_code = given or {}, {m.code: m for m in purse.foreign}
    paid: dict[str, Paid] = {}
    changes: dict[str, Decimal] = {}
    after: dict[str, Decimal] = {}
    notes: list[str] = []
    base = purse.base
    for order in orders.values():
        if settles.get(order.symbol) not in by_code:
            base -= order.side * order.value
    for code, money in sorted(by_code.items()):
        own = [o for s, o in orders.items() if settles.get(s) == code]
        level, left = money.held, ZERO
        by_lines = params.funding == Funding.LINES and money.pair
        for order in sorted(own, key=lambda o: (o.side, o.symbol)):  # sales first
            whole = (order.value / money.rate).quantize(CENT, decimal.ROUND_HALF_EVEN)
            spare = max(level - money.floor, ZERO)
            part = whole if by_lines else (min(whole, spare) if order.side > 0 else ZERO)
            level -= order.side * part
            of_part = order.value if part == whole and part else part * money.rate
            if part:
                paid[order.symbol] = code, part, of_part
            if of_part != order.value:
                base -= order.side * (order.value - of_part)
                left += (whole - part) if order.side > 0 else ZERO
        if left:
            notes.append(_left_to_broker(code, left, params))
        units = given[code] if code in given else money.floor - level if money.pair else ZERO
        if abs(units) * money.rate < CENT:
            units = ZERO
        if not money.pair and level < money.floor:
            notes.append(f"Cash of {code} is {exact_text(level)}: no pair here changes it.")
        units = units.quantize(CENT, decimal.ROUND_UP if units > 0 else decimal.ROUND_DOWN)
        if units:
            changes[code] = units
            base -= units * money.rate
        after[code] = level + units
        if after[code] < 0 and code in given:
            notes.append(f"Cash of {code} ends at {exact_text(after[code])}, below 0.")
    cost = sum(
        (cost_of(abs(units) * by_code[c].rate, CURRENCY_CLASS, params)
         for c, units in changes.items()), ZERO,
    )  # fmt: skip
    return Settled(paid, changes, cost, after, base - cost, tuple(notes))


def reason_of(money: Money, units: Decimal) -> str:
    """Why a line changes money."""
    if units > 0:
        return f"{money.code} that is lacking" if not money.floor else (
            f"{money.code} to its floor"
        )  # fmt: skip
    return f"{money.code} over its floor" if money.floor else f"{money.code} that is left over"


def _left_to_broker(code: str, units: Decimal, params: TradeParams) -> str:
    why = "trade.funding = broker" if params.funding == Funding.BROKER else "no pair changes it"
    return f"{exact_text(units)} {code} of purchases are changed by the broker ({why})."
