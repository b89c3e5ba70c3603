"""The amount of an entry, in whatever currency it was stated: asked for, recorded, applied, told.

In another currency than the portfolio's it stays as it is, in that currency's cash. A rate that is
given with it says that it was changed: then it is base currency, and the rate is on record.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.core.amounts import exact_text, parse_amount
from engine.core.currencies import quoted_in
from engine.core.errors import InputError
from engine.trading.entry import Account, Field, FieldKind, Given, Known, Payload, is_blank
from engine.trading.money import stated
from engine.trading.payload import number_in

CURRENCY = Field(
    "currency", FieldKind.CURRENCY, "Currency", "of the amount (default: the portfolio's)",
    "the portfolio's",
)  # fmt: skip
RATE = Field(
    "fx_rate", FieldKind.RATE, "Changed at", "portfolio's currency for one unit of --currency, at "
    "which it was changed (default: it stays in its currency)", "not changed",
)  # fmt: skip
IN_CURRENCY = (CURRENCY, RATE)


def kept(code: str, amount: Decimal, known: Known, what: str) -> tuple[str, Decimal]:
    """The currency in whose cash an amount stays, and it in that; hundredths as their whole.

    Raises InputError that starts with `what` where no rate says what it is worth.
    """
    stated(code, None, known.rates, what)
    major, unit = quoted_in(code or known.base_currency)
    return major, amount * Decimal(str(unit))


def amount_in(amount: Decimal, given: Given, known: Known, what: str) -> dict[str, str]:
    """The part of a payload that states an amount: amount[, currency[, stated_as]] as it stays, or
    amount, currency, amount_in_currency, fx_rate as it was changed into base currency.

    Raises InputError that starts with `what` for a currency without a rate, and for a rate without
    a currency.
    """
    code, rate = given.get("currency"), given.get("fx_rate")
    if is_blank(code):
        if not is_blank(rate):
            raise InputError(f"{what} has a rate and no currency: say which, or leave it out.")
        return {"amount": exact_text(amount)}
    name = str(code).strip()
    own = None if is_blank(rate) else parse_amount(rate, f"{what}: the rate")
    found = stated(name, own, known.rates, what)
    major, units = kept(name, amount, known, what) if own is None else ("", amount)
    if own is not None or major == known.base_currency:
        return {"amount": exact_text(found.in_base(amount)), **found.record(amount)}
    written = {} if name == major else {"stated_as": f"{exact_text(amount)} {name}"}
    return {"amount": exact_text(units), "currency": major, **written}


def move(account: Account, payload: Payload, where: str, sign: int = 1) -> None:
    """Pay an amount in (+1) or out (−1)."""
    stays = str(payload.get("currency", "")) if "fx_rate" not in payload else ""
    account.pay_in(stays, sign * number_in(payload, "amount", where))


def told_amount(payload: Payload) -> str:
    """An amount as it stands in a payload: what was stated, and what that came to."""
    amount = str(payload.get("amount") or payload.get("per_unit"))
    if "fx_rate" in payload:
        return (
            f"{payload.get('amount_in_currency')} {payload.get('currency', '')} = {amount} at "
            f"{payload['fx_rate']}"
        )
    told = f"{amount} {payload.get('currency', '')}".strip()
    return f"{payload['stated_as']} = {told}" if "stated_as" in payload else told


def cash_rows(payload: Payload, where: str) -> dict[str, Decimal]:
    """Cash of other currencies in a payload, by code."""
    found: Any = payload.get("cash_by_currency") or {}
    return {str(code): number_in(found, code, where) for code in found}
