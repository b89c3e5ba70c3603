"""The page Drift: its numbers are the engine's, its forms the ledger's."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import streamlit as st
from drift_page import LATER, START, loaded, params, router, start, traded
from streamlit.testing.v1 import AppTest

from engine.core import format as fmt
from engine.core.words import BY_HAND, EntryKind
from engine.desk import Desk, DriftView
from engine.figures.drift import (
    cause_bars,
    cause_waterfall,
    drift_bars,
    drift_history,
    effect_chart,
    signed,
)
from engine.figures.palette import DARK, LIGHT
from engine.params.trading import TradeParams
from engine.research.drift import asset_steps, turnover_steps
from engine.store import PortfolioInfo
from engine.tables import drift as tables
from engine.trading.causes import PARTS, Cause, causes
from engine.trading.drift import DriftParams
from pages.shared import data
from pages.trade.drift import actions as trade_actions
from pages.trade.drift import corrections as trade_corrections
from pages.trade.drift import data as trade_data
from pages.trade.drift.controls import BOOK, CAUSES, HISTORY, TRADING

Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return router(tmp_path_factory.mktemp("router"))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    st.cache_resource.clear()
    yield traded(tmp_path_factory.mktemp("drift") / "x.duckdb")
    st.cache_resource.clear()


@pytest.fixture(scope="module")
def found(database: Path) -> DriftView:
    return Desk(database).portfolios.drift("main", params(LATER))


@pytest.fixture
def launch(app: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    return lambda db=database, **address: start(monkeypatch, app, db, **address)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Path]:
    """A database of one's own, without a portfolio."""
    data.desk.clear()  # the one that another test opened
    yield loaded(tmp_path / "own.duckdb")
    data.desk.clear()


@pytest.fixture
def held(fresh: Path) -> Desk:
    """One's own database with a portfolio of shares and cash."""
    desk = Desk(fresh)
    desk.portfolios.create(
        "held", "packaged", "USD", "Ann", cash="5000", rows=[("AAPL", "100")], effective_date=START
    )
    return desk


def healthy(test: AppTest) -> AppTest:
    assert not test.exception
    assert not test.error
    assert not test.warning
    return test


def figures(test: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in test.metric}


def table(test: AppTest, column: str) -> pd.DataFrame:
    return next(d.value for d in test.dataframe if column in d.value.columns)


def press(test: AppTest, label: str) -> AppTest:
    return next(b for b in test.button if b.label == label).click().run()


# What is shown


def test_the_page_shows_the_engine_s_numbers(launch: Open, found: DriftView) -> None:
    test = healthy(launch())
    shown = figures(test)
    assert shown["status"] == found.drift.status
    assert shown["turnover to the target"] == fmt.percent(found.drift.turnover)
    assert shown["value, USD"] == f"{found.valued.value:,.2f}"
    assert shown["last implemented"] == str(START)
    lines = table(test, "note").set_index("symbol")
    assert len(lines) == len(found.drift.lines)
    for line in found.drift.lines:
        assert lines.loc[line.symbol, "drift"] == pytest.approx(100 * line.drift, abs=1e-9)
        assert lines.loc[line.symbol, "action"] == line.action
    assert list(lines["drift"].abs()) == sorted(lines["drift"].abs(), reverse=True)
    parts = table(launch(drift_part=CAUSES), "clusters")
    assert parts[list(PARTS)].sum(axis=1).to_numpy() == pytest.approx(parts["drift"].to_numpy())
    assert table(launch(drift_part=HISTORY), "largest")["date"].tolist()[0] == LATER
    entries = table(launch(drift_part=BOOK), "hash")
    assert entries["kind"].tolist() == ["ticket", "cash", "create"]


def test_filters_and_sorting_narrow_and_order_the_table(launch: Open) -> None:
    test = healthy(launch(drift_sort="held", drift_class="equity"))
    rows = table(test, "note")
    assert set(rows["class"]) == {"equity"}
    assert list(rows["held"]) == sorted(rows["held"], reverse=True)
    some = rows["symbol"].iloc[0]
    healthy(test.text_input(key="drift_find").set_value(some.lower()).run())
    assert some in set(table(test, "note")["symbol"])
    assert test.query_params["drift_find"] == some.lower()
    test.text_input(key="drift_find").set_value("nothing is called so").run()
    assert len(table(test, "note")) == 0
    assert any("Nothing is left" in c.value for c in test.caption)


@pytest.mark.parametrize("by", ["cluster", "class"])
def test_groups_add_up_to_the_whole(launch: Open, found: DriftView, by: str) -> None:
    test = healthy(launch(drift_by=by))
    groups = next(d.value for d in test.dataframe if list(d.value.columns)[:2] == ["name", "last"])
    assert groups["held"].sum() == pytest.approx(100)
    assert groups["drift"].sum() == pytest.approx(0, abs=1e-6)
    asked = found.drift.by_cluster if by == "cluster" else found.drift.by_class
    assert groups["name"].tolist() == [g.name for g in asked]


def test_bands_and_limits_act_at_once(launch: Open, database: Path, found: DriftView) -> None:
    test = healthy(launch(drift_part=TRADING))
    before = figures(test)
    healthy(test.text_input(key="nb_typed").set_value("3").run())
    trade = TradeParams(no_trade_band=0.03)
    plan = Desk(database).portfolios.plan(found, trade)
    after = figures(test)
    assert after["turnover"] == fmt.percent(plan.turnover, 2)
    assert after["cost, USD"] == f"{plan.cost:,.2f}"
    assert after["drift that remains"] == fmt.percent(plan.drift_after, 2)
    assert after["trades"] != before["trades"]
    assert test.query_params["nb"] == "3"
    ways = table(test, "way").set_index("way")
    assert ways.loc[trade_data.AS_SET, "turnover"] == pytest.approx(100 * plan.turnover)
    assert ways.loc["Without bands", "remains"] < ways.loc[trade_data.AS_SET, "remains"]
    assert table(test, "quantity").shape[0] == len(plan.lines)
    healthy(test.button(key="trade_reset").click().run())
    assert figures(test) == before


def test_thresholds_make_the_status(launch: Open) -> None:
    test = healthy(launch(reb="60", urg="90", uas="1000"))
    assert figures(test)["status"] == "MAINTAIN"
    test.text_input(key="urg_typed").set_value("50").run()  # below the other one
    assert any("urgent_turnover" in w.value for w in test.warning)


@pytest.mark.parametrize("key", ["phi", "left", "nobuy", "budget", "exits", "mint"])
def test_an_address_that_cannot_be_used_is_said(launch: Open, key: str) -> None:
    test = launch(**{key: "nonsense"})
    assert not test.exception
    assert any(w.value.startswith(f"{key} = nonsense") for w in test.warning)


def test_what_is_restricted_is_not_traded(launch: Open, found: DriftView) -> None:
    symbol = next(x.symbol for x in found.drift.lines if x.action == "exit")
    test = healthy(launch(restr=symbol, drift_part=TRADING))
    assert symbol not in set(table(test, "quantity")["symbol"])
    why = next(
        d.value for d in test.dataframe if list(d.value.columns) == ["asset", "symbol", "reason"]
    )
    assert why.set_index("symbol").loc[symbol, "reason"] == "restricted"


def test_evidence_goes_half_of_the_way(launch: Open) -> None:
    assert launch(preset="evidence", drift_part=TRADING).slider(key="phi").value == 50


def test_one_asset_s_waterfall_ends_at_its_target(launch: Open, found: DriftView) -> None:
    line = next(x for x in found.drift.lines if x.action == "sell")
    test = healthy(launch(drift_cause=line.symbol, drift_part=CAUSES))
    assert test.selectbox(key="drift_cause").value == line.symbol
    cause = next(c for c in found.causes if c.symbol == line.symbol)
    steps = asset_steps(cause, line.held or 0.0)
    assert steps[-1].size == pytest.approx(line.target)


# Forms


def test_first_use_starts_from_cash(launch: Open, fresh: Path) -> None:
    test = healthy(launch(fresh))
    test.text_input(key="new_name_0").set_value("mine")
    press(test, "Create portfolio")
    assert "nothing was created" in test.error[0].value
    assert Desk(fresh).portfolios.list() == ()
    test.text_input(key="new_cash_0").set_value("250000.50")
    healthy(press(test, "Create portfolio"))
    state = Desk(fresh).portfolios.state("mine", LATER)
    assert (state.cash, state.positions) == (Decimal("250000.50"), ())
    assert figures(test)["status"] == "NEW"
    assert figures(test)["value, USD"] == "250,000.50"
    # Cash in, then undone by an entry of its own.
    test.session_state["drift_part"] = BOOK
    test.run()
    test.text_input(key="cash_amount_1").set_value("1000")
    healthy(press(test, "Cash in"))
    assert figures(test)["value, USD"] == "251,000.50"
    healthy(test.button(key="book_undo").click().run())
    assert figures(test)["value, USD"] == "250,000.50"
    entries = Desk(fresh).portfolios.entries("mine")
    assert [e.kind for e in entries] == ["create", "cash", "cash", "correction"]
    # More out than there is cannot be valued, and is said.
    test.text_input(key="cash_amount_2").set_value("-5")
    press(test, "Cash out")
    assert "without a sign" in test.error[0].value


def test_a_portfolio_worth_nothing_can_still_be_filled(launch: Open, fresh: Path) -> None:
    Desk(fresh).portfolios.create("empty", "packaged", "USD", "Ann")
    test = launch(fresh)
    assert not test.exception
    assert "worth 0" in test.error[0].value
    test.text_input(key="cash_amount_0").set_value("5000")
    healthy(press(test, "Cash in"))
    assert figures(test)["status"] == "NEW"


def test_a_day_before_the_portfolio_is_said(launch: Open) -> None:
    test = launch(as_of="2021-06-30")
    assert not test.exception
    assert str(START) in test.error[0].value


def test_holdings_from_a_file(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(fresh)
    monkeypatch.setattr(trade_actions.data, "desk", lambda: desk)
    file = b"symbol,quantity\r\nAAPL,100\r\nEURUSD,1000.25\r\nCASH,5000\r\n"
    trade_actions.create("held", "packaged", "USD", START, "", file)
    state = desk.portfolios.state("held", START)
    assert state.quantities == {"AAPL": Decimal(100), "EURUSD": Decimal("1000.25")}
    assert state.cash == Decimal(5000)
    info = desk.portfolios.info("held")
    trade_actions.hold(info, LATER, "1", [("MSFT", "7")])
    assert desk.portfolios.state("held", LATER).quantities == {"MSFT": Decimal(7)}
    # The same form sent once more finds another head.
    with pytest.raises(trade_actions.InputError, match="moved on"):
        trade_actions.hold(info, LATER, "1", [("MSFT", "7")])
    with pytest.raises(trade_actions.InputError, match="cash is in the file"):
        trade_actions.create("both", "packaged", "USD", START, "1", file)
    with pytest.raises(trade_actions.InputError, match="exists already"):
        trade_actions.create("held", "packaged", "USD", START, "1", None)


def test_an_empty_form_of_holdings_sells_nothing(
    held: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trade_actions.data, "desk", lambda: held)
    info, before = held.portfolios.info("held"), held.portfolios.entries("held")
    for form in ([], [("AAPL", "")], b"symbol,quantity\r\nAAPL,\r\n"):
        with pytest.raises(trade_actions.InputError, match="nothing was recorded"):
            trade_actions.hold(info, LATER, "", form)
    assert held.portfolios.entries("held") == before


def test_a_portfolio_with_a_bad_symbol_leaves_nothing_behind(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(fresh)
    monkeypatch.setattr(trade_actions.data, "desk", lambda: desk)
    with pytest.raises(trade_actions.InputError, match="NOPE"):
        trade_actions.create("bad", "packaged", "USD", START, "5", [("AAPL", "1"), ("NOPE", "1")])
    assert desk.portfolios.list() == ()
    trade_actions.create("bad", "packaged", "USD", START, "5", [("AAPL", "1")])
    assert [e.kind for e in desk.portfolios.entries("bad")] == ["create", "holdings"]


ACTIONS = {
    "cash": lambda info: trade_actions.move_cash(info, LATER, "1000", False),
    "holdings": lambda info: trade_actions.hold(info, LATER, "", [("MSFT", "7")]),
    "split": lambda info: record(info, "split", symbol="AAPL", ratio="3:2"),
    "dividend": lambda info: record(info, "dividend", symbol="AAPL", amount="12.50"),
    "correction": lambda info: record(
        info, "correction", positions=("AAPL", "-1"), cash="99", reason="a typo"
    ),
    "fee": lambda info: record(info, "fee", amount="1000.25", symbol=None, reason=" custody "),
    "spin_off": lambda info: record(info, "spin_off", symbol="AAPL", becomes="KO", ratio="1:3"),
    "rename": lambda info: record(info, "rename", symbol="AAPL", becomes="KO"),
    "merger": lambda info: record(info, "merger", symbol="AAPL", becomes=None, per_unit="1"),
    "delisting": lambda info: record(info, "delisting", symbol="AAPL", amount="0"),
}


def record(info: PortfolioInfo, kind: str, **typed: object) -> str:
    return trade_actions.record(info, EntryKind(kind), LATER, typed)


def test_every_kind_has_a_form() -> None:
    assert set(ACTIONS) == set(BY_HAND) == {"cash", "holdings", *trade_corrections.KINDS}
    assert list(trade_corrections.KINDS.values()) == [
        "Split", "Dividend", "Correction", "Fee", "Spin-off", "New name", "Merger", "Delisting",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "typed", "says"),
    [
        ("split", {"symbol": "AAPL", "ratio": " 3:2"},
         "The split of AAPL, 3:2, is recorded on 2022-09-30."),
        ("dividend", {"symbol": "AAPL", "amount": "1000"},
         "The dividend of AAPL, 1000 USD, is recorded on 2022-09-30."),
        ("correction", {"positions": ("AAPL", "-1"), "cash": "", "reason": "a {typo} "},
         "The correction of held is recorded on 2022-09-30: a {typo}"),
        ("rename", {"symbol": "AAPL", "becomes": "KO"}, "AAPL is KO from 2022-09-30 on."),
        ("spin_off", {"symbol": "AAPL", "becomes": "KO", "ratio": "2"},
         "The spin-off of KO from AAPL is recorded on 2022-09-30."),
        ("merger", {"symbol": "AAPL", "amount": "3", "becomes": None},
         "The merger of AAPL is recorded on 2022-09-30."),
        ("delisting", {"symbol": "AAPL", "amount": "3"},
         "The delisting of AAPL is recorded on 2022-09-30."),
        ("fee", {"amount": "2.50", "symbol": "AAPL", "reason": ""},
         "The fee of 2.50 USD is recorded on 2022-09-30."),
    ],
)  # fmt: skip
def test_what_is_said_of_what_was_recorded(
    held: Desk, kind: str, typed: dict, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trade_actions.data, "desk", lambda: held)
    assert record(held.portfolios.info("held"), kind, **typed) == says


@pytest.mark.parametrize(
    ("kind", "typed", "says"),
    [
        ("correction", {"positions": ("AAPL", " "), "cash": "", "reason": "x"},
         "Give units to add, cash to add, or both: nothing was recorded."),
        ("correction", {"positions": (None, "1"), "cash": "", "reason": " "},
         "Give the reason of the correction: it stays on record."),
        ("correction", {"positions": (None, "1"), "cash": "", "reason": "x"},
         "Choose a symbol: nothing was recorded."),
        ("dividend", {"symbol": None, "amount": ""}, "Choose a symbol: nothing was recorded."),
        ("dividend", {"symbol": "AAPL", "amount": ""},
         "What came in? Give the amount, or what one unit paid."),
        ("fee", {"symbol": None, "amount": "", "reason": ""},
         "The fee is '', no plain number such as 1234.5."),
    ],
)  # fmt: skip
def test_what_is_said_where_something_is_missing(
    held: Desk, kind: str, typed: dict, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trade_actions.data, "desk", lambda: held)
    with pytest.raises(trade_actions.InputError) as caught:
        record(held.portfolios.info("held"), kind, **typed)
    assert str(caught.value) == says
    assert held.portfolios.info("held").entries == 2


@pytest.mark.parametrize("kind", ACTIONS)
def test_each_kind_is_guarded_by_its_head_and_undone(
    held: Desk, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trade_actions.data, "desk", lambda: held)
    book = held.portfolios
    info, before = book.info("held"), book.state("held", LATER)
    seq = len(book.entries("held"))
    ACTIONS[kind](info)
    assert book.entries("held")[-1].kind == kind
    now = book.state("held", LATER)
    assert (now.quantities, now.cash) != (before.quantities, before.cash)
    with pytest.raises(trade_actions.InputError, match="moved on"):
        ACTIONS[kind](info)
    with pytest.raises(trade_actions.InputError, match="moved on"):
        trade_actions.undo(info, seq + 1)
    trade_actions.undo(book.info("held"), seq + 1)
    after = book.state("held", LATER)
    assert (after.quantities, after.cash) == (before.quantities, before.cash)
    assert len(book.entries("held")) == seq + 2
    assert book.undoable(book.entries("held")) is None  # no undoing of the undoing


def test_corporate_actions_by_form(launch: Open, held: Desk) -> None:
    path = held.store.path
    test = healthy(launch(path, drift_part=BOOK))
    kind, symbol = "event_kind_0", "event_symbol_split_0"
    assert test.selectbox(key=symbol).options == ["AAPL"]
    press(test, "Record the split")
    assert "Choose a symbol" in test.error[0].value
    test.selectbox(key=symbol).set_value("AAPL")
    test.text_input(key="event_ratio_split_0").set_value("4")
    press(test, "Record the split")
    assert held.portfolios.state("held", LATER).quantities == {"AAPL": Decimal(400)}
    assert "The split 4 of AAPL is booked on 2022-09-30, and its closes show none" in (
        test.warning[0].value
    )
    healthy(test.button(key="book_undo").click().run())
    assert held.portfolios.state("held", LATER).quantities == {"AAPL": Decimal(100)}
    kind = "event_kind_1"
    test.segmented_control(key=kind).set_value("correction").run()
    test.text_input(key="event_cash_correction_1").set_value("-7.25")
    press(test, "Record the correction")
    assert "reason" in test.error[0].value
    test.text_input(key="event_reason_correction_1").set_value("a fee")
    healthy(press(test, "Record the correction"))
    assert held.portfolios.state("held", LATER).cash == Decimal("4992.75")
    assert table(test, "hash")["what"].iloc[0] == "a fee"
    test.segmented_control(key="event_kind_2").set_value("fee").run()
    test.text_input(key="event_amount_fee_2").set_value("2.75")
    test.text_input(key="event_reason_fee_2").set_value("custody")
    healthy(press(test, "Record the fee"))
    assert held.portfolios.state("held", LATER).cash == Decimal(4990)
    assert table(test, "hash")["what"].iloc[0] == "2.75, custody"
    healthy(test.button(key="book_verify").click().run())
    assert test.success[0].value.startswith("Every hash of held fits: 6 entries")


def test_where_nothing_is_held_there_are_fees_but_no_splits(launch: Open, fresh: Path) -> None:
    Desk(fresh).portfolios.create("cash", "packaged", "USD", "Ann", cash="5000")
    test = healthy(launch(fresh, drift_part=BOOK))
    assert any("Nothing is held that this could befall" in c.value for c in test.caption)
    test.segmented_control(key="event_kind_0").set_value("fee").run()
    test.text_input(key="event_amount_fee_0").set_value("0.5")
    healthy(press(test, "Record the fee"))
    assert Desk(fresh).portfolios.state("cash", LATER).cash == Decimal("4999.5")


def test_what_was_traded_is_not_undone_here(database: Path) -> None:
    book = Desk(database).portfolios
    assert book.undoable(book.entries("main")) is None


@pytest.mark.parametrize("page", ["drift", "tickets"])
def test_a_damaged_ledger_is_named_by_verify(
    launch: Open, database: Path, tmp_path: Path, page: str
) -> None:
    path = tmp_path / "damaged.duckdb"
    shutil.copy(database, path)
    edit_main(path)
    data.desk.clear()
    test = launch(path)
    if page == "tickets":
        test.switch_page("pages/trade/tickets/page.py").run()
    assert not test.exception
    assert len(test.error) == 1
    test.button(key="verify_edited").click().run()
    assert not test.exception
    told = [e.value for e in test.error]
    assert any("entry 2" in text.lower() and "main" in text for text in told), told
    data.desk.clear()


def edit_main(path: Path) -> None:
    """What someone does who has the file and no command."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "UPDATE ledger SET payload = replace(payload, '1000000', '2000000') "
            "WHERE portfolio = 'main'"
        )


@pytest.mark.parametrize("page", ["drift", "tickets"])
def test_one_damaged_ledger_leaves_the_others(
    launch: Open, database: Path, tmp_path: Path, page: str
) -> None:
    path = tmp_path / "one_damaged.duckdb"
    shutil.copy(database, path)
    Desk(path).portfolios.create("other", "packaged", "USD", "Ann", cash=5000, effective_date=START)
    edit_main(path)
    data.desk.clear()
    test = launch(path)
    if page == "tickets":
        test.switch_page("pages/trade/tickets/page.py").run()
    assert not test.exception
    assert ["main" in e.value for e in test.error] == [True]
    assert test.selectbox(key="portfolio").options == ["other"]
    shown = {"drift": "NEW", "tickets": "trades"}[page]
    assert shown in {m.value for m in test.metric} | {m.label for m in test.metric}
    data.desk.clear()


@pytest.mark.parametrize("first", ["drift", "tickets"])
def test_the_portfolio_chosen_on_one_page_is_shown_on_the_other(
    launch: Open, database: Path, tmp_path: Path, first: str
) -> None:
    path = tmp_path / "two.duckdb"
    shutil.copy(database, path)
    Desk(path).portfolios.create("other", "packaged", "USD", "Ann", cash=5, effective_date=START)
    data.desk.clear()
    pages = {name: f"pages/trade/{name}/page.py" for name in ("drift", "tickets")}
    second = next(name for name in pages if name != first)
    test = launch(path)

    def visit(name: str) -> str:
        test.switch_page(pages[name]).run()
        assert not test.exception
        return test.selectbox(key="portfolio").value

    if first == "tickets":
        visit(first)
    assert test.selectbox(key="portfolio").value == "main"
    assert visit(second) == "main"
    for chosen, here, there in (("other", first, second), ("main", second, first)):
        visit(here)
        test.selectbox(key="portfolio").set_value(chosen).run()
        assert visit(there) == chosen
        assert visit(here) == chosen
    # By way of a page that has no such control.
    test.selectbox(key="portfolio").set_value("other").run()
    test.switch_page("pages/explore/clusters/page.py").run()
    assert visit(first) == "other"
    data.desk.clear()


# Figures and tables


def test_causes_add_up_to_turnover_for_any_weights() -> None:
    draw = np.random.default_rng(5)
    for n in (1, 2, 7, 40):
        made = [dict(enumerate(draw.dirichlet(np.ones(n)))) for _ in range(4)]
        last, held, target, old = ({f"S{k}": w for k, w in m.items()} for m in made)
        found = causes(last, held, target, old)
        steps = turnover_steps(found)
        half = 0.5 * sum(abs(target[s] - held[s]) for s in held)
        assert steps[-1].size == pytest.approx(half, abs=1e-9)
        assert sum(s.size for s in steps[:-1]) == pytest.approx(half, abs=1e-9)


def test_a_bar_that_dwarfs_the_others_is_cut() -> None:
    # All in cash: CASH is 100 points too much, and each target lies between 5 and 10.
    drifts = [10.0, 5.0, -100.0, np.nan]
    rows = pd.DataFrame({"name": list("ABCD"), "drift": drifts})
    for column in ("last", "held", "target", "money"):
        rows[column] = 0.0
    bars = drift_bars(rows, "Drift", LIGHT)
    low, high = bars.layout.xaxis.range
    assert (low, high) == pytest.approx((-12, 11))
    assert list(bars.data[0].x) == [10.0, 5.0, -100.0, 0.0]
    assert any("-100.00 points, beyond" in note.text for note in bars.layout.annotations)
    bars = drift_bars(rows.assign(drift=[10.0, -8.0, -29.0, np.nan]), "Drift", LIGHT)
    assert bars.layout.xaxis.range is None


def test_turnover_by_hand() -> None:
    # A: drift +3 = 1 + 0 + 0 + 2; B: drift −3 = −3 − 1 + 1 + 0, of which clusters work against it.
    made = turnover_steps(
        [Cause("A", 0.01, 0.0, 0.0, 0.02, 0.03), Cause("B", -0.03, -0.01, 0.01, 0.0, -0.03)]
    )
    assert {s.name: round(s.size, 12) for s in made} == {
        "price": 0.02, "flows": 0.005, "clusters": -0.005, "targets": 0.01, "drift": 0.03,
    }  # fmt: skip


@pytest.mark.parametrize("on", [LIGHT, DARK])
def test_figures_hold_what_tables_hold(on, found: DriftView) -> None:
    lines = tables.drift_table(found.drift, {}, found.market.classes, {})
    bars = drift_bars(lines, "Drift by asset", on)
    assert list(bars.data[0].x) == pytest.approx(list(lines["drift"].head(30)))
    assert bars.layout.xaxis.range is None
    steps = [(s.name, 100 * s.size, s.total) for s in turnover_steps(found.causes)]
    fall = cause_waterfall(steps, "Title", "%", on)
    assert list(fall.data[0].y) == [size for _, size, _ in steps]
    assert list(fall.data[0].measure) == ["relative"] * len(PARTS) + ["absolute"]
    parts = tables.cause_table(found.causes, {})
    assert len(cause_bars(parts, PARTS, on).data) == len(PARTS) + 1
    history = pd.DataFrame(
        {"date": [START, LATER], "turnover": [0.01, 0.3], "flows": [0.0, 0.0],
         "largest": [0.0, 0.1],
         "status": ["MAINTAIN", "URGENT"], "value": [1.0, 1.0]}
    )  # fmt: skip
    drawn = drift_history(tables.drift_history_table(history), {"URGENT": 20.0}, on)
    assert [t.name for t in drawn.data[1:]] == ["MAINTAIN", "URGENT"]
    assert tables.fired(history, DriftParams(), 0.1).urgent == 0.5
    columns = ["way", "turnover", "cost", "bps", "remains", "trades"]
    ways = pd.DataFrame([("As set", 10.0, 5.0, 1.0, 2.0, 3)], columns=columns)
    assert [list(t.x) for t in effect_chart(ways, on).data] == [[10.0], [2.0]]


def test_each_threshold_says_how_often_it_alone_would_have_fired() -> None:
    # Turnover over 10 % on three days, over 20 % on one; one asset over 7.5 % on two others.
    history = pd.DataFrame(
        {"turnover": [0.05, 0.11, 0.12, 0.3, 0.02], "largest": [0.09, 0.01, 0.02, 0.03, 0.08]}
    )
    alone = tables.fired_alone(history, DriftParams(), 0.1)
    assert list(alone.values()) == [f"alone on {n} of 5 month ends" for n in (3, 1, 2)]
    assert list(alone) == list(tables.THRESHOLDS)
    none = tables.fired_alone(history.head(0), DriftParams(), 0.1)
    assert set(none.values()) == {"no month end to look back on"}


def test_numbers_are_written_as_meant() -> None:
    assert [signed(v) for v in (0.0, -0.001, 1.234, -2.0, np.nan)] == [
        "0.00", "0.00", "+1.23", "-2.00", fmt.UNKNOWN,
    ]  # fmt: skip
    assert [tables.whole(v) for v in (86947.134, -0.2, np.nan)] == ["86,947", "0", fmt.UNKNOWN]
    frame = pd.DataFrame({"value": [86947.134], "drift": [0.0]})
    text = tables.dressed(frame, money=("value",), points=("drift",)).to_string()
    assert "86,947 0.00" in text
    assert frame["value"][0] == 86947.134


def test_fractional_classes_are_in_the_address_and_reset(launch: Open) -> None:
    test = healthy(launch(drift_part=TRADING))
    assert test.query_params["frac"] == "crypto;fx"
    whole = table(test, "quantity").set_index("symbol")["quantity"]
    test.multiselect(key="frac").set_value(["equity", "fx"]).run()
    assert test.query_params["frac"] == "equity;fx"
    parts = table(healthy(test), "quantity").set_index("symbol")["quantity"]
    shares = [s for s in whole.index if "." not in whole[s] and s in parts.index]
    assert any("." in parts[s] for s in shares)
    healthy(test.multiselect(key="frac").set_value([]).run())
    assert test.query_params["frac"] == "none"
    healthy(test.button(key="trade_reset").click().run())
    assert test.query_params["frac"] == "crypto;fx"
    assert launch(frac="none").session_state["frac"] == []
    assert any("frac = gold" in w.value for w in launch(frac="gold").warning)
