"""Who makes up the market basket, and that neither filters, quoting nor the future change it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hand_made import (
    FRANKFURT,
    MONDAY,
    fx,
    instrument_frame,
    make_grid,
    price_frame,
    walk,
    weekday_index,
)
from packaged_db import packaged_grid

from engine.core.errors import InputError
from engine.market.basket import LARGEST, basket_drawdown, market_basket
from engine.market.grid import Grid, build_grid

GAP = 10


def shares(n: int, size: int = 60) -> dict[str, np.ndarray]:
    return {f"S{i:02d}": walk(i, size) for i in range(n)}


def late(values: np.ndarray, start: int) -> np.ndarray:
    out = values.copy()
    out[:start] = np.nan
    return out


def test_the_packaged_basket_is_the_twenty_shares() -> None:
    grid = packaged_grid()
    basket, table = market_basket(grid, (), GAP), grid.instruments
    wanted = table[(table["asset_class"] == "equity") & (table["sector"] != "Equity factor")]
    assert sorted(basket.symbols) == sorted(wanted["symbol"])
    assert len(basket.symbols) == 20
    assert basket.reason == "All 20 single shares of the universe."


def test_benchmarks_funds_and_other_classes_stay_out() -> None:
    closes = shares(3) | {"FUND": walk(8, 60), "INDEX": walk(9, 60), "BTC": walk(10, 60)}
    grid = make_grid(
        closes,
        FUND={"sector": "Equity factor"},
        INDEX={"role": "benchmark"},
        BTC={"asset_class": "crypto"},
    )
    assert market_basket(grid, (), GAP).symbols == ("S00", "S01", "S02")


def test_the_forty_with_the_earliest_first_close_ties_by_symbol() -> None:
    closes = shares(LARGEST + 3)
    for symbol in ("S00", "S01"):
        closes[symbol] = late(closes[symbol], 5)
    closes["S02"] = late(closes["S02"], 4)
    basket = market_basket(make_grid(closes), (), GAP)
    assert basket.symbols == tuple(f"S{i:02d}" for i in range(3, LARGEST + 3))
    assert "the 40 with the longest history of 43" in basket.reason.lower()
    # One seat more goes to the next by first close.
    del closes["S10"]
    assert market_basket(make_grid(closes), (), GAP).symbols[-1] == "S02"


def test_without_two_shares_all_assets_serve_and_it_is_said() -> None:
    grid = make_grid(
        {"ONE": walk(1, 60), "BTC": walk(2, 60), "USDJPY": walk(3, 60), "INDEX": walk(4, 60)},
        BTC={"asset_class": "crypto"},
        USDJPY=fx(),
        INDEX={"role": "benchmark", "asset_class": "index"},
    )
    basket = market_basket(grid, (), GAP)
    assert sorted(basket.symbols) == ["BTC", "ONE", "USDJPY"]
    assert "1 single share." in basket.reason


def test_chosen_symbols_are_taken_as_they_are() -> None:
    grid = make_grid(shares(4) | {"INDEX": walk(9, 60)}, INDEX={"role": "benchmark"})
    basket = market_basket(grid, ("S03", "INDEX", "S03"), GAP)
    assert basket.symbols == ("S03", "INDEX")
    assert "2 instruments named" in basket.reason
    with pytest.raises(InputError, match=r"names NOPE, NIX, which this universe does not hold"):
        market_basket(grid, ("S00", "NOPE", "NIX"), GAP)


def test_returns_by_hand_with_holes() -> None:
    closes = {"A": np.array([100.0, 110, np.nan, 99, 99]), "B": np.array([1.0, 2, 1, 2, 1])}
    basket = market_basket(make_grid(closes), (), 1)
    wanted = [[np.nan, np.nan], [0.1, 1], [np.nan, -0.5], [-0.1, 1], [0, -0.5]]
    assert basket.returns == pytest.approx(np.array(wanted), nan_ok=True)
    # With no session allowed to be missing the hole ends the life: no return spans it.
    closes["C"] = np.array([1.0, np.nan, np.nan, 5, 10])
    basket = market_basket(make_grid(closes), (), 1)
    assert basket.returns[:, 2] == pytest.approx([np.nan] * 4 + [1.0], nan_ok=True)
    assert not basket.returns.flags.writeable


def test_adjusted_closes_count_return_by_return() -> None:
    index = weekday_index(4)
    closes = pd.DataFrame({"A": [100.0, 100, 50, 50], "B": [1.0, 1, 1, 1]}, index=index)
    adjusted = pd.DataFrame({"A": [50.0, 50, 50, np.nan], "B": np.nan}, index=index)
    grid = build_grid(price_frame(closes, adjusted), instrument_frame(A={}, B={}))
    basket = market_basket(grid, (), GAP)
    # The split of day 2 is no loss; the last close is not adjusted yet and meets the traded one.
    assert basket.returns[1:, 0] == pytest.approx([0.0, 0.0, 0.0])


def test_quoting_a_currency_the_other_way_round_changes_nothing() -> None:
    rates = {"EUR": walk(1, 80, start=1.1), "JPY": walk(2, 80, start=0.01), "CHF": walk(3, 80)}
    there = make_grid(
        {"EURUSD": rates["EUR"], "JPYUSD": rates["JPY"], "CHFUSD": rates["CHF"]},
        EURUSD=fx(), JPYUSD=fx(), CHFUSD=fx(),
    )  # fmt: skip
    back = make_grid(
        {"USDEUR": 1 / rates["EUR"], "USDJPY": 1 / rates["JPY"], "CHFUSD": rates["CHF"]},
        USDEUR=fx(), USDJPY=fx(), CHFUSD={"asset_class": "fx", "fixing": FRANKFURT},
    )  # fmt: skip
    a, b = (market_basket(grid, (), GAP) for grid in (there, back))
    assert a.returns == pytest.approx(b.returns, abs=1e-12, nan_ok=True)
    assert np.isfinite(a.returns[1:]).all()


@pytest.mark.parametrize("turned", [False, True])
def test_a_pair_with_adjusted_closes_is_turned_as_a_whole(turned: bool) -> None:
    index = weekday_index(3)
    yen = np.array([0.01, 0.011, 0.0099])  # dollars: +10 %, −10 %
    closes = pd.DataFrame({"A": [1.0, 2, 1], "FX": 1 / yen if turned else yen}, index=index)
    symbol = "USDJPY" if turned else "JPYUSD"
    frame = closes.rename(columns={"FX": symbol})
    grid = build_grid(price_frame(frame, frame), instrument_frame(A={}, **{symbol: fx()}))
    basket = market_basket(grid, ("A", symbol), GAP)
    assert basket.returns[1:] == pytest.approx(np.array([[1.0, 0.1], [-0.5, -0.1]]))


def test_how_its_currency_is_quoted_changes_nothing_for_a_share() -> None:
    """A share counts in its own currency; only a pair is ever turned, whatever its name."""
    rate, own, other = walk(1, 60, start=1.1), walk(2, 60), walk(3, 60)
    described = {"OWN": {"currency": "EUR"}, "USDCHF": {"currency": "EUR"}}
    there = make_grid({"OWN": own, "USDCHF": other, "EURUSD": rate}, EURUSD=fx(), **described)
    back = make_grid({"OWN": own, "USDCHF": other, "USDEUR": 1 / rate}, USDEUR=fx(), **described)
    wanted = np.column_stack([own[1:] / own[:-1], other[1:] / other[:-1]]) - 1
    for grid in (there, back):
        basket = market_basket(grid, (), GAP)
        assert basket.symbols == ("OWN", "USDCHF")
        assert basket.returns[1:] == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("turned", [False, True])
def test_how_a_pair_is_quoted_wins_it_no_seat(turned: bool) -> None:
    """All enter on one day; the last seat goes by name, and K is before USD/JPY either way."""
    closes = {f"A{i:02d}": walk(i, 30) for i in range(LARGEST - 1)} | {"K": walk(98, 30)}
    symbol = "JPYUSD" if turned else "USDJPY"
    coins = {name: {"asset_class": "crypto"} for name in closes}
    grid = make_grid(closes | {symbol: walk(99, 30)}, **{symbol: fx()}, **coins)
    assert market_basket(grid, (), GAP).symbols[-1] == "K"


def entering(n: int) -> Grid:
    """More shares than seats, which enter one by one; some end, some pause."""
    rng = np.random.default_rng(5)
    closes = {}
    for i in range(n):
        values = late(walk(i, 200), int(rng.integers(0, 150)) if i > 2 else 0)
        if i % 7 == 0:
            values[150 + i :] = np.nan
        if i % 5 == 0:
            values[120:140] = np.nan
        closes[f"S{i:02d}"] = values
    return make_grid(closes, start=MONDAY)


@pytest.mark.parametrize("row", [20, 90, 130, 160, 199])
def test_the_list_of_a_day_begins_the_list_of_every_later_day(row: int) -> None:
    """No look-ahead, and no name that comes and goes."""
    grid = entering(LARGEST + 12)
    whole = market_basket(grid, (), GAP)
    part = market_basket(grid.until(grid.days[row].astype(object)), (), GAP)
    n = len(part.symbols)
    assert part.symbols == whole.symbols[:n]
    assert np.array_equal(part.returns, whole.returns[: row + 1, :n], equal_nan=True)
    assert np.isnan(whole.returns[: row + 1, n:]).all()


def test_drawdown_by_hand() -> None:
    closes = {"A": [100.0, 110, np.nan, 55, 110], "B": [100.0, 90, 72, 72, 72]}
    grid = make_grid({name: np.array(values) for name, values in closes.items()})
    # Mean returns 0, −20 %, −25 %, +50 %: index 1, 1, 0.8, 0.6, 0.9.
    wanted = [0, 0, -0.2, -0.4, -0.1]
    assert basket_drawdown(market_basket(grid, (), GAP)) == pytest.approx(wanted)
