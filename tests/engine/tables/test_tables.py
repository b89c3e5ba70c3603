"""Tables and figures of speech: numbers by hand, and CSV that a spreadsheet cannot run."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hand_made import make_grid, mixed_grid
from hypothesis import given
from hypothesis import strategies as st

from engine import pipeline, tables
from engine.analytics.tree import n_clusters, partition
from engine.figures.palette import LIGHT, cluster_color
from engine.params import Params
from engine.pipeline import Analysis
from engine.tables.universe import PATH_POINTS

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def analyse(grid, t: float = 0.5, **settings) -> Analysis:
    return pipeline.analyse(grid, Params().with_settings({"tree.threshold": t} | settings))


@pytest.fixture(scope="module")
def mixed() -> Analysis:
    return analyse(mixed_grid())


def three(t: float = 0.5) -> Analysis:
    """A and B move alike; C on its own. 30 returns, 29 of C; a fourth has too few."""
    rng = np.random.default_rng(11)
    a, c = rng.normal(0, 0.01, (2, 40))
    closes = {
        "A": 100 * np.cumprod(1 + a),
        "B": 50 * np.cumprod(1 + a),
        "C": 10 * np.cumprod(1 + c),
        "D": np.full(40, np.nan),
    }
    closes["C"][30] = np.nan
    closes["D"][-3:] = (1, 2, 3)
    grid = make_grid(closes, A={"sector": "Energy", "name": "Alpha"}, B={"sector": "Energy"})
    return analyse(grid, t, **{"panel.lookback": 30, "panel.min_history": 20})


def read(table: pd.DataFrame) -> list[dict[str, str]]:
    text = tables.to_csv(table).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("lead", DANGEROUS)
def test_csv_neutralises_formulas(lead: str) -> None:
    row = read(pd.DataFrame({"name": [f"{lead}cmd|' /C calc'!A0"], "value": [-1.5]}))[0]
    assert row["name"].startswith("'" + lead)
    assert row["value"] == "-1.5"  # a number is no formula


def test_csv_does_not_let_a_cell_begin_a_row() -> None:
    """A carriage return that is not quoted ends a row for many readers."""
    rows = read(pd.DataFrame({"name": ["a\r=1+1", "b\n=1+1"], "n": [1, 2]}))
    assert [row["n"] for row in rows] == ["1", "2"]


def test_csv_leaves_the_rest_and_drops_what_only_a_screen_shows() -> None:
    table = pd.DataFrame({"colour": ["■"], "name": ["Müller, 'A=1'"], "path": [[1.0]], "n": [3]})
    before = table.copy()
    assert read(table) == [{"name": "Müller, 'A=1'", "n": "3"}]
    pd.testing.assert_frame_equal(table, before)


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=8), min_size=1))
def test_csv_never_has_a_cell_that_runs(texts: list[str]) -> None:
    cells = [row["text"] for row in read(pd.DataFrame({"k": range(len(texts)), "text": texts}))]
    assert [c for c in cells if c[:1] in DANGEROUS] == []
    assert [c.removeprefix("'") for c in cells] == [t.removeprefix("'") for t in texts]


def test_cut_summary_by_hand() -> None:
    a = three()
    shown = {f.label: f.value for f in tables.cut_summary(a.panel, a.correlation, a.cut)}
    assert [c.members for c in a.cut.clusters] == [("A", "B"), ("C",)]
    assert shown == {
        "as of": str(a.panel.as_of),
        "assets": "3",
        "returns over": "1 day",
        "threshold t": "0.50",
        "clusters": "2",
        "alone": "1 · 33 %",
        "largest": "2 · 67 %",
        "mean correlation ρ inside": "1.00",
    }


def test_cut_summary_counts_every_pair_once(mixed: Analysis) -> None:
    matrix = mixed.correlation.matrix_for(mixed.tree.symbols)
    labels = mixed.cut.labels
    upper = np.triu(labels[:, None] == labels[None, :], 1)
    shown = {
        f.label: f.value for f in tables.cut_summary(mixed.panel, mixed.correlation, mixed.cut)
    }
    assert shown["mean correlation ρ inside"] == f"{matrix[upper].mean():.2f}"
    alone = analyse(mixed_grid(), 0.0)
    shown = {
        f.label: f.value for f in tables.cut_summary(alone.panel, alone.correlation, alone.cut)
    }
    n = len(alone.panel.symbols)
    assert (shown["mean correlation ρ inside"], shown["alone"]) == ("–", f"{n} · 100 %")


def test_member_table_by_hand() -> None:
    a = three()
    pair, single = a.cut.clusters
    table = tables.member_table(a.panel, a.correlation, pair)
    assert list(table["symbol"]) == ["A", "B"]
    assert list(table["name"]) == ["Alpha", ""]
    assert list(table["sector"]) == ["Energy", "Energy"]
    assert list(table["n"]) == [30, 30]
    np.testing.assert_allclose(table["rho"], 1.0, atol=1e-6)
    values = a.panel.values[:, 0]
    np.testing.assert_allclose(table["change"], 100 * (values[-1] / values[0] - 1))
    returns = values[1:] / values[:-1] - 1
    # One return more than the window has closes; the annual rate is that of weekdays with a close.
    assert table["volatility"][0] == pytest.approx(
        100 * a.panel.returns[:, 0].std(ddof=1) * np.sqrt(252), rel=0.05
    )
    np.testing.assert_allclose(a.panel.returns[1:, 0], returns)
    alone = tables.member_table(a.panel, a.correlation, single)
    assert alone["n"][0] == 29
    assert alone["missing"][0] == pytest.approx(100 / 30)
    assert np.isnan(alone["rho"][0])
    assert alone["sector"][0] == "–"


def test_member_table_has_the_mean_with_the_others(mixed: Analysis) -> None:
    for cluster in mixed.cut.clusters:
        table = tables.member_table(mixed.panel, mixed.correlation, cluster).set_index("symbol")
        assert tuple(table.index) == cluster.members
        matrix = mixed.correlation.matrix_for(cluster.members)
        for k, symbol in enumerate(cluster.members):
            others = np.delete(matrix[k], k)
            if others.size:
                assert table.loc[symbol, "rho"] == pytest.approx(others.mean())
        if cluster.size > 1:
            assert table["rho"].mean() == pytest.approx(cluster.mean_correlation)


def test_cluster_table(mixed: Analysis) -> None:
    held = dict(zip(mixed.panel.symbols, mixed.panel.assets, strict=True))
    table = tables.cluster_table(mixed.cut.clusters, held)
    assert list(table["id"]) == [c.id for c in mixed.cut.clusters]
    assert list(table["size"]) == sorted(table["size"], reverse=True)
    members = [text.split(", ") for text in table["members"]]
    assert sorted(s for row in members for s in row) == sorted(mixed.panel.assets)
    assert np.isnan(table["mean_rho"][table["size"] == 1]).all()
    text = tables.coloured(table, mixed.cut.clusters, LIGHT).to_html()
    assert cluster_color(mixed.cut.clusters[0].color, LIGHT) in text


@pytest.mark.parametrize("method", ["average", "ward"])
def test_successor_holds_the_first_leaf_of_its_cluster(method: str) -> None:
    a = analyse(mixed_grid(), 0.0, **{"tree.linkage": method})
    tree = a.tree
    for t in (0.0, 0.2, 0.4, 0.6, 2.0):
        clusters = pipeline.cut_tree(
            a.panel, a.correlation, tree, Params().with_settings({"tree.threshold": t})
        ).clusters
        assert len(clusters) == n_clusters(tree, t)
        here = {c.id: c for c in clusters}
        assert tables.successor(tree, None, clusters) == clusters[0].id
        for finer in (0.0, 0.2, 0.4):
            part = partition(tree, min(finer, t))
            for k, cluster_id in enumerate(part.ids):
                members = {tree.symbols[i] for i in np.flatnonzero(part.labels == k)}
                home = here[tables.successor(tree, int(cluster_id), clusters)]
                # All of a finer cluster lives on in one coarser.
                assert members <= set(home.members)
                if int(cluster_id) in here:
                    assert home.id == cluster_id


def test_known_id(mixed: Analysis) -> None:
    n = len(mixed.tree.symbols)
    assert tables.known_id(mixed.tree, "1") == 1
    assert tables.known_id(mixed.tree, str(n)) == n
    for text in ("0", str(n + 1), "-1", "x", "1.5", ""):
        with pytest.raises(ValueError):
            tables.known_id(mixed.tree, text)


def test_universe_out_and_gap_tables(mixed: Analysis) -> None:
    panel = mixed.panel
    universe = tables.universe_table(panel)
    assert list(universe["symbol"]) == list(panel.symbols)
    for path, column in zip(universe["path"], panel.values.T, strict=True):
        assert 0 < len(path) <= 2 * PATH_POINTS
        assert np.isfinite(path).all()
        assert set(path) <= set(column[np.isfinite(column)])
    out = tables.out_table(panel)
    assert set(out["symbol"]) | set(universe["symbol"]) == set(panel.table["symbol"])
    assert len(out) + len(universe) == len(panel.table)
    assert (out["reason"] != "in").all()
    assert {"HKD", "INDEX"} <= set(out["asset"])
    gaps = tables.gap_table(panel)
    assert list(gaps["symbol"]) == ["FIN2"]
    assert gaps["missed"][0] == 20
    assert gaps["return"][0] == pytest.approx(100 * panel.gaps[0].spanning_return)


def test_sweep_table(mixed: Analysis) -> None:
    swept = pipeline.sweep_tree(mixed.correlation, mixed.tree, Params()).sweep
    table = tables.sweep_table(swept)
    assert list(table["t"][:3]) == [0.10, 0.11, 0.12]
    n = len(mixed.panel.symbols)
    np.testing.assert_allclose(table["alone_share"], 100 * swept.singletons / n)
    assert read(table)[0]["clusters"] == str(swept.n_clusters[0])


def test_asset_names_and_facts(mixed: Analysis) -> None:
    names = tables.asset_names(mixed.panel)
    assert names["USDJPY"] == "JPY · USDJPY"
    assert names["ENE0"] == "ENE0"
    facts = tables.leaf_facts(mixed.panel)
    assert facts["ENE0"].split("\n")[:2] == ["ENE0", "equity, Energy"]
    assert "sector unknown" in facts["BTC"]
