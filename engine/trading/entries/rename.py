"""A new name: the units held as the day begins are those of another symbol from then on.

Payload: symbol, to, notional.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.core.words import EntryKind
from engine.trading import actions
from engine.trading.entry import HELD_SYMBOL, Account, EntryType, Given, Known, Payload
from engine.trading.payload import symbol_in


def _apply(account: Account, payload: Payload, where: str) -> None:
    units = account.held.pop(symbol_in(payload, where), Decimal(0))
    actions.add_new(account, payload, units, where)


def _build(given: Given, known: Known) -> dict[str, Any]:
    symbol, _ = actions.first_of_day(given, known)
    return {"symbol": symbol, **actions.becomes(given, known, symbol)}


ENTRY = EntryType(
    kind=EntryKind.RENAME,
    label="New name",
    apply=_apply,
    words=actions.told,
    fields=(HELD_SYMBOL, actions.required(actions.TO, "New symbol")),
    build=_build,
    told="{symbol} is {becomes} from {day} on.",
    check=actions.check_held,
    order=-1,
)
