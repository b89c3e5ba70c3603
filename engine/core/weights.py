"""What is said of weights wherever they come from: how much moves, how concentrated they are."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np


def one_way(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """One-way turnover between weights by symbol, CASH among them: ½ Σ|after − before|; who is not
    named has none."""
    names = sorted({*before, *after})
    return 0.5 * math.fsum(abs(after.get(s, 0.0) - before.get(s, 0.0)) for s in names)


def effective_number(weights: np.ndarray) -> float:
    """(Σw)² / Σw²: how many equal holdings are as concentrated; NaN if nothing is held.

    weights: N, without cash. Invariant: 1 for a single holding, n for n equal ones, whatever the
    cash beside them.
    """
    squares = float(weights @ weights)
    return float(weights.sum()) ** 2 / squares if squares > 0 else math.nan
