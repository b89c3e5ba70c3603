"""Contributions to volatility and CVaR: they add up, and are what moving a weight does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics.contributions import cvar_contributions, risk_contributions
from engine.analytics.tails import co_cvar, cvar
from engine.core.errors import InputError


def sample(rows: int, columns: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 0.01 * (rng.standard_t(4, (rows, 1)) + rng.standard_t(3, (rows, columns)))


def weights_of(columns: int, seed: int, invested: float = 1.0) -> np.ndarray:
    return invested * np.random.default_rng(seed).dirichlet(np.ones(columns))


def test_two_assets_by_hand():
    # Volatilities 0.1 and 0.2, ρ = 0.5, halves: variance (0.01 + 0.04 + 2·0.01) / 4 = 0.0175.
    covariance = np.array([[0.01, 0.01], [0.01, 0.04]])
    parts = risk_contributions(np.array([0.5, 0.5]), covariance)
    np.testing.assert_allclose(parts, np.array([0.005, 0.0125]) / np.sqrt(0.0175))


def test_cvar_by_hand():
    # 20 days: the worst one alone counts, the first.
    scenarios = np.zeros((20, 2))
    scenarios[0] = [-0.10, 0.02]
    scenarios[1] = [0.05, -0.08]
    np.testing.assert_allclose(
        cvar_contributions(np.array([0.6, 0.4]), scenarios), [0.06, -0.008], atol=1e-12
    )


@settings(max_examples=50, deadline=None)
@given(
    rows=st.integers(5, 150),
    columns=st.integers(1, 12),
    seed=st.integers(0, 10_000),
    invested=st.sampled_from([1.0, 0.7]),
)
def test_parts_add_up(rows, columns, seed, invested):
    scenarios, weights = sample(rows, columns, seed), weights_of(columns, seed, invested)
    covariance = np.cov(scenarios, rowvar=False).reshape(columns, columns)
    assert risk_contributions(weights, covariance).sum() == pytest.approx(
        np.sqrt(weights @ covariance @ weights), rel=1e-12
    )
    parts = cvar_contributions(weights, scenarios)
    assert parts.sum() == pytest.approx(cvar(scenarios @ weights), abs=1e-15)


def test_parts_are_derivatives():
    scenarios, weights = sample(203, 6, 4), weights_of(6, 4)
    covariance = np.cov(scenarios, rowvar=False)

    def slope(measure, i):
        step = np.zeros(6)
        step[i] = 1e-7
        return (measure(weights + step) - measure(weights - step)) / 2e-7

    for i in range(6):
        by_volatility = slope(lambda w: np.sqrt(w @ covariance @ w), i)
        by_cvar = slope(lambda w: cvar(scenarios @ w), i)
        assert risk_contributions(weights, covariance)[i] == pytest.approx(
            weights[i] * by_volatility, rel=1e-6
        )
        assert cvar_contributions(weights, scenarios)[i] == pytest.approx(
            weights[i] * by_cvar, rel=1e-6
        )


def test_cvar_parts_are_losses_on_the_portfolios_worst_days():
    scenarios, weights = sample(190, 5, 8), weights_of(5, 8)
    expected = weights * co_cvar(scenarios, scenarios @ weights)
    np.testing.assert_allclose(cvar_contributions(weights, scenarios), expected, atol=1e-15)


def test_all_cash_has_no_risk():
    assert (risk_contributions(np.zeros(3), np.eye(3)) == 0).all()
    assert (cvar_contributions(np.zeros(3), sample(30, 3, 1)) == 0).all()


def test_input_errors():
    with pytest.raises(InputError, match="do not fit covariance"):
        risk_contributions(np.ones(2), np.eye(3))
    with pytest.raises(InputError, match="not square"):
        risk_contributions(np.ones(2), np.ones((3, 2)))
    with pytest.raises(InputError, match="not a number"):
        cvar_contributions(np.ones(1), np.array([[np.nan]]))
    with pytest.raises(InputError, match="no scenarios"):
        cvar_contributions(np.ones(1), np.empty((0, 1)))
