"""Weights against their limits: what holds, what binds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.allocation.limits import Limits

# Nearer to a limit than this is at it.
AT_LIMIT = 1e-6


@dataclass(frozen=True)
class Binding:
    """A limit that the weights have reached.

    kind: asset, cluster, group, class, or bound (the manager's own). side: upper, or lower. A lock
    is given once, as lower.
    """

    kind: str
    name: str
    value: float
    limit: float
    side: str


def limits_table(limits: Limits, weights: np.ndarray) -> pd.DataFrame:
    """One row a limit: kind, name, value, lower, upper, slack (negative = passed).

    weights: N in the limits' order. slack is to the nearer side; a lower side of 0 is none.
    """
    value = limits.members @ weights
    below = np.where(limits.lower > 0, value - limits.lower, np.inf)
    return pd.DataFrame(
        {
            "kind": limits.kinds, "name": limits.names, "value": value,
            "lower": limits.lower, "upper": limits.upper,
            "slack": np.minimum(limits.upper - value, below),
        }
    )  # fmt: skip


def binding(table: pd.DataFrame) -> tuple[Binding, ...]:
    """The rows of `limits_table` at one of their sides; an upper side of 1 never binds, as the
    weights sum to no more."""
    out = []
    for row in table.itertuples():
        if row.lower > 0 and row.value <= row.lower + AT_LIMIT:
            out.append(Binding(row.kind, row.name, float(row.value), float(row.lower), "lower"))
        elif row.upper < 1 and row.value >= row.upper - AT_LIMIT:
            out.append(Binding(row.kind, row.name, float(row.value), float(row.upper), "upper"))
    return tuple(out)
