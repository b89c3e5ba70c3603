"""Tree and sweep of 81 thresholds, against fastcluster and against starting anew at each."""

from __future__ import annotations

import fastcluster
import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.metrics import silhouette_score

from engine.analytics.blas import one_thread
from engine.analytics.correlation import pairwise_correlation
from engine.analytics.psd import is_psd, repair
from engine.analytics.sweep import grid, sweep
from engine.analytics.tree import build_tree, distance

TREE = "Tree, average linkage"
CUTS = "Sweep of 81 thresholds with labels and silhouette"
BUDGET = "Budget: sweep against correlation + repair + distance + linkage"
THRESHOLDS = grid(0.10, 0.90, 0.01)


def test_tree(case, measure):
    measure(TREE, "engine", lambda: build_tree(case.correlation))


def test_tree_fastcluster(case, measure):
    matrix = case.correlation.matrix
    expected = measure(
        TREE,
        "distance + fastcluster.linkage",
        lambda: fastcluster.linkage(squareform(distance(matrix), checks=False), "average"),
    )
    np.testing.assert_allclose(case.tree.heights, expected[:, 2], rtol=0, atol=1e-12)


def test_sweep(case, measure):
    measure(CUTS, "engine", lambda: sweep(case.tree, case.correlation, THRESHOLDS))


def test_sweep_anew(case, measure):
    apart = distance(case.correlation.matrix)

    def call():
        cuts = []
        for threshold in THRESHOLDS:
            z = linkage(squareform(apart, checks=False), "average")
            labels = fcluster(z, threshold, "distance")
            k, width = labels.max(), np.nan
            if 1 < k < case.n:
                width = silhouette_score(apart, labels, metric="precomputed")
            cuts.append((k, width))
        return cuts

    cuts = measure(CUTS, "linkage, fcluster, silhouette_score at each", call, rounds=3)
    ours = sweep(case.tree, case.correlation, THRESHOLDS)
    np.testing.assert_array_equal(ours.n_clusters, [k for k, _ in cuts])
    np.testing.assert_allclose(ours.silhouette, [w for _, w in cuts], rtol=0, atol=1e-10)


def test_budget_sweep(case, measure):
    measure(BUDGET, "engine", lambda: sweep(case.tree, case.correlation, THRESHOLDS))


def test_budget_rest(case, measure):
    def call():
        with one_thread():
            matrix, _ = pairwise_correlation(case.returns)
            if not is_psd(matrix):
                matrix = repair(matrix)
        return linkage(squareform(distance(matrix), checks=False), "average")

    measure(BUDGET, "correlation + repair + distance + linkage", call)
