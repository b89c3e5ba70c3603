"""The flow between thresholds: nothing is lost, clusters only merge, bars and bands fit."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tree_examples import analysed as analysed  # a fixture
from tree_examples import assets_of, names_of, tree_of, trees

from engine import pipeline, tables
from engine.analytics.together import ALONE, Flow, flow, homes
from engine.analytics.tree import Tree, build_tree, cut
from engine.core.errors import InputError
from engine.figures.flow import BAR, alluvial
from engine.figures.palette import DARK, LIGHT, cluster_color
from engine.params import LINKAGES, Params

columns = st.lists(st.integers(1, 12), min_size=2, max_size=6, unique=True).map(
    lambda tenths: [t / 10 for t in sorted(tenths)]
)
BAND = re.compile(
    r"M([\d.]+),([\d.]+)C\S+ \S+ ([\d.]+),([\d.]+)L\S+,([\d.]+)C\S+ \S+ \S+,([\d.]+)Z"
)


def four() -> Tree:
    """A, B at ρ = 0.9 (d = 0.2236); C, D at 0.6 (0.4472); nothing across (0.7071)."""
    matrix = np.eye(4)
    matrix[0, 1] = matrix[1, 0] = 0.9
    matrix[2, 3] = matrix[3, 2] = 0.6
    return build_tree(matrix, ("A", "B", "C", "D"))


def chart(tree: Tree, found: Flow, on=LIGHT):
    names = [f"node {i}" for i in range(2 * len(tree.symbols) - 1)]
    return alluvial(tree, found, names, {s: s for s in tree.symbols}, on)


def test_flow_by_hand():
    found = flow(four(), [0.1, 0.3, 0.5, 0.8])
    assert [[(g.node, g.members) for g in column] for column in found.columns] == [
        [(ALONE, (0, 1, 2, 3))],
        [(4, (0, 1)), (ALONE, (2, 3))],
        [(4, (0, 1)), (5, (2, 3))],
        [(6, (0, 1, 2, 3))],
    ]
    assert [[(s.source, s.target, s.members) for s in step] for step in found.steps] == [
        [(ALONE, 4, (0, 1)), (ALONE, ALONE, (2, 3))],
        [(4, 4, (0, 1)), (ALONE, 5, (2, 3))],
        [(4, 6, (0, 1)), (5, 6, (2, 3))],
    ]


@settings(max_examples=60, deadline=None)
@given(trees, columns)
def test_flow_conserves_assets(tree, thresholds):
    found = flow(tree, thresholds)
    everyone = list(range(len(tree.symbols)))
    for t, column in zip(thresholds, found.columns, strict=True):
        assert sorted(i for group in column for i in group.members) == everyone
        labels = cut(tree, t)
        sizes = np.bincount(labels)
        clusters = [group for group in column if group.node != ALONE]
        assert sorted(g.size for g in clusters) == sorted(sizes[sizes > 1])
        assert all(len({labels[i] for i in group.members}) == 1 for group in clusters)
        alone = [group for group in column if group.node == ALONE]
        assert sum(g.size for g in alone) == (sizes == 1).sum()
        assert column[-1:] == tuple(alone) or not alone
    for left, step, right in zip(found.columns, found.steps, found.columns[1:], strict=False):
        assert sorted(i for stream in step for i in stream.members) == everyone
        out, into = Counter(), Counter()
        for stream in step:
            out[stream.source] += stream.size
            into[stream.target] += stream.size
        assert out == {group.node: group.size for group in left}
        assert into == {group.node: group.size for group in right}
        # Clusters only merge: each goes whole, and never apart into assets that are alone.
        by_source = Counter(s.source for s in step if s.source != ALONE)
        assert all(count == 1 for count in by_source.values())
        assert all(s.source == ALONE for s in step if s.target == ALONE)


@settings(max_examples=30, deadline=None)
@given(trees, columns)
def test_bars_and_bands_fit(tree, thresholds):
    found = flow(tree, thresholds)
    figure = chart(tree, found)
    bars, _ = figure.data
    spans: dict[float, list[tuple[float, float]]] = {}
    for base, y, width in zip(bars.base, bars.y, bars.width, strict=True):
        spans.setdefault(round(base + BAR / 2, 6), []).append((y - width / 2, y + width / 2))
    for c, column in enumerate(found.columns):
        assert [round(b - a) for a, b in spans[c]] == [group.size for group in column]
        assert all(low[1] < high[0] for low, high in zip(spans[c], spans[c][1:], strict=False))
        assert spans[c][-1][1] <= figure.layout.yaxis.range[0]
    # At either end the bands tile the bars, without overlap.
    ends: dict[float, list[tuple[float, float]]] = {}
    bands = [b for shape in figure.layout.shapes for b in BAND.findall(shape.path)]
    assert len(bands) == sum(len(step) for step in found.steps)
    for x0, a, x1, b, b_low, a_low in bands:
        ends.setdefault(float(x0), []).append((float(a), float(a_low)))
        ends.setdefault(float(x1), []).append((float(b), float(b_low)))
    for x, pieces in ends.items():
        pieces.sort()
        column = spans[round(x)]
        covered = sum(b - a for a, b in pieces)
        assert covered == pytest.approx(len(tree.symbols), abs=0.02 * len(pieces))
        assert all(low[1] <= high[0] + 0.02 for low, high in itertools.pairwise(pieces))
        inside = [any(p - 0.02 <= a and b <= q + 0.02 for p, q in column) for a, b in pieces]
        assert all(inside)


@pytest.mark.parametrize("on", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_and_names_are_those_of_the_clusters_page(analysed, on):
    a, swept = analysed
    thresholds = [float(t) for t in swept.sweep.thresholds[20:60:10]]
    found = flow(a.tree, thresholds)
    bars, labels = alluvial(a.tree, found, names_of(a), assets_of(a), on).data
    shown = {}
    for color, (cluster_id, name, size, at, members) in zip(
        bars.marker.color, bars.customdata, strict=True
    ):
        shown[at, cluster_id] = (color, name, size, members)
    expected = 0
    for t in thresholds:
        params = Params().with_settings({"tree.threshold": t})
        at = f"{t:.2f}"
        for cluster in pipeline.cut_tree(a.panel, a.correlation, a.tree, params).clusters:
            if cluster.size > 1:
                color, name, size, members = shown.pop((at, cluster.id))
                assert color == cluster_color(cluster.color, on)
                assert (name, size) == (cluster.name, f"{cluster.size} assets")
                first = assets_of(a)[a.tree.symbols[a.tree.order[0]]]
                assert cluster.id != 1 or members.startswith(first)
                expected += 1
    assert expected > 4
    assert {key[1] for key in shown} <= {None}
    assert {value[0] for value in shown.values()} <= {on.single}
    assert len(labels.text) == len(bars.y)
    if a.tree.method == "ward":
        figure = alluvial(a.tree, found, names_of(a), assets_of(a), on)
        assert figure.layout.xaxis.title.text == "Ward height"


def test_flow_table(analysed):
    a, swept = analysed
    thresholds = [float(t) for t in swept.sweep.thresholds[20:60:10]]
    found = flow(a.tree, thresholds)
    table = tables.flow_table(found, a.tree, names_of(a), assets_of(a))
    assert len(table) == sum(len(step) for step in found.steps)
    steps = list(itertools.pairwise(thresholds))
    assert list(dict.fromkeys(zip(table["t_from"], table["t_to"], strict=True))) == steps
    assert (table.groupby("t_from")["size"].sum() == len(a.tree.symbols)).all()
    ids = a.tree.node_ids[homes(a.tree, thresholds)]
    for row in table.itertuples():
        assert len(row.members.split(", ")) == row.size
        assert (row.id_from is pd.NA) == (row._4 == "alone")
        if row.id_to is not pd.NA:
            assert row.id_to in ids[thresholds.index(row.t_to)]
    written = list(csv.DictReader(io.StringIO(tables.to_csv(table).decode())))
    assert sum(int(row["size"]) for row in written) == len(a.tree.symbols) * len(steps)


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("method", LINKAGES)
def test_hardly_any_assets(n, method):
    tree = tree_of(n, 0, method)
    found = flow(tree, [0.01, 3.0])
    assert [group.size for group in found.columns[0]] == [n]
    assert [group.size for group in found.columns[1]] == [n]
    assert (found.columns[1][0].node == ALONE) == (n == 1)
    assert len(chart(tree, found).data) == 2


@pytest.mark.parametrize("bad", [[], [0.3], [0.3, 0.3], [0.5, 0.3]])
def test_thresholds_must_rise(bad):
    with pytest.raises(InputError, match="at least two thresholds"):
        flow(four(), bad)


def test_chart_of_305_assets_is_light():
    tree = tree_of(305, 2)
    found = flow(tree, [0.3, 0.4, 0.45, 0.5, 0.55, 0.6])
    assert len(found.columns[2]) > 30
    assert len(chart(tree, found).to_json()) < 200_000
