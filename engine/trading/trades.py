"""From what is held and what is wanted to the trades of a ticket, reconciled to the cent."""

from __future__ import annotations

import decimal
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from engine.core.currencies import cash_in, currency_of_cash, is_cash
from engine.core.errors import InputError
from engine.core.format import percent
from engine.core.words import CASH, CURRENCY_CLASS, Side
from engine.params.trading import TradeParams
from engine.trading.book import ZERO, Book, Market, make_book, order_of
from engine.trading.costs import CENT, change_cost, cost_of, exact
from engine.trading.desired import AT_TARGET, Desired
from engine.trading.reconcile import FinalOrders, Order, check, sums_of
from engine.trading.rounding import desired_of, rounded, wanted_orders
from engine.trading.settlement import Money, Paid, reason_of, settle

NO_PRICE = "no price"


@dataclass(frozen=True)
class TradeLine:
    """One trade. value = quantity · price, exact; cost: spread and fee, to the cent.

    weight_before and weight_after: of the value before and after all trades. volume_share: quantity
    as part of the average daily volume; None: not known.
    """

    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    value: Decimal
    cost: Decimal
    reason: str
    weight_before: float
    weight_after: float
    volume_share: float | None = None


@dataclass(frozen=True)
class TradePlan:
    """Trades, and what they come to. value_before = value_after + cost + rounded, exactly.

    untraded: every other symbol that is held or wanted, with its reason. turnover: one-way with
    cash as one, of value_before. drift_before, drift_after: ½ Σ|target − held| with cash, the
    targets as given. weights_after: with cash. rounding: the way of rounding that was used.
    tracking: for each way tried, ½ Σ|traded − wanted| with CASH, of value_before. What has no price
    is in no sum.
    cash_before, cash_after: of all currencies; cash_of_before, cash_of_after: by currency, the base
    first. paid: of what is paid in another currency, which, how much of it, and what of the value
    that is. rounded: base currency that rounding these to the cent took.
    """

    lines: tuple[TradeLine, ...]
    untraded: tuple[tuple[str, str], ...]
    cash_before: Decimal
    cash_after: Decimal
    cost: Decimal
    turnover: float
    value_before: Decimal
    value_after: Decimal
    drift_before: float
    drift_after: float
    weights_after: dict[str, float]
    rounding: str
    tracking: dict[str, float]
    notes: tuple[str, ...]
    cash_of_before: dict[str, Decimal] = field(default_factory=dict)
    cash_of_after: dict[str, Decimal] = field(default_factory=dict)
    paid: dict[str, Paid] = field(default_factory=dict)
    rounded: Decimal = ZERO


def trade_plan(
    held: Mapping[str, Decimal],
    cash: Decimal,
    target: Mapping[str, float],
    market: Market,
    params: TradeParams,
    foreign: Mapping[str, Decimal] | None = None,
) -> TradePlan:
    """The trades that take a portfolio toward its target under `params`.

    Args:
        held: units by symbol, not negative. cash: base currency, may be negative; foreign: that of
        other currencies, by code.
        target: weights by symbol, CASH included or implied, summing to 1.

    `desired_trades` says what is wanted, `lots` rounds it in two ways, and the one that tracks it
    better is used after `mend` has made it exact. Lines: full exits, sales, purchases, each the
    largest first.

    What is quoted in another currency is paid from the cash of that; the line of a currency
    (`cash_in`) buys what lacks and sells what is over its floor (`settlement`).

    Invariants: value before = value after + costs, exactly, but for what rounding to the cents of
    other currencies takes. The turnover budget is never passed;
    where it leaves room, cash ends at its buffer or above, or nothing is bought and all that may
    be sold for it is. A position with a target of 0 is sold whole, unless barred, without a price,
    over the budget or against the cash flow (`cash_flow_only`). What is barred is not traded.

    Raises InputError for weights or quantities that are none, or a portfolio worth nothing.
    """
    with decimal.localcontext(exact()):
        book = make_book(held, cash, target, market, params, foreign)
        wants = desired_of(book)
        orders = wanted_orders(book, wants)
        final, rounding, tracking = rounded(book, wants, orders)
        return _assemble(book, final, wants, rounding, tracking)


def edited_plan(
    held: Mapping[str, Decimal],
    cash: Decimal,
    target: Mapping[str, float],
    market: Market,
    params: TradeParams,
    trades: Mapping[str, Decimal],
    foreign: Mapping[str, Decimal] | None = None,
) -> TradePlan:
    """The plan of exactly these trades, symbol to units, sold below 0; nothing is mended. What it
    does not name of the cash of a currency (`cash_in`) is worked out.

    Buffer and budget that do not hold are in `notes`. Raises InputError naming the symbol that has
    no price, is barred, or is sold beyond what is held.
    """
    with decimal.localcontext(exact()):
        own = {s: q for s, q in trades.items() if not is_cash(s)}
        given = {code: q for s, q in trades.items() if (code := currency_of_cash(s))}
        every = {**dict.fromkeys(own, ZERO), **held}
        book = make_book(every, cash, target, market, params, foreign)
        if strange := sorted(set(given) - {money.code for money in book.purse.foreign}):
            raise InputError(f"There is no cash of {strange[0][:20]} here: take it off the ticket.")
        orders = {}
        for symbol, quantity in sorted(own.items()):
            if not quantity:
                continue
            side, owned = (1 if quantity > 0 else -1), book.held.get(symbol, ZERO)
            if symbol not in market.prices:
                raise InputError(f"{symbol} has no price: take it off the ticket.")
            if reason := book.barred(symbol, side):
                raise InputError(f"{symbol} cannot be traded ({reason}): take it off the ticket.")
            if owned + quantity < 0:
                raise InputError(
                    f"{symbol}: {-quantity} to sell, {owned} held; lower the quantity."
                )
            whole = owned + quantity == 0
            orders[symbol] = order_of(book, symbol, side, abs(quantity), whole)
        sums, limits = sums_of(orders, book.limits, params), book.limits
        notes = []
        if sums.cash_after < limits.floor:
            notes.append(f"Cash ends at {sums.cash_after:,.2f}, its buffer is {limits.floor:,.2f}.")
        if sums.turnover > limits.budget:
            notes.append(
                f"Turnover is {percent(float(sums.turnover / limits.value))}, the budget "
                f"{percent(params.turnover_budget)}."
            )
        return _assemble(book, FinalOrders(orders, {}, notes), None, "as edited", {}, given)


def _assemble(
    book: Book, final: FinalOrders, wants: Desired | None, rounding: str,
    tracking: dict[str, float], given: Mapping[str, Decimal] | None = None,
) -> TradePlan:  # fmt: skip
    orders, limits, prices = final.orders, book.limits, book.market.prices
    sums = sums_of(orders, limits, book.params)
    units = {s: book.held.get(s, ZERO) for s in book.symbols}
    for symbol, order in orders.items():
        units[symbol] += order.side * order.quantity
    purse, base = book.purse, book.market.base
    settled = settle(orders, purse, book.market.settles, book.params, given)
    own_cost = sums.cost - sum(
        (change_cost(o.value, book.params) for o in orders.values() if o.changed), ZERO
    )
    cost, base_after = settled.cost + own_cost, settled.base - own_cost
    cash_after = base_after + sum((m.rate * settled.after[m.code] for m in purse.foreign), ZERO)
    rounded_off = sums.cash_after + sums.cost - cost - cash_after
    value_after = cash_after + sum((q * prices[s] for s, q in units.items()), ZERO)
    may_be = CENT / 2 * sum(book.market.rates[code] for code, _, _ in settled.paid.values())
    check(
        value_after + rounded_off, replace(sums, cost=cost), limits,
        mended_to_limits=wants is not None, off=max(abs(rounded_off) - may_be, ZERO),
    )  # fmt: skip
    after = {s: float(q * prices[s] / value_after) for s, q in units.items()}
    before = {s: book.weight(s) for s in book.symbols}
    target = {s: book.target.get(s, 0.0) for s in book.symbols}
    for money in purse.foreign:
        name, left = cash_in(money.code, base), settled.after[money.code]
        if not (money.held or money.floor or left):
            continue
        before[name] = float(money.held * money.rate / limits.value)
        after[name] = float(left * money.rate / value_after)
        target[name] = float(money.floor * money.rate / limits.value)
    before[CASH] = float(purse.base / limits.value)
    after[CASH] = float(base_after / value_after)
    target[CASH] = max(0.0, 1.0 - math.fsum(target.values()))
    lines = [
        TradeLine(
            o.symbol, (Side.BUY if o.side > 0 else Side.SELL).value, o.quantity, o.price, o.value,
            cost_of(o.value, o.asset_class, book.params), _reason(book, o, wants),
            before[o.symbol], after[o.symbol], _volume_share(book, o),
        )
        for o in sorted(orders.values(), key=lambda o: (o.side, not o.whole, -o.value, o.symbol))
    ]  # fmt: skip
    lines += [
        _change(book, money, settled.changes[money.code], before, after)
        for money in purse.foreign
        if money.code in settled.changes
    ]
    shown = [m for m in purse.foreign if cash_in(m.code, base) in after]
    return TradePlan(
        lines=tuple(lines),
        untraded=_untraded(book, final, wants),
        cash_before=limits.cash, cash_after=cash_after, cost=cost,
        turnover=float(
            (sums.sold + sums.bought + abs(cash_after - limits.cash)) / 2 / limits.value
        ),
        value_before=limits.value, value_after=value_after,
        drift_before=0.5 * math.fsum(abs(target[s] - before[s]) for s in target),
        drift_after=0.5 * math.fsum(abs(target[s] - after[s]) for s in target),
        weights_after=after, rounding=rounding, tracking=tracking,
        notes=(*final.notes, *settled.notes),
        cash_of_before={base: purse.base} | {m.code: m.held for m in shown},
        cash_of_after={base: base_after} | {m.code: settled.after[m.code] for m in shown},
        paid=dict(settled.paid), rounded=rounded_off,
    )  # fmt: skip


def _change(
    book: Book, money: Money, units: Decimal, before: Mapping[str, float],
    after: Mapping[str, float],
) -> TradeLine:  # fmt: skip
    """The line that changes money of a currency into or out of base currency."""
    name, value = cash_in(money.code, book.market.base), abs(units) * money.rate
    return TradeLine(
        name, (Side.BUY if units > 0 else Side.SELL).value, abs(units), money.rate, value,
        cost_of(value, CURRENCY_CLASS, book.params), reason_of(money, units),
        before.get(name, 0.0), after.get(name, 0.0),
    )  # fmt: skip


def _reason(book: Book, order: Order, wants: Desired | None) -> str:
    if order.whole:
        return "full exit"
    if wants is None:
        return "as edited"
    i = book.symbols.index(order.symbol)
    if wants.raised[i]:
        return "sold to bring cash to its buffer"
    held, params = book.weight(order.symbol), book.params
    if params.whole_exits and not book.target.get(order.symbol):
        return "part of an exit, cut to what cash or budget leaves"
    gap = percent(abs(float(wants.target[i]) - held), 2)
    if order.side < 0:
        text = f"over its target by {gap}"
    else:
        text = f"under its target by {gap}" if held else "new position"
    if wants.lifted[i]:
        text += ", band lifted for a limit"
    elif params.destination == "edge":
        text += ", to the edge of its band"
    if params.phi < 1:
        text += f", {percent(params.phi, 0)} of the way"
    return f"{text}, cut to what cash or budget leaves" if wants.cut[i] else text


def _untraded(book: Book, final: FinalOrders, wants: Desired | None) -> tuple[tuple[str, str], ...]:
    out = dict.fromkeys(book.unpriced, NO_PRICE)
    for i, symbol in enumerate(book.symbols):
        if symbol in final.orders:
            continue
        if wants is None:
            out[symbol] = "as edited"
            continue
        side = 1 if wants.target[i] > book.weight(symbol) or wants.why[i] == AT_TARGET else -1
        wrong = book.target.get(symbol, 0.0) - book.weight(symbol)
        out[symbol] = (
            book.market.blocked.get(symbol)
            or final.dropped.get(symbol)
            or wants.why[i]
            or book.barred(symbol, 1 if wrong > 0 else -1)
            or book.barred(symbol, -side)
            or AT_TARGET
        )
    return tuple(sorted(out.items()))


def _volume_share(book: Book, order: Order) -> float | None:
    volume = book.market.volumes.get(order.symbol)
    return float(order.quantity / volume) if volume else None
