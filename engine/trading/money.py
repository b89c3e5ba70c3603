"""Money that is stated in another currency than the portfolio's: converted at a rate that goes on
record, or refused by name.

A rate is what one unit of the currency is worth in the base currency. It is the row's own
(`fx_rate`) or that of the day; hundredths in which some markets quote (GBp) are hundredths.
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.core.amounts import CENT, exact_text, parse_amount
from engine.core.currencies import misspelt, quoted_in
from engine.core.errors import InputError
from engine.trading.costs import exact

_ABOUT_CURRENCY = ("currency", "ccy")
_ABOUT_FEES = ("fee", "commission")
_RATE = ("fx_rate", "fxrate", "fx rate", "exchange_rate", "rate_to_base")
# A row's own rate this many times off the day's is taken for one the other way round, or of
# another pair.
_RATE_FACTOR = Decimal("1.1")


@dataclass(frozen=True)
class DayRates:
    """What currencies are worth on a day.

    load: base currency for one unit, by code; looked up where another than the base is asked for.
    """

    base: str
    day: dt.date | None = None
    load: Callable[[], Mapping[str, Decimal]] = dict

    def of(self, code: str) -> Decimal | None:
        """What one unit of a code is worth, a hundredth's too; None = not known."""
        major, unit = quoted_in(code)
        known = Decimal(1) if major == self.base else self.load().get(major)
        return None if known is None else known * Decimal(str(unit))


@dataclass(frozen=True)
class Stated:
    """In what an amount is stated: its currency, and base currency for one unit of it.

    converted: whether it is another currency than the base; own: at a rate that was stated with it,
    which says that it was changed.
    """

    currency: str
    rate: Decimal
    converted: bool = True
    own: bool = False

    def in_base(self, amount: Decimal) -> Decimal:
        """An amount in base currency, to the cent where it is converted."""
        if not self.converted:
            return amount
        with decimal.localcontext(exact()):
            return (amount * self.rate).quantize(CENT, decimal.ROUND_HALF_EVEN)

    def record(self, amount: Decimal) -> dict[str, str]:
        """What goes on record of it: nothing where it is in base currency."""
        if not self.converted:
            return {}
        return {
            "currency": self.currency,
            "amount_in_currency": exact_text(amount),
            "fx_rate": exact_text(self.rate),
        }


@dataclass(frozen=True)
class CashRow:
    """Cash as a file states it.

    currency: "" = the portfolio's, whichever that is. rate: its own, None = the day's. where: what
    a refusal starts with.
    """

    amount: Decimal
    currency: str
    rate: Decimal | None = None
    where: str = "The cash"


def cash_row(row: Mapping[str, Any], amount: Decimal, where: str) -> CashRow:
    """Cash of a row, in the currency that its columns say, else the portfolio's."""
    named = _named(row, of_fee=False)
    if len({code for _, code in named}) > 1:
        raise InputError(f"{where}: the cash is in two currencies, {_listed(named)}: keep one.")
    column, code = named[0] if named else ("", "")
    whence = f" (column {column})" if column else ""
    return CashRow(amount, code, _own_rate(row, where), f"{where}{whence}: the cash")


def stated_in(
    row: Mapping[str, Any],
    rates: DayRates,
    where: str,
    what: str,
    *,
    of_fee: bool = False,
    also: Collection[str] = (),
) -> Stated:
    """In which currency the money of a row is, by its columns.

    row: column → text as found. what: the money, in words. of_fee: of the fee, whose columns begin
    so, or of all else. also: other codes that mean the base currency here, as the second currency
    of a pair at whose rate it was traded. Without a column, or with an empty cell, it is in base
    currency. Raises InputError that names row, column and currency where there is no rate, or two.
    """
    base = Stated(rates.base, Decimal(1), converted=False)
    named = _named(row, of_fee)
    if of_fee and not named:
        return base
    codes = {code for _, code in named if code not in {rates.base, *also}}
    if not codes:
        return base
    column, code = next((c, k) for c, k in named if k in codes)
    if len({k for _, k in named}) > 1:
        raise InputError(f"{where}: {what} is in two currencies, {_listed(named)}: keep one.")
    own = _own_rate(row, where)
    if of_fee and (priced := {k for _, k in _named(row, of_fee=False)}) and code not in priced:
        own = None  # the row's rate is of the price's currency
    return stated(code, own, rates, f"{where}: {what}", f" (column {column})")


def stated(code: str, own: Decimal | None, rates: DayRates, what: str, whence: str = "") -> Stated:
    """Money in a currency, at its own rate or the day's. Raises InputError that starts with `what`
    for a code that is none, a rate that there is not, or one that is far from the day's."""
    code = code or rates.base
    known, (major, unit) = rates.of(code), quoted_in(code)
    if wrong := misspelt(major):
        raise InputError(f"{what} is in {code[:20]}{whence}: {wrong}.")
    if major == rates.base:
        return Stated(code, Decimal(str(unit)), converted=code != rates.base)
    if own is None:
        if known is None:
            on = f" on {rates.day}" if rates.day else ""
            raise InputError(
                f"{what} is in {code[:20]}{whence}, and no rate of it to {rates.base} is known"
                f"{on}: give one as fx_rate, {rates.base} for one {code[:20]}."
            )
        return Stated(code, known)
    if known is not None and not known / _RATE_FACTOR <= own <= known * _RATE_FACTOR:
        raise InputError(
            f"{what}: fx_rate {exact_text(own)} is far from the {float(known):.6g} {rates.base} "
            f"that one {code} was worth on {rates.day}: give {rates.base} for one {code}."
        )
    return Stated(code, own, own=True)


def _named(row: Mapping[str, Any], of_fee: bool) -> list[tuple[str, str]]:
    """Columns about currency that say one."""
    out = []
    for name, value in row.items():
        known = str(name).strip().lower()
        if not any(word in known for word in _ABOUT_CURRENCY) or known in _RATE:
            continue
        code = _text(value)
        if known.startswith(_ABOUT_FEES) == of_fee and code:
            out.append((str(name), code))
    return out


def _own_rate(row: Mapping[str, Any], where: str) -> Decimal | None:
    for name, value in row.items():
        if str(name).strip().lower() in _RATE and _text(value):
            rate = parse_amount(_text(value), f"{where}: {name}")
            if rate <= 0:
                raise InputError(f"{where}: {name} is {rate}: a rate is above 0.")
            return rate
    return None


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value).strip()  # NaN


def _listed(named: list[tuple[str, str]]) -> str:
    return ", ".join(f"{code} (column {column})" for column, code in named)
