"""Cash that a position paid.

Payload: symbol, amount[, currency, amount_in_currency, fx_rate: as it was stated][, of_units,
of_unit: how the amount came about][, ex_date]. Older ones may have per_unit instead of the amount:
it is of what is held when it takes effect.
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from engine.core.amounts import CENT, exact_text, parse_amount
from engine.core.errors import InputError
from engine.core.words import EntryKind
from engine.trading.costs import exact
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
    is_blank,
)
from engine.trading.payload import number_in, symbol_in
from engine.trading.positions import symbol_of
from engine.trading.stated import IN_CURRENCY, amount_in, move, told_amount


def _apply(account: Account, payload: Payload, where: str) -> None:
    if payload.get("per_unit") is not None:
        held = account.held.get(symbol_in(payload, where), Decimal(0))
        account.cash += held * number_in(payload, "per_unit", where)
    else:
        move(account, payload, where)


def _words(payload: Payload) -> str:
    return f"{payload.get('symbol', '')} {told_amount(payload)}"


def _build(given: Given, known: Known) -> dict[str, Any]:
    symbol = symbol_of(given.get("symbol"), known.tradables)
    ex_date = _ex_date(given.get("ex_date"), known)
    own: dict[str, Any] = {} if ex_date is None else {"ex_date": ex_date.isoformat()}
    amount, each = given.get("amount"), given.get("per_unit")
    if is_blank(each) and is_blank(amount):
        raise InputError("What came in? Give the amount, or what one unit paid.")
    if is_blank(each):
        whole = parse_amount(amount, "The dividend")
    elif not is_blank(amount):
        raise InputError("The dividend is given as a whole and by the unit: leave one out.")
    else:
        rate = parse_amount(each, "The dividend of one unit")
        units = known.units_on(ex_date or known.day).get(symbol, Decimal(0))
        with decimal.localcontext(exact()):
            whole = (units * rate).quantize(CENT, decimal.ROUND_HALF_EVEN)
        own |= {"of_units": exact_text(units), "of_unit": exact_text(rate)}
        if rate > 0 and not units:
            return {"symbol": symbol, "amount": "0", **own}  # refused by `_check`, which says why
    if whole <= 0:
        raise InputError(
            f"The dividend is {exact_text(whole)}: it must be above 0; to take one back record a "
            "correction."
        )
    return {"symbol": symbol, **amount_in(whole, given, known, "The dividend"), **own}


def _ex_date(given: Any, known: Known) -> dt.date | None:
    if is_blank(given):
        return None
    try:
        day = dt.date.fromisoformat(str(given).strip())
    except ValueError as error:
        raise InputError(
            f"The ex-date {str(given)[:40]!r} is no date: write it as 2022-06-30."
        ) from error
    if day > known.day:
        raise InputError(
            f"The ex-date {day} is after {known.day}, from which the dividend counts: it is paid "
            "on its ex-date or later."
        )
    return day


def _check(entries: Sequence[LedgerEntry], held_at: HeldAt) -> None:
    """What was held as its ex-date began earns it, though sold since; without one, what is held on
    its day or was at its start."""
    entry, day = entries[-1], entries[-1].effective_date
    symbol, before = entry.payload["symbol"], entries[:-1]
    yesterday = dt.timedelta(days=1)
    if "ex_date" in entry.payload:
        ex_date = dt.date.fromisoformat(str(entry.payload["ex_date"]))
        if symbol not in held_at(before, ex_date - yesterday):
            raise InputError(
                f"{symbol[:40] or 'No symbol'} is not held in {entry.portfolio} as its ex-date "
                f"{ex_date} begins: a {entry.kind} is of what is held then."
            )
    elif symbol not in {*held_at(before, day), *held_at(before, day - yesterday)}:
        raise InputError(
            f"{symbol[:40] or 'No symbol'} is not held in {entry.portfolio} on {day}: a "
            f"{entry.kind} is of what is held on its day."
        )


ENTRY = EntryType(
    kind=EntryKind.DIVIDEND,
    label="Dividend",
    flow=True,
    apply=_apply,
    words=_words,
    fields=(
        HELD_SYMBOL,
        Field("amount", FieldKind.AMOUNT, "Amount", "what came in", "125.00"),
        Field("per_unit", FieldKind.AMOUNT, "Or of one unit", "what one unit paid", "0.25"),
        Field(
            "ex_date",
            FieldKind.TEXT,
            "Ex-date",
            "what is held as this day begins earns it (default: the day from which it counts)",
            "2022-06-30",
        ),
        *IN_CURRENCY,
    ),
    build=_build,
    told="The dividend of {symbol}, {amount} {currency}, is recorded on {day}.",
    check=_check,
)
