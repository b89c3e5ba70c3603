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
from engine.allocation.inputs import Inputs
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
