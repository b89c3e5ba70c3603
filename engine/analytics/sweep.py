"""One tree cut at many thresholds: how the clusters change, and how good they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.analytics.correlation import Correlation
from engine.analytics.tree import Tree, distance, n_clusters, partition_of
from engine.core.errors import InputError

# Elements of one block of candidate distances: 2 MB, which stays in the cache of a core.
BLOCK = 1 << 18


@dataclass(frozen=True, eq=False)
class Sweep:
    """A row for each of M thresholds; P ≤ M of the partitions differ.

    thresholds: M, rising. n_clusters, largest, singletons: M whole numbers.
    mean_correlation: M, mean ρ over all pairs inside clusters; NaN where all are alone.
    silhouette: M, mean silhouette width on the distance matrix (Rousseeuw 1987; a single asset
        counts 0, as in scikit-learn); NaN where there is one cluster, or none of two members.
    labels: P×N, one row a partition, columns in the order of `symbols` (sorted, as in the tree).
    partition: M, the row of `labels` that a threshold has. All arrays are read-only.
    """

    symbols: tuple[str, ...]
    thresholds: np.ndarray
    n_clusters: np.ndarray
    largest: np.ndarray
    singletons: np.ndarray
    mean_correlation: np.ndarray
    silhouette: np.ndarray
    labels: np.ndarray
    partition: np.ndarray

    def __post_init__(self) -> None:
        m, n = len(self.thresholds), len(self.symbols)
        per_threshold = (
            "n_clusters",
            "largest",
            "singletons",
            "mean_correlation",
            "silhouette",
            "partition",
        )
        if any(getattr(self, name).shape != (m,) for name in per_threshold):
            raise InputError(f"A sweep of {m} thresholds needs {m} values of each measure.")
        if self.labels.ndim != 2 or self.labels.shape[1] != n:
            raise InputError(f"A sweep of {n} assets needs {n} labels a partition.")
        if (np.diff(self.n_clusters) > 0).any():
            raise InputError("A larger threshold gave more clusters: the tree is not monotone.")
        for name in (*per_threshold, "thresholds", "labels"):
            getattr(self, name).setflags(write=False)

    def labels_at(self, index: int) -> np.ndarray:
        """N labels at the threshold of this index."""
        return self.labels[self.partition[index]]


def grid(start: float, stop: float, step: float) -> np.ndarray:
    """Thresholds from `start` by `step` up to `stop`, which is included if it is on the grid.

    Each is the float nearest to its decimal text: 0.3, not 0.30000000000000004.
    Raises InputError if the step is not above 0 or stop is below start.
    """
    if not (step > 0 and stop >= start):  # also refuses NaN
        raise InputError(f"No thresholds from {start} to {stop} by {step}: mend start, stop, step.")
    steps = int(np.floor((stop - start) / step + 1e-9))
    return np.round(start + step * np.arange(steps + 1), 10)


def sweep(tree: Tree, correlation: Correlation, thresholds: Sequence[float] | np.ndarray) -> Sweep:
    """Cut one tree at every threshold; each distinct partition is computed once.

    Args:
        thresholds: M ≥ 1 numbers, rising.

    Raises InputError for thresholds that do not rise, a NaN, or a symbol without a correlation.

    Invariant: row i equals what a cut at thresholds[i] and scikit-learn's silhouette give.
    Cost: O(N²) for the sums over nodes, then O(N·k) for each partition into k clusters; no linkage.
    """
    thresholds = np.array(thresholds, dtype=np.float64)
    if thresholds.ndim != 1 or len(thresholds) == 0 or (np.diff(thresholds) < 0).any():
        raise InputError("A sweep needs at least one threshold, in rising order.")
    counts = n_clusters(tree, thresholds)
    distinct, which = np.unique(-counts, return_inverse=True)  # as thresholds rise, counts fall
    partitions = [partition_of(tree, -int(k)) for k in distinct]
    matrix = correlation.matrix_for(tree.symbols)[np.ix_(tree.order, tree.order)]

    inside = _inside_sums(tree, matrix)
    pairs = tree.size * (tree.size - 1) / 2
    mean = np.full(len(partitions), np.nan)
    for row, part in enumerate(partitions):
        if (total := pairs[part.nodes].sum()) > 0:
            mean[row] = inside[part.nodes].sum() / total
    labels = np.array([part.labels for part in partitions])
    widths = _silhouettes(tree, distance(matrix), [part.nodes for part in partitions], labels)
    return Sweep(
        symbols=tree.symbols,
        thresholds=thresholds,
        n_clusters=counts,
        largest=np.array([part.sizes.max() for part in partitions])[which],
        singletons=np.array([(part.sizes == 1).sum() for part in partitions])[which],
        mean_correlation=mean[which],
        silhouette=widths[which],
        labels=labels,
        partition=which,
    )


def _inside_sums(tree: Tree, matrix: np.ndarray) -> np.ndarray:
    """2N-1: the sum of ρ over the pairs under each node, by a summed-area table (Crow 1984).

    matrix: N×N in leaf order, where every node is a square on the diagonal.
    """
    n = len(matrix)
    # Less the mean, so that the running sums stay small and lose no digits.
    centre = matrix.mean()
    table = np.zeros((n + 1, n + 1))
    np.cumsum(matrix - centre, axis=0, out=table[1:, 1:])
    np.cumsum(table[1:, 1:], axis=1, out=table[1:, 1:])
    a, b = tree.first, tree.first + tree.size
    square = table[b, b] - table[a, b] - table[b, a] + table[a, a] + centre * tree.size**2
    return (square - tree.size) / 2  # the diagonal of ones is no pair


def _silhouettes(
    tree: Tree, apart: np.ndarray, tops: list[np.ndarray], labels: np.ndarray
) -> np.ndarray:
    """P mean silhouette widths.

    apart: N×N distances in leaf order; tops: for each partition its nodes, in label order;
    labels: P×N. A node is a run of leaves, so distances summed over it are a difference of two
    running sums, once for all partitions that have it.
    """
    n = len(apart)
    result = np.full(len(tops), np.nan)
    scored = [p for p, nodes in enumerate(tops) if 1 < len(nodes) < n]
    if not scored:
        return result
    running = np.zeros((n + 1, n))
    np.cumsum(apart, axis=0, out=running[1:])
    used, where = np.unique(np.concatenate([tops[p] for p in scored]), return_inverse=True)
    size = tree.size[used].astype(np.float64)
    sums = running[tree.first[used] + tree.size[used]] - running[tree.first[used]]
    means = sums / size[:, None]
    leaves = np.arange(n)

    done = 0
    for block in _blocks([len(tops[p]) for p in scored], max(1, BLOCK // n)):
        members = [scored[i] for i in block]
        starts = np.cumsum([0] + [len(tops[p]) for p in members])
        rows = where[done : done + starts[-1]]
        done += int(starts[-1])
        candidates = means[rows]
        own = labels[members][:, tree.order] + starts[:-1, None]  # Q×N rows of `candidates`
        own_node = rows[own]
        others = size[own_node] - 1
        alone = others == 0
        within = np.maximum(sums[own_node, leaves], 0.0) / np.where(alone, 1.0, others)
        candidates[own, leaves] = np.inf
        nearest = np.minimum.reduceat(candidates, starts[:-1], axis=0)
        larger = np.maximum(within, nearest)
        # Both are zero only among duplicates: no preference, width 0, as in scikit-learn.
        flat = alone | (larger <= 0)
        width = np.where(flat, 0.0, (nearest - within) / np.where(flat, 1.0, larger))
        result[members] = width.mean(axis=1)
    return result


def _blocks(counts: list[int], limit: int) -> list[list[int]]:
    """Runs of indices whose counts sum to at most `limit`, or of one index alone."""
    blocks: list[list[int]] = []
    total = 0
    for index, value in enumerate(counts):
        if blocks and total + value <= limit:
            blocks[-1].append(index)
            total += value
        else:
            blocks.append([index])
            total = value
    return blocks
