"""Pairs, memberships and names over all thresholds, against scipy, the cut and the sweep."""

from __future__ import annotations

import csv
import io
import itertools

import numpy as np
import pytest
from hand_made import mixed_grid
from hypothesis import given, settings
from scipy.cluster.hierarchy import cophenet
from scipy.spatial.distance import squareform
from tree_examples import analysed as analysed  # a fixture
from tree_examples import assets_of, names_of, tree_of, trees

from engine import pipeline, tables
from engine.analytics.correlation import Correlation
from engine.analytics.suggest import suggest
from engine.analytics.sweep import grid, sweep
from engine.analytics.together import (
    first_threshold,
    flow_thresholds,
    homes,
    node_names,
    node_ranks,
    together_from,
)
from engine.analytics.tree import Tree, build_tree, cut
from engine.core.errors import InputError
from engine.figures.flow import short_name
from engine.figures.membership import cell_edges, color_codes, sweep_and_membership
from engine.figures.palette import DARK, LIGHT, Ground, cluster_color
from engine.params import LINKAGES, LimitParams, Params
from engine.pipeline import Analysis, Swept

NARROW = settings(max_examples=40, deadline=None)


def thresholds_of(tree: Tree) -> np.ndarray:
    """A grid that also holds some merge heights themselves, where `cut` includes the merge."""
    return np.unique(np.concatenate([grid(0.1, 0.9, 0.05), tree.heights[::2]]))


def test_pairs_by_hand():
    # A and B at ρ = 0.9, C at ρ = 0 to both: d = 0.2236 and 0.7071.
    matrix = np.array([[1, 0.9, 0], [0.9, 1, 0], [0, 0, 1]])
    heights = together_from(build_tree(matrix, ("A", "B", "C")))
    low, high = np.sqrt(0.05), np.sqrt(0.5)
    np.testing.assert_allclose(heights, [[0, low, high], [low, 0, high], [high, high, 0]])
    firsts = first_threshold(heights, grid(0.1, 0.7, 0.1))
    np.testing.assert_array_equal(
        firsts, [[0.1, 0.3, np.nan], [0.3, 0.1, np.nan], [np.nan, np.nan, 0.1]]
    )


@NARROW
@given(trees)
def test_pairs_equal_scipy_cophenet(tree):
    ours = together_from(tree)
    assert ours.shape == (len(tree.symbols),) * 2
    if len(tree.symbols) > 1:
        np.testing.assert_array_equal(ours, squareform(cophenet(tree.linkage)))


@NARROW
@given(trees)
def test_a_pair_is_together_from_its_first_threshold_on_and_not_before(tree):
    thresholds = thresholds_of(tree)
    firsts = first_threshold(together_from(tree), thresholds)
    labels = np.array([cut(tree, t) for t in thresholds])
    same = labels[:, :, None] == labels[:, None, :]
    expected = thresholds[:, None, None] >= np.where(np.isnan(firsts), np.inf, firsts)
    np.testing.assert_array_equal(same, expected)


@NARROW
@given(trees)
def test_homes_are_the_clusters_of_the_cut(tree):
    thresholds = thresholds_of(tree)
    found = homes(tree, thresholds)
    assert found.shape == (len(thresholds), len(tree.symbols))
    for t, row in zip(thresholds, found, strict=True):
        labels = cut(tree, t)
        np.testing.assert_array_equal(row[:, None] == row, labels[:, None] == labels)
        np.testing.assert_array_equal(tree.size[row], np.bincount(labels)[labels])
    with pytest.raises(InputError, match="not a number"):
        homes(tree, [0.1, float("nan")])


def test_nodes_are_named_coloured_and_sized_as_on_the_clusters_page(analysed):
    a, swept = analysed
    names, ranks = names_of(a), node_ranks(a.tree)
    place = {symbol: i for i, symbol in enumerate(a.tree.symbols)}
    seen = 0
    for t in (*swept.sweep.thresholds[::9], a.cut.threshold):
        params = Params().with_settings({"tree.threshold": float(t)})
        clusters = pipeline.cut_tree(a.panel, a.correlation, a.tree, params).clusters
        (row,) = homes(a.tree, [round(float(t), 3)])
        for cluster in clusters:
            (node,) = {int(row[place[s]]) for s in cluster.members}
            assert names[node] == cluster.name
            assert ranks[node] == cluster.color
            assert a.tree.node_ids[node] == cluster.id
            seen += cluster.size > 1
    assert seen > 10


def chart(a: Analysis, swept: Swept, on: Ground = LIGHT):
    return sweep_and_membership(
        a.tree, swept.sweep, swept.suggestion, a.cut.threshold, len(a.cut.clusters), names_of(a),
        assets_of(a), on, seeds=None if a.tree.heights_are_distances else {},
    )  # fmt: skip


def test_a_column_of_the_map_is_the_sweeps_partition(analysed):
    a, swept = analysed
    figure = chart(a, swept)
    (cells,) = [t for t in figure.data if t.name == "membership"]
    z, home = np.asarray(cells.z), homes(a.tree, swept.sweep.thresholds)[:, a.tree.order].T
    assert z.dtype == np.int8
    assert z.shape == (len(a.tree.symbols), len(swept.sweep.thresholds))
    np.testing.assert_array_equal(cells.x, swept.sweep.thresholds)
    for i in range(z.shape[1]):
        labels = swept.sweep.labels_at(i)[a.tree.order]
        np.testing.assert_array_equal(home[:, [i]] == home[:, i], labels[:, None] == labels)
        sizes = np.bincount(labels)[labels]
        np.testing.assert_array_equal(z[:, i] == 0, sizes == 1)
        # Clusters side by side can be told apart.
        border = (labels[1:] != labels[:-1]) & (sizes[1:] > 1) & (sizes[:-1] > 1)
        assert (z[1:, i] != z[:-1, i])[border].all()


@pytest.mark.parametrize("on", [LIGHT, DARK], ids=["light", "dark"])
def test_the_maps_colours_are_those_of_the_clusters_page(analysed, on):
    a, swept = analysed
    (cells,) = [t for t in chart(a, swept, on).data if t.name == "membership"]
    low, high = cells.zmin, cells.zmax

    def shown(code: int) -> str:
        at = (code - low) / (high - low)
        return next(ink for edge, ink in reversed(cells.colorscale) if edge <= at)

    params = Params().with_settings({"tree.threshold": a.cut.threshold})
    place = {symbol: i for i, symbol in enumerate(a.tree.symbols)}
    (row,) = homes(a.tree, [a.cut.threshold])
    codes = color_codes(a.tree, row)
    for cluster in pipeline.cut_tree(a.panel, a.correlation, a.tree, params).clusters:
        for symbol in cluster.members:
            expected = cluster_color(cluster.color, on) if cluster.size > 1 else on.grid
            assert shown(int(codes[place[symbol]])) == expected


def under(figure, name: str, t: float, row: int) -> str:
    """The hover text of the invisible cells called `name` at a threshold and row of the map."""
    for trace in (trace for trace in figure.data if trace.name == name):
        x, y = np.asarray(trace.x), np.asarray(trace.y)
        i, j = np.searchsorted(y, row) - 1, np.searchsorted(x, t) - 1
        if 0 <= j < len(x) - 1:
            return trace.text[i][j]
    raise AssertionError(f"nothing called {name} at {t}")


def test_what_the_map_says_under_the_cursor(analysed):
    a, swept = analysed
    figure, names = chart(a, swept), names_of(a)
    home = homes(a.tree, swept.sweep.thresholds)[:, a.tree.order]
    held = assets_of(a)
    for i, t in enumerate(swept.sweep.thresholds):
        k, alone = swept.sweep.n_clusters[i], swept.sweep.singletons[i]
        noun = "cluster" if k == 1 else "clusters"
        assert under(figure, "figures", t, 3) == f"{k} {noun}, {alone} alone"
        for row, leaf in enumerate(a.tree.order):
            node = home[i, row]
            size = a.tree.size[node]
            text = under(figure, "names", t, row)
            assert text == ("alone" if size == 1 else f"{short_name(names[node])} · {size}")
            assert under(figure, "assets", t, row) == held[a.tree.symbols[leaf]]


def test_one_cursor_over_all_rows(analysed):
    a, swept = analysed
    figure = chart(a, swept)
    assert {trace.xaxis for trace in figure.data} == {None}
    assert (figure.layout.xaxis.showspikes, figure.layout.xaxis.spikemode) == (True, "across")
    domains = sorted(figure.layout[name].domain for name in figure.layout if name[:5] == "yaxis")
    assert len(domains) == 5
    assert all(low[1] < high[0] for low, high in itertools.pairwise(domains))
    assert {line.yref for line in figure.layout.shapes} == {"paper"}


def test_map_of_305_assets_is_light():
    tree = tree_of(305, 1)
    matrix = np.eye(305)
    swept = sweep(tree, Correlation(tree.symbols, matrix, matrix), grid(0.1, 0.9, 0.01))
    names = ["Mixed: Industrials / Utilities"] * 609
    figure = sweep_and_membership(
        tree, swept, suggest(swept, LimitParams()), 0.4, 5, names, {s: s for s in tree.symbols},
        LIGHT,
    )  # fmt: skip
    assert len(figure.to_json()) < 200_000


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("method", LINKAGES)
def test_hardly_any_assets(n, method):
    a = pipeline.analyse(mixed_grid(), Params())
    symbols = a.tree.symbols[:n]
    tree = build_tree(a.correlation, symbols, method)
    swept = sweep(tree, a.correlation, grid(0.1, 0.9, 0.1))
    names = node_names(tree, {}, {})
    assert len(names) == 2 * n - 1
    suggestion = suggest(swept, LimitParams())
    figure = sweep_and_membership(
        tree, swept, suggestion, 0.4, n, names, {s: s for s in symbols}, LIGHT
    )
    (cells,) = [t for t in figure.data if t.name == "membership"]
    assert np.asarray(cells.z).shape == (n, 9)
    assert together_from(tree).shape == (n, n)


def test_edges_lie_midway():
    np.testing.assert_allclose(cell_edges(np.array([0.1, 0.2, 0.4])), [0.05, 0.15, 0.3, 0.5])
    edges = cell_edges(np.array([0.4]))
    assert edges[0] < 0.4 < edges[1]


def test_pair_table(analysed):
    a, swept = analysed
    table = tables.pair_table(a.panel, a.correlation, a.tree, swept.sweep)
    n = len(a.tree.symbols)
    assert len(table) == n * (n - 1) // 2
    assert len(
        {frozenset(p) for p in zip(table["symbol_a"], table["symbol_b"], strict=True)}
    ) == len(table)
    assert table["height"].is_monotonic_increasing
    place = {symbol: i for i, symbol in enumerate(a.tree.symbols)}
    matrix = a.correlation.matrix_for(a.tree.symbols)
    facts = a.panel.members.set_index("symbol")
    held = assets_of(a)
    grid_ = swept.sweep.thresholds
    for row in table.itertuples():
        i, j = place[row.symbol_a], place[row.symbol_b]
        assert (row.asset_a, row.asset_b) == (held[row.symbol_a], held[row.symbol_b])
        agree = [
            swept.sweep.labels_at(k)[i] == swept.sweep.labels_at(k)[j] for k in range(len(grid_))
        ]
        assert row.t == pytest.approx(
            grid_[agree.index(True)] if any(agree) else np.nan, nan_ok=True
        )
        assert row.rho == matrix[i, j]
        first, second = facts.loc[row.symbol_a], facts.loc[row.symbol_b]
        assert row.same_class == (first["asset_class"] == second["asset_class"])
        known = bool(first["sector"] and second["sector"])
        assert (
            row.same_sector is None
            if not known
            else row.same_sector == (first["sector"] == second["sector"])
        )


def test_pairs_of_one_asset(analysed):
    a, swept = analysed
    every = tables.pair_table(a.panel, a.correlation, a.tree, swept.sweep)
    for symbol in a.tree.symbols[::5]:
        own = tables.pair_table(a.panel, a.correlation, a.tree, swept.sweep, symbol)
        assert set(own["symbol_a"]) == {symbol}
        mine = every[(every["symbol_a"] == symbol) | (every["symbol_b"] == symbol)]
        assert sorted(own["height"]) == sorted(mine["height"])
        assert set(own["symbol_b"]) == set(a.tree.symbols) - {symbol}
        assert own["height"].is_monotonic_increasing


def test_membership_table(analysed):
    a, swept = analysed
    table = tables.membership_table(a.tree, swept.sweep, names_of(a), assets_of(a))
    n = len(a.tree.symbols)
    assert len(table) == n * len(swept.sweep.thresholds)
    for i, (t, rows) in enumerate(table.groupby("t")):
        assert t == swept.sweep.thresholds[i]
        assert list(rows["symbol"]) == [a.tree.symbols[k] for k in a.tree.order]
        labels = swept.sweep.labels_at(i)[a.tree.order]
        ids = rows["id"].to_numpy()
        np.testing.assert_array_equal(ids[:, None] == ids, labels[:, None] == labels)
        np.testing.assert_array_equal(rows["size"], np.bincount(labels)[labels])
    written = list(csv.DictReader(io.StringIO(tables.to_csv(table).decode())))
    assert len(written) == len(table)
    assert list(written[0]) == ["asset", "symbol", "t", "id", "cluster", "size"]


def test_thresholds_of_the_flow_are_the_sweeps():
    tree = tree_of(12, 4)
    matrix = np.eye(12)
    swept = sweep(tree, Correlation(tree.symbols, matrix, matrix), grid(0.1, 0.9, 0.01))
    assert flow_thresholds(swept, [0.5, 0.3, 0.4, 0.46]) == [0.3, 0.4, 0.46, 0.5]
    assert flow_thresholds(swept, [0.5, 0.3, None, 0.5, 0.3001]) == [0.3, 0.5]
    assert flow_thresholds(swept, [7.0]) == [0.9]
