"""The stages in their order, on a hand-made universe and on the packaged data."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math

import numpy as np
import pytest
from hand_made import fx, make_grid, mixed_grid, walk, weekday_index
from packaged_db import packaged_grid

from engine import pipeline
from engine.analytics.tree import cut
from engine.market.grid import Grid
from engine.market.panel import build_panel
from engine.params import Params

N = 100
SMALL = Params().with_settings({"panel.lookback": 60, "panel.min_history": 20})
END = weekday_index(N)[-1].date()


@pytest.fixture(scope="module")
def grid() -> Grid:
    return mixed_grid()


@pytest.fixture(scope="module")
def real() -> Grid:
    return packaged_grid()


def test_clusters_are_a_partition_of_the_members(grid: Grid) -> None:
    for t in (0.0, 0.3, 0.5, 0.7, 2.0):
        result = pipeline.analyse(grid, Params().with_settings({"tree.threshold": t}))
        members = [symbol for c in result.cut.clusters for symbol in c.members]
        assert sorted(members) == list(result.panel.symbols) == list(result.tree.symbols)
        assert len(result.cut.clusters) == result.cut.labels.max() + 1
        by_label = {c.label: set(c.members) for c in result.cut.clusters}
        for symbol, label in zip(result.tree.symbols, result.cut.labels, strict=True):
            assert symbol in by_label[label]
    assert len(result.cut.clusters) == 1


def test_analyse_is_its_stages_one_after_the_other(grid: Grid) -> None:
    params = Params().with_settings({"tree.linkage": "ward", "tree.threshold": 0.6})
    whole = pipeline.analyse(grid, params)
    panel = build_panel(grid, params.data, params.panel)
    correlation = pipeline.correlate(panel, params)
    tree = pipeline.grow(correlation, params)
    np.testing.assert_array_equal(whole.panel.moment_returns, panel.moment_returns)
    np.testing.assert_array_equal(whole.correlation.matrix, correlation.matrix)
    np.testing.assert_array_equal(whole.tree.linkage, tree.linkage)
    assert whole.cut.clusters == pipeline.cut_tree(panel, correlation, tree, params).clusters


def test_sweep_agrees_with_the_cut_at_each_threshold(grid: Grid) -> None:
    result = pipeline.analyse(grid, Params())
    swept = pipeline.sweep_tree(result.correlation, result.tree, Params())
    assert len(swept.sweep.thresholds) == 81
    for t, k in zip(swept.sweep.thresholds[::8], swept.sweep.n_clusters[::8], strict=True):
        params = Params().with_settings({"tree.threshold": float(t)})
        made = pipeline.cut_tree(result.panel, result.correlation, result.tree, params)
        assert len(made.clusters) == k
        np.testing.assert_array_equal(made.labels, cut(result.tree, float(t)))


def test_the_sweep_as_a_document(grid: Grid) -> None:
    result = pipeline.analyse(grid, Params())
    swept = pipeline.sweep_tree(result.correlation, result.tree, Params())
    document = pipeline.sweep_document(result, swept)
    columns = ("n_clusters", "largest", "singletons", "mean_correlation", "silhouette")
    assert {len(document[name]) for name in columns} == {len(document["thresholds"])} == {81}
    assert document["thresholds"][0] == 0.1
    assert document["thresholds"][-1] == 0.9
    assert document["n_assets"] == len(result.panel.symbols)
    assert document["suggested_threshold"] == swept.suggestion.threshold
    assert document["reason"] == swept.suggestion.reason != ""
    assert json.loads(json.dumps(document))["as_of"] == "2025-06-30"  # plain values throughout
    assert any(math.isnan(v) for v in document["silhouette"])


def test_what_is_full_overlap_goes_by_the_window_in_use() -> None:
    """40 of 80 % of 60: five sixths on their own, the rest on the mean of the three full pairs."""
    closes = {name: walk(i, N) for i, name in enumerate("ABCD")}
    closes["D"][: N - 41] = np.nan
    panel = build_panel(make_grid(closes), SMALL.data, SMALL.panel)
    made = pipeline.correlate(panel, SMALL)
    assert not made.repaired
    returns = np.column_stack([closes[name][1:] / closes[name][:-1] - 1 for name in "ABCD"])
    full, common = np.corrcoef(returns[-60:, :3].T), np.corrcoef(returns[-40:].T)
    prior = full[np.triu_indices(3, 1)].mean()
    weight = 40 / (0.8 * 60)
    assert made.matrix[3, :3] == pytest.approx(weight * common[3, :3] + (1 - weight) * prior)
    assert made.matrix[:3, :3] == pytest.approx(full)


def test_one_asset_is_one_cluster() -> None:
    result = pipeline.analyse(make_grid({"A": walk(1, N)}), SMALL)
    (only,) = result.cut.clusters
    assert only.members == ("A",)
    assert only.mean_correlation is None
    swept = pipeline.sweep_tree(result.correlation, result.tree, SMALL)
    assert set(swept.sweep.n_clusters) == {1}
    assert swept.suggestion.threshold is None
    assert swept.suggestion.reason


def health_of(closes: dict, **described: dict) -> tuple[dict[str, dict], list[str]]:
    params = SMALL.with_settings({"data.as_of": END})
    grid = make_grid(closes, **described)
    panel = build_panel(grid, params.data, params.panel, allow_empty=True)
    listed, problems = pipeline.health(panel, params.panel.lookback)
    return {a["symbol"]: a for a in listed}, problems


def without(seed: int, hole: slice) -> np.ndarray:
    values = walk(seed, N)
    values[hole] = np.nan
    return values


def test_health_lists_every_series() -> None:
    closes = {"A": walk(1, N), "GAP": without(2, slice(30, 45)), "END": without(3, slice(50, None))}
    listed, problems = health_of(closes, NONE={})
    assert problems == []
    assert listed["A"] == {
        "symbol": "A", "first": "2024-01-01", "last": END.isoformat(), "sessions": 100, "gaps": 0,
        "stale": False, "ended": False, "lookback": 60, "status": "in", "detail": "",
    }  # fmt: skip
    assert (listed["GAP"]["gaps"], listed["GAP"]["lookback"]) == (1, 54)
    assert listed["END"]["ended"] is True
    assert listed["END"]["stale"] is False
    assert (listed["NONE"]["first"], listed["NONE"]["last"], listed["NONE"]["sessions"]) == (
        None, None, 0,
    )  # fmt: skip
    json.dumps(listed)


def test_health_problems() -> None:
    closes = {
        "A": walk(1, N),
        "STALE": without(2, slice(-7, None)),
        "FLAT": np.ones(N),
        "FRANC": walk(3, N),
        "ODD": walk(4, N),
        "EURUSD": without(5, slice(30, None)),
    }
    listed, problems = health_of(
        closes, FRANC={"currency": "CHF"}, EURUSD=fx(), ODD={"asset_class": "unknown"}
    )
    assert listed["STALE"]["stale"] is True
    text = " ".join(problems)
    for words in (
        "STALE: stale", "FLAT: constant", "FRANC: no rate", "Nothing of class fx is live: 1 ended",
        "Asset class unknown: ODD",
    ):  # fmt: skip
        assert words in text
    assert len(problems) == 5


def test_health_where_nobody_is_left() -> None:
    listed, problems = health_of({"A": without(1, slice(-7, None))})
    assert listed["A"]["stale"] is True
    assert any("Nothing of class equity is live: 1 stale" in p for p in problems)


def test_packaged_facts(real: Grid) -> None:
    """The shares end on 2022-12-28, the rates go on: the default is the last common day."""
    result = pipeline.analyse(real, Params())
    assert result.panel.as_of == dt.date(2022, 12, 28)
    assert result.cut.threshold == 0.4
    assert result.cut.reason.startswith("auto")
    assert result.panel.horizon == 3  # New York and Frankfurt
    status = result.panel.table.set_index("symbol")["status"]
    assert status["SP500"] == "benchmark"
    assert status["EURHKD"] == status["EURDKK"] == status["EURBGN"] == "pegged"
    assert status["EURRUB"] == "ended"
    assert status["EURUSD"] == "in"
    assert result.panel.table.set_index("symbol")["asset"]["EURUSD"] == "EUR"
    assert result.panel.table.set_index("symbol")["asset"]["EURJPY"] == "JPY"
    shares = result.panel.members[result.panel.members["sector"] != ""]
    assert len(shares) == 25
    assert (shares["n"] == 193).all()
    assert not shares["short"].any()


def test_packaged_shares_alone_have_one_fixing_time(real: Grid) -> None:
    params = Params().with_settings({"data.classes": "equity"})
    result = pipeline.analyse(real, params)
    assert result.panel.horizon == 1
    assert len(result.panel.symbols) == 25
    table = result.panel.table.set_index("symbol")
    values = real.close[:, real.symbols.index("AAPL")]
    until = real.days <= np.datetime64("2022-12-28")
    steps = np.diff(np.log(values[until][np.isfinite(values[until])]))[-193:]
    rough = steps.std(ddof=1) * np.sqrt(252)  # log returns and 252: right to a few percent
    assert table["volatility"]["AAPL"] == pytest.approx(rough, rel=0.03)


@pytest.mark.parametrize("base", ["EUR", "JPY", "DKK", "HKD"])
def test_packaged_in_other_currencies(real: Grid, base: str) -> None:
    params = Params().with_settings({"data.base_currency": base})
    result = pipeline.analyse(real, params)
    assert base not in result.panel.assets
    assert ("USD" in result.panel.assets) == (base != "HKD")
    assert ("EUR" in result.panel.assets) == (base not in ("EUR", "DKK"))
    assert "no rate" not in set(result.panel.table["status"])


@pytest.mark.parametrize("t", [0.3, 0.4, 0.5])
def test_auto_under_ward_leaves_as_many_clusters(t: float) -> None:
    grid, regime = mixed_grid(), pipeline.market_state(mixed_grid(), Params()).regime
    at = dataclasses.replace(regime, threshold=t)
    average = pipeline.analyse(grid, Params(), at)
    ward = pipeline.analyse(grid, Params().with_settings({"tree.linkage": "ward"}), at)
    assert len(ward.cut.clusters) == len(average.cut.clusters)
    assert average.cut.threshold == t
    assert "as many clusters" in ward.cut.reason
