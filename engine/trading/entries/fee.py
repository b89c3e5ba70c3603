"""A fee, paid out of the cash. Payload: amount, above 0[, symbol that it is of][, reason]."""

from __future__ import annotations

from typing import Any

from engine.core.amounts import exact_text, parse_amount
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
    is_blank,
)
from engine.trading.payload import number_in
from engine.trading.positions import known_symbol
from engine.trading.stated import IN_CURRENCY, amount_in, move, told_amount


def _apply(account: Account, payload: Payload, where: str) -> None:
    amount = number_in(payload, "amount", where)
    if amount <= 0:
        raise InputError(f"{where} has a fee of {amount}: it must be above 0.")
    move(account, payload, where, -1)


def _words(payload: Payload) -> str:
    amount = " ".join([*([str(payload["symbol"])] if "symbol" in payload else []),
                       told_amount(payload)])  # fmt: skip
    return f"{amount}, {payload['reason']}" if payload.get("reason") else amount


def _build(given: Given, known: Known) -> dict[str, Any]:
    amount = parse_amount(given.get("amount"), "The fee")
    if amount <= 0:
        raise InputError(
            f"The fee is {exact_text(amount)}: it must be above 0; to take one back record a "
            "correction."
        )
    payload: dict[str, Any] = dict(amount_in(amount, given, known, "The fee"))
    if not is_blank(given.get("symbol")):
        payload["symbol"] = known_symbol(
            given["symbol"], known.tradables, known.universe, known.held()
        )
    if not is_blank(given.get("reason")):
        payload["reason"] = given["reason"]
    return payload


ENTRY = EntryType(
    kind=EntryKind.FEE,
    label="Fee",
    flow=True,
    apply=_apply,
    words=_words,
    fields=(
        Field("amount", FieldKind.AMOUNT, "Amount", "what was paid", "12.50", required=True),
        Field("symbol", FieldKind.SYMBOL, "Symbol", "of what", "none"),
        Field("reason", FieldKind.TEXT, "Reason", "why", "stays on record"),
        *IN_CURRENCY,
    ),
    build=_build,
    told="The fee of {amount} {currency} is recorded on {day}.",
)
