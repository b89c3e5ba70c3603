"""A merger: what is held as its day begins becomes units of another symbol, cash, or both.

Payload: symbol[, to, ratio, notional][, whole][, amount and its currency: see `stated`][, of_units,
of_unit: what it was worked out from].
"""

from __future__ import annotations

from decimal import Decimal
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
    units = account.held.pop(symbol_in(payload, where), Decimal(0))
    if payload.get("to"):
        actions.add_new(account, payload, actions.exchanged(units, payload, where), where)
    actions.pay(account, payload, where)


def _build(given: Given, known: Known) -> dict[str, Any]:
    symbol, units = actions.first_of_day(given, known)
    payload: dict[str, Any] = {"symbol": symbol}
    if is_blank(given.get("becomes")) != is_blank(given.get("ratio")):
        raise InputError("What it becomes needs its ratio, and the ratio what it becomes.")
    if not is_blank(given.get("becomes")):
        payload |= actions.becomes(given, known, symbol) | {"ratio": given["ratio"]}
    amount = actions.of_units(given, known, units, "The cash")
    if amount is None and "to" not in payload:
        raise InputError("What comes for it? Give what it becomes and the ratio, cash, or both.")
    if amount:
        payload |= amount_in(amount, given, known, "The cash")
    if not is_blank(given.get("per_unit")):
        payload |= {"of_units": exact_text(units), "of_unit": str(given["per_unit"]).strip()}
    return payload


ENTRY = EntryType(
    kind=EntryKind.MERGER,
    label="Merger",
    apply=_apply,
    words=actions.told,
    fields=(
        HELD_SYMBOL, actions.TO, actions.RATIO,
        Field("amount", FieldKind.AMOUNT, "Cash", "what came for all of it", "125.00"),
        actions.PER_UNIT, *IN_CURRENCY,
    ),
    build=_build,
    told="The merger of {symbol} is recorded on {day}.",
    check=actions.check_held,
    order=-1,
    flow=True,
)  # fmt: skip
