"""Minimum variance with a fragility penalty."""

from __future__ import annotations

import numpy as np

from engine.allocation.problem import Problem, linear_penalty, units_of
from engine.allocation.profiles.kind import ProfileType
from engine.allocation.profiles.min_cvar import variance_and_cvar
from engine.allocation.solvers import quadratic


def min_variance(problem: Problem) -> tuple[np.ndarray, str]:
    """x that minimises x'Σx/σ₀² + λ · penalty over the region; x and the solver's name.

    σ₀ and CVaR₀ are those of the solution at λ = 0, which at λ = 0 is the answer. Penalties, by
    `problem.kind`: cluster_cvar Σ x_k CVaR_k / CVaR₀, score f'x (both linear: a quadratic program),
    portfolio_cvar CVaR(x)/CVaR₀ (Rockafellar & Uryasev 2000).

    Raises SolverFailed. Invariant: the penalty never rises along λ.
    """
    nothing = np.zeros(problem.region.n)
    plain, solver = quadratic(problem.covariance, nothing, problem.region)
    if problem.penalty == 0:
        return plain, solver
    units = units_of(problem, plain)
    hessian = 2.0 * problem.covariance / units.volatility**2
    if problem.kind == "portfolio_cvar":
        return variance_and_cvar(hessian, problem.penalty / units.cvar, problem)
    return quadratic(hessian, problem.penalty * linear_penalty(problem, units), problem.region)


PROFILE = ProfileType("Minimum variance", min_variance)
