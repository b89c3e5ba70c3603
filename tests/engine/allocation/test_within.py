"""Layer 2: weights inside clusters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import rankdata

from engine.allocation.within import intra_weights, layer_map

ONE = np.zeros(3, dtype=int)
VARIANCE = np.array([0.01, 0.02, 0.04])


def test_by_hand() -> None:
    """Inverse variance 4/7, 2/7, 1/7; momentum ranks 2, 1, 3 of 6."""
    momentum = np.array([0.1, -0.2, 0.3])
    v = intra_weights(ONE, VARIANCE, momentum, 0.5)
    assert v == pytest.approx([0.5 * (4 / 7 + 2 / 6), 0.5 * (2 / 7 + 1 / 6), 0.5 * (1 / 7 + 3 / 6)])
    assert intra_weights(ONE, VARIANCE, momentum, 1.0) == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert intra_weights(ONE, VARIANCE, momentum, 0.0) == pytest.approx([2 / 6, 1 / 6, 3 / 6])


def test_ties_share_and_the_unknown_rank_in_the_middle() -> None:
    v = intra_weights(ONE, VARIANCE, np.array([0.1, 0.1, 0.3]), 0.0)
    assert v == pytest.approx([1.5 / 6, 1.5 / 6, 3 / 6])
    v = intra_weights(ONE, VARIANCE, np.array([0.1, np.nan, 0.3]), 0.0)
    assert v == pytest.approx([1 / 6, 2 / 6, 3 / 6])
    v = intra_weights(ONE, VARIANCE, np.full(3, np.nan), 0.0)
    assert v == pytest.approx([1 / 3, 1 / 3, 1 / 3])


def test_one_that_ran_away_does_not_move_the_middle() -> None:
    """Of 0, 0.1, 0.2 and 10 the median is 0.15, the mean 2.575."""
    momentum = np.array([0.0, 0.1, 0.2, 10.0, np.nan])
    v = intra_weights(np.zeros(5, dtype=int), np.ones(5), momentum, 0.0)
    assert v == pytest.approx(np.array([1, 2, 4, 5, 3]) / 15)


def test_who_is_excluded_counts_for_nothing() -> None:
    momentum = np.array([0.1, -0.2, 0.3])
    v = intra_weights(ONE, VARIANCE, momentum, 0.5, np.array([False, False, True]))
    assert v[2] == 0
    assert v[:2] == pytest.approx(intra_weights(ONE[:2], VARIANCE[:2], momentum[:2], 0.5))
    all_out = intra_weights(ONE, VARIANCE, momentum, 0.5, np.ones(3, dtype=bool))
    assert all_out.sum() == pytest.approx(1)


@given(
    n=st.integers(1, 40), seed=st.integers(0, 10**6), alpha=st.floats(0, 1), grain=st.integers(1, 9)
)
def test_sums_ranks_and_permutations(n: int, seed: int, alpha: float, grain: int) -> None:
    rng = np.random.default_rng(seed)
    _, labels = np.unique(rng.integers(0, 6, n), return_inverse=True)
    variance = np.exp(rng.normal(-4, 2, n))
    momentum = rng.integers(-grain, grain, n) / 10
    v = intra_weights(labels, variance, momentum, alpha)
    assert (v >= 0).all()
    assert np.bincount(labels, weights=v) == pytest.approx(np.ones(labels.max() + 1), abs=1e-12)
    for k in range(labels.max() + 1):
        inside = labels == k
        ranks = rankdata(momentum[inside])
        inverse = 1 / variance[inside]
        wanted = alpha * inverse / inverse.sum() + (1 - alpha) * ranks / ranks.sum()
        assert v[inside] == pytest.approx(wanted, rel=1e-12)
    order = rng.permutation(n)
    again = intra_weights(labels[order], variance[order], momentum[order], alpha)
    assert again == pytest.approx(v[order], abs=1e-12)


@given(hnp.arrays(np.float64, 5, elements=st.floats(0, 1)))
def test_the_map_spreads_cluster_weights(v: np.ndarray) -> None:
    labels = np.array([0, 1, 0, 2, 1])
    w = np.array([0.5, 0.3, 0.2])
    assert layer_map(labels, v) @ w == pytest.approx(w[labels] * v)
