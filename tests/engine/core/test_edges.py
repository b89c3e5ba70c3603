"""One tolerance for every stated edge."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from engine.core.edges import EDGE, over, ranks


@pytest.mark.parametrize(("a", "b"), [(0.2, 0.3), (0.3, 0.4), (0.1, 0.2), (0.7, 0.8), (0.0, 0.1)])
def test_a_tenth_is_not_over_a_tenth(a: float, b: float) -> None:
    assert not over(b - a, 0.1)
    assert over(b - a + 2 * EDGE, 0.1)


def test_arrays() -> None:
    assert over(np.array([0.1, 0.1 + 1e-12, 0.11]), 0.1).tolist() == [False, False, True]


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=30), st.integers(0, 10**6))
def test_ranks_are_scipys_but_for_rounding(values: list[int], seed: int) -> None:
    exact = np.array(values, dtype=float)
    rounded = exact * (1 + np.random.default_rng(seed).uniform(-1e-13, 1e-13, len(exact)))
    assert ranks(rounded).tolist() == rankdata(exact).tolist()


def test_ranks_of_nothing() -> None:
    assert ranks(np.array([])).tolist() == []
