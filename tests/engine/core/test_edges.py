"""One tolerance for every stated edge."""

from __future__ import annotations

import numpy as np
import pytest

from engine.core.edges import EDGE, over


@pytest.mark.parametrize(("a", "b"), [(0.2, 0.3), (0.3, 0.4), (0.1, 0.2), (0.7, 0.8), (0.0, 0.1)])
def test_a_tenth_is_not_over_a_tenth(a: float, b: float) -> None:
    assert not over(b - a, 0.1)
    assert over(b - a + 2 * EDGE, 0.1)


def test_arrays() -> None:
    assert over(np.array([0.1, 0.1 + 1e-12, 0.11]), 0.1).tolist() == [False, False, True]
