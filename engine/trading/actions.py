"""Corporate actions: units that become others as a day begins, and the money that comes along."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from engine.core.amounts import CENT, exact_text, parse_amount
from engine.core.errors import InputError
from engine.trading.costs import exact
from engine.trading.entry import (
    Account,
    Field,
    FieldKind,
    Given,
    HeldAt,
    Known,
    LedgerEntry,
    Payload,
    is_blank,
)
from engine.trading.payload import ratio_in, symbol_in
from engine.trading.positions import holdable_symbol, symbol_of
from engine.trading.stated import amount_in, move, told_amount

FINEST = Decimal("1e-12")
TO = Field("becomes", FieldKind.LISTED, "Becomes", "what it becomes", "of the universe")
RATIO = Field("ratio", FieldKind.RATIO, "Ratio, new for old", "new units for one old, 4 or 3:2",
              "4 or 3:2")  # fmt: skip
IN_LIEU = Field("cash", FieldKind.AMOUNT, "Cash for fractions", "for fractions; units are then "
                "whole", "none")  # fmt: skip
PER_UNIT = Field("per_unit", FieldKind.AMOUNT, "Cash for a unit", "what one unit paid", "0.25")


def required(one: Field, label: str) -> Field:
    """A field that must be given, with a label of its own."""
    return dataclasses.replace(one, label=label, required=True)


def first_of_day(given: Given, known: Known) -> tuple[str, Decimal]:
    """The symbol that is meant, and its units as the day begins."""
    symbol = symbol_of(given.get("symbol"), known.tradables)
    return symbol, known.units_on(known.day).get(symbol, Decimal(0))


def becomes(given: Given, known: Known, symbol: str) -> dict[str, Any]:
    """What a symbol becomes: to, notional. Raises InputError for what cannot be held, or itself."""
    found = holdable_symbol(
        given.get("becomes"), known.tradables, known.universe, known.base_currency
    )
    if found.symbol == symbol:
        raise InputError(f"{symbol} becomes itself: name what it becomes.")
    return {"to": found.symbol, "notional": found.notional}


def in_lieu(given: Given, known: Known) -> dict[str, Any]:
    """Cash for fractions, with which units are whole."""
    if is_blank(given.get("cash")):
        return {}
    amount = parse_amount(given["cash"], "The cash for fractions")
    if amount <= 0:
        raise InputError(
            f"The cash for fractions is {exact_text(amount)}: it must be above 0, or left out."
        )
    return {"whole": True, **amount_in(amount, given, known, "The cash for fractions")}


def of_units(given: Given, known: Known, units: Decimal, what: str) -> Decimal | None:
    """Money as a whole or by the unit; None: neither was given. Raises InputError for both, and for
    what is below 0."""
    whole, each = given.get("amount"), given.get("per_unit")
    if not is_blank(whole) and not is_blank(each):
        raise InputError(f"{what} is given as a whole and by the unit: leave one out.")
    if is_blank(whole) and is_blank(each):
        return None
    with decimal.localcontext(exact()):
        amount = (
            parse_amount(whole, what) if is_blank(each)
            else (units * parse_amount(each, f"{what} of one unit")).quantize(
                CENT, decimal.ROUND_HALF_EVEN
            )
        )  # fmt: skip
    if amount < 0:
        raise InputError(f"{what} is {exact_text(amount)}: it is not below 0.")
    return amount


def exchanged(units: Decimal, payload: Payload, where: str) -> Decimal:
    """New units for old ones by the payload's ratio; whole where fractions are paid out, else what
    does not come out even is cut after 12 decimals."""
    ratio, old = ratio_in(payload, where)
    new = units * ratio / old
    if payload.get("whole"):
        return new.quantize(Decimal(1), decimal.ROUND_DOWN)
    # As fractions: a quotient that was rounded, times `old`, may round to the units again.
    even = Fraction(new) * Fraction(old) == Fraction(units) * Fraction(ratio)
    return new if even else new.quantize(FINEST, decimal.ROUND_DOWN)


def add_new(account: Account, payload: Payload, units: Decimal, where: str) -> None:
    """Units of what a symbol becomes."""
    to = symbol_in({"symbol": payload.get("to")}, where)
    account.add(to, units, where, bool(payload.get("notional")))


def pay(account: Account, payload: Payload, where: str) -> None:
    """The money of an action, if there is any."""
    if payload.get("amount") is not None:
        move(account, payload, where)


def told(payload: Payload) -> str:
    """An action in the table of entries."""
    parts = [str(payload.get("symbol", ""))]
    if payload.get("to"):
        parts.append(f"to {payload['to']}")
    if payload.get("ratio"):
        parts.append(str(payload["ratio"]))
    if payload.get("amount") is not None:
        parts.append(f"and {told_amount(payload)}")
    return " ".join(parts)


def check_held(entries: Sequence[LedgerEntry], held_at: HeldAt) -> None:
    """Raises InputError where what an action is of is not held as its day begins."""
    entry, day = entries[-1], entries[-1].effective_date
    symbol, kind = entry.payload["symbol"], entry.kind.replace("_", "-")
    if symbol not in held_at(entries[:-1], day - dt.timedelta(days=1)):
        raise InputError(
            f"{symbol[:40] or 'No symbol'} is not held in {entry.portfolio} before {day}: a {kind} "
            "is of what is held as its day begins, and what is stated that day has it already."
        )
