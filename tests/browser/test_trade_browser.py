"""From cash to an implemented ticket and the next one, in a real browser."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import simplefix
import uk_book
from browser_fixtures import chromium
from browser_support import (
    WAIT_MS,
    Watch,
    becomes,
    cells,
    figure,
    hand_in,
    outcome,
    press,
    reused,
    saved,
    section,
    serving,
    settle,
    type_cell,
    visit,
    visitor,
    watched,
)
from drift_page import LATER, START, loaded, params
from packaged_db import copied
from playwright.sync_api import Browser, Page, expect

from engine.desk import Desk
from engine.trading.tickets.ticket import Ticket

__all__ = ["chromium"]  # a fixture
pytestmark = pytest.mark.browser
CASH = Decimal(1_000_000)
TRADE = "trade, units"


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged data and no portfolio."""
    return loaded(tmp_path_factory.mktemp("trade") / "packaged.duckdb")


@pytest.fixture(scope="module")
def database(packaged: Path) -> Path:
    """With three portfolios: one traded on the first day, two with a ticket for it."""
    path = copied(packaged, packaged.with_name("x.duckdb"))
    book = Desk(path).portfolios
    for name in ("traded", "given up", "twice"):
        book.create(name, "packaged", "USD", "Ann", cash=CASH, effective_date=START)
        ticket = book.propose(name, params(START), by="Ann").ticket_id
        if name != "given up":
            book.approve(ticket, "Ann")
    book.accept(book.waiting("traded", "APPROVED"), "Ann")
    return path


@pytest.fixture(scope="module")
def base(database: Path) -> Iterator[str]:
    with serving(database, database.with_suffix(".log")) as address:
        yield address


@pytest.fixture(scope="module")
def window(chromium: Browser) -> Iterator[tuple[Page, Watch]]:
    with visitor(chromium) as someone, someone.new_page() as page:
        yield page, Watch(page)


@pytest.fixture
def tab(window: tuple[Page, Watch]) -> Iterator[Page]:
    with reused(*window) as page:
        yield page


def test_from_cash_to_an_implemented_ticket(chromium: Browser, packaged: Path) -> None:
    own = copied(packaged, packaged.with_name("own.duckdb"))
    with (
        serving(own, own.with_suffix(".log")) as base,
        visitor(chromium) as someone,
        watched(someone) as page,
    ):
        # Nobody has a portfolio: none is guessed.
        page.goto(f"{base}/drift?as_of={START}")
        expect(page.get_by_role("heading", name="No portfolio yet")).to_be_visible(timeout=WAIT_MS)
        settle(page)
        page.get_by_label("Name", exact=True).fill("main")
        page.get_by_label("Cash", exact=True).fill("1000000")
        press(page, "Create portfolio")
        outcome(page, f"main starts from 1000000 USD in cash on {START}")
        assert figure(page, "value, USD") == figure(page, "cash, USD") == "1,000,000.00"
        assert (figure(page, "positions"), figure(page, "status")) == ("0", "NEW")

        go(page, "Tickets")
        planned = figure(page, "drift that remains")
        orders = int(figure(page, "trades"))
        assert 0 < share(planned) < share(figure(page, "drift now"))
        press(page, "Propose")
        outcome(page, "is proposed")
        assert (figure(page, "state"), figure(page, "drift left")) == ("PROPOSED", planned)
        for name in ("Interactive Brokers basket", "FIX 4.2"):  # not before it is approved
            expect(page.get_by_role("button", name=name)).to_be_disabled()
        press(page, "Approve")
        outcome(page, "is approved")
        (ticket,) = tickets(own, "main")
        assert len(ticket.lines) == orders
        check_files(page, ticket)

        press(page, "Accept these fills")
        outcome(page, f"is implemented on {START}")
        assert figure(page, "state") == "IMPLEMENTED"
        expect(page.get_by_role("button", name="Accept these fills")).to_have_count(0)
        press(page, "Verify the ledger")
        outcome(page, r"Every hash of main fits: 3 entries, 1 ticket\.")

        go(page, "Drift")
        assert abs(share(figure(page, "turnover to the target")) - share(planned)) < 0.06
        assert figure(page, "positions") == str(orders)
        section(page, "Holdings and cash")
        ledger = rows(saved(page, "Ledger as CSV"))
        assert [r["kind"] for r in ledger] == ["ticket", "cash", "create"]
        assert ledger[0]["what"] == f"{orders} fills"


def check_files(page: Page, ticket: Ticket) -> None:
    """Each export, read by somebody else's reader, holds the ticket's orders."""
    orders = {x.market_symbol: (x.market_side, x.market_quantity) for x in ticket.lines}

    def read(found: list[dict[str, str]], *names: str) -> dict[str, tuple[str, Decimal]]:
        symbol, side, quantity = names
        return {r[symbol]: (r[side], Decimal(r[quantity])) for r in found}

    told = ("market_symbol", "market_side", "market_quantity")
    lines = [r for r in rows(saved(page, "CSV")) if r["record"] == "line"]
    assert read(lines, *told) == orders
    document = json.loads(saved(page, "JSON"))
    assert document["ticket_id"] == ticket.ticket_id
    assert read(document["lines"], *told) == orders

    # Its quantities are of adjusted closes: that needs a word.
    expect(page.get_by_role("button", name="FIX 4.2")).to_be_disabled()
    page.get_by_text("Adjusted quantities").click()
    expect(page.get_by_role("button", name="FIX 4.2")).to_be_enabled()
    settle(page)
    parser = simplefix.FixParser()
    parser.append_buffer(saved(page, "FIX 4.2"))
    sent = {}
    while message := parser.get_message():
        symbol, quantity = (message.get(tag).decode() for tag in (55, 38))
        side = {b"1": "BUY", b"2": "SELL"}[message.get(54)]
        sent[symbol.replace("/", "")] = (side, Decimal(quantity))
    assert sent == orders

    basket = rows(saved(page, "Interactive Brokers basket"))
    for row in basket:
        pair = row["Currency"] if row["SecType"] == "CASH" else ""
        row["name"] = row["Symbol"].replace(" ", ".") + pair
    assert read(basket, "name", "Action", "Quantity") == orders
    printed = saved(page, "Printable page").decode("utf-8")
    assert ticket.ticket_id in printed
    assert all(symbol in printed for symbol in orders)


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


def share(text: str) -> float:
    """A share on the screen, in %."""
    return float(text.removesuffix("%").strip())


def go(page: Page, name: str) -> None:
    """To another page by the menu, as a person goes."""
    page.get_by_role("link", name=name, exact=True).first.click()
    page.wait_for_url(re.compile(f"/{name.lower()}"))
    page.get_by_test_id("stMetricValue").first.wait_for()
    settle(page)


def tickets(database: Path, name: str) -> list[Ticket]:
    """On record, the latest first."""
    book = Desk(database).portfolios
    return [book.ticket(stored.ticket_id).ticket for stored in book.tickets(name)]


def test_the_next_ticket_edited_and_filled_by_file(tab: Page, base: str, database: Path) -> None:
    where = f"as_of={LATER}&portfolio=traded"
    visit(tab, f"{base}/drift?{where}")
    assert figure(tab, "status") in ("REBALANCE", "URGENT")
    assert share(figure(tab, "turnover to the target")) > 1
    section(tab, "Causes")
    assert max(abs(float(r["price"])) for r in rows(saved(tab, "Causes as CSV"))) > 0.1

    go(tab, "Tickets")
    draft = rows(saved(tab, "Draft as CSV"))
    # A share that is bought or sold: its row, its name, what was planned and half of that.
    row, symbol, planned = next(
        (i, r["symbol"], float(r["trade"]))
        for i, r in enumerate(draft)
        if r["class"] == "equity" and abs(float(r["trade"])) >= 10
    )
    half = int(planned / 2)
    labels = ("turnover", "cost, USD", "drift that remains", "cash after, USD")
    before = [figure(tab, label) for label in labels]
    # A comma is refused, not dropped: 12500 units would be sold.
    refusal = tab.get_by_text(f"The trade of {symbol} is '125,00', no plain number")
    edited = tab.get_by_text("Edited rows: 1.")
    type_cell(tab, TRADE, row, "125,00", refusal.is_visible)
    outcome(tab, f"The trade of {symbol} is '125,00', no plain number")
    type_cell(tab, TRADE, row, str(half), lambda: edited.is_visible() and not refusal.is_visible())
    after = [figure(tab, label) for label in labels]
    assert all(new != old for new, old in zip(after, before, strict=True))
    assert share(after[2]) > share(before[2])

    go(tab, "Drift")
    go(tab, "Tickets")
    assert float(cells(tab, TRADE)[row]) == half
    assert [figure(tab, label) for label in labels] == after
    press(tab, "Undo all edits")
    expect(tab.get_by_text("Nothing edited.")).to_be_visible(timeout=WAIT_MS)
    assert float(cells(tab, TRADE)[row]) == planned
    assert [figure(tab, label) for label in labels] == before
    type_cell(tab, TRADE, row, str(half), edited.is_visible)
    press(tab, "Propose")
    outcome(tab, "is proposed")
    press(tab, "Approve")
    outcome(tab, "is approved")
    ticket = tickets(database, "traded")[0]
    lines = {x.symbol: x for x in ticket.lines}
    assert lines[symbol].quantity == abs(half)

    # One order filled in part, the next at another price; the rest as planned.
    tab.get_by_role("radio", name="File").or_(tab.get_by_role("button", name="File")).click()
    settle(tab)
    fills = rows(saved(tab, "Planned fills as CSV, to fill in"))
    partial = next(r for r in fills if r["symbol"] == lines[symbol].market_symbol)
    partial["quantity"] = "3"
    dearer = next(r for r in fills if r is not partial)
    dearer["price"] = str(Decimal(dearer["price"]) * Decimal("1.01"))
    hand_in(tab, "Fills as CSV", "fills.csv", written(fills))
    expect(tab.get_by_text("What is left open stays undone")).to_be_visible(timeout=WAIT_MS)
    assert figure(tab, "left open") == "1"
    held = Desk(database).portfolios.state("traded", LATER)
    press(tab, "Accept these fills")
    outcome(tab, f"is implemented on {LATER}")

    now = Desk(database).portfolios.state("traded", LATER)
    sign = 1 if lines[symbol].side == "BUY" else -1
    assert now.quantities.get(symbol, 0) == held.quantities.get(symbol, 0) + 3 * sign
    moved = Decimal(0)
    for row_of in fills:
        line = next(x for x in ticket.lines if x.market_symbol == row_of["symbol"])
        moved += Decimal(row_of["fee"])
        quantity, price = Decimal(row_of["quantity"]), Decimal(row_of["price"])
        money = quantity if line.inverted else quantity * price
        moved += money if line.side == "BUY" else -money
    assert now.cash == held.cash - moved
    go(tab, "Drift")
    section(tab, "Drift")
    shown = {r["symbol"]: r for r in rows(saved(tab, "Drift as CSV"))}
    price = {r["symbol"]: Decimal(r["price"]) for r in draft}[symbol]
    value = Decimal(figure(tab, "value, USD").replace(",", ""))
    held_share = float(100 * now.quantities[symbol] * price / value)
    assert float(shown[symbol]["held"]) == pytest.approx(held_share, abs=1e-4)
    assert figure(tab, "cash, USD") == f"{now.cash:,.2f}"


def test_holdings_by_file_then_cash_in_and_undone(tab: Page, base: str, database: Path) -> None:
    book = Desk(database).portfolios
    names = {info.name for info in book.list()}
    visit(tab, f"{base}/drift?as_of={START}&portfolio=given+up&drift_part=Holdings+and+cash")
    tab.get_by_test_id("stExpander").filter(has_text="Another portfolio").locator("summary").click()
    form = tab.get_by_test_id("stExpander").filter(has_text="Another portfolio")
    form.get_by_text("Holdings from a file").click()
    settle(tab)
    form.get_by_label("Name", exact=True).fill("by file")
    for content, sentence in (
        (b"ticker,quantity\r\nAAPL,100\r\n", "The file of holdings has no column symbol"),
        (b"symbol,quantity\r\nAAPL,many\r\n", r"Holdings row 1 \(AAPL\)"),
    ):
        hand_in(tab, "Holdings as CSV", "bad.csv", content)

        def told(pattern: re.Pattern[str] = re.compile(sentence)) -> bool:
            """Pressed again where the press was lost: what is refused records nothing."""
            press(tab, "Create portfolio")
            return tab.get_by_test_id("stAlert").filter(has_text=pattern).count() > 0

        becomes(tab, told, wanted=True)
        assert {info.name for info in book.list()} == names

    hand_in(tab, "Holdings as CSV", "held.csv", b"symbol,quantity\r\nAAPL,100\r\nCASH,25000\r\n")
    press(tab, "Create portfolio")
    outcome(tab, f"by file is created with what is held on {START}")
    assert (figure(tab, "positions"), figure(tab, "cash, USD")) == ("1", "25,000.00")
    tab.get_by_label("Amount", exact=True).fill("125,00")
    press(tab, "Cash in")
    outcome(tab, "The amount is '125,00', no plain number")
    assert figure(tab, "cash, USD") == "25,000.00"
    tab.get_by_label("Amount", exact=True).fill("5000.25")
    press(tab, "Cash in")
    outcome(tab, r"5000\.25 USD")
    assert figure(tab, "cash, USD") == "30,000.25"
    (undo,) = [
        b.inner_text() for b in tab.get_by_role("button", name=re.compile("Undo entry")).all()
    ]
    press(tab, undo)
    outcome(tab, "is taken back by a new one")
    assert (figure(tab, "positions"), figure(tab, "cash, USD")) == ("1", "25,000.00")
    ledger = rows(saved(tab, "Ledger as CSV"))
    assert [r["kind"] for r in ledger] == ["correction", "cash", "holdings", "create"]


def test_a_book_of_several_currencies_by_file(chromium: Browser, tmp_path: Path) -> None:
    """The walk of docs/uk-book.md: pence, euros and yen from holdings to fills."""
    own = tmp_path / "uk.duckdb"
    Desk(own).ingest(*uk_book.files(tmp_path), universe="uk")
    with (
        serving(own, own.with_suffix(".log")) as base,
        visitor(chromium) as someone,
        watched(someone) as page,
    ):
        page.goto(f"{base}/drift?{uk_book.ADDRESS}")
        expect(page.get_by_role("heading", name="No portfolio yet")).to_be_visible(timeout=WAIT_MS)
        settle(page)
        page.get_by_text("Holdings from a file").click()
        settle(page)
        page.get_by_label("Name", exact=True).fill("book")
        page.get_by_label("Base currency", exact=True).fill("GBP")
        hand_in(page, "Holdings as CSV", "held.csv", uk_book.HELD.encode())
        press(page, "Create portfolio")
        outcome(page, "book is created with what is held")
        assert figure(page, "value, GBP") == "27,253.58"
        assert figure(page, "cash, GBP") == "10,181.58"

        go(page, "Tickets")
        assert figure(page, "cash after, GBP") == "3.07"
        press(page, "Propose")
        outcome(page, "is proposed")
        press(page, "Approve")
        outcome(page, "is approved")
        basket = rows(saved(page, "Interactive Brokers basket"))
        assert {(r["Symbol"], r["Exchange"]) for r in basket} == {
            ("AZN", "LSE"), ("BARC", "LSE"), ("SAP", "IBIS"), ("TYO", "TSEJ"),
            ("EUR", "IDEALPRO"), ("GBP", "IDEALPRO"),
        }  # fmt: skip
        page.get_by_role("radio", name="File").or_(page.get_by_role("button", name="File")).click()
        settle(page)
        hand_in(page, "Fills as CSV", "fills.csv", uk_book.FILLS.encode())
        press(page, "Accept these fills")
        outcome(page, "is implemented on")
        go(page, "Drift")
        assert figure(page, "cash, GBP") == "-48.53"
        state = Desk(own).portfolios.state("book").cash_by_currency
        assert {c: str(v) for c, v in state.items()} == {
            "GBP": "18.82", "EUR": "-39", "JPY": "-6497.64",
        }  # fmt: skip


def test_a_ticket_given_up_says_why(tab: Page, base: str, database: Path) -> None:
    visit(tab, f"{base}/tickets?as_of={START}&portfolio=given+up&part=tickets")
    assert figure(tab, "state") == "PROPOSED"
    tab.get_by_text("Cancel this ticket").click()
    tab.get_by_label("Why", exact=True).fill("the client called")
    tab.keyboard.press("Enter")
    press(tab, "Cancel it")
    outcome(tab, "is cancelled")
    assert figure(tab, "state") == "CANCELLED"
    for name in ("Approve", "Cancel it", "Accept these fills"):
        expect(tab.get_by_role("button", name=name, exact=True)).to_have_count(0)
    history = rows(saved(tab, "History as CSV"))
    assert (history[-1]["state"], history[-1]["what"]) == (
        "CANCELLED", "reason: the client called",
    )  # fmt: skip
    assert len(Desk(database).portfolios.entries("given up")) == 2  # nothing was traded


def test_a_ticket_is_accepted_once(tab: Page, base: str, database: Path) -> None:
    book = Desk(database).portfolios
    address = f"{base}/tickets?as_of={START}&portfolio=twice&part=tickets"
    with watched(tab.context) as old:
        for one in (old, tab):
            visit(one, address)
        press(tab, "Accept these fills")
        outcome(tab, "is implemented on")
        expect(tab.get_by_role("button", name="Accept these fills")).to_have_count(0)
        entries = book.entries("twice")
        # The other tab still shows the ticket as it was.
        old.get_by_role("button", name="Accept these fills").click()
        outcome(old, "is IMPLEMENTED already: nothing was changed")
        assert figure(old, "state") == "IMPLEMENTED"
        expect(old.get_by_role("button", name="Accept these fills")).to_have_count(0)
    assert book.entries("twice") == entries


def written(table: list[dict[str, str]]) -> bytes:
    """Rows as a CSV."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(table[0]))
    writer.writeheader()
    writer.writerows(table)
    return out.getvalue().encode()
