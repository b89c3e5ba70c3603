"""A spin-off: units of another symbol come for those held as its day begins.

Payload: symbol, to, ratio: units of it for one of the symbol, notional[, whole, amount and its
currency: cash for fractions, see `stated`].
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.core.words import EntryKind
from engine.trading import actions
from engine.trading.entry import HELD_SYMBOL, Account, EntryType, Given, Known, Payload
from engine.trading.payload import symbol_in
from engine.trading.stated import IN_CURRENCY


def _apply(account: Account, payload: Payload, where: str) -> None:
    held = account.held.get(symbol_in(payload, where), Decimal(0))
    actions.add_new(account, payload, actions.exchanged(held, payload, where), where)
    actions.pay(account, payload, where)


def _build(given: Given, known: Known) -> dict[str, Any]:
    symbol, _ = actions.first_of_day(given, known)
    new = actions.becomes(given, known, symbol)
    return {
        "symbol": symbol, **new, "ratio": given.get("ratio"), **actions.in_lieu(given, known)
    }  # fmt: skip


ENTRY = EntryType(
    kind=EntryKind.SPIN_OFF,
    label="Spin-off",
    apply=_apply,
    words=actions.told,
    fields=(
        HELD_SYMBOL, actions.required(actions.TO, "Comes with it"),
        actions.required(actions.RATIO, "Units for one held"), actions.IN_LIEU, *IN_CURRENCY,
    ),
    build=_build,
    told="The spin-off of {becomes} from {symbol} is recorded on {day}.",
    check=actions.check_held,
    order=-1,
    flow=True,
)  # fmt: skip
