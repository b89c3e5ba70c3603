"""Exact trades by hand: each order, their sums, the mending, and the last look at what came out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest

from engine.core.errors import SolverFailed
from engine.params.trading import TradeParams
from engine.trading.reconcile import FinalOrders, Limits, Order, Sums, check, mend, sums_of

# 10 bps a trade.
PARAMS = TradeParams(equity_spread_bps=8, equity_fee_bps=2)
FREE = TradeParams(equity_spread_bps=0, equity_fee_bps=0)
LIMITS = Limits(cash=D(1000), floor=D(0), budget=D(100000), minimum=D(0), value=D(100000))


def order(
    symbol: str, units: object, price: object = 10, step: object = 1, **more: object
) -> Order:
    """Sold below 0."""
    quantity = D(str(units))
    given = {"most": D("Infinity"), "asset_class": "equity", **more}
    return Order(
        symbol, 1 if quantity > 0 else -1, abs(quantity), D(str(price)), D(str(step)), **given
    )  # type: ignore[arg-type]


def orders(*them: Order) -> dict[str, Order]:
    return {one.symbol: one for one in them}


def units(done: FinalOrders) -> dict[str, D]:
    return {s: o.side * o.quantity for s, o in done.orders.items()}


# The last look


def look(
    value_after: str = "99990", *, to_limits: bool = True, limits: Limits = LIMITS, **sums: str
) -> None:
    """`check` of 10 of costs, 500 of cash left and 2,000 of turnover, unless said otherwise."""
    given = {"sold": "1500", "bought": "1990", "cost": "10", "cash_after": "500"}
    found = Sums(**{k: D(v) for k, v in {**given, "turnover": "2000", **sums}.items()})
    check(D(value_after), found, limits, mended_to_limits=to_limits)


def test_what_adds_up_and_keeps_its_limits_passes() -> None:
    look()
    look(limits=replace(LIMITS, budget=D(2000), floor=D(500)))  # all of them, to the cent


@pytest.mark.parametrize("value", ["99990.01", "99989.99", "100000"])
def test_values_that_do_not_reconcile_make_no_trades(value: str) -> None:
    for to_limits in (True, False):
        with pytest.raises(SolverFailed, match="the values do not reconcile"):
            look(value, to_limits=to_limits)


def test_a_passed_budget_makes_no_trades_but_for_those_by_hand() -> None:
    tight = replace(LIMITS, budget=D("1999.99"))
    with pytest.raises(SolverFailed, match="the turnover budget is passed"):
        look(limits=tight)
    look(limits=tight, to_limits=False)


def test_cash_under_its_buffer_buys_nothing_but_by_hand() -> None:
    high = replace(LIMITS, floor=D("500.01"))
    with pytest.raises(SolverFailed, match="cash is under its buffer"):
        look(limits=high)
    look(limits=high, to_limits=False)
    look(limits=high, bought="0")  # it may be under it, if nothing is bought


# One order


def test_an_order_made_smaller_is_in_whole_steps_and_smaller_by_enough() -> None:
    lot = order("A", 10, 10, 2)
    assert lot.less(D(1)).quantity == 8  # one step of 20
    assert lot.less(D(20)).quantity == 8  # not more than that
    assert lot.less(D("20.01")).quantity == 6
    assert lot.less(D(500)).quantity == 0
    # All that is held need not be whole steps; what is left of it is, and is no full exit.
    exit_ = order("A", "-7.5", 10, 2, whole=True)
    assert exit_.less(D(1)) == replace(exit_, quantity=D(4), whole=False)


def test_an_order_made_larger_is_in_whole_steps_as_far_as_is_held() -> None:
    lot = order("A", -4, 10, 2, most=D(8))
    assert [lot.more(D(m)).quantity for m in ("0.01", "20", "20.01", "500")] == [6, 6, 8, 8]


# Sums


def test_turnover_is_half_of_what_moves_cash_among_it() -> None:
    """1,000 bought, 400 sold, 1.00 and 0.40 of costs: cash goes down by 601.40."""
    found = sums_of(orders(order("A", 100), order("B", -40)), LIMITS, PARAMS)
    assert (found.sold, found.bought, found.cost) == (D(400), D(1000), D("1.40"))
    assert found.cash_after == D("398.60")
    assert found.turnover == (D(1000) + D(400) + D("601.40")) / 2
    # 1,000 sold, 400 bought: it goes up by 598.60, which is turnover as well.
    back = sums_of(orders(order("A", -100), order("B", 40)), LIMITS, PARAMS)
    assert back.turnover == (D(1000) + D(400) + D("598.60")) / 2


# Mending


def test_the_minimum_itself_is_enough_and_full_exits_need_none() -> None:
    limits = replace(LIMITS, minimum=D(100))
    done = mend(
        orders(order("A", 10), order("B", "9.9", step="0.1"), order("C", -1, whole=True),
               order("D", "0")), limits, FREE,
    )  # fmt: skip
    assert units(done) == {"A": 10, "C": -1}
    assert done.dropped == {"B": "under the minimum trade", "D": "no whole lot fits"}


def test_a_cent_is_a_trade_and_less_is_none() -> None:
    done = mend(
        orders(order("A", -1, "0.01", whole=True), order("B", -1, "0.0099", whole=True)),
        LIMITS, FREE,
    )  # fmt: skip
    assert units(done) == {"A": -1}
    assert done.dropped == {"B": "worth less than a cent"}


def test_a_budget_that_is_just_enough_changes_nothing() -> None:
    wanted = orders(order("A", 50), order("B", -50))
    assert mend(wanted, replace(LIMITS, budget=D(500)), FREE).orders == wanted
    done = mend(wanted, replace(LIMITS, budget=D("499.99")), FREE)
    assert units(done) == {"A": 49, "B": -49}  # the larger side counts, and here both are


def test_the_side_that_is_larger_with_its_costs_is_cut_for_the_budget() -> None:
    """500 sold, 500 bought and 1.00 of costs: more goes out than comes in."""
    done = mend(orders(order("A", 50), order("B", -50)), replace(LIMITS, budget=D(500)), PARAMS)
    assert units(done) == {"A": 49, "B": -50}


def test_cash_that_is_just_its_buffer_changes_nothing() -> None:
    wanted = orders(order("A", 50))
    assert mend(wanted, replace(LIMITS, floor=D(500)), FREE).orders == wanted
    done = mend(wanted, replace(LIMITS, floor=D("500.01")), FREE)
    assert units(done) == {"A": 49}


def test_what_is_cut_is_what_then_misses_least() -> None:
    """9 are short: B loses 10 in one lot, A would lose 100, and C is worth less than that."""
    limits = replace(LIMITS, cash=D(1296))
    wanted = orders(order("A", 100, 10, 10), order("B", 30), order("C", "0.5", 10, "0.5"))
    assert units(mend(wanted, limits, FREE)) == {"A": 100, "B": 29, "C": D("0.5")}
    enough = mend(wanted, replace(limits, cash=D(1300)), FREE)  # for 5, C is enough
    assert units(enough) == {"A": 100, "B": 30}


def test_full_exits_are_shortened_last() -> None:
    """The exit would miss less: a lot of it is 10, one of the other sale 100."""
    wanted = orders(order("A", -100, 10, 10), order("B", -30, whole=True))
    done = mend(wanted, replace(LIMITS, budget=D(1290)), FREE)
    assert units(done) == {"A": -90, "B": -30}
    both = mend(wanted, replace(LIMITS, budget=D(250)), FREE)
    assert units(both) == {"B": -25}
    assert both.dropped == {"A": "turnover budget used up"}


def test_an_order_that_falls_under_the_minimum_is_the_last_to_be_cut() -> None:
    """Cut by one lot, A misses 10 but is then under the minimum, and so gone whole."""
    wanted = orders(order("A", 10), order("B", 100, 10, 10))
    limits = replace(LIMITS, cash=D(1095), minimum=D(100))
    assert units(mend(wanted, limits, FREE)) == {"A": 10, "B": 90}
    alone = mend(orders(order("A", 10)), replace(limits, cash=D(95)), FREE)
    assert alone.dropped == {"A": "no cash for it above the buffer"}


def test_sales_made_larger_bring_cash_to_its_buffer() -> None:
    """150 are short. Of A no more than 12 can be sold; B is a full exit and cannot grow."""
    limits = replace(LIMITS, cash=D(0), floor=D(350))
    wanted = orders(
        order("A", -10, most=D(12)), order("B", -10, whole=True), order("C", -1, 10, 5, most=D(99))
    )
    done = mend(wanted, limits, FREE)
    assert units(done)["A"] == -12
    assert units(done)["B"] == -10
    assert units(done)["C"] == -16  # three lots of 50, where 120 were missing
    assert done.notes == []


def test_the_finest_steps_raise_cash_first_and_no_more_than_is_short() -> None:
    limits = replace(LIMITS, cash=D(0), floor=D(201))
    wanted = orders(order("A", -10, 10, 10, most=D(99)), order("B", -10, 10, 1, most=D(99)))
    assert units(mend(wanted, limits, FREE)) == {"A": -10, "B": -11}


def test_what_was_raised_at_once_takes_no_other_sale_back() -> None:
    """1 is short and one more B brings 100; A stays as it was wanted."""
    limits = replace(LIMITS, cash=D(0), floor=D(1101))
    wanted = orders(order("A", -1000, "0.1", 10, most=D(9999)), order("B", -10, 100, 1, most=D(99)))
    assert units(mend(wanted, limits, FREE)) == {"A": -1000, "B": -11}


def test_larger_sales_pay_for_themselves() -> None:
    """At 200 bps, 100 more of sales raise 98: what is short is raised with its costs."""
    dear = TradeParams(equity_spread_bps=100, equity_fee_bps=90)
    limits = replace(LIMITS, cash=D(0), floor=D(1000))
    wanted = orders(order("A", "-1000", "0.1", "0.1", most=D(100000)))
    done = mend(wanted, limits, dear)
    assert sums_of(done.orders, limits, dear).cash_after >= 1000
    assert done.notes == []


def test_cash_that_cannot_be_raised_is_said() -> None:
    limits = replace(LIMITS, cash=D(0), floor=D(500))
    wanted = orders(order("A", -10, most=D(99)))
    stuck = mend(wanted, replace(limits, budget=D(200)), FREE)
    assert units(stuck) == {"A": -10}  # 40 more would pass the budget
    assert "Cash stays under its buffer" in stuck.notes[0]
    assert mend(wanted, limits, FREE).notes == []
