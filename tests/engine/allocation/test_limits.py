"""Limits as rows, the region they make, and how much can be invested."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from portfolio_problems import made_inputs, settings
from scipy.optimize import linprog

from engine.allocation.feasible import largest_total
from engine.allocation.groups import systemic_groups
from engine.allocation.inputs import Inputs
from engine.allocation.limits import Limits, budget_of, build_limits
from engine.allocation.region import Region, build_region
from engine.allocation.report import binding, limits_table
from engine.allocation.solvers import nearest, settle
from engine.allocation.within import intra_weights, layer_map

Campaign = Callable[[int, int], int]


def made(inputs: Inputs, **more: object) -> Limits:
    groups, names = systemic_groups(
        inputs.symbols, inputs.linkage_correlation, inputs.sectors, inputs.classes, "ward"
    )
    return build_limits(inputs, groups, names, settings(**more).limits)


def layered(inputs: Inputs) -> np.ndarray:
    variance = np.diag(inputs.covariance)
    return layer_map(inputs.labels, intra_weights(inputs.labels, variance, inputs.momentum, 0.5))


def test_one_row_each() -> None:
    inputs = made_inputs(0, n=20)
    limits = made(inputs, limits__bounds=("asset:S001=..3%", "class:equity=10%.."))
    n = {kind: limits.kinds.count(kind) for kind in set(limits.kinds)}
    assert n["asset"] == 20
    assert n["cluster"] == len(inputs.cluster_ids)
    assert n["class"] == len(set(inputs.classes))
    assert n["bound"] == 2
    for kind in ("asset", "cluster", "group", "class"):
        rows = [i for i, k in enumerate(limits.kinds) if k == kind]
        assert limits.members[rows].sum(axis=0).tolist() == [1.0] * 20, f"{kind}: each asset once"


@pytest.mark.parametrize(
    ("cap", "names", "n", "expected"),
    [(0.1, 0, 20, 0.1), (0.05, 2, 20, 0.1), (0.05, 2, 100, 0.05), (0.05, 2, 1, 1.0)],
)
def test_the_asset_cap(cap: float, names: float, n: int, expected: float) -> None:
    limits = made(made_inputs(1, n=n), limits__asset_cap=cap, limits__asset_cap_names=names)
    assert limits.upper[0] == pytest.approx(expected)


def test_budgets() -> None:
    params = settings(limits__equity_budget=0.8, limits__other_budget=0.4).limits
    assert budget_of("equity", 0.5, params) == pytest.approx(0.4)
    assert budget_of("crypto", 0.5, params) == pytest.approx(0.1)
    assert budget_of("fx", 0.5, params) == 0.25
    assert budget_of("commodity", 0.5, params) == 0.4


def test_a_class_has_its_budget_however_it_is_written() -> None:
    inputs = made_inputs(1, n=6, multiplier=1.0)
    inputs = dataclasses.replace(inputs, classes=("FX", " fx ", "Crypto", "", "  ", "Unknown"))
    limits = made(inputs)
    rows = {limits.names[i]: i for i, kind in enumerate(limits.kinds) if kind == "class"}
    assert {name: limits.members[i].tolist() for name, i in rows.items()} == {
        "crypto": [0, 0, 1, 0, 0, 0], "fx": [1, 1, 0, 0, 0, 0], "unknown": [0, 0, 0, 1, 1, 1],
    }  # fmt: skip
    assert (limits.upper[rows["fx"]], limits.upper[rows["crypto"]]) == (0.25, 0.2)


def inside(region: Region, x: np.ndarray) -> bool:
    return region.violation(x) <= 1e-9


@pytest.mark.parametrize("layers", ["two", "single"])
def test_the_region_says_what_the_limits_say(layers: str, campaign: Campaign) -> None:
    said = {True: 0, False: 0}
    for seed in range(campaign(40, 1000)):
        inputs, rng = made_inputs(seed, t=20), np.random.default_rng(seed)
        limits = made(inputs, limits__bounds=("asset:S002=1%..8%", "class:equity=..70%"))
        layer = layered(inputs) if layers == "two" else np.eye(len(inputs.symbols))
        region = build_region(limits.members @ layer, limits.lower, limits.upper)
        assert len(region.rows) < len(limits.kinds) / 2
        for scale in (0.3, 1.0):
            x = rng.dirichlet(np.full(region.n, 3.0)) * scale
            w = limits.members @ (layer @ x)
            holds = bool((w <= limits.upper + 1e-9).all() and (w >= limits.lower - 1e-9).all())
            assert inside(region, x) == holds, seed
            said[holds] += 1
    assert min(said.values()) > 10, said


@pytest.mark.parametrize("layers", ["two", "single"])
def test_the_largest_total_is_that_of_all_rows(layers: str, campaign: Campaign) -> None:
    partly = 0
    for seed in range(campaign(40, 1000)):
        inputs = made_inputs(seed, t=20)
        limits = made(inputs, limits__asset_cap=0.05, limits__group_cap=0.2)
        layer = layered(inputs) if layers == "two" else np.eye(len(inputs.symbols))
        region = build_region(limits.members @ layer, limits.lower, limits.upper)
        total, reason = largest_total(region, limits, layer)
        plain = linprog(
            -np.ones(region.n), A_ub=limits.members @ layer, b_ub=limits.upper, method="highs"
        )
        assert total == pytest.approx(min(1.0, -plain.fun), abs=2e-9)
        assert (reason == "") == (total == 1)
        partly += total < 1
    assert partly > 5


def test_cash_names_the_limits_that_keep_it() -> None:
    inputs = made_inputs(2, n=20, multiplier=0.5)
    limits = made(inputs, limits__other_budget=0.1, limits__fx_budget=0.05)
    layer = np.eye(20)
    total, reason = largest_total(
        build_region(limits.members, limits.lower, limits.upper), limits, layer
    )
    named = {"equity": 0.5, "crypto": 0.1, "fx": 0.05, "bond": 0.1}
    have = set(inputs.classes)
    assert total <= sum(v for k, v in named.items() if k in have) + 1e-9
    assert "class fx at most 5.0 %" in reason


def by_hand(rows: dict[str, tuple[str, float, float]]) -> Limits:
    """`kind name` → members by letter, lower, upper; of the assets A, B, C."""
    kinds, names = zip(*(key.split() for key in rows), strict=True)
    members = np.array([[float(a in row[0]) for a in "ABC"] for row in rows.values()])
    lower, upper = (np.array([row[side] for row in rows.values()]) for side in (1, 2))
    return Limits(kinds, names, members, lower, upper)


def test_who_keeps_the_cash_is_told_with_the_lower_bounds_in_place() -> None:
    """A ≥ 20 % leaves 10 % each to B and C, under both budgets; without it B's cap would bind.

    The class comes first, though it is the last row. The total is a hair less than what is left.
    """
    limits = by_hand({
        "asset A": ("A", 0.2, 1.0), "asset B": ("B", 0.0, 0.25), "asset C": ("C", 0.0, 1.0),
        "group 1": ("AB", 0.0, 0.3), "class x": ("AC", 0.0, 0.3),
    })  # fmt: skip
    region = build_region(limits.members, limits.lower, limits.upper)
    total, reason = largest_total(region, limits, np.eye(3))
    assert 0.4 - total == pytest.approx(1e-9, rel=0.01)
    assert reason == (
        "The limits let 40.0 % be invested: class x at most 30.0 %, group 1 at most 30.0 %."
    )


# --- settling -----------------------------------------------------------------------------------
BOX = Region(
    np.zeros(3), np.array([0.5, 0.5, 1.0]), np.array([[1.0, 1.0, 0.0]]), np.zeros(1),
    np.array([0.6]),
)  # fmt: skip


def test_settled_weights_hold() -> None:
    x = settle(np.array([0.5 + 1e-6, 1e-12, 0.5]), BOX)
    assert x[1] == 0
    assert x.sum() == pytest.approx(1, abs=1e-15)
    assert BOX.violation(x) <= 1e-9
    assert x == pytest.approx([0.5, 0, 0.5], abs=1e-5)


def test_an_answer_without_what_must_be_there_is_brought_to_it() -> None:
    box = Region(np.array([0.1, 0.0, 0.0]), np.ones(3), np.zeros((0, 3)), np.zeros(0), np.zeros(0))
    x = settle(np.array([0.0, 0.4, 0.6]), box)
    assert x == pytest.approx([0.1, 0.35, 0.55])


def test_nearest_by_hand() -> None:
    """(0.5, 0.5, 0): the row takes 0.4 off, the total adds it to the third."""
    x, solver = nearest(np.array([0.5, 0.5, 0.0]), BOX)
    assert x == pytest.approx([0.3, 0.3, 0.4])
    assert solver == "daqp"


# --- report -------------------------------------------------------------------------------------
def test_binding_limits_are_those_reached() -> None:
    inputs = made_inputs(3, n=12, threshold=0.0, multiplier=1.0)
    limits = made(
        inputs, limits__group_cap=1.0, limits__crypto_budget=1, limits__fx_budget=1,
        limits__bounds=("asset:S001=2%..", "asset:S002=..4%", "asset:S003=7%"),
    )  # fmt: skip
    w = np.full(12, 0.05)
    w[:4] = 0.1, 0.02, 0.04, 0.07
    table = limits_table(limits, w)
    found = {(b.kind, b.name, b.side, round(b.limit, 6)) for b in binding(table)}
    assert found == {
        ("asset", "S000", "upper", 0.1),
        ("bound", "asset:S001", "lower", 0.02),
        ("bound", "asset:S002", "upper", 0.04),
        ("bound", "asset:S003", "lower", 0.07),
    }
    assert table["slack"].min() == pytest.approx(0, abs=1e-15)
    w[0] = 0.11
    assert limits_table(limits, w)["slack"].min() == pytest.approx(-0.01)
