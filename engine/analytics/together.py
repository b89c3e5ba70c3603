"""Who is together with whom: the cluster of every asset at chosen thresholds, and of every pair the
threshold from which on one cluster holds both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from engine.analytics.clusters import cluster_names
from engine.analytics.sweep import Sweep
from engine.analytics.tree import Tree, n_clusters, partition_of
from engine.core.errors import InputError

# Stands for all assets that are by themselves, as if they were one node of the tree.
ALONE = -1


@dataclass(frozen=True)
class Group:
    """Assets that are shown as one: a cluster's, or all that are alone (node `ALONE`).

    members: positions in `Tree.symbols`, left to right in the tree.
    """

    node: int
    members: tuple[int, ...]

    @property
    def size(self) -> int:
        return len(self.members)


@dataclass(frozen=True)
class Stream:
    """Assets that go together from a group at one threshold to a group at the next."""

    source: int
    target: int
    members: tuple[int, ...]

    @property
    def size(self) -> int:
        return len(self.members)


@dataclass(frozen=True)
class Flow:
    """C columns of groups, one a threshold, and the C-1 sets of streams between neighbours.

    Groups of a column: clusters from left to right in the tree, then the assets alone, if any.
    Every asset is in one group of each column and in one stream of each step. A cluster's members
    leave it by one stream, since clusters only merge as the threshold grows.
    """

    thresholds: tuple[float, ...]
    columns: tuple[tuple[Group, ...], ...]
    steps: tuple[tuple[Stream, ...], ...]


def homes(tree: Tree, thresholds: Sequence[float] | np.ndarray) -> np.ndarray:
    """M×N: the node whose leaves are the cluster of each asset at each of M thresholds.

    Columns in the order of `tree.symbols`; a node below N is the asset itself, alone.
    Raises InputError for a threshold that is not a number.

    Invariant: two assets have the same node where `cut` gives them the same label. O(P·N) for the
    P partitions that differ.
    """
    counts = n_clusters(tree, np.asarray(thresholds, dtype=np.float64))
    distinct, which = np.unique(counts, return_inverse=True)
    parts = [partition_of(tree, int(k)) for k in distinct]
    nodes = [part.nodes[part.labels] for part in parts]
    return np.array(nodes, dtype=np.int64).reshape(len(parts), len(tree.symbols))[which]


def flow(tree: Tree, thresholds: Sequence[float]) -> Flow:
    """How the clusters at each threshold go into those at the next.

    thresholds: at least two, rising. Raises InputError otherwise.
    """
    chosen = [float(t) for t in thresholds]
    if len(chosen) < 2 or any(b <= a for a, b in pairwise(chosen)):
        raise InputError("A flow needs at least two thresholds, each above the one before.")
    n = len(tree.symbols)
    # Left to right in the tree, so that what is sorted by first appearance is in leaf order.
    ordered = homes(tree, chosen)[:, tree.order]
    groups = np.where(ordered < n, ALONE, ordered).tolist()
    leaves = tree.order.tolist()
    columns, steps = [], []
    for row in groups:
        found = _gather(row, leaves)
        last = found.pop(ALONE, None)
        column = [Group(node, members) for node, members in found.items()]
        columns.append(tuple(column + ([Group(ALONE, last)] if last else [])))
    for before, after in pairwise(groups):
        found = _gather(zip(before, after, strict=True), leaves)
        steps.append(tuple(Stream(a, b, members) for (a, b), members in found.items()))
    return Flow(tuple(chosen), tuple(columns), tuple(steps))


def flow_thresholds(sweep: Sweep, wanted: Sequence[float | None]) -> list[float]:
    """Thresholds of the sweep nearest to those wanted, rising, each once; None is passed over."""
    near = {int(np.abs(sweep.thresholds - t).argmin()) for t in wanted if t is not None}
    return [float(sweep.thresholds[i]) for i in sorted(near)]


def together_from(tree: Tree) -> np.ndarray:
    """N×N merge heights of each pair's lowest common ancestor; 0 on the diagonal.

    In the order of `tree.symbols`. Invariant: `cut(tree, t)` gives two assets one label if and only
    if t is at or above this. The cophenetic distance of Sokal & Rohlf (1962), by blocks: the leaves
    of a merge's two children are neighbouring runs. O(N²).
    """
    n = len(tree.symbols)
    ordered = np.zeros((n, n))
    for a, b, height, _ in tree.linkage:
        a, b = int(a), int(b)
        left = slice(tree.first[a], tree.first[a] + tree.size[a])
        right = slice(tree.first[b], tree.first[b] + tree.size[b])
        ordered[left, right] = height
        ordered[right, left] = height
    result = np.empty_like(ordered)
    result[np.ix_(tree.order, tree.order)] = ordered
    return result


def first_threshold(heights: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """The first of the rising thresholds that is at or above each height; NaN where none is.

    For heights of `together_from`: the first at which `cut` puts the pair in one cluster.
    """
    padded = np.append(np.asarray(thresholds, dtype=np.float64), np.nan)
    return padded[np.searchsorted(thresholds, heights, side="left")]


def node_names(
    tree: Tree, sectors: Mapping[str, str], classes: Mapping[str, str]
) -> tuple[str, ...]:
    """A name for each of the 2N-1 nodes, as `describe` gives it to the cluster of its leaves."""
    groups = [
        [tree.symbols[i] for i in tree.order[first : first + size]]
        for first, size in zip(tree.first.tolist(), tree.size.tolist(), strict=True)
    ]
    return tuple(cluster_names(groups, tree.symbols, sectors, classes))


def node_ranks(tree: Tree) -> np.ndarray:
    """2N-1 colour ranks of the nodes as clusters; -1 for the N leaves, which are alone."""
    ranks = tree.color_ranks[tree.node_ids - 1].copy()
    ranks[: len(tree.symbols)] = -1
    return ranks


def _gather(keys: Iterable[Any], values: Iterable[int]) -> dict[Any, tuple[int, ...]]:
    """key → its values, both in order of appearance."""
    found: dict[Any, list[int]] = {}
    for key, value in zip(keys, values, strict=True):
        found.setdefault(key, []).append(value)
    return {key: tuple(members) for key, members in found.items()}
