"""Momentum over own observations; Bayes–Stein means against skfolio and by their limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skfolio.moments import EmpiricalCovariance, ShrunkMu, ShrunkMuMethods

from engine.analytics.momentum import MEAN_METHOD, mean_excess, momentum
from engine.core.errors import InputError

NAN = np.nan


def sample(rows: int, columns: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    drift = rng.normal(0.0005, 0.001, columns)
    return drift + 0.01 * (rng.standard_normal((rows, 1)) + rng.standard_normal((rows, columns)))


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 200), days=st.integers(1, 200), seed=st.integers(0, 10_000))
def test_momentum_is_the_log_of_the_prices_ratio(rows, days, seed):
    returns = sample(rows, 3, seed)
    prices = np.vstack([np.ones(3), np.cumprod(1 + returns, axis=0)])
    used = min(days, rows)
    expected = np.log(prices[-1] / prices[-1 - used]) * 252 / used
    np.testing.assert_allclose(momentum(returns, days), expected, atol=1e-11)


def test_momentum_over_holes_and_short_histories():
    returns = np.full((10, 4), NAN)
    returns[[1, 4, 8], 0] = [0.5, 0.1, 0.2]
    returns[9, 1] = 0.1
    returns[:, 2] = 0.01
    rates = np.array([100.0, 261.0, 252.0, 252.0])
    result = momentum(returns, 2, rates)
    assert result[0] == pytest.approx(np.log(1.1 * 1.2) * 50)  # its own last two
    assert result[1] == pytest.approx(np.log(1.1) * 261)
    assert result[2] == pytest.approx(np.log(1.01) * 252)
    assert np.isnan(result[3])


def test_momentum_of_the_currency_the_other_way_round_is_the_negative():
    returns = sample(150, 1, 3)
    inverse = 1 / (1 + returns) - 1
    np.testing.assert_allclose(momentum(inverse, 126), -momentum(returns, 126), atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(columns=st.integers(2, 20), seed=st.integers(0, 10_000))
def test_equal_histories_give_skfolio(columns, seed):
    returns = sample(150, columns, seed)
    model = ShrunkMu(
        covariance_estimator=EmpiricalCovariance(),
        vol_weighted_target=True,
        method=ShrunkMuMethods.BAYES_STEIN,
    ).fit(returns)
    result = mean_excess(returns, 252 * np.cov(returns, rowvar=False))
    np.testing.assert_allclose(result.mean, 252 * model.mu_, atol=1e-9)
    np.testing.assert_allclose(result.shrinkage, model.beta_, atol=1e-9)
    assert result.target == pytest.approx(252 * model.mu_target_[0], abs=1e-9)
    assert result.method == MEAN_METHOD


def test_two_assets_by_hand():
    # Uncorrelated, variance 0.04 each, one year: μ₀ is the mean 0.1, q = 2·0.05² / 0.04 = 0.125.
    returns = np.array([[0.05, 0.15], [0.05, 0.15]])
    result = mean_excess(returns / 2, 0.04 * np.eye(2), annual_sessions=2.0)
    weight = 4 / (4 + 0.125)
    assert result.target == pytest.approx(0.1)
    np.testing.assert_allclose(result.sample, [0.05, 0.15])
    np.testing.assert_allclose(result.mean, 0.1 + np.array([-0.05, 0.05]) * (1 - weight))


def test_a_short_history_is_pulled_further_and_counts_less():
    returns = sample(200, 5, 2)
    covariance = 252 * np.cov(returns, rowvar=False)
    whole = mean_excess(returns, covariance)
    returns[:140, 4] = NAN
    returns[140:, 4] += 0.02  # a run of luck of 60 days
    result = mean_excess(returns, covariance)
    assert len(set(whole.shrinkage.tolist())) == 1
    assert (result.shrinkage[4] > result.shrinkage[:4]).all()
    assert result.mean[4] < result.sample[4]
    pulled = np.abs(result.mean - result.target)
    assert (pulled <= np.abs(result.sample - result.target) + 1e-15).all()


@pytest.mark.parametrize("seed", range(4))
def test_unequal_histories_are_those_of_the_formula(seed):
    """The docstring's formula with Σ⁻¹ written out: errors have the covariance Σ / √(Yᵢ Yⱼ)."""
    rng = np.random.default_rng(seed)
    n, rates, known = 6, rng.uniform(100, 365, 6), rng.integers(20, 200, 6)
    returns = sample(200, n, seed)
    for i, length in enumerate(known):
        returns[: 200 - length, i] = NAN
    covariance = 252 * np.cov(sample(200, n, seed), rowvar=False)
    result = mean_excess(returns, covariance, rates, cash_rate=0.01)

    means = [np.mean(returns[200 - known[i] :, i]) * rates[i] - 0.01 for i in range(n)]
    years = known / rates
    inverse = np.linalg.inv(covariance / np.sqrt(np.outer(years, years)))
    target = (inverse @ means).sum() / inverse.sum()
    gap = means - target
    quality = gap @ inverse @ gap / years.mean()  # q of Jorion's λ = (N + 2) / q
    weights = [(n + 2) / (n + 2 + quality * y) for y in years]
    np.testing.assert_allclose(result.sample, means, atol=1e-12)
    assert result.target == pytest.approx(target, abs=1e-10)
    np.testing.assert_allclose(result.shrinkage, weights, rtol=1e-9)
    np.testing.assert_allclose(result.mean, means - weights * gap, atol=1e-10)


def test_cash_shifts_and_order_reorders():
    returns = sample(120, 6, 5)
    covariance = 252 * np.cov(returns, rowvar=False)
    plain = mean_excess(returns, covariance)
    less = mean_excess(returns, covariance, cash_rate=0.03)
    np.testing.assert_allclose(less.mean, plain.mean - 0.03, atol=1e-10)
    order = np.array([3, 1, 5, 0, 4, 2])
    other = mean_excess(returns[:, order], covariance[np.ix_(order, order)])
    np.testing.assert_allclose(other.mean, plain.mean[order], atol=1e-10)


def test_series_that_move_as_one_have_one_mean():
    returns = sample(120, 3, 6)
    returns[:, 2] = returns[:, 1]
    result = mean_excess(returns, 252 * np.cov(returns, rowvar=False))
    assert np.isfinite(result.mean).all()
    assert result.mean[1] == pytest.approx(result.mean[2])
    alone = mean_excess(returns[:, :1], np.array([[0.04]]))
    np.testing.assert_allclose(alone.mean, alone.sample)


def test_shrunk_means_are_nearer_to_the_truth():
    # 30 assets, one year, seeded: the reason for shrinking at all.
    rng = np.random.default_rng(0)
    covariance = 0.04 * (0.4 + 0.6 * np.eye(30))
    factor = np.linalg.cholesky(covariance / 252)
    errors = []
    for _ in range(60):
        truth = rng.normal(0.06, 0.05, 30)
        returns = truth / 252 + rng.standard_normal((252, 30)) @ factor.T
        result = mean_excess(returns, covariance)
        errors.append([((m - truth) ** 2).sum() for m in (result.mean, result.sample)])
    shrunk, plain = np.mean(errors, axis=0)
    assert shrunk < 0.75 * plain


def test_input_errors():
    returns = sample(20, 2, 1)
    with pytest.raises(InputError, match="under 1"):
        momentum(returns, 0)
    with pytest.raises(InputError, match="not positive"):
        momentum(np.array([[-1.0]]))
    with pytest.raises(InputError, match="observed rate"):
        momentum(returns, 5, np.ones(3))
    with pytest.raises(InputError, match="positive number"):
        momentum(returns, 5, np.array([252.0, NAN]))
    with pytest.raises(InputError, match="2×2"):
        mean_excess(returns, np.eye(3))
    with pytest.raises(InputError, match=r"column \[1\]"):
        mean_excess(np.column_stack([returns[:, 0], np.full(20, NAN)]), np.eye(2))
