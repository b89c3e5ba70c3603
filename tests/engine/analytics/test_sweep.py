"""The sweep against scipy and scikit-learn, and the threshold it suggests."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster
from sklearn.metrics import silhouette_score

from engine.analytics import sweep as sweep_module
from engine.analytics.correlation import Correlation
from engine.analytics.suggest import Suggestion, investable, suggest
from engine.analytics.sweep import Sweep, grid, sweep
from engine.analytics.tree import build_tree, cut, distance, n_clusters
from engine.core.errors import InputError
from engine.params import LINKAGES, LimitParams


def correlation_of(n: int, seed: int, duplicates: bool = False) -> Correlation:
    """Symbols in no order; with duplicates, every third asset is the one before it."""
    rng = np.random.default_rng(seed)
    series = rng.standard_normal((n, 30)) + rng.standard_normal((3, 30))[rng.integers(0, 3, n)]
    if duplicates:
        series[1::3] = series[::3][: len(series[1::3])]
    matrix = np.atleast_2d(np.corrcoef(series))
    if duplicates:
        matrix = np.round(matrix, 2)
    matrix = np.clip((matrix + matrix.T) / 2, -1, 1)
    np.fill_diagonal(matrix, 1.0)
    symbols = tuple(f"S{i:03d}" for i in rng.permutation(n))
    return Correlation(symbols, matrix, np.full((n, n), 30))


def blocks(*sizes: int, inside: float = 0.9, across: float = 0.0) -> Correlation:
    """Blocks of equal correlation."""
    label = np.repeat(np.arange(len(sizes)), sizes)
    matrix = np.where(label[:, None] == label[None, :], inside, across)
    np.fill_diagonal(matrix, 1.0)
    n = len(label)
    return Correlation(tuple(f"S{i:03d}" for i in range(n)), matrix, np.full((n, n), 100))


def swept(correlation: Correlation, method: str = "average") -> Sweep:
    return sweep(build_tree(correlation, method=method), correlation, grid(0.1, 0.9, 0.01))


def test_grid_has_no_dust():
    thresholds = grid(0.10, 0.90, 0.01)
    assert len(thresholds) == 81
    assert thresholds.tolist() == [round(0.1 + 0.01 * i, 10) for i in range(81)]
    assert thresholds[20] == 0.3
    assert grid(0.1, 0.9, 0.3).tolist() == [0.1, 0.4, 0.7]  # 0.9 is not on this grid
    assert grid(0.4, 0.4, 0.01).tolist() == [0.4]
    for bad in ((0.1, 0.9, 0.0), (0.9, 0.1, 0.01), (0.1, float("nan"), 0.01)):
        with pytest.raises(InputError, match="mend"):
            grid(*bad)


@given(st.integers(0, 2000), st.integers(0, 2000), st.integers(1, 1000))
def test_grid_of_thousandths(start, length, step):
    thresholds = grid(start / 1000, (start + length) / 1000, step / 1000)
    assert len(thresholds) == length // step + 1
    assert thresholds.tolist() == [(start + step * i) / 1000 for i in range(len(thresholds))]


def test_sweep_by_hand():
    # Two pairs at ρ = 0.9 (d = 0.2236) and nothing across (d = 0.7071).
    result = sweep(build_tree(blocks(2, 2)), blocks(2, 2), [0.1, 0.3, 0.5, 0.8])
    assert result.n_clusters.tolist() == [4, 2, 2, 1]
    assert result.largest.tolist() == [1, 2, 2, 4]
    assert result.singletons.tolist() == [4, 0, 0, 0]
    width = 1 - np.sqrt(0.05) / np.sqrt(0.5)
    np.testing.assert_allclose(result.silhouette, [np.nan, width, width, np.nan])
    np.testing.assert_allclose(result.mean_correlation, [np.nan, 0.9, 0.9, 0.3])
    assert result.labels.tolist() == [[0, 1, 2, 3], [0, 0, 1, 1], [0, 0, 0, 0]]
    assert result.partition.tolist() == [0, 1, 1, 2]
    assert result.labels_at(2).tolist() == [0, 0, 1, 1]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.integers(0, 10_000), st.booleans(), st.sampled_from(LINKAGES))
def test_sweep_equals_cutting_anew(n, seed, duplicates, method):
    correlation = correlation_of(n, seed, duplicates)
    tree = build_tree(correlation, method=method)
    result = swept(correlation, method)
    matrix = correlation.matrix_for(tree.symbols)
    for i in range(0, len(result.thresholds), 4):
        labels = cut(tree, result.thresholds[i])
        assert (labels == result.labels_at(i)).all()
        k = n_clusters(tree, result.thresholds[i])
        if n > 1:
            assert k == fcluster(tree.linkage, result.thresholds[i], "distance").max()
        sizes = np.bincount(labels)
        assert result.n_clusters[i] == k
        assert result.largest[i] == sizes.max()
        assert result.singletons[i] == (sizes == 1).sum()
        same = (labels[:, None] == labels[None, :]) & ~np.eye(n, dtype=bool)
        mean = matrix[same].mean() if same.any() else np.nan
        assert result.mean_correlation[i] == pytest.approx(mean, abs=1e-10, nan_ok=True)
        expected = np.nan
        if 1 < k < n:
            expected = silhouette_score(distance(matrix), labels, metric="precomputed")
        assert result.silhouette[i] == pytest.approx(expected, abs=1e-10, nan_ok=True)


@pytest.mark.parametrize("method", LINKAGES)
def test_silhouette_of_a_larger_universe_equals_sklearn(method):
    correlation = correlation_of(150, 3)
    tree = build_tree(correlation, method=method)
    result = swept(correlation, method)
    apart = distance(correlation.matrix_for(tree.symbols))
    scored = np.flatnonzero(~np.isnan(result.silhouette))
    assert len(scored) > 10
    for i in scored[::5]:
        expected = silhouette_score(apart, result.labels_at(i), metric="precomputed")
        assert result.silhouette[i] == pytest.approx(expected, abs=1e-10)


def test_size_of_a_block_changes_nothing(monkeypatch):
    correlation = correlation_of(40, 5)
    whole = swept(correlation)
    monkeypatch.setattr(sweep_module, "BLOCK", 1)
    np.testing.assert_array_equal(swept(correlation).silhouette, whole.silhouette)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 25), st.integers(0, 10_000), st.sampled_from(LINKAGES))
def test_order_of_input_and_names_change_no_measure(n, seed, method):
    correlation = correlation_of(n, seed)
    plain = swept(correlation, method)
    shuffle = np.random.default_rng(seed + 1).permutation(n)
    moved = Correlation(
        tuple(correlation.symbols[i] for i in shuffle),
        correlation.matrix[np.ix_(shuffle, shuffle)],
        correlation.overlap[np.ix_(shuffle, shuffle)],
    )
    again = swept(moved, method)
    np.testing.assert_array_equal(again.labels, plain.labels)
    np.testing.assert_array_equal(again.silhouette, plain.silhouette)
    renamed = swept(Correlation(correlation.symbols, moved.matrix, moved.overlap), method)
    np.testing.assert_array_equal(renamed.n_clusters, plain.n_clusters)
    np.testing.assert_array_equal(renamed.singletons, plain.singletons)
    np.testing.assert_allclose(renamed.silhouette, plain.silhouette, atol=1e-10)


def test_one_asset_and_two():
    one = swept(blocks(1))
    assert set(one.n_clusters) == {1}
    assert np.isnan(one.silhouette).all()
    two = swept(blocks(2))
    assert set(two.n_clusters) == {1, 2}
    assert np.isnan(two.silhouette).all()
    assert two.mean_correlation[-1] == pytest.approx(0.9)


def test_sweep_input_errors():
    correlation = blocks(2, 2)
    tree = build_tree(correlation)
    for bad in ([], [0.5, 0.4], [[0.1]]):
        with pytest.raises(InputError, match="rising order"):
            sweep(tree, correlation, bad)
    with pytest.raises(InputError, match="not a number"):
        sweep(tree, correlation, [float("nan")])
    with pytest.raises(InputError, match="No correlation for S002"):
        sweep(tree, blocks(2), [0.4])


def test_a_sweep_checks_itself():
    correlation = blocks(2, 2)
    result = sweep(build_tree(correlation), correlation, [0.3, 0.3, 0.8])  # one twice is no matter
    assert result.n_clusters.tolist() == [2, 2, 1]
    with pytest.raises(InputError, match="more clusters"):
        dataclasses.replace(result, n_clusters=np.array([2, 3, 1]))
    with pytest.raises(InputError, match="3 values of each measure"):
        dataclasses.replace(result, singletons=np.array([0, 0]))
    with pytest.raises(InputError, match="4 labels"):
        dataclasses.replace(result, labels=result.labels[:, :3])


def test_investable_by_hand():
    # Clusters of 4 and 2: min(0.25, 0.4) + min(0.25, 0.2) = 0.45; six alone: 0.6.
    result = sweep(build_tree(blocks(4, 2)), blocks(4, 2), [0.1, 0.5, 0.8])
    money = investable(result, LimitParams(cluster_cap=0.25, asset_cap=0.1))
    np.testing.assert_allclose(money, [0.6, 0.45, 0.25])


def test_suggestion_is_the_middle_of_the_best_plateau():
    # Pairs merge at 0.2236 and blocks at 0.7071: five blocks of three from 0.23 to 0.70.
    result = suggest(swept(blocks(3, 3, 3, 3, 3)), LimitParams())
    assert result.threshold == 0.46
    assert result.silhouette == pytest.approx(1 - np.sqrt(0.1))
    assert result.strength == "reasonable"
    assert result.seed_singletons == {0.3: 0, 0.4: 0, 0.5: 0}
    assert result.reason == (
        "0.46 has the best silhouette (0.68: reasonable structure) among the cuts at which all "
        "money can be invested. At the seed's 0.3, 0.4 and 0.5, 0 %, 0 % and 0 % of the assets "
        "stay alone."
    )


@pytest.mark.parametrize(
    ("inside", "strength"), [(0.1, "none"), (0.6, "weak"), (0.9, "reasonable"), (0.99, "strong")]
)
def test_strength_of_the_evidence(inside, strength):
    assert suggest(swept(blocks(3, 3, 3, 3, inside=inside)), LimitParams()).strength == strength


def test_reason_says_mostly_singletons():
    result = suggest(swept(blocks(4, 4, 4, 4, 4, inside=0.6)), LimitParams())  # merges at 0.447
    assert result.seed_singletons == {0.3: 1, 0.4: 1, 0.5: 0}
    assert "mostly singletons at 0.3 and 0.4." in result.reason


def test_a_cut_that_cannot_take_the_money_is_not_suggested():
    # Two blocks are by far the best silhouette, but hold only 2 · 0.25 of the money.
    correlation = blocks(8, 8)
    assert suggest(swept(correlation), LimitParams(cluster_cap=0.5)).threshold is not None
    refused = suggest(swept(correlation), LimitParams(cluster_cap=0.25))
    assert refused.threshold is None
    assert refused.silhouette is None
    assert "at once take all the money" in refused.reason


def test_most_that_any_cut_takes_is_enough():
    # Four assets at 10 % each: 40 % at best, which two pairs can take too.
    result = suggest(swept(blocks(2, 2)), LimitParams())
    assert result.threshold == 0.46
    assert "the most (40 %) of the money" in result.reason


def test_nothing_to_suggest():
    one = suggest(swept(blocks(1)), LimitParams())
    assert one.threshold is None
    assert "1 asset cannot be grouped" in one.reason
    apart = sweep(build_tree(blocks(1, 1, 1, 1)), blocks(1, 1, 1, 1), [0.3, 0.5])
    assert "would put more than half of the assets in company" in (
        suggest(apart, LimitParams()).reason
    )


def test_seeds_that_the_sweep_did_not_visit_are_left_out():
    correlation = blocks(3, 3, 3, 3)
    result = sweep(build_tree(correlation), correlation, grid(0.35, 0.6, 0.05))
    assert suggest(result, LimitParams()).seed_singletons == {0.4: 0, 0.5: 0}
    assert "seed" not in suggest(result, LimitParams(), {}).reason


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 30),
    st.integers(0, 10_000),
    st.sampled_from(LINKAGES),
    st.sampled_from([0.1, 0.25, 1.0]),
)
def test_a_suggestion_can_be_used(n, seed, method, cluster_cap):
    limits = LimitParams(cluster_cap=cluster_cap)
    result = swept(correlation_of(n, seed), method)
    suggestion = suggest(result, limits)
    if suggestion.threshold is None:
        assert suggestion.reason.startswith("No cut is suggested")
        return
    at = int(np.flatnonzero(result.thresholds == suggestion.threshold)[0])
    money = investable(result, limits)
    assert money[at] >= money.max() - 1e-9
    assert 2 * result.singletons[at] < n
    assert result.n_clusters[at] >= 2
    assert result.silhouette[at] == suggestion.silhouette


def test_suggestion_checks_itself():
    with pytest.raises(InputError, match="strength"):
        Suggestion(None, None, "certain", "", {})
    with pytest.raises(InputError, match="neither"):
        Suggestion(0.4, None, "none", "", {})
