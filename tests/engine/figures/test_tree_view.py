"""The tree in the browser: the values it gets, and that it cuts as the engine does."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
from browser_support import launched
from playwright.sync_api import Page
from root import ROOT

from engine.analytics.correlation import Correlation
from engine.analytics.tree import Tree, build_tree, cut, n_clusters, partition
from engine.figures.palette import DARK, LIGHT
from engine.figures.tree_view import Mark, cut_values, merge_correlations, tree_values
from engine.params import LINKAGES

GEOMETRY = ROOT / "pages/shared/tree/geometry.js"


def _correlation(seed: int, n: int) -> Correlation:
    """n series on three factors, so that there is something to cluster."""
    rng = np.random.default_rng(seed)
    returns = rng.normal(size=(120, 3)) @ rng.normal(size=(3, n)) + 1.5 * rng.normal(size=(120, n))
    matrix = np.atleast_2d(np.corrcoef(returns, rowvar=False))
    matrix = np.clip((matrix + matrix.T) / 2, -1, 1)
    np.fill_diagonal(matrix, 1.0)
    symbols = tuple(f"S{k:03d}" for k in range(n))
    return Correlation(symbols, matrix, np.full((n, n), 120))


def _values(tree: Tree, correlation: Correlation) -> dict:
    plain = {s: s for s in tree.symbols}
    sectors = {s: "Energy" if k % 2 else "" for k, s in enumerate(tree.symbols)}
    classes = dict.fromkeys(tree.symbols, "equity")
    return tree_values(tree, correlation, plain, plain, sectors, classes, "key")


def test_mean_correlation_of_a_merge_is_that_of_the_pairs_under_it() -> None:
    correlation = _correlation(1, 23)
    tree = build_tree(correlation)
    found = merge_correlations(tree, correlation)
    for row in range(22):
        node = 23 + row
        under = tree.order[tree.first[node] : tree.first[node] + tree.size[node]]
        block = correlation.matrix[np.ix_(under, under)]
        expected = block[np.triu_indices(len(under), 1)].mean()
        assert found[row] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n", [1, 2, 40])
def test_values_are_json_and_say_what_the_tree_says(n: int) -> None:
    correlation = _correlation(2, n)
    tree = build_tree(correlation)
    values = json.loads(json.dumps(_values(tree, correlation), allow_nan=False))
    assert values["heights"] == tree.heights.tolist()  # to the last bit
    assert len(values["name_of"]) == 2 * n - 1
    assert len(values["left"]) == len(values["rhos"]) == n - 1


def test_cut_values_carry_what_changes_and_leave_the_tree_alone() -> None:
    correlation = _correlation(3, 12)
    values = _values(build_tree(correlation), correlation)
    before = json.dumps(values)
    marks = [Mark(0.3, "CRISIS", "seed")]
    light = cut_values(values, 0.4, (0.1, 0.9, 0.01), marks, LIGHT, 5, "S003")
    dark = cut_values(values, 0.4, (0.1, 0.9, 0.01), marks, DARK, None, "GONE")
    assert json.dumps(values) == before
    assert (light["t"], light["picked"], light["found"]) == (0.4, 5, 3)
    assert (dark["picked"], dark["found"]) == (None, -1)
    assert light["palette"] == dark["palette"]
    assert light["accent"] != dark["accent"]


@pytest.fixture(scope="module")
def geometry() -> Iterator[Page]:
    """A blank page that knows geometry.js."""
    with launched() as browser:
        page = browser.new_page()
        page.add_script_tag(content=GEOMETRY.read_text("utf-8"))
        yield page


@pytest.mark.browser
@pytest.mark.parametrize("method", LINKAGES)
@pytest.mark.parametrize("n", [1, 2, 3, 64, 305])
def test_the_browser_cuts_as_the_engine_does_at_every_threshold(
    geometry: Page, method: str, n: int
) -> None:
    correlation = _correlation(n, n)
    tree = build_tree(correlation, method=method)
    top = float(tree.heights[-1]) if n > 1 else 1.0
    # Every step of the slider, and every merge height itself: a tie goes to the merge.
    thresholds = [round(0.01 * k, 2) for k in range(int(100 * top) + 3)] + tree.heights.tolist()
    found = geometry.evaluate(
        """([data, thresholds]) => {
            const tree = growTree(data);
            return thresholds.map((t) => {
                const cut = cutTree(tree, t);
                return [cut.tops.length, cut.alone, cut.largest];
            });
        }""",
        [_values(tree, correlation), thresholds],
    )
    for t, (count, alone, largest) in zip(thresholds, found, strict=True):
        sizes = np.bincount(cut(tree, t))
        assert count == n_clusters(tree, t)
        assert (alone, largest) == ((sizes == 1).sum(), sizes.max())


@pytest.mark.browser
def test_the_browser_names_the_same_members_and_ids(geometry: Page) -> None:
    correlation = _correlation(7, 64)
    tree = build_tree(correlation)
    values = _values(tree, correlation)
    for t in (0.2, 0.45, 0.6, float(tree.heights[30])):
        owners, tops = geometry.evaluate(
            """([data, t]) => {
                const cut = cutTree(growTree(data), t);
                return [Array.from(cut.owner).slice(0, data.order.length), cut.tops];
            }""",
            [values, t],
        )
        parts = partition(tree, t)
        assert [values["ids"][node] for node in owners] == parts.ids[parts.labels].tolist()
        sizes = tree.size[tops]
        assert list(sizes) == sorted(sizes, reverse=True)


@pytest.mark.browser
def test_brackets_are_drawn_once_each_in_the_colour_of_their_cluster(geometry: Page) -> None:
    correlation = _correlation(8, 64)
    tree = build_tree(correlation)
    t = 0.6
    drawn = geometry.evaluate(
        """([data, t]) => {
            const tree = growTree(data), cut = cutTree(tree, t), same = (v) => v;
            const id = (node) => String(data.ids[node]);
            const all = bracketPaths(tree, cut, id, "above", same, same, -1, 99);
            return [...all].map(([color, path]) => [color, path.split("M").length - 1]);
        }""",
        [_values(tree, correlation), t],
    )
    counts = dict(drawn)
    above = int((tree.heights > t).sum())
    assert counts.pop("above") == above
    assert sum(counts.values()) == 63 - above
    sizes = {str(i): s - 1 for i, s in zip(*_ids_and_sizes(tree, t), strict=True) if s > 1}
    assert counts == sizes


def _ids_and_sizes(tree: Tree, t: float) -> tuple[list[int], list[int]]:
    parts = partition(tree, t)
    return parts.ids.tolist(), parts.sizes.tolist()
