"""When a ticket can still be approved and traded: at its last moment, on its last day, after it."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from kill_accept import DAY, FILLS, TICKET, loaded, proposed

from engine.core.errors import InputError
from engine.store import Store
from engine.store.ledger import tickets as tickets_store

END = dt.datetime(2026, 3, 9, 15, 30, tzinfo=dt.UTC)
INSTANT = dt.timedelta(microseconds=1)
ONE = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose one ticket expires at END."""
    path = tmp_path_factory.mktemp("days") / "x.duckdb"
    store = loaded(path)
    store.ledger.create("main", "u", "USD", "Anna", DAY)
    proposed(store, expires_at=END)
    return path


@pytest.fixture
def store(template: Path, tmp_path: Path) -> Store:
    return Store(shutil.copy(template, tmp_path / "x.duckdb"))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time at which tickets think it is."""
    hand = SimpleNamespace(now=END - ONE)

    class Told(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
            return hand.now.astimezone(tz)

    told = SimpleNamespace(datetime=Told, date=dt.date, UTC=dt.UTC)
    monkeypatch.setattr(tickets_store, "dt", told)
    return hand


def test_it_is_approved_up_to_the_moment_at_which_it_expires(
    store: Store, clock: SimpleNamespace
) -> None:
    for now in (END, END + INSTANT):
        clock.now = now
        with pytest.raises(InputError, match="T-1 expired at 2026-03-09 15:30 UTC"):
            store.ledger.approve(TICKET, audit_passed=True)
    clock.now = END - INSTANT
    assert store.ledger.approve(TICKET, audit_passed=True).state == "APPROVED"


@pytest.mark.parametrize("approved", [False, True])
def test_it_is_closed_at_that_moment_and_not_before(
    store: Store, clock: SimpleNamespace, approved: bool
) -> None:
    if approved:
        store.ledger.approve(TICKET, audit_passed=True)
    assert store.ledger.expire(END - INSTANT) == ()
    assert [t.state for t in store.ledger.expire(END)] == ["EXPIRED"]
    with pytest.raises(InputError, match="cannot be accepted: it is EXPIRED"):
        store.ledger.accept(TICKET, "", FILLS, effective_date=END.date())


def test_it_is_traded_on_the_day_on_which_it_expires_and_not_after(
    store: Store, clock: SimpleNamespace
) -> None:
    """Whatever the hour: a trading day has no time, and what was traded on it was traded."""
    store.ledger.approve(TICKET, audit_passed=True)
    clock.now = END + 3 * ONE  # it is recorded late
    with pytest.raises(InputError, match="T-1 expired at"):
        store.ledger.accept(TICKET, "", FILLS, effective_date=END.date() + ONE)
    done = store.ledger.accept(TICKET, "", FILLS, effective_date=END.date())
    assert (done.ticket.state, done.entry.effective_date) == ("IMPLEMENTED", END.date())


@pytest.mark.parametrize("hours", [8, 9])
def test_without_a_day_it_is_traded_today(store: Store, clock: SimpleNamespace, hours: int) -> None:
    """15:30 is within the day for 8 hours more; after 9 another day has begun."""
    store.ledger.approve(TICKET, audit_passed=True)
    clock.now = END + dt.timedelta(hours=hours)
    if hours == 9:
        with pytest.raises(InputError, match="T-1 expired at"):
            store.ledger.accept(TICKET, "", FILLS)
    else:
        assert store.ledger.accept(TICKET, "", FILLS).entry.effective_date == END.date()


def test_a_ticket_that_never_expires_is_traded_on_any_day(store: Store) -> None:
    proposed(store, "ever")
    store.ledger.approve("ever", audit_passed=True)
    assert [t.ticket_id for t in store.ledger.expire(END + 9999 * ONE)] == [TICKET]
    assert store.ledger.accept("ever", "", FILLS, effective_date=END.date() + 9999 * ONE)
