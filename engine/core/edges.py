"""When a number is over a stated edge: one tolerance for all, so that 0.2 → 0.3 and 0.3 → 0.4,
whose differences are not the same float, are both exactly at 0.1."""

from __future__ import annotations

from typing import Any

import numpy as np

EDGE = 1e-9  # of a weight: a millionth of what any figure shows


def ranks(values: np.ndarray) -> np.ndarray:
    """1 … n, ties at their mean, as `scipy.stats.rankdata`; what differs by rounding alone ties.

    values: n finite ones. Two series of which one is three times the other tie.
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    edge = EDGE * float(np.abs(values).max(initial=0.0))
    group = np.cumsum(np.r_[True, np.diff(ordered) > edge]) - 1 if len(values) else order
    mean = np.bincount(group, np.arange(1.0, len(values) + 1)) / np.maximum(np.bincount(group), 1)
    out = np.empty(len(values))
    out[order] = mean[group]
    return out


def over(value: Any, edge: Any) -> Any:
    """Whether a value, or each of an array, is over its edge by more than rounding."""
    return value > edge + EDGE
