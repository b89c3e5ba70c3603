"""The opening of a portfolio. Payload: universe, base_currency[, cash]."""

from __future__ import annotations

from engine.core.words import EntryKind
from engine.trading.entry import Account, EntryType, Field, FieldKind, Payload
from engine.trading.payload import number_in


def _apply(account: Account, payload: Payload, where: str) -> None:
    account.base_currency = str(payload.get("base_currency", ""))
    account.cash += number_in(payload, "cash", where, "0")


def _words(payload: Payload) -> str:
    return f"universe {payload['universe']}, base currency {payload['base_currency']}"


ENTRY = EntryType(
    kind=EntryKind.CREATE,
    label="Opening",
    apply=_apply,
    words=_words,
    # What it opens with; that is recorded as an entry of its own.
    fields=(
        Field("positions", FieldKind.ROWS, "Holdings", "units held"),
        Field("cash", FieldKind.AMOUNT, "Cash", "opening cash", "1000000.00"),
    ),
    final="it opened the portfolio",
)
