"""Cash that a position paid.

Payload: symbol, per_unit; or symbol, amount[, currency, amount_in_currency, fx_rate: as it was
stated]."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from engine.core.amounts import exact_text, parse_amount
from engine.core.errors import InputError
from engine.core.words import EntryKind
from engine.trading.entry import (
    HELD_SYMBOL,
    IN_CURRENCY,
    Account,
    EntryType,
    Field,
    FieldKind,
    Given,
    HeldAt,
    Known,
    LedgerEntry,
    Payload,
    amount_in,
    told_amount,
)
from engine.trading.payload import number_in, symbol_in
from engine.trading.positions import symbol_of


def _apply(account: Account, payload: Payload, where: str) -> None:
    if payload.get("per_unit") is not None:
        held = account.held.get(symbol_in(payload, where), Decimal(0))
        account.cash += held * number_in(payload, "per_unit", where)
    else:
        account.cash += number_in(payload, "amount", where)


def _words(payload: Payload) -> str:
    return f"{payload.get('symbol', '')} {told_amount(payload)}"


def _build(given: Given, known: Known) -> dict[str, Any]:
    amount = parse_amount(given.get("amount"), "The dividend")
    if amount <= 0:
        raise InputError(
            f"The dividend is {exact_text(amount)}: it must be above 0; to take one back record a "
            "correction."
        )
    symbol = symbol_of(given.get("symbol"), known.tradables)
    return {"symbol": symbol, **amount_in(amount, given, known, "The dividend")}


def _check(entries: Sequence[LedgerEntry], held_at: HeldAt) -> None:
    """What was sold on its day still pays."""
    entry, day = entries[-1], entries[-1].effective_date
    symbol, before = entry.payload["symbol"], entries[:-1]
    if symbol not in {*held_at(before, day), *held_at(before, day - dt.timedelta(days=1))}:
        raise InputError(
            f"{symbol[:40] or 'No symbol'} is not held in {entry.portfolio} on {day}: a "
            f"{entry.kind} is of what is held on its day."
        )


ENTRY = EntryType(
    kind=EntryKind.DIVIDEND,
    label="Dividend",
    apply=_apply,
    words=_words,
    fields=(
        HELD_SYMBOL,
        Field("amount", FieldKind.AMOUNT, "Amount", "what came in", "125.00", required=True),
        *IN_CURRENCY,
    ),
    build=_build,
    told="The dividend of {symbol}, {amount} {currency}, is recorded on {day}.",
    check=_check,
)
