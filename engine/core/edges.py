"""When a number is over a stated edge: one tolerance for all, so that 0.2 → 0.3 and 0.3 → 0.4,
whose differences are not the same float, are both exactly at 0.1."""

from __future__ import annotations

from typing import Any

EDGE = 1e-9  # of a weight: a millionth of what any figure shows


def over(value: Any, edge: Any) -> Any:
    """Whether a value, or each of an array, is over its edge by more than rounding."""
    return value > edge + EDGE
