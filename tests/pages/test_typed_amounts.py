"""Amounts that are typed on the pages: one reader, and a comma is refused, never dropped."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from drift_page import LATER, START, loaded, params, router, start
from root import ROOT
from streamlit.testing.v1 import AppTest

from engine.cli.main import main
from engine.core.errors import InputError
from engine.core.words import EntryKind
from engine.desk import Desk
from engine.store import PortfolioInfo
from pages.shared.controls.kinds import Number
from pages.shared.controls.registry import find
from pages.shared.controls.typed import typed_key
from pages.trade.drift import actions as trade_actions
from pages.trade.drift.controls import BOOK, LINE, TRADING
from pages.trade.tickets import columns as columns_ticket

COMMA = "125,00"
REFUSED = f"'{COMMA}', no plain number such as 1234.5."
PAGES = ROOT / "pages"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A portfolio with shares and cash, and a second with an open ticket."""
    path = loaded(tmp_path_factory.mktemp("typed") / "x.duckdb")
    desk = Desk(path)
    desk.portfolios.create(
        "held", "packaged", "USD", "Ann", cash="5000", rows=[("AAPL", "100")], effective_date=START
    )
    desk.portfolios.create("cash", "packaged", "USD", "Ann", cash="1000000", effective_date=START)
    ticket = desk.portfolios.propose("cash", params(LATER), by="Ann")
    desk.portfolios.approve(ticket.ticket_id, "Ann")
    return desk


@pytest.fixture
def launch(
    book: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., AppTest]]:
    st.cache_resource.clear()
    app = router(tmp_path)
    yield lambda **address: start(monkeypatch, app, book.store.path, **address)
    st.cache_resource.clear()


def record(info: PortfolioInfo, kind: str, **typed: object) -> str:
    return trade_actions.record(info, EntryKind(kind), LATER, typed)


# Every field of a form that takes an amount.
FIELDS = {
    "cash to start from": lambda info: trade_actions.create(
        "new", "packaged", "USD", START, COMMA, None
    ),
    "first holdings": lambda info: trade_actions.create(
        "new", "packaged", "USD", START, "", [("AAPL", COMMA)]
    ),
    "holdings": lambda info: trade_actions.hold(info, LATER, "", [("AAPL", COMMA)]),
    "cash of holdings": lambda info: trade_actions.hold(info, LATER, COMMA, [("AAPL", "1")]),
    "file": lambda info: trade_actions.hold(
        info, LATER, "", b'symbol,quantity\r\nAAPL,"125,00"\r\n'
    ),
    "cash in": lambda info: trade_actions.move_cash(info, LATER, COMMA, False),
    "cash out": lambda info: trade_actions.move_cash(info, LATER, COMMA, True),
    "split": lambda info: record(info, "split", symbol="AAPL", ratio=COMMA),
    "dividend": lambda info: record(info, "dividend", symbol="AAPL", amount=COMMA),
    "units": lambda info: record(
        info, "correction", positions=("AAPL", COMMA), cash="", reason="a typo"
    ),
    "cash to add": lambda info: record(
        info, "correction", positions=(None, ""), cash=COMMA, reason="a typo"
    ),
    "fee": lambda info: record(info, "fee", symbol=None, amount=COMMA, reason="custody"),
}


@pytest.mark.parametrize("field", FIELDS)
def test_a_form_refuses_a_comma_and_books_nothing(
    field: str, book: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trade_actions.data, "desk", lambda: book)
    before, names = book.portfolios.entries("held"), [p.name for p in book.portfolios.list()]
    with pytest.raises(InputError) as refused:
        FIELDS[field](book.portfolios.info("held"))
    assert str(refused.value).endswith(REFUSED)
    assert book.portfolios.entries("held") == before
    assert [p.name for p in book.portfolios.list()] == names


@pytest.mark.parametrize(
    ("action", "page"),
    [
        (["cash", "--cash", COMMA], FIELDS["cash in"]),
        (["dividend", "--symbol", "AAPL", "--amount", COMMA], FIELDS["dividend"]),
        (["holdings", "--hold", f"AAPL={COMMA}"], FIELDS["holdings"]),
    ],
)
def test_page_and_command_line_say_the_same(
    action: list[str], page: Callable, book: Desk, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(trade_actions.data, "desk", lambda: book)
    with pytest.raises(InputError) as refused:
        page(book.portfolios.info("held"))
    verb, *options = action
    code = main(["portfolio", verb, "held", *options, "--db", str(book.store.path), "--json"])
    assert code == 2
    out, err = capsys.readouterr()
    assert str(refused.value) in (err or json.dumps(out, ensure_ascii=False))


def test_a_refusal_stands_in_its_form(launch: Callable[..., AppTest]) -> None:
    test = launch(portfolio="held", drift_part=BOOK)
    test.text_input(key="cash_amount_0").set_value(COMMA)
    test = next(b for b in test.button if b.label == "Cash in").click().run()
    assert not test.exception
    (told,) = [e for e in test.error if REFUSED in e.value]
    forms = [f for f in test.get("form") if told.value in [e.value for e in f.error]]
    assert [[b.label for b in f.button] for f in forms] == [["Cash in", "Cash out"]]
    test.run()
    assert not [e for e in test.error if REFUSED in e.value]  # once


@pytest.mark.parametrize("key", ["mint", "reb", "eqf"])
def test_a_field_refuses_a_comma_and_keeps_its_value(
    key: str, launch: Callable[..., AppTest]
) -> None:
    test = launch(portfolio="held", drift_part=LINE if key == "reb" else TRADING)
    was = test.session_state[key], test.query_params[key]
    field = typed_key(key)
    test.text_input(key=field).set_value("7,5").run()
    assert not test.exception
    (told,) = test.error
    assert told.value.startswith(test.text_input(key=field).label)
    assert "'7,5', no plain number" in told.value
    assert (test.session_state[key], test.query_params[key]) == was
    assert test.text_input(key=field).value == "7,5"  # to be mended, not typed anew
    test.button(key="reset" if key == "reb" else "trade_reset").click().run()
    assert not test.error
    assert test.text_input(key=field).value == find(key).kind.text(was[0])
    test.text_input(key=field).set_value("7.5").run()
    assert (test.session_state[key], test.query_params[key]) == (7.5, "7.5")


def test_a_bound_that_does_not_read_is_not_added(
    book: Desk, launch: Callable[..., AppTest]
) -> None:
    test = launch(portfolio="held")
    test.switch_page("pages/build/allocation/page.py").run()
    test.text_input(key="bound_high_typed").set_value("2,5").run()
    test.button(key="bound_add").click().run()
    assert "bounds" not in test.query_params
    assert any("'2,5', no plain number" in e.value for e in test.error)
    test.text_input(key="bound_high_typed").set_value("2.5").run()
    test.button(key="bound_add").click().run()
    assert test.query_params["bounds"].endswith("=0%..2.5%")


def edited(test: AppTest, key: str, column: str, text: str) -> AppTest:
    """What the browser sends when the first row's cell was typed into."""
    turn = test.session_state[f"_{key}_kept"]["turn"]
    rows = {"edited_rows": {0: {column: text}}, "added_rows": [], "deleted_rows": []}
    test.session_state[f"{key}_{turn}"] = rows
    return test.run()


def test_a_cell_of_the_draft_refuses_a_comma(launch: Callable[..., AppTest]) -> None:
    test = launch(portfolio="held")
    test.switch_page("pages/trade/tickets/page.py").run()
    symbol = next(d.value for d in test.dataframe if "trade" in d.value)["symbol"].iloc[0]
    test = edited(test, "ticket_draft", "trade", COMMA)
    assert not test.exception
    assert [e.value for e in test.error] == [f"The trade of {symbol} is {REFUSED}"]
    assert test.button(key="ticket_propose").disabled


@pytest.mark.parametrize("column", ["quantity", "price", "fee"])
def test_a_cell_of_the_fills_refuses_a_comma(column: str, launch: Callable[..., AppTest]) -> None:
    test = launch(portfolio="cash")
    test.switch_page("pages/trade/tickets/page.py")
    test.query_params.update({"part": "tickets", "portfolio": "cash", "as_of": str(LATER)})
    test.run().segmented_control(key="fill_way").set_value("Form").run()
    test = edited(test, "ticket_fills", column, COMMA)
    assert not test.exception
    (told,) = test.error
    assert told.value.startswith("Fill row 1")
    assert told.value.endswith(f"the {column} is {REFUSED}")
    assert test.button(key="ticket_accept").disabled


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("7,5", "no plain number"), ("", "no plain number"), ("1_0", "no plain number"),
        ("nan", "no plain number"), ("-1", "from 0 to 90"), ("90.01", "from 0 to 90"),
    ],
)  # fmt: skip
def test_a_number_is_read_or_refused_by_name(text: str, why: str) -> None:
    kind = Number(0.0, 90.0, 1.0)
    with pytest.raises(InputError, match=f"^Cash buffer, % is .*{why}"):
        kind.read(text, "Cash buffer, %")
    with pytest.raises(ValueError, match=why):
        kind.parse(text)


def test_numbers_by_hand() -> None:
    share, count = Number(0.1, 90.0, 1.0), Number(1, 90, 1, whole=True)
    assert share.read(" 7.5 ", "It") == 7.5
    assert [share.read(text, "It") for text in ("0.1", "90")] == [0.1, 90]
    assert type(count.read("3", "It")) is int
    with pytest.raises(InputError, match="a whole number"):
        count.read("2.5", "It")
    assert [share.text(v) for v in (7.5, 1e9, 20.0)] == ["7.5", "1000000000", "20"]


def test_no_page_reads_an_amount_by_itself() -> None:
    """The browser's own field and cells for numbers drop a comma; so does replacing it."""
    found = []
    for path in sorted(PAGES.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
            name = getattr(call.func, "attr", "")
            if name == "replace" and [getattr(a, "value", None) for a in call.args][:1] == [","]:
                found.append(f"{path.name}:{call.lineno} drops commas")
            if name == "number_input":
                found.append(f"{path.name}:{call.lineno} number_input")
    assert found == []
    cells = [columns_ticket.DRAFT_COLUMNS["trade"], *columns_ticket.FORM_COLUMNS.values()]
    assert {cell["type_config"]["type"] for cell in cells} == {"text"}
