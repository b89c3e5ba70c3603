"""Corporate actions: what becomes of units, and the money that comes along."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal as D
from typing import Any

import pytest

from engine.core.errors import InputError
from engine.trading.entries import ENTRIES
from engine.trading.entry import Known
from engine.trading.money import DayRates
from engine.trading.state import held_at, renamed, state_at, value_at, without_flows
from engine.trading.tradable import Tradable

DAY = [dt.date(2024, 1, d) for d in range(1, 11)]
TRADABLES = {s: Tradable(s, s, "equity") for s in ("AAA", "BBB", "CCC")} | {
    "EURUSD": Tradable("EURUSD", "EUR", "fx"),
    "SPX": Tradable("SPX", "SPX", "index", "", "bench"),
}
RATES = DayRates("USD", load=lambda: {"EUR": D("1.1")})


@dataclass(frozen=True)
class Entry:
    seq: int
    kind: str
    effective_date: dt.date
    payload: dict[str, Any] = field(default_factory=dict)
    portfolio: str = "main"
    hash: str = "h"


CREATE = Entry(1, "create", DAY[0], {"universe": "own", "base_currency": "USD"})
STATED = Entry(
    2, "holdings", DAY[1],
    {"positions": [{"symbol": "AAA", "quantity": "101", "notional": False},
                   {"symbol": "BBB", "quantity": "7"}], "cash": "50"},
)  # fmt: skip


def book(kind: str, given: dict[str, Any], day: int = 4) -> tuple[Entry, ...]:
    """The ledger with an entry of a kind, built as the desk builds it, and checked."""
    before = (CREATE, STATED)
    known = Known(
        "own", "USD", TRADABLES, lambda: ("AAA", "BBB"), RATES, DAY[day],
        lambda on: held_at(before, on - dt.timedelta(days=1)),
    )  # fmt: skip
    payload = ENTRIES[kind].payload(given, known)
    entries = (*before, Entry(3, kind, DAY[day], payload))
    check = ENTRIES[kind].check
    assert check is not None
    check(entries, held_at)
    return entries


def after(kind: str, given: dict[str, Any]) -> tuple[dict[str, D], dict[str, D]]:
    state = state_at(book(kind, given), DAY[5])
    return state.quantities, state.cash_by_currency


def test_a_spin_off_adds_units_of_another() -> None:
    given = {"symbol": "AAA", "becomes": "CCC", "ratio": "1:4"}
    assert after("spin_off", given)[0] == {"AAA": 101, "BBB": 7, "CCC": D("25.25")}
    paid = given | {"cash": "3.10", "currency": "EUR"}
    units, cash = after("spin_off", paid)
    assert units["CCC"] == 25  # whole, as fractions are paid out
    assert cash == {"USD": 50, "EUR": D("3.1")}
    words = ENTRIES["spin_off"].words(book("spin_off", paid)[-1].payload)
    assert words == "AAA to CCC 1:4 and 3.1 EUR"


def test_a_new_name_keeps_units_and_weights() -> None:
    entries = book("rename", {"symbol": "AAA", "becomes": "CCC"})
    assert held_at(entries, DAY[3]) == {"AAA": 101, "BBB": 7}
    assert held_at(entries, DAY[4]) == {"BBB": 7, "CCC": 101}
    was = {"AAA": 0.7, "BBB": 0.2, "CASH": 0.1}
    assert renamed(was, entries, DAY[1], DAY[4]) == {"BBB": 0.2, "CASH": 0.1, "CCC": 0.7}
    assert renamed(was, entries, DAY[4], DAY[9]) == was  # it was so by then
    assert renamed(was, entries, DAY[1], DAY[3]) == was  # not yet
    assert renamed(was | {"CCC": 0.1}, entries, DAY[1], DAY[4])["CCC"] == pytest.approx(0.8)
    assert without_flows(entries, DAY[1], DAY[9], {}) is None


def test_a_merger_for_units_for_cash_and_for_both() -> None:
    units = {"symbol": "AAA", "becomes": "CCC", "ratio": "1:2"}
    assert after("merger", units)[0] == {"BBB": 7, "CCC": D("50.5")}
    cash = {"symbol": "AAA", "per_unit": "12.345"}
    assert after("merger", cash) == ({"BBB": 7}, {"USD": 50 + D("1246.84")})  # 101 · 12.345
    payload = book("merger", cash)[-1].payload
    assert (payload["of_units"], payload["of_unit"]) == ("101", "12.345")
    both = units | {"amount": "9", "currency": "EUR"}
    assert after("merger", both) == ({"BBB": 7, "CCC": D("50.5")}, {"USD": 50, "EUR": 9})
    for given, told in (
        ({"becomes": "CCC"}, "needs its ratio"), ({"ratio": "2"}, "needs its ratio"),
        ({}, "What comes for it"), ({"amount": "1", "per_unit": "2"}, "leave one out"),
        ({"amount": "-1"}, "not below 0"), ({"becomes": "AAA", "ratio": "1"}, "becomes itself"),
        ({"becomes": "XYZ", "ratio": "1"}, "not in own"),
        ({"becomes": "SPX", "ratio": "1"}, "is a bench"),
        ({"becomes": "CCC", "ratio": "0"}, "has the ratio"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=told):
            after("merger", {"symbol": "AAA"} | given)


def test_a_delisting_takes_what_it_brought() -> None:
    assert after("delisting", {"symbol": "AAA", "amount": "0"}) == ({"BBB": 7}, {"USD": 50})
    assert after("delisting", {"symbol": "AAA", "per_unit": "0.1"})[1] == {"USD": 50 + D("10.1")}
    with pytest.raises(InputError, match="What did it bring"):
        after("delisting", {"symbol": "AAA"})


def test_a_split_with_cash_for_fractions_leaves_whole_units() -> None:
    units, cash = after("split", {"symbol": "AAA", "ratio": "3:2", "cash": "4.5"})
    assert (units["AAA"], cash) == (151, {"USD": D("54.5")})
    assert after("split", {"symbol": "AAA", "ratio": "3:2"})[0]["AAA"] == D("151.5")
    with pytest.raises(InputError, match="must be above 0"):
        after("split", {"symbol": "AAA", "ratio": "3:2", "cash": "-1"})


@pytest.mark.parametrize("kind", ["split", "spin_off", "rename", "merger", "delisting"])
def test_what_is_not_held_as_the_day_begins_is_refused(kind: str) -> None:
    given = {"split": {"ratio": "2"}, "spin_off": {"becomes": "AAA", "ratio": "1"},
             "rename": {"becomes": "AAA"}, "merger": {"amount": "1"},
             "delisting": {"amount": "1"}}[kind]  # fmt: skip
    with pytest.raises(InputError, match=r"CCC is not held in main before 2024-01-05"):
        book(kind, {"symbol": "CCC"} | given)
    with pytest.raises(InputError, match=r"AAA is not held in main before 2024-01-02"):
        book(
            kind,
            {"symbol": "AAA"} | given | ({"becomes": "CCC"} if "becomes" in given else {}),
            day=1,
        )


def test_flows_count_after_the_day_they_are_measured_from_until_the_day_itself() -> None:
    prices = {"AAA": D(1), "BBB": D(1)}
    flow = Entry(3, "cash", DAY[4], {"amount": "1000"})
    entries = (CREATE, STATED, flow)
    assert without_flows(entries, DAY[4], DAY[9], prices) is None  # in what is measured from
    assert without_flows(entries, DAY[3], DAY[3], prices) is None  # not yet
    found = without_flows(entries, DAY[3], DAY[4], prices)
    assert found is not None
    assert found.value == value_at(state_at(entries, DAY[4]), prices).value - 1000
