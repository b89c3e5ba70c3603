"""Exact trades: what is rounded is mended until cash, budget and minimum hold, then summed up.

value before = value after + costs, exactly: nothing but costs is rounded, and these to the cent.
"""

from __future__ import annotations

import dataclasses
import decimal
from dataclasses import dataclass, field
from decimal import Decimal

from engine.core.errors import SolverFailed
from engine.params.trading import TradeParams
from engine.trading.costs import CENT, change_cost, cost_of

ZERO = Decimal(0)


@dataclass(frozen=True)
class Order:
    """A trade under way. side: +1 buy, −1 sell. quantity: units, a multiple of `step` unless it is
    all that is held. most: units that can be traded. whole: a full exit. changed: whether a line
    changes money for it."""

    symbol: str
    side: int
    quantity: Decimal
    price: Decimal
    step: Decimal
    most: Decimal
    asset_class: str
    whole: bool = False
    changed: bool = False

    @property
    def value(self) -> Decimal:
        return self.quantity * self.price

    def less(self, money: Decimal) -> Order:
        """The order smaller by at least `money`, in whole steps; not below nothing."""
        steps = (money / (self.step * self.price)).to_integral_value(decimal.ROUND_CEILING)
        # All that is held need not be whole steps.
        left = max(ZERO, (self.quantity - steps * self.step) // self.step * self.step)
        return dataclasses.replace(self, quantity=left, whole=False)

    def more(self, money: Decimal) -> Order:
        """The order larger by at least `money`, in whole steps, as far as `most`."""
        steps = (money / (self.step * self.price)).to_integral_value(decimal.ROUND_CEILING)
        return dataclasses.replace(self, quantity=min(self.most, self.quantity + steps * self.step))


@dataclass(frozen=True)
class Limits:
    """What holds for all trades together, in money. cash: of all currencies; value: of the
    portfolio before."""

    cash: Decimal
    floor: Decimal
    budget: Decimal
    minimum: Decimal
    value: Decimal


@dataclass(frozen=True)
class Sums:
    """Totals of orders, exact. turnover: money, one-way, ½(Σ value + |cash after − before|)."""

    sold: Decimal
    bought: Decimal
    cost: Decimal
    cash_after: Decimal
    turnover: Decimal


@dataclass
class FinalOrders:
    """Orders as they are traded. dropped: symbol to reason. notes: what could not be held."""

    orders: dict[str, Order]
    dropped: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def sums_of(orders: dict[str, Order], limits: Limits, params: TradeParams) -> Sums:
    """The totals of orders."""
    sold = sum((o.value for o in orders.values() if o.side < 0), ZERO)
    bought = sum((o.value for o in orders.values() if o.side > 0), ZERO)
    cost = sum((planned_cost(o, params) for o in orders.values()), ZERO)
    after = limits.cash + sold - bought - cost
    return Sums(sold, bought, cost, after, (sold + bought + abs(after - limits.cash)) / 2)


def planned_cost(order: Order, params: TradeParams) -> Decimal:
    """What an order costs, the most that changing money for it may among it."""
    own = cost_of(order.value, order.asset_class, params)
    return own + (change_cost(order.value, params) if order.changed else ZERO)


def mend(orders: dict[str, Order], limits: Limits, params: TradeParams) -> FinalOrders:
    """Orders made smaller until the turnover budget holds and cash is at its floor; where nothing
    is left to buy less of, sales made larger, within the budget.

    Each order stays in whole steps and at or over the minimum, or is dropped. Full exits are
    shortened last, and for the budget alone. What cannot be held is in `notes`.
    """
    done = FinalOrders({s: o for s, o in orders.items() if o.quantity > 0})
    dropped = set(orders) - set(done.orders)
    done.dropped = dict.fromkeys(dropped, "no whole lot fits")
    for symbol, order in list(done.orders.items()):
        if order.value < limits.minimum and not order.whole:
            _drop(done, symbol, "under the minimum trade")
        elif order.value < CENT:
            _drop(done, symbol, "worth less than a cent")
    while (sums := sums_of(done.orders, limits, params)).turnover > limits.budget:
        side = -1 if sums.sold >= sums.bought + sums.cost else 1
        _shorten(done, side, sums.turnover - limits.budget, "turnover budget used up", limits)
    while (sums := sums_of(done.orders, limits, params)).cash_after < limits.floor:
        if not sums.bought:
            break
        _shorten(done, 1, limits.floor - sums.cash_after, "no cash for it above the buffer", limits)
    if sums.cash_after < limits.floor:
        _raise_cash(done, limits, params)
        if sums_of(done.orders, limits, params).cash_after < limits.floor:
            done.notes.append(
                "Cash stays under its buffer: nothing more can be sold under these limits."
            )
    return done


def _shorten(done: FinalOrders, side: int, money: Decimal, reason: str, limits: Limits) -> None:
    """Take `money` out of the order of a side that then misses least, or the whole of one."""

    def loss(order: Order) -> tuple[bool, bool, Decimal, str]:
        less = order.less(money)
        falls_short = order.value < money or (0 < less.value < limits.minimum)
        return order.whole, falls_short, order.value - less.value, order.symbol

    order = min((o for o in done.orders.values() if o.side == side), key=loss)
    less = order.less(money)
    if less.quantity == 0 or less.value < limits.minimum:
        _drop(done, order.symbol, reason)
    else:
        done.orders[order.symbol] = less


def _raise_cash(done: FinalOrders, limits: Limits, params: TradeParams) -> None:
    for symbol in sorted(done.orders, key=lambda s: (done.orders[s].step, s)):
        order, sums = done.orders[symbol], sums_of(done.orders, limits, params)
        if order.side > 0 or order.whole or sums.cash_after >= limits.floor:
            continue
        # A little over, as the larger sale costs more too.
        more = order.more((limits.floor - sums.cash_after) * Decimal("1.02"))
        trial = {**done.orders, symbol: more}
        if sums_of(trial, limits, params).turnover <= limits.budget:
            done.orders[symbol] = more


def _drop(done: FinalOrders, symbol: str, reason: str) -> None:
    del done.orders[symbol]
    done.dropped[symbol] = reason


def check(
    value_after: Decimal, sums: Sums, limits: Limits, mended_to_limits: bool, off: Decimal = ZERO
) -> None:
    """Raise SolverFailed where trades do not reconcile or, if they were mended, pass a limit.

    off: by how much cash by currency misses the cash of `sums`.
    """
    wrong = ""
    if off or limits.value != value_after + sums.cost:
        wrong = "the values do not reconcile"
    elif mended_to_limits and sums.turnover > limits.budget:
        wrong = "the turnover budget is passed"
    elif mended_to_limits and sums.bought and sums.cash_after < limits.floor:
        wrong = "cash is under its buffer"
    if wrong:
        raise SolverFailed(f"No trades were made, as {wrong}: change the limits and try again.")
