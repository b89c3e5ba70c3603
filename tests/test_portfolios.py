"""The desk's portfolios: what is recorded, what is refused, and what is handled by rule."""

from __future__ import annotations

import dataclasses
import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from engine.desk import Desk, read_holdings
from engine.errors import AnswerNo, InputError
from engine.params import Params
from engine.portfolio.evidence import Audit
from engine.portfolio.trade_params import DriftParams

JUNE = dt.date(2022, 6, 30)
PARAMS = Params().with_settings({"data.as_of": JUNE})


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path / "c.duckdb")
    made.load_packaged()
    made.portfolios.create("main", cash="1000")
    return made


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
    view = desk.portfolios.drift("main", PARAMS, DriftParams(stale_rule=rule))
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
    assert (rows, cash) == ([("KO", Decimal("1.5"))], Decimal(10))
    with pytest.raises(InputError, match="no column quantity"):
        read_holdings(b"symbol\nKO\n")
    with pytest.raises(InputError, match="row 1"):
        read_holdings(b"symbol,quantity\nKO,many\n")
