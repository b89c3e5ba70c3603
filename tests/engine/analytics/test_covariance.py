"""D R D: scikit-learn's estimate where nothing is missing, semidefinite where much is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaged_db import packaged_grid
from sklearn.covariance import ledoit_wolf

from engine.analytics.correlation import estimate_correlation
from engine.analytics.covariance import (
    Covariance,
    covariance,
    shrinkage_intensity,
    spans_per_year,
)
from engine.analytics.scenarios import build_scenarios
from engine.core.errors import InputError
from engine.market.lives import observed_rate, span_returns
from engine.market.panel import build_panel
from engine.params import DataParams, PanelParams

NAN = np.nan
DAYS = np.busday_offset("2020-01-01", np.arange(600), roll="forward")


def names(n: int) -> tuple[str, ...]:
    return tuple(f"S{i:02d}" for i in range(n))


def sample(rows: int, columns: int, seed: int, missing: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    scale = rng.uniform(0.005, 0.03, columns)
    returns = scale * (rng.standard_normal((rows, 1)) + rng.standard_normal((rows, columns)))
    returns[rng.random((rows, columns)) < missing] = NAN
    return returns


def estimate(
    returns: np.ndarray,
    horizon: int = 1,
    symbols: tuple[str, ...] | None = None,
    rate: float = 252.0,
) -> Covariance:
    rows, columns = returns.shape
    symbols = symbols or names(columns)
    kinds = ("a",) * columns
    correlation = estimate_correlation(returns, symbols, kinds, rows)
    scenarios = build_scenarios(returns, DAYS[:rows], symbols, kinds, horizon)
    return covariance(correlation, scenarios, returns, np.full(columns, rate), horizon)


@settings(max_examples=25, deadline=None)
@given(rows=st.integers(10, 300), columns=st.integers(1, 30), seed=st.integers(0, 10_000))
def test_complete_one_day_returns_give_ledoit_and_wolf(rows, columns, seed):
    returns = sample(rows, columns, seed)
    result = estimate(returns)
    standard = (returns - returns.mean(axis=0)) / returns.std(axis=0)
    correlation, intensity = ledoit_wolf(standard)
    scale = returns.std(axis=0, ddof=1) * np.sqrt(252)
    np.testing.assert_allclose(result.volatility, scale, rtol=1e-12)
    np.testing.assert_allclose(
        result.matrix, correlation * scale[:, None] * scale, rtol=0, atol=1e-12
    )
    assert result.shrinkage == pytest.approx(intensity, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(
    columns=st.integers(1, 40),
    missing=st.sampled_from([0.0, 0.1, 0.6]),
    horizon=st.sampled_from([1, 3]),
    seed=st.integers(0, 10_000),
)
def test_semidefinite_whatever_is_missing(columns, missing, horizon, seed):
    returns = sample(60, columns, seed, missing)
    returns[:3] = sample(3, columns, seed + 1)
    result = estimate(returns, horizon)
    matrix = result.matrix
    assert (matrix == matrix.T).all()
    assert not matrix.flags.writeable
    np.testing.assert_allclose(np.diag(matrix), result.volatility**2, rtol=1e-14)
    assert np.linalg.eigvalsh(matrix)[0] >= -1e-10 * matrix.max()
    assert 0 <= result.shrinkage <= 1


def test_volatility_is_the_panels_own():
    panel = build_panel(packaged_grid(), DataParams(), PanelParams(horizon=1))
    members = panel.members
    kinds = tuple(members["asset_class"])
    rate = 261 * (1 - members["missing_share"].to_numpy())
    scenarios = build_scenarios(panel.moment_returns, panel.days, panel.symbols, kinds, 1)
    correlation = estimate_correlation(panel.moment_returns, panel.symbols, kinds, 200)
    result = covariance(correlation, scenarios, panel.moment_returns, rate, 1)
    assert scenarios.imputed.any()
    np.testing.assert_allclose(result.volatility, members["volatility"], rtol=1e-12)


@pytest.mark.parametrize(("traded", "horizon"), [(0.966, 3), (0.8, 3), (0.8, 5), (1.0, 3)])
def test_a_k_day_return_annualises_to_the_volatility_it_came_from(traded, horizon):
    # Independent steps on the days that trade; 400 years, so that the answer is within 1 %.
    rng = np.random.default_rng(1)
    rows = 400 * 261
    steps = np.where(rng.random(rows) < traded, 0.01 * rng.standard_normal(rows), NAN)
    values = np.exp(np.nancumsum(steps))
    values[np.isnan(steps)] = NAN
    returns = span_returns(values[:, None], np.zeros(1, int), rows - horizon, horizon)
    rate = observed_rate(np.isfinite(steps).sum(keepdims=True), np.array([rows]))
    annual = np.nanstd(returns) * np.sqrt(spans_per_year(rate, horizon))
    assert annual[0] == pytest.approx(0.01 * np.sqrt(rate[0]), rel=0.01)


def test_a_rate_above_all_weekdays_counts_as_all_of_them():
    assert spans_per_year(np.array([365.0, 261.0]), 3) == pytest.approx([365 / 3, 261 / 3])


@pytest.mark.parametrize("horizon", [1, 2, 3, 5])
def test_overlap_multiplies_the_shrinkage_of_ledoit_and_wolf(horizon):
    # The variance of a mean of k-day sums: Σ (1 − |j| / k)² over the lags |j| < k.
    factor = sum((1 - abs(j) / horizon) ** 2 for j in range(1 - horizon, horizon))
    returns = sample(150, 8, 6)
    plain = ledoit_wolf((returns - returns.mean(axis=0)) / returns.std(axis=0))[1]
    assert 5 * plain < 1
    assert shrinkage_intensity(returns, horizon) == pytest.approx(plain * factor, rel=1e-12)
    made = estimate(returns, horizon, rate=200.0)
    assert made.shrinkage == shrinkage_intensity(returns, horizon)
    spans = 200 / (1 + (horizon - 1) * 200 / 261)
    assert made.volatility == pytest.approx(returns.std(axis=0, ddof=1) * np.sqrt(spans))
    noise = np.random.default_rng(7).standard_normal((40, 20))
    assert shrinkage_intensity(noise, 1 + horizon) == 1


def test_overlap_asks_for_more_shrinkage():
    # Three-day returns of independent days: minimum variance weights on the corrected matrix have
    # the lower true variance.
    gains, plain, corrected = [], [], []
    for seed in range(25):
        rng = np.random.default_rng(seed)
        columns = 40
        loads = rng.uniform(0.2, 0.9, columns)
        truth = np.outer(loads, loads)
        np.fill_diagonal(truth, 1.0)
        daily = rng.standard_normal((202, columns)) @ np.linalg.cholesky(truth).T
        overlapping = daily[2:] + daily[1:-1] + daily[:-2]
        sampled = np.corrcoef(overlapping, rowvar=False)
        for store, horizon in ((plain, 1), (corrected, 3)):
            s = shrinkage_intensity(overlapping, horizon)
            weights = np.linalg.solve((1 - s) * sampled + s * np.eye(columns), np.ones(columns))
            weights /= weights.sum()
            store.append(weights @ truth @ weights)
        gains.append(corrected[-1] < plain[-1])
    assert np.mean(corrected) < 0.95 * np.mean(plain)
    assert np.mean(gains) > 0.9


def test_columns_follow_the_scenarios():
    returns = sample(100, 5, 3, 0.1)
    plain = estimate(returns)
    order = np.array([2, 0, 4, 1, 3])
    other = estimate(returns[:, order], symbols=tuple(np.array(names(5))[order]))
    np.testing.assert_allclose(other.matrix, plain.matrix[np.ix_(order, order)], rtol=1e-12)
    # A tree in another order of symbols is no matter.
    kinds = ("a",) * 5
    scenarios = build_scenarios(returns, DAYS[:100], names(5), kinds, 1)
    shuffled = tuple(np.array(names(5))[order])
    correlation = estimate_correlation(returns[:, order], shuffled, kinds, 100)
    again = covariance(correlation, scenarios, returns, np.full(5, 252.0), 1)
    np.testing.assert_allclose(again.matrix, plain.matrix, rtol=1e-12)


def test_input_errors():
    returns = sample(30, 2, 4)
    correlation = estimate_correlation(returns, names(2), ("a", "a"), 30)
    scenarios = build_scenarios(returns, DAYS[:30], names(2), ("a", "a"), 1)
    rate = np.full(2, 252.0)
    with pytest.raises(InputError, match="as many columns and rates"):
        covariance(correlation, scenarios, returns, rate[:1], 1)
    with pytest.raises(InputError, match="do not fit scenarios over 1"):
        covariance(correlation, scenarios, returns, rate, 3)
    with pytest.raises(InputError, match="No observed rate a year for S01"):
        covariance(correlation, scenarios, returns, np.array([252.0, NAN]), 1)
    still = returns.copy()
    still[:, 0] = 0.1
    with pytest.raises(InputError, match="zero variance: S00"):
        covariance(correlation, scenarios, still, rate, 1)
