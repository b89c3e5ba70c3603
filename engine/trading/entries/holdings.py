"""What is held, stated: it replaces all positions, and the cash if that is given.

Payload: positions: [{symbol, quantity[, notional]}][, cash].
"""

from __future__ import annotations

from typing import Any

from engine.core import format as fmt
from engine.core.amounts import exact_text, parse_amount
from engine.core.errors import InputError
from engine.core.words import EntryKind
from engine.trading.entry import Account, EntryType, Field, FieldKind, Given, Known, Payload
from engine.trading.payload import add_row, number_in, rows_in
from engine.trading.positions import checked_positions


def _apply(account: Account, payload: Payload, where: str) -> None:
    account.held = {}
    for row in rows_in(payload, "positions", where):
        add_row(account, row, number_in(row, "quantity", where), where)
    if payload.get("cash") is not None:
        account.cash = number_in(payload, "cash", where)


def _words(payload: Payload) -> str:
    told, cash = fmt.count(len(payload["positions"]), "position"), payload.get("cash")
    return told if cash is None else f"{told}, cash {cash}"


def _build(given: Given, known: Known) -> dict[str, Any]:
    rows = list(given.get("positions") or ())
    if not rows and given.get("cash") is None:  # an empty form would sell all
        raise InputError("Say what is held, or how much cash there is: nothing was recorded.")
    payload: dict[str, Any] = {
        "positions": checked_positions(rows, known.tradables, known.universe, known.base_currency)
    }
    if given.get("cash") is not None:
        payload["cash"] = exact_text(parse_amount(given["cash"], "The cash"))
    return payload


ENTRY = EntryType(
    kind=EntryKind.HOLDINGS,
    label="Holdings",
    apply=_apply,
    words=_words,
    fields=(
        Field("positions", FieldKind.ROWS, "Holdings", "units held"),
        Field("cash", FieldKind.AMOUNT, "Cash; empty: as it is", "the cash held", "1000000.00"),
    ),
    build=_build,
    told="What {portfolio} holds on {day} is recorded.",
    implements=True,
)
