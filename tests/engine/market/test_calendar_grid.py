"""Weekdays, weekend moves, and the day as of which a universe is looked at."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hand_made import instrument_frame, make_grid, price_frame, walk, weekday_index
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import EmptyUniverse, InputError
from engine.core.frames import empty_prices
from engine.market.calendar import last_weekday, weekdays
from engine.market.grid import build_grid, default_as_of
from engine.market.panel import build_panel
from engine.params import DataParams, PanelParams, Params

SMALL = PanelParams(lookback=20, min_history=10)
DAYS = st.dates(dt.date(1999, 1, 1), dt.date(2030, 1, 1))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@given(DAYS, st.integers(0, 40))
def test_weekdays_are_those_of_the_calendar(first: dt.date, length: int) -> None:
    last = first + dt.timedelta(days=length)
    wanted = [d for i in range(length + 1) if (d := first + dt.timedelta(days=i)).isoweekday() <= 5]
    assert weekdays(first, last).astype(object).tolist() == wanted


@given(DAYS)
def test_last_weekday(d: dt.date) -> None:
    found = last_weekday(d)
    assert found.isoweekday() <= 5
    assert 0 <= (d - found).days <= 2
    assert (found == d) == (d.isoweekday() <= 5)


def test_weekend_rows_are_dropped_and_their_move_is_mondays() -> None:
    days = pd.date_range("2024-01-03", "2024-01-09")  # Wednesday to Tuesday
    closes = pd.DataFrame({"BTC": [100.0, 110, 121, 200, 150, 133.1, 146.41]}, index=days)
    table = instrument_frame(BTC={"asset_class": "crypto"})
    grid = build_grid(price_frame(closes), table)
    wanted = ["2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09"]
    assert grid.days.astype(str).tolist() == wanted
    assert grid.close[:, 0].tolist() == [100, 110, 121, 133.1, 146.41]
    steps = grid.close[1:, 0] / grid.close[:-1, 0] - 1
    assert steps == pytest.approx([0.1, 0.1, 0.1, 0.1])  # Friday 121 to Monday 133.1


def test_the_weekend_move_reaches_the_panel() -> None:
    days = pd.date_range("2024-01-01", periods=35)
    closes = pd.DataFrame({"BTC": walk(1, 35, 0.03), "ETH": walk(2, 35, 0.03)}, index=days)
    grid = build_grid(price_frame(closes), instrument_frame(BTC={}, ETH={}))
    panel = build_panel(grid, DataParams(), SMALL)
    monday = panel.days.tolist().index(day("2024-01-29"))
    wanted = closes["BTC"]["2024-01-29"] / closes["BTC"]["2024-01-26"] - 1
    assert panel.returns[monday, 0] == pytest.approx(wanted, rel=1e-14)


def test_grid_keeps_order_holes_and_instruments_without_prices() -> None:
    grid = make_grid({"B": np.array([1.0, np.nan, 3]), "A": np.array([4.0, 5, 6])}, C={})
    assert grid.symbols == ("A", "B", "C")
    assert grid.instruments["symbol"].tolist() == ["A", "B", "C"]
    np.testing.assert_array_equal(grid.close[:, 1], [1, np.nan, 3])
    assert np.isnan(grid.close[:, 2]).all()
    assert np.isnan(grid.adjusted).all()
    with pytest.raises(ValueError, match="read-only"):
        grid.close[0, 0] = 1


def test_holidays_of_all_stay_in_the_calendar_as_missing() -> None:
    closes = pd.DataFrame({"A": [1.0, 2.0]}, index=pd.to_datetime(["2024-01-05", "2024-01-10"]))
    grid = build_grid(price_frame(closes), instrument_frame(A={}))
    assert grid.days.size == 4
    np.testing.assert_array_equal(grid.close[:, 0], [1, np.nan, np.nan, 2])


def test_a_price_that_no_instrument_describes_is_refused() -> None:
    closes = pd.DataFrame({"A": [1.0], "STRAY": [2.0]}, index=weekday_index(1))
    with pytest.raises(InputError, match="STRAY"):
        build_grid(price_frame(closes), instrument_frame(A={}))


def test_nothing_on_weekdays_is_said() -> None:
    weekend = pd.DataFrame({"A": [1.0, 2.0]}, index=pd.to_datetime(["2024-01-06", "2024-01-07"]))
    for prices in (price_frame(weekend), empty_prices()):
        with pytest.raises(EmptyUniverse, match="ingest prices"):
            build_grid(prices, instrument_frame(A={}))


@given(st.integers(-5, 12))
def test_until_holds_nothing_later(offset: int) -> None:
    grid = make_grid({"A": np.arange(1.0, 6)})
    as_of = day("2024-01-01") + dt.timedelta(days=offset)
    if offset < 0:
        with pytest.raises(InputError, match="2024-01-01"):
            grid.until(as_of)
        return
    past = grid.until(as_of)
    assert past.days[-1] <= np.datetime64(as_of, "D")
    assert past.close[:, 0].tolist() == list(range(1, 1 + min(offset + 1, 5)))
    assert len(past.adjusted) == len(past.close)


# Closes per symbol over ten weekdays from Monday 2024-01-01, x is a close.
CASES = {
    "all trade to the end": ({"A": "xxxxxxxxxx", "B": "xxxxxxxxxx"}, {}, "2024-01-12"),
    "a class ends early": (
        {"A": "xxxxxxxxxx", "E": "xxxxxx...."}, {"E": {"asset_class": "fx"}}, "2024-01-08",
    ),
    "half is enough": ({"A": "xxxxxxxxxx", "B": "xxxxxxxxx."}, {}, "2024-01-12"),
    "under half is not": (
        {"A": "xxxxxxxxxx", "B": "xxxxxxxxx.", "C": "xxxxxxxxx."}, {}, "2024-01-11",
    ),
    "half in every class": (
        {"A": "xxxxxxxxxx", "B": "xxxxxxxxxx", "E": "xxxxxxxx..", "F": "xxxxxxx.x."},
        {"E": {"asset_class": "fx"}, "F": {"asset_class": "fx"}}, "2024-01-11",
    ),
    "a holiday of one class": (
        {"A": "xxxxxxxxx.", "E": "xxxxxxxx.x"}, {"E": {"asset_class": "fx"}}, "2024-01-10",
    ),
    "ended ones do not count": (
        {"A": "xxxxxxxxxx", "B": "xxxxx.....", "C": "xxxx......"}, {}, "2024-01-12",
    ),
    "the benchmark does not count": (
        {"A": "xxxxxxxxxx", "I": "xxxx......"},
        {"I": {"asset_class": "index", "role": "benchmark"}}, "2024-01-12",
    ),
    "one without a price does not count": ({"A": "xxxxxxxxxx"}, {"Z": {}, "Y": {}}, "2024-01-12"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_default_as_of(name: str) -> None:
    pattern, described, wanted = CASES[name]
    closes = {s: np.where(np.array(list(p)) == "x", 1.0, np.nan) for s, p in pattern.items()}
    assert default_as_of(make_grid(closes, **described), max_gap=4) == day(wanted)


def test_one_that_may_come_back_still_counts() -> None:
    """A last close exactly `max_gap` weekdays ago is not ended; one more and it is."""
    pattern = {"A": "xxxxxxxxxx", "B": "xxxxxx....", "C": "xxxxxx...."}
    closes = {s: np.where(np.array(list(p)) == "x", 1.0, np.nan) for s, p in pattern.items()}
    assert default_as_of(make_grid(closes), max_gap=4) == day("2024-01-08")
    assert default_as_of(make_grid(closes), max_gap=3) == day("2024-01-12")


def test_no_common_day_is_said_with_the_ends() -> None:
    closes = {"A": np.array([1.0, np.nan, np.nan]), "E": np.array([np.nan, 1.0, 1.0])}
    grid = make_grid(closes, E={"asset_class": "fx"})
    with pytest.raises(EmptyUniverse, match=r"equity to 2024-01-01, fx to 2024-01-03"):
        default_as_of(grid, 10)
    only_benchmark = make_grid({"I": np.ones(3)}, I={"role": "benchmark"})
    with pytest.raises(EmptyUniverse, match="no prices at all"):
        default_as_of(only_benchmark, 10)


def test_the_panel_takes_the_default() -> None:
    closes = {"A": walk(1, 60), "E": walk(2, 60)}
    closes["E"][-4:] = np.nan
    grid = make_grid(closes, E={"asset_class": "fx"})
    panel = build_panel(grid, Params().data, SMALL)
    assert panel.as_of == day("2024-03-18")
    assert panel.days[-1] == np.datetime64("2024-03-18")
