"""One registry of controls: each is its knob's, all are in the address, all are reset."""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from hand_made import mixed_universe
from open_page import by_link, by_section
from root import ROOT
from streamlit.testing.v1 import AppTest

from engine import pipeline
from engine.cli.arguments.shared import params_of
from engine.cli.main import build_parser
from engine.core import format as fmt
from engine.core.frames import empty_rejects
from engine.desk import Desk
from engine.params import Params, all_knobs, knob_of
from engine.params.groups import PanelParams, RegimeParams
from engine.store import Store
from pages.explore.sensitivity.controls import FLOW
from pages.shared import frame
from pages.shared.controls import allocation, bounds, cut, draw, typed, values
from pages.shared.controls.kinds import (
    Bounds,
    Choice,
    Day,
    Floors,
    Kind,
    Names,
    Number,
    Read,
    Switch,
)
from pages.shared.controls.registry import AUTO, CUT, LINKAGE, Control, H, T, find, of_preset, table
from pages.trade.drift import book, corrections
from pages.trade.tickets import editor

UNIVERSE = "mixed"
START, LATER = dt.date(2025, 4, 30), dt.date(2025, 6, 16)
CONTROLS = list(table().values())
OF_KNOBS = [c for c in CONTROLS if c.knob]
Open = Callable[..., AppTest]


def name_of(control: Control) -> str:
    return control.key


# A control is its knob's


@pytest.mark.parametrize("control", OF_KNOBS, ids=name_of)
def test_range_default_and_help_are_the_knob_s(control: Control) -> None:
    knob = knob_of(control.knob)
    meta, times = knob.metadata, 100 if knob.metadata["percent"] else 1
    kind = control.kind
    assert meta["meaning"] in control.help
    assert control.at(Params()) == pytest.approx(
        times * knob.default if isinstance(kind, Number) and knob.default is not None
        else list(knob.default) if isinstance(kind, Names)
        else knob.default
    )  # fmt: skip
    if isinstance(kind, Number):
        told = [times * v for v in (*meta["shown"], meta["step"])]
        assert [kind.low, kind.high, kind.step] == pytest.approx(told)
        assert kind.percent == meta["percent"]
        assert {type(v) for v in (kind.low, kind.high, kind.step)} == {int if kind.whole else float}
        assert kind.whole == isinstance(knob.default, int)
    elif meta["choices"]:
        assert kind == Choice(meta["choices"])
    else:
        assert isinstance(kind, Switch) == isinstance(knob.default, bool)
        assert isinstance(kind, Names | Bounds | Floors) == isinstance(knob.default, tuple)


def test_no_knob_has_two_controls_and_all_of_drift_and_trade_have_one() -> None:
    knobs = [c.knob for c in OF_KNOBS]
    assert len(set(knobs)) == len(knobs)
    wanted = {key for key, _ in all_knobs() if key.startswith(("drift.", "trade."))}
    assert wanted <= set(knobs)


def samples(control: Control) -> list[Any]:
    """Lowest, highest, the default, every choice."""
    kind = control.kind
    usual = control.at(Params()) if control.knob else control.default
    found = [] if usual is None else [usual]
    if isinstance(kind, Number):
        found += [kind.low, kind.high, kind.low + kind.step]
    elif isinstance(kind, Choice):
        found += kind.options
    elif isinstance(kind, Switch):
        found += [True, False]
    elif isinstance(kind, Names):
        found += [[], ["A"], ["A", "B C"]]
    elif isinstance(kind, Floors):
        found += [[], ["EUR:5"], ["EUR:5", "JPY:1000.5"]]
    elif isinstance(kind, Bounds):
        found += [(), ("asset:A=2%..5%", "class:fx=..10%")]
    elif isinstance(kind, Day):
        found += [dt.date(2022, 12, 28)]
    elif isinstance(kind, Read):
        found += [[0.3, 0.45], [0.125, 0.3, 2.5]]
    else:
        assert type(kind) is Kind
        found += ["AAPL", "Equal weight", "all of it, with = and ;"]
    return found


@pytest.mark.parametrize("control", CONTROLS, ids=name_of)
def test_the_address_gives_back_what_it_was_given(control: Control) -> None:
    assert samples(control)
    for value in samples(control):
        text = control.kind.text(value)
        assert control.kind.parse(text) == pytest.approx(value), text
        assert control.kind.text(control.kind.parse(text)) == text


@pytest.mark.parametrize("control", OF_KNOBS, ids=name_of)
def test_what_a_control_sets_is_what_it_showed(control: Control) -> None:
    knob = knob_of(control.knob)
    ends = knob.metadata["shown"] if isinstance(control.kind, Number) else knob.metadata["choices"]
    for value in (knob.default, *ends):
        if value is not None:
            back = control.kind.setting(control.kind.shown(value))
            assert back == value  # to the last bit: it is in the key of every cache


@pytest.mark.parametrize("control", CONTROLS, ids=name_of)
def test_what_is_outside_its_range_is_refused(control: Control) -> None:
    kind = control.kind
    wrong = {
        Number: ["nan", "inf", "-1e9", "1e12", "many", ""], Choice: ["", "nothing of these"],
        Switch: ["", "On", "1"], Day: ["", "2022-13-01", "yesterday"],
        Bounds: ["asset:A=much"], Read: ["", "0.3", "a,b", "0.1,0.2,0.3,0.4,0.5,0.6,0.7"],
    }.get(type(kind), [])  # fmt: skip
    for text in wrong:
        with pytest.raises(ValueError):
            kind.parse(text)


def test_a_slider_s_number_is_taken_to_its_step_and_a_typed_one_is_not() -> None:
    assert find("penalty").kind.parse("0.52") == 0.5
    assert find("lookback").kind.parse("203") == 200
    assert find("t").kind.parse("0.437") == 0.44
    assert find("cap").kind.parse("5.25") == 5.25
    assert find("cap").kind.setting(5.25) == 0.0525
    with pytest.raises(ValueError):
        find("exp").kind.parse("7.5")


def test_what_is_let_go_with_a_preset_follows_from_the_presets() -> None:
    keys = {c.key for c in of_preset()}
    assert {"penalty", "acap", "names", "profile", "phi", *(c.key for c in CUT)} <= keys
    assert keys.isdisjoint({"bounds", "lookback", "linkage", "as_of", "nb", "universe"})


# One table


def called(tree: ast.AST) -> set[str]:
    """Everything that is called, as `name` or `module.name`."""
    return {
        ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)
    }  # fmt: skip


def test_controls_are_made_beside_pages_and_written_by_one_module() -> None:
    for path in sorted((ROOT / "pages").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        inside = path.relative_to(ROOT / "pages").as_posix()
        if path.name != "controls.py" and inside != "shared/controls/registry.py":
            assert "Control" not in called(tree), inside
        if inside not in ("shared/controls/values.py", "shared/address.py"):
            for name in ("address.write", "address.adopt", "address.settle"):
                assert name not in called(tree), inside
        if inside != "shared/address.py":
            assert "query_params" not in path.read_text("utf-8"), inside


def test_every_page_s_own_controls_are_found() -> None:
    beside = {p.parent.name for p in (ROOT / "pages").glob("*/*/controls.py")}
    assert beside == {
        "allocation", "clusters", "fragility", "sensitivity", "drift", "tickets", "shared",
    }  # fmt: skip
    some = {"cluster", "flow_h", "heat", "since", "drift_cause", "part", "portfolio"}
    assert some <= set(table())
    assert find("flow") is FLOW
    assert find("shock_equity") is table()["shock_"]
    assert find("nobody's") is None


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A universe with two portfolios, two tickets and the runs behind them."""
    st.cache_resource.clear()
    path = tmp_path_factory.mktemp("controls") / "x.duckdb"
    prices, instruments = mixed_universe()
    Store(path).ingest(UNIVERSE, instruments, prices, empty_rejects(), "mixed.csv")
    books = Desk(path).portfolios
    for name in ("main", "other"):
        books.create(name, UNIVERSE, "USD", "Ann", cash="1000000", effective_date=START)
    first = books.propose("main", Params().with_settings({"data.as_of": START}), by="Ann")
    books.approve(first.ticket_id, "Ann", override="a test")
    books.accept(first.ticket_id, "Ann")
    later = {"data.as_of": LATER, "tree.threshold": 0.6, "limits.asset_cap": 0.2}
    books.propose("main", Params().with_settings(later), by="Ann")
    yield path
    st.cache_resource.clear()


@pytest.fixture
def launch(database: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    def start(page: str, **address: str) -> AppTest:
        monkeypatch.setattr(sys, "argv", ["streamlit", "--db", str(database)])
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        if page:
            by_link(test, page)
        test.query_params.update(address)
        return test.run()

    return start


# Another value than the default of every control; those of lists that only data knows are added.
OTHER = {
    "preset": "evidence", "as_of": "2025-06-02", "classes": "crypto,equity,fx", "lookback": "190",
    "linkage": "complete", "auto": "off", "t": "0.55", "profile": "risk_parity", "layers": "single",
    "kind": "score", "groups": "sector", "penalty": "1.5", "alpha": "0.7", "kappa": "0.5",
    "acap": "20", "names": "3", "cap": "40", "gcap": "60", "eq": "90", "cr": "30", "fx": "35",
    "bounds": "class:crypto=..20%", "left": "hold", "stale": "sell", "unpr": "hold", "reb": "5",
    "urg": "30", "uas": "50", "phi": "65", "dest": "edge", "band": "absolute", "nb": "0.5",
    "rb": "7", "mint": "50", "buf": "2", "budget": "50", "lots": "fractional", "frac": "equity",
    "exits": "off", "cashflow": "on", "fund": "broker", "floors": "EUR:5",
    "nobuy": "BTC", "nosell": "ETH", "restr": "ENE0",
    "eqs": "3", "eqf": "3", "fxs": "3", "fxf": "3", "crs": "3", "crf": "3", "ots": "3",
    "otf": "3", "exp": "5", "cluster": "9", "asset": "BTC", "flow": "0.30,0.40", "pairs": "BTC",
    "heat": "months", "rows": "all", "against": "Equal weight", "shock_equity": "-40",
    "shock_fx": "5", "shock_crypto": "0", "drift_by": "class", "drift_sort": "held",
    "drift_find": "b", "drift_class": "crypto", "drift_action": "buy", "drift_cause": "BTC",
    "part": "tickets", "whole": "on", "vs": "cash", "goals": "cash<=0.1",
    "allocation_part": "Stress", "drift_part": "Causes",
}  # fmt: skip
WARD = {"linkage": "ward", "h": "0.60", "flow_h": "0.30,0.40"}
PAGES = (
    "", "clusters", "sensitivity", "regime", "fragility", "allocation", "drift", "tickets",
    "universes",
)  # fmt: skip


def walked(test: AppTest) -> dict[str, str]:
    """The address once every section of the page was open."""
    for section in by_section(test):
        assert not section.exception
    return dict(test.query_params)


@pytest.mark.parametrize(
    ("name", "more"),
    [(name, {}) for name in PAGES] + [("sensitivity", WARD), ("drift", {"portfolio": "other"})],
)
def test_whatever_a_page_writes_is_registered_and_reset(
    launch: Open, database: Path, name: str, more: dict[str, str]
) -> None:
    sections = {key: value for key, value in OTHER.items() if find(key).section}
    plain = walked(launch(name, **sections))
    assert [key for key in plain if find(key) is None] == []
    other = OTHER | {
        "since": Desk(database).runs(UNIVERSE)[1].run_id,
        "ticket": Desk(database).portfolios.tickets("main")[1].ticket_id,
    }  # fmt: skip
    test = launch(name, **other | more)
    asked = {k: v for k, v in walked(test).items() if k in (other | more) and k not in sections}
    assert {k: v for k, v in asked.items() if plain.get(k) == v} == {}
    # A cluster that the cut has merged is shown as the one that it went into.
    wanted = {k: v for k, v in (other | more).items() if k in asked and k != "cluster"}
    assert {k: asked[k] for k in wanted} == wanted
    test.button(key="reset").click().run()
    assert not test.exception
    # What is not drawn is gone from the address; what is drawn says what it says at first.
    left = {k: v for k, v in test.query_params.items() if k not in sections}
    assert left == {k: plain.get(k) for k in left}


def test_every_control_is_given_another_value_above() -> None:
    known = {find(key).key for key in OTHER | WARD} | {"since", "ticket", "portfolio", "universe"}
    assert known == set(table())


def test_what_was_picked_is_kept_over_a_change_of_the_page(launch: Open) -> None:
    test = launch("fragility", heat="assets")
    test.segmented_control(key="rows").select("all").run()
    test.query_params.clear()  # as a click on another page does
    by_link(test, "allocation").run()
    test.session_state["allocation_part"] = "Stress"
    test.run()
    test.slider(key="shock_equity").set_value(-45).run()
    test.text_input(key="cap_typed").set_value("30.0").run()
    test.query_params.clear()
    by_link(test, "fragility").run()
    assert (test.query_params["heat"], test.query_params["rows"]) == ("assets", "all")
    assert test.query_params["cap"] == "30"
    test.query_params.clear()
    by_link(test, "allocation").run()
    assert test.query_params["shock_equity"] == "-45"
    # What is reset on one page is reset on all.
    test.query_params.clear()
    by_link(test, "clusters").run()
    test.button(key="reset").click().run()
    by_link(test, "allocation").run()
    assert (test.query_params["shock_equity"], test.query_params["cap"]) == ("-20", "25")
    by_link(test, "fragility").run()
    assert (test.query_params["heat"], test.query_params["rows"]) == ("clusters", "60")
    assert not test.exception


def test_a_control_of_the_page_is_not_undone_by_one_of_the_sidebar(launch: Open) -> None:
    test = launch("allocation")
    before = dict(test.query_params)
    test.slider(key="penalty").set_value(2.0).run()
    # A quick second action comes with the address as it was before the first.
    test.query_params.update(before)
    test.slider(key="lookback").set_value(300).run()
    assert (test.query_params["penalty"], test.query_params["lookback"]) == ("2", "300")


# One merge


def from_command_line(*argv: str) -> Params:
    return params_of(build_parser().parse_args([*argv]))


def looked_at(test: AppTest) -> Params:
    """The parameters of the page, as the sidebar makes them."""
    return test.session_state[frame.VIEW].params


def figures(test: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in test.metric}


def same_day(params: Params, test: AppTest) -> Params:
    """On the page's day, and in the universe's currency by its name."""
    return params.with_settings(
        {"data.as_of": test.query_params["as_of"], "data.base_currency": "USD"}
    )


@pytest.mark.parametrize(
    "argv",
    [
        ("--preset", "evidence", "--linkage", "ward"), ("--linkage", "ward"),
        ("--preset", "evidence", "--linkage", "complete"), ("--preset", "evidence"), (),
        ("--preset", "evidence", "--lookback", "300", "--classes", "equity"),
    ],
)  # fmt: skip
def test_an_address_means_what_the_command_line_means(
    launch: Open, database: Path, argv: tuple[str, ...]
) -> None:
    asked = {name[2:]: value for name, value in zip(argv[::2], argv[1::2], strict=True)}
    test = launch("clusters", **asked)
    assert not test.exception
    assert not test.warning
    wanted = same_day(from_command_line("clusters", *argv), test)
    made = looked_at(test)
    assert made == wanted
    assert (test.query_params["auto"] == "on") == (wanted.tree.threshold is None)
    grid = Desk(database).open(UNIVERSE).grid
    regime = pipeline.market_state(grid, wanted).regime
    expected = pipeline.analyse(grid, wanted, regime)
    assert figures(test)["clusters"] == str(len(expected.cut.clusters))
    again = launch("clusters", **test.query_params)
    assert looked_at(again) == made
    assert figures(again) == figures(test)


def test_the_preset_s_cut_follows_a_linkage_chosen_by_hand(launch: Open) -> None:
    test = launch("clusters", preset="evidence")
    assert (test.query_params["auto"], test.query_params["t"]) == ("off", "0.50")
    test.selectbox(key="linkage").set_value("ward").run()
    wanted = from_command_line("clusters", "--preset", "evidence", "--linkage", "ward")
    assert looked_at(test) == same_day(wanted, test)
    assert test.query_params["auto"] == "on"
    test.selectbox(key="linkage").set_value("complete").run()
    assert (test.query_params["auto"], test.query_params["t"]) == ("off", "0.50")
    # A cut of one's own stays one's own.
    test.slider(key="t").set_value(0.62).run()
    test.selectbox(key="linkage").set_value("average").run()
    assert (test.query_params["auto"], test.query_params["t"]) == ("off", "0.62")


def weights_on(database: Path, params: Params) -> str:
    """What the page Allocation says of the portfolio of these parameters."""
    own = pipeline.optimise(Desk(database).open(UNIVERSE).grid, params).allocation
    return f"{fmt.percent(own.volatility)} {fmt.percent(own.cash)}"


def weights_shown(test: AppTest) -> str:
    assert not test.exception
    assert not test.error
    assert not test.warning
    return f"{figures(test)['volatility']} {figures(test)['cash']}"


def test_a_cap_of_one_s_own_is_not_lifted(launch: Open, database: Path) -> None:
    evidence = ("optimize", "--preset", "evidence", "--classes", "equity")
    plain = launch("allocation", preset="evidence", classes="equity")
    lifted = from_command_line(*evidence)
    assert lifted.limits.asset_cap_names == 2
    assert (plain.query_params["acap"], plain.query_params["names"]) == ("5", "2")
    assert weights_shown(plain) == weights_on(database, lifted)
    # A link means the same on reload.
    again = launch("allocation", **plain.query_params)
    assert again.query_params == plain.query_params
    assert weights_shown(again) == weights_shown(plain)

    own = from_command_line(*evidence, "--set", "limits.asset_cap=0.05")
    assert weights_on(database, own) != weights_on(database, lifted)
    asked = launch("allocation", preset="evidence", classes="equity", acap="5")
    assert (asked.query_params["acap"], asked.query_params["names"]) == ("5", "0")
    assert weights_shown(asked) == weights_on(database, own)

    own = from_command_line(*evidence, "--set", "limits.asset_cap=0.15")
    plain.text_input(key="acap_typed").set_value("15").run()
    assert (plain.query_params["acap"], plain.query_params["names"]) == ("15", "0")
    assert weights_shown(plain) == weights_on(database, own)
    own = own.with_settings({"limits.asset_cap_names": 3})
    plain.text_input(key="names_typed").set_value("3").run()
    assert weights_shown(plain) == weights_on(database, own)
    plain.button(key="build_reset").click().run()
    assert (plain.query_params["acap"], plain.query_params["names"]) == ("5", "2")
    assert weights_shown(plain) == weights_shown(again)


def test_thresholds_that_contradict_each_other_leave_the_defaults(launch: Open) -> None:
    test = launch("drift", reb="60", urg="50")
    assert not test.exception
    assert not test.error
    assert [w.value[:21] for w in test.warning] == ["drift.urgent_turnover"]
    assert (test.query_params["reb"], test.query_params["urg"]) == ("60", "50")


# What a knob says of itself is followed


def with_default(patch: pytest.MonkeyPatch, group: type, name: str, value: object) -> None:
    """As if the group had been written with this default."""
    fields = [f.name for f in dataclasses.fields(group)]
    defaults = list(group.__init__.__defaults__)
    defaults[fields.index(name)] = value
    patch.setattr(group.__init__, "__defaults__", tuple(defaults))
    patch.setattr(group.__dataclass_fields__[name], "default", value)
    assert getattr(group(), name) == value


def test_another_default_is_followed(launch: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    assert launch("clusters").toggle(key="auto").help == "CRISIS 0.30, NORMAL 0.40, QUIET 0.50"
    with_default(monkeypatch, PanelParams, "lookback", 250)
    with_default(monkeypatch, RegimeParams, "t_crisis", 0.25)
    with_default(monkeypatch, RegimeParams, "t_normal", 0.45)
    test = launch("clusters", lookback="300", auto="off")
    assert test.toggle(key="auto").help == "CRISIS 0.25, NORMAL 0.45, QUIET 0.50"
    assert test.slider(key="t").value == 0.45
    test.button(key="reset").click().run()
    assert test.slider(key="lookback").value == looked_at(test).panel.lookback == 250
    assert launch("clusters").query_params["lookback"] == "250"


def test_another_range_step_or_meaning_is_followed(
    launch: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, changed in {
        "panel.lookback": {"shown": (100, 400), "step": 25, "meaning": "How far back"},
        "limits.cluster_cap": {"shown": (0.05, 0.5), "step": 0.05, "meaning": "A cluster's most"},
        "trade.expires_days": {"shown": (2, 30), "step": 2, "meaning": "How long it lasts"},
    }.items():
        field = knob_of(key)
        monkeypatch.setattr(field, "metadata", dict(field.metadata) | changed)
    test = launch("allocation")
    slider, field = test.slider(key="lookback"), test.text_input(key="cap_typed")
    assert (slider.min, slider.max, slider.step, slider.help) == (100, 400, 25, "How far back")
    assert field.help == "A cluster's most"
    field.set_value("50.5").run()
    assert [e.value for e in test.error] == ["Cluster, % is 50.5: give a number from 5 to 50."]
    kind = find("exp").kind
    assert (kind.low, kind.high, kind.step, find("exp").help) == (2, 30, 2, "How long it lasts")


# A widget's value may be gone when its callback comes


def test_a_cold_start_without_a_preset_has_the_default_one(launch: Open) -> None:
    test = launch("clusters")
    for key in ("preset", "linkage", "classes"):
        test.session_state[key] = None
    test.run()
    assert not test.exception
    assert (test.query_params["preset"], test.query_params["linkage"]) == ("roadmap", "average")


@pytest.mark.parametrize(
    "callback",
    [
        cut.linkage_changed, bounds._add, bounds._undo, lambda: editor._undo("x"),
        lambda: typed._take("It", "buf", find("buf").kind, None),
        lambda: editor._reset("x"), lambda: book._create(UNIVERSE, "cash", 0),
        lambda: book._move(None, True, 0), lambda: book._hold(None, "cash", 0),
        lambda: corrections._record(None, "split", 0, None),
        lambda: corrections._record(None, "correction", 0, None),
    ],
)  # fmt: skip
def test_a_callback_without_its_widget_s_value_does_nothing(
    callback: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    state: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", state)
    callback()
    assert state == {}


@pytest.mark.parametrize("callback", [values.reset, allocation.reset, allocation._cap_typed])
def test_letting_go_needs_nothing(
    callback: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    state: dict[str, Any] = {"universe": "mixed", "shock_equity": -40}
    monkeypatch.setattr(st, "session_state", state)
    callback()
    assert state["universe"] == "mixed"
    assert (state["shock_equity"] is None) == (callback is values.reset)


def test_the_cut_s_three_controls_are_one_knob() -> None:
    assert T.knob == "tree.threshold"
    assert (AUTO.knob, H.knob) == ("", "")


def test_an_option_without_a_name_is_shown_as_it_is() -> None:
    shown = draw.words_of({"rows": "By hand"})
    assert [shown(option) for option in ("rows", "other", 3)] == ["By hand", "other", "3"]


def test_a_control_is_only_asked_for_what_it_has() -> None:
    assert (T.number.low, T.number.high) == (0.10, 0.90)
    assert LINKAGE.options == ("average", "complete", "single", "ward")
    with pytest.raises(TypeError, match="linkage is not a number"):
        _ = LINKAGE.number
    with pytest.raises(TypeError, match="t is not one of several"):
        _ = T.options


def test_what_a_closed_section_says_counts(launch: Open) -> None:
    test = launch("drift", drift_part="Bands and limits")
    test.slider(key="phi").set_value(65).run()
    test.session_state["drift_part"] = "Causes"
    test.run()
    test.selectbox(key="drift_cause").select_index(1).run()  # the slider's state is gone by now
    cause = test.query_params["drift_cause"]
    test.session_state["drift_part"] = "Bands and limits"
    test.run()
    assert (test.slider(key="phi").value, test.query_params["phi"]) == (65, "65")
    assert test.query_params["drift_cause"] == cause != "The whole"
    assert not test.exception


def test_the_open_section_is_in_the_address_and_no_reset_closes_it(launch: Open) -> None:
    assert launch("allocation").query_params["allocation_part"] == "Weights"
    test = launch("allocation", allocation_part="Stress")
    test.button(key="reset").click().run()
    assert test.query_params["allocation_part"] == "Stress"
    assert any(d.value.columns[0] == "window" for d in test.dataframe)
    test = launch("allocation", allocation_part="Nothing")
    assert test.query_params["allocation_part"] == "Weights"
    assert "allocation_part = Nothing in the address cannot be used" in test.warning[0].value
