"""What a profile is: a name for people, its solver, and what λ does to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.allocation.problem import Problem

# x and the solver's name. Raises SolverFailed, and NoPortfolio where `may_say_no`.
Solve = Callable[[Problem], tuple[np.ndarray, str]]


@dataclass(frozen=True)
class ProfileType:
    """An objective.

    solve: n weights over the region that sum to its total. without_penalty: why λ does nothing, ""
    where it does. without_kind: why its kind does nothing, "" where it does. uses_budgets: λ and
    fragility set risk budgets, whatever the kind. may_say_no: there may be no such portfolio.
    """

    label: str
    solve: Solve
    without_penalty: str = ""
    without_kind: str = ""
    uses_budgets: bool = False
    may_say_no: bool = False

    @property
    def uses_penalty(self) -> bool:
        """Whether λ does anything."""
        return not self.without_penalty
