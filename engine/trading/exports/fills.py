"""What was really done of a ticket: fills from a form or a file, checked against its lines.

A currency is filled as the market trades it: the pair's symbol, the order's side, units of the
pair's first currency, at the rate as quoted. By the asset's own name (JPY) a row may say the same
in units of the asset at a price in base currency, as all else is where no column says otherwise.

Where the pair is quoted the other way round, an order of so much base currency comes to other units
of the asset than planned. A full exit that is filled whole is then all that the ticket sells: what
the rate makes more or less of it was never held, or would be left over.
"""

from __future__ import annotations

import decimal
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from engine.core.amounts import DIGITS, exact_text, parse_amount
from engine.core.errors import InputError
from engine.trading.exports.fill_rows import COLUMNS, EXECUTION, rows_of_file
from engine.trading.exports.filled import Fill, Fills, Open
from engine.trading.exports.moves import Moves, Paid
from engine.trading.money import DayRates, Stated, stated_in
from engine.trading.tickets.ticket import Ticket, TicketLine

# A price this many times off the ticket's is taken for one in other units or another pair's.
PRICE_FACTOR = 2
# No product of two amounts exceeds it.
_EXACT_DIGITS = 100
# What a line says that sells all that is held; see trades.py.
_FULL_EXIT = "full exit"
_FINEST = Decimal("1e-12")  # of units, where several fills share a full exit


def read_fills(
    data: bytes, ticket: Ticket, any_price: bool = False, rates: DayRates | None = None
) -> Fills:
    """Fills of a CSV with the columns symbol, side, quantity, price and, if there are any, fee, or
    as brokers write them (`fill_rows`). A column that names a currency says in what prices and fees
    are; others are ignored. Raises InputError as `check_fills`, or naming what does not read."""
    return check_fills(ticket, rows_of_file(data), any_price, rates)


def check_fills(
    ticket: Ticket,
    rows: Iterable[Mapping[str, Any]],
    any_price: bool = False,
    rates: DayRates | None = None,
) -> Fills:
    """Rows of a form as fills: symbol, side, quantity, price, fee; text, numbers or Decimal.

    rates: of the trading day, for what is in another currency; without them only what says its own
    `fx_rate` is converted. Several rows may fill one order; what no row fills, or one with a blank
    quantity or 0, is left open.

    Raises InputError in one sentence naming the row (from 1): a symbol that is not on the ticket, a
    currency without a rate, the other side, an amount that is none, more than was ordered, or,
    unless `any_price`, a price over `PRICE_FACTOR` times off the ticket's.
    """
    names, known = _names(ticket), rates or DayRates(ticket.base_currency)
    filled: dict[str, Fraction] = {}
    fills: list[Fill] = []
    by_rate: dict[str, list[int]] = {}
    paid: list[Paid] = []
    for number, row in enumerate(rows, start=1):
        given = str(row.get("symbol") or "").strip()
        where = f"Fill row {number} ({given or 'no symbol'})"
        if all(_blank(row.get(name)) for name in COLUMNS):
            continue
        line, as_order = names.get(_key(given), (None, False))
        if line is None:
            raise InputError(f"{where}: the symbol is not on ticket {ticket.ticket_id}.")
        if _blank(row.get("quantity")):
            continue
        quantity = _amount(row, "quantity", where)
        if quantity == 0:
            continue
        _check_side(row, line, as_order, where)
        pair = {line.currency, line.asset} if as_order and line.is_currency else set()
        money = stated_in(row, known, where, "the price", also=pair)
        price, fee = _amount(row, "price", where), _fee(row, where)
        cost = stated_in(row, known, where, "the fee", of_fee=True)
        if price == 0:
            raise InputError(f"{where}: the price is 0: give what was paid.")
        if not any_price:
            _check_price(price * money.rate, line, as_order, where)
        ordered = line.market_quantity if as_order else line.quantity
        done = filled.get(line.symbol, Fraction(0)) + Fraction(quantity) / Fraction(ordered)
        if done > 1:
            total = exact_text(_decimal(done * Fraction(ordered)))
            raise InputError(
                f"{where}: {total} filled in all is more than the {exact_text(ordered)} ordered."
            )
        filled[line.symbol] = done
        if as_order and line.inverted and _sells_all(line):
            by_rate.setdefault(line.symbol, []).append(len(fills))
        part = Fraction(quantity) / Fraction(ordered)
        paid.append(Paid(line, part, money, quantity * price, cost, fee))
        fill = _fill(line, as_order, quantity, price, cost.in_base(fee), where, money)
        fills.append(
            replace(
                fill, stated=_stated(money, price, cost, fee),
                execution=str(row.get(EXECUTION) or "").strip(),
            )
        )  # fmt: skip
    if not fills:
        raise InputError("No row fills anything: cancel the ticket instead of accepting it.")
    for line in ticket.lines:
        if line.symbol in by_rate and filled[line.symbol] == 1:
            _whole_exit(fills, by_rate[line.symbol], line)
    moves = Moves(ticket.base_currency, known)
    fills = [
        replace(fill, moves=moves.of(how, fill.quantity, fill.value, fill.fee))
        for fill, how in zip(fills, paid, strict=True)
    ]
    unfilled = tuple(
        Open(x.symbol, x.market_symbol, x.market_side, _decimal(left * Fraction(x.market_quantity)))
        for x in ticket.lines
        if (left := 1 - filled.get(x.symbol, Fraction(0)))
    )
    return Fills(tuple(fills), unfilled)


def _sells_all(line: TicketLine) -> bool:
    """Whether a line sells all that there is, of a position or of a currency's cash."""
    return line.reason.startswith(_FULL_EXIT) or (line.to_cash < 0 and not line.units)


def _whole_exit(fills: list[Fill], places: list[int], line: TicketLine) -> None:
    """Let the fills at `places` sell what is left of the line, in proportion to their units; the
    last takes what does not come out even. The money that changed hands stays."""
    others = [f for i, f in enumerate(fills) if f.symbol == line.symbol and i not in places]
    with decimal.localcontext(prec=_EXACT_DIGITS):
        left = line.quantity - sum((f.quantity for f in others), Decimal(0))
        units = sum((fills[i].quantity for i in places), Decimal(0))
        rest = left
        for i in places:
            share = (left * fills[i].quantity / units).quantize(_FINEST, decimal.ROUND_DOWN)
            quantity = rest if i == places[-1] else share
            rest -= quantity
            if quantity > 0:
                price = _decimal(Fraction(fills[i].value) / Fraction(quantity))
                fills[i] = replace(fills[i], quantity=quantity, price=price)


def _names(ticket: Ticket) -> dict[str, tuple[TicketLine, bool]]:
    """Name → (line, whether the row then speaks as the order does); orders come first."""
    out: dict[str, tuple[TicketLine, bool]] = {}
    for line in ticket.lines:
        out.setdefault(_key(line.market_symbol), (line, True))
    for line in ticket.lines:
        out.setdefault(_key(line.asset), (line, not line.is_currency))
    return out


def _key(symbol: str) -> str:
    """USD/JPY and usdjpy are USDJPY; other signs stay (BRK.B is not BRKB)."""
    return symbol.strip().upper().replace("/", "")


def _blank(value: Any) -> bool:
    return value is None or value != value or str(value).strip() == ""  # NaN


def _amount(row: Mapping[str, Any], name: str, where: str) -> Decimal:
    value = row.get(name)
    if _blank(value):
        raise InputError(f"{where}: the {name} is missing.")
    amount = parse_amount(value, f"{where}: the {name}")
    if amount < 0:
        raise InputError(f"{where}: the {name} is {amount}, below 0: the side says the direction.")
    return amount


def _fee(row: Mapping[str, Any], where: str) -> Decimal:
    return Decimal(0) if _blank(row.get("fee")) else _amount(row, "fee", where)


def _check_side(row: Mapping[str, Any], line: TicketLine, as_order: bool, where: str) -> None:
    wanted = line.market_side if as_order else line.side
    side = str(row.get("side") or "").strip().upper()
    if side == wanted:
        return
    name = line.market_symbol if as_order else line.asset
    raise InputError(
        f"{where}: the side is {side or 'missing'}, but the ticket has {wanted} {name}."
    )


def _check_price(price: Decimal, line: TicketLine, as_order: bool, where: str) -> None:
    if line.price is None:
        return
    expected = Fraction(line.price)
    if as_order and line.inverted:
        expected = 1 / expected
    ratio = Fraction(price) / expected
    if not Fraction(1, PRICE_FACTOR) <= ratio <= PRICE_FACTOR:
        raise InputError(
            f"{where}: the price {exact_text(price)} is far from the ticket's "
            f"{float(expected):.6g}: check its units, or say that any price may stand."
        )


def _stated(money: Stated, price: Decimal, cost: Stated, fee: Decimal) -> dict[str, dict[str, str]]:
    """What goes on record of amounts that were stated in other currencies."""
    found = {"price": money.record(price), "fee": cost.record(fee) if fee else {}}
    return {name: record for name, record in found.items() if record}


def _fill(
    line: TicketLine, as_order: bool, quantity: Decimal, price: Decimal, fee: Decimal, where: str,
    stated: Stated,
) -> Fill:  # fmt: skip
    with decimal.localcontext(prec=_EXACT_DIGITS):
        money = stated.in_base(quantity * price)
        if stated.converted:
            price = _decimal(Fraction(money) / Fraction(quantity))
    if as_order and line.inverted:
        # Units of base currency at a rate: that many units of the asset changed hands.
        quantity, money = money, quantity
        price = _decimal(Fraction(money) / Fraction(quantity))
    if any(len(x.normalize(_wide()).as_tuple().digits) > DIGITS for x in (quantity, money, fee)):
        raise InputError(f"{where}: quantity times price has over {DIGITS} digits: round them.")
    return Fill(line.symbol, line.side, quantity, price, fee, money, line.notional)


def _wide() -> decimal.Context:
    return decimal.Context(prec=_EXACT_DIGITS)


def _decimal(value: Fraction) -> Decimal:
    """To 28 digits."""
    with decimal.localcontext(prec=28):
        return Decimal(value.numerator) / Decimal(value.denominator)
