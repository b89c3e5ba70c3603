"""What is held, stated: it replaces all positions, and the cash if that is given.

Payload: positions: [{symbol, quantity[, notional]}][, cash: of the base currency, and
cash_by_currency: that of others, which are 0 where it says nothing; cash_stated: [{currency,
amount_in_currency, fx_rate}], what of `cash` was changed into base currency].
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.core import format as fmt
from engine.core.amounts import exact_text, parse_amount
from engine.core.errors import InputError
from engine.core.words import EntryKind
from engine.trading.entry import Account, EntryType, Field, FieldKind, Given, Known, Payload
from engine.trading.money import stated
from engine.trading.payload import add_row, number_in, rows_in
from engine.trading.positions import checked_positions
from engine.trading.stated import cash_rows, kept


def _apply(account: Account, payload: Payload, where: str) -> None:
    account.held = {}
    for row in rows_in(payload, "positions", where):
        add_row(account, row, number_in(row, "quantity", where), where)
    if payload.get("cash") is not None:
        account.cash = number_in(payload, "cash", where)
        account.foreign = cash_rows(payload, where)


def _words(payload: Payload) -> str:
    told, cash = fmt.count(len(payload["positions"]), "position"), payload.get("cash")
    if cash is None:
        return told
    stated_as = "; ".join(
        f"{row.get('amount_in_currency')} {row.get('currency')} at {row.get('fx_rate')}"
        for row in payload.get("cash_stated", ())
    )
    others = "".join(f" and {v} {code}" for code, v in payload.get("cash_by_currency", {}).items())
    return f"{told}, cash {cash}" + (f" ({stated_as})" if stated_as else "") + others


def _build(given: Given, known: Known) -> dict[str, Any]:
    rows = list(given.get("positions") or ())
    if not rows and given.get("cash") is None:  # an empty form would sell all
        raise InputError("Say what is held, or how much cash there is: nothing was recorded.")
    payload: dict[str, Any] = {
        "positions": checked_positions(rows, known.tradables, known.universe, known.base_currency)
    }
    if given.get("cash") is not None:
        payload |= _cash(given["cash"], known)
    return payload


def _cash(given: Any, known: Known) -> dict[str, Any]:
    """An amount of base currency, or several (`CashRow`), each in its own."""
    if not isinstance(given, list | tuple):
        return {"cash": exact_text(parse_amount(given, "The cash"))}
    seen: set[str] = set()
    for row in given:
        if (code := row.currency or known.base_currency) in seen:
            raise InputError(f"{row.where} in {code[:20]} is there twice: keep one row a currency.")
        seen.add(code)
    total, foreign, records = Decimal(0), dict[str, Decimal](), []
    for row in given:
        code, units = kept(row.currency, row.amount, known, row.where) if row.rate is None else (
            known.base_currency, row.amount
        )  # fmt: skip
        if code != known.base_currency:
            foreign[code] = foreign.get(code, Decimal(0)) + units
            continue
        money = stated(row.currency, row.rate, known.rates, row.where)
        total += money.in_base(row.amount)
        records += [record] if (record := money.record(row.amount)) else []
    others = {code: exact_text(units) for code, units in sorted(foreign.items()) if units}
    return {
        "cash": exact_text(total),
        **({"cash_by_currency": others} if others else {}),
        **({"cash_stated": records} if records else {}),
    }


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
