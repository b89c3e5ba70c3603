"""From what is held and what is wanted to the trades of a ticket, reconciled to the cent."""

from __future__ import annotations

import decimal
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from engine.core.errors import InputError
from engine.core.format import percent
from engine.core.words import CASH, Side
from engine.params.trading import TradeParams
from engine.trading.book import ZERO, Book, Market, make_book, order_of
from engine.trading.costs import cost_of, exact
from engine.trading.desired import AT_TARGET, Desired
from engine.trading.reconcile import FinalOrders, Order, check, sums_of
from engine.trading.rounding import desired_of, rounded, wanted_orders

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
    """Trades, and what they come to. value_before = value_after + cost, exactly.

    untraded: every other symbol that is held or wanted, with its reason. turnover: one-way with
    CASH, of value_before. drift_before, drift_after: ½ Σ|target − held| with CASH, the targets as
    given. weights_after: with CASH. rounding: the way of rounding that was used. tracking: for each
    way tried, ½ Σ|traded − wanted| with CASH, of value_before. What has no price is in no sum.
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


def trade_plan(
    held: Mapping[str, Decimal],
    cash: Decimal,
    target: Mapping[str, float],
    market: Market,
    params: TradeParams,
) -> TradePlan:
    """The trades that take a portfolio toward its target under `params`.

    Args:
        held: units by symbol, not negative. cash: base currency, may be negative.
        target: weights by symbol, CASH included or implied, summing to 1.

    `desired_trades` says what is wanted, `lots` rounds it in two ways, and the one that tracks it
    better is used after `mend` has made it exact. Lines: full exits, sales, purchases, each the
    largest first.

    Invariants: value before = value after + costs, exactly. The turnover budget is never passed;
    where it leaves room, cash ends at its buffer or above, or nothing is bought and all that may
    be sold for it is. A position with a target of 0 is sold whole, unless barred, without a price,
    over the budget or against the cash flow (`cash_flow_only`). What is barred is not traded.

    Raises InputError for weights or quantities that are none, or a portfolio worth nothing.
    """
    with decimal.localcontext(exact()):
        book = make_book(held, cash, target, market, params)
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
) -> TradePlan:
    """The plan of exactly these trades, symbol to units, sold below 0; nothing is mended.

    Buffer and budget that do not hold are in `notes`. Raises InputError naming the symbol that has
    no price, is barred, or is sold beyond what is held.
    """
    with decimal.localcontext(exact()):
        book = make_book({**dict.fromkeys(trades, ZERO), **held}, cash, target, market, params)
        orders = {}
        for symbol, quantity in sorted(trades.items()):
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
        return _assemble(book, FinalOrders(orders, {}, notes), None, "as edited", {})


def _assemble(
    book: Book, final: FinalOrders, wants: Desired | None, rounding: str, tracking: dict[str, float]
) -> TradePlan:
    orders, limits, prices = final.orders, book.limits, book.market.prices
    sums = sums_of(orders, limits, book.params)
    units = {s: book.held.get(s, ZERO) for s in book.symbols}
    for symbol, order in orders.items():
        units[symbol] += order.side * order.quantity
    value_after = sums.cash_after + sum((q * prices[s] for s, q in units.items()), ZERO)
    check(value_after, sums, limits, mended_to_limits=wants is not None)
    after = {s: float(q * prices[s] / value_after) for s, q in units.items()}
    after[CASH] = float(sums.cash_after / value_after)
    before = {s: book.weight(s) for s in book.symbols} | {CASH: float(book.cash / limits.value)}
    target = {s: book.target.get(s, 0.0) for s in book.symbols}
    target[CASH] = max(0.0, 1.0 - math.fsum(target.values()))
    lines = tuple(
        TradeLine(
            o.symbol, (Side.BUY if o.side > 0 else Side.SELL).value, o.quantity, o.price, o.value,
            cost_of(o.value, o.asset_class, book.params), _reason(book, o, wants),
            before[o.symbol], after[o.symbol], _volume_share(book, o),
        )
        for o in sorted(orders.values(), key=lambda o: (o.side, not o.whole, -o.value, o.symbol))
    )  # fmt: skip
    return TradePlan(
        lines=lines,
        untraded=_untraded(book, final, wants),
        cash_before=limits.cash, cash_after=sums.cash_after, cost=sums.cost,
        turnover=float(sums.turnover / limits.value),
        value_before=limits.value, value_after=value_after,
        drift_before=0.5 * math.fsum(abs(target[s] - before[s]) for s in target),
        drift_after=0.5 * math.fsum(abs(target[s] - after[s]) for s in target),
        weights_after=after, rounding=rounding, tracking=tracking, notes=tuple(final.notes),
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
