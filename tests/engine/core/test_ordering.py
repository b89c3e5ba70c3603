"""Rows of equal size stand by name, whatever a solver leaves in the last digits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.ordering import EQUAL, by_size, rows_by_size

NAMES = np.array(["D", "B", "A", "C"])


@given(noise=st.lists(st.floats(-EQUAL / 4, EQUAL / 4), min_size=4, max_size=4))
def test_noise_moves_no_row(noise: list[float]) -> None:
    """Weights at one limit (0.1) and one below it."""
    weights = np.array([0.1, 0.1, 0.05, 0.1]) + noise
    assert [NAMES[i] for i in by_size(weights, NAMES)] == ["B", "C", "D", "A"]


def test_what_a_reader_can_see_decides() -> None:
    weights = [0.1, 0.1001, 0.0999, 0.1]
    assert [NAMES[i] for i in by_size(weights, NAMES)] == ["B", "C", "D", "A"]
    assert [NAMES[i] for i in by_size(weights, NAMES, smallest_first=True)] == ["A", "C", "D", "B"]


@pytest.mark.parametrize("smallest_first", [False, True])
def test_the_unknown_stands_last(smallest_first: bool) -> None:
    order = by_size([np.nan, 0.2, np.nan, 0.1], NAMES, smallest_first=smallest_first)
    assert [NAMES[i] for i in order[2:]] == ["A", "D"]


def test_names_may_be_numbers() -> None:
    assert by_size([1.0, 1.0, 1.0], [10, 9, 2]).tolist() == [2, 1, 0]


def test_rows_of_a_table_are_numbered_anew() -> None:
    table = pd.DataFrame({"symbol": ["B", "A", "C"], "weight": [10.0, 10.0 + 1e-7, 20.0]})
    found = rows_by_size(table, "weight", equal=100 * EQUAL)
    assert found["symbol"].tolist() == ["C", "A", "B"]
    assert found.index.tolist() == [0, 1, 2]
