"""A split: new units for old ones, first of its day, whose trades and prices are after it.

Payload: symbol, ratio: new units for one old one, "4", "3/2" or "3:2"[, whole, amount and its
currency: cash for fractions, see `stated`; cash: the same as it was written before].
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

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
    HeldAt,
    Known,
    LedgerEntry,
    Payload,
)
from engine.trading.payload import number_in, symbol_in
from engine.trading.positions import symbol_of
from engine.trading.stated import IN_CURRENCY, told_amount


def _apply(account: Account, payload: Payload, where: str) -> None:
    symbol = symbol_in(payload, where)
    held = account.held.get(symbol, Decimal(0))
    account.held[symbol] = actions.exchanged(held, payload, where)
    account.cash += number_in(payload, "cash", where, "0")
    actions.pay(account, payload, where)


def _words(payload: Payload) -> str:
    cash = f" and {told_amount(payload)}" if "amount" in payload else ""
    return f"{payload['symbol']} {payload['ratio']}{cash}"


def _build(given: Given, known: Known) -> dict[str, Any]:
    symbol = symbol_of(given.get("symbol"), known.tradables)
    return {"symbol": symbol, "ratio": given.get("ratio"), **actions.in_lieu(given, known)}


def _check(entries: Sequence[LedgerEntry], held_at: HeldAt) -> None:
    """A split applies to what is held as its day begins."""
    actions.check_held(entries, held_at)
    entry, day = entries[-1], entries[-1].effective_date
    if held_at(entries, day) == held_at(entries[:-1], day):
        raise InputError(
            f"A split of {entry.payload['ratio']} changes nothing on {day}: give new units for one "
            "old one, as 4 or 3:2, or leave it out where what is held was stated that day."
        )


ENTRY = EntryType(
    kind=EntryKind.SPLIT,
    label="Split",
    apply=_apply,
    words=_words,
    fields=(
        HELD_SYMBOL,
        Field(
            "ratio", FieldKind.RATIO, "Ratio, new for old", "new units for one old, 4 or 3:2",
            "4 or 3:2", required=True,
        ),
        actions.IN_LIEU,
        *IN_CURRENCY,
    ),
    build=_build,
    told="The split of {symbol}, {ratio}, is recorded on {day}.",
    check=_check,
    order=-1,
)  # fmt: skip
