"""What a fill adds to a position and to the cash of each currency, where that is more than units
for base currency."""

from __future__ import annotations

import decimal
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from engine.core.amounts import CENT, exact_text
from engine.core.currencies import quoted_in
from engine.core.words import Side
from engine.trading.costs import exact
from engine.trading.money import DayRates, Stated
from engine.trading.tickets.ticket import TicketLine

_FINEST = Decimal("1e-12")  # of units, where fills share what goes to cash


@dataclass(frozen=True)
class Paid:
    """How a fill was stated. part: of the order, a fraction; money, cost: in what price and fee
    are; amount, fee: units · price and fee in these."""

    line: TicketLine
    part: Fraction
    money: Stated
    amount: Decimal
    cost: Stated
    fee: Decimal


@dataclass
class Moves:
    """The moves of fills, one by one in their order; of a line several fills may be."""

    base: str
    rates: DayRates
    _done: dict[str, Fraction] = field(default_factory=dict)
    _to_cash: dict[str, Decimal] = field(default_factory=dict)
    _own: dict[str, Decimal] = field(default_factory=dict)

    def of(
        self, paid: Paid, quantity: Decimal, value: Decimal, fee: Decimal
    ) -> Mapping[str, Any] | None:
        """The `moves` of a fill's payload; None where it is units for base currency.

        quantity: units of the asset; value, fee: base currency.
        """
        line, sign = paid.line, Side(paid.line.side).sign
        cash: dict[str, Decimal] = {}

        def add(code: str, amount: Decimal) -> None:
            cash[code] = cash.get(code, Decimal(0)) + amount

        with decimal.localcontext(exact()):
            to_cash = self._into_cash(paid, sign * quantity)
            if to_cash:
                add(line.asset, to_cash)
            code, own, of_value = self._from_own(paid, value)
            if own:
                add(code, -sign * own)
            add(self.base, -sign * (value - of_value))
            kept = _kept(paid.cost, self.base)
            if kept and paid.fee:
                add(kept, -paid.fee * Decimal(str(quoted_in(paid.cost.currency)[1])))
            else:
                add(self.base, -fee)
            if not set(cash) - {self.base}:
                return None
            return {
                "units": exact_text(sign * quantity - to_cash),
                "cash": {c: exact_text(amount) for c, amount in sorted(cash.items()) if amount},
            }

    def _into_cash(self, paid: Paid, signed: Decimal) -> Decimal:
        """Units of a currency that go to its cash: all, where nothing of it is a position."""
        line = paid.line
        if not line.to_cash or not line.units:
            return signed if line.to_cash else Decimal(0)
        done = self._done[line.symbol] = self._done.get(line.symbol, Fraction(0)) + paid.part
        share = done * Fraction(line.to_cash)
        so_far = line.to_cash if done >= 1 else (
            Decimal(share.numerator) / Decimal(share.denominator)
        ).quantize(_FINEST)  # fmt: skip
        before = self._to_cash.get(line.symbol, Decimal(0))
        self._to_cash[line.symbol] = so_far
        return so_far - before

    def _from_own(self, paid: Paid, value: Decimal) -> tuple[str, Decimal, Decimal]:
        """Currency, units of it that change hands, and what of the value that is; at most what the
        line is to be paid of it where the rest is left to the broker."""
        line = paid.line
        if not line.settled or paid.money.own:
            return "", Decimal(0), Decimal(0)
        major, unit = quoted_in(paid.money.currency)
        if paid.money.converted and major == line.settled:
            amount = paid.amount * Decimal(str(unit))
        else:
            rate = self.rates.of(line.settled) or line.settled_value / line.settled_amount
            amount = (value / rate).quantize(CENT, decimal.ROUND_HALF_EVEN)
        if not amount:
            return "", Decimal(0), Decimal(0)
        if line.settled_value != line.value:
            own = min(amount, line.settled_amount - self._own.get(line.symbol, Decimal(0)))
        else:
            own = amount
        self._own[line.symbol] = self._own.get(line.symbol, Decimal(0)) + own
        return line.settled, own, value if own == amount else value * own / amount


def planned(line: TicketLine, base: str) -> Mapping[str, Any] | None:
    """The moves of a line that is filled as planned; the fee is base currency."""
    if not line.settled and not line.to_cash:
        return None
    sign = Side(line.side).sign
    with decimal.localcontext(exact()):
        own = line.settled_amount
        code, into = (line.settled, -sign * own) if own else (line.asset, line.to_cash)
        cash = {code: into, base: -sign * (line.value - line.settled_value) - line.cost}
        return {
            "units": exact_text(line.units),
            "cash": {c: exact_text(amount) for c, amount in sorted(cash.items()) if amount},
        }


def _kept(cost: Stated, base: str) -> str:
    """The currency in whose cash a fee is paid; "" = base currency."""
    major = quoted_in(cost.currency)[0]
    return major if cost.converted and not cost.own and major != base else ""
