"""The profile equal_weight: 1/n, then the nearest point under the limits."""

from __future__ import annotations

import numpy as np
import pytest
from portfolio_problems import free, made_inputs, settings
from scipy.optimize import minimize

from engine.allocation.allocate import allocate
from engine.allocation.profiles.equal_weight import PROFILE
from engine.allocation.profiles.registry import PROFILES
from engine.core.words import Profile


def test_without_limits_every_asset_or_cluster_has_the_same() -> None:
    inputs = made_inputs(1)
    n, k = len(inputs.symbols), len(inputs.cluster_ids)
    single = allocate(inputs, free(allocation__profile="equal_weight", allocation__layers="single"))
    np.testing.assert_allclose(single.weights, np.full(n, 1 / n), atol=1e-12)
    two = allocate(inputs, free(allocation__profile="equal_weight"))
    np.testing.assert_allclose(two.cluster_weights, np.full(k, 1 / k), atol=1e-12)
    np.testing.assert_allclose(two.weights, two.intra_weights / k, atol=1e-12)


def test_under_limits_it_is_the_nearest_point() -> None:
    """Against scipy's SLSQP on the same rows."""
    inputs = made_inputs(2)
    made = allocate(
        inputs, settings(allocation__profile="equal_weight", allocation__layers="single")
    )
    rows, total = made.limit_rows, 1.0 - made.cash
    n = len(inputs.symbols)
    goal = np.full(n, total / n)
    found = minimize(
        lambda w: ((w - goal) ** 2).sum(), made.weights, jac=lambda w: 2 * (w - goal),
        bounds=[(0, 1)] * n, method="SLSQP", options={"maxiter": 1000, "ftol": 1e-16},
        constraints=[
            {"type": "eq", "fun": lambda w: w.sum() - total},
            {"type": "ineq", "fun": lambda w: rows.upper - rows.members @ w},
            {"type": "ineq", "fun": lambda w: rows.members @ w - rows.lower},
        ],
    )  # fmt: skip
    assert found.success
    np.testing.assert_allclose(made.weights, found.x, atol=1e-6)


def test_lambda_has_no_effect_and_that_is_said() -> None:
    inputs = made_inputs(3)
    one, two = (
        allocate(inputs, settings(allocation__profile="equal_weight", allocation__penalty=penalty))
        for penalty in (0.0, 2.0)
    )
    np.testing.assert_array_equal(one.weights, two.weights)
    assert "The penalty has no effect on equal_weight." in two.notes
    assert not PROFILE.uses_penalty


def test_the_table_of_profiles_is_that_of_the_words() -> None:
    assert list(PROFILES) == [word.value for word in Profile]
    assert len({profile.label for profile in PROFILES.values()}) == len(PROFILES)


def test_a_word_without_a_module_is_found() -> None:
    from engine.core.registry import by_module

    with pytest.raises(ImportError, match="nowhere"):
        by_module("engine.allocation.profiles", ["nowhere"], "PROFILE", object)
    with pytest.raises(TypeError, match="kind has no PROFILE"):
        by_module("engine.allocation.profiles", ["kind"], "PROFILE", str)
    with pytest.raises(TypeError, match="no PROFILE that is a str"):
        by_module("engine.allocation.profiles", ["equal_weight"], "PROFILE", str)
