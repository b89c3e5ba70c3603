"""The whole way from prices to weights: what must not matter, and what must add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hand_made import instrument_frame, make_grid, mixed_grid, mixed_universe, walk
from packaged_db import packaged_grid

from engine import pipeline
from engine.market.grid import Grid, build_grid
from engine.params import PRESETS, PROFILES, Params, preset

PRICES, INSTRUMENTS = mixed_universe()


@pytest.fixture(scope="module")
def real() -> Grid:
    return packaged_grid()


def turned(pairs: dict[str, str]) -> Grid:
    """The mixed universe with some pairs quoted the other way round."""
    prices, instruments = PRICES.copy(), INSTRUMENTS.copy()
    for old, new in pairs.items():
        rows = prices["symbol"] == old
        prices.loc[rows, "close"] = 1.0 / prices.loc[rows, "close"]
        prices.loc[rows, "symbol"] = new
        instruments.loc[instruments["symbol"] == old, "symbol"] = new
    return build_grid(
        prices.sort_values(["symbol", "date"], ignore_index=True),
        instruments.sort_values("symbol", ignore_index=True),
    )


def by_asset(result: pipeline.Portfolio) -> pd.Series:
    return pd.Series(result.allocation.weights, list(result.analysis.panel.assets)).sort_index()


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("layers", ["two", "single"])
def test_how_a_pair_is_quoted_changes_no_weight(profile: str, layers: str) -> None:
    params = Params().with_settings({"allocation.profile": profile, "allocation.layers": layers})
    one = by_asset(pipeline.optimise(build_grid(PRICES, INSTRUMENTS), params))
    other = by_asset(
        pipeline.optimise(
            turned({"USDJPY": "JPYUSD", "EURUSD": "USDEUR", "GBPUSD": "USDGBP"}), params
        )
    )
    assert list(one.index) == list(other.index)
    # A cone solver stops at a tolerance; the others end at the same corner, but for rounding.
    assert np.allclose(one, other, rtol=0, atol=1e-5 if profile == "max_sharpe" else 1e-9)


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_on_the_packaged_data(real: Grid, name: str, profile: str) -> None:
    params = preset(name).with_settings({"allocation.profile": profile})
    result = pipeline.optimise(real, params)
    got = result.allocation
    assert got.status == "solved"
    assert abs(got.weights.sum() + got.cash - 1) < 1e-12
    assert (got.weights >= 0).all()
    assert (got.limits["slack"] > -1e-8).all()
    sums = np.bincount(result.analysis.cut.labels, weights=got.weights)
    assert np.allclose(got.cluster_weights, sums, atol=1e-15)
    assert got.cluster_weights.max() <= params.limits.cluster_cap + 1e-8
    assert got.cash == 0 or got.cash_reason


def test_nothing_but_what_a_filter_keeps_is_held_and_the_regime_stays(real: Grid) -> None:
    all_of_it = pipeline.optimise(real, Params())
    shares = pipeline.optimise(real, Params().with_settings({"data.classes": "equity"}))
    assert shares.market.regime == all_of_it.market.regime
    assert set(shares.analysis.panel.members["asset_class"]) == {"equity"}


def test_a_universe_of_one(real: Grid) -> None:
    """Caps leave the rest in cash, and the reason is said."""
    rows = PRICES["symbol"] == "FIN0"
    grid = build_grid(PRICES[rows], instrument_frame(FIN0={"sector": "Financials"}))
    got = pipeline.optimise(grid, Params()).allocation
    assert got.weights.tolist() == pytest.approx([0.10])
    assert got.cash == pytest.approx(0.90)
    assert "cap" in got.cash_reason or "asset" in got.cash_reason


def test_a_holiday_of_all_shifts_no_cluster_against_the_market() -> None:
    """CoCVaR of each cluster by hand: of 80 days that trade the market's four worst."""
    closes = {f"S{i}": walk(i, 120, volatility=0.02) for i in range(6)}
    for values in closes.values():
        values[80] = np.nan  # row 40 of the window
    params = Params().with_settings({"panel.lookback": 81, "tree.threshold": 0.6})
    result = pipeline.optimise(make_grid(closes), params)
    table = np.column_stack([closes[s] for s in result.analysis.panel.symbols])[39 - 1 :]
    traded = table[np.isfinite(table).all(axis=1)]
    returns = traded[1:] / traded[:-1] - 1
    assert len(returns) == 80
    assert len(result.risk.scenarios.days) == 80 < len(result.risk.market)
    worst = np.argsort(returns.mean(axis=1))[:4]
    labels = result.analysis.cut.labels
    wanted = [
        -(returns[worst][:, labels == k] @ result.intra[labels == k]).mean()
        for k in range(labels.max() + 1)
    ]
    assert len(wanted) > 1
    assert result.clusters.measures["co_cvar_95"].tolist() == pytest.approx(wanted)


def test_each_member_is_annualised_by_its_own_sessions() -> None:
    params = Params().with_settings(
        {"allocation.cash_rate": 0.02, "within.momentum_days": 50, "panel.horizon": 1}
    )
    result = pipeline.optimise(mixed_grid(), params)
    panel, risk = result.analysis.panel, result.risk
    rates = panel.members["sessions_a_year"].to_numpy()
    assert np.ptp(rates) > 5
    for i, rate in enumerate(rates):
        own = [r for r in panel.returns[:, i] if np.isfinite(r)]
        assert risk.mean.sample[i] == pytest.approx(sum(own) / len(own) * rate - 0.02)
        trend = np.prod([1 + r for r in own[-50:]])
        assert risk.momentum[i] == pytest.approx(np.log(trend) / len(own[-50:]) * rate)
        spread = np.std(own, ddof=1) * np.sqrt(rate)
        assert risk.covariance.volatility[i] == pytest.approx(spread)
