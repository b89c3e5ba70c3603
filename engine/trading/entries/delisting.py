"""A delisting: what is held as its day begins is gone, for what it brought, which may be nothing.

Payload: symbol, amount and its currency: see `stated`[, of_units, of_unit: what it was worked out
from].
"""

from __future__ import annotations

from typing import Any

from engine.core.amounts import exact_text
from engine.core.errors import InputError
from engine.core.words import EntryKind
from engine.trading import actions
from engine.trading.entry import (
    HELD_SYMBOL,
    Account,
    EntryType,
    Field,
    FieldKind,
    Given,
    Known,
    Payload,
    is_blank,
)
from engine.trading.payload import symbol_in
from engine.trading.stated import IN_CURRENCY, amount_in


def _apply(account: Account, payload: Payload, where: str) -> None:
    account.held.pop(symbol_in(payload, where), None)
    actions.pay(account, payload, where)


def _build(given: Given, known: Known) -> dict[str, Any]:
    symbol, units = actions.first_of_day(given, known)
    amount = actions.of_units(given, known, units, "What it brought")
    if amount is None:
        raise InputError("What did it bring? Give an amount, or what a unit brought; 0 is nothing.")
    payload = {"symbol": symbol, **amount_in(amount, given, known, "What it brought")}
    if not is_blank(given.get("per_unit")):
        payload |= {"of_units": exact_text(units), "of_unit": str(given["per_unit"]).strip()}
    return payload


ENTRY = EntryType(
    kind=EntryKind.DELISTING,
    label="Delisting",
    apply=_apply,
    words=actions.told,
    fields=(
        HELD_SYMBOL,
        Field("amount", FieldKind.AMOUNT, "Brought", "what it brought; 0: nothing", "0"),
        actions.PER_UNIT, *IN_CURRENCY,
    ),
    build=_build,
    told="The delisting of {symbol} is recorded on {day}.",
    check=actions.check_held,
    order=-1,
    flow=True,
)  # fmt: skip
