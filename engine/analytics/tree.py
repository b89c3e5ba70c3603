"""The correlation tree: distance, linkage, leaf order, identities, cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import overload

import numpy as np
from scipy.cluster.hierarchy import linkage as scipy_linkage
from scipy.spatial.distance import squareform

from engine.analytics.correlation import Correlation, check_symbols
from engine.core.errors import InputError
from engine.core.words import Linkage, values_of

# The categorical palette has ten colours: neighbours must not be a multiple of it apart.
PALETTE = 10


@dataclass(frozen=True, eq=False)
class Tree:
    """A linkage over sorted symbols, and what follows from it.

    symbols: N, sorted. Leaves are nodes 0 … N-1 in this order, row r of `linkage` makes node N+r.
    linkage: (N-1)×4 as scipy has it: two children, height (never falling), size.
    order: N positions in `symbols`, left to right: at each merge the larger child is on the left,
        of equals the one with the smallest symbol.
    first: 2N-1; a node's leaves are `order[first : first + size]`.
    size: 2N-1 leaves under each node; smallest: 2N-1 position of its smallest symbol.
    node_ids: 2N-1; the root is 1, and from the highest merge down the larger child (of equals, the
        one with the smallest symbol) keeps its parent's id and the other takes the next number. So
        as the threshold falls the members of an id only ever leave; none come back.
    color_ranks: N, for ids 1 … N: numbers in order of birth, -1 for an id that is a single asset
        from birth on. Clusters side by side in leaf order never share a rank modulo 10.
    All arrays are read-only.
    """

    symbols: tuple[str, ...]
    method: str
    linkage: np.ndarray
    order: np.ndarray
    first: np.ndarray
    size: np.ndarray
    smallest: np.ndarray
    node_ids: np.ndarray
    color_ranks: np.ndarray

    def __post_init__(self) -> None:
        n = len(self.symbols)
        check_symbols(self.symbols)
        if list(self.symbols) != sorted(self.symbols):
            raise InputError("The symbols of a tree are sorted: use build_tree.")
        if self.linkage.shape != (n - 1, 4) or (np.diff(self.linkage[:, 2]) < 0).any():
            raise InputError(f"{n} leaves need a linkage of {n - 1} rows with rising heights.")
        for name in ("linkage", "order", "first", "size", "smallest", "node_ids", "color_ranks"):
            getattr(self, name).setflags(write=False)

    @property
    def heights(self) -> np.ndarray:
        """N-1 merge heights, never falling."""
        return self.linkage[:, 2]

    @property
    def heights_are_distances(self) -> bool:
        """Whether a height is a distance of correlations; see `Linkage`."""
        return Linkage(self.method).heights_are_distances


@dataclass(frozen=True, eq=False)
class Partition:
    """A tree cut at one height. Labels are 0-based by first appearance in symbol order.

    labels: N, in the order of `Tree.symbols`; nodes, ids, sizes: one for each label.
    """

    labels: np.ndarray
    nodes: np.ndarray
    ids: np.ndarray
    sizes: np.ndarray

    def __post_init__(self) -> None:
        for name in ("labels", "nodes", "ids", "sizes"):
            getattr(self, name).setflags(write=False)

    def __len__(self) -> int:
        return len(self.nodes)


def distance(correlation: np.ndarray) -> np.ndarray:
    """sqrt((1 - ρ)/2), N×N in [0, 1], zeros on the diagonal (Mantegna 1999, scaled)."""
    result = np.sqrt(np.clip((1.0 - np.asarray(correlation, dtype=np.float64)) / 2, 0.0, 1.0))
    np.fill_diagonal(result, 0.0)
    return result


def threshold_to_rho(threshold: float) -> float:
    """The correlation at a distance: 1 - 2t². A cluster's mean only under average linkage."""
    return 1.0 - 2.0 * threshold * threshold


def rho_to_threshold(rho: float) -> float:
    """The distance of a correlation in [-1, 1]; the inverse of `threshold_to_rho`."""
    return float(np.sqrt((1.0 - rho) / 2.0))


def build_tree(
    correlation: Correlation | np.ndarray,
    symbols: tuple[str, ...] | None = None,
    method: str = "average",
) -> Tree:
    """The tree of a correlation matrix.

    Args:
        correlation: a Correlation, or an N×N matrix without NaN in the order of `symbols`.
        symbols: needed for a matrix; for a Correlation, the part of it that takes part.
        method: average, complete, single or ward. Ward heights are not distances of correlations.

    Raises EmptyUniverse without symbols and InputError for an unknown method, a shape that does not
    fit, or a NaN. One asset makes a tree without merges.

    Invariant: the order of the input changes nothing, bit for bit. O(N²) time and memory.
    """
    if method not in values_of(Linkage):
        known = ", ".join(Linkage)
        raise InputError(f"Unknown linkage {method!r}: choose one of {known}.")
    if symbols is None:
        if not isinstance(correlation, Correlation):
            raise InputError("A bare correlation matrix needs its symbols.")
        symbols = correlation.symbols
    check_symbols(symbols)
    if isinstance(correlation, Correlation):
        names = tuple(sorted(symbols))
        matrix = correlation.matrix_for(names)
    else:
        matrix = np.asarray(correlation, dtype=np.float64)
        if matrix.shape != (len(symbols), len(symbols)):
            raise InputError(f"{len(symbols)} symbols do not fit a matrix of {matrix.shape}.")
        ranked = sorted(range(len(symbols)), key=symbols.__getitem__)
        names = tuple(symbols[i] for i in ranked)
        matrix = matrix[np.ix_(ranked, ranked)]
    if np.isnan(matrix).any():
        raise InputError("Correlations are missing: estimate them first.")
    z = np.empty((0, 4))
    if len(names) > 1:
        z = scipy_linkage(squareform(distance(matrix), checks=False), method)
    return tree_from_linkage(z, names, method)


def tree_from_linkage(z: np.ndarray, symbols: tuple[str, ...], method: str) -> Tree:
    """Leaf order, identities and colours of a linkage over sorted symbols. O(N)."""
    n = len(symbols)
    size, smallest = [1] * n, list(range(n))
    children = [(int(a), int(b)) for a, b in z[:, :2]]
    for a, b in children:
        size.append(size[a] + size[b])
        smallest.append(min(smallest[a], smallest[b]))

    first, ids = [0] * (2 * n - 1), [1] * (2 * n - 1)
    ranks = [-1] * n
    starts: dict[int, int] = {0: 1}  # first leaf position -> id; an id never moves its left edge
    next_id, next_rank = 2, 1
    ranks[0] = 0 if n > 1 else -1
    for node in range(2 * n - 2, n - 1, -1):
        a, b = children[node - n]
        if (-size[b], smallest[b]) < (-size[a], smallest[a]):
            a, b = b, a
        first[a], first[b] = first[node], first[node] + size[a]
        ids[a], ids[b] = ids[node], next_id
        starts[first[b]] = next_id
        if size[b] > 1:
            # Two clusters are first side by side when the younger is born: at its left its
            # parent's id, at its right whoever starts where it ends. Avoid just these two.
            right = starts.get(first[b] + size[b])
            taken = {ranks[i - 1] % PALETTE for i in (ids[node], right) if i and ranks[i - 1] >= 0}
            while next_rank % PALETTE in taken:
                next_rank += 1
            ranks[next_id - 1] = next_rank
            next_rank += 1
        next_id += 1

    order = np.empty(n, dtype=np.int64)
    order[first[:n]] = np.arange(n)
    return Tree(
        symbols=symbols,
        method=method,
        linkage=np.array(z, dtype=np.float64),
        order=order,
        first=np.array(first, dtype=np.int64),
        size=np.array(size, dtype=np.int64),
        smallest=np.array(smallest, dtype=np.int64),
        node_ids=np.array(ids, dtype=np.int64),
        color_ranks=np.array(ranks, dtype=np.int64),
    )


@overload
def n_clusters(tree: Tree, threshold: float) -> int: ...
@overload
def n_clusters(tree: Tree, threshold: np.ndarray) -> np.ndarray: ...
def n_clusters(tree: Tree, threshold: float | np.ndarray) -> int | np.ndarray:
    """How many clusters a cut leaves; one number, or one for each of an array of thresholds."""
    if np.isnan(threshold).any():
        raise InputError("The threshold is not a number: give one between 0 and 1.")
    counts = len(tree.symbols) - np.searchsorted(tree.heights, threshold, side="right")
    return int(counts) if np.ndim(threshold) == 0 else counts


def partition(tree: Tree, threshold: float) -> Partition:
    """The clusters of merges at or below the threshold. O(N)."""
    return partition_of(tree, n_clusters(tree, float(threshold)))


def partition_of(tree: Tree, k: int) -> Partition:
    """The cut that leaves k clusters: the last k - 1 merges undone."""
    n = len(tree.symbols)
    if not 1 <= k <= n:
        raise InputError(f"{n} assets cannot make {k} clusters.")
    is_top = np.ones(2 * n - k, dtype=bool)
    is_top[tree.linkage[: n - k, :2].astype(np.int64)] = False
    nodes = np.flatnonzero(is_top)
    nodes = nodes[np.argsort(tree.smallest[nodes])]
    starts = tree.first[nodes]
    at = np.zeros(n, dtype=np.int64)
    left_to_right = np.argsort(starts)
    at[starts[left_to_right[1:]]] = 1
    labels = np.empty(n, dtype=np.int64)
    labels[tree.order] = left_to_right[np.cumsum(at)]
    return Partition(labels, nodes, tree.node_ids[nodes], tree.size[nodes])


def cut(tree: Tree, threshold: float) -> np.ndarray:
    """N labels in symbol order, as scipy's `fcluster(Z, t, "distance")` parts them.

    0-based by first appearance; a larger threshold never gives more clusters.
    """
    return partition(tree, threshold).labels
