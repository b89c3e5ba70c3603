"""A split: new units for old ones, first of its day, whose trades and prices are after it.

Payload: symbol, ratio: new units for one old one, "4", "3/2" or "3:2"[, cash for fractions].
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from engine.core.errors import InputError
from engine.core.words import EntryKind
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
from engine.trading.payload import number_in, ratio_in, symbol_in
from engine.trading.positions import symbol_of

FINEST = Decimal("1e-12")


def _apply(account: Account, payload: Payload, where: str) -> None:
    symbol = symbol_in(payload, where)
    ratio, old = ratio_in(payload, where)
    account.held[symbol] = _divided(account.held.get(symbol, Decimal(0)) * ratio, old)
    account.cash += number_in(payload, "cash", where, "0")


def _divided(units: Decimal, old: Decimal) -> Decimal:
    """New units; what does not come out even is cut after 12 decimals."""
    new = units / old
    # As fractions: a quotient that was rounded, times `old`, may round to the units again.
    even = Fraction(new) * Fraction(old) == Fraction(units)
    return new if even else new.quantize(FINEST, decimal.ROUND_DOWN)


def _words(payload: Payload) -> str:
    return f"{payload['symbol']} {payload['ratio']}"


def _build(given: Given, known: Known) -> dict[str, Any]:
    return {"symbol": symbol_of(given.get("symbol"), known.tradables), "ratio": given.get("ratio")}


def _check(entries: Sequence[LedgerEntry], held_at: HeldAt) -> None:
    """A split applies to what is held as its day begins."""
    entry, day = entries[-1], entries[-1].effective_date
    symbol, ratio = entry.payload["symbol"], entry.payload["ratio"]
    if symbol not in held_at(entries[:-1], day - dt.timedelta(days=1)):
        raise InputError(
            f"{symbol[:40] or 'No symbol'} is not held in {entry.portfolio} before {day}: a split "
            "is of what is held as its day begins, and what is stated that day has it already."
        )
    if held_at(entries, day) == held_at(entries[:-1], day):
        raise InputError(
            f"A split of {ratio} changes nothing on {day}: give new units for one old one, as 4 or "
            f"3:2, or leave it out where what is held was stated that day."
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
    ),
    build=_build,
    told="The split of {symbol}, {ratio}, is recorded on {day}.",
    check=_check,
    order=-1,
)  # fmt: skip
