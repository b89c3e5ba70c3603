"""FX sentiment: values from any pairs, strengths, appetite and the multiplier."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import pytest
from hand_made import fx, make_grid
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics.sentiment import RISKY, SAFE, sentiment, trend_strengths
from engine.core.errors import InputError
from engine.market.g8 import G8, g8_values
from engine.market.grid import Grid, build_grid
from engine.sources.packaged import packaged

SIZE = 700


def currency_walks(seed: int, size: int = SIZE) -> np.ndarray:
    """size×8 log values in the order of G8; USD is the unit."""
    out = np.cumsum(np.random.default_rng(seed).normal(0, 0.006, (size, len(G8))), axis=0)
    return out - out[:, :1]


def pairs_grid(values: np.ndarray, *pairs: str) -> Grid:
    """A universe of pairs; XXXYYY is the value of XXX in YYY."""
    log = dict(zip(G8, values.T, strict=True))
    closes = {pair: np.exp(log[pair[:3]] - log[pair[3:]]) for pair in pairs}
    return make_grid(closes, **{pair: fx() for pair in pairs})


TO_DOLLAR = tuple(f"{code}USD" for code in G8[1:])
TO_EURO = tuple(f"EUR{code}" for code in G8 if code != "EUR")


def last_day(days: np.ndarray) -> dt.date:
    return days[-1].astype(object)


def run(grid: Grid, kappa: float = 1.0, as_of: dt.date | None = None):
    days, codes, values = g8_values(grid)
    return sentiment(values, codes, days, kappa, as_of or last_day(days))


# Values


@pytest.mark.parametrize(
    "pairs",
    [
        TO_DOLLAR,
        TO_EURO,
        tuple(f"USD{code}" for code in G8[1:]),
        ("EURUSD", "USDJPY", "GBPUSD", "EURCHF", "AUDJPY", "AUDNZD", "NZDCAD"),
        tuple(a + b for a, b in itertools.combinations(G8, 2)),
    ],
)
def test_values_are_found_from_any_spanning_set_of_pairs(pairs: tuple[str, ...]) -> None:
    wanted = currency_walks(1, 50)
    _, codes, values = g8_values(pairs_grid(wanted, *pairs))
    assert codes == G8
    assert values == pytest.approx(wanted, abs=1e-12)


def test_a_hub_outside_the_g8_links_and_a_dead_end_does_not_disturb() -> None:
    walks = currency_walks(2, 40)
    log = dict(zip(G8, walks.T, strict=True))
    closes = {f"{code}SGD": np.exp(log[code] + 0.3) for code in ("USD", "JPY", "AUD")}
    closes["USDTHB"] = np.full(40, 33.0)
    grid = make_grid(closes, **{pair: fx() for pair in closes})
    _, codes, values = g8_values(grid)
    assert codes == ("USD", "JPY", "AUD")
    assert values == pytest.approx(walks[:, [0, 2, 5]], abs=1e-12)


def test_what_is_not_linked_on_a_day_is_unknown_that_day() -> None:
    walks = currency_walks(3, 30)
    grid = pairs_grid(walks, *TO_DOLLAR)
    close = grid.close.copy()
    close[5, grid.symbols.index("JPYUSD")] = np.nan
    close[6] = np.nan
    holey = Grid(grid.days, grid.symbols, grid.instruments, close, grid.adjusted)
    _, codes, values = g8_values(holey)
    known = np.isfinite(values)
    assert known[5].tolist() == [code != "JPY" for code in codes]
    assert not known[6].any()
    assert known.sum() == 30 * 8 - 9


def test_shares_and_benchmarks_are_no_currencies() -> None:
    grid = make_grid({"AUDUSD": np.ones(5), "AUDJPY": np.ones(5)}, AUDJPY=fx(role="benchmark"))
    _, codes, values = g8_values(grid)
    assert codes == ()
    assert values.shape == (5, 0)
    told = run(grid)
    assert told.multiplier == 1.0
    assert "no rate for AUD, NZD, CAD, JPY, CHF, USD" in told.reason


# Strengths


def test_strength_of_a_pure_trend_by_hand() -> None:
    """AUD gains g a day against all others, which stand still but for dust."""
    rng = np.random.default_rng(4)
    values = 1e-6 * np.cumsum(rng.normal(size=(200, 3)), axis=0)
    values[:, 2] += 0.001 * np.arange(200)
    last = trend_strengths(values)[-1]
    # Change h·g over a daily volatility of g times √h: the mean of √21, √63 and √126.
    wanted = np.mean(np.sqrt([21, 63, 126]))
    assert last[2] == pytest.approx(wanted, rel=1e-2)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.integers(0, 10_000))
def test_strengths_sum_to_zero_and_know_no_unit(seed: int, shift: int) -> None:
    values = currency_walks(seed, 200)
    strength = trend_strengths(values)
    assert np.isnan(strength[:126]).all()
    assert strength[126:].sum(axis=1) == pytest.approx(np.zeros(74), abs=1e-10)
    unit = np.random.default_rng(shift).normal(size=(200, 1))
    assert trend_strengths(values + unit) == pytest.approx(strength, abs=1e-8, nan_ok=True)
    assert trend_strengths(-values) == pytest.approx(-strength, abs=1e-10, nan_ok=True)


# Multiplier


def test_z_and_multiplier_by_definition() -> None:
    walks = currency_walks(5)
    told = run(pairs_grid(walks, *TO_DOLLAR))
    strength = trend_strengths(walks)
    risky = strength[:, [G8.index(c) for c in RISKY]].mean(axis=1)
    safe = strength[:, [G8.index(c) for c in SAFE]].mean(axis=1)
    appetite = risky - safe
    past = appetite[126:-1]
    assert told.appetite == pytest.approx(appetite[-1], abs=1e-9)
    assert told.z == pytest.approx((appetite[-1] - past.mean()) / past.std(), abs=1e-9)
    assert told.multiplier == pytest.approx(1 - 0.5 * max(0, np.tanh(-told.z)), abs=1e-12)
    assert told.strengths == pytest.approx(dict(zip(G8, strength[-1], strict=True)), abs=1e-9)
    assert told.history.s[-1] == told.z
    assert told.history.m[-1] == told.multiplier


def test_the_multiplier_over_all_days() -> None:
    grid = pairs_grid(currency_walks(6), *TO_DOLLAR)
    history = run(grid).history
    known = np.isfinite(history.s)
    assert np.flatnonzero(known)[0] == 126 + 252
    assert (history.m[~known] == 1.0).all()
    assert (history.m[history.s >= 0] == 1.0).all()
    fear = history.s < 0
    assert fear.sum() > 20
    assert ((history.m[fear] < 1.0) & (history.m[fear] >= 0.5)).all()
    half = run(grid, 0.5).history.m
    assert 1 - half == pytest.approx((1 - history.m) / 2, abs=1e-12)


def test_kappa_zero_is_the_identity() -> None:
    told = run(pairs_grid(currency_walks(6), *TO_DOLLAR), 0.0)
    assert told.multiplier == 1.0
    assert (told.history.m == 1.0).all()
    assert np.isfinite(told.z)
    for kappa in (-0.1, 1.1, float("nan")):
        with pytest.raises(InputError, match="kappa"):
            run(pairs_grid(currency_walks(6), *TO_DOLLAR), kappa)


def test_flight_to_safety_lowers_and_appetite_does_not() -> None:
    walks = currency_walks(7)
    drift = np.zeros(SIZE)
    drift[-40:] = np.arange(1, 41) * 0.01
    for sign, lower in ((-1, True), (1, False)):
        moved = walks.copy()
        moved[:, [G8.index(c) for c in RISKY]] += sign * drift[:, None]
        told = run(pairs_grid(moved, *TO_DOLLAR))
        assert (told.multiplier < 0.7) == lower
        assert (told.multiplier == 1.0) != lower


@pytest.mark.parametrize("flipped", [("JPYUSD",), ("AUDUSD", "EURUSD"), TO_DOLLAR])
def test_quoting_the_other_way_round_changes_nothing(flipped: tuple[str, ...]) -> None:
    walks = currency_walks(8)
    pairs = [p[3:] + p[:3] if p in flipped else p for p in TO_DOLLAR]
    a, b = run(pairs_grid(walks, *TO_DOLLAR)), run(pairs_grid(walks, *pairs))
    assert a.multiplier < 1.0
    assert b.multiplier == pytest.approx(a.multiplier, abs=1e-12)
    assert b.history.s == pytest.approx(a.history.s, abs=1e-12, nan_ok=True)


def test_nothing_later_than_the_day_counts() -> None:
    grid = pairs_grid(currency_walks(9), *TO_DOLLAR)
    day = grid.days[600].astype(object)
    close = grid.close.copy()
    close[601:] *= np.random.default_rng(0).lognormal(0, 1, close[601:].shape)
    close[650, 2:] = np.nan
    wild = Grid(grid.days, grid.symbols, grid.instruments, close, grid.adjusted)
    told = [run(g, as_of=day) for g in (grid, wild, grid.until(day))]
    for other in told[1:]:
        assert other.multiplier == told[0].multiplier
        assert other.strengths == told[0].strengths
        assert other.history.s.tobytes() == told[0].history.s.tobytes()
    # And the history of a later day is, up to then, what was told then.
    later = run(grid).history
    assert later.s[:601].tobytes() == told[0].history.s.tobytes()


def test_not_computable_is_one_and_says_why() -> None:
    walks = currency_walks(10)
    cases = {
        "no rate for NZD": pairs_grid(walks, *(p for p in TO_DOLLAR if p != "NZDUSD")),
        "300 sessions of the 379 needed": pairs_grid(walks[:300], *TO_DOLLAR),
        "did not move": pairs_grid(np.zeros((SIZE, 8)), *TO_DOLLAR),
    }
    for words, grid in cases.items():
        told = run(grid)
        assert told.multiplier == 1.0
        assert told.z is None
        assert words in told.reason
    grid = pairs_grid(walks, *TO_DOLLAR)
    last = last_day(grid.days)
    told = run(grid, as_of=last + dt.timedelta(days=10))
    assert told.multiplier == 1.0
    assert f"last fixing is of {last}" in told.reason
    assert run(grid, as_of=last + dt.timedelta(days=2)).z == run(grid).z
    assert run(grid, as_of=dt.date(1999, 1, 1)).multiplier == 1.0


def test_without_euro_and_pound_it_still_works() -> None:
    pairs = [p for p in TO_DOLLAR if p[:3] not in ("EUR", "GBP")]
    told = run(pairs_grid(currency_walks(11), *pairs))
    assert told.z is not None
    assert set(told.strengths) == {*RISKY, *SAFE}


def test_on_the_packaged_rates_the_crises_show() -> None:
    data = packaged()
    rates = data.instruments["asset_class"] == "fx"
    symbols = set(data.instruments.loc[rates, "symbol"])
    grid = build_grid(data.prices[data.prices["symbol"].isin(symbols)], data.instruments)
    days, codes, values = g8_values(grid)
    assert set(codes) == set(G8)
    for day, low, high in (
        (dt.date(2008, 10, 20), 0.5, 0.6),
        (dt.date(2020, 3, 20), 0.5, 0.6),
        (dt.date(2021, 3, 1), 0.9, 1.0),
    ):
        assert low <= sentiment(values, codes, days, 1.0, day).multiplier <= high
