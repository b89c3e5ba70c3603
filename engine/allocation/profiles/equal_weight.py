"""Equal weights, then the nearest point under the limits."""

from __future__ import annotations

import numpy as np

from engine.allocation.problem import Problem
from engine.allocation.profiles.kind import ProfileType
from engine.allocation.solvers import nearest


def equal_weight(problem: Problem) -> tuple[np.ndarray, str]:
    """1/n of the total in each of the n variables, brought under the limits; x and the solver's
    name.

    In two layers each cluster has the same weight, and layer 2 parts it; in one layer each asset.
    The point of the region nearest (Euclidean) to that: where no limit is in the way, the equal
    weights themselves. Knows neither risk nor return (DeMiguel, Garlappi & Uppal 2009). λ has no
    effect. Raises SolverFailed.
    """
    region = problem.region
    return nearest(np.full(region.n, region.total / region.n), region)


PROFILE = ProfileType(
    "Equal weight", equal_weight,
    without_penalty="Equal weights have no objective that a penalty could join.",
)  # fmt: skip
