"""Members, order and names of clusters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import hypergeom

from engine.analytics.clusters import Cluster, cluster_names, describe
from engine.analytics.correlation import Correlation, estimate_correlation
from engine.analytics.tree import build_tree, cut, partition
from engine.core.errors import InputError


def universe(**groups: int) -> dict[str, str]:
    """`tech=3` makes symbols tech0, tech1, tech2, all with the value "tech"."""
    return {f"{name}{i}": name for name, size in groups.items() for i in range(size)}


def name_of(members, sectors, classes=None, everyone=None) -> str:
    everyone = everyone or sorted(set(sectors) | set(classes or {}))
    return cluster_names([members], everyone, sectors, classes or {})[0]


def test_sector_beyond_chance():
    sectors = universe(Tech=5, Energy=15)
    # All three of 5 among 20: 10/1140 = 0.0088, just under the level.
    assert hypergeom.sf(2, 20, 5, 3) == pytest.approx(10 / 1140)
    assert name_of(["Tech0", "Tech1", "Tech2"], sectors) == "Tech"


@pytest.mark.parametrize(("of_sector", "name"), [(5, "Tech"), (6, "Mixed: Tech / Energy")])
def test_level_of_chance(of_sector, name):
    # Three of five among 40: 6126/658008 = 0.0093 where five are Tech, 0.0178 where six are.
    sectors = universe(Tech=of_sector, Energy=40 - of_sector)
    assert name_of(["Tech0", "Tech1", "Tech2", "Energy0", "Energy1"], sectors) == name


def test_sector_that_chance_explains_is_not_a_name():
    sectors = universe(Tech=6, Energy=14)
    # 20/1140 = 0.0175; a cluster of one label is still called by it, a mixed one is not.
    assert name_of(["Tech0", "Tech1", "Tech2", "Energy0"], sectors) == "Mixed: Tech / Energy"
    assert name_of(["Tech0", "Tech1", "Tech2"], sectors) == "Tech"


def test_from_three_members_on_chance_is_asked():
    # Two of three are the 60 %; of 6 among 20 so many come by chance in every fifth draw.
    sectors = universe(Tech=6, Energy=14)
    assert hypergeom.sf(1, 20, 6, 3) == pytest.approx(230 / 1140)
    assert name_of(["Tech0", "Tech1", "Energy0"], sectors) == "Mixed: Tech / Energy"


def test_chance_is_against_the_whole_universe_with_the_unknown():
    # Three of four with 6 Tech among 40: 695/91390 = 0.0076; among the 10 known 80/210 + 15/210.
    sectors = universe(Tech=6, Energy=4) | {f"u{i}": "" for i in range(30)}
    assert name_of(["Tech0", "Tech1", "Tech2", "Energy0"], sectors) == "Tech"


def test_share_of_sixty_per_cent_counts_the_unknown():
    sectors = universe(Tech=5, Energy=95) | {"u0": "", "u1": "", "u2": "unknown"}
    classes = dict.fromkeys(sectors, "equity")
    tech = [f"Tech{i}" for i in range(3)]
    assert name_of([*tech, "u0", "u1"], sectors, classes) == "Tech"  # 3 of 5
    assert name_of([*tech, "u0", "u1", "u2"], sectors, classes) == "Mixed: Tech / Unknown"


def test_class_where_there_is_no_sector():
    sectors = universe(Tech=20)
    classes = dict.fromkeys(sectors, "equity") | {f"c{i}": "crypto" for i in range(6)}
    classes |= {f"f{i}": "fx" for i in range(6)}
    assert name_of(["c0", "c1", "c2"], sectors, classes) == "Crypto"
    assert name_of(["f0", "f1", "f2"], sectors, classes) == "FX"
    assert name_of(["c0", "f0"], sectors, classes) == "Mixed: Crypto / FX"


def test_two_members_need_no_test_and_one_has_its_own_name():
    sectors = {"a": "Tech", "b": "Tech", "c": "Energy", "d": ""}
    classes = {"a": "equity", "b": "equity", "c": "equity", "d": "fx"}
    assert name_of(["a", "b"], sectors, classes) == "Tech"
    assert name_of(["a", "c"], sectors, classes) == "Equity"
    assert name_of(["a"], sectors, classes) == "Tech"
    assert name_of(["d"], sectors, classes) == "FX"
    assert name_of(["a"], {}, {}, ["a", "b"]) == "Unknown"


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_same_members_same_name(data):
    everyone = [f"s{i}" for i in range(20)]
    sectors = {s: data.draw(st.sampled_from(["Tech", "Energy", ""])) for s in everyone}
    classes = {s: data.draw(st.sampled_from(["equity", "fx", ""])) for s in everyone}
    members = data.draw(st.lists(st.sampled_from(everyone), min_size=1, unique=True))
    name = name_of(members, sectors, classes, everyone)
    assert name == name_of(sorted(members), sectors, classes, everyone[::-1])
    alone = cluster_names([["s0"], members, everyone], everyone, sectors, classes)
    assert alone[1] == name
    allowed = {"Tech", "Energy", "Equity", "FX", "Unknown"}
    assert set(name.removeprefix("Mixed: ").split(" / ")) <= allowed


MATRIX = np.array(
    [
        [1, 0.98, 0.9, 0.02, 0.02],
        [0.98, 1, 0.8, 0.02, 0.02],
        [0.9, 0.8, 1, 0.02, 0.02],
        [0.02, 0.02, 0.02, 1, 0.68],
        [0.02, 0.02, 0.02, 0.68, 1],
    ]
)


def described(threshold: float) -> tuple[Cluster, ...]:
    correlation = Correlation(("E", "D", "C", "B", "A"), MATRIX, np.ones((5, 5)))
    tree = build_tree(correlation)
    sectors = {"A": "Energy", "B": "Energy", "C": "Tech", "D": "Tech", "E": "Tech"}
    return describe(tree, correlation, cut(tree, threshold), sectors, {})


def test_describe_by_hand():
    first, second = described(0.5)
    assert first.members == ("C", "D", "E")
    assert second.members == ("A", "B")
    assert (first.id, second.id) == (1, 2)
    assert (first.label, second.label) == (1, 0)
    assert (first.color, second.color) == (0, 1)
    assert first.mean_correlation == pytest.approx((0.98 + 0.9 + 0.8) / 3)
    assert first.lowest_correlation == 0.8
    assert (first.name, second.name) == ("Tech", "Energy")
    assert first.size == 3


def test_single_assets_are_grey_and_have_no_mean():
    clusters = described(0.0)
    assert [c.members for c in clusters] == [("A",), ("B",), ("C",), ("D",), ("E",)]
    assert {c.color for c in clusters} == {-1}
    assert {c.mean_correlation for c in clusters} == {None}


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 25), st.integers(0, 10_000), st.floats(0, 1))
def test_describe_keeps_every_asset_once(n, seed, threshold):
    rng = np.random.default_rng(seed)
    symbols = tuple(f"S{i:02d}" for i in rng.permutation(n))
    correlation = estimate_correlation(rng.standard_normal((40, n)), symbols, ("",) * n, 40)
    tree = build_tree(correlation)
    clusters = describe(tree, correlation, cut(tree, threshold), {}, {})
    assert sorted(s for c in clusters for s in c.members) == sorted(symbols)
    assert [(-c.size, c.members[0]) for c in clusters] == sorted(
        (-c.size, c.members[0]) for c in clusters
    )
    assert {c.id for c in clusters} == set(partition(tree, threshold).ids.tolist())
    position = {symbol: i for i, symbol in enumerate(symbols)}
    for cluster in clusters:
        chosen = [position[s] for s in cluster.members]
        block = correlation.matrix[np.ix_(chosen, chosen)]
        if cluster.size > 1:
            pairs = block[~np.eye(cluster.size, dtype=bool)]
            assert cluster.mean_correlation == pytest.approx(pairs.mean(), abs=1e-12)
            assert cluster.lowest_correlation == pairs.min()


def test_labels_that_are_no_cut():
    correlation = Correlation(("E", "D", "C", "B", "A"), MATRIX, np.ones((5, 5)))
    tree = build_tree(correlation)
    with pytest.raises(InputError, match="no branch of this tree"):
        describe(tree, correlation, np.array([0, 1, 0, 1, 1]), {}, {})
    with pytest.raises(InputError, match="5 labels"):
        describe(tree, correlation, np.array([0, 1]), {}, {})
