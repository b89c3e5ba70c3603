"""The page Fragility: what it shows is what the engine returned, and its charts draw that."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hand_made import make_grid, mixed_grid, walk
from risk_pages import figures, forget, small_stores, start, table

from engine import pipeline, tables
from engine.analytics.contributions import cvar_contributions
from engine.analytics.fragility import MEASURES, fragility
from engine.analytics.tails import cvar
from engine.core import format as fmt
from engine.core.errors import NoPortfolio
from engine.desk import PACKAGED, Desk
from engine.figures.contributions import MOST_BARS, contribution_bars
from engine.figures.fragility import (
    TEXT_ROWS,
    label,
    legible,
    measure_heatmap,
    months_heatmap,
    ranked,
    rising,
    row_label,
)
from engine.figures.palette import DARK, LIGHT, cluster_color
from engine.market.grid import Grid
from engine.params import Params
from engine.pipeline import Portfolio
from engine.pipeline.over_time import OverTime, clusters_over_time, member_returns

PARAMS = Params().with_settings({"tree.threshold": 0.5, "fragility.trail_days": 90})


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    forget()
    yield small_stores(tmp_path_factory.mktemp("fragility") / "x.duckdb")
    forget()


@pytest.fixture(scope="module")
def grid() -> Grid:
    return mixed_grid(420)


@pytest.fixture(scope="module")
def made(grid: Grid) -> Portfolio:
    return pipeline.optimise(grid, PARAMS)


@pytest.fixture(scope="module")
def over(grid: Grid, made: Portfolio) -> OverTime:
    a = made.analysis
    return clusters_over_time(grid, a.panel, a.cut, made.intra, PARAMS)


def held(made: Portfolio) -> dict[str, str]:
    panel = made.analysis.panel
    return dict(zip(panel.symbols, panel.assets, strict=True))


def test_page_shows_the_engine_s_numbers(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = start(monkeypatch, database, "fragility", universe=PACKAGED)
    assert not test.exception
    assert not test.error
    assert not test.warning
    made = pipeline.optimise(Desk(database).open(PACKAGED).grid, Params())
    panel, cut = made.analysis.panel, made.analysis.cut
    shown = figures(test)
    assert shown["clusters"] == str(len(cut.clusters))
    assert shown["threshold t"] == fmt.threshold(cut.threshold)
    best = int(np.nanargmax(made.risk.assets.score))
    top = f"{panel.assets[best]} · {fmt.number(made.risk.assets.score[best])}"
    assert shown["most fragile asset"] == top
    everybody = test.dataframe[2].value
    scores = dict(zip(panel.symbols, made.risk.assets.score, strict=True))
    assert dict(zip(everybody["symbol"], everybody["fragility"], strict=True)) == scores
    added = table(test, "cvar")
    assert added["cvar"].iloc[-1] == pytest.approx(100 * made.allocation.cvar_95, rel=1e-9)
    assert added["cvar"].iloc[:-1].sum() == pytest.approx(added["cvar"].iloc[-1], rel=1e-9)
    assert any("relative by nature" in c.value for c in test.caption)


@pytest.mark.parametrize("universe", ["one", "two", "six", "odd"])
@pytest.mark.parametrize("heat", ["clusters", "assets", "months"])
def test_page_opens_cold_on_small_universes(
    database: Path, universe: str, heat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = start(monkeypatch, database, "fragility", universe=universe, heat=heat, rows="all")
    assert not test.exception
    assert not test.error
    assert not test.warning
    assert (test.query_params["heat"], test.query_params["rows"]) == (heat, "all")
    added = table(test, "cvar")
    assert added["asset"].iloc[-1] == "Total"
    assert added["weight"].iloc[-1] == 100
    assert added["weight"].iloc[:-1].sum() == pytest.approx(100)


def test_control_and_address_follow_each_other(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = start(monkeypatch, database, "fragility", universe="six", heat="shares")
    assert [w.value for w in test.warning] == [
        "heat = shares in the address cannot be used; it is clusters."
    ]
    test.segmented_control(key="heat").select("months").run()
    assert not test.exception
    assert test.query_params["heat"] == "months"
    assert any("held fixed" in c.value for c in test.caption)


def test_ward_is_cut_by_its_height(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = start(monkeypatch, database, "fragility", universe="six", linkage="ward")
    assert not test.exception
    assert "Ward height" in figures(test)


def test_no_portfolio_is_one_sentence_and_the_rest_of_the_page_lives(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise NoPortfolio("No portfolio has *positive* expected excess return.")

    forget()
    monkeypatch.setattr(pipeline, "allocated", none)
    test = start(monkeypatch, database, "fragility", universe="six")
    forget()
    assert not test.exception
    assert [e.value for e in test.error] == [
        "No portfolio has \\*positive\\* expected excess return."
    ]
    assert figures(test)["assets"] == "6"
    assert len(test.dataframe) == 3


def test_returns_over_time_end_in_the_panel_s(grid: Grid, made: Portfolio) -> None:
    panel = made.analysis.panel
    assert panel.horizon == 3
    days, returns = member_returns(grid, panel, PARAMS, 400)
    n = len(panel.days)
    np.testing.assert_array_equal(days[-n:], panel.days)
    np.testing.assert_array_equal(returns[-n:], panel.moment_returns)
    assert np.isfinite(returns[:-n]).any()


def test_nothing_later_is_looked_at(grid: Grid, made: Portfolio) -> None:
    params = PARAMS.with_settings({"data.as_of": dt.date(2025, 4, 30)})
    then = pipeline.analyse(grid, params)
    rng = np.random.default_rng(3)
    late = (grid.days > np.datetime64("2025-04-30"))[:, None]
    noise = rng.lognormal(0, 1, grid.close.shape)
    other = dataclasses.replace(grid, close=np.where(late, grid.close * noise, grid.close))
    v = np.ones(len(then.panel.symbols))
    one = clusters_over_time(grid, then.panel, then.cut, v, params)
    two = clusters_over_time(other, then.panel, then.cut, v, params)
    np.testing.assert_array_equal(one.cvar, two.cvar)
    assert one.month_ends[-1] == np.datetime64("2025-04-30")


def test_cvar_of_a_cluster_at_a_month_end(grid: Grid, made: Portfolio, over: OverTime) -> None:
    panel, cut = made.analysis.panel, made.analysis.cut
    assert over.cluster_ids == tuple(c.id for c in tables.by_label(cut))
    values = grid.adjusted if np.isfinite(grid.adjusted).any() else grid.close
    cluster = next(c for c in cut.clusters if c.size > 1 and all(s[:3] == "UTI" for s in c.members))
    columns = [grid.symbols.index(s) for s in cluster.members]
    where = [panel.symbols.index(s) for s in cluster.members]
    v = made.intra[where] / made.intra[where].sum()
    end = int(np.searchsorted(grid.days, over.month_ends[-3]))
    series = []
    for row in range(end - 89, end + 1):
        parts, known = 0.0, 0.0
        for weight, column in zip(v, columns, strict=True):
            past = values[: row - 2, column]
            past = past[np.isfinite(past)]
            if np.isfinite(values[row, column]) and past.size:
                parts += weight * (values[row, column] / past[-1] - 1)
                known += weight
        if known:
            series.append(parts / known)
    assert over.cvar[-3, cluster.label] == pytest.approx(cvar(np.array(series)), rel=1e-9)


def test_too_few_returns_are_unknown(over: OverTime, made: Portfolio) -> None:
    panel, cut = made.analysis.panel, made.analysis.cut
    short = panel.symbols.index("ENE1")  # 79 returns before the last day
    label_of = int(cut.labels[short])
    assert (over.members[-1] == [c.size for c in tables.by_label(cut)]).all()
    size = next(c.size for c in cut.clusters if c.label == label_of)
    assert over.members[0, label_of] < size
    if size == 1:
        assert np.isnan(over.cvar[0, label_of])
    assert np.isfinite(over.cvar[-1]).all()


def test_unknown_before_a_series_began() -> None:
    late = walk(3, 400)
    late[:300] = np.nan
    grid = make_grid({"A": walk(1, 400), "B": late})
    made = pipeline.optimise(grid, PARAMS)
    a = made.analysis
    found = clusters_over_time(grid, a.panel, a.cut, made.intra, PARAMS)
    b = int(a.cut.labels[a.panel.symbols.index("B")])
    assert np.isnan(found.cvar[found.month_ends < grid.days[360], b]).all()
    assert np.isfinite(found.cvar[-1]).all()
    figure = months_heatmap(
        found, tables.by_label(a.cut), made.clusters.score, held(made), LIGHT
    )  # fmt: skip
    z = np.asarray(figure.data[0].z, dtype=float)
    assert np.isnan(z).sum() == np.isnan(found.cvar).sum() > 0


def test_months_as_a_table_and_a_chart(over: OverTime, made: Portfolio) -> None:
    clusters = tables.by_label(made.analysis.cut)
    listed = tables.over_time_table(over, made.analysis.cut)
    np.testing.assert_array_equal(
        listed["cvar_95"].to_numpy().reshape(over.cvar.shape), 100 * over.cvar
    )
    figure = months_heatmap(over, clusters, made.clusters.score, held(made), DARK, 3)
    (trace,) = figure.data
    order = ranked(made.clusters.score, 3)
    np.testing.assert_allclose(10 ** np.asarray(trace.z), over.cvar[:, order].T, rtol=2e-3)
    assert list(trace.x) == [str(day) for day in over.month_ends]
    assert trace.customdata[0][-1][0] == fmt.percent(over.cvar[-1, order[0]], 2)
    for text, k in zip(figure.layout.yaxis.ticktext, order, strict=True):
        assert text.startswith(row_label(clusters[k], held(made)))
        assert cluster_color(clusters[k].color, DARK) in text


def test_cluster_that_lost_nothing_is_not_unknown(over: OverTime, made: Portfolio) -> None:
    values = over.cvar.copy()
    values[0, 0] = -0.01
    figure = months_heatmap(
        dataclasses.replace(over, cvar=values), tables.by_label(made.analysis.cut),
        made.clusters.score, held(made), LIGHT,
    )  # fmt: skip
    z = np.asarray(figure.data[0].z, dtype=float)
    row = list(ranked(made.clusters.score)).index(0)
    assert z[row, 0] == pytest.approx(figure.data[0].zmin, abs=1e-3)


def test_measures_as_a_heatmap(made: Portfolio) -> None:
    found, panel = made.risk.assets, made.analysis.panel
    colors = [0] * len(panel.symbols)
    figure = measure_heatmap(
        found, panel.assets, panel.symbols, colors, panel.assets, "asset", LIGHT
    )
    (trace,) = figure.data
    order = np.argsort(-found.score, kind="stable")
    expected = np.column_stack([found.score, found.percentiles[list(MEASURES)]])[order]
    np.testing.assert_allclose(trace.z, expected, atol=6e-4)
    first = order[0]
    assert trace.customdata[0][0][3] == fmt.number(found.score[first])
    assert trace.customdata[0][1][3] == fmt.percent(found.measures["cvar_95"].iloc[first])
    assert f">{fmt.number(found.score[first])}<" in trace.text[0][0]
    assert trace.customdata[0][0][0] == panel.symbols[first]
    assert trace.texttemplate == "%{text}"
    few = measure_heatmap(
        found, panel.assets, panel.symbols, colors, panel.assets, "asset", DARK, 4
    )
    assert len(few.data[0].z) == 4
    assert f"4 of {len(panel.symbols)} assets" in few.layout.title.text


def test_unknown_is_last_and_a_dash() -> None:
    rng = np.random.default_rng(8)
    returns = rng.normal(0, 0.01, (200, TEXT_ROWS + 2))
    returns[:150, 5] = np.nan
    names = [f"S{k}" for k in range(returns.shape[1])]
    found = fragility(returns, names, returns[:, 0])
    assert ranked(found.score)[-1] == 5
    figure = measure_heatmap(found, names, names, [0] * len(names), names, "asset", LIGHT)
    (trace,) = figure.data
    assert np.isnan(np.asarray(trace.z[-1], dtype=float)).all()
    assert {c[2] for c in trace.customdata[-1]} == {fmt.UNKNOWN}
    assert set(trace.text[-1]) == {fmt.UNKNOWN}
    assert trace.texttemplate is None  # no room for values


def test_tables_rank_by_fragility(made: Portfolio) -> None:
    panel, cut = made.analysis.panel, made.analysis.cut
    assets = tables.asset_fragility_table(panel, cut, made.risk.assets)
    assert assets["fragility"].is_monotonic_decreasing
    top = assets.iloc[0]
    k = panel.symbols.index(top["symbol"])
    assert top["cvar_95"] == 100 * made.risk.assets.measures["cvar_95"].iloc[k]
    assert top["skewness"] == made.risk.assets.measures["skewness"].iloc[k]
    assert top["symbol"] in next(c.members for c in cut.clusters if c.id == top["cluster_id"])
    most, least = tables.extremes(assets, 5)
    assert list(most["symbol"]) == list(assets["symbol"][:5])
    assert list(least["symbol"]) == list(assets["symbol"][-5:])[::-1]
    groups = tables.cluster_fragility_table(panel, cut, made.clusters)
    scores = dict(zip(made.clusters.names, made.clusters.score, strict=True))
    assert dict(zip(groups["id"], groups["fragility"], strict=True)) == scores
    one, other = tables.extremes(assets.head(3))
    assert not set(one["symbol"]) & set(other["symbol"])
    assert len(one) + len(other) == 3


def test_contributions_add_up(made: Portfolio) -> None:
    added = tables.contribution_table(made)
    parts = cvar_contributions(made.allocation.weights, made.inputs.scenarios)
    total = added["cvar"].iloc[-1]
    assert total == 100 * made.allocation.cvar_95
    assert added["cvar"].iloc[:-1].sum() == pytest.approx(total, rel=1e-9)
    assert added["share"].iloc[:-1].sum() == pytest.approx(100)
    rows = added[added["color"].notna()].set_index("symbol")["cvar"]
    for symbol, value in rows.items():
        assert value == 100 * parts[made.analysis.panel.symbols.index(symbol)]
    figure = contribution_bars(added, made.analysis.panel.horizon, LIGHT)
    (bars,) = figure.data
    ends = np.asarray(bars.base) + np.asarray(bars.x)
    np.testing.assert_allclose(bars.base[1:-1], ends[:-2])
    assert bars.x[-1] == pytest.approx(ends[-2]) == pytest.approx(total)
    assert fmt.percent(total / 100, 2) in figure.layout.title.text


def test_many_holdings_are_one_bar_in_the_end(made: Portfolio) -> None:
    added = tables.contribution_table(made)
    row = added.iloc[[0]]
    size = MOST_BARS + 15
    many = added.iloc[[0] * size + [-1]].reset_index(drop=True)
    many["cvar"] = [*np.linspace(0.1, -0.02, size), np.linspace(0.1, -0.02, size).sum()]
    assert row["color"].notna().all()
    (bars,) = contribution_bars(many, 1, LIGHT).data
    assert len(bars.x) == MOST_BARS + 1
    assert np.sum(bars.x[:-1]) == pytest.approx(bars.x[-1])
    assert sum("others" in c[0] for c in bars.customdata) == 1
    assert list(bars.x[:-1]) == sorted(bars.x[:-1], reverse=True)


def test_names_of_rows(made: Portfolio) -> None:
    for cluster in made.analysis.cut.clusters:
        text = row_label(cluster, held(made))
        assert text.endswith(f"· {cluster.id}")
        if cluster.size == 1:
            assert text.startswith(held(made)[cluster.members[0]])
        assert label(cluster).startswith(cluster.name)


def test_ink_on_every_colour_is_legible() -> None:
    """At least 4.5:1, by the definition of WCAG written out."""

    def luminance(color: tuple[float, ...]) -> float:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for on in (LIGHT, DARK):
        scale = rising(on)
        assert (scale[0][0], scale[-1][0]) == (0.0, 1.0)
        places = np.linspace(0, 1, 60)
        rgb = [[int(c[k : k + 2], 16) / 255 for k in (1, 3, 5)] for _, c in scale]
        for p, ink in zip(places, legible(places, scale), strict=True):
            ground = tuple(
                float(np.interp(p, [x for x, _ in scale], [c[k] for c in rgb])) for k in range(3)
            )
            light, dark = sorted([luminance(ground), float(ink == "#FFFFFF")], reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5
