"""Charts: what is drawn, in which colour, and how much of it travels to the browser."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hand_made import fx, make_grid, mixed_grid, walk
from root import ROOT

from engine import pipeline
from engine.analytics.suggest import Suggestion
from engine.analytics.sweep import sweep
from engine.figures.heatmap import correlation_heatmap
from engine.figures.palette import (
    CLUSTER_COLORS,
    DARK,
    LIGHT,
    Ground,
    cluster_color,
    ground,
    ink_on,
)
from engine.figures.paths import MOST_PATHS, price_paths
from engine.figures.sweep import sweep_chart
from engine.market.grid import build_grid
from engine.params import Params, RegimeParams
from engine.pipeline import Analysis
from engine.sources.simulation.simulate import SimulationSpec, simulate_spec

GROUNDS = {"light": LIGHT, "dark": DARK}
MEGABYTE = 1_000_000


def analyse(grid: Any, t: float = 0.5, **settings: Any) -> Analysis:
    return pipeline.analyse(grid, Params().with_settings({"tree.threshold": t} | settings))


@pytest.fixture(scope="module")
def small() -> Analysis:
    return analyse(mixed_grid())


@pytest.fixture(scope="module")
def large() -> Analysis:
    """305 simulated assets."""
    data = simulate_spec(SimulationSpec(seed=3, n_assets=305, n_sessions=260))
    return analyse(build_grid(data.prices, data.instruments), 0.4)


def names(a: Analysis) -> dict[str, str]:
    return dict(zip(a.panel.symbols, a.panel.assets, strict=True))


def heatmap(a: Analysis, on: Ground = LIGHT, **more: Any) -> go.Figure:
    return correlation_heatmap(a.tree, a.correlation, a.cut.clusters, names(a), on, **more)


def test_heatmap_is_the_matrix_in_tree_order(small: Analysis) -> None:
    (trace,) = heatmap(small).data
    ordered = [small.tree.symbols[i] for i in small.tree.order]
    matrix = small.correlation.matrix_for(ordered)
    np.testing.assert_allclose(np.asarray(trace.z) / 100, matrix, atol=0.0051)
    assert list(trace.x) == list(trace.y) == [names(small)[s] for s in ordered]
    assert (trace.zmin, trace.zmax) == (-100, 100)


def test_heatmap_outlines_clusters_of_two_or_more(small: Analysis) -> None:
    picked = next(c for c in small.cut.clusters if c.size > 1)
    figure = heatmap(small, picked=picked.id)
    ordered = [small.tree.symbols[i] for i in small.tree.order]
    found = {}
    for box in figure.layout.shapes:
        assert (box.x0, box.x1) == (box.y0, box.y1)
        inside = ordered[round(box.x0 + 0.5) : round(box.x1 + 0.5)]
        found[tuple(sorted(inside))] = (box.line.color, box.line.width)
    assert found == {
        c.members: (cluster_color(c.color, LIGHT), 4 if c.id == picked.id else 2)
        for c in small.cut.clusters
        if c.size > 1
    }
    assert f"{len(found)} cluster" in figure.layout.title.text


def test_heatmap_of_two_instruments_that_hold_the_same() -> None:
    """On an axis of categories equal names would fall into one row."""
    closes = {"EURUSD": walk(1, 120, 0.005), "EUR": walk(2, 120), "B": walk(3, 120)}
    a = analyse(make_grid(closes, EURUSD=fx()))
    assert sorted(a.panel.assets) == ["B", "EUR", "EUR"]
    (trace,) = heatmap(a).data
    assert len(set(trace.x)) == 3
    assert {"EUR · EUR", "EUR · EURUSD", "B"} == set(trace.x)


def chart_of_sweep(a: Analysis, on: Ground = LIGHT, **more: Any) -> go.Figure:
    swept = pipeline.sweep_tree(a.correlation, a.tree, Params())
    return sweep_chart(
        swept.sweep, swept.suggestion, a.cut.threshold, len(a.cut.clusters), on, **more
    )


def test_sweep_marks(small: Analysis) -> None:
    swept = pipeline.sweep_tree(small.correlation, small.tree, Params())
    suggested = swept.suggestion.threshold
    assert suggested is not None
    figure = chart_of_sweep(small)
    expected = {f"{name} {t:.2f}": t for name, t in RegimeParams().thresholds.items()}
    expected |= {f"suggested {suggested:.2f}": suggested, "now 0.50": 0.5}
    assert {note.text: note.x for note in figure.layout.annotations} == expected
    assert sorted(line.x0 for line in figure.layout.shapes) == sorted(expected.values())
    ward = chart_of_sweep(small, seeds={})
    assert {note.text.split()[0] for note in ward.layout.annotations} == {"suggested", "now"}
    # Where marks meet, their texts do not.
    places = [(note.x, note.yshift) for note in figure.layout.annotations]
    assert len(set(places)) == len(places)


def test_sweep_without_a_suggestion_and_with_all_alone() -> None:
    a = analyse(make_grid({s: walk(k, 120) for k, s in enumerate("ABCD")}), 0.4)
    low = sweep(a.tree, a.correlation, np.array([0.1, 0.2]))
    assert list(low.n_clusters) == [4, 4]
    figure = sweep_chart(low, Suggestion(None, None, "none", "none", {}), 0.2, 4, LIGHT)
    assert "suggested" not in " ".join(n.text for n in figure.layout.annotations)
    assert_no_surprises(figure)


def test_sweep_lines_are_the_numbers(small: Analysis) -> None:
    swept = pipeline.sweep_tree(small.correlation, small.tree, Params()).sweep
    data = {t.name: np.asarray(t.y, dtype=float) for t in chart_of_sweep(small).data}
    np.testing.assert_array_equal(data["clusters"], swept.n_clusters)
    np.testing.assert_array_equal(data["assets alone"], swept.singletons)
    np.testing.assert_array_equal(data["assets in the largest"], swept.largest)
    np.testing.assert_array_equal(data["mean silhouette"], swept.silhouette)


def test_paths_start_at_100_and_end_where_the_value_went(small: Analysis) -> None:
    cluster = small.cut.clusters[0]
    figure = price_paths(small.panel, cluster, names(small), LIGHT, cluster.members[1])
    assert [t.name for t in figure.data] == [names(small)[s] for s in cluster.members]
    for trace, symbol in zip(figure.data, cluster.members, strict=True):
        values = small.panel.values[:, small.panel.symbols.index(symbol)]
        known = values[np.isfinite(values)]
        drawn = np.asarray(trace.y, dtype=float)
        np.testing.assert_array_equal(np.isfinite(drawn), np.isfinite(values))
        drawn = drawn[np.isfinite(drawn)]
        assert drawn[0] == 100
        assert drawn[-1] == pytest.approx(100 * known[-1] / known[0], rel=1e-6)
        assert (trace.line.color == LIGHT.accent) == (symbol == cluster.members[1])


def test_paths_of_a_large_cluster_are_some_and_the_found_one(large: Analysis) -> None:
    a = analyse_at(large, 0.9)
    cluster = a.cut.clusters[0]
    assert cluster.size > MOST_PATHS
    found = cluster.members[-1]
    figure = price_paths(a.panel, cluster, names(a), LIGHT, found)
    assert len(figure.data) == MOST_PATHS
    assert names(a)[found] in [t.name for t in figure.data]
    assert f"{MOST_PATHS} of {cluster.size} shown" in figure.layout.title.text


def analyse_at(a: Analysis, t: float) -> Analysis:
    params = Params().with_settings({"tree.threshold": t})
    cut = pipeline.cut_tree(a.panel, a.correlation, a.tree, params)
    return Analysis(a.panel, a.correlation, a.tree, cut)


def luminance(color: str) -> float:
    """Relative luminance of #RRGGBB (WCAG 2.2)."""
    channels = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_by_hand() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # as WebAIM has it


@pytest.mark.parametrize("theme", GROUNDS)
def test_colours_stand_out_on_the_page(theme: str) -> None:
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    on, page = GROUNDS[theme], config["theme"][theme]["backgroundColor"]
    assert len(set(CLUSTER_COLORS)) == 10
    weak = {c: round(contrast(c, page), 2) for c in (*CLUSTER_COLORS, on.single) }  # fmt: skip
    assert {c: k for c, k in weak.items() if k < 3} == {}
    for text in (on.ink, on.muted, on.accent):
        assert contrast(text, page) >= 4.5
    # Labels over lines stand on `paper`: it must pass for the page.
    assert contrast(on.paper, page) < 1.15


def test_ground_and_colours() -> None:
    assert (ground(False), ground(True)) == (LIGHT, DARK)
    assert cluster_color(-1, LIGHT) == LIGHT.single
    assert cluster_color(13, DARK) == CLUSTER_COLORS[3]


def all_charts(a: Analysis, on: Ground) -> dict[str, go.Figure]:
    return {
        "heatmap": heatmap(a, on),
        "sweep": chart_of_sweep(a, on),
        "paths": price_paths(a.panel, a.cut.clusters[0], names(a), on),
    }


def assert_no_surprises(figure: go.Figure) -> None:
    """No NaN or None in what hover would say, and no key of a template that is not there."""
    for trace in figure.data:
        template = trace.hovertemplate or ""
        used = {int(k) for k in re.findall(r"customdata\[(\d+)\]", template)}
        for row in trace.customdata if trace.customdata is not None else ():
            for k in used:
                assert row[k] == row[k], (trace.name, k)
                assert str(row[k]).lower() not in ("none", "nan", "nat", ""), (trace.name, k)


@pytest.mark.parametrize("size", ["small", "large"])
@pytest.mark.parametrize("theme", GROUNDS)
def test_hover_says_no_nan(size: str, theme: str, request: pytest.FixtureRequest) -> None:
    for figure in all_charts(request.getfixturevalue(size), GROUNDS[theme]).values():
        assert_no_surprises(figure)


def test_charts_of_305_assets_are_light(large: Analysis) -> None:
    assert len(large.panel.symbols) > 250
    weights = {name: len(figure.to_json()) for name, figure in all_charts(large, LIGHT).items()}
    assert {name: w for name, w in weights.items() if w > MEGABYTE} == {}


@pytest.mark.parametrize("color", [*CLUSTER_COLORS, LIGHT.single, DARK.single])
def test_text_on_a_cluster_s_colour_can_be_read(color: str) -> None:
    """WCAG AA for text: 4.5:1."""

    def luminance(text: str) -> float:
        parts = [int(text[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        red, green, blue = (
            p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted([luminance(ink_on(color)), luminance(color)])
    assert (light + 0.05) / (dark + 0.05) >= 4.5
