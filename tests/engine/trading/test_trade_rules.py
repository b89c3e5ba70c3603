"""Each rule of the trades by itself: where a later step mends what an earlier one leaves, a whole
plan cannot show that the earlier one holds."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D
from typing import Any

import numpy as np
import pytest

from engine.core.errors import SolverFailed
from engine.params.trading import TradeParams
from engine.trading.book import Book, Market, WeightLimit, make_book, order_of
from engine.trading.desired import (
    ABOVE_MINIMUM,
    AT_TARGET,
    IN_BAND,
    NO_CASH,
    OVER_BUDGET,
    TOO_SMALL,
    TRADED_TOLERANCE,
    Demand,
    Desired,
    WeightLimits,
    _by_cash_flow,
    _fund,
    _outside_band,
    _reachable,
    _within_budget,
    _within_limits,
    desired_trades,
)
from engine.trading.lots import LotProblem, greedy, integer_program
from engine.trading.reconcile import Limits, Order, Sums, check, mend, sums_of
from engine.trading.rounding import (
    EXACT_FIT,
    ROUNDED_DOWN,
    _lot_problem,
    _tracking,
    desired_of,
    rounded,
    wanted_orders,
)

FREE = {
    f"{name}_{part}_bps": 0.0
    for name in ("equity", "fx", "crypto", "other")
    for part in ("spread", "fee")
}
PLAIN = {"no_trade_band": 0.0, "relative_band": 0.0, "minimum_trade": 0.0, **FREE}


def demand(held: list[float], target: list[float], **more: Any) -> Demand:
    """Free of bars, costs and minimum; cash is what is left."""
    n = len(held)
    base = {
        "can_buy": np.ones(n, dtype=bool), "can_sell": np.ones(n, dtype=bool),
        "rate": np.zeros(n), "cash": 1 - sum(held), "cash_target": 1 - sum(target), "minimum": 0.0,
    }  # fmt: skip
    return Demand(held=np.array(held), target=np.array(target), **(base | more))


def near(values: list[float]) -> Any:
    return pytest.approx(np.array(values), abs=1e-12)


# What is wanted: the buffer


def test_the_buffer_scales_the_targets() -> None:
    asked = demand([0.2, 0.0], [0.6, 0.4])
    target, locked = _reachable(asked, 0.1)
    assert target == near([0.54, 0.36])
    assert not locked.any()
    assert _reachable(asked, 0.0)[0] == near([0.6, 0.4])
    # The larger of the buffer and the cash that is wanted.
    assert _reachable(demand([0.2, 0.0], [0.5, 0.3]), 0.1)[0] == near([0.5, 0.3])


def test_what_is_locked_leaves_less_for_the_others() -> None:
    asked = demand([0.5, 0.1], [0.2, 0.8], can_sell=np.array([False, True]))
    target, locked = _reachable(asked, 0.1)
    assert locked.tolist() == [True, False]
    assert target == near([0.5, 0.4])


def test_what_may_not_be_sold_stays_where_the_buffer_lowers_its_target() -> None:
    """At its target, and over it only once a buffer of 10 % has scaled that down."""
    asked = demand([0.5, 0.5], [0.5, 0.5], can_sell=np.array([False, True]))
    target, locked = _reachable(asked, 0.1)
    assert locked.tolist() == [True, False]
    assert target == near([0.5, 0.4])
    made = desired_trades(asked, TradeParams(**PLAIN, cash_buffer=0.1))
    assert made.trade == near([0.0, -0.1])
    bought = demand([0.2, 0.1], [0.4, 0.6], can_buy=np.array([False, True]), cash=0.7)
    assert _reachable(bought, 0.1)[0] == near([0.2, 0.6])


def test_purchases_are_cut_to_the_cash_above_the_buffer() -> None:
    """40 % of cash, 10 of them the buffer, and 20 from sales less 1 %: 0.498 for two purchases."""
    rate = np.array([0.01, 0.01, 0.01])
    move = np.array([-0.2, 0.45, 0.15])
    trade, raised = _fund(demand([0.6, 0, 0], [0, 1, 0], rate=rate), move, 0.1, TradeParams())
    part = (0.4 - 0.1 + 0.2 * 0.99) / (0.6 * 1.01)
    assert trade == near([-0.2, 0.45 * part, 0.15 * part])
    assert not raised.any()
    # Exactly what there is: nothing is cut.
    exact = np.array([-0.2, 0.498 / 1.01, 0.0])
    assert _fund(demand([0.6, 0, 0], [0, 1, 0], rate=rate), exact, 0.1, TradeParams())[0] == near(
        exact.tolist()
    )
    # No cash above the buffer: nothing is bought, and nothing is sold for it.
    none, _ = _fund(demand([0.9, 0], [0.5, 0.5]), np.array([0.0, 0.3]), 0.1, TradeParams())
    assert none == near([0.0, 0.0])


def test_a_lack_of_cash_is_raised_where_there_is_most_over_the_target() -> None:
    """2 % of cash where 10 % are the buffer: 6 from what is over, the rest from the largest."""
    params = TradeParams(cash_buffer=0.1)
    asked = demand([0.5, 0.42, 0.06], [0.55, 0.45, 0.0])
    trade, raised = _fund(asked, np.zeros(3), 0.1, params)
    assert trade == near([-0.02, 0.0, -0.06])
    assert raised.tolist() == [True, False, True]
    barred = replace(asked, can_sell=np.array([False, True, True]))
    assert _fund(barred, np.zeros(3), 0.1, params)[0] == near([0.0, -0.02, -0.06])
    # What is sold anyway brings its part, and what it costs is sold, too.
    rate = np.full(3, 0.5)
    costly = replace(asked, rate=rate)
    trade, raised = _fund(costly, np.array([0.0, 0.0, -0.06]), 0.1, params)
    assert trade == near([-0.1, 0.0, -0.06])
    assert raised.tolist() == [True, False, False]


def test_what_is_raised_is_not_under_the_minimum() -> None:
    params = TradeParams(cash_buffer=0.1)
    asked = demand([0.5, 0.41], [0.5, 0.5], minimum=0.03)
    trade, _ = _fund(asked, np.zeros(2), 0.1, params)
    assert trade == near([-0.03 * ABOVE_MINIMUM, 0.0])
    # Part of it is sold already: the two together are no less.
    trade, raised = _fund(asked, np.array([-0.005, 0.0]), 0.1, params)
    assert trade == near([-0.03 * ABOVE_MINIMUM, 0.0])
    assert not raised.any()


def test_what_must_be_raised_is_not_left_out_for_being_small() -> None:
    """2 % can be sold where 7 are short, and the minimum is 3: the buffer goes before."""
    asked = demand([0.02, 0.95], [0.02, 0.95], can_sell=np.array([True, False]), minimum=0.03)
    made = desired_trades(asked, TradeParams(**PLAIN, cash_buffer=0.1))
    assert made.trade == near([-0.02, 0.0])
    assert made.raised.tolist() == [True, False]


# What is wanted: the budget


def test_within_the_budget_both_sides_keep_their_ratio() -> None:
    asked = demand([0.3, 0.3, 0.0, 0.0], [0.1, 0.2, 0.15, 0.05])
    trade = np.array([-0.2, -0.1, 0.15, 0.05])
    none = np.zeros(4, dtype=bool)
    # 30 % sold, half of it: 15 and 10, the largest trade of each side first.
    assert _within_budget(asked, trade, none, 0.0, 0.15) == near([-0.15, 0.0, 0.1, 0.0])
    assert _within_budget(asked, trade, none, 0.0, 0.30) == near(trade.tolist())
    assert _within_budget(asked, trade, none, 0.0, 0.0) == near([0, 0, 0, 0])


def test_costs_count_against_the_budget() -> None:
    asked = demand([0.5], [0.3], rate=np.array([0.1]))
    trade, none = np.array([-0.2]), np.zeros(1, dtype=bool)
    # Half of the costs of 2 % at most: 20 % sold are 21 % of turnover.
    assert _within_budget(asked, trade, none, 0.0, 0.21) == near([-0.2])
    assert _within_budget(asked, trade, none, 0.0, 0.20) == near([-0.2 / 1.05])


def test_exits_take_the_budget_first() -> None:
    asked = demand([0.1, 0.4, 0.0], [0.0, 0.2, 0.3])
    trade, exits = np.array([-0.1, -0.2, 0.3]), np.array([True, False, False])
    made = _within_budget(asked, trade, exits, 0.0, 0.15)
    assert made == near([-0.1, -0.05, 0.15])
    # Where the exits are more than the ratio allows, the rest of the budget is theirs.
    asked = demand([0.3, 0.0], [0.0, 0.6])
    made = _within_budget(asked, np.array([-0.3, 0.6]), np.array([True, False]), 0.0, 0.3)
    assert made == near([-0.3, 0.3])


def test_a_lack_of_cash_takes_the_budget_before_purchases() -> None:
    """Cash 5 points under its floor, a budget of 10: sales bring the lack before they buy."""
    asked = demand([0.9, 0.05], [0.4, 0.5])
    trade, none = np.array([-0.5, 0.4]), np.zeros(2, dtype=bool)
    made = _within_budget(asked, trade, none, 0.1, 0.1)
    assert made == near([-0.1, 0.0])
    # Sales of 10 for purchases of 50: in that ratio a budget of 30 sells 6, where 8 are short.
    asked = demand([0.5, 0.48], [0.4, 0.98])
    made = _within_budget(asked, np.array([-0.1, 0.5]), none, 0.1, 0.3)
    assert made == near([-1.01 * 0.08, 0.01 * 0.08])


def test_an_exit_that_the_budget_cuts_is_no_exit() -> None:
    out = demand([0.3, 0.1], [0.0, 0.0])
    made = desired_trades(out, TradeParams(**{**PLAIN, "turnover_budget": 0.35}))
    assert made.trade == near([-0.3, -0.05])
    assert made.exits.tolist() == [True, False]
    assert made.cut.tolist() == [False, True]


# What is wanted: minimum, bands, limits, cash flow


def test_what_is_under_the_minimum_gives_its_cash_to_the_others() -> None:
    asked = demand([0.0, 0.0, 0.0], [0.9, 0.06, 0.04], cash=0.5, minimum=0.04)
    asked = replace(asked, held=np.array([0.5, 0.0, 0.0]))
    made = desired_trades(asked, TradeParams(**PLAIN))
    assert made.why[2] == TOO_SMALL or made.trade[2] >= 0.04 - 1e-12
    made = desired_trades(replace(asked, minimum=0.05), TradeParams(**PLAIN))
    assert made.trade == near([0.4, 0.06, 0.0])
    assert made.why == ("", "", TOO_SMALL)
    # At the minimum is not under it, and an exit is free of it.
    assert desired_trades(replace(asked, minimum=0.0399), TradeParams(**PLAIN)).why[2] == ""
    # Nor is what a solver's noise leaves short of it.
    assert desired_trades(replace(asked, minimum=0.04 + 1e-12), TradeParams(**PLAIN)).why[2] == ""
    assert desired_trades(replace(asked, minimum=0.04 + 1e-8), TradeParams(**PLAIN)).why[2] != ""
    out = demand([0.02, 0.5], [0.0, 0.98], minimum=0.05)
    assert desired_trades(out, TradeParams(**PLAIN)).trade == near([-0.02, 0.48])


def test_the_smallest_is_left_out_first_and_the_rest_tried_again() -> None:
    """Purchases of 5.2 and 4.8 where cash is for 4: cut alike both are under 2.5, one is not."""
    asked = demand([0.96, 0.0, 0.0], [0.9, 0.052, 0.048], minimum=0.025)
    made = desired_trades(
        asked, TradeParams(**{**PLAIN, "relative_band": 0.1, "band_kind": "relative"})
    )
    assert made.trade == near([0.0, 0.04, 0.0])
    assert made.why == (IN_BAND, "", TOO_SMALL)
    assert made.cut.tolist() == [False, True, False]


def test_each_reason_has_its_name() -> None:
    asked = demand([0.5, 0.5], [0.8, 0.2])
    none = desired_trades(asked, TradeParams(**{**PLAIN, "turnover_budget": 0.0}))
    assert none.why == (OVER_BUDGET, OVER_BUDGET)
    # The sale that would pay for it is within its band.
    band = {**PLAIN, "relative_band": 0.5, "band_kind": "relative"}
    dry = desired_trades(demand([0.9, 0.1], [0.8, 0.2]), TradeParams(**band))
    assert dry.why == (IN_BAND, IN_BAND)
    dry = desired_trades(demand([0.95, 0.05], [0.8, 0.2]), TradeParams(**band))
    assert dry.why == (IN_BAND, NO_CASH)
    assert desired_trades(demand([0.5], [0.5]), TradeParams(**PLAIN)).why == (AT_TARGET,)


def test_bands_by_themselves() -> None:
    drift, target = np.array([0.02, -0.02, 0.001]), np.array([0.2, 0.5, 0.0])

    def moved(**settings: Any) -> list[float]:
        return _outside_band(drift, target, TradeParams(**{**PLAIN, **settings})).tolist()

    assert moved(no_trade_band=0.01, band_kind="absolute") == [0.02, -0.02, 0.0]
    assert moved(no_trade_band=0.02, band_kind="absolute") == [0.0, 0.0, 0.0]
    assert moved(relative_band=0.05, band_kind="relative") == [0.02, 0.0, 0.001]
    assert moved(no_trade_band=0.01, relative_band=0.05, band_kind="larger") == [0.02, 0.0, 0.0]
    edge = moved(no_trade_band=0.015, band_kind="absolute", destination="edge")
    assert edge == pytest.approx([0.005, -0.005, 0.0])


def test_a_lower_limit_lifts_a_band_as_an_upper_one_does() -> None:
    """Two that hold 20 % where 25 is the least: the larger drift is traded, and that is enough."""
    limits = WeightLimits(np.array([[1.0, 1.0, 0.0]]), np.array([0.25]), np.array([1.0]))
    asked = demand([0.1, 0.1, 0.8], [0.17, 0.14, 0.69], limits=limits)
    drift = asked.target - asked.held
    full, lifted = _within_limits(asked, np.zeros(3), drift)
    assert full == near([0.07, 0.0, 0.0])
    assert lifted.tolist() == [True, False, False]
    # Under the limit by no more than a hair is no breach; by more it is.
    for miss, moved in ((0.9 * TRADED_TOLERANCE, False), (1.1 * TRADED_TOLERANCE, True)):
        low = replace(asked, limits=replace(limits, lower=np.array([0.2 + miss])))
        assert _within_limits(low, np.zeros(3), drift)[1].any() == moved
    # Only what moves toward the limit is lifted.
    away = np.array([-0.07, 0.14, -0.07])
    assert _within_limits(asked, np.zeros(3), away)[0] == near([0.0, 0.14, 0.0])


def test_an_upper_limit_lifts_no_purchase() -> None:
    limits = WeightLimits(np.array([[1.0, 1.0]]), np.array([0.0]), np.array([0.7]))
    asked = demand([0.5, 0.3], [0.6, 0.1], limits=limits)
    drift = asked.target - asked.held
    full, lifted = _within_limits(asked, np.zeros(2), drift)
    assert full == near([0.0, -0.2])
    assert lifted.tolist() == [False, True]
    for miss, moved in ((0.9 * TRADED_TOLERANCE, False), (1.1 * TRADED_TOLERANCE, True)):
        high = replace(asked, limits=replace(limits, upper=np.array([0.8 - miss])))
        assert _within_limits(high, np.zeros(2), drift)[1].any() == moved


def test_the_cash_flow_alone() -> None:
    why = np.array(["", ""], dtype=object)
    move, exits = np.array([-0.2, 0.3]), np.array([False, False])
    asked = demand([0.5, 0.2], [0.3, 0.5], cash=0.3, cash_target=0.2)
    floor, _ = _by_cash_flow(asked, move, exits, why, 0.1)
    assert (floor, move.tolist()) == (0.2, [0.0, 0.3])  # cut to the surplus by the floor
    short = demand([0.5, 0.4], [0.3, 0.4], cash=0.1, cash_target=0.3, rate=np.array([0.5, 0.0]))
    move = np.array([-0.8, 0.2])
    floor, _ = _by_cash_flow(short, move, np.array([True, False]), why, 0.05)
    assert (floor, move.tolist()) == (0.05, pytest.approx([-0.4, 0.0]))  # 0.2 less half as cost


# Whole lots


def book_of(target: dict[str, float], held: dict[str, D], cash: D, **settings: Any) -> Book:
    prices = {"AAA": D(100), "BBB": D(50), "CCC": D(20)}
    market = Market(prices, dict.fromkeys(prices, "equity"), lot_sizes={"CCC": D(10)})
    return make_book(held, cash, target, market, TradeParams(**{**PLAIN, **settings}))


def lots_of(book: Book, rest: tuple[str, ...] = ()) -> tuple[LotProblem, list[str]]:
    wants = desired_of(book)
    orders = wanted_orders(book, wants)
    lots = [s for s in orders if s not in rest]
    return _lot_problem(book, [orders[s] for s in lots], {s: orders[s] for s in rest}), lots


def test_what_the_lots_are_asked() -> None:
    """A value of 100,000, so that 1 bp is 10; costs of 10 bps."""
    book = book_of(
        {"AAA": 0.25, "BBB": 0.5, "CCC": 0.0002, "CASH": 0.2498}, {"AAA": D(500), "CCC": D(57)},
        D(48860), cash_buffer=0.005, turnover_budget=0.6, minimum_trade=1100.0,
        equity_fee_bps=10.0,
    )  # fmt: skip
    problem, lots = lots_of(book)
    assert lots == ["AAA", "BBB", "CCC"]
    assert problem.side.tolist() == [-1, 1, -1]
    assert problem.lot == near([10.0, 5.0, 20.0])
    assert problem.wanted == pytest.approx([2500.0, 5000.0, 112.0], abs=1e-6)
    # The minimum is 11 lots of 100, 22 of 50, 5.5 of 200: more than the 5 of CCC that are whole.
    assert problem.least.tolist() == [11, 22, 6]
    assert problem.most.tolist() == [250, 1000, 0]
    assert problem.rate == near([0.001] * 3)
    assert (problem.cash_before, problem.cash) == (4886.0, 4886.0)
    assert problem.cash_wanted == pytest.approx(4886 + 2612 - 5000 - 7.612, abs=1e-6)
    slack = 3 * 0.005 / 10  # half a cent for the rounding of each cost
    assert problem.floor == pytest.approx(50 + slack - EXACT_FIT, abs=1e-12)
    assert problem.budget == pytest.approx(6000 - slack + EXACT_FIT, abs=1e-12)
    assert (problem.sold, problem.bought) == (0.0, 0.0)


def test_what_is_not_in_lots_counts_before_the_lots() -> None:
    book = book_of(
        {"AAA": 0.25, "BBB": 0.15, "CCC": 0.4, "CASH": 0.2}, {"AAA": D(500), "BBB": D(300)},
        D(35000),
    )  # fmt: skip
    problem, lots = lots_of(book, rest=("AAA",))
    assert lots == ["CCC"]
    assert (problem.sold, problem.bought, problem.cash) == (2500.0, 0.0, 6000.0)
    assert problem.least.tolist() == [1]  # no minimum: any lot
    # No more is sold than there is, in whole lots.
    order = order_of(
        book_of({"CCC": 0.5, "CASH": 0.5}, {"CCC": D(57)}, D(1)), "CCC", -1, D(1), False
    )
    assert (order.step, order.most) == (D(10), D(50))
    assert order_of(book, "AAA", 1, D(1), False).most == D("Infinity")


def lots(**more: Any) -> LotProblem:
    """One purchase of 100 in lots of 10, from cash of 1,000."""
    base = {
        "side": np.array([1]), "lot": np.array([10.0]), "wanted": np.array([100.0]),
        "least": np.array([1]), "most": np.array([10.0]), "rate": np.zeros(1),
        "cash_before": 1000.0, "cash": 1000.0, "cash_wanted": 900.0, "floor": 0.0, "sold": 0.0,
        "bought": 0.0, "budget": 1e6,
    }  # fmt: skip
    return LotProblem(**(base | more))


@pytest.mark.parametrize(
    ("more", "counts"),
    [
        ({}, [10]),
        ({"floor": 955.0}, [4]),
        ({"floor": 960.0, "rate": np.array([0.01])}, [3]),  # costs are paid from it
        ({"budget": 45.0}, [4]),
        ({"budget": 145.0, "bought": 100.0, "cash": 900.0, "cash_wanted": 800.0}, [4]),
        # 100 are sold beside it, which pays for ten lots: those are no more turnover.
        (
            {
                "budget": 110.0,
                "sold": 100.0,
                "cash": 1100.0,
                "cash_wanted": 900.0,
                "most": np.array([20.0]),
                "wanted": np.array([200.0]),
            },
            [11],
        ),
        ({"least": np.array([5]), "budget": 45.0}, [0]),
        ({"least": np.array([4]), "budget": 45.0}, [4]),
        ({"most": np.array([6.0])}, [6]),
        ({"wanted": np.array([94.0]), "cash_wanted": 906.0}, [9]),
        ({"side": np.array([-1]), "cash_wanted": 1100.0, "floor": 1500.0}, None),
    ],
)
def test_the_integer_program_by_hand(more: dict[str, Any], counts: list[int] | None) -> None:
    found = integer_program(lots(**more))
    assert (None if found is None else found.tolist()) == counts


def test_greedy_by_hand() -> None:
    found = greedy(
        lots(
            side=np.array([1, 1, -1, -1]), lot=np.array([10.0, 30.0, 10.0, 10.0]),
            wanted=np.array([100.0, 60.0, 50.0, 0.0]), least=np.array([10, 3, 1, 1]),
            most=np.array([10.0, 2.0, 3.0, 9.0]), rate=np.zeros(4),
        )
    )  # fmt: skip
    # Two lots of the second are under its least of 3; of the third there are no more than 3.
    assert found.tolist() == [10, 0, 3, 0]
    assert greedy(lots(lot=np.array([101.0]))).tolist() == [0]


def test_full_exits_and_fractions_are_sized_before_the_lots() -> None:
    prices = {"AAA": D(100), "EUR": D("1.1"), "BBB": D(50)}
    market = Market(prices, {"AAA": "equity", "EUR": "fx", "BBB": "equity"})
    held = {"AAA": D("10.5"), "EUR": D("5000"), "BBB": D(100)}
    book = make_book(held, D(1000), {"EUR": 0.3, "BBB": 0.57, "CASH": 0.13}, market,
                     TradeParams(**PLAIN))  # fmt: skip
    orders = wanted_orders(book, desired_of(book))
    assert (orders["AAA"].quantity, orders["AAA"].whole) == (D("10.5"), True)
    assert orders["EUR"].quantity % D("0.01") == 0
    assert orders["EUR"].quantity <= orders["EUR"].most == D(5000)
    assert not orders["EUR"].whole
    # No more is sold than is held, however it is rounded.
    odd = replace(book, held={**held, "EUR": D("5000.006")}, target={},
                  params=replace(book.params, whole_exits=False))  # fmt: skip
    assert wanted_orders(odd, desired_of(odd))["EUR"].quantity == D("5000.00")


def test_without_an_answer_lots_are_rounded_down(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("integer_program", "greedy"):
        monkeypatch.setattr(f"engine.trading.rounding.{name}", lambda problem: None)
    book = book_of({"AAA": 0.1979, "CASH": 0.8021}, {}, D(10000))
    wants = desired_of(book)
    done, way, tracking = rounded(book, wants, wanted_orders(book, wants))
    assert (way, list(tracking)) == (ROUNDED_DOWN, [ROUNDED_DOWN])
    assert done.orders["AAA"].quantity == D(19)


def test_tracking_counts_what_is_missed_and_cash() -> None:
    """Wanted 10 % of AAA; 5 % is traded: half of it is missed in AAA, and half in cash."""
    book = book_of({"AAA": 0.1, "CASH": 0.9}, {}, D(100000))
    wants = desired_of(book)
    order = replace(wanted_orders(book, wants)["AAA"], quantity=D(50))
    done = mend({"AAA": order}, book.limits, book.params)
    assert _tracking(book, wants, done) == pytest.approx(0.05)
    assert _tracking(book, wants, mend({}, book.limits, book.params)) == pytest.approx(0.1)


# Mending, and the last check


LIMITS = Limits(cash=D(1000), floor=D(0), budget=D(10000), minimum=D(0), value=D(10000))


def order(symbol: str, side: int, quantity: int, price: int = 10, **more: Any) -> Order:
    base = {"step": D(1), "most": D(1000), "asset_class": "equity"}
    return Order(symbol, side, D(quantity), D(price), **(base | more))


def mended(*orders: Order, **limits: D) -> dict[str, D]:
    done = mend({o.symbol: o for o in orders}, replace(LIMITS, **limits), TradeParams(**PLAIN))
    return {s: o.side * o.quantity for s, o in done.orders.items()}


def test_mending_holds_each_limit_by_itself() -> None:
    buy, sell = order("A", 1, 50), order("B", -1, 30)
    assert mended(buy, sell) == {"A": 50, "B": -30}
    assert mended(buy, floor=D(605)) == {"A": 39}  # 390 bought leave 610, 400 would leave 600
    assert mended(buy, budget=D(405)) == {"A": 40}
    assert mended(sell, budget=D(205)) == {"B": -20}
    assert mended(buy, minimum=D(501)) == {}
    assert mended(buy, minimum=D(500)) == {"A": 50}
    # What would be cut under the minimum goes whole.
    assert mended(buy, minimum=D(450), budget=D(405)) == {}
    # A full exit is free of the minimum, and the last to give way to the budget.
    whole = order("A", -1, 30, whole=True)
    assert mended(whole, minimum=D(501)) == {"A": -30}
    assert mended(whole, sell, budget=D(400)) == {"A": -30, "B": -10}
    # Who would fall under the minimum is not the one that is shortened.
    other = order("B", 1, 30, price=20)
    assert mended(buy, other, floor=D(105), minimum=D(310)) == {"A": 50, "B": 19}
    assert mended(buy, other, floor=D(105)) == {"A": 29, "B": 30}


def test_mending_shortens_purchases_for_cash_and_then_sells_more() -> None:
    buy, sell = order("A", 1, 50), order("B", -1, 30)
    assert mended(buy, sell, floor=D(900)) == {"A": 40, "B": -30}
    # Nothing is left to buy less of: 1,300 of 1,500 are there, 20 more sold with 2 % over.
    assert mended(sell, floor=D(1500)) == {"B": -51}
    assert mended(replace(sell, most=D(40)), floor=D(1500)) == {"B": -40}
    done = mend({"B": replace(sell, most=D(40))}, replace(LIMITS, floor=D(1500)), TradeParams())
    assert "under its buffer" in done.notes[0]
    # But not over the budget.
    assert mended(sell, floor=D(1500), budget=D(400)) == {"B": -30}


def test_sums_by_hand() -> None:
    params = TradeParams(**{**PLAIN, "equity_fee_bps": 50.0})
    sums = sums_of({"A": order("A", 1, 50), "B": order("B", -1, 30)}, LIMITS, params)
    assert (sums.bought, sums.sold, sums.cost) == (500, 300, D("4.00"))
    assert (sums.cash_after, sums.turnover) == (D("796.00"), D("502.00"))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"value_after": D(9997)}, "do not reconcile"),
        ({"turnover": D(10001)}, "budget is passed"),
        ({"cash_after": D(-1)}, "under its buffer"),
    ],
)
def test_what_passes_a_limit_is_no_plan(more: dict[str, D], says: str) -> None:
    value_after = more.pop("value_after", D(9998))
    good = Sums(sold=D(0), bought=D(1), cost=D(2), cash_after=D(0), turnover=D(10000))
    check(D(9998), good, LIMITS, mended_to_limits=True)
    with pytest.raises(SolverFailed, match=says):
        check(value_after, replace(good, **more), LIMITS, mended_to_limits=True)
    if "reconcile" not in says:  # what a person typed may pass them
        check(value_after, replace(good, **more), LIMITS, mended_to_limits=False)


def test_limits_of_a_book_are_in_money() -> None:
    book = book_of({"AAA": 1.0}, {"AAA": D(90)}, D(1000), cash_buffer=0.05, turnover_budget=0.25,
                   minimum_trade=12.5)  # fmt: skip
    assert book.limits == Limits(D(1000), D(500), D(2500), D("12.5"), D(10000))
    asked: list[Demand] = []
    market = replace(book.market, weight_limits=(WeightLimit("x", frozenset({"AAA"}), 0.2, 0.4),))

    def keep(demand: Demand, params: TradeParams) -> Desired:
        asked.append(demand)
        return desired_trades(demand, params)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.trading.rounding.desired_trades", keep)
        desired_of(replace(book, market=market))
    (one,) = asked
    assert (one.cash, one.minimum, one.cash_target) == (0.1, 0.00125, 0.0)
    assert (one.limits.members.tolist(), one.limits.lower[0], one.limits.upper[0]) == (
        [[1.0]],
        0.2,
        0.4,
    )


def test_the_turnover_budget_is_used_up() -> None:
    """The costs of all that was wanted were taken off: 1.33 % of a budget of 2 % were traded."""
    held = np.full(10, 0.1)
    target = np.array([0.2] * 5 + [0.0] * 5)
    yes = np.ones(10, dtype=bool)
    demand = Demand(held, target, yes, yes, np.full(10, 0.02), 0.0, 0.0, 0.0)
    found = desired_trades(demand, TradeParams(turnover_budget=0.02, whole_exits=False))
    sold = -found.trade[found.trade < 0].sum()
    cost = np.abs(found.trade) @ demand.rate
    bought = found.trade[found.trade > 0].sum()
    assert max(sold, bought) + cost / 2 == pytest.approx(0.02, abs=1e-9)


def test_a_drift_of_just_its_band_is_left_alone() -> None:
    yes = np.ones(2, dtype=bool)
    for a, b in ((0.2, 0.3), (0.3, 0.4), (0.4, 0.5)):
        demand = Demand(
            np.array([a, 0.0]), np.array([b, 0.0]), yes, yes, np.zeros(2), 1 - a, 1 - b, 0.0
        )
        params = TradeParams(no_trade_band=0.1, relative_band=0.0, band_kind="absolute")
        assert desired_trades(demand, params).why[0] == IN_BAND


def test_where_no_part_of_the_way_is_traded_that_is_the_reason() -> None:
    yes = np.ones(2, dtype=bool)
    demand = Demand(
        np.array([0.2, 0.3]), np.array([0.4, 0.3]), yes, yes, np.zeros(2), 0.5, 0.3, 0.0
    )
    why = desired_trades(demand, TradeParams(phi=0.0)).why
    assert "φ is 0" in why[0]
    assert why[1] == AT_TARGET


def test_the_smaller_of_two_bands() -> None:
    """The 5/25 rule: 5 points, or a quarter of the target, whichever is less."""
    held = np.array([0.44, 0.46, 0.078, 0.07, 0.0])
    target = np.array([0.40, 0.40, 0.10, 0.10, 0.0])
    yes = np.ones(5, dtype=bool)
    demand = Demand(held, target, yes, yes, np.zeros(5), 0.0, 0.0, 0.0)
    params = TradeParams(no_trade_band=0.05, relative_band=0.25, band_kind="smaller")
    moved = desired_trades(demand, params).trade
    assert [bool(x) for x in moved[:4]] == [False, True, False, True]
