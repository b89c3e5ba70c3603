"""Cash in or out. Payload: amount, above 0 for what comes in, and its currency: see `stated`."""

from __future__ import annotations

from typing import Any

from engine.core.amounts import parse_amount
from engine.core.errors import InputError
from engine.core.words import EntryKind
from engine.trading.entry import (
    Account,
    EntryType,
    Field,
    FieldKind,
    Given,
    Known,
    Payload,
)
from engine.trading.stated import IN_CURRENCY, amount_in, move, told_amount


def _apply(account: Account, payload: Payload, where: str) -> None:
    move(account, payload, where)


def _words(payload: Payload) -> str:
    return f"{told_amount(payload)} {'out' if payload['amount'].startswith('-') else 'in'}"


def _build(given: Given, known: Known) -> dict[str, Any]:
    amount = parse_amount(given.get("amount"), "The amount")
    if amount == 0:
        raise InputError("The amount is 0: nothing would move.")
    return amount_in(amount, given, known, "The amount")


ENTRY = EntryType(
    kind=EntryKind.CASH,
    label="Cash",
    flow=True,
    apply=_apply,
    words=_words,
    fields=(
        Field(
            "amount", FieldKind.AMOUNT, "Amount", "in, or out with a minus", "1000000.00",
            required=True,
        ),
        *IN_CURRENCY,
    ),
    build=_build,
)  # fmt: skip
