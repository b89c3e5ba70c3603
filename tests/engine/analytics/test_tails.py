"""Tail measures: by hand, against skfolio and scipy, and what must hold whatever the returns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import skew
from skfolio import measures as reference

from engine.analytics.tails import (
    co_cvar,
    cvar,
    max_drawdown,
    skewness,
    tail_ratio,
    tail_weights,
)
from engine.core.errors import InputError

NAN = np.nan
CASES = {
    "rows": st.integers(1, 130),
    "columns": st.integers(1, 6),
    "missing": st.sampled_from([0.0, 0.1, 0.6]),
    "seed": st.integers(0, 10_000),
}


def sample(rows: int, columns: int, seed: int, missing: float = 0.0) -> np.ndarray:
    """Fat-tailed returns above −1, rounded so that some tie, with holes at random."""
    rng = np.random.default_rng(seed)
    returns = np.clip(np.round(0.02 * rng.standard_t(3, (rows, columns)), 3), -0.9, 2.0)
    returns[rng.random((rows, columns)) < missing] = NAN
    return returns


def test_cvar_by_hand():
    # Half of the third worst day counts: (5 + 4 + 3 / 2) / 2.5.
    returns = np.array([0.03, -0.05, 0.01, -0.03, 0.02, -0.04, 0.0, 0.01, 0.02, 0.01])
    assert cvar(returns, 0.75) == pytest.approx(0.105 / 2.5)
    assert cvar(returns) == pytest.approx(0.05)  # half a day: the worst
    assert cvar(np.append(returns, NAN)) == cvar(returns)
    assert cvar(np.array([0.01, 0.02])) == pytest.approx(-0.01)  # a gain is a negative loss


@settings(max_examples=80, deadline=None)
@given(confidence=st.sampled_from([0.95, 0.9, 0.99, 0.5]), **CASES)
def test_cvar_equals_skfolio(rows, columns, missing, seed, confidence):
    returns = sample(rows, columns, seed, missing)
    np.testing.assert_allclose(
        cvar(returns, confidence), reference.cvar(returns, confidence), rtol=0, atol=1e-14
    )
    np.testing.assert_allclose(skewness(returns), reference.skew(returns), rtol=0, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 80))
def test_cvar_is_the_minimum_of_rockafellar_and_uryasev(seed, rows):
    losses = -sample(rows, 1, seed)[:, 0]
    objective = [v + np.maximum(losses - v, 0).mean() / 0.05 for v in losses]
    assert cvar(-losses) == pytest.approx(min(objective), abs=1e-14)


@settings(max_examples=60, deadline=None)
@given(**CASES)
def test_drawdown_equals_skfolio(rows, columns, missing, seed):
    returns = sample(rows, columns, seed, missing)
    for j in range(columns):
        column = returns[:, j]
        if np.isfinite(column).any():
            path = reference.get_drawdowns(column, compounded=True)
            expected = reference.max_drawdown(path)
            assert max_drawdown(column) == pytest.approx(expected, abs=1e-12)
        else:
            assert np.isnan(max_drawdown(column))


def test_drawdown_by_hand():
    # 1 → 1.1 → 0.55 → 0.6: half of the peak is lost. A hole stands still.
    returns = np.array([0.1, NAN, -0.5, 0.6 / 0.55 - 1])
    assert max_drawdown(returns) == pytest.approx(0.5)
    assert max_drawdown(np.array([-0.2, 0.1])) == pytest.approx(0.2)  # the start is a peak
    assert max_drawdown(np.array([0.1, 0.0])) == 0
    with pytest.raises(InputError, match="100 %"):
        max_drawdown(np.array([-1.1]))


def test_skewness_by_hand_and_scipy():
    # −2, 1, 1: variance 2, third moment (−8 + 1 + 1) / 3 = −2.
    assert skewness(np.array([-0.02, 0.01, 0.01])) == pytest.approx(-2 / 2**1.5)
    returns = sample(200, 1, 3, 0.1)[:, 0]
    assert skewness(returns) == pytest.approx(skew(returns, nan_policy="omit"), abs=1e-12)
    assert np.isnan(skewness(np.full(50, 0.1)))  # its floating-point mean is not 0.1
    assert np.isnan(skewness(np.full(5, NAN)))


@settings(max_examples=60, deadline=None)
@given(**CASES)
def test_tail_ratio_is_of_numpy_quantiles(rows, columns, missing, seed):
    returns = sample(rows, columns, seed, missing)
    for column, ratio in zip(returns.T, tail_ratio(returns), strict=True):
        known = column[np.isfinite(column)]
        low, high = np.quantile(known, [0.05, 0.95]) if known.size else (NAN, NAN)
        if high > 0:
            assert ratio == pytest.approx(max(-low, 0) / high, rel=1e-12)
        else:
            assert np.isnan(ratio)


def test_tail_ratio_at_its_edges():
    assert tail_ratio(np.linspace(-0.05, 0.05, 101)) == pytest.approx(1.0)
    assert tail_ratio(np.linspace(0.01, 0.05, 50)) == 0  # no bad tail
    assert np.isnan(tail_ratio(np.linspace(-0.05, -0.01, 50)))  # no good one


def test_co_cvar_by_hand():
    market = np.array([-0.10, 0.01] + [0.0] * 38)
    market[5] = -0.05
    returns = np.linspace(0.0, 0.039, 40)
    # Of 40 days two are the worst: rows 0 and 5.
    assert co_cvar(returns, market) == pytest.approx(-(returns[0] + returns[5]) / 2)
    holed = returns.copy()
    holed[0] = NAN  # 39 days: 1.95 of them; after row 5 come all zeros, which share the rest
    zeros = np.flatnonzero(market == 0)
    rest = returns[zeros].mean() * 0.95
    assert co_cvar(holed, market) == pytest.approx(-(returns[5] + rest) / 1.95)
    market[0] = NAN
    assert co_cvar(returns, market) == pytest.approx(co_cvar(holed, market))


def test_co_cvar_needs_a_whole_day_in_the_tail():
    returns, market = sample(20, 1, 1)[:, 0], sample(20, 1, 2)[:, 0]
    assert np.isfinite(co_cvar(returns, market))
    assert np.isnan(co_cvar(returns[:19], market[:19]))
    with pytest.raises(InputError, match="one a day"):
        co_cvar(returns, market[:19])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(20, 200))
def test_co_cvar_of_the_market_is_its_cvar(seed, rows):
    market = sample(rows, 1, seed, 0.0)[:, 0]
    assert co_cvar(market, market) == pytest.approx(cvar(market), abs=1e-15)
    other = sample(rows, 1, seed + 1)[:, 0]
    assert co_cvar(other, market) <= cvar(other) + 1e-15  # no days are worse than its own worst


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 200))
def test_tail_weights(seed, rows):
    rng = np.random.default_rng(seed)
    losses = -sample(rows, 1, seed)[:, 0]
    weights = tail_weights(losses)
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert (weights >= 0).all()
    assert weights @ losses == pytest.approx(cvar(-losses), abs=1e-14)
    order = rng.permutation(rows)
    np.testing.assert_array_equal(tail_weights(losses[order]), weights[order])


@settings(max_examples=40, deadline=None)
@given(scale=st.floats(0.1, 10), shift=st.floats(-0.1, 0.1), **CASES)
def test_cvar_is_coherent(rows, columns, missing, seed, scale, shift):
    returns = sample(rows, columns, seed, missing)
    plain = cvar(returns)
    np.testing.assert_allclose(cvar(scale * returns + shift), scale * plain - shift, atol=1e-12)
    whole = sample(rows, 2, seed)
    assert cvar(whole.sum(axis=1)) <= cvar(whole).sum() + 1e-12  # subadditive


@settings(max_examples=60, deadline=None)
@given(more=st.integers(0, 5), **CASES)
def test_a_column_does_not_feel_the_others(rows, columns, missing, seed, more):
    returns = sample(rows, columns, seed, missing)
    market = sample(rows, 1, seed + 1, 0.05)[:, 0]
    joined = np.column_stack([returns, sample(rows, more, seed + 2)])
    for measure in (cvar, skewness, tail_ratio, max_drawdown, lambda r: co_cvar(r, market)):
        together = measure(joined)[:columns]
        np.testing.assert_array_equal(together, measure(returns))
        np.testing.assert_array_equal(together, [measure(c) for c in returns.T])


def test_input_errors():
    for measure in (cvar, skewness, tail_ratio, max_drawdown):
        with pytest.raises(InputError, match="infinite"):
            measure(np.array([0.1, np.inf]))
        with pytest.raises(InputError, match="dimensions"):
            measure(np.zeros((2, 2, 2)))
    with pytest.raises(InputError, match="not between 0 and 1"):
        cvar(np.zeros(3), 1.0)
    with pytest.raises(InputError, match="leave out holes"):
        tail_weights(np.array([0.1, NAN]))
