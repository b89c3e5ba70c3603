"""At least so much of a class, of an asset: profiles find the best that is left, by cvxpy."""

from __future__ import annotations

import dataclasses

import cvxpy as cp
import numpy as np
import pytest
from portfolio_problems import made_inputs, settings
from reference import Reference

from engine.allocation.allocate import Allocation, allocate
from engine.allocation.inputs import Inputs
from engine.params import PENALTY_KINDS

LAYERS = ("two", "single")
SAME_OBJECTIVE = 1e-6
# More than any profile would take of them by itself.
AT_LEAST = {"class:bond": 0.3, "asset:S003": 0.04}


class Bounded(Reference):
    """The models with the lower bounds of AT_LEAST on top."""

    def limits(self, x: cp.Expression, of: cp.Expression | float = 1.0) -> list:
        w = self.layer @ x
        masks = {
            "class:bond": np.array(self.inputs.classes) == "bond",
            "asset:S003": np.array(self.inputs.symbols) == "S003",
        }
        rows = [cp.sum(w[np.flatnonzero(masks[k])]) >= low * of for k, low in AT_LEAST.items()]
        return [*super().limits(x, of), *rows]


def problem(seed: int) -> Inputs:
    """16 assets, of which the four with the highest volatility are called bonds."""
    inputs = made_inputs(seed, n=16, t=60, multiplier=1.0)
    classes = ["equity"] * 16
    for i in np.argsort(np.diag(inputs.covariance))[-4:]:
        classes[i] = "bond"
    return dataclasses.replace(inputs, classes=tuple(classes))


def solved(
    inputs: Inputs, profile: str, layers: str, **more: object
) -> tuple[Allocation, np.ndarray, Bounded]:
    """The allocation, its layer variables, and the reference for the same problem."""
    params = settings(
        allocation__profile=profile, allocation__layers=layers,
        limits__bounds=tuple(f"{name}={low}.." for name, low in AT_LEAST.items()),
        limits__group_cap=1.0, limits__cluster_cap=0.6, limits__asset_cap=0.5, **more,
    )  # fmt: skip
    made, two = allocate(inputs, params), layers == "two"
    reference = Bounded(inputs, params, made.groups, made.intra_weights if two else None)
    return made, made.cluster_weights if two else made.weights, reference


def bound(made: Allocation) -> set[str]:
    """Which of the lower bounds are reached."""
    return {b.name for b in made.binding if b.side == "lower"}


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("seed", [1, 4])
def test_min_cvar_is_cvxpys(seed: int, layers: str) -> None:
    made, x, reference = solved(problem(seed), "min_cvar", layers)
    assert bound(made) == set(AT_LEAST)
    best = reference.minimise(reference.cvar)
    theirs = reference.tail(reference.scenarios @ best)
    assert reference.tail(reference.scenarios @ x) == pytest.approx(theirs, rel=SAME_OBJECTIVE)


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("kind", PENALTY_KINDS)
def test_min_variance_is_cvxpys(kind: str, layers: str) -> None:
    inputs, more = problem(1), {"allocation__penalty_kind": kind}
    _, x0, _ = solved(inputs, "min_variance", layers, allocation__penalty=0, **more)
    made, x, reference = solved(inputs, "min_variance", layers, allocation__penalty=0.7, **more)
    assert bound(made) == set(AT_LEAST)
    theirs = reference.variance_objective(reference.min_variance(x0), x0)
    assert reference.variance_objective(x, x0) == pytest.approx(theirs, rel=SAME_OBJECTIVE)


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("kind", PENALTY_KINDS)
def test_max_sharpe_is_cvxpys(kind: str, layers: str) -> None:
    inputs, more = problem(1), {"allocation__penalty_kind": kind}
    _, x0, plain = solved(inputs, "max_sharpe", layers, allocation__penalty=0, **more)
    assert plain.ratio(x0) == pytest.approx(plain.ratio(plain.max_sharpe()), rel=SAME_OBJECTIVE)
    made, x, reference = solved(inputs, "max_sharpe", layers, allocation__penalty=0.7, **more)
    assert "class:bond" in bound(made)
    theirs = reference.ratio(reference.max_sharpe(x0), x0)
    assert reference.ratio(x, x0) == pytest.approx(theirs, rel=SAME_OBJECTIVE)


@pytest.mark.parametrize("layers", LAYERS)
def test_risk_parity_is_cvxpys(layers: str) -> None:
    made, x, reference = solved(problem(1), "risk_parity", layers)
    assert "class:bond" in bound(made)
    theirs = reference.parity_objective(reference.risk_parity(x > 0))
    assert reference.parity_objective(x) == pytest.approx(theirs, rel=0, abs=SAME_OBJECTIVE)
