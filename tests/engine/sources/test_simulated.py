"""The simulated universe: its shape for any size, its repeatability, and the model behind it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from engine.core.errors import InputError
from engine.core.frames import INSTRUMENT_COLUMNS, PRICE_COLUMNS
from engine.sources.simulation.simulate import SimulatedData, SimulatedSource, simulate
from engine.sources.simulation.spec import FREE_CODES, SimulationSpec

BLEMISH_FREE = {"late_share": 0.0, "gap_share": 0.0, "ended_share": 0.0}


def weekday_returns(data: SimulatedData) -> pd.DataFrame:
    closes = data.prices.pivot_table(index="date", columns="symbol", values="close")
    return closes[closes.index.day_of_week < 5].pct_change(fill_method=None)


@pytest.fixture(scope="module")
def data() -> SimulatedData:
    return simulate(11, n_assets=80, n_sessions=1000, pegs=1)


@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 120),
    sessions=st.integers(2, 260),
    twins=st.floats(0, 0.3),
)
@settings(max_examples=40, deadline=None)
def test_any_size_has_the_agreed_shape(seed: int, n: int, sessions: int, twins: float) -> None:
    data = simulate(seed, n, sessions, twin_share=twins)
    prices = data.prices
    assert tuple(data.instruments.columns) == INSTRUMENT_COLUMNS
    assert tuple(prices.columns) == PRICE_COLUMNS
    assert str(prices["date"].dtype) == "datetime64[us]"
    assert data.instruments["symbol"].is_unique
    assert len(data.instruments) == len(data.truth) == n
    assert (data.instruments["symbol"] == data.truth["symbol"]).all()
    assert data.instruments["name"].str.startswith("Simulated").all()
    assert (prices.groupby("symbol").size().reindex(data.instruments["symbol"]) >= 2).all()
    assert np.isfinite(prices["close"]).all() and (prices["close"] > 0).all()
    keys = prices[["symbol", "date"]]
    assert not keys.duplicated().any()
    assert keys.equals(keys.sort_values(["symbol", "date"], ignore_index=True))
    weekdays = prices["date"][prices["date"].dt.day_of_week < 5].unique()
    assert len(weekdays) <= sessions
    assert prices["date"].max() <= pd.Timestamp(2025, 12, 30)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_same_seed_same_bytes_other_seed_other_prices(seed: int) -> None:
    one, two = simulate(seed, 20, 100), simulate(seed, 20, 100)
    for name in ("prices", "instruments", "truth"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True)
    assert one.prices["close"].to_numpy().tobytes() == two.prices["close"].to_numpy().tobytes()
    other = simulate(seed + 1, 20, 100)
    assert other.prices["close"].iloc[0] != one.prices["close"].iloc[0]


def test_only_crypto_trades_on_weekends(data: SimulatedData) -> None:
    classes = data.prices["symbol"].map(data.instruments.set_index("symbol")["asset_class"])
    on_weekend = data.prices["date"].dt.day_of_week >= 5
    assert set(classes[on_weekend]) == {"crypto"}
    assert on_weekend[classes == "crypto"].mean() == pytest.approx(2 / 7, abs=0.02)
    assert set(classes) == {"equity", "crypto", "fx", "commodity"}


def test_correlation_is_higher_inside_a_block(data: SimulatedData) -> None:
    correlation = weekday_returns(data).corr()
    truth = data.truth.set_index("symbol").loc[correlation.columns]
    plain = ((truth["twin_of"] == "") & ~truth["pegged"]).to_numpy()
    block = truth["block"].to_numpy()
    upper = np.triu(plain[:, None] & plain, k=1)
    same = upper & (block[:, None] == block)
    values = correlation.to_numpy()
    inside, across = np.median(values[same]), np.median(values[upper & ~same])
    # By the model 0.65 in calm and 0.80 in crises; 0.15 to 0.35 and 0.45 to 0.65 across.
    assert 0.6 < inside < 0.85
    assert 0.15 < across < 0.65
    assert inside > across + 0.2


def test_venue_twins_move_as_one(data: SimulatedData) -> None:
    returns = weekday_returns(data)
    twins = data.truth[data.truth["twin_of"] != ""]
    assert len(twins) == int(80 * 0.04)
    for symbol, original in zip(twins["symbol"], twins["twin_of"], strict=True):
        assert symbol == f"{original}.B"
        assert 0.95 < returns[symbol].corr(returns[original]) < 1 - 1e-6
    venues = data.instruments.set_index("symbol").loc[twins["symbol"], "exchange"]
    assert set(venues) == {"SIM-B"}


def test_crises_are_three_times_as_volatile_and_more_correlated() -> None:
    data = simulate(3, 40, 1500, crisis_share=0.2, twin_share=0.0, **BLEMISH_FREE)
    returns = weekday_returns(data)
    # One class alone: classes differ in volatility and in how they correlate.
    equity = data.instruments["symbol"][data.instruments["asset_class"] == "equity"]
    returns = returns[equity]
    crisis = returns.index.isin(data.crisis_days)
    ratio = (returns[crisis].std() / returns[~crisis].std()).median()
    assert 2.3 < ratio < 3.7
    off = ~np.eye(len(equity), dtype=bool)
    mean = [returns[m].corr().to_numpy()[off].mean() for m in (crisis, ~crisis)]
    assert mean[0] > mean[1] + 0.1
    assert 0.15 < crisis.mean() < 0.25


def test_tails_are_fatter_than_normal() -> None:
    calm = simulate(5, 30, 1500, crisis_share=0.0, twin_share=0.0, **BLEMISH_FREE)
    kurtosis = stats.kurtosis(weekday_returns(calm), nan_policy="omit")
    assert np.median(kurtosis) > 0.7
    near_normal = simulate(5, 30, 1500, crisis_share=0.0, tail_df=200.0, twin_share=0.0)
    assert np.median(kurtosis) > np.median(
        stats.kurtosis(weekday_returns(near_normal), nan_policy="omit")
    )


def test_blemishes_are_where_the_truth_says(data: SimulatedData) -> None:
    closes = data.prices.pivot_table(index="date", columns="symbol", values="close")
    weekdays = closes[closes.index.day_of_week < 5]
    first, last = (
        weekdays.apply(pd.Series.first_valid_index),
        weekdays.apply(pd.Series.last_valid_index),
    )
    truth = data.truth.set_index("symbol")
    assert (truth[["late", "gap", "ended"]].sum() > 0).all()
    month = pd.Timedelta(days=30)
    assert ((first - weekdays.index[0] > month) == truth["late"].loc[first.index]).all()
    assert ((weekdays.index[-1] - last > month) == truth["ended"].loc[last.index]).all()
    for symbol in truth.index[truth["gap"]]:
        present = closes[symbol].dropna().index
        assert present.to_series().diff().max() > pd.Timedelta(days=4)


def test_pegged_currency_hardly_moves(data: SimulatedData) -> None:
    pegged = data.truth.loc[data.truth["pegged"], "symbol"]
    volatility = weekday_returns(data).std() * np.sqrt(252)
    assert len(pegged) == 1
    assert (volatility[pegged] < 0.02).all()
    assert (volatility.drop(pegged) > 0.02).all()


def test_currencies_are_pairs_with_the_dollar_under_free_codes() -> None:
    data = simulate(1, 3000, 2)
    fx = data.instruments[data.instruments["asset_class"] == "fx"]["symbol"]
    assert fx.str.fullmatch(r"Q[M-Z][A-Z]USD").all()
    assert len(fx) == len(FREE_CODES)  # as many as there are; the rest became shares
    assert len(data.instruments) == 3000


def test_source_and_end_date() -> None:
    source = SimulatedSource(SimulationSpec(7, 5, 10, end=dt.date(2024, 6, 30)))
    data = source.load()
    assert source.name == "sim-7"
    assert data.source == "simulated, seed 7"
    # 2024-06-30 is a Sunday: the calendar ends on the Friday before.
    assert data.prices["date"].max() == pd.Timestamp(2024, 6, 28)
    assert data.prices["date"].nunique() >= 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_assets": 0}, "n_assets = 0: a simulation needs 1 or more"),
        ({"n_sessions": 1}, "n_sessions = 1: a simulation needs 2 or more"),
        ({"seed": -1}, "seed = -1"),
        ({"late_share": 0.9}, "late_share = 0.9 is outside 0 to 0.3"),
        ({"tail_df": 2.0}, "tail_df = 2.0"),
        ({"crisis_volatility": 0.5}, "crisis_volatility = 0.5"),
        ({"colour": "red"}, "Unknown option colour"),
    ],
)
def test_impossible_specs_are_refused(options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        simulate(**({"seed": 1} | options))
