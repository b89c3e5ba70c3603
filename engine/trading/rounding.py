"""From what is wanted to orders in whole lots: each way of rounding mended, the nearest used."""

from __future__ import annotations

import dataclasses
import math
from decimal import Decimal

import numpy as np

from engine.core.words import CURRENCY_CLASS
from engine.trading.book import Book, is_fraction, order_of
from engine.trading.costs import cost_bps
from engine.trading.desired import Demand, Desired, WeightLimits, desired_trades
from engine.trading.lots import LotProblem, greedy, integer_program
from engine.trading.reconcile import FinalOrders, Order, mend, sums_of

NO_LOTS, ROUNDED_DOWN = "no lots to round", "rounded down"
INTEGER, GREEDY = "integer program", "greedy (PyPortfolioOpt)"

# Basis points by which floats may miss a limit that is met exactly; `mend` has the last word.
EXACT_FIT = 1e-7


def desired_of(book: Book) -> Desired:
    target = np.array([book.target.get(s, 0.0) for s in book.symbols])
    return desired_trades(
        Demand(
            held=np.array([book.weight(s) for s in book.symbols]),
            target=target,
            can_buy=np.array([not book.barred(s, 1) for s in book.symbols], dtype=bool),
            can_sell=np.array([not book.barred(s, -1) for s in book.symbols], dtype=bool),
            rate=np.array([_rate(book, s) for s in book.symbols]),
            cash=float(book.cash / book.limits.value),
            # What has no price cannot be bought: its money waits in cash.
            cash_target=max(0.0, 1.0 - float(target.sum())),
            minimum=float(book.limits.minimum / book.limits.value),
            limits=_limits_of(book),
            reserve=float(book.purse.reserve(book.params) / book.limits.value),
        ),
        book.params,
    )


def _rate(book: Book, symbol: str) -> float:
    """Cost of a unit traded, that of changing money for it among it."""
    changed = order_of(book, symbol, 1, Decimal(1), whole=False).changed
    bps = cost_bps(book.class_of(symbol), book.params)
    return float(bps + (cost_bps(CURRENCY_CLASS, book.params) if changed else 0)) / 1e4


def _limits_of(book: Book) -> WeightLimits:
    limits = book.market.weight_limits
    members = [[s in limit.symbols for s in book.symbols] for limit in limits]
    return WeightLimits(
        np.array(members, dtype=float).reshape(len(limits), len(book.symbols)),
        np.array([limit.lower for limit in limits]),
        np.array([limit.upper for limit in limits]),
    )


def wanted_orders(book: Book, wants: Desired) -> dict[str, Order]:
    """Orders before lots; quantities of fractions rounded to their step, of lots not yet."""
    orders = {}
    for symbol, trade, whole in zip(book.symbols, wants.trade, wants.exits, strict=True):
        if trade == 0:
            continue
        price = book.market.prices[symbol]
        wanted = abs(Decimal(float(trade))) * book.limits.value / price
        order = order_of(book, symbol, 1 if trade > 0 else -1, wanted, bool(whole))
        if whole:
            order = _sized(order, book.held[symbol])
        elif is_fraction(book, symbol):
            order = _sized(order, min(order.most, round(wanted / order.step) * order.step))
        orders[symbol] = order
    return orders


def rounded(
    book: Book, wants: Desired, orders: dict[str, Order]
) -> tuple[FinalOrders, str, dict[str, float]]:
    """Whole lots in each way, mended, and the way that is nearest to what is wanted."""
    lots = [s for s, o in orders.items() if not o.whole and not is_fraction(book, s)]
    rest = {s: o for s, o in orders.items() if s not in lots}
    ways: dict[str, dict[str, Order]] = {}
    if lots:
        problem = _lot_problem(book, [orders[s] for s in lots], rest)
        found = {INTEGER: integer_program(problem), GREEDY: greedy(problem)}
        if found[INTEGER] is None:
            found[ROUNDED_DOWN] = np.minimum(problem.wanted // problem.lot, problem.most)
        for name, counts in found.items():
            if counts is not None:
                sized = {
                    s: _sized(orders[s], int(k) * orders[s].step)
                    for s, k in zip(lots, counts, strict=True)
                }
                ways[name] = rest | sized
    else:
        ways[NO_LOTS] = rest
    mended = {n: mend(way, book.limits, book.params) for n, way in ways.items()}
    tracking = {name: _tracking(book, wants, way) for name, way in mended.items()}
    best = min(tracking, key=lambda name: tracking[name])
    return mended[best], best, tracking if lots else {}


def _lot_problem(book: Book, lots: list[Order], rest: dict[str, Order]) -> LotProblem:
    limits, scale = book.limits, 10_000 / book.limits.value
    sums = sums_of(rest, limits, book.params)
    # Each cost is rounded to the cent: room for that, so that little has to be mended.
    slack = Decimal("0.005") * sum(_rate(book, o.symbol) > 0 for o in lots)
    slack += Decimal("0.01") * sum(o.changed for o in lots)

    def bps(money: Decimal) -> float:
        return float(money * scale)

    lot = np.array([bps(o.step * o.price) for o in lots])
    wanted = np.array([bps(o.value) for o in lots])
    caps = [math.inf if o.side > 0 else float(o.most / o.step) for o in lots]
    most = np.minimum(np.ceil(wanted / lot), caps)
    least = np.ceil(bps(limits.minimum) / lot)
    side = np.array([o.side for o in lots])
    rate = np.array([_rate(book, o.symbol) for o in lots])
    cash = bps(sums.cash_after)
    return LotProblem(
        side=side, lot=lot, wanted=wanted, least=np.maximum(least, 1),
        most=np.where(most >= least, most, 0), rate=rate,
        cash_before=bps(limits.cash), cash=cash,
        cash_wanted=cash - float(side @ wanted) - float(rate @ wanted),
        floor=bps(limits.floor + slack) - EXACT_FIT, sold=bps(sums.sold), bought=bps(sums.bought),
        budget=bps(limits.budget - slack) + EXACT_FIT,
    )  # fmt: skip


def _tracking(book: Book, wants: Desired, final: FinalOrders) -> float:
    value, orders = book.limits.value, final.orders
    misses = [
        abs((float(o.side * o.value / value) if (o := orders.get(s)) else 0.0) - trade)
        for s, trade in zip(book.symbols, wants.trade, strict=True)
    ]
    cost = math.fsum(
        abs(t) * _rate(book, s) for s, t in zip(book.symbols, wants.trade, strict=True)
    )
    wanted_cash = float(book.cash / value) - float(wants.trade.sum()) - cost
    cash = float(sums_of(orders, book.limits, book.params).cash_after / value)
    return 0.5 * (math.fsum(misses) + abs(cash - wanted_cash))


def _sized(order: Order, quantity: Decimal) -> Order:
    return dataclasses.replace(order, quantity=quantity)
