"""What was traded of a ticket.

Payload: fills: [{symbol, side, quantity, price, fee[, value][, notional][, moves]}], and what the
store adds of the ticket. value: the money that changed hands where it is not quantity · price (a
rate quoted inversely). moves: {[units], [cash: currency → amount]}, what the fill adds to the
position and to the cash of each currency, fee included, where that is not units for base currency.
"""

from __future__ import annotations

from engine.core import format as fmt
from engine.core.errors import InputError
from engine.core.words import EntryKind, Side, values_of
from engine.trading.entry import Account, EntryType, Payload
from engine.trading.payload import add_row, number_in, rows_in, symbol_in


def _apply(account: Account, payload: Payload, where: str) -> None:
    for row in rows_in(payload, "fills", where):
        _fill(account, row, where)


def _fill(account: Account, row: Payload, where: str) -> None:
    side = str(row.get("side", "")).upper()
    quantity, price = number_in(row, "quantity", where), number_in(row, "price", where)
    if side not in values_of(Side) or quantity < 0 or price < 0:
        raise InputError(
            f"{where} has a fill of {symbol_in(row, where)} that is none: it needs side BUY or "
            "SELL, and quantity and price that are not negative."
        )
    if (moves := row.get("moves")) is not None:
        add_row(account, row, number_in(moves, "units", where, "0"), where)
        for code in (paid := dict(moves.get("cash") or {})):
            account.pay_in(code, number_in(paid, code, where))
        return
    add_row(account, row, quantity if side == Side.BUY else -quantity, where)
    value = quantity * price if row.get("value") is None else number_in(row, "value", where)
    if value < 0:
        raise InputError(f"{where} has a fill of {symbol_in(row, where)} with a value below 0.")
    account.cash -= (value if side == Side.BUY else -value) + number_in(row, "fee", where, "0")


def _words(payload: Payload) -> str:
    return fmt.count(len(payload.get("fills", ())), "fill")


ENTRY = EntryType(
    kind=EntryKind.TICKET,
    label="Ticket",
    apply=_apply,
    words=_words,
    implements=True,
    # It was traded: a correction must say what became of it.
    final="it was traded",
)
