"""What counts on the day it is of: bookings, what is shown of later ones, and the history."""

from __future__ import annotations

import datetime as dt
import shutil
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from desk_examples import mixed_desk

from engine.core.errors import InputError
from engine.desk import Desk, days
from engine.params import Params

# Of the data; a Tuesday and a Monday, the latter the last of its month.
FIRST, LAST = dt.date(2024, 4, 9), dt.date(2025, 6, 30)
ONE = dt.timedelta(days=1)
MAY = dt.date(2025, 5, 30)  # a Friday, the last weekday of its month


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mixed_desk(tmp_path_factory.mktemp("days")).store.path


@pytest.fixture
def desk(base: Path, tmp_path: Path) -> Desk:
    return Desk(shutil.copy(base, tmp_path / "x.duckdb"))


def test_from_the_first_close_to_tomorrow(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tomorrow has begun somewhere; the day after has not."""
    now = dt.datetime(2026, 1, 5, 23, 59, tzinfo=dt.UTC)
    told = SimpleNamespace(
        datetime=SimpleNamespace(now=lambda _zone: now), date=dt.date, timedelta=dt.timedelta,
        UTC=dt.UTC,
    )  # fmt: skip
    monkeypatch.setattr(days, "dt", told)
    book, today = desk.portfolios, now.date()
    for day in (FIRST, today + ONE):
        assert book.move_cash("main", "1", day).effective_date == day
    with pytest.raises(InputError, match=f"the first close is on {FIRST}"):
        book.move_cash("main", "1", FIRST - ONE)
    with pytest.raises(InputError, match="it is in the future"):
        book.move_cash("main", "1", today + 2 * ONE)
    # Data of a day that is yet to come counts as well, to its last day.
    now = dt.datetime(2025, 1, 5, tzinfo=dt.UTC)
    assert book.move_cash("main", "1", LAST).effective_date == LAST
    with pytest.raises(InputError, match="it is in the future"):
        book.move_cash("main", "1", LAST + ONE)


def test_holdings_of_the_first_day_pay_and_split_from_the_next(desk: Desk) -> None:
    book = desk.portfolios
    book.hold("main", [("ENE0", "10")], "100", FIRST)
    with pytest.raises(InputError, match=f"ENE0 is not held in main before {FIRST}"):
        book.split("main", "ENE0", "2", FIRST)
    book.dividend("main", "ENE0", "5", FIRST)
    book.split("main", "ENE0", "2", FIRST + ONE)
    assert book.state("main", FIRST).quantities == {"ENE0": Decimal(10)}
    assert book.state("main", FIRST + ONE).quantities == {"ENE0": Decimal(20)}


def test_what_was_sold_the_day_before_pays_nothing(desk: Desk) -> None:
    book = desk.portfolios
    book.hold("main", [("ENE0", "10")], "100", FIRST)
    book.hold("main", [("UTI0", "1")], None, MAY)
    with pytest.raises(InputError, match="ENE0 is not held"):
        book.dividend("main", "ENE0", "5", MAY + ONE)
    assert book.dividend("main", "ENE0", "5", MAY).effective_date == MAY  # sold that day
    assert book.dividend("main", "UTI0", "5", MAY).effective_date == MAY  # bought that day


def test_what_is_shown_is_without_the_entries_of_the_next_day_and_says_so(desk: Desk) -> None:
    book = desk.portfolios
    book.hold("main", [("ENE0", "10")], "100", MAY)
    params = Params().with_settings({"data.as_of": MAY})
    view = book.drift("main", params)
    assert (view.state.cash, view.last_date, view.notes) == (Decimal(100), MAY, ())
    book.move_cash("main", "5", MAY + ONE)
    later = book.drift("main", params, opened=desk.open(), portfolio=view.portfolio)
    assert later.state.cash == 100
    assert later.notes == (
        f"The ledger has 1 later entries, from {MAY + ONE} on: not in what is shown.",
    )
    assert later.ledger_head == book.info("main").head_hash  # what a ticket must know


def test_the_history_starts_on_the_day_of_the_first_holdings(desk: Desk) -> None:
    book = desk.portfolios
    book.hold("main", [("ENE0", "10")], "100", MAY)
    assert book.history("main", Params(), as_of=MAY - ONE).empty
    assert list(book.history("main", Params(), as_of=MAY)["date"]) == [MAY]
    assert list(book.history("main", Params(), as_of=LAST)["date"]) == [MAY, LAST]
    book.hold("main", [("ENE0", "11")], "100", MAY - ONE)
    assert list(book.history("main", Params(), as_of=LAST)["date"]) == [MAY, LAST]  # month ends


def test_from_its_day_on_the_run_behind_a_ticket_is_the_last(desk: Desk) -> None:
    book = desk.portfolios
    ticket = book.propose("main", Params())
    book.approve(ticket.ticket_id)
    book.accept(ticket.ticket_id, effective_date=LAST)
    entries = book.entries("main")
    assert book.run_behind(entries, LAST - ONE) is None
    found = book.run_behind(entries, LAST)
    assert found is not None
    assert found.run_id == ticket.source_run


def test_all_that_there_is_may_follow_the_target_and_no_cent_more(desk: Desk) -> None:
    book = desk.portfolios
    view = book.drift("main", Params())
    value = view.valued.value
    assert book.plan(view, notional=value).lines == book.plan(view).lines
    for wrong in (value + Decimal("0.01"), Decimal(0), Decimal(-1)):
        with pytest.raises(InputError, match=r"is worth 100,000\.00 USD"):
            book.plan(view, notional=wrong)
