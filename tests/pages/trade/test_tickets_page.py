"""The page Tickets: propose, edit, approve, fill, cancel; its numbers are the engine's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal as D
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from packaged_db import copied, packaged_at
from streamlit.testing.v1 import AppTest
from ticket_examples import BRK, POUND, YEN, example, plan_of, ticket_of
from ticket_page import AS_OF, NAME, PARAMS, filled, router, start

from engine.core.amounts import exact_text
from engine.core.words import CASH
from engine.desk import Desk, DriftView
from engine.params.trading import TradeParams
from engine.research.caps import (
    OUTSIDE,
    OVER,
    ROUNDED,
    TRADED_TOLERANCE,
    WITHIN,
    broken,
    caps,
    odd_lots,
)
from engine.tables import tickets as tables
from engine.trading.exports.filled import planned_fills
from engine.trading.exports.fills import check_fills
from engine.trading.tickets.ticket import Ticket
from pages.shared import data
from pages.trade.tickets import draft as ticket_draft
from pages.trade.tickets import fills as ticket_fills

Open = Callable[..., AppTest]
DRAFT = f"_{ticket_draft.KEY}_kept"


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("tickets") / "x.duckdb")


@pytest.fixture(scope="module")
def view(packaged: Path) -> DriftView:
    return Desk(packaged).portfolios.drift(NAME, PARAMS)


@pytest.fixture(scope="module")
def proposed_file(packaged: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = copied(packaged, tmp_path_factory.mktemp("proposed") / "x.duckdb")
    Desk(path).portfolios.propose(NAME, PARAMS, by="Ann")
    return path


@pytest.fixture
def database(packaged: Path, tmp_path: Path) -> Iterator[Path]:
    data.desk.clear()
    yield copied(packaged, tmp_path / "own.duckdb")
    data.desk.clear()


@pytest.fixture
def proposed(
    proposed_file: Path, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AppTest:
    """The page with a ticket that was proposed before; `database` holds it."""
    copied(proposed_file, database)
    return start(monkeypatch, router(tmp_path), database, part="tickets")


@pytest.fixture
def approved(proposed: AppTest) -> AppTest:
    return press(proposed, "ticket_approve")


@pytest.fixture
def launch(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    app = router(tmp_path)
    return lambda **address: start(monkeypatch, app, database, **address)


def figures(test: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in test.metric}


def said(test: AppTest) -> list[str]:
    assert not test.exception
    return [e.value for kind in (test.error, test.warning, test.success) for e in kind]


def button(test: AppTest, key: str):
    return next((b for b in test.button if b.key == key), None)


def press(test: AppTest, key: str) -> AppTest:
    return test.button(key=key).click().run()


def draft(test: AppTest):
    return next(d.value for d in test.dataframe if "trade" in d.value.columns)


def edit(test: AppTest, cells: dict[int, dict], key: str = ticket_draft.KEY) -> AppTest:
    """What the browser sends when cells were typed into."""
    turn = test.session_state[f"_{key}_kept"]["turn"]
    state = {"edited_rows": cells, "added_rows": [], "deleted_rows": []}
    test.session_state[f"{key}_{turn}"] = state
    return test.run()


def tickets(database: Path):
    return Desk(database).portfolios.tickets(NAME)


# -- the page ------------------------------------------------------------------------------------


def test_no_portfolio_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data.desk.clear()
    packaged_at(tmp_path / "x.duckdb")
    test = start(monkeypatch, router(tmp_path), tmp_path / "x.duckdb")
    assert not test.exception
    assert "Create one on the page Drift" in test.info[0].value
    assert [link.proto.page for link in test.get("page_link")] == ["drift"]
    assert button(test, "ticket_propose") is None
    data.desk.clear()


def test_an_empty_store_says_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data.desk.clear()
    test = start(monkeypatch, router(tmp_path), tmp_path / "none.duckdb")
    assert not test.exception
    assert test.title[0].value == "Nothing is loaded yet"
    data.desk.clear()


def test_the_draft_is_the_engines_plan(launch: Open, database: Path, view: DriftView) -> None:
    plan = Desk(database).portfolios.plan(view)
    test = launch()
    assert said(test) == []
    shown = figures(test)
    assert shown["trades"] == str(len(plan.lines))
    assert shown["cost, USD"] == f"{plan.cost:,.2f}"
    assert shown["cash after, USD"] == f"{plan.cash_after:,.2f}"
    table = draft(test)
    assert table.loc[table["class"] == "equity", "notional"].all()
    assert not table.loc[table["class"] == "fx", "notional"].any()
    assert dict(zip(table["symbol"], table["trade"], strict=True)) == {
        x.symbol: exact_text(x.quantity) for x in plan.lines
    }
    assert tickets(database) == ()  # nothing is on record before it is proposed


def test_edits_are_checked_at_once_survive_and_are_undone(launch: Open) -> None:
    test = launch()
    symbol, before = draft(test)["symbol"][0], draft(test)["trade"][0]
    twice, less = str(2 * D(before)), str(D(before) - D("100.5"))
    test = edit(test, {0: {"trade": twice}})
    # Twice of what is at the asset cap, without the cash for it.
    assert any(f"asset {symbol}" in text for text in said(test))
    assert any("Cash ends at -" in text for text in said(test))
    assert int(figures(test)["limits passed"]) >= 1
    test = edit(test, {0: {"trade": less}})
    assert any("Part of a unit" in text for text in said(test))
    test.switch_page("pages/explore/clusters/page.py").run()
    assert not test.exception
    test.switch_page("pages/trade/tickets/page.py").run()
    assert draft(test)["trade"][0] == less
    test = press(test, f"{ticket_draft.KEY}_undo")
    assert draft(test)["trade"][0] == twice
    test = press(test, f"{ticket_draft.KEY}_reset")
    assert draft(test)["trade"][0] == before
    assert said(test) == []


def test_another_plan_drops_the_edits_and_says_so(launch: Open) -> None:
    test = edit(launch(), {0: {"trade": "1"}})
    test.query_params["phi"] = "50"
    test.run()
    assert any("they are gone" in c.value for c in test.caption)
    assert test.session_state[DRAFT]["edits"] == {}


def test_what_cannot_be_traded_is_refused_by_name(launch: Open) -> None:
    test = launch()
    symbol = draft(test)["symbol"][0]
    test = edit(test, {0: {"trade": "-5"}})
    assert any(symbol in text and "held" in text for text in said(test))
    assert test.button(key="ticket_propose").disabled


def test_edited_trades_are_what_is_proposed(launch: Open, database: Path) -> None:
    test = launch()
    names = list(draft(test)["symbol"])
    test = press(edit(test, {0: {"trade": "7.0"}, 1: {"trade": None}}), "ticket_propose")
    (stored,) = tickets(database)
    lines = {x.symbol: x for x in Desk(database).portfolios.ticket(stored.ticket_id).ticket.lines}
    assert lines[names[0]].quantity == 7
    assert names[1] not in lines
    assert set(lines) == set(names) - {names[1]}
    assert said(test) == [f"Ticket {stored.ticket_id} is proposed."]
    assert figures(test)["state"] == "PROPOSED"


def test_the_same_trades_are_not_proposed_twice(proposed: AppTest, database: Path) -> None:
    test = proposed
    (stored,) = tickets(database)
    test.segmented_control(key="part").set_value("propose").run()
    assert test.button(key="ticket_propose").disabled
    assert any(f"on the ticket {stored.ticket_id} already" in c.value for c in test.caption)
    test = edit(test, {0: {"trade": "7"}})
    assert not test.button(key="ticket_propose").disabled


def test_back_leads_to_the_part_that_the_address_names(proposed: AppTest) -> None:
    test = proposed
    ticket = test.query_params["ticket"]
    test.segmented_control(key="part").set_value("propose").run()
    test.query_params["part"] = "tickets"
    test.run()
    assert not test.exception
    assert test.segmented_control(key="part").value == "tickets"
    assert (test.query_params["part"], test.query_params["ticket"]) == ("tickets", ticket)


def test_the_ticket_looked_at_is_kept_while_one_is_proposed(
    proposed: AppTest, database: Path
) -> None:
    Desk(database).portfolios.propose(NAME, PARAMS.with_settings({"trade.phi": 0.5}))
    test = proposed.run()
    first = test.session_state["ticket"]
    (other,) = {s.ticket_id for s in tickets(database)} - {first}
    test.selectbox(key="ticket").set_value(other).run()
    test.segmented_control(key="part").set_value("propose").run()
    test.segmented_control(key="part").set_value("tickets").run()
    assert not test.exception
    assert (test.session_state["ticket"], test.query_params["ticket"]) == (other, other)


def orders_off(test: AppTest) -> list[bool]:
    """Whether the files of orders are not to be had."""
    return [b.proto.disabled for b in test.get("download_button")
            if b.proto.id.endswith(("ticket_file_ibkr", "ticket_file_fix"))]  # fmt: skip


def test_approve_accept_and_drift_falls_to_its_remainder(proposed: AppTest, database: Path) -> None:
    test = proposed
    (stored,) = tickets(database)
    left = Desk(database).portfolios.ticket(stored.ticket_id).ticket.drift_left
    files = {b.proto.id.split("ticket_file_")[-1]: b.proto.disabled
             for b in test.get("download_button") if "ticket_file_" in b.proto.id}  # fmt: skip
    assert files == {"csv": False, "json": False, "ibkr": True, "fix": True, "html": False}
    test = press(test, "ticket_approve")
    assert said(test) == [f"Ticket {stored.ticket_id} is approved."]
    assert orders_off(test) == [True, True]  # its quantities are of adjusted closes
    test.checkbox(key=f"ticket_adjusted_{stored.ticket_id}").check().run()
    assert orders_off(test) == [False, False]
    test = press(test, "ticket_accept")
    assert said(test) == [f"Ticket {stored.ticket_id} is implemented on {AS_OF}."]
    assert figures(test)["state"] == "IMPLEMENTED"
    test.segmented_control(key="part").set_value("propose").run()
    assert figures(test)["drift now"] == f"{100 * float(left):.2f} %"
    assert [e.state for e in tickets(database)[0].events] == ["PROPOSED", "APPROVED", "IMPLEMENTED"]


def test_fills_by_form_become_the_state(approved: AppTest, database: Path) -> None:
    test = approved
    ticket = Desk(database).portfolios.ticket(tickets(database)[0].ticket_id).ticket
    test.segmented_control(key="fill_way").set_value("Form").run()
    assert figures(test)["left open"] == "0"
    row = next(i for i, x in enumerate(ticket.lines) if x.asset_class == "equity")
    line = ticket.lines[row]
    cells = {row: {"quantity": "3", "price": str(line.price + 1), "fee": "0.25"}}
    test = edit(test, cells, ticket_fills.KEY)
    assert figures(test)["left open"] == "1"
    test.date_input(key=f"fill_day_{ticket.ticket_id}").set_value(AS_OF).run()
    test = press(test, "ticket_accept")
    state = Desk(database).portfolios.state(NAME, AS_OF)
    assert state.quantities[line.symbol] == 3
    others = sum(x.value + x.cost for x in ticket.lines if x is not line)
    assert state.cash == D(1_000_000) - others - 3 * (line.price + 1) - D("0.25")


def test_a_form_that_does_not_fit_names_its_row(approved: AppTest) -> None:
    test = approved
    test.segmented_control(key="fill_way").set_value("Form").run()
    test = edit(test, {0: {"quantity": "99999999999"}}, ticket_fills.KEY)
    assert any("Fill row 1" in text and "more than" in text for text in said(test))
    assert test.button(key="ticket_accept").disabled


def test_cancel_leaves_its_reason_and_another_can_be_proposed(
    proposed: AppTest, database: Path
) -> None:
    test = proposed
    (stored,) = tickets(database)
    test.text_input(key=f"ticket_why_{stored.ticket_id}").set_value("the client called")
    test = press(test, "ticket_cancel")
    assert figures(test)["state"] == "CANCELLED"
    assert button(test, "ticket_approve") is None
    (event,) = [d.value for d in test.dataframe if "what" in d.value.columns]
    assert list(event["what"])[-1] == "reason: the client called"
    test.segmented_control(key="part").set_value("propose").run()
    assert not test.button(key="ticket_propose").disabled


def test_an_objection_needs_an_override_that_stays(proposed: AppTest, database: Path) -> None:
    test = proposed
    (stored,) = tickets(database)
    Desk(database).portfolios.move_cash(NAME, 5, AS_OF, "Bob")
    test = press(test, "ticket_approve")
    assert any("moved on" in text for text in said(test))
    key = f"ticket_override_{stored.ticket_id}"
    test.text_input(key=key).set_value("five dollars do not matter").run()
    test = press(test, "ticket_approve")
    assert figures(test)["state"] == "APPROVED"
    assert any("five dollars do not matter" in c.value for c in test.caption)


def test_verify_says_what_it_looked_through(proposed: AppTest) -> None:
    test = press(proposed, "ticket_verify")
    assert said(test)[-1].startswith("Every hash of main fits: 2 entries, 1 ticket.")


# -- what it is made of --------------------------------------------------------------------------


def test_caps_by_hand(view: DriftView) -> None:
    target = view.target
    everything = {c.name: c for c in caps(view.portfolio, {CASH: 1.0}, target)}
    assert all(abs(c.after - c.target) < 1e-9 for c in everything.values())
    assert not broken(tuple(everything.values()))
    symbol = max((s for s in target if s != CASH), key=target.get)
    much = {symbol: 0.5, "GONE": 0.2, CASH: 0.3}
    found = {(c.kind, c.name): c for c in caps(view.portfolio, {}, much)}
    own = found["asset", symbol]
    assert (own.after, own.state) == (0.5, OVER)
    assert own.room == pytest.approx(view.asset_cap - 0.5)
    gone = found[OUTSIDE, "GONE"]
    assert (gone.after, gone.upper, gone.state) == (0.2, view.asset_cap, OVER)
    close = {symbol: view.asset_cap + 0.9 * TRADED_TOLERANCE}
    states = {c.name: c.state for c in caps(view.portfolio, {}, close) if c.kind == "asset"}
    assert states.pop(symbol) == ROUNDED
    assert set(states.values()) == {WITHIN}


def test_the_draft_says_value_and_share_of_the_daily_volume() -> None:
    plan = plan_of(BRK, POUND, untraded=(("KO", "inside its band"),))
    lines = [
        SimpleNamespace(**(vars(line) | {"volume_share": share}))
        for line, share in zip(plan.lines, (0.025, None), strict=True)
    ]
    made = SimpleNamespace(lines=lines, untraded=plan.untraded, value_before=D(10_000))
    prices = {x.symbol: x.price for x in lines} | {"KO": D(60)}
    table = tables.draft_table(made, {}, {}, {}, {}, prices).set_index("symbol")
    first, second = (x.symbol for x in lines)
    assert table.loc[first, "volume"] == pytest.approx(2.5)
    assert table.loc[first, "value"] == round(float(lines[0].value))
    assert np.isnan(table.loc[second, "volume"])
    assert table.loc["KO", ["value", "volume"]].isna().all()


def test_how_long_a_ticket_is_good_for_is_set_beside_propose(launch: Open, database: Path) -> None:
    test = launch()
    plan = test.session_state[DRAFT]["of"]
    test.text_input(key="exp_typed").set_value("2").run()
    assert test.query_params["exp"] == "2"
    assert test.session_state[DRAFT]["of"] == plan  # edits to it would stay
    press(test, "ticket_propose")
    (stored,) = tickets(database)
    assert round((stored.expires_at - stored.proposed_at) / dt.timedelta(days=1), 2) == 2


def test_odd_lots_are_those_of_whole_classes(view: DriftView, packaged: Path) -> None:
    book = Desk(packaged).portfolios
    classes = view.market.classes
    share, pair = (next(s for s, w in view.target.items() if w and classes.get(s) == c)
                   for c in ("equity", "fx"))  # fmt: skip
    plan = book.plan(view, edits={share: D("1.5"), pair: D("100.25")})
    assert odd_lots(plan, classes, TradeParams()) == (share,)
    assert odd_lots(plan, classes, TradeParams(lots="fractional")) == ()


def test_the_form_as_planned_is_the_plan() -> None:
    ticket = example()
    form = tables.fill_form(ticket)
    assert list(form["quantity"]) == ["12.5", "3", "6600", "2000", "150.25"]
    assert form["price"][2] == "151.515151515"  # yen for a dollar at 0.0066
    found = check_fills(ticket, tables.fill_rows(ticket, form))
    planned = planned_fills(ticket)
    assert found.complete
    assert [(f.symbol, f.side, f.quantity, f.price, f.fee) for f in found.fills] == [
        (f.symbol, f.side, f.quantity, f.price, f.fee) for f in planned.fills
    ]


def test_an_edited_rate_is_the_markets() -> None:
    ticket = ticket_of(plan_of(YEN))
    form = tables.fill_form(ticket)
    form.loc[0, "price"] = "150"
    (fill,) = check_fills(ticket, tables.fill_rows(ticket, form)).fills
    assert (fill.quantity, fill.value) == (D(990_000), D(6600))


def test_a_ticket_as_tables() -> None:
    ticket: Ticket = ticket_of(plan_of(BRK, POUND, untraded=(("KO", "inside its band"),)))
    orders = tables.order_table(ticket, {})
    assert list(orders["order"]) == ["SELL BRK.B", "SELL GBPUSD"]
    assert list(orders["value"]) == [819.06, 183.305]
    assert tables.left_alone(ticket, {"KO": "Coke"}).to_numpy().tolist() == [
        ["Coke", "KO", "inside its band"]
    ]
    assert not np.isnan(orders["price"]).any()
