"""Pairwise correlation, shrinkage toward the class prior, repair."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics.correlation import (
    Correlation,
    estimate_correlation,
    pairwise_correlation,
    zero_variance,
)
from engine.analytics.psd import is_psd, repair
from engine.core.errors import EmptyUniverse, InputError

NAN = np.nan


def sample(rows: int, columns: int, seed: int, missing: float = 0.0) -> np.ndarray:
    """One-factor returns with holes at random."""
    rng = np.random.default_rng(seed)
    returns = 0.01 * (rng.standard_normal((rows, 1)) + rng.standard_normal((rows, columns)))
    returns[rng.random((rows, columns)) < missing] = NAN
    return returns


def names(n: int) -> tuple[str, ...]:
    return tuple(f"S{i:03d}" for i in range(n))


def smallest_eigenvalue(matrix: np.ndarray) -> float:
    return float(np.linalg.eigvalsh(matrix)[0])


def test_by_hand():
    # On rows 0-2, the common ones, x = 1, 2, 3 and y = 1, 3, 2: covariance 1/2, variances 1.
    returns = np.array([[1, 1], [2, 3], [3, 2], [9, NAN], [NAN, 7]], dtype=float)
    correlation, overlap = pairwise_correlation(returns)
    np.testing.assert_allclose(correlation, [[1, 0.5], [0.5, 1]], atol=1e-15)
    np.testing.assert_array_equal(overlap, [[4, 3], [3, 4]])


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(4, 60),
    columns=st.integers(1, 12),
    missing=st.sampled_from([0.0, 0.05, 0.3, 0.7]),
    seed=st.integers(0, 10_000),
)
def test_equals_pandas(rows, columns, missing, seed):
    returns = sample(rows, columns, seed, missing)
    correlation, overlap = pairwise_correlation(returns)
    np.testing.assert_allclose(
        correlation, pd.DataFrame(returns).corr(min_periods=3), rtol=0, atol=1e-12
    )
    present = (~np.isnan(returns)).astype(int)
    np.testing.assert_array_equal(overlap, present.T @ present)


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_badly_scaled_columns_equal_pandas(missing):
    returns = sample(200, 6, 1, missing)
    scaled = returns * np.array([1e-9, 1e9, 1, 1e-4, 1e4, 1]) + np.array([0, 0, 3, 1e-3, -1e3, 1])
    np.testing.assert_allclose(
        pairwise_correlation(scaled)[0], pd.DataFrame(scaled).corr(), rtol=0, atol=1e-12
    )


def test_an_outlier_outside_the_common_rows_costs_no_digits():
    returns = sample(120, 4, 2, 0.05)
    returns[7] = [1e7, NAN, 0.01, NAN]
    np.testing.assert_allclose(
        pairwise_correlation(returns)[0], pd.DataFrame(returns).corr(), rtol=0, atol=1e-12
    )


def test_pairs_without_an_answer_are_nan():
    returns = sample(30, 4, 3)
    returns[:28, 1] = NAN  # two rows in common with the others: fewer than three
    returns[:15, 2] = 0.01  # constant wherever column 3 is known, but not constant itself
    returns[15:, 3] = NAN
    correlation, overlap = pairwise_correlation(returns)
    assert overlap[0, 1] == 2
    assert np.isnan(correlation[1, 0])
    assert np.isnan(correlation[2, 3])
    assert np.isfinite(correlation[0, 2])
    assert correlation[2, 2] == 1


@pytest.mark.parametrize("hole", [False, True])
def test_zero_variance_columns_are_found_and_nan(hole):
    returns = sample(40, 4, 4)
    returns[:, 1] = 0.1  # its floating-point mean is not 0.1
    returns[:, 2] = NAN
    if not hole:
        returns = returns[:, [0, 1, 3]]
    still = zero_variance(returns)
    assert still.tolist() == ([False, True, True, False] if hole else [False, True, False])
    correlation, _ = pairwise_correlation(returns)
    assert np.isnan(correlation[still]).all()
    assert np.isfinite(correlation[np.ix_(~still, ~still)]).all()


def test_rounding_is_no_movement():
    prices = 100 * 1.01 ** np.arange(40)  # 1 % every day, but not to the last digit
    returns = sample(39, 2, 10)
    returns[:, 1] = prices[1:] / prices[:-1] - 1
    assert np.ptp(returns[:, 1]) > 0
    assert zero_variance(returns).tolist() == [False, True]


def test_estimate_names_columns_that_do_not_move():
    returns = sample(40, 3, 5)
    returns[:, [0, 2]] = 0.0
    with pytest.raises(InputError, match="zero variance: X, Z"):
        estimate_correlation(returns, ("Z", "Y", "X"), ("a",) * 3, 40)


def test_input_errors():
    with pytest.raises(EmptyUniverse):
        estimate_correlation(np.empty((10, 0)), (), (), 10)
    with pytest.raises(InputError, match="come twice: A"):
        estimate_correlation(sample(10, 2, 0), ("A", "A"), ("", ""), 10)
    with pytest.raises(InputError, match="infinite in column"):
        pairwise_correlation(np.array([[1.0], [np.inf]]))
    with pytest.raises(InputError, match="one symbol"):
        estimate_correlation(sample(10, 2, 0), ("A",), ("",), 10)


def test_shrinkage_by_hand():
    returns = sample(100, 5, 6)
    returns[60:, 4] = NAN
    classes = ("equity", "equity", "equity", "fx", "equity")
    raw, _ = pairwise_correlation(returns)
    result = estimate_correlation(returns, names(5), classes, 100, True)
    weight = 60 / 80
    equities = np.mean([raw[0, 1], raw[0, 2], raw[1, 2]])
    mixed = np.mean([raw[0, 3], raw[1, 3], raw[2, 3]])
    assert result.matrix[0, 4] == pytest.approx(weight * raw[0, 4] + (1 - weight) * equities)
    assert result.matrix[3, 4] == pytest.approx(weight * raw[3, 4] + (1 - weight) * mixed)
    assert result.matrix[0, 1] == pytest.approx(raw[0, 1], abs=1e-15)
    assert (result.shrunk_pairs, result.raw_missing_pairs, result.repaired) == (4, 0, False)
    kept = estimate_correlation(returns, names(5), classes, 100, False)
    assert kept.shrunk_pairs == 0
    np.testing.assert_allclose(kept.matrix, raw, atol=1e-14)


@pytest.mark.parametrize("shrink", [True, False])
def test_pairs_that_never_met_take_the_prior(shrink):
    returns = sample(100, 4, 7)
    returns[90:, 2] = NAN
    returns[:90, 3] = NAN  # columns 2 and 3 share no row, and no full pair has class b
    result = estimate_correlation(returns, names(4), ("a", "a", "a", "b"), 100, shrink)
    raw, _ = pairwise_correlation(returns)
    assert result.raw_missing_pairs == 1
    fallback = np.mean([raw[0, 1], raw[0, 2], raw[1, 2]])  # all fully overlapping pairs
    assert result.matrix[2, 3] == pytest.approx(fallback, abs=result.largest_repair + 1e-12)


def test_a_full_pair_without_a_correlation_is_no_part_of_the_prior():
    # Column 2 stands still wherever column 3 is known: 90 common rows, and no correlation.
    returns = sample(100, 4, 11)
    returns[:90, 2] = 0.01
    returns[90:, 3] = NAN
    raw, overlap = pairwise_correlation(returns)
    assert overlap[2, 3] == 90
    assert np.isnan(raw[2, 3])
    result = estimate_correlation(returns, names(4), ("a",) * 4, 100)
    assert (result.shrunk_pairs, result.raw_missing_pairs) == (1, 1)
    others = np.mean([raw[0, 1], raw[0, 2], raw[0, 3], raw[1, 2], raw[1, 3]])
    assert result.matrix[2, 3] == pytest.approx(others, abs=result.largest_repair + 1e-12)
    assert result.largest_repair < 0.01


def test_without_full_pairs_the_prior_is_zero():
    returns = sample(20, 2, 8)
    raw, _ = pairwise_correlation(returns)
    result = estimate_correlation(returns, names(2), ("a", "a"), 100)
    assert result.matrix[0, 1] == pytest.approx(20 / 80 * raw[0, 1])


@settings(max_examples=40, deadline=None)
@given(
    columns=st.integers(1, 40),
    missing=st.sampled_from([0.0, 0.05, 0.4, 0.8]),
    shrink=st.booleans(),
    seed=st.integers(0, 10_000),
)
def test_result_is_a_correlation_matrix(columns, missing, shrink, seed):
    returns = sample(60, columns, seed, missing)
    returns = returns[:, ~zero_variance(returns)]
    n = returns.shape[1]
    classes = tuple("ab"[i % 2] for i in range(n))
    result = estimate_correlation(returns, names(n), classes, 50, shrink)
    matrix = result.matrix
    assert (matrix == matrix.T).all()
    assert (np.diag(matrix) == 1).all()
    assert (np.abs(matrix) <= 1).all()
    assert smallest_eigenvalue(matrix) >= -1e-10
    assert not matrix.flags.writeable
    assert (result.largest_repair > 0) == result.repaired


def test_heavy_missingness_needs_the_repair_and_gets_it():
    returns = sample(60, 50, 9, 0.5)
    raw, _ = pairwise_correlation(returns)
    assert smallest_eigenvalue(raw) < -0.01
    result = estimate_correlation(returns, names(50), ("a",) * 50, 40, False)
    assert result.repaired
    assert result.largest_repair == pytest.approx(np.abs(result.matrix - raw).max())
    assert smallest_eigenvalue(result.matrix) >= -1e-10


def test_repair_by_hand():
    # ρ = (0.9, 0.9, -0.9) has eigenvalue -0.8; its two others are 1.9. Clipped and scaled: ±1/2.
    matrix = np.array([[1, 0.9, 0.9], [0.9, 1, -0.9], [0.9, -0.9, 1]])
    assert smallest_eigenvalue(matrix) == pytest.approx(-0.8)
    assert not is_psd(matrix)
    fixed = repair(matrix)
    np.testing.assert_allclose(fixed, [[1, 0.5, 0.5], [0.5, 1, -0.5], [0.5, -0.5, 1]], atol=1e-14)
    assert is_psd(fixed)


def test_is_psd_at_its_boundary():
    assert is_psd(np.ones((5, 5)))
    assert not is_psd(np.ones((5, 5)) - 3e-10 * np.eye(5))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), missing=st.sampled_from([0.0, 0.2]))
def test_order_of_columns_only_reorders(seed, missing):
    rng = np.random.default_rng(seed)
    returns = sample(50, 12, seed, missing)
    classes = tuple(rng.choice(["a", "b"], 12).tolist())
    shuffle = rng.permutation(12)
    plain = estimate_correlation(returns, names(12), classes, 50)
    other = estimate_correlation(
        returns[:, shuffle],
        tuple(names(12)[i] for i in shuffle),
        tuple(classes[i] for i in shuffle),
        50,
    )
    assert (other.matrix_for(plain.symbols) == plain.matrix).all()
    assert (other.overlap == plain.overlap[np.ix_(shuffle, shuffle)]).all()


def test_correlation_checks_itself():
    ones = np.eye(2, dtype=int)
    with pytest.raises(InputError, match="ones on its diagonal"):
        Correlation(("A", "B"), np.array([[1, 0.2], [0.3, 1]]), ones)
    with pytest.raises(InputError, match="missing or outside"):
        Correlation(("A", "B"), np.array([[1, NAN], [NAN, 1]]), ones)
    with pytest.raises(InputError, match="No correlation for C"):
        Correlation(("A", "B"), np.eye(2), ones).matrix_for(("A", "C"))
