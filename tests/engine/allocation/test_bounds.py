"""The manager's own bounds: how they read, and which contradictions are named."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from portfolio_problems import made_inputs, settings

from engine.allocation.allocate import allocate
from engine.allocation.bounds import Bound, parse_bounds
from engine.allocation.feasible import conflict
from engine.allocation.inputs import Inputs
from engine.allocation.limits import Limits, excluded_assets
from engine.core.errors import NoPortfolio, ParamError


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("asset:AAPL=0.02..0.05", Bound("asset", "AAPL", 0.02, 0.05)),
        ("asset:AAPL=2%..5 %", Bound("asset", "AAPL", 0.02, 0.05)),
        ("cluster:7=..0.2", Bound("cluster", "7", 0.0, 0.2)),
        ("class:Crypto=0.05..", Bound("class", "crypto", 0.05, 1.0)),
        ("group:3=..10%", Bound("group", "3", 0.0, 0.1)),
        ("group:Health Care=..10%", Bound("group", "Health Care", 0.0, 0.1)),
        ("asset:EURUSD=X=0.04", Bound("asset", "EURUSD=X", 0.04, 0.04)),
        (" ASSET : BRK.B = 0 ", Bound("asset", "BRK.B", 0.0, 0.0)),
    ],
)
def test_bounds_read(text: str, bound: Bound) -> None:
    (read,) = parse_bounds((text,))
    assert (read.kind, read.name) == (bound.kind, bound.name)
    assert (read.lower, read.upper) == pytest.approx((bound.lower, bound.upper), abs=1e-15)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("AAPL=0.02", "does not read as"),
        ("sector:Energy=..0.1", "does not read as"),
        ("asset:=0.1", "does not read as"),
        ("asset:AAPL", "does not read as"),
        ("asset:AAPL=..", "does not read as"),
        ("asset:AAPL=five", "does not read as"),
        ("asset:AAPL=1..2..3", "does not read as"),
        ("asset:AAPL=nan", "outside 0 to 1"),
        ("asset:AAPL=2..5", "percent need their sign"),
        ("asset:AAPL=-1%", "outside 0 to 1"),
        ("asset:AAPL=0.1..0.05", "low side above its high"),
    ],
)
def test_unreadable_bounds_are_refused(text: str, message: str) -> None:
    with pytest.raises(ParamError, match=message) as error:
        parse_bounds((text,))
    assert text in str(error.value)


@given(low=st.integers(0, 100), span=st.integers(0, 100))
def test_percent_and_fraction_agree(low: int, span: int) -> None:
    high = min(100, low + span)
    fractions, percent = parse_bounds(
        (f"asset:A={low / 100}..{high / 100}", f"asset:A={low}%..{high}%")
    )
    assert (fractions.lower, fractions.upper) == pytest.approx((percent.lower, percent.upper))


# --- contradictions -----------------------------------------------------------------------------
def alone(n: int = 12) -> Inputs:
    """Every asset its own cluster, one class."""
    inputs = made_inputs(1, n=n, threshold=0.0, multiplier=1.0)
    return dataclasses.replace(inputs, classes=("bond",) * n)


def refusal(inputs: Inputs, *bounds: str, **more: object) -> str:
    with pytest.raises(NoPortfolio) as error:
        allocate(inputs, settings(limits__bounds=bounds, **more))
    return str(error.value)


def test_a_bound_against_its_cap() -> None:
    said = refusal(alone(), "asset:S003=12%..15%")
    assert said == (
        "asset:S003 wants at least 12.0 %, its cap is 10.0 %: lower the one or raise the other."
    )


def test_two_bounds_on_one_asset() -> None:
    said = refusal(alone(), "asset:S003=6%..", "asset:S003=..5%")
    assert said.startswith("asset:S003 wants at least 6.0 %, its cap is 5.0 %")


def test_an_asset_against_its_class() -> None:
    said = refusal(alone(), "asset:S003=6%..", "class:bond=..5%")
    assert said.startswith("asset:S003 wants at least 6.0 %, class:bond may hold at most 5.0 %")


def test_several_against_one_names_all_and_no_more() -> None:
    bounds = [f"asset:S{i:03d}=9%.." for i in range(3)]
    said = refusal(alone(), *bounds, "asset:S007=1%..", "class:bond=..20%")
    assert all(f"asset:S{i:03d} wants at least 9.0 %" in said for i in range(3))
    assert "class:bond may hold at most 20.0 %" in said
    assert "S007" not in said and "S004" not in said


def test_more_than_the_whole() -> None:
    bounds = [f"asset:S{i:03d}=30%.." for i in range(4)]
    said = refusal(
        alone(), *bounds, limits__asset_cap=1.0, limits__cluster_cap=1.0, limits__group_cap=1.0
    )
    assert "together over 100.0 %" in said
    assert said.count("wants at least 30.0 %") == 4


def test_a_class_that_its_caps_cannot_fill() -> None:
    """Two assets of 10 % at most cannot make 30 %."""
    inputs = alone()
    inputs = dataclasses.replace(inputs, classes=("fx", "fx") + ("bond",) * 10)
    said = refusal(inputs, "class:fx=22%..")
    assert "class:fx wants at least 22.0 %" in said
    assert "asset S000 may hold at most 10.0 %" in said
    assert "asset S001 may hold at most 10.0 %" in said
    assert said.count("at most") == 2


def test_fixed_shares_inside_a_cluster_are_explained() -> None:
    inputs = alone(8)
    inputs = dataclasses.replace(
        inputs, labels=[0, 0, 1, 2, 3, 4, 5, 6], cluster_ids=range(1, 8),
        cluster_names=inputs.cluster_names[:7], fragility=inputs.fragility[:7],
    )  # fmt: skip
    v = allocate(inputs, settings()).intra_weights
    small = int(np.argmin(v[:2]))
    said = refusal(inputs, "asset:S000=5%", "asset:S001=5%")
    assert "fixed" in said and "inside" in said
    # One asset's demand, carried over to the other by the shares.
    other = float(re.findall(r"puts ([\d.]+) %", said)[0]) / 100
    low = said.startswith("asset:S001")
    assert other == pytest.approx(0.05 * v[1 - low] / v[int(low)], abs=1e-3)
    assert small in (0, 1)
    single = settings(
        limits__bounds=("asset:S000=5%", "asset:S001=5%"), allocation__layers="single",
        limits__group_cap=1.0,
    )  # fmt: skip
    assert allocate(inputs, single).weights[:2] == pytest.approx([0.05, 0.05])


def test_the_tighter_of_two_caps_is_named() -> None:
    said = refusal(alone(), "asset:S003=6%..", "asset:S003=..0.059", "asset:S003=..5%")
    assert said.startswith("asset:S003 wants at least 6.0 %, its cap is 5.0 %")


def rows_of(assets: str, *rows: tuple[str, float, float]) -> Limits:
    """Limits by letters of one-letter assets, from lower to upper; kind and name from the row."""
    members = np.array([[float(a in row[0]) for a in assets] for row in rows])
    kinds = tuple("asset" if len(row[0]) == 1 else "class" for row in rows)
    lower, upper = (np.array([row[side] for row in rows]) for side in (1, 2))
    return Limits(kinds, tuple(row[0] for row in rows), members, lower, upper)


def test_of_two_contradictions_the_broad_one_is_named() -> None:
    limits = rows_of(
        "ABCDEF", ("CD", 0.2, 1.0), ("EF", 0.2, 1.0), ("AB", 0.2, 1.0), ("CDEF", 0.0, 0.3),
        ("A", 0.0, 0.08), ("B", 0.0, 0.08),
    )  # fmt: skip
    assert conflict(limits, np.eye(6)) == (
        "These cannot hold together: class CD wants at least 20.0 %; class EF wants at least "
        "20.0 %; class CDEF may hold at most 30.0 %."
    )


def test_shares_inside_a_cluster_are_told_of_assets_in_the_conflict_alone() -> None:
    """Asset A brings B along, and C wants in: of A and B only A has a limit of its own here."""
    limits = rows_of("ABC", ("A", 0.1, 1.0), ("C", 0.15, 1.0), ("BC", 0.0, 0.2))
    layer = np.array([[0.5, 0.0], [0.5, 0.0], [0.0, 1.0]])
    assert conflict(limits, layer) == (
        "These cannot hold together: asset A wants at least 10.0 %; asset C wants at least "
        "15.0 %; class BC may hold at most 20.0 %."
    )


def test_more_of_a_class_than_the_shares_inside_clusters_let_in() -> None:
    """A is 40 % of its cluster, C 30 %: all of the money in the first makes 40 % of them."""
    limits = rows_of("ABCD", ("AC", 0.45, 1.0))
    layer = np.array([[0.4, 0.0], [0.6, 0.0], [0.0, 0.3], [0.0, 0.7]])
    said = conflict(limits, layer)
    assert said.startswith("class AC wants at least 45.0 %, but the fixed shares inside clusters")
    assert "over 40.0 % of it" in said and "single layer" in said


def test_more_of_two_than_the_shares_inside_clusters_let_in() -> None:
    """Half of a cluster each: 30 % of A takes 60 % of the money, and so does 30 % of B."""
    limits = rows_of("ABXY", ("A", 0.3, 1.0), ("B", 0.3, 1.0))
    layer = np.array([[0.5, 0.0], [0.0, 0.5], [0.5, 0.0], [0.0, 0.5]])
    assert conflict(limits, layer) == (
        "These cannot hold together: asset A wants at least 30.0 %; asset B wants at least 30.0 %, "
        "for which the fixed shares inside clusters need over 100.0 %."
    )


@pytest.mark.parametrize("kind", ["asset", "cluster", "class", "group"])
def test_a_bound_on_what_is_not_there(kind: str) -> None:
    said = refusal(alone(), f"{kind}:nowhere=5%..")
    assert f"{kind}:nowhere wants at least 5.0 %, but there is no such {kind} here" in said
    result = allocate(alone(), settings(limits__bounds=f"{kind}:nowhere=..5%"))
    assert f"{kind}:nowhere has no effect: there is no such {kind} here." in result.notes


def test_bounds_on_clusters_and_groups_go_by_their_ids() -> None:
    inputs = made_inputs(2, n=30)
    plain = allocate(inputs, settings())
    k = int(np.argmax(plain.cluster_weights))
    cluster = plain.cluster_ids[k]
    group = max(plain.group_weights, key=plain.group_weights.get)
    result = allocate(
        inputs, settings(limits__bounds=(f"cluster:{cluster}=..2%", f"group:{group}=..6%"))
    )
    assert result.cluster_weights[k] == pytest.approx(0.02, abs=1e-6)
    assert result.group_weights[group] <= 0.06 + 1e-8
    assert {b.name for b in result.binding if b.kind == "bound"} >= {f"cluster:{cluster}"}
    by_name = f"group:{plain.group_names[group]}=..6%"
    again = allocate(inputs, settings(limits__bounds=(f"cluster:{cluster}=..2%", by_name)))
    assert again.group_weights[group] <= 0.06 + 1e-8 < plain.group_weights[group]


def test_only_assets_held_at_zero_are_excluded() -> None:
    bounds = parse_bounds(("asset:A=0", "asset:B=..5%", "class:C=0", "asset:D=0..0"))
    assert excluded_assets(("A", "B", "C", "c", "D"), bounds).tolist() == [
        True, False, False, False, True,
    ]  # fmt: skip
