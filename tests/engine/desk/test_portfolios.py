"""The desk's portfolios: what is recorded, what is refused, and what is handled by rule."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from packaged_db import copied, recent_at

from engine.allocation.evidence import Audit
from engine.core.canonical import LEDGER_1
from engine.core.errors import AnswerNo, InputError
from engine.core.words import BY_HAND, EntryKind
from engine.desk import Desk, read_holdings
from engine.params import Params
from engine.params.trading import TradeParams
from engine.store import Entry
from engine.tables.drift import entry_table
from engine.trading.state import last_implemented, state_at

JUNE = dt.date(2022, 6, 30)
PARAMS = Params().with_settings({"data.as_of": JUNE})


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged data of late and a portfolio of a thousand dollars of cash."""
    path = recent_at(tmp_path_factory.mktemp("portfolios") / "c.duckdb")
    Desk(path).portfolios.create("main", cash="1000")
    return path


@pytest.fixture
def desk(opened: Path, tmp_path: Path) -> Desk:
    return Desk(copied(opened, tmp_path / "c.duckdb"))


def test_creating_twice_is_once(desk: Desk) -> None:
    again = desk.portfolios.create("main", cash="1000")
    assert again.entries == 2
    assert desk.portfolios.state("main", JUNE).cash == 1000


def test_holdings_are_units_and_a_currency_has_two_names(desk: Desk) -> None:
    desk.portfolios.hold("main", [("KO", "10"), ("JPY", "1000")], "5.50", JUNE)
    state = desk.portfolios.state("main", JUNE)
    assert state.quantities == {"EURJPY": Decimal(1000), "KO": Decimal(10)}
    view = desk.portfolios.drift("main", PARAMS)
    assert "KO" in view.notional
    # One dollar buys USDJPY yen: EURJPY / EURUSD.
    grid = desk.open("packaged").grid.until(JUNE)
    close = dict(zip(grid.symbols, grid.close[-1], strict=True))
    yen = close["EURUSD"] / close["EURJPY"]
    assert float(view.prices["EURJPY"]) == pytest.approx(yen)
    expected = 10 * close["KO"] + 1000 * yen + 5.50
    assert float(view.valued.value) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("KO", "1"), ("KO", "2")], "twice"),
        ([("SP500", "1")], "benchmark"),
        ([("KO", "-1")], "owned"),
        ([("CASH", "1")], "CASH"),
        ([("ABC", "1")], "ABC"),
    ],
)
def test_what_cannot_be_held_is_refused(
    desk: Desk, rows: list[tuple[str, str]], words: str
) -> None:
    head = desk.portfolios.info("main").head_hash
    with pytest.raises(InputError, match=words):
        desk.portfolios.hold("main", rows, None, JUNE)
    assert desk.portfolios.info("main").head_hash == head


@pytest.mark.parametrize("rule", ["freeze", "hold", "sell"])
def test_an_old_price_is_shown_and_handled_by_rule(desk: Desk, rule: str) -> None:
    desk.portfolios.hold("main", [("EURRUB", "10000"), ("KO", "10")], "100", JUNE)
    view = desk.portfolios.drift("main", PARAMS.with_settings({"drift.stale_rule": rule}))
    (problem,) = view.missing
    assert (problem.symbol, problem.kind) == ("EURRUB", "stale price")
    assert any(line.symbol == "EURRUB" and rule in line.note for line in view.drift.lines)
    traded = {line.symbol for line in desk.portfolios.plan(view).lines}
    assert ("EURRUB" in traded) is (rule == "sell")


def test_a_failed_audit_stays_on_the_ticket_and_stands_in_the_way(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Desk.audit_run

    def failing(self: Desk, *given: object) -> object:
        found = real(self, *given)
        first, *rest = found.audit.checks
        checks = (dataclasses.replace(first, passed=False), *rest)
        return dataclasses.replace(found, audit=Audit(passed=False, checks=checks))

    monkeypatch.setattr(Desk, "audit_run", failing)
    ticket = desk.portfolios.propose("main", PARAMS)
    assert desk.portfolios.ticket(ticket.ticket_id).audit["passed"] is False
    with pytest.raises(AnswerNo, match="audit"):
        desk.portfolios.approve(ticket.ticket_id, "Bert")
    done = desk.portfolios.approve(ticket.ticket_id, "Bert", "the desk knows")
    assert (done.state, done.override) == ("APPROVED", "the desk knows")


def test_partial_fills_are_the_state(desk: Desk) -> None:
    ticket = desk.portfolios.propose("main", PARAMS)
    desk.portfolios.approve(ticket.ticket_id)
    line = next(x for x in desk.portfolios.ticket(ticket.ticket_id).ticket.lines
                if not x.is_currency)  # fmt: skip
    price = line.price + 1
    row = {"symbol": line.symbol, "side": "BUY", "quantity": "1", "price": price, "fee": "0.25"}
    done = desk.portfolios.accept(ticket.ticket_id, fills=[row])
    assert done.entry.effective_date == JUNE
    state = desk.portfolios.state("main", JUNE)
    assert state.quantities == {line.symbol: Decimal(1)}
    assert state.cash == 1000 - price - Decimal("0.25")


def test_history_starts_with_the_holdings(desk: Desk) -> None:
    assert desk.portfolios.history("main", Params()).empty
    desk.portfolios.hold("main", [("KO", "5"), ("PG", "5")], "0", JUNE)
    past = desk.portfolios.history("main", Params(), as_of=dt.date(2022, 9, 30))
    assert list(past["date"]) == [
        JUNE, dt.date(2022, 7, 29), dt.date(2022, 8, 31), dt.date(2022, 9, 30),
    ]  # fmt: skip
    assert past["turnover"][0] == pytest.approx(0, abs=1e-12)
    assert past["turnover"][3] > 0


def test_a_file_of_holdings() -> None:
    rows, cash = read_holdings(b"symbol,quantity\nKO,1.5\nCASH,10\nPG,\n")
    assert rows == [("KO", Decimal("1.5"))]
    assert [(row.amount, row.currency, row.rate) for row in cash] == [(Decimal(10), "", None)]
    with pytest.raises(InputError, match="no column quantity"):
        read_holdings(b"symbol\nKO\n")
    with pytest.raises(InputError, match="row 1"):
        read_holdings(b"symbol,quantity\nKO,many\n")


MAY = dt.date(2022, 5, 31)
JULY = dt.date(2022, 7, 29)


def recorded(desk: Desk, kind: str, head: str | None = None) -> Entry:
    """One entry of each kind, on 10 KO."""
    book = desk.portfolios
    if kind == "holdings":
        return book.hold("main", [("PG", "3")], "7.5", JUNE, expected_head=head)
    if kind == "cash":
        return book.move_cash("main", "-10.25", JUNE, expected_head=head)
    if kind == "split":
        return book.split("main", "KO", "1:3", JUNE, expected_head=head)
    if kind == "dividend":
        return book.dividend("main", "ko", "4.4", JUNE, expected_head=head)
    if kind == "fee":
        given = {"amount": "4.4", "symbol": "ko", "reason": "custody"}
        return book.record("main", EntryKind.FEE, given, JUNE, expected_head=head)
    actions = {
        "spin_off": {"becomes": "PG", "ratio": "1:3", "cash": "0.5"}, "rename": {"becomes": "PG"},
        "merger": {"becomes": "PG", "ratio": "2", "per_unit": "0.7"},
        "delisting": {"per_unit": "3"},
    }  # fmt: skip
    if kind in actions:
        given = {"symbol": "KO"} | actions[kind]
        return book.record("main", EntryKind(kind), given, JUNE, expected_head=head)
    return book.correct(
        "main", [("KO", "-1"), ("JPY", "5")], "1", JUNE, reason="a typo", expected_head=head
    )


KINDS = tuple(kind.value for kind in BY_HAND)


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_entry_is_undone_and_both_stay_on_record(desk: Desk, kind: str) -> None:
    book = desk.portfolios
    book.hold("main", [("KO", "10")], "100", MAY)
    before = book.state("main", JUNE)
    entry = recorded(desk, kind)
    after = book.state("main", JUNE)
    assert book.undoable(book.entries("main")) == entry
    undo = book.undo("main", entry.seq, "Anna", expected_head=entry.hash)
    now = book.state("main", JUNE)
    assert (now.positions, now.cash) == (before.positions, before.cash)
    assert (after.positions, after.cash) != (before.positions, before.cash)
    assert [e.kind for e in book.entries("main")[-2:]] == [kind, "correction"]
    assert (undo.effective_date, undo.by) == (entry.effective_date, "Anna")
    assert undo.payload["reason"] == f"undo of entry {entry.seq}"
    # Added up as written, without the rule that leaves both out, it comes to the same.
    payload = undo.payload | {"undoes": None}
    literal = dataclasses.replace(undo, payload_text=LEDGER_1.text(payload))
    summed = state_at((*book.entries("main")[:-1], literal), JUNE)
    assert (summed.quantities, summed.cash) == (before.quantities, before.cash)
    assert book.undoable(book.entries("main")) is None
    assert book.verify("main").passed
    for seq, words in ((entry.seq, "undone already"), (undo.seq, "took entry"), (2, "entry 5")):
        with pytest.raises(InputError, match=words):
            book.undo("main", seq)
    assert len(book.entries("main")) == undo.seq


def test_after_an_undo_what_was_implemented_before_counts(desk: Desk) -> None:
    book = desk.portfolios
    book.hold("main", [("KO", "10")], "100", MAY)
    stated = book.hold("main", [("PG", "3")], "100", JUNE)
    assert last_implemented(book.entries("main"), JUNE) == JUNE
    book.undo("main", stated.seq)
    assert last_implemented(book.entries("main"), JUNE) == MAY
    assert book.history("main", Params(), as_of=JUNE)["date"].iloc[0] == MAY
    # What comes later for an earlier day counts as if the undone entry had never been.
    book.correct("main", [("KO", "2")], effective_date=dt.date(2022, 6, 15), reason="found")
    assert book.state("main", JUNE).quantities == {"KO": Decimal(12)}


def test_after_an_undo_the_run_behind_the_ticket_is_the_last(desk: Desk) -> None:
    book = desk.portfolios
    ticket = book.propose("main", PARAMS)
    book.approve(ticket.ticket_id)
    book.accept(ticket.ticket_id)
    with pytest.raises(InputError, match="was traded"):
        book.undo("main", 3)
    stated = book.hold("main", [("KO", "1")], None, dt.date(2022, 7, 29))
    assert book.run_behind(book.entries("main"), dt.date(2022, 8, 1)) is None
    book.undo("main", stated.seq)
    found = book.run_behind(book.entries("main"), dt.date(2022, 8, 1))
    assert found is not None
    assert found.run_id == ticket.source_run


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_stored_where_the_ledger_has_moved_on(desk: Desk, kind: str) -> None:
    book = desk.portfolios
    book.hold("main", [("KO", "10")], "100", MAY)
    head = book.info("main").head_hash
    entry = recorded(desk, kind, head)
    says = "^The ledger of main has moved on: look again, then repeat.$"
    with pytest.raises(InputError, match=says):
        recorded(desk, "holdings" if kind == "cash" else "cash", head)
    with pytest.raises(InputError, match=says):
        book.undo("main", entry.seq, expected_head=head)
    assert book.info("main").head_hash == entry.hash


def test_a_portfolio_opens_with_its_holdings_or_not_at_all(desk: Desk) -> None:
    book = desk.portfolios
    for rows in ([("KO", "1"), ("ABC", "2")], [("KO", "-1")], [("KO", "1e30")]):
        with pytest.raises(InputError):
            book.create("own", cash="5", rows=rows, effective_date=JUNE)
    with pytest.raises(InputError, match="above 0"):
        book.create("own", cash="-5")
    assert [info.name for info in book.list()] == ["main"]
    made = book.create("own", cash="5", rows=[("KO", "1.5"), ("JPY", "100")], effective_date=JUNE)
    assert made.entries == 2
    state = book.state("own", JUNE)
    assert state.quantities == {"EURJPY": Decimal(100), "KO": Decimal("1.5")}
    assert state.cash == 5
    again = book.create("own", cash="5", rows=[("KO", "1.5"), ("JPY", "100")], effective_date=JUNE)
    assert again.head_hash == made.head_hash
    for other in ({"rows": [("KO", "2")], "cash": "5"}, {"cash": "5"}):
        with pytest.raises(InputError, match="opened otherwise"):
            book.create("own", effective_date=JUNE, **other)
    assert book.info("own").head_hash == made.head_hash


def test_splits_and_dividends_are_of_what_is_held_that_day(desk: Desk) -> None:
    book = desk.portfolios
    book.hold("main", [("KO", "10")], "100", MAY)
    book.hold("main", [("PG", "3")], None, JUNE)
    head = book.info("main").head_hash
    for symbol, day in (("KO", MAY), ("PG", JUNE), ("KO", JULY), ("KO", dt.date(2022, 5, 30))):
        with pytest.raises(InputError, match=f"^{symbol} is not held in main before {day}"):
            book.split("main", symbol, "2", day)
    with pytest.raises(InputError, match="was stated that day"):
        book.split("main", "KO", "2", JUNE)
    for symbol, day in (("KO", dt.date(2022, 7, 1)), ("PG", dt.date(2022, 6, 29))):
        with pytest.raises(InputError, match=f"^{symbol} is not held in main on {day}"):
            book.dividend("main", symbol, "2", day)
    for ratio in ("0", "1", "1:1", "3:0", "-2", "nan", "4:1:2"):
        with pytest.raises(InputError):
            book.split("main", "PG", ratio, JULY)
    for amount in ("0", "-1"):
        with pytest.raises(InputError, match="above 0"):
            book.dividend("main", "PG", amount, JUNE)
    assert book.info("main").head_hash == head
    book.dividend("main", "KO", "2", JUNE)  # sold that day, and paid
    assert book.state("main", JUNE).cash == 102
    book.split("main", "pg", "3:2", JULY)
    assert book.state("main", JULY).quantities == {"PG": Decimal("4.5")}
    book.hold("main", [("KO", "1"), ("PG", "4")], None, JULY)
    assert book.state("main", JULY).quantities == {"KO": Decimal(1), "PG": Decimal(4)}


@pytest.mark.parametrize(
    ("rows", "cash", "words"),
    [
        ([("ABC", "1")], None, "ABC"),
        ([("SP500", "1")], None, "benchmark"),
        ([("KO", "-11")], None, "where 10 are held"),
        ([("KO", "0")], "0", "adds nothing"),
    ],
)
def test_a_correction_that_cannot_be(
    desk: Desk, rows: list[tuple[str, str]], cash: str | None, words: str
) -> None:
    desk.portfolios.hold("main", [("KO", "10")], "100", MAY)
    with pytest.raises(InputError, match=words):
        desk.portfolios.correct("main", rows, cash, JUNE, reason="a typo")


def test_nothing_stated_is_not_nothing_held(desk: Desk) -> None:
    """An empty form, or a file whose quantities are blank, would sell all that is held."""
    book = desk.portfolios
    book.hold("main", [("KO", "10")], "100", MAY)
    with pytest.raises(InputError, match="nothing was recorded"):
        book.hold("main", [], None, JUNE)
    assert book.state("main", JUNE).quantities == {"KO": Decimal(10)}
    book.hold("main", [("KO", "0")], None, JUNE)  # said outright
    assert book.state("main", JUNE).quantities == {}


@pytest.mark.parametrize("reason", ["", "  ", None])
def test_a_correction_says_why(desk: Desk, reason: str | None) -> None:
    given = {"positions": [], "cash": "1", "reason": reason}
    says = r"^Give the reason of the correction: it stays on record\.$"
    with pytest.raises(InputError, match=says):
        desk.portfolios.record("main", EntryKind.CORRECTION, given, JUNE)
    with pytest.raises(InputError, match=says):
        desk.portfolios.correct("main", cash="1", effective_date=JUNE)
    assert desk.portfolios.info("main").entries == 2


def test_a_correction_of_before_reasons_were_asked_for_still_counts(desk: Desk) -> None:
    old = {"cash": "-1", "positions": [], "reason": ""}
    desk.store.ledger.append("main", EntryKind.CORRECTION, JUNE, old)
    assert desk.portfolios.state("main", JUNE).cash == 999
    assert entry_table(desk.portfolios.entries("main"))["what"][0] == "correction"


def test_fees_are_above_0_and_of_something_known(desk: Desk) -> None:
    book = desk.portfolios
    for given, words in (
        ({"amount": "0"}, "above 0"),
        ({"amount": "-3"}, "above 0"),
        ({"amount": "x"}, "The fee is 'x'"),
        ({"reason": "custody"}, "needs its amount"),
        ({"amount": "1", "symbol": "NOPE"}, "'NOPE' is not in packaged"),
        ({"amount": "1", "ratio": "2"}, "has no 'ratio'"),
    ):
        with pytest.raises(InputError, match=words):
            book.record("main", EntryKind.FEE, given, JUNE)
    for kind in (EntryKind.CREATE, EntryKind.TICKET):
        with pytest.raises(InputError, match="not written by hand"):
            book.record("main", kind, {}, JUNE)
    assert book.info("main").entries == 2
    entry = book.record("main", EntryKind.FEE, {"amount": "2.50"}, JUNE)
    assert (entry.kind, entry.payload) == ("fee", {"amount": "2.5"})
    assert type(entry.kind) is str  # as it is read back
    assert book.state("main", JUNE).cash == Decimal("997.5")


@pytest.mark.parametrize("day", [dt.date(1989, 12, 29), dt.date(2200, 1, 1)])
def test_a_day_that_nothing_can_be_valued_on(desk: Desk, day: dt.date) -> None:
    with pytest.raises(InputError, match=f"effective date {day} does not fit"):
        desk.portfolios.move_cash("main", "5", day)


@pytest.mark.parametrize("days", [1, 90])
def test_a_ticket_expires_after_as_many_days_as_are_asked_for(desk: Desk, days: int) -> None:
    now = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
    ticket = desk.portfolios.propose(
        "main", PARAMS.with_settings({"trade.expires_days": days}), now=now
    )
    assert ticket.expires_at == now + dt.timedelta(days=days)
    assert ticket.document["trade"]["expires_days"] == str(days)
    with pytest.raises(InputError, match="expires_days"):
        TradeParams(expires_days=0 if days == 1 else 91)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"symbol;quantity\nKO;1,5\n", "row 1 .* is '1,5', no plain number"),
        (b"symbol\tquantity\nKO\t1\n", "tabs"),
        (b'symbol,quantity\nKO,"1,5"\n', "row 1"),
        (b"symbol,quantity\nKO,NaN\n", "row 1"),
        (b"symbol,quantity\nKO,1e30\n", "row 1"),
        (b"", "empty"),
    ],
)
def test_files_of_holdings_that_do_not_read(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_holdings(data)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_files_of_holdings_as_spreadsheets_write_them(mark: bytes, end: bytes) -> None:
    data = mark + end.join([b"Symbol,Quantity", b"KO,1.5", b"CASH,10", b""])
    rows, (cash,) = read_holdings(data)
    assert (rows, cash.amount) == ([("KO", Decimal("1.5"))], Decimal(10))
    parted = data.replace(b",", b";")
    assert read_holdings(parted) == (rows, (cash,))
