"""A mistake mended: units and cash to add, each may be negative.

Payload: [positions: [{symbol, quantity to add[, notional]}]][, cash to add][, cash_by_currency:
that of other currencies][, reason][, undoes: number of the entry before it, which it takes back:
see `standing`].
"""

from __future__ import annotations

from typing import Any

from engine.core.amounts import exact_text, parse_amount
from engine.core.errors import InputError
from engine.core.words import EntryKind
from engine.trading.entry import Account, EntryType, Field, FieldKind, Given, Known, Payload
from engine.trading.payload import add_row, number_in, rows_in
from engine.trading.positions import checked_changes
from engine.trading.stated import CURRENCY, cash_rows, kept


def _apply(account: Account, payload: Payload, where: str) -> None:
    for row in rows_in(payload, "positions", where) if "positions" in payload else ():
        add_row(account, row, number_in(row, "quantity", where), where)
    account.cash += number_in(payload, "cash", where, "0")
    for code, amount in cash_rows(payload, where).items():
        account.pay_in(code, amount)


def _words(payload: Payload) -> str:
    return str(payload.get("reason") or "correction")  # older ones may have none


def _build(given: Given, known: Known) -> dict[str, Any]:
    cash, rows = given.get("cash"), given.get("positions") or ()
    money = parse_amount(0 if cash is None else cash, "The cash")
    positions = checked_changes(
        rows, known.tradables, known.universe, known.base_currency, known.held()
    )
    if not positions and not money:
        raise InputError("The correction adds nothing: give units or cash other than 0.")
    code, units = kept(str(given.get("currency") or ""), money, known, "The cash")
    if code == known.base_currency:
        return {"positions": positions, "cash": exact_text(units), "reason": given["reason"]}
    return {
        "positions": positions, "cash": "0", "cash_by_currency": {code: exact_text(units)},
        "reason": given["reason"],
    }  # fmt: skip


ENTRY = EntryType(
    kind=EntryKind.CORRECTION,
    label="Correction",
    flow=True,
    apply=_apply,
    words=_words,
    fields=(
        Field("positions", FieldKind.CHANGES, "Units to add", "units to add", "-10"),
        Field("cash", FieldKind.AMOUNT, "Cash to add", "to add", "-99.50"),
        CURRENCY,
        Field(
            "reason", FieldKind.TEXT, "Reason", "why", "stays on record", required=True,
            missing="Give the reason of the correction: it stays on record.",
        ),
    ),
    build=_build,
    told="The correction of {portfolio} is recorded on {day}: {reason}",
)  # fmt: skip
