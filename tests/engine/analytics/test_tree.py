"""Distance, linkage, identity, colours, cut."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from engine.analytics.correlation import Correlation
from engine.analytics.tree import (
    PALETTE,
    build_tree,
    cut,
    distance,
    n_clusters,
    partition,
    partition_of,
    rho_to_threshold,
    threshold_to_rho,
    tree_from_linkage,
)
from engine.core.errors import EmptyUniverse, InputError
from engine.params import LINKAGES

any_threshold = st.floats(0.0, 1.2)


def random_correlation(n: int, seed: int, ties: bool = False) -> np.ndarray:
    """A correlation matrix; with ties, rounded to tenths so that many distances are equal."""
    rng = np.random.default_rng(seed)
    matrix = np.corrcoef(rng.standard_normal((n, 30)) + rng.standard_normal(30))
    matrix = np.atleast_2d(matrix)
    matrix = np.round(matrix, 1) if ties else matrix
    matrix = (matrix + matrix.T) / 2
    np.fill_diagonal(matrix, 1.0)
    return np.clip(matrix, -1, 1)


def names(n: int) -> tuple[str, ...]:
    return tuple(f"S{i:03d}" for i in range(n))


def parts(labels: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(labels == k).tolist()) for k in np.unique(labels)}


trees = st.builds(
    lambda n, seed, ties, method: build_tree(random_correlation(n, seed, ties), names(n), method),
    st.integers(1, 25),
    st.integers(0, 10_000),
    st.booleans(),
    st.sampled_from(LINKAGES),
)


# A-B 0.98 and C-D 0.68 are pairs, at d = 0.1 and 0.4; across ρ = 0.02, d = 0.7; E is at ρ = -0.28,
# d = 0.8.
BLOCKS = np.array(
    [
        [1, 0.98, 0.02, 0.02, -0.28],
        [0.98, 1, 0.02, 0.02, -0.28],
        [0.02, 0.02, 1, 0.68, -0.28],
        [0.02, 0.02, 0.68, 1, -0.28],
        [-0.28, -0.28, -0.28, -0.28, 1],
    ]
)


def test_tree_by_hand():
    tree = build_tree(BLOCKS, ("A", "B", "C", "D", "E"))
    np.testing.assert_allclose(tree.heights, [0.1, 0.4, 0.7, 0.8])
    assert [tree.symbols[i] for i in tree.order] == ["A", "B", "C", "D", "E"]
    # Root 1 splits into ABCD (keeps 1) and E (2); then AB keeps 1, CD is 3; then D is 4, B is 5.
    assert tree.node_ids.tolist() == [1, 5, 3, 4, 2, 1, 3, 1, 1]
    assert tree.color_ranks.tolist() == [0, -1, 1, -1, -1]
    assert cut(tree, 0.5).tolist() == [0, 0, 1, 1, 2]
    assert partition(tree, 0.5).ids.tolist() == [1, 3, 2]
    assert partition(tree, 0.2).ids.tolist() == [1, 3, 4, 2]
    assert n_clusters(tree, np.array([0.05, 0.2, 0.5, 0.75, 0.9])).tolist() == [5, 4, 3, 2, 1]


def test_larger_child_is_left_and_keeps_the_id():
    tree = build_tree(BLOCKS[::-1, ::-1], ("A", "B", "C", "D", "E"))  # now A is the odd one out
    assert [tree.symbols[i] for i in tree.order] == ["B", "C", "D", "E", "A"]
    assert tree.node_ids[0] == 2
    assert tree.node_ids[-1] == 1


def test_labels_count_from_zero_by_first_appearance():
    tree = build_tree(BLOCKS[::-1, ::-1], ("A", "B", "C", "D", "E"))
    assert cut(tree, 0.5).tolist() == [0, 1, 1, 2, 2]


def test_distance():
    rho = np.array([[1.0, 0.5, -1.0], [0.5, 1.0, 0.0], [-1.0, 0.0, 1.0 + 1e-16]])
    np.testing.assert_allclose(
        distance(rho), [[0, 0.5, 1], [0.5, 0, np.sqrt(0.5)], [1, np.sqrt(0.5), 0]]
    )
    assert threshold_to_rho(0.5) == 0.5
    assert threshold_to_rho(0.3) == pytest.approx(0.82)


@given(st.floats(-1, 1))
def test_threshold_and_rho_are_inverse(rho):
    assert threshold_to_rho(rho_to_threshold(rho)) == pytest.approx(rho, abs=1e-12)


@pytest.mark.parametrize("method", LINKAGES)
def test_linkage_is_that_of_scipy(method):
    matrix = random_correlation(40, 1)
    tree = build_tree(matrix, names(40), method)
    expected = linkage(squareform(distance(matrix), checks=False), method)
    np.testing.assert_array_equal(tree.linkage, expected)


@settings(max_examples=80, deadline=None)
@given(trees, st.lists(any_threshold, min_size=1, max_size=4))
def test_cut_is_the_partition_of_fcluster(tree, thresholds):
    heights = tree.heights.tolist()[:: max(1, len(tree.symbols) // 4)]
    for threshold in thresholds + heights:  # the heights themselves: the cut includes them
        labels = cut(tree, threshold)
        if len(tree.symbols) > 1:
            assert parts(labels) == parts(fcluster(tree.linkage, threshold, "distance"))
        assert labels.max() + 1 == n_clusters(tree, threshold)
        _, first = np.unique(labels, return_index=True)
        assert (np.diff(first) > 0).all()


@settings(max_examples=60, deadline=None)
@given(trees, any_threshold, any_threshold)
def test_larger_threshold_never_more_clusters_and_only_joins(tree, a, b):
    low, high = sorted((a, b))
    fine, coarse = cut(tree, low), cut(tree, high)
    assert n_clusters(tree, high) <= n_clusters(tree, low)
    assert all(any(part <= whole for whole in parts(coarse)) for part in parts(fine))


@settings(max_examples=60, deadline=None)
@given(trees)
def test_members_of_an_id_only_ever_leave(tree):
    n = len(tree.symbols)
    before: dict[int, set[int]] = {}
    for k in range(1, n + 1):
        part = partition_of(tree, k)
        assert sorted(part.ids.tolist()) == list(range(1, k + 1))
        now = {int(part.ids[j]): set(np.flatnonzero(part.labels == j)) for j in range(k)}
        assert all(members <= before.get(i, set(range(n))) for i, members in now.items())
        assert [len(now[int(i)]) for i in part.ids] == part.sizes.tolist()
        before = now


@pytest.mark.parametrize("method", LINKAGES)
@pytest.mark.parametrize("seed", range(3))
def test_neighbours_never_share_a_colour(seed, method):
    n = 120  # enough for the palette to come round
    tree = build_tree(random_correlation(n, seed, seed == 2), names(n), method)
    ever_two = {int(tree.node_ids[node]) for node in range(n, 2 * n - 1)}
    ranks = tree.color_ranks
    assert {i for i in range(1, n + 1) if ranks[i - 1] >= 0} == ever_two
    born = ranks[ranks >= 0]
    assert (np.diff(born) > 0).all()
    for k in range(2, n + 1):
        part = partition_of(tree, k)
        shown = np.argsort(tree.first[part.nodes])
        colors = np.where(part.sizes > 1, ranks[part.ids - 1] % PALETTE, -1)[shown]
        side_by_side = (colors[1:] == colors[:-1]) & (colors[1:] >= 0)
        assert not side_by_side.any()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 20),
    st.integers(0, 10_000),
    st.booleans(),
    st.sampled_from(LINKAGES),
    st.randoms(use_true_random=False),
)
def test_order_of_input_changes_nothing(n, seed, ties, method, random):
    matrix = random_correlation(n, seed, ties)
    shuffle = list(range(n))
    random.shuffle(shuffle)
    shuffled = tuple(names(n)[i] for i in shuffle)
    plain = build_tree(matrix, names(n), method)
    other = build_tree(matrix[np.ix_(shuffle, shuffle)], shuffled, method)
    assert other.symbols == plain.symbols
    for field in ("linkage", "order", "node_ids", "color_ranks"):
        assert (getattr(other, field) == getattr(plain, field)).all()


@settings(max_examples=40, deadline=None)
@given(trees)
def test_a_node_is_a_run_of_leaves(tree):
    n = len(tree.symbols)
    under = [{i} for i in range(n)]
    for a, b in tree.linkage[:, :2].astype(int):
        under.append(under[a] | under[b])
    for node, leaves in enumerate(under):
        first, size = tree.first[node], tree.size[node]
        assert set(tree.order[first : first + size].tolist()) == leaves
        assert tree.smallest[node] == min(leaves)


@pytest.mark.parametrize("method", LINKAGES)
def test_duplicates_merge_at_zero(method):
    matrix = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]], dtype=float)
    tree = build_tree(matrix, ("D", "C", "B", "A"), method)
    assert cut(tree, 0.0).tolist() == [0, 0, 1, 1]
    assert n_clusters(tree, 0.0) == 2


@pytest.mark.parametrize("method", LINKAGES)
def test_one_asset_and_two(method):
    one = build_tree(np.ones((1, 1)), ("A",), method)
    assert one.linkage.shape == (0, 4)
    assert cut(one, 0.4).tolist() == [0]
    assert partition(one, 0.4).ids.tolist() == [1]
    assert one.color_ranks.tolist() == [-1]
    two = build_tree(np.array([[1, 0.5], [0.5, 1]]), ("A", "B"), method)
    assert cut(two, 0.49).tolist() == [0, 1]
    assert cut(two, 0.5).tolist() == [0, 0]


def test_a_part_of_a_correlation():
    whole = Correlation(("E", "D", "C", "B", "A"), BLOCKS, np.ones((5, 5)))
    tree = build_tree(whole, ("E", "D", "A"), "single")
    assert tree.symbols == ("A", "D", "E")
    np.testing.assert_allclose(tree.heights, [0.1, 0.8])


def test_a_tree_goes_to_json_and_back():
    tree = build_tree(random_correlation(12, 3), names(12), "ward")
    text = json.dumps({"z": tree.linkage.tolist(), "symbols": tree.symbols, "method": tree.method})
    document = json.loads(text)
    again = tree_from_linkage(
        np.array(document["z"]), tuple(document["symbols"]), document["method"]
    )
    for field in ("linkage", "order", "node_ids", "color_ranks", "first"):
        assert (getattr(again, field) == getattr(tree, field)).all()


def test_errors():
    with pytest.raises(EmptyUniverse):
        build_tree(np.empty((0, 0)), ())
    with pytest.raises(InputError, match="Unknown linkage 'median'"):
        build_tree(np.eye(2), ("A", "B"), "median")
    with pytest.raises(InputError, match="do not fit"):
        build_tree(np.eye(2), ("A", "B", "C"))
    with pytest.raises(InputError, match="missing"):
        build_tree(np.array([[1, np.nan], [np.nan, 1]]), ("A", "B"))
    with pytest.raises(InputError, match="not a number"):
        cut(build_tree(np.eye(2), ("A", "B")), float("nan"))
    with pytest.raises(InputError, match="cannot make 3"):
        partition_of(build_tree(np.eye(2), ("A", "B")), 3)


def test_a_tree_cannot_be_changed():
    tree = build_tree(BLOCKS, ("A", "B", "C", "D", "E"))
    with pytest.raises(ValueError, match="read-only"):
        tree.linkage[0, 2] = 0.0
