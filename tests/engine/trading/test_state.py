"""The state of a portfolio from its ledger, by hand, and its weights at prices."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal as D
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from engine.core.amounts import parse_amount
from engine.core.errors import InputError
from engine.params.trading import TradeParams
from engine.trading.costs import cost_of, price_of
from engine.trading.state import last_implemented, state_at, undoing, value_at
from engine.trading.trades import Market, trade_plan

ONE, TWO, THREE = dt.date(2026, 3, 2), dt.date(2026, 3, 3), dt.date(2026, 3, 4)


@dataclass(frozen=True)
class Entry:
    seq: int
    kind: str
    effective_date: dt.date
    payload: Mapping[str, Any] = field(default_factory=dict)
    portfolio: str = "main"

    @property
    def hash(self) -> str:
        return f"hash {self.seq}"


CREATE = Entry(1, "create", ONE, {"universe": "own", "base_currency": "USD"})
CASH_IN = Entry(2, "cash", ONE, {"amount": "100000"})
BOUGHT = Entry(
    3, "ticket", ONE,
    {"fills": [
        {"symbol": "AAA", "side": "BUY", "quantity": "100", "price": "250.00", "fee": "5"},
        {"symbol": "BBB", "side": "BUY", "quantity": "40", "price": "1000", "fee": "8"},
    ]},
)  # fmt: skip
SPLIT = Entry(4, "split", TWO, {"symbol": "AAA", "ratio": "4"})
DIVIDEND = Entry(5, "dividend", TWO, {"symbol": "BBB", "per_unit": "2.50"})
TWO_DAYS = (CREATE, CASH_IN, BOUGHT, SPLIT, DIVIDEND)


def held(*entries: Entry, date: dt.date = THREE) -> tuple[D, dict[str, D]]:
    state = state_at((CREATE, *entries), date)
    return state.cash, state.quantities


def test_two_days_by_hand() -> None:
    """Day 1: 100000 − 100·250 − 5 − 40·1000 − 8 = 34987. Day 2: AAA splits 4 for 1, BBB pays
    40·2.50 = 100; at 65 and 990: 400·65 + 40·990 + 35087 = 100687. Then 370 AAA are bought and 10
    BBB sold at 10 bps: 24050 + 24.05 out, 9900 − 9.90 in."""
    first = state_at(TWO_DAYS, ONE)
    assert (first.cash, first.quantities) == (D(34987), {"AAA": D(100), "BBB": D(40)})
    assert first.head_hash == "hash 3"
    assert value_at(first, {"AAA": D(250), "BBB": D(1000)}).value == D(99987)

    second = state_at(TWO_DAYS, TWO)
    assert (second.cash, second.quantities) == (D(35087), {"AAA": D(400), "BBB": D(40)})
    prices = {"AAA": D(65), "BBB": D(990)}
    valued = value_at(second, prices)
    assert valued.value == D(100687)
    assert valued.values == {"AAA": D(26000), "BBB": D(39600), "CASH": D(35087)}
    assert valued.weights == pytest.approx(
        {"AAA": 26000 / 100687, "BBB": 39600 / 100687, "CASH": 35087 / 100687}
    )

    target = {"AAA": 50050 / 100687, "BBB": 29700 / 100687, "CASH": 20937 / 100687}
    market = Market(prices, {"AAA": "equity", "BBB": "equity"})
    params = TradeParams(equity_spread_bps=8, equity_fee_bps=2, cash_buffer=0.1)
    plan = trade_plan(second.quantities, second.cash, target, market, params)
    assert [(x.side, x.symbol, x.quantity, x.value, x.cost) for x in plan.lines] == [
        ("SELL", "BBB", D(10), D(9900), D("9.90")),
        ("BUY", "AAA", D(370), D(24050), D("24.05")),
    ]
    assert (plan.cash_before, plan.cash_after) == (D(35087), D("20903.05"))
    assert (plan.value_before, plan.cost, plan.value_after) == (
        D(100687), D("33.95"), D("100653.05"),
    )  # fmt: skip
    assert plan.turnover == pytest.approx((24050 + 9900 + 14183.95) / 2 / 100687, abs=1e-12)

    fills = [
        {"symbol": x.symbol, "side": x.side, "quantity": str(x.quantity), "price": str(x.price),
         "fee": str(x.cost)}
        for x in plan.lines
    ]  # fmt: skip
    third = state_at((*TWO_DAYS, Entry(6, "ticket", THREE, {"fills": fills})), THREE)
    assert (third.cash, third.quantities) == (plan.cash_after, {"AAA": D(770), "BBB": D(30)})
    assert value_at(third, prices).weights == pytest.approx(plan.weights_after)


def test_any_past_date_is_as_it_was() -> None:
    assert state_at(TWO_DAYS, ONE) == state_at(TWO_DAYS[:3], ONE)
    late = Entry(6, "cash", ONE, {"amount": "-1000.10"})
    assert state_at((*TWO_DAYS, late), ONE).cash == D("33986.90")
    assert last_implemented(TWO_DAYS, THREE) == ONE
    assert last_implemented((CREATE, CASH_IN), THREE) is None


def test_the_order_of_dates_counts_not_that_of_writing() -> None:
    split = Entry(2, "split", TWO, {"symbol": "AAA", "ratio": "2"})
    stated = Entry(3, "holdings", ONE, {"positions": [{"symbol": "AAA", "quantity": "5"}]})
    assert held(split, stated)[1] == {"AAA": D(10)}
    assert held(stated, split) == held(split, stated)


def test_a_portfolio_may_be_created_after_its_first_holdings() -> None:
    late = Entry(1, "create", THREE, {"base_currency": "USD"})
    stated = Entry(2, "cash", ONE, {"amount": "7"})
    assert state_at((late, stated), ONE).cash == D(7)
    with pytest.raises(InputError, match="starts on 2026-03-02"):
        state_at((late, stated), dt.date(2026, 1, 1))


def test_holdings_replace_what_was_held_and_keep_cash_unless_given() -> None:
    rows = [
        {"symbol": "CCC", "quantity": "1.5"},
        {"symbol": "FFF", "quantity": "3", "notional": True},
    ]
    stated = Entry(4, "holdings", TWO, {"positions": rows})
    assert held(CASH_IN, BOUGHT, stated) == (D(34987), {"CCC": D("1.5"), "FFF": D(3)})
    both = Entry(4, "holdings", TWO, {"positions": rows, "cash": "12.34"})
    state = state_at((CREATE, CASH_IN, BOUGHT, both), TWO)
    assert state.cash == D("12.34")
    assert [(p.symbol, p.notional) for p in state.positions] == [("CCC", False), ("FFF", True)]


def test_splits_and_dividends_and_corrections() -> None:
    stated = Entry(
        2, "holdings", ONE, {"positions": [{"symbol": "AAA", "quantity": "7"}], "cash": "0"}
    )
    for ratio in ("3:2", "3/2", "1.5"):
        assert held(stated, Entry(3, "split", TWO, {"symbol": "AAA", "ratio": ratio}))[1] == {
            "AAA": D("10.5")
        }
    reverse = Entry(3, "split", TWO, {"symbol": "AAA", "ratio": "1:7", "cash": "0.25"})
    assert held(stated, reverse) == (D("0.25"), {"AAA": D(1)})
    uneven = Entry(3, "split", TWO, {"symbol": "AAA", "ratio": "1:3"})
    assert held(stated, uneven)[1] == {"AAA": D("2.333333333333")}
    assert held(stated, Entry(3, "dividend", TWO, {"symbol": "AAA", "amount": "3.21"}))[0] == D(
        "3.21"
    )
    fix = {"positions": [{"symbol": "AAA", "quantity": "-7"}], "cash": "-1"}
    assert held(stated, Entry(3, "correction", TWO, fix)) == (D(-1), {})


def test_a_split_comes_first_of_its_day_whenever_it_is_written() -> None:
    """What is stated or traded that day is after it, as that day's prices are."""
    stated = Entry(
        2, "holdings", ONE, {"positions": [{"symbol": "AAA", "quantity": "7"}], "cash": "0"}
    )
    more = Entry(3, "correction", TWO, {"positions": [{"symbol": "AAA", "quantity": "1"}]})
    assert held(stated, more, Entry(4, "split", TWO, {"symbol": "AAA", "ratio": "2"}))[1] == {
        "AAA": D(15)
    }


def test_the_money_that_changed_hands_comes_before_quantity_times_price() -> None:
    fill = {
        "symbol": "USDJPY", "side": "BUY", "quantity": "100000", "price": "0.0068", "fee": "0",
        "value": "681.20",
    }  # fmt: skip
    assert held(Entry(2, "ticket", ONE, {"fills": [fill]}))[0] == D("-681.20")


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (Entry(4, "ticket", TWO, {"fills": [
            {"symbol": "AAA", "side": "SELL", "quantity": "101", "price": "1", "fee": "0"}]}),
         "takes 101 AAA where 100 are held"),
        (Entry(4, "ticket", TWO, {"fills": [
            {"symbol": "AAA", "side": "HOLD", "quantity": "1", "price": "1"}]}), "BUY or SELL"),
        (Entry(4, "cash", TWO, {"amount": 1.1}), "amount is 1.1"),
        (Entry(4, "cash", TWO, {"amount": "NaN"}), "plain number"),
        (Entry(4, "cash", TWO, {}), "amount"),
        (Entry(4, "split", TWO, {"symbol": "AAA", "ratio": "0"}), "ratio"),
        (Entry(4, "split", TWO, {"symbol": "AAA", "ratio": "1:0"}), "ratio"),
        (Entry(4, "holdings", TWO, {"positions": "AAA"}), "list of rows"),
        (Entry(4, "holdings", TWO, {"positions": [{"symbol": "CASH", "quantity": "1"}]}),
         "symbol of an asset"),
        (Entry(4, "gift", TWO, {}), "not known here"),
    ],
)  # fmt: skip
def test_what_cannot_be_applied_is_named(entry: Entry, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        state_at((CREATE, CASH_IN, BOUGHT, entry), TWO)
    assert "Entry 4 of main" in str(caught.value)


def test_no_entries_no_state() -> None:
    for entries in ((), (CASH_IN,)):
        with pytest.raises(InputError, match="create it first"):
            state_at(entries, ONE)


def test_without_a_price_it_is_named_and_in_no_sum() -> None:
    valued = value_at(state_at(TWO_DAYS, TWO), {"BBB": D(990)})
    assert valued.unpriced == ("AAA",)
    assert set(valued.weights) == {"BBB", "CASH"}
    assert valued.value == D(39600 + 35087)
    with pytest.raises(InputError, match="must be positive"):
        value_at(state_at(TWO_DAYS, TWO), {"BBB": D(0)})
    with pytest.raises(InputError, match="worth 0"):
        value_at(state_at((CREATE,), TWO), {})


def test_weights_sum_to_one_and_values_to_the_value() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        n = int(rng.integers(1, 30))
        rows = [{"symbol": f"S{i}", "quantity": f"{rng.lognormal(3, 3):.8f}"} for i in range(n)]
        stated = Entry(
            2, "holdings", ONE, {"positions": rows, "cash": f"{rng.uniform(1, 9e5):.2f}"}
        )
        prices = {f"S{i}": price_of(float(rng.lognormal(2, 3))) for i in range(n)}
        valued = value_at(state_at((CREATE, stated), ONE), prices)
        assert sum(valued.weights.values()) == pytest.approx(1, abs=1e-12)
        assert sum(map(Fraction, valued.values.values())) == Fraction(valued.value)


def test_costs_go_to_the_cent_halves_up() -> None:
    params = TradeParams(equity_spread_bps=1.5, equity_fee_bps=1)
    assert cost_of(D(200), "equity", params) == D("0.05")
    assert cost_of(D(20), "equity", params) == D("0.01")
    assert cost_of(D("19.99"), "Equity ", params) == D("0.00")
    assert cost_of(D(10000), "bond", params) == D("7.00")


def test_a_price_keeps_twelve_digits_and_no_noise() -> None:
    assert price_of(0.1 + 0.2) == D("0.3")
    assert price_of(123456.7890123) == D("123456.789012")
    for bad in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="positive"):
            price_of(bad)
    assert parse_amount(" 1.50 ", "x") == D("1.5")
    for bad in (True, None, "1e99", "abc", "1" * 31, "1e18", "0." + "1" * 31):
        with pytest.raises(InputError, match=r"^x is"):
            parse_amount(bad, "x")


def test_an_undo_and_what_it_undid_count_as_if_neither_were_there() -> None:
    cash = Entry(2, "cash", ONE, {"amount": "100"})
    wrong = Entry(
        3, "holdings", TWO, {"positions": [{"symbol": "A", "quantity": "1"}], "cash": "5"}
    )
    units, money = undoing((CREATE, cash, wrong))
    assert (units, money) == ({"A": D(-1)}, {"USD": D(95)})
    undo = Entry(4, "correction", TWO, {"cash": "95", "undoes": 3})
    assert held(cash, wrong, undo) == (D(100), {})
    assert state_at((CREATE, cash, wrong, undo), TWO).head_hash == "hash 4"
    assert last_implemented((CREATE, cash, wrong, undo), THREE) is None
    late = Entry(5, "cash", ONE, {"amount": "7"})
    assert held(cash, wrong, undo, late) == (D(107), {})


@pytest.mark.parametrize(
    "undo",
    [
        Entry(5, "correction", TWO, {"undoes": 3}),
        Entry(5, "correction", TWO, {"undoes": 5}),
        Entry(5, "correction", ONE, {"undoes": 4}),
        Entry(5, "correction", TWO, {"undoes": "4"}),
        Entry(4, "correction", ONE, {"undoes": 3}),  # a ticket
    ],
)
def test_only_the_entry_before_can_be_undone(undo: Entry) -> None:
    known = (CREATE, CASH_IN, BOUGHT, SPLIT)[: undo.seq - 1]
    with pytest.raises(InputError, match="only the entry before it"):
        state_at((*known, undo), THREE)


DAY = dt.timedelta(days=1)
STATED = Entry(2, "holdings", ONE, {"positions": [{"symbol": "AAA", "quantity": "7"}], "cash": "0"})


def filled(side: str, **more: object) -> Entry:
    fill = {"symbol": "AAA", "side": side, "quantity": "2", "price": "10", "fee": "1"}
    return Entry(3, "ticket", TWO, {"fills": [{**fill, **more}]})


@pytest.mark.parametrize(
    ("entry", "cash", "units"),
    [
        (Entry(3, "cash", TWO, {"amount": "5"}), D(5), D(7)),
        (Entry(3, "split", TWO, {"symbol": "AAA", "ratio": "2"}), D(0), D(14)),
        (Entry(3, "dividend", TWO, {"symbol": "AAA", "per_unit": "3"}), D(21), D(7)),
        (Entry(3, "correction", TWO, {"positions": [{"symbol": "AAA", "quantity": "1"}]}), D(0),
         D(8)),
        (filled("BUY"), D(-21), D(9)),
        (Entry(3, "holdings", TWO, {"positions": [{"symbol": "AAA", "quantity": "1"}]}), D(0),
         D(1)),
    ],
)  # fmt: skip
def test_an_entry_counts_on_its_day_and_not_the_day_before(entry: Entry, cash: D, units: D) -> None:
    assert held(STATED, entry, date=TWO - DAY) == (D(0), {"AAA": D(7)})
    assert held(STATED, entry, date=TWO) == (cash, {"AAA": units})
    implemented = entry.kind in ("ticket", "holdings")
    assert last_implemented((CREATE, STATED, entry), TWO - DAY) == ONE
    assert last_implemented((CREATE, STATED, entry), TWO) == (TWO if implemented else ONE)
    assert last_implemented((CREATE, STATED, entry), ONE - DAY) is None


def test_the_first_day_has_a_state_and_the_day_before_has_none() -> None:
    assert state_at((CREATE,), ONE).as_of == ONE
    with pytest.raises(InputError, match="starts on 2026-03-02"):
        state_at((CREATE,), ONE - DAY)


def test_on_the_day_of_a_split_trades_are_of_new_units() -> None:
    """7 become 14, of which 12 are sold; in old units, 12 could not be."""
    sale = filled("SELL", quantity="12", fee="0")
    split = Entry(4, "split", TWO, {"symbol": "AAA", "ratio": "2"})
    assert held(STATED, sale, split) == (D(120), {"AAA": D(2)})
    with pytest.raises(InputError, match="takes 12 AAA where 7 are held"):
        held(STATED, sale, Entry(4, "split", TWO + DAY, {"symbol": "AAA", "ratio": "2"}))


def test_on_the_day_of_a_dividend_the_order_of_writing_says_of_how_many() -> None:
    paid = {"symbol": "AAA", "per_unit": "3"}
    assert held(STATED, filled("BUY", fee="0"), Entry(4, "dividend", TWO, paid))[0] == D(-20 + 27)
    before = dataclasses.replace(filled("BUY", fee="0"), seq=4)
    assert held(STATED, Entry(3, "dividend", TWO, paid), before)[0] == D(-20 + 21)


def test_of_two_statements_of_a_day_the_later_one_stands() -> None:
    rows = [{"symbol": "BBB", "quantity": "1"}]
    assert held(STATED, Entry(3, "holdings", ONE, {"positions": rows}))[1] == {"BBB": D(1)}


def test_entries_may_come_in_any_order() -> None:
    assert state_at(TWO_DAYS[::-1], TWO) == state_at(TWO_DAYS, TWO)
    rows = [{"symbol": s, "quantity": "1"} for s in ("CCC", "AAA", "BBB")]
    stated = state_at((CREATE, Entry(2, "holdings", ONE, {"positions": rows})), ONE)
    assert [p.symbol for p in stated.positions] == ["AAA", "BBB", "CCC"]


def test_to_create_comes_first_whatever_its_day() -> None:
    """Opened with 100 on the second day; on the first its cash was stated to be 0."""
    late = Entry(1, "create", TWO, {"base_currency": "EUR", "cash": "100"})
    for day in (ONE, THREE):
        state = state_at((late, STATED), day)
        assert (state.base_currency, state.cash) == ("EUR", D(0))
    assert state_at((late,), TWO).cash == D(100)


def test_holdings_with_no_cash_at_all_leave_none() -> None:
    stated = Entry(3, "holdings", TWO, {"positions": [], "cash": "0"})
    assert held(CASH_IN, stated) == (D(0), {})


@pytest.mark.parametrize("name", ["quantity", "price", "value"])
@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_a_fill_below_zero_is_none(side: str, name: str) -> None:
    """It would be the other side's, at once bought and paid for with a gain."""
    with pytest.raises(InputError, match=r"Entry 3 of main \(ticket\) has a fill of AAA") as caught:
        held(STATED, filled(side, **{name: "-0.01"}))
    assert ("below 0" if name == "value" else "not negative") in str(caught.value)


@pytest.mark.parametrize("value", ["0", 0])
def test_what_changes_hands_for_nothing_is_a_fill(value: object) -> None:
    assert held(STATED, filled("SELL", value=value, fee="0.5")) == (D("-0.5"), {"AAA": D(5)})


def test_sides_in_any_letters_and_fees_on_both() -> None:
    assert held(STATED, filled("buy")) == (D(-21), {"AAA": D(9)})
    assert held(STATED, filled("Sell")) == (D(19), {"AAA": D(5)})


def test_what_is_no_share_stays_so_until_it_is_said_to_be_one() -> None:
    rows = [{"symbol": "AAA", "quantity": "7", "notional": True}]
    stated = Entry(2, "holdings", ONE, {"positions": rows})
    (position,) = state_at((CREATE, stated, filled("BUY")), TWO).positions
    assert position.notional is True
    (position,) = state_at((CREATE, stated, filled("BUY", notional=False)), TWO).positions
    assert position.notional is False


def test_a_split_that_is_not_even_is_cut_and_never_rounded_up() -> None:
    """7 units at 2 for 3 are 4.666…, whose last digit rounds up, and 3 times that to 14 again."""
    for ratio, units in (("2:3", "4.666666666666"), ("5:3", "11.666666666666"), ("8:7", "8")):
        split = Entry(3, "split", TWO, {"symbol": "AAA", "ratio": ratio})
        assert held(STATED, split)[1] == {"AAA": D(units)}


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (Entry(3, "holdings", TWO, {"positions": ["AAA"]}), "a list of rows"),
        (Entry(3, "holdings", TWO, {"positions": [{"quantity": "1"}]}), "the symbol of an asset"),
        (Entry(3, "dividend", TWO, {"symbol": " ", "per_unit": "1"}), "the symbol of an asset"),
    ],
)
def test_rows_that_name_nothing_are_refused(entry: Entry, says: str) -> None:
    with pytest.raises(InputError, match=says):
        held(STATED, entry)


def test_debt_counts_against_the_value() -> None:
    state = state_at((CREATE, STATED, Entry(3, "cash", TWO, {"amount": "-20"})), TWO)
    valued = value_at(state, {"AAA": D(10)})
    assert valued.value == D(50)
    assert valued.weights == {"AAA": 1.4, "CASH": -0.4}


def test_an_undo_names_only_what_it_changes() -> None:
    rows = [{"symbol": "AAA", "quantity": "7"}, {"symbol": "BBB", "quantity": "2"}]
    assert undoing((CREATE, STATED, Entry(3, "holdings", TWO, {"positions": rows}))) == (
        {"BBB": D(-2)}, {},
    )  # fmt: skip


def test_no_digit_of_a_sum_is_lost() -> None:
    """30 digits, as an amount may have; 28 are what decimals keep by themselves."""
    large, fine = "99999999999999999", "0.0000000000001"
    both = f"{large}{fine[1:]}"
    first = Entry(2, "cash", ONE, {"amount": large})
    assert held(first, Entry(3, "cash", TWO, {"amount": fine}))[0] == D(both)
    rows = [{"symbol": "AAA", "quantity": both}]
    stated = Entry(2, "holdings", ONE, {"positions": rows, "cash": both})
    assert undoing((CREATE, stated)) == ({"AAA": D(f"-{both}")}, {"USD": D(f"-{both}")})
