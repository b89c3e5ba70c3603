"""Every page by AppTest: cold, over stores of all kinds, and the address as its state."""

from __future__ import annotations

import datetime as dt
import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from hand_made import instrument_frame, price_frame, walk, weekday_index
from open_page import by_link
from patience import WAIT_S
from root import ROOT
from streamlit.testing.v1 import AppTest

from engine import pipeline
from engine.core import format as fmt
from engine.core.frames import empty_rejects
from engine.desk import PACKAGED, Desk
from engine.figures.palette import ground
from engine.market.grid import Grid
from engine.params import Params
from engine.sources.simulation.simulate import SimulationSpec
from engine.store import Store
from pages.shared.blocks import plain

PAGES = ("overview", "clusters", "sensitivity")
# Of each universe the latest day with prices.
END = dt.date(2025, 6, 30)
UNIVERSES = ("packaged", "sim-7", "one", "two", "alone", "ended", "gappy")
# "hollow" has instruments, but every row of prices was rejected.
Open = Callable[..., AppTest]


def days(n: int) -> pd.DatetimeIndex:
    first = np.busday_offset(np.datetime64(END, "D"), 1 - n, roll="backward")
    return weekday_index(n, str(first))


def independent(names: list[str], n: int = 300) -> pd.DataFrame:
    return pd.DataFrame({name: walk(k, n) for k, name in enumerate(names)}, index=days(n))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "x.duckdb"
    store, none = Store(path), empty_rejects()

    def load(universe: str, closes: pd.DataFrame, rejects: Any = none, **described: Any) -> None:
        table = instrument_frame(**({s: {} for s in closes.columns} | described))
        store.ingest(universe, table, price_frame(closes), rejects, f"{universe}.csv")

    load("one", independent(["A"]))
    load("two", independent(["A", "B"]))
    load("alone", independent([f"S{k}" for k in range(6)]))
    ended = independent(["A", "B", "C"])
    ended.iloc[150:, 2] = np.nan
    load("ended", ended, C={"asset_class": "crypto"})
    gappy = independent(["A", "B", "C"])
    gappy["C"] = gappy["B"] * 1.5
    gappy.iloc[120:150, 0] = np.nan
    load("gappy", gappy, A={"sector": "=1+1", "name": "<b>A</b>"})
    rejected = pd.DataFrame(
        {"row": [1, 2], "symbol": ["A", "A"], "date": ["2025-06-30"] * 2, "close": ["-1", "x"],
         "reason": ["close ≤ 0", "not a number"]}
    )  # fmt: skip
    hollow = independent(["A"], 5)
    hollow[:] = np.nan
    load("hollow", hollow, rejected)
    Desk(path).load_simulated(SimulationSpec(seed=7, n_assets=30, n_sessions=300))
    Desk(path).load_packaged()
    return path


def clear() -> None:
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture(scope="module", autouse=True)
def caches_of_its_own() -> Iterator[None]:
    clear()
    yield
    clear()


@pytest.fixture
def launch(
    database: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Open]:
    """Opens a page of the app in a new session, with an address.

    Caches are the server's, not the session's, and stay between the tests on one database, as they
    would; a test with another database starts and ends without.
    """
    foreign = "tmp_path" in request.fixturenames
    if foreign:
        clear()

    def start(name: str = "overview", db: Path = database, **address: str) -> AppTest:
        monkeypatch.setattr(sys, "argv", ["streamlit", "--db", str(db)])
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT_S)
        if name != "overview":
            by_link(test, name)
        test.query_params.update(address)
        return test.run()

    yield start
    if foreign:
        clear()


def figures(test: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in test.metric}


def sentences(test: AppTest) -> list[str]:
    """What the page says about an address it could not use."""
    return [w.value for w in test.warning]


def analysis(database: Path, universe: str, **settings: Any) -> pipeline.Analysis:
    settings = {k.replace("__", "."): v for k, v in settings.items()}
    return pipeline.analyse(grid_of(database, universe), Params().with_settings(settings))


@functools.lru_cache(maxsize=8)
def grid_of(database: Path, universe: str) -> Grid:
    """Read once: nothing is stored there after the fixture."""
    return Desk(database).open(universe).grid


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("universe", UNIVERSES)
def test_page_opens_cold_and_shows_the_engine_s_numbers(
    launch: Open, database: Path, name: str, universe: str
) -> None:
    test = launch(name, universe=universe)
    assert not test.exception
    assert not test.error
    assert not test.warning
    expected = analysis(database, universe)
    shown = figures(test)
    assert shown["as of"] == str(expected.panel.as_of)
    assert test.query_params["as_of"] == str(expected.panel.as_of)
    if name == "overview":
        assert shown["in"] == fmt.count(len(expected.panel.symbols))
        assert shown["out"] == fmt.count(len(expected.panel.out))
        assert shown["universe"] == universe
    else:
        assert shown["assets"] == fmt.count(len(expected.panel.symbols))
        assert shown["clusters"] == fmt.count(len(expected.cut.clusters))
        assert shown["returns over"] == fmt.count(expected.panel.horizon, "day")


def test_tables_hold_what_the_engine_returned(launch: Open, database: Path) -> None:
    expected = analysis(database, PACKAGED)
    overview = launch("overview", universe=PACKAGED)
    tables = [d.value for d in overview.dataframe]
    assert list(tables[0]["symbol"]) == list(expected.panel.symbols)
    assert set(tables[1]["symbol"]) == set(expected.panel.out["symbol"])
    clusters = [d.value for d in launch("clusters", universe=PACKAGED, cluster="3").dataframe]
    assert list(clusters[0]["id"]) == [c.id for c in expected.cut.clusters]
    assert list(clusters[0]["size"]) == [c.size for c in expected.cut.clusters]
    picked = next(c for c in expected.cut.clusters if c.id == 3)
    assert list(clusters[1]["symbol"]) == list(picked.members)
    swept = pipeline.sweep_tree(expected.correlation, expected.tree, Params())
    test = launch("sensitivity", universe=PACKAGED)
    assert list(test.dataframe[0].value["clusters"]) == swept.sweep.n_clusters.tolist()
    assert swept.suggestion.reason in [m.value for m in test.markdown]


@pytest.mark.parametrize(
    ("name", "button"), list(zip(PAGES, ("load_packaged", "simulate", "simulate"), strict=True))
)
def test_no_file_offers_data_and_loads_it(
    launch: Open, tmp_path: Path, name: str, button: str
) -> None:
    path = tmp_path / "none" / "x.duckdb"
    test = launch(name, db=path)
    assert not test.exception
    assert not test.error
    assert [t.value for t in test.title] == ["Nothing is loaded yet"]
    assert not path.exists()
    test.button(key=button).click().run()
    assert not test.exception
    assert figures(test)["as of"] == test.query_params["as_of"]
    assert Desk(path).universe() == {"load_packaged": PACKAGED, "simulate": "sim-0"}[button]


@pytest.mark.parametrize("name", PAGES)
def test_all_rows_quarantined_is_one_sentence_and_the_reasons(launch: Open, name: str) -> None:
    test = launch(name, universe="hollow")
    assert not test.exception
    assert len(test.error) == 1
    assert test.error[0].value.endswith(".")
    shown = pd.concat([d.value for d in test.dataframe], ignore_index=True)
    assert {"close ≤ 0", "not a number"} <= set(shown["reason"])


@pytest.mark.parametrize("name", PAGES)
def test_filter_that_leaves_nobody(launch: Open, database: Path, name: str) -> None:
    test = launch(name, universe="ended", classes="crypto", as_of=str(END))
    assert not test.exception
    if name == "overview":
        assert figures(test)["in"] == "0"
        assert not test.error
        assert "ended" in set(test.dataframe[0].value["reason"])
    else:
        assert [e.value[:22] for e in test.error] == ["No asset is left as of"]
    # It can be undone where it was chosen.
    test.button(key="reset").click().run()
    assert not test.error
    expected = analysis(database, "ended").panel
    assert figures(test)["in" if name == "overview" else "assets"] == str(len(expected.symbols))
    assert figures(test)["as of"] == str(expected.as_of)


def test_damaged_file_is_one_sentence(launch: Open, tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    path.write_bytes(b"not a database" * 1000)
    for name in PAGES:
        test = launch(name, db=path)
        assert not test.exception
        assert len(test.error) == 1
        assert "x.duckdb" in test.error[0].value


GOOD = {
    "universe": "packaged", "preset": "evidence", "as_of": "2020-03-31", "classes": "equity",
    "lookback": "260", "linkage": "complete", "auto": "off", "t": "0.55",
}  # fmt: skip


OWN = {"cluster", "flow", "whole", "vs", "goals"}  # a page's own


@pytest.mark.parametrize("name", PAGES)
def test_good_values_of_the_address_are_adopted(launch: Open, database: Path, name: str) -> None:
    test = launch(name, **GOOD)
    assert sentences(test) == []
    assert {k: v for k, v in test.query_params.items() if k not in OWN} == GOOD
    expected = analysis(
        database, PACKAGED, data__as_of=dt.date(2020, 3, 31), data__classes=("equity",),
        panel__lookback=260, tree__linkage="complete", tree__threshold=0.55,
    )  # fmt: skip
    shown = figures(test)
    assert shown["as of"] == "2020-03-31"
    if name == "overview":
        assert shown["in"] == str(len(expected.panel.symbols))
    else:
        assert shown["clusters"] == str(len(expected.cut.clusters))


BAD = [
    ("universe", "nobody's", "packaged"),
    ("preset", "best", "roadmap"),
    ("as_of", "2031-01-01", "2022-12-28"),
    ("as_of", "1066-10-14", "2022-12-28"),
    ("as_of", "yesterday", "2022-12-28"),
    ("as_of", "", "2022-12-28"),
    ("classes", "equity,bonds", None),
    ("lookback", "5", "200"),
    ("lookback", "1e400", "200"),
    ("lookback", "many", "200"),
    ("linkage", "magic", "average"),
    ("t", "0", "0.40"),
    ("t", "-0.4", "0.40"),
    ("t", "nan", "0.40"),
    ("t", "0,5", "0.40"),
    ("t", "<script>", "0.40"),
]


@pytest.mark.parametrize(("key", "asked", "used"), BAD)
def test_bad_value_of_the_address_is_refused_in_one_sentence(
    launch: Open, key: str, asked: str, used: str | None
) -> None:
    test = launch("clusters", **{"t": "0.40", key: asked})
    assert not test.exception
    assert not test.error
    (said,) = sentences(test)
    sentence = f"{key} = {asked} in the address cannot be used; it is {used or 'none'}."
    assert said == plain(sentence)
    assert test.query_params.get(key) == used
    assert sentences(test.run()) == []  # said once


@pytest.mark.parametrize(("key", "asked"), [("cluster", "999"), ("cluster", "x"), ("asset", "XX")])
def test_bad_values_of_the_page_itself(launch: Open, key: str, asked: str) -> None:
    test = launch("clusters", **{key: asked})
    assert not test.exception
    (said,) = sentences(test)
    used = test.query_params.get(key)
    assert said == f"{key} = {asked} in the address cannot be used; it is {used or 'none'}."


@pytest.mark.parametrize(
    ("key", "asked", "used"), [("t", "0.555", ("0.55", "0.56")), ("lookback", "203", ("200",))]
)
def test_value_off_the_step_is_rounded_and_said(
    launch: Open, key: str, asked: str, used: tuple[str, ...]
) -> None:
    test = launch("clusters", **{key: asked})
    (said,) = sentences(test)
    assert test.query_params[key] in used
    assert f"it is {test.query_params[key]}." in said


def test_same_number_written_otherwise_is_not_refused(launch: Open) -> None:
    assert sentences(launch("clusters", t="0.5", lookback="200.0")) == []


def test_several_bad_values_are_several_sentences(launch: Open) -> None:
    assert len(sentences(launch("clusters", t="7", linkage="magic", cluster="0"))) == 3


def test_everything_is_in_the_address(launch: Open) -> None:
    test = launch("clusters")
    assert test.query_params == {
        "universe": "packaged", "preset": "roadmap", "as_of": "2022-12-28", "lookback": "200",
        "linkage": "average", "auto": "on", "t": "0.40", "cluster": "1",
    }  # fmt: skip


def test_reset(launch: Open) -> None:
    plain = launch("sensitivity", universe="packaged").query_params
    test = launch("sensitivity", **GOOD)
    assert test.query_params != plain
    test.button(key="reset").click().run()
    assert test.query_params == plain
    assert not test.warning


def test_preset_sets_the_threshold(launch: Open) -> None:
    test = launch("clusters")
    test.segmented_control(key="preset").select("evidence").run()
    assert test.query_params["t"] == "0.50"
    assert figures(test)["threshold t"] == "0.50"
    # A threshold chosen afterwards stays.
    test.slider(key="t").set_value(0.62).run()
    assert (test.query_params["t"], test.query_params["preset"]) == ("0.62", "evidence")
    test.segmented_control(key="preset").select("roadmap").run()
    assert test.query_params["t"] == "0.40"


# Days of the packaged data in each state.
STATES = {"2017-06-30": 0.5, "2020-03-31": 0.3, "2022-12-28": 0.4}


@pytest.mark.parametrize("as_of", STATES)
@pytest.mark.parametrize("name", ["clusters", "sensitivity"])
def test_auto_is_the_regime_s_threshold(
    launch: Open, database: Path, name: str, as_of: str
) -> None:
    test = launch(name, as_of=as_of, universe=PACKAGED)
    grid = grid_of(database, PACKAGED)
    settings = {"data.as_of": dt.date.fromisoformat(as_of)}
    regime = pipeline.market_state(grid, Params().with_settings(settings)).regime
    expected = pipeline.analyse(grid, Params().with_settings(settings), regime)
    assert regime.threshold == expected.cut.threshold == STATES[as_of]
    shown = fmt.threshold(STATES[as_of])
    assert (test.query_params["auto"], test.query_params["t"]) == ("on", shown)
    assert figures(test)["threshold t"] == shown
    assert test.slider(key="t").value == STATES[as_of]
    assert figures(test)["clusters"] == str(len(expected.cut.clusters))
    assert any(c.value.startswith(f"{regime.state}, score") for c in test.sidebar.caption)


def test_a_moved_slider_is_manual_until_auto_is_asked_for(launch: Open) -> None:
    test = launch("clusters", as_of="2020-03-31", universe=PACKAGED)
    test.slider(key="t").set_value(0.45).run()
    assert (test.query_params["auto"], test.query_params["t"]) == ("off", "0.45")
    assert figures(test)["threshold t"] == "0.45"
    test.toggle(key="auto").set_value(True).run()
    assert (test.query_params["auto"], test.query_params["t"]) == ("on", "0.30")
    assert figures(test)["threshold t"] == "0.30"


def test_a_link_with_a_threshold_means_it(launch: Open) -> None:
    test = launch("clusters", as_of="2020-03-31", t="0.42")
    assert test.query_params["auto"] == "off"
    assert figures(test)["threshold t"] == "0.42"
    both = launch("clusters", as_of="2020-03-31", t="0.42", auto="on")
    assert figures(both)["threshold t"] == "0.30"


def test_change_of_universe_resets_date_and_classes(launch: Open, database: Path) -> None:
    test = launch("clusters", **GOOD, cluster="2")
    test.selectbox(key="universe").set_value("sim-7").run()
    assert not test.exception
    assert not test.error
    assert test.query_params["universe"] == "sim-7"
    expected = analysis(
        database, "sim-7", panel__lookback=260, tree__linkage="complete", tree__threshold=0.55
    )
    assert test.query_params["as_of"] == str(expected.panel.as_of)
    assert "classes" not in test.query_params
    assert figures(test)["clusters"] == str(len(expected.cut.clusters))


def test_ward_is_cut_by_its_own_height(launch: Open, database: Path) -> None:
    test = launch("clusters", t="0.5")
    test.selectbox(key="linkage").set_value("ward").run()
    assert "t" not in test.query_params
    assert test.query_params["h"] == "1.00"
    expected = analysis(database, PACKAGED, tree__linkage="ward", tree__threshold=1.0)
    assert figures(test)["clusters"] == str(len(expected.cut.clusters))
    again = launch("sensitivity", linkage="ward", h="0.75")
    assert not again.exception
    assert sentences(again) == []
    expected = analysis(database, PACKAGED, tree__linkage="ward", tree__threshold=0.75)
    assert figures(again)["clusters"] == str(len(expected.cut.clusters))
    again.selectbox(key="linkage").set_value("average").run()
    assert "h" not in again.query_params
    assert again.query_params["t"] == "0.40"


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("universe", ["one", "two", "alone"])
def test_ward_on_small_universes(launch: Open, name: str, universe: str) -> None:
    test = launch(name, universe=universe, linkage="ward")
    assert not test.exception
    assert not test.error
    assert sentences(test) == []


def test_suggested_threshold_is_used(launch: Open, database: Path) -> None:
    one = analysis(database, PACKAGED)
    suggested = pipeline.sweep_tree(one.correlation, one.tree, Params()).suggestion.threshold
    test = launch("sensitivity", universe=PACKAGED)
    test.button(key="use_suggested").click().run()
    assert test.query_params["t"] == fmt.threshold(suggested)
    assert test.button(key="use_suggested").disabled


def test_moved_control_wins_over_a_lagging_address(launch: Open) -> None:
    test = launch("clusters", t="0.5")
    before = dict(test.query_params)
    test.slider(key="t").set_value(0.6)
    # The browser still sends the old address with the moved slider.
    test.query_params.update(before)
    test.run()
    assert test.query_params["t"] == "0.60"
    assert figures(test)["threshold t"] == "0.60"


def test_back_adopts_the_earlier_address(launch: Open) -> None:
    test = launch("clusters", t="0.5")
    earlier = dict(test.query_params)
    test.slider(key="t").set_value(0.6).run()
    test.slider(key="lookback").set_value(300).run()
    test.query_params.update(earlier)
    test.run()
    assert test.query_params == earlier
    assert (test.slider(key="t").value, test.slider(key="lookback").value) == (0.5, 200)
    assert sentences(test) == []


def test_pick_survives_a_cut_that_merges_it(launch: Open, database: Path) -> None:
    fine = analysis(database, PACKAGED, tree__threshold=0.3).cut.clusters
    coarse = analysis(database, PACKAGED, tree__threshold=0.9).cut.clusters
    assert len(coarse) == 1
    for cluster in (fine[0], fine[-1]):
        test = launch("clusters", t="0.30", cluster=str(cluster.id))
        assert test.selectbox(key="cluster").value == cluster.id
        test.slider(key="t").set_value(0.9).run()
        assert not test.exception
        assert test.selectbox(key="cluster").value == coarse[0].id


def test_found_asset_picks_its_cluster(launch: Open, database: Path) -> None:
    clusters = analysis(database, PACKAGED).cut.clusters
    symbol = clusters[2].members[-1]
    test = launch("clusters", universe=PACKAGED)
    test.selectbox(key="asset").set_value(symbol).run()
    assert test.query_params["asset"] == symbol
    assert test.query_params["cluster"] == str(clusters[2].id)
    # By its address too, in whatever cluster it was.
    assert launch("clusters", asset=symbol).query_params["asset"] == symbol


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_wear_the_ink_of_the_theme(launch: Open, theme: str) -> None:
    test = launch("sensitivity")
    test.context["theme"] = theme
    test.run()
    assert not test.exception
    assert ground(theme == "dark").ink.lower() in test.get("plotly_chart")[0].proto.spec.lower()
