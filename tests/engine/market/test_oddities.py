"""What looks wrong is said, of the right symbol and day; and quiet data say nothing."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hand_made import fx, instrument_frame, price_frame, weekday_index
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.market.oddities import Oddity, OddKind, oddities
from engine.market.quality import validate
from engine.sources.files import RawPrices

N = 300
DAYS = weekday_index(N)
SYMBOLS = tuple("ABCDEFGH")


def market(seed: int = 1, symbols: tuple[str, ...] = SYMBOLS, days: int = N) -> pd.DataFrame:
    """Closes that move with a common factor."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 0.008, (days, 1))
    own = rng.normal(0, 0.01, (days, len(symbols)))
    closes = 100 * np.exp((common + own).cumsum(axis=0))
    return pd.DataFrame(closes, index=weekday_index(days), columns=list(symbols))


def found(closes: pd.DataFrame, adjusted: pd.DataFrame | None = None,
          **described: dict[str, str]) -> list[Oddity]:  # fmt: skip
    table = instrument_frame(**{s: described.get(s, {}) for s in closes})
    return list(oddities(price_frame(closes, adjusted), table))


def keys(odd: list[Oddity]) -> set[tuple[str, str, dt.date | None]]:
    return {(o.kind.value, o.symbol, o.date) for o in odd}


DAY = DAYS[200].date()


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_a_quiet_market_is_not_odd(seed: int) -> None:
    assert found(market(seed)) == []


@pytest.mark.parametrize("factor", [100.0, 0.01, 1000.0])
def test_a_change_of_unit(factor: float) -> None:
    closes = market()
    closes.loc[DAYS[200] :, "C"] *= factor
    assert keys(found(closes)) == {("unit", "C", DAY)}


@pytest.mark.parametrize("factor", [0.5, 2.0, 0.1, 1 / 3, 20.0])
def test_a_split_that_the_closes_do_not_make_up_for(factor: float) -> None:
    closes = market()
    closes.loc[DAYS[200] :, "C"] *= factor
    closes.loc[DAYS[200], "C"] = closes.loc[DAYS[199], "C"] * factor
    assert keys(found(closes)) == {("split", "C", DAY)}
    # With adjusted closes that know of it there is nothing to say; a coin is never split.
    assert found(closes, market()) == []
    assert "split" not in {k for k, *_ in keys(found(closes, C={"asset_class": "crypto"}))}


@pytest.mark.parametrize("factor", [100.0, 1.4, 0.6])
def test_a_bad_price_and_back(factor: float) -> None:
    closes = market()
    closes.loc[DAYS[200], "C"] *= factor
    assert keys(found(closes)) == {("tick", "C", DAY)}
    assert "and back the next day" in found(closes)[0].what


def test_a_move_beyond_all_others_and_a_crash_of_all() -> None:
    closes = market()
    closes.loc[DAYS[200] :, "C"] *= 0.6
    assert keys(found(closes)) == {("move", "C", DAY)}
    closes = market()
    closes.loc[DAYS[200] :] *= 0.6
    assert found(closes) == []


def test_runs_of_equal_closes() -> None:
    closes = market()
    closes.loc[DAYS[-10] :, "A"] = closes.loc[DAYS[-10], "A"]
    closes.loc[: DAYS[9], "B"] = closes.loc[DAYS[9], "B"]
    closes.loc[DAYS[50] : DAYS[61], "C"] = closes.loc[DAYS[50], "C"]
    closes.loc[DAYS[-9] :, "D"] = closes.loc[DAYS[-9], "D"]  # one short of a run
    odd = found(closes)
    assert keys(odd) == {
        ("dead tail", "A", DAYS[-10].date()), ("back-fill", "B", DAYS[0].date()),
        ("unchanged", "C", DAYS[50].date()),
    }  # fmt: skip
    assert odd[0].words() == (
        f"A, {DAYS[-10].date()}: dead tail: 10 closes of {closes['A'].iloc[-1]:.6g} in a row, to "
        f"{DAYS[-1].date()}."
    )
    traded = price_frame(closes).assign(volume=5.0)
    assert oddities(traded, instrument_frame(**{s: {} for s in closes})) == ()


def test_a_hole() -> None:
    closes = market()
    closes.loc[DAYS[100] : DAYS[140], "C"] = np.nan
    (odd,) = found(closes)
    assert (odd.kind, odd.symbol, odd.date) == (OddKind.HOLE, "C", DAYS[141].date())
    assert f"no close since {DAYS[99].date()}" in odd.what


def test_closes_on_weekends() -> None:
    every = market()
    every.index = pd.date_range("2024-01-01", periods=N)
    kinds = {k for k, *_ in keys(found(every))}
    assert kinds == {"weekend"}
    coins = {s: {"asset_class": "crypto"} for s in SYMBOLS}
    assert found(every, **coins) == []


def test_returns_instead_of_prices() -> None:
    returns = market().pct_change().dropna()
    raw = RawPrices.of(price_frame(returns), "x")
    prices, rejects = validate(raw, set(SYMBOLS), dt.date(2026, 1, 1))
    odd = oddities(prices, instrument_frame(**{s: {} for s in SYMBOLS}), rejects)
    assert {(o.kind.value, o.symbol) for o in odd} == {("returns", s) for s in SYMBOLS}


@pytest.mark.parametrize("by", [1, -1])
def test_a_shift_in_time(by: int) -> None:
    """As where a zone moved its bars to the day before."""
    closes = market(3)
    rng = np.random.default_rng(5)
    common = np.log(closes).diff().mean(axis=1).fillna(0)
    closes["C"] = 100 * np.exp((common.shift(by).fillna(0) + rng.normal(0, 0.002, N)).cumsum())
    assert {(k, s) for k, s, _ in keys(found(closes))} == {("time shift", "C")}


def test_twins_pegs_and_a_day_that_all_lack() -> None:
    closes = market(days=900)
    closes["G"] = closes["A"] * 3
    assert {(k, s) for k, s, _ in keys(found(closes))} == {("twins", "A")}
    pairs = {s: fx() for s in SYMBOLS}
    closes = market(days=900)
    closes["H"] = 100 + (closes["H"] - 100) * 0.01
    assert {(k, s) for k, s, _ in keys(found(closes, **pairs))} == {("hardly moves", "H")}
    closes = market(days=900, symbols=tuple("ABCDEFGHIJKL"))
    shares = closes.columns[:6]
    closes.loc[closes.index[500], shares] = np.nan
    others = {s: {"asset_class": "etf"} for s in closes.columns[6:]}
    assert keys(found(closes, **others)) == {
        ("missing day", "equity", closes.index[500].date())
    }  # fmt: skip


def test_nothing_of_nothing() -> None:
    assert oddities(price_frame(market().iloc[:0]), instrument_frame(A={})) == ()
