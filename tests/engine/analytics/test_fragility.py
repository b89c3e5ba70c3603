"""Fragility: its parts, its ranks, clusters and months."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaged_db import packaged_grid
from skfolio import measures as reference

from engine.analytics.fragility import (
    MEASURES,
    cluster_returns,
    cvar_over_time,
    fragility,
)
from engine.analytics.scenarios import build_scenarios
from engine.analytics.tails import cvar
from engine.core.errors import InputError
from engine.market.panel import build_panel
from engine.params import DataParams, PanelParams

NAN = np.nan


def sample(rows: int, columns: int, seed: int, missing: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    returns = 0.01 * (rng.standard_normal((rows, 1)) + rng.standard_t(4, (rows, columns)))
    returns = np.clip(returns, -0.5, 0.5)
    returns[rng.random((rows, columns)) < missing] = NAN
    return returns


def names(n: int) -> tuple[str, ...]:
    return tuple(f"S{i:02d}" for i in range(n))


@settings(max_examples=40, deadline=None)
@given(
    columns=st.integers(1, 8),
    more=st.integers(1, 8),
    missing=st.sampled_from([0.0, 0.1, 0.5]),
    seed=st.integers(0, 10_000),
)
def test_raw_parts_do_not_change_when_another_joins(columns, more, missing, seed):
    market = sample(150, 1, seed + 1, 0.03)[:, 0]
    returns = sample(150, columns + more, seed, missing)
    steps = sample(150, columns + more, seed + 2, missing)
    order = np.random.default_rng(seed).permutation(columns + more)
    together = fragility(returns[:, order], order.tolist(), market, 60, steps[:, order])
    alone = fragility(returns[:, :columns], range(columns), market, 60, steps[:, :columns])
    np.testing.assert_array_equal(
        together.measures.loc[list(range(columns))], alone.measures
    )  # to the last bit


def test_parts_equal_skfolio_on_the_packaged_data():
    panel = build_panel(packaged_grid(), DataParams(), PanelParams(lookback=500))
    assert panel.horizon == 3
    shares = (panel.members["asset_class"] == "equity").to_numpy()
    known = np.isfinite(panel.moment_returns[:, shares]).any(axis=1)
    market = np.full(len(known), NAN)
    market[known] = np.nanmean(panel.moment_returns[known][:, shares], axis=1)
    result = fragility(panel.moment_returns, panel.symbols, market, steps=panel.returns)
    for j, symbol in enumerate(panel.symbols):
        row, column = result.measures.loc[symbol], panel.moment_returns[:, j]
        assert row["cvar_95"] == pytest.approx(reference.cvar(column), abs=1e-14)
        assert row["skewness"] == pytest.approx(reference.skew(column), abs=1e-10)
        assert row["neg_skewness"] == -row["skewness"]
        path = reference.get_drawdowns(panel.returns[:, j], compounded=True)
        assert row["max_drawdown"] == pytest.approx(reference.max_drawdown(path), abs=1e-12)
        low, high = np.nanquantile(column, [0.05, 0.95])
        assert row["tail_ratio"] == pytest.approx(-low / high, rel=1e-10)
        assert row["co_cvar_95"] <= row["cvar_95"] + 0.02  # nearly the same days
        assert row["n"] == np.isfinite(panel.returns[:, j]).sum()
    assert ((result.score > 0) & (result.score < 1)).all()


def test_percentiles_by_hand():
    # S0 < S1 = S2 < S3 in every measure but skewness, which scaling leaves alone.
    base = sample(100, 1, 1)[:, 0]
    returns = base[:, None] * np.array([1.0, 2.0, 2.0, 3.0])
    result = fragility(returns, names(4), base)
    for name in ("cvar_95", "max_drawdown", "co_cvar_95"):
        np.testing.assert_allclose(result.percentiles[name], [0.125, 0.5, 0.5, 0.875])
    assert tuple(result.measures.columns) == (*MEASURES, "skewness", "n")
    assert tuple(result.percentiles.columns) == MEASURES
    np.testing.assert_allclose(result.score, result.percentiles.to_numpy().mean(axis=1))
    assert result.score[3] > result.score[1] == result.score[2] > result.score[0]


def test_unknown_under_sixty_observations():
    returns = sample(100, 4, 2)
    returns[59:, 1] = NAN
    returns[60:, 2] = NAN
    result = fragility(returns, names(4), returns[:, 0])
    assert np.isfinite(result.score).tolist() == [True, False, True, True]
    assert result.measures.loc["S01", list(MEASURES)].isna().all()
    assert result.measures["n"].tolist() == [100, 59, 60, 100]
    # The unknown does not count among those that are ranked: three ranks, middles of thirds.
    ranks = np.sort(result.percentiles["cvar_95"].dropna())
    np.testing.assert_allclose(ranks, [1 / 6, 3 / 6, 5 / 6])
    without = fragility(returns[:, [0, 2, 3]], ("S00", "S02", "S03"), returns[:, 0])
    np.testing.assert_array_equal(result.score[[0, 2, 3]], without.score)
    strict = fragility(returns, names(4), returns[:, 0], min_observations=101)
    assert np.isnan(strict.score).all()


def test_without_a_market_the_other_four_count():
    returns = sample(100, 3, 3)
    for market in (None, np.full(100, NAN)):
        result = fragility(returns, names(3), market)
        assert result.measures["co_cvar_95"].isna().all()
        four = result.percentiles[list(MEASURES[:4])].to_numpy()
        np.testing.assert_allclose(result.score, four.mean(axis=1))


def test_observations_and_drawdown_are_of_the_steps():
    steps = sample(62, 1, 4)
    returns = steps[2:] + steps[1:-1] + steps[:-2]
    padded = np.vstack([np.full((2, 1), NAN), returns])
    result = fragility(padded, names(1), None, 62, steps)
    assert result.measures["n"].item() == 62
    assert np.isfinite(result.score).all()
    path = np.cumprod(1 + steps[:, 0])
    peak = np.maximum.accumulate(np.append(1.0, path))[1:]
    assert result.measures["max_drawdown"].item() == pytest.approx((1 - path / peak).max())


@pytest.mark.parametrize("part", MEASURES)
def test_each_part_moves_the_score(part):
    result = fragility(sample(150, 6, 5), names(6), sample(150, 1, 6)[:, 0])
    without = result.percentiles.drop(columns=part).mean(axis=1)
    assert not np.allclose(without, result.score)


def test_a_crash_makes_more_fragile():
    returns = sample(200, 9, 7)
    before = fragility(returns, names(9), returns[:, 0])
    crashed = returns.copy()
    crashed[50:56, 4] = -0.2
    after = fragility(crashed, names(9), returns[:, 0])
    assert after.score[4] > before.score[4]
    assert (after.percentiles.loc["S04", ["cvar_95", "neg_skewness", "max_drawdown"]] > 0.9).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), columns=st.integers(1, 12), carry=st.booleans())
def test_complete_clusters_are_weighted_sums(seed, columns, carry):
    rng = np.random.default_rng(seed)
    returns = sample(40, columns, seed)
    labels = np.unique(rng.integers(0, 4, columns), return_inverse=True)[1]
    weights = rng.uniform(0.1, 3, columns)
    shares = np.zeros((columns, labels.max() + 1))
    shares[np.arange(columns), labels] = weights
    shares /= shares.sum(axis=0)
    np.testing.assert_allclose(
        cluster_returns(returns, labels, weights, carry=carry), returns @ shares, atol=1e-15
    )
    equal = cluster_returns(returns, labels, carry=carry)
    np.testing.assert_allclose(equal[:, 0], returns[:, labels == 0].mean(axis=1), atol=1e-15)


def test_cluster_with_holes_by_hand():
    returns = np.array(
        [[NAN, 0.01, NAN], [0.02, 0.04, NAN], [NAN, 0.03, 0.1], [NAN, NAN, 0.2], [0.05, 0.02, NAN]]
    )
    labels, weights = np.array([0, 0, 1]), np.array([1.0, 3.0, 2.0])
    mean = cluster_returns(returns, labels, weights)
    np.testing.assert_allclose(mean[:, 0], [0.01, 0.14 / 4, 0.03, NAN, 0.11 / 4])
    np.testing.assert_allclose(mean[:, 1], [NAN, NAN, 0.1, 0.2, NAN])
    carried = cluster_returns(returns, labels, weights, carry=True)
    # On the third day the first member is held and has not moved: 3/4 of 0.03.
    np.testing.assert_allclose(carried[:, 0], [0.01, 0.14 / 4, 0.09 / 4, NAN, 0.11 / 4])
    nobody = cluster_returns(returns, labels, np.array([0.0, 1.0, 0.0]))
    assert np.isnan(nobody[:, 1]).all()
    np.testing.assert_allclose(nobody[:, 0], returns[:, 1])


def test_who_has_ended_is_held_no_longer():
    returns = np.array([[0.02, 0.04], [NAN, 0.03], [0.01, NAN], [NAN, 0.05], [NAN, 0.02]])
    carried = cluster_returns(returns, np.zeros(2, int), np.array([1.0, 3.0]), carry=True)
    np.testing.assert_allclose(carried[:, 0], [0.14 / 4, 0.09 / 4, 0.01 / 4, 0.05, 0.02])


def test_single_asset_clusters_are_the_assets():
    returns = sample(50, 3, 8, 0.2)
    np.testing.assert_array_equal(cluster_returns(returns, np.arange(3)), returns)


def test_cvar_over_time_by_hand():
    days = np.busday_offset("2024-01-01", np.arange(110))  # to 2024-05-31, a Friday
    returns = sample(110, 3, 9)
    returns[:80, 2] = NAN
    ends, values = cvar_over_time(returns, days, window=40, min_observations=30)
    expected = ["2024-01-31", "2024-02-29", "2024-03-29", "2024-04-30", "2024-05-31"]
    np.testing.assert_array_equal(ends, np.array(expected, dtype="datetime64[D]"))
    assert np.isnan(values[0]).all()  # 23 days
    assert np.isfinite(values[1:, :2]).all()
    at = int(np.flatnonzero(days == ends[3])[0])
    np.testing.assert_array_equal(values[3, :2], cvar(returns[at - 39 : at + 1, :2]))
    assert np.isnan(values[3, 2])
    assert np.isfinite(values[4, 2])  # just 30


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), until=st.integers(1, 149))
def test_cvar_over_time_is_causal(seed, until):
    days = np.busday_offset("2024-01-01", np.arange(150))
    returns = sample(150, 4, seed, 0.1)
    later = returns.copy()
    later[until:] = sample(150 - until, 4, seed + 1)
    ends, values = cvar_over_time(returns, days, 60, 20)
    changed = cvar_over_time(later, days, 60, 20)[1]
    known = ends < days[until]
    np.testing.assert_array_equal(values[known], changed[known])
    np.testing.assert_array_equal(cvar_over_time(returns[:until], days[:until], 60, 20)[1][:-1],
                                  values[: np.searchsorted(ends, days[until - 1])])  # fmt: skip


def test_clusters_cvar_is_that_of_the_complete_scenarios():
    returns = sample(120, 4, 10, 0.1)
    days = np.busday_offset("2024-01-01", np.arange(120))
    scenarios = build_scenarios(returns, days, names(4), ("a",) * 4, 1)
    whole = cluster_returns(scenarios.returns, np.zeros(4, int))
    result = fragility(whole, (1,), None)
    assert result.measures.loc[1, "cvar_95"] == pytest.approx(
        cvar(scenarios.returns.mean(axis=1)), abs=1e-15
    )
    assert result.score.tolist() == [0.5]  # nobody to compare with


def test_input_errors():
    returns = sample(70, 2, 11)
    with pytest.raises(InputError, match="as many columns"):
        fragility(returns, names(3), None)
    with pytest.raises(InputError, match="as many columns"):
        fragility(returns, names(2), None, 60, returns[:, :1])
    with pytest.raises(InputError, match="comes twice"):
        fragility(returns, ("A", "A"), None)
    with pytest.raises(InputError, match="one a day"):
        fragility(returns, names(2), np.zeros(3))
    with pytest.raises(InputError, match="one label and one weight"):
        cluster_returns(returns, np.zeros(3, int))
    with pytest.raises(InputError, match="without a gap"):
        cluster_returns(returns, np.array([0, 2]))
    with pytest.raises(InputError, match="negative or missing"):
        cluster_returns(returns, np.zeros(2, int), np.array([1.0, NAN]))
    with pytest.raises(InputError, match="a day a row"):
        cvar_over_time(returns, np.array(["2024-01-01"], dtype="datetime64[D]"), 10)
    with pytest.raises(InputError, match="ascending"):
        cvar_over_time(returns, np.full(70, np.datetime64("2024-01-01")), 10)
