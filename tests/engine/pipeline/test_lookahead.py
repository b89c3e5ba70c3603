"""What comes later than D changes nothing at D, byte for byte, from panel to weights."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hand_made import fx, instrument_frame, mixed_universe

from engine import pipeline
from engine.market.grid import build_grid
from engine.params import Params

PRICES, INSTRUMENTS = mixed_universe()
DAYS = [dt.date(2024, 12, 31), dt.date(2025, 2, 14), dt.date(2025, 3, 15), dt.date(2025, 6, 23)]


def rescale(later: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return later.assign(close=later["close"] * rng.lognormal(0, 1, len(later)))


def delete(later: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return later[rng.random(len(later)) < 0.3]


def delete_all(later: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return later.iloc[:0]


def delete_some_symbols(later: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return later[~later["symbol"].isin(["BTC", "EURUSD", "ENE0", "INDEX"])]


def adjust(later: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    return later.assign(adj_close=later["close"] * rng.uniform(0.1, 2, len(later)))


def add(later: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A close on each of 400 further days, weekends too, of every symbol: also where one ended."""
    days = pd.date_range(later["date"].min(), periods=400)
    keys = pd.MultiIndex.from_product([INSTRUMENTS["symbol"], days], names=["symbol", "date"])
    return pd.DataFrame(
        {"close": rng.lognormal(3, 1, len(keys)), "adj_close": np.nan, "volume": 1.0}, index=keys
    ).reset_index()


def list_new_ones(later: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """New instruments, among them pairs that sort before those that hold their currency."""
    days = later["date"].unique()
    new = [
        pd.DataFrame(
            {
                "symbol": symbol,
                "date": days,
                "close": rng.lognormal(0, 1, len(days)),
                "adj_close": np.nan,
                "volume": np.nan,
            }
        )
        for symbol in NEW["symbol"]
    ]
    return pd.concat([later, *new])


NEW = instrument_frame(
    AAANEW={}, JPYUSD=fx(), EURGBP=fx(), EURJPY=fx(), ZNEW={"asset_class": "bond", "fixing": ""}
)
CORRUPTIONS = [rescale, delete, delete_all, delete_some_symbols, adjust, add, list_new_ones]


def fingerprint(prices: pd.DataFrame, instruments: pd.DataFrame, as_of: dt.date) -> dict:
    """Every result at D as bytes or text."""
    prices = prices.sort_values(["symbol", "date"], ignore_index=True)
    prices["date"] = prices["date"].astype("datetime64[us]")
    params = Params().with_settings({"data.as_of": as_of})
    whole = pipeline.optimise(build_grid(prices, instruments), params)
    result = whole.analysis
    swept = pipeline.sweep_tree(result.correlation, result.tree, params)
    panel = result.panel
    known = panel.table[panel.table["symbol"].isin(INSTRUMENTS["symbol"])]
    return {
        "symbols": panel.symbols,
        "assets": panel.assets,
        "days": panel.days.tobytes(),
        "values": panel.values.tobytes(),
        "returns": panel.returns.tobytes(),
        "moment_returns": panel.moment_returns.tobytes(),
        "horizon": panel.horizon,
        "gaps": panel.gaps,
        "notes": panel.notes,
        "table": known.to_csv(index=False),
        "correlation": result.correlation.matrix.tobytes(),
        "overlap": result.correlation.overlap.tobytes(),
        "linkage": result.tree.linkage.tobytes(),
        "labels": result.cut.labels.tobytes(),
        "clusters": repr(result.cut.clusters),
        "sweep": swept.sweep.labels.tobytes() + swept.sweep.silhouette.tobytes(),
        "suggestion": repr(swept.suggestion),
        "regime": repr(whole.market.regime),
        "scores": whole.market.history.score.tobytes(),
        "sentiment": repr((whole.sentiment.multiplier, whole.sentiment.reason)),
        "scenarios": whole.risk.scenarios.returns.tobytes(),
        "covariance": whole.risk.covariance.matrix.tobytes(),
        "fragility": whole.risk.assets.measures.to_csv() + whole.clusters.measures.to_csv(),
        "weights": whole.allocation.weights.tobytes(),
        "limits": whole.allocation.limits.to_csv(),
    }


@pytest.fixture(scope="module")
def truth() -> dict[dt.date, dict]:
    return {day: fingerprint(PRICES, INSTRUMENTS, day) for day in DAYS}


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("corrupt", CORRUPTIONS)
def test_what_comes_later_changes_nothing(corrupt: object, day: dt.date, truth: dict) -> None:
    earlier = PRICES[PRICES["date"] <= pd.Timestamp(day)]
    later = PRICES[PRICES["date"] > pd.Timestamp(day)]
    changed = corrupt(later, np.random.default_rng(11))
    assert not changed.reset_index(drop=True).equals(later.reset_index(drop=True))
    instruments = (
        pd.concat([INSTRUMENTS, NEW]) if corrupt is list_new_ones else INSTRUMENTS
    ).reset_index(drop=True)
    found = fingerprint(pd.concat([earlier, changed]), instruments, day)
    assert [key for key in found if found[key] != truth[day][key]] == []


@pytest.mark.parametrize("day", DAYS)
def test_what_came_before_does_change_something(day: dt.date, truth: dict) -> None:
    """Else the test above could not fail."""
    on_the_day = PRICES["date"] == PRICES["date"][PRICES["date"] <= pd.Timestamp(day)].max()
    changed = PRICES.assign(close=PRICES["close"].where(~on_the_day, PRICES["close"] * 1.1))
    found = fingerprint(changed, INSTRUMENTS, day)
    if day.isoweekday() <= 5:
        assert found["returns"] != truth[day]["returns"]
        assert found["correlation"] != truth[day]["correlation"]
    else:  # a Saturday: only crypto traded, and its move is Monday's
        assert found == truth[day]


def test_days_differ(truth: dict) -> None:
    assert len({t["returns"] for t in truth.values()}) == len(DAYS)
    assert len({t["symbols"] for t in truth.values()}) > 1
