"""The page Allocation: its numbers are the engine's, its controls the address's."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from hand_made import mixed_universe
from open_page import by_link
from patience import WAIT_S
from risk_pages import small_stores
from root import ROOT
from streamlit.testing.v1 import AppTest

from engine import pipeline, tables
from engine.core import format as fmt
from engine.core.frames import empty_rejects
from engine.desk import Desk
from engine.figures.allocation import cluster_shares, weight_treemap
from engine.figures.palette import DARK, LIGHT
from engine.figures.research import change_chart, comparison_chart, replay_chart
from engine.params import PROFILES, Params, preset
from engine.research.holdings import by_cluster, holdings
from engine.store import Store
from pages.build.allocation import data as build_data
from pages.build.allocation.controls import BENCHMARK, CHANGES, RULES, STRESS
from pages.shared import data
from pages.shared.blocks import plain
from pages.shared.controls import bounds as build_bounds
from pages.shared.controls.registry import BOUNDS

UNIVERSE = "mixed"
Open = Callable[..., AppTest]


def filled(path: Path) -> Path:
    prices, instruments = mixed_universe()
    Store(path).ingest(UNIVERSE, instruments, prices, empty_rejects(), "mixed.csv")
    return path


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    st.cache_resource.clear()
    yield filled(tmp_path_factory.mktemp("allocation") / "x.duckdb")
    st.cache_resource.clear()


@pytest.fixture(scope="module")
def small_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_stores(tmp_path_factory.mktemp("small") / "x.duckdb")


@pytest.fixture
def small(small_file: Path) -> Iterator[Path]:
    data.desk.clear()  # the one that another test opened
    yield small_file
    data.desk.clear()


@pytest.fixture
def launch(database: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    def start(db: Path = database, **address: str) -> AppTest:
        monkeypatch.setattr(sys, "argv", ["streamlit", "--db", str(db)])
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT_S)
        by_link(test, "allocation")
        test.query_params.update(address)
        return test.run()

    return start


@pytest.fixture
def own_database(tmp_path: Path) -> Iterator[Path]:
    data.desk.clear()
    yield filled(tmp_path / "own.duckdb")
    data.desk.clear()


def optimise(database: Path, name: str = "roadmap", **settings: Any) -> pipeline.Portfolio:
    settings = {k.replace("__", "."): v for k, v in settings.items()}
    grid = Desk(database).open(UNIVERSE).grid
    return pipeline.optimise(grid, preset(name).with_settings(settings))


def figures(test: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in test.metric}


def table(test: AppTest, column: str) -> pd.DataFrame:
    return next(d.value for d in test.dataframe if column in d.value.columns)


def healthy(test: AppTest) -> AppTest:
    assert not test.exception
    assert not test.error
    assert not test.warning
    return test


def test_cold_the_page_shows_the_engine_s_numbers(launch: Open, database: Path) -> None:
    test = healthy(launch())
    made = optimise(database)
    own, shown = made.allocation, figures(test)
    assert shown["volatility"] == fmt.percent(own.volatility)
    assert shown["CVaR 95, 3 days"] == fmt.percent(own.cvar_95, 2)
    assert shown["cash"] == fmt.percent(own.cash)
    assert shown["limits reached"] == str(len(own.binding))
    assert shown["turnover"] == fmt.UNKNOWN
    regime = made.market.regime.state
    assert (
        shown["regime · threshold t"] == f"{regime} · {fmt.threshold(made.analysis.cut.threshold)}"
    )
    held = table(test, "momentum_rank")
    weights = dict(zip(own.symbols, own.weights, strict=True)) | {"CASH": own.cash}
    assert dict(zip(held["symbol"], held["weight"] / 100, strict=True)) == pytest.approx(
        {s: w for s, w in weights.items() if w > 0}
    )
    assert held["weight"].sum() == pytest.approx(100)
    assert held["risk_share"].sum() == pytest.approx(100)
    assert len(table(test, "slack")) == len(own.limits)
    if own.cash:
        assert any(own.cash_reason in c.value for c in test.caption)


@pytest.mark.parametrize("universe", ["one", "two", "six", "odd", "packaged"])
def test_it_opens_on_universes_of_all_kinds(launch: Open, small: Path, universe: str) -> None:
    test = healthy(launch(small, universe=universe))
    assert table(test, "momentum_rank")["weight"].sum() == pytest.approx(100)
    test.button(key="save_run").click().run()
    told = " ".join(m.value for m in test.markdown)
    # A share called CASH cannot be told from what is not invested.
    assert ("Nothing was saved" if universe == "odd" else "Saved as run") in told
    assert not test.exception


def test_the_comparison_is_each_preset_s_own_portfolio(launch: Open, database: Path) -> None:
    compared = table(launch(allocation_part=RULES), "effective").set_index("portfolio")
    assert list(compared.index) == ["As set", "Roadmap", "Evidence", "Plain", "Equal weight"]
    for name in ("roadmap", "evidence"):
        own = optimise(database, name).allocation
        row = compared.loc[name.capitalize()]
        assert row["volatility"] == pytest.approx(100 * own.volatility)
        assert row["cvar_95"] == pytest.approx(100 * own.cvar_95)
    assert compared.loc["Roadmap", "turnover"] == 0


def test_a_moved_control_is_in_the_address_and_in_the_weights(launch: Open, database: Path) -> None:
    test = launch()
    test.slider(key="penalty").set_value(2.0).run()
    test.text_input(key="acap_typed").set_value("20").run()
    healthy(test)
    own = optimise(
        database, allocation__penalty=2.0, limits__asset_cap=0.2,
    ).allocation  # fmt: skip
    assert figures(test)["volatility"] == fmt.percent(own.volatility)
    assert (test.query_params["penalty"], test.query_params["acap"]) == ("2", "20")
    address = dict(test.query_params.items())
    again = healthy(launch(**address))
    assert figures(again) == figures(test)


def test_a_preset_sets_the_controls_and_reset_brings_them_back(launch: Open) -> None:
    test = launch()
    test.slider(key="penalty").set_value(2.0).run()
    test.segmented_control(key="preset").set_value("evidence").run()
    state = test.session_state
    assert (state["layers"], state["penalty"], state["acap"]) == ("single", 0.0, 5.0)
    assert (state["alpha"], state["kappa"]) == (1.0, 0.0)
    test.slider(key="kappa").set_value(0.5).run()
    test.button(key="build_reset").click().run()
    assert test.session_state["kappa"] == 0.0
    healthy(test)


def test_reset_in_the_sidebar_reaches_these_controls(launch: Open, own_database: Path) -> None:
    for settings in ({}, {"allocation.profile": "blend"}):
        Desk(own_database).save_run(UNIVERSE, Params().with_settings(settings))
    plain = dict(launch(own_database, allocation_part=STRESS).query_params)
    latest, first = (run.run_id for run in Desk(own_database).runs(UNIVERSE))
    asked = {
        "profile": "hrp", "penalty": "1.5", "acap": "5", "bounds": "class:crypto=..0.05",
        "against": "Equal weight", "since": first, "shock_equity": "-40", "shock_fx": "5",
    }  # fmt: skip
    test = launch(own_database, allocation_part=STRESS, **asked)
    assert {key: test.query_params[key] for key in asked} == asked
    assert {key for key in asked if plain.get(key) == asked[key]} == set()
    test.button(key="reset").click().run()
    # What the other sections say is taken back too, and the section stays.
    assert test.query_params == plain
    for section, key, default in ((BENCHMARK, "against", "INDEX"), (CHANGES, "since", latest)):
        test.session_state["allocation_part"] = section
        assert test.run().query_params[key] == default
    healthy(test)


def test_fragility_is_that_of_the_portfolio_as_set(launch: Open, database: Path) -> None:
    test = launch(profile="risk_parity", alpha="1")
    test.switch_page("pages/explore/fragility/page.py").run()
    healthy(test)
    assert (test.query_params["profile"], test.query_params["alpha"]) == ("risk_parity", "1")
    settings = {"allocation__profile": "risk_parity", "within__alpha": 1.0}
    made = optimise(database, **settings)
    parts = tables.contribution_table(made).drop(columns="color")
    found = next(d.value for d in test.dataframe if set(d.value.columns) == set(parts.columns))
    for column in found.select_dtypes("number"):
        assert np.allclose(found[column], parts[column], equal_nan=True), column


def test_what_cannot_be_used_in_the_address_is_said(launch: Open) -> None:
    test = launch(penalty="9", profile="best", cap="nan", bounds="asset:A=much")
    told = " ".join(w.value for w in test.warning)
    for key in ("penalty = 9", "profile = best", "cap = nan", "bounds = asset:A=much"):
        assert plain(key) in told
    assert not test.exception
    assert not test.error


@pytest.mark.parametrize(
    ("profile", "off"), [("hrp", True), ("min_cvar", True), ("blend", False), ("max_sharpe", False)]
)
def test_the_penalty_is_off_where_it_does_nothing(launch: Open, profile: str, off: bool) -> None:
    test = launch(profile=profile)
    assert test.slider(key="penalty").disabled == off
    assert test.selectbox(key="kind").disabled == off
    assert any("is off" in c.value for c in test.caption) == off
    assert not test.exception


def test_own_bounds_are_added_removed_and_undone(launch: Open, database: Path) -> None:
    test = launch()
    test.selectbox(key="bound_asset").set_value("BTC").run()
    test.text_input(key="bound_low_typed").set_value("4").run()
    test.text_input(key="bound_high_typed").set_value("4.0").run()
    test.button(key="bound_add").click().run()
    healthy(test)
    assert test.query_params["bounds"] == "asset:BTC=4%"
    held = table(test, "momentum_rank").set_index("symbol")
    assert held.loc["BTC", "weight"] == pytest.approx(4)
    assert any("locked at 4 %" in m.value for m in test.markdown)
    test.button(key="bound_remove_0").click().run()
    assert "bounds" not in test.query_params
    test.button(key="bound_undo").click().run()
    assert test.query_params["bounds"] == "asset:BTC=4%"
    test.text_input(key="bound_low_typed").set_value("9").run()
    test.button(key="bound_add").click().run()
    assert any("more than at most" in w.value for w in test.warning)


def test_no_portfolio_is_one_sentence_and_the_rest_stays(launch: Open) -> None:
    test = launch(bounds="asset:BTC=60%..", allocation_part=RULES)
    assert not test.exception
    assert len(test.error) == 1
    assert "BTC" in test.error[0].value
    compared = table(test, "effective")
    assert "As set" in set(compared["portfolio"])
    assert compared.loc[compared["portfolio"] == "As set", "note"].item()
    assert compared.loc[compared["portfolio"] == "Plain", "volatility"].notna().item()
    test.button(key="build_reset")  # the controls are there to mend it


def test_a_saved_run_and_what_changed_since(launch: Open, own_database: Path) -> None:
    test = launch(own_database, allocation_part=CHANGES)
    test.button(key="save_run").click().run()
    healthy(test)
    (run,) = Desk(own_database).runs(UNIVERSE)
    assert any(run.run_id in m.value for m in test.markdown)
    assert figures(test)["turnover"] == fmt.percent(0.0)
    assert any("Nothing changed" in c.value for c in test.caption)
    test.slider(key="alpha").set_value(0.0).run()
    healthy(test)
    shown = figures(test)
    assert shown["changed in all"] == shown["parameters"] == shown["turnover"] != fmt.percent(0.0)
    changed = table(test, "change")
    parts = changed[["data", "regime or threshold", "limits", "parameters"]].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(changed["change"].to_numpy(), abs=1e-9)


def test_stress_says_what_is_unknown(launch: Open) -> None:
    test = launch(shock_equity="-40", allocation_part=STRESS)
    falls = table(test, "part")
    assert list(falls["window"]) == ["2008", "2011", "2020", "2022"]
    assert falls["total"].isna().all()  # prices begin in 2024
    shocks = table(test, "shock")
    assert shocks.loc[shocks["class"] == "equity", "shock"].item() == -40
    told = figures(test)["the portfolio under these shocks"]
    assert told == fmt.percent(shocks["added"].sum() / 100)


def test_against_the_universe_s_own_index(launch: Open) -> None:
    test = healthy(launch(against="INDEX", allocation_part=BENCHMARK))
    shown = figures(test)
    assert shown["benchmark"] == "INDEX"
    assert shown["tracking error, ex post"] != fmt.UNKNOWN
    assert shown["tracking error, ex ante"] == fmt.UNKNOWN
    equal = figures(launch(against="Equal weight", allocation_part=BENCHMARK))
    assert equal["tracking error, ex ante"] != fmt.UNKNOWN


@pytest.mark.parametrize("on", [LIGHT, DARK])
def test_the_treemap_adds_up(database: Path, on: Any) -> None:
    made = optimise(database)
    held = holdings(made)
    clusters = by_cluster(made, held)
    trace = weight_treemap(held, clusters, made.allocation.cash, on).data[0]
    top = [v for v, parent in zip(trace.values, trace.parents, strict=True) if parent == ""]
    assert sum(top) == pytest.approx(100)
    for key in set(trace.parents) - {""}:
        inside = [v for v, p in zip(trace.values, trace.parents, strict=True) if p == key]
        assert sum(inside) == pytest.approx(trace.values[list(trace.ids).index(key)])
    bars = cluster_shares(clusters, on)
    assert [sum(t.x) for t in bars.data] == pytest.approx(
        [100 * (1 - made.allocation.cash), 100, 100]
    )


def test_charts_draw_their_tables() -> None:
    falls = pd.DataFrame(
        {"window": ["2008", "2011"], "known": [100.0, 0.0], "added": [-12.5, np.nan]}
    )  # fmt: skip
    drawn = replay_chart(falls, LIGHT)
    assert list(drawn.data[0].x) == [-12.5, 0.0]
    assert [a.text for a in drawn.layout.annotations] == ["-12.5 %, 100 % known", "unknown"]
    # A year as text must not become a place on the axis.
    assert [a.y for a in drawn.layout.annotations] == [0, 1] == list(drawn.layout.yaxis.tickvals)
    assert list(drawn.layout.yaxis.ticktext) == ["2008", "2011"]
    changes = pd.DataFrame(
        {"asset": ["X", "X"], "symbol": ["P", "Q"], "data": [1.0, 0.5], "change": [1.0, 0.5]}
    )
    drawn = change_chart(changes, ("data",), DARK)
    assert list(drawn.data[0].y) == ["X · P", "X · Q"]  # two symbols may hold the same
    columns = ["volatility", "cvar_95", "effective", "largest", "cash", "turnover"]
    side = pd.DataFrame([{"portfolio": "A"} | dict.fromkeys(columns, 1.0), {"portfolio": "B"}])
    assert list(comparison_chart(side, LIGHT).data[0].x) == ["A"]


def test_bounds_go_to_text_and_back() -> None:
    bounds = ("asset:A=2%..5%", "class:fx=..10%")
    assert BOUNDS.kind.parse(BOUNDS.kind.text(bounds)) == bounds
    assert build_bounds.written("asset", "A", 4.0, 4.0) == "asset:A=4%"
    with pytest.raises(ValueError, match="kind:name"):
        BOUNDS.kind.parse("nonsense")


def test_cached_parts_are_keyed_by_text_alone() -> None:
    cached = [f for f in vars(build_data).values() if type(f).__name__ == "CachedFunc"]
    assert len(cached) >= 6
    for function in cached:
        for argument in inspect.signature(function).parameters.values():
            assert argument.name.startswith("_") or argument.annotation == "str"


def test_profile_names_cover_all_profiles() -> None:
    assert tuple(tables.PROFILE_NAMES) == PROFILES
    assert Params().allocation.profile in tables.PROFILE_NAMES
