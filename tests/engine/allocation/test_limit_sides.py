"""Both sides of a limit: what asks for at least counts wherever what allows at most does."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from engine.allocation.allocate import LIMIT_TOLERANCE, _finished
from engine.allocation.bounds import parse_bounds
from engine.allocation.feasible import _at_most_one, largest_total
from engine.allocation.limits import Limits
from engine.allocation.profiles.min_cvar import region_rows
from engine.allocation.region import Region, build_region
from engine.allocation.report import AT_LIMIT, binding, limits_table
from engine.core.errors import NoPortfolio, ParamError, SolverFailed
from engine.desk import drift_view
from engine.research.caps import AT, OVER, ROUNDED, WITHIN, _cap
from engine.trading.book import WeightLimit
from engine.trading.desired import TRADED_TOLERANCE

# A and B hold at least 30 % together and at most 80; A at least 10 %, C at most 40.
MATRIX = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
LOWER, UPPER = np.array([0.3, 0.1, 0.0]), np.array([0.8, 1.0, 0.4])
LIMITS = Limits(("group", "bound", "asset"), ("1 (x)", "asset:A", "C"), MATRIX, LOWER, UPPER)
REGION = build_region(MATRIX, LOWER, UPPER)


@pytest.mark.parametrize(
    ("after", "lower", "upper", "room", "state"),
    [
        (0.30, 0.1, 0.8, 0.2, WITHIN),
        (0.75, 0.1, 0.8, 0.05, WITHIN),
        (0.12, 0.1, 0.8, 0.02, WITHIN),
        (0.08, 0.1, 0.8, -0.02, OVER),
        (0.82, 0.1, 0.8, -0.02, OVER),
        (0.1 + TRADED_TOLERANCE / 2, 0.1, 0.8, TRADED_TOLERANCE / 2, AT),
        (0.1 - TRADED_TOLERANCE / 2, 0.1, 0.8, -TRADED_TOLERANCE / 2, ROUNDED),
        (0.00, 0.0, 0.8, 0.8, WITHIN),  # a lower side of 0 is none
    ],
)
def test_room_is_to_the_nearer_side(
    after: float, lower: float, upper: float, room: float, state: str
) -> None:
    found = _cap("bound", "asset:A", 0.0, after, 0.0, lower, upper)
    assert found.room == pytest.approx(room)
    assert found.state == state


def test_trades_are_told_of_both_sides() -> None:
    portfolio = SimpleNamespace(
        allocation=SimpleNamespace(limit_rows=LIMITS),
        inputs=SimpleNamespace(symbols=("A", "B", "C")),
    )
    assert drift_view._weight_limits(portfolio) == (  # type: ignore[arg-type]
        WeightLimit("group 1 (x)", frozenset({"A", "B"}), 0.3, 0.8),
        WeightLimit("asset:A", frozenset({"A"}), 0.1, 1.0),
        WeightLimit("asset C", frozenset({"C"}), 0.0, 0.4),
    )


@pytest.mark.parametrize(
    ("weights", "slack"),
    [([0.2, 0.2, 0.4], [0.1, 0.1, 0.0]), ([0.05, 0.2, 0.1], [-0.05, -0.05, 0.3])],
)
def test_slack_is_to_the_nearer_side(weights: list[float], slack: list[float]) -> None:
    assert limits_table(LIMITS, np.array(weights))["slack"].tolist() == pytest.approx(slack)


def test_a_lower_side_binds_within_rounding() -> None:
    def sides(at: float) -> list[tuple[str, str]]:
        return [(b.name, b.side) for b in binding(limits_table(LIMITS, np.array([at, 0.4, 0.1])))]

    assert sides(0.1 + 0.5 * AT_LIMIT) == [("asset:A", "lower")]
    assert sides(0.1 + 2 * AT_LIMIT) == []


def test_the_region_keeps_lower_sides() -> None:
    assert REGION.lower.tolist() == [0.1, 0.0, 0.0]
    assert REGION.upper.tolist() == [1.0, 1.0, 0.4]
    assert (REGION.rows.tolist(), REGION.row_lower, REGION.row_upper) == ([[1, 1, 0]], 0.3, 0.8)
    assert REGION.violation(np.array([0.1, 0.2, 0.4])) == pytest.approx(0)
    assert REGION.violation(np.array([0.1, 0.1, 0.4])) == pytest.approx(0.1)
    assert REGION.violation(np.array([0.05, 0.3, 0.4])) == pytest.approx(0.05)
    # A share of a variable: 30 % of it is at least 6 %, so it is at least 20.
    share = build_region(np.array([[0.3, 0.0]]), np.array([0.06]), np.array([0.15]))
    assert (share.lower[0], share.upper[0]) == (pytest.approx(0.2), pytest.approx(0.5))
    # One side each of two equal rows, and a row that only its lower side keeps.
    both = build_region(
        np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]]), np.array([0.3, 0.0]), np.array([1.0, 0.6])
    )
    assert (len(both.rows), both.row_lower[0], both.row_upper[0]) == (1, 0.3, 0.6)
    assert len(build_region(np.array([[1.0, 1.0]]), np.array([0.3]), np.array([1.0])).rows) == 1
    held = REGION.without(np.array([True, False, False]))
    assert (held.lower.tolist(), held.upper.tolist()) == ([0, 0, 0], [0.0, 1.0, 0.4])


@pytest.mark.parametrize(
    ("x", "holds"),
    [([0.3, 0.3, 0.4], True), ([0.1, 0.1, 0.4], False), ([0.05, 0.55, 0.4], False),
     ([0.5, 0.4, 0.1], False), ([0.2, 0.2, 0.5], False)],
)  # fmt: skip
def test_rows_for_solvers_say_both_sides(x: list[float], holds: bool) -> None:
    at = np.array(x)
    rows, right = REGION.limit_rows()
    assert bool((rows @ at <= right + 1e-12).all()) == holds
    if sum(x) == pytest.approx(1):  # in any proportion to it
        assert bool((REGION.cone_rows() @ (7 * at) <= 1e-9).all()) == holds
    _, _, sparse_rows, sparse_right = region_rows(REGION)
    assert bool((sparse_rows @ at <= sparse_right + 1e-12).all()) == holds
    parts = _at_most_one(REGION)
    low, high = parts["bounds"].T
    inside = (parts["A_ub"] @ at <= parts["b_ub"] + 1e-12).all() and (
        (low - 1e-12 <= at) & (at <= high + 1e-12)
    ).all()
    assert bool(inside) == holds


def test_what_is_wanted_at_least_may_be_more_than_there_is() -> None:
    much = replace(LIMITS, lower=np.array([0.9, 0.1, 0.0]))
    region = build_region(MATRIX, much.lower, much.upper)
    with pytest.raises(NoPortfolio, match="wants at least 90"):
        largest_total(region, much, np.eye(3))
    # Two that fit by themselves, and not into one whole.
    split = Limits(
        ("bound", "bound"), ("asset:A", "asset:B"), np.eye(2), np.array([0.6, 0.5]), np.ones(2)
    )
    with pytest.raises(NoPortfolio, match=r"at least 60.*at least 50"):
        largest_total(build_region(np.eye(2), split.lower, split.upper), split, np.eye(2))


def test_cash_is_explained_by_what_holds_beside_a_lower_side() -> None:
    """A wants 30 % of the 40 that it shares with a fifth of the other cluster: that leaves 50 for
    it, far from where C's cap would hold it."""
    members = np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    limits = Limits(
        ("class", "bound", "asset"), ("x", "asset:A", "C"), members, np.array([0.0, 0.3, 0.0]),
        np.array([0.4, 1.0, 0.7]),
    )  # fmt: skip
    layer = np.array([[1.0, 0.0], [0.0, 0.2], [0.0, 0.8]])
    total, why = largest_total(
        build_region(members @ layer, limits.lower, limits.upper), limits, layer
    )
    assert total == pytest.approx(0.8)
    assert why == "The limits let 80.0 % be invested: class x at most 40.0 %."


def test_weights_under_a_lower_side_are_no_answer() -> None:
    total = 0.5
    good = np.array([0.1, 0.2, 0.2])
    weights, cash = _finished(good, LIMITS, total)
    assert (weights.tolist(), cash) == (pytest.approx(good.tolist()), pytest.approx(0.5))
    near = np.array([0.1 - 0.5 * LIMIT_TOLERANCE, 0.2, 0.2])
    _finished(near, LIMITS, float(near.sum()))
    for wrong in ([0.05, 0.25, 0.2], [0.1, 0.1, 0.3], [0.1, 0.2, 0.5]):
        with pytest.raises(SolverFailed, match="pass a limit by"):
            _finished(np.array(wrong), LIMITS, sum(wrong))


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("asset:A=2%..", (0.02, 1.0)), ("asset:A=..5%", (0.0, 0.05)), ("asset:A=4%", (0.04, 0.04)),
        ("asset:A=0.02..0.05", (0.02, 0.05)), ("class:FX=2%..2%", (0.02, 0.02)),
    ],
)  # fmt: skip
def test_a_bound_reads_both_sides(text: str, sides: tuple[float, float]) -> None:
    (bound,) = parse_bounds((text,))
    assert (bound.lower, bound.upper) == pytest.approx(sides)


def test_a_low_side_over_the_high_one_is_refused() -> None:
    with pytest.raises(ParamError, match="low side above its high"):
        parse_bounds(("asset:A=6%..5%",))


def test_region_of_nothing_but_a_box() -> None:
    region = Region(np.zeros(2), np.ones(2), np.zeros((0, 2)), np.zeros(0), np.zeros(0))
    assert region.violation(np.array([-0.1, 0.5])) == pytest.approx(0.1)
    assert region.violation(np.array([1.2, 0.5])) == pytest.approx(0.2)
