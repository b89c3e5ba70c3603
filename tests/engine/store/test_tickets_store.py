"""Tickets in the store: each step once, an entry with its event, and nothing that can be edited."""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import shutil
import threading
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from kill_accept import DAY, DOCUMENT, FILLS, TICKET, loaded, proposed, ready

from engine.core.errors import AnswerNo, InputError, StoreDamaged
from engine.store import Accepted, NewRun, RunWeight, Store
from engine.store.migrations import MIGRATIONS

NOW = dt.datetime.now(dt.UTC)
SOON = NOW + dt.timedelta(hours=1)
CENT = {"amount": Decimal("0.01")}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the portfolio `main` in two entries."""
    path = tmp_path_factory.mktemp("tickets") / "x.duckdb"
    ledger = loaded(path).ledger
    ledger.create("main", "u", "USD", "Anna", DAY)
    ledger.append("main", "cash", DAY, {"amount": Decimal("1000000.00")}, "Anna")
    return path


@pytest.fixture
def store(template: Path, tmp_path: Path) -> Store:
    return Store(shutil.copy(template, tmp_path / "x.duckdb"))


def states(store: Store, ticket_id: str = TICKET) -> list[str]:
    return [event.state for event in store.ledger.ticket(ticket_id).events]


def sql(store: Store, text: str) -> None:
    with duckdb.connect(str(store.path)) as connection:
        connection.execute(text)


def accept(store: Store, by: str = "Bert", fills: dict = FILLS, **more: object) -> Accepted:
    return store.ledger.accept(TICKET, by, fills, **{"effective_date": DAY, **more})


def test_a_ticket_from_proposal_to_implementation(store: Store) -> None:
    head = store.ledger.head("main")
    ticket = proposed(store, expires_at=SOON)
    assert ticket == store.ledger.ticket(TICKET) == store.ledger.tickets("main")[0]
    assert (ticket.state, ticket.portfolio, ticket.by) == ("PROPOSED", "main", "Anna")
    assert ticket.document == {"lines": [{"symbol": "A", "side": "BUY", "quantity": "10.50"}]}
    text = '{"lines":[{"quantity":"10.50","side":"BUY","symbol":"A"}]}'
    assert ticket.checksum == hashlib.sha256(text.encode()).hexdigest()
    assert (ticket.ledger_head, ticket.expires_at) == (head.hash, SOON)
    assert (ticket.entry_seq, ticket.entry_hash, ticket.override) == (None, "", "")
    approved = store.ledger.approve(TICKET, "Bert", audit_passed=True)
    assert (approved.state, approved.events[1].by) == ("APPROVED", "Bert")
    assert len(store.ledger.entries("main")) == 2  # only what is implemented moves the state
    done = accept(store, "Carl")
    assert (done.repeated, done.same, done.notice) == (False, True, None)
    assert done.ticket == store.ledger.ticket(TICKET)
    assert done.ticket.state == "IMPLEMENTED"
    entry = store.ledger.head("main")
    assert entry == done.entry
    assert (entry.seq, entry.kind, entry.by, entry.effective_date) == (3, "ticket", "Carl", DAY)
    assert (done.ticket.entry_seq, done.ticket.entry_hash) == (3, entry.hash)
    fill = {"symbol": "A", "side": "BUY", "quantity": "10.50", "price": "99.10", "fee": "1.04"}
    assert entry.payload == {
        "fills": [fill],
        "ticket_id": TICKET,
        "ticket_checksum": ticket.checksum,
        "ticket_hash": approved.events[-1].hash,
    }
    assert states(store) == ["PROPOSED", "APPROVED", "IMPLEMENTED"]
    assert store.ledger.verify(anchor=ticket.ledger_head).passed


def test_each_step_twice_is_once(store: Store) -> None:
    first = proposed(store)
    store.ledger.append("main", "cash", DAY, CENT)
    again = store.ledger.propose(TICKET, "main", copy.deepcopy(DOCUMENT), first.ledger_head, "Bert")
    assert again == first
    store.ledger.approve(TICKET, "Anna", "a reason")
    assert store.ledger.approve(TICKET, "Bert", "another").override == "a reason"
    done = accept(store)
    size = store.path.stat().st_size
    repeat = accept(store, "Carl")
    assert (repeat.ticket, repeat.entry) == (done.ticket, done.entry)
    assert (repeat.repeated, repeat.same) == (True, True)
    assert "was implemented already by Bert at" in repeat.notice
    assert repeat.notice.endswith("(entry 4): nothing was changed.")
    other = accept(store, "Carl", {"fills": []}, effective_date=DAY + dt.timedelta(1))
    assert (other.entry, other.same) == (done.entry, False)
    assert "the fills given now differ" in other.notice
    assert len(store.ledger.entries("main")) == 4
    assert states(store) == ["PROPOSED", "APPROVED", "IMPLEMENTED"]
    assert store.path.stat().st_size == size


def test_threads_that_accept_make_one_entry(store: Store) -> None:
    proposed(store)
    store.ledger.approve(TICKET, audit_passed=True)
    done: list[Accepted] = []
    threads = [threading.Thread(target=lambda: done.append(accept(store))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(d.repeated for d in done) == [False] + [True] * 5
    assert len({d.entry.hash for d in done}) == 1
    assert len(store.ledger.entries("main")) == 3


def test_approval_needs_a_passed_audit_or_a_reason_on_record(store: Store) -> None:
    proposed(store)
    for override in ("", "   "):
        with pytest.raises(AnswerNo, match="its run has not passed the audit") as caught:
            store.ledger.approve(TICKET, "Bert", override)
        assert caught.value.exit_code == 1
    assert states(store) == ["PROPOSED"]
    approved = store.ledger.approve(TICKET, "Bert", " cap agreed with risk ")
    assert approved.override == "cap agreed with risk"
    assert approved.events[1].payload == {
        "audit_passed": False,
        "override": "cap agreed with risk",
        "objections": ["its run has not passed the audit"],
    }


def test_approval_sees_that_the_ledger_moved_on_and_that_another_is_open(store: Store) -> None:
    proposed(store, "T-0")
    proposed(store)
    store.ledger.approve("T-0", audit_passed=True)
    with pytest.raises(AnswerNo, match="T-1 was not approved: T-0 is approved and not implemented"):
        store.ledger.approve(TICKET, audit_passed=True)
    store.ledger.cancel("T-0")
    store.ledger.append("main", "cash", DAY, CENT)
    with pytest.raises(AnswerNo, match=r"main has moved on since it was proposed \(entry 3, cash"):
        store.ledger.approve(TICKET, audit_passed=True)
    assert store.ledger.approve(TICKET, "", "one cent only", audit_passed=True).override


def test_steps_in_no_other_order(store: Store) -> None:
    proposed(store)
    with pytest.raises(
        InputError, match=r"cannot be accepted: it is PROPOSED .*; approve it first"
    ):
        accept(store)
    cancelled = store.ledger.cancel(TICKET, "Bert", "market shut")
    assert cancelled.events[-1].payload == {"reason": "market shut"}
    assert store.ledger.cancel(TICKET, "Carl") == cancelled
    with pytest.raises(InputError, match="cannot be approved: it is CANCELLED"):
        store.ledger.approve(TICKET, audit_passed=True)
    with pytest.raises(InputError, match="cannot be accepted: it is CANCELLED"):
        accept(store)
    proposed(store, "T-2")
    store.ledger.approve("T-2", audit_passed=True)
    store.ledger.accept("T-2", "", FILLS)
    with pytest.raises(InputError, match="cannot be cancelled: it is IMPLEMENTED"):
        store.ledger.cancel("T-2")
    assert [t.ticket_id for t in store.ledger.tickets("main")] == ["T-2", TICKET]
    assert store.ledger.verify().passed


def test_tickets_expire(store: Store, tmp_path: Path) -> None:
    past = NOW - dt.timedelta(days=3)
    proposed(store, "old", expires_at=past)
    proposed(store, "open", expires_at=SOON)
    proposed(store, "ever")
    with pytest.raises(InputError, match="The ticket old expired at"):
        store.ledger.approve("old", audit_passed=True)
    store.ledger.approve("open", audit_passed=True)
    with pytest.raises(InputError, match="The ticket open expired at"):
        store.ledger.accept("open", "", FILLS, effective_date=SOON.date() + dt.timedelta(1))
    (closed,) = store.ledger.expire(NOW, "clock")
    assert (closed.ticket_id, closed.state, closed.events[-1].by) == ("old", "EXPIRED", "clock")
    assert store.ledger.expire(NOW) == ()
    assert [t.ticket_id for t in store.ledger.expire(SOON)] == ["open"]
    assert states(store, "open") == ["PROPOSED", "APPROVED", "EXPIRED"]
    assert states(store, "ever") == ["PROPOSED"]
    with pytest.raises(InputError, match="needs its time zone"):
        store.ledger.expire(dt.datetime(2020, 1, 1))
    assert Store(tmp_path / "absent.duckdb").ledger.expire(NOW) == ()
    assert not (tmp_path / "absent.duckdb").exists()


def test_what_cannot_be_is_refused(store: Store, tmp_path: Path) -> None:
    ledger, first = store.ledger, store.ledger.entries("main")[0].hash
    proposed(store)
    head = ledger.head("main").hash
    for call, words in (
        (lambda: ledger.propose("a/b", "main", DOCUMENT, head), "ticket id 'a/b' does not fit"),
        (lambda: ledger.propose("T-2", "none", DOCUMENT, head), "no portfolio 'none': choose main"),
        (lambda: ledger.propose("T-2", "main", DOCUMENT, first), r"moved on .* \(entry 2, cash\)"),
        (lambda: ledger.propose("T-2", "main", DOCUMENT, ""), "moved on"),
        (lambda: ledger.propose(TICKET, "main", {}, head), "T-1 is on record with other content"),
        (lambda: ledger.propose("T-2", "main", {"x": 0.5}, head), "float"),
        (lambda: proposed(store, "T-2", expires_at=dt.datetime(2030, 1, 1)), "time zone"),
        (lambda: proposed(store, "T-2", source_run="r"), "No run 'r'"),
        (lambda: ledger.ticket("T-9"), "no ticket 'T-9': choose T-1"),
        (lambda: ledger.approve("T-9"), "no ticket 'T-9'"),
        (lambda: ledger.cancel("T-9"), "no ticket 'T-9'"),
        (lambda: ledger.accept("T-9"), "no ticket 'T-9'"),
        (lambda: ledger.tickets("none"), "no portfolio 'none': choose main"),
        (lambda: accept(store, fills={"ticket_id": "T-0"}), "must not hold ticket_id"),
        (lambda: accept(store, fills={"fills": [{"price": 1.5}]}), r"float\) at fills\[0\]\.price"),
        (lambda: accept(store, effective_date=NOW), "trading day .* is not a date"),
    ):
        with pytest.raises(InputError, match=words):
            call()
    assert states(store) == ["PROPOSED"]
    absent = Store(tmp_path / "absent.duckdb").ledger
    for call in (
        lambda: absent.ticket("T"),
        lambda: absent.approve("T"),
        lambda: absent.accept("T"),
    ):
        with pytest.raises(InputError, match="propose one first"):
            call()
    assert not (tmp_path / "absent.duckdb").exists()


def test_what_a_check_raises_leaves_ticket_and_ledger_as_they_were(store: Store) -> None:
    proposed(store)
    store.ledger.approve(TICKET, audit_passed=True)
    seen: list[str] = []

    def refuse(entries: tuple) -> None:
        seen.extend(e.kind for e in entries)
        raise InputError("more sold than held")

    with pytest.raises(InputError, match="more sold than held"):
        accept(store, check=refuse)
    assert seen == ["create", "cash", "ticket"]
    assert states(store) == ["PROPOSED", "APPROVED"]
    assert len(store.ledger.entries("main")) == 2
    assert not accept(store).repeated


def test_a_ticket_carries_its_run_into_the_ledger(store: Store) -> None:
    snapshot_id = store.snapshot("u").info.snapshot_id
    run = store.runs.save(
        NewRun(
            "u", snapshot_id, DAY, "hrp", "roadmap", "QUIET", 0.5, "average", "solved", {}, {},
            (RunWeight("A", 1.0),),
        )
    )  # fmt: skip
    with pytest.raises(InputError, match=f"is of the snapshot {snapshot_id[:12]}, not of"):
        proposed(store, source_run=run.run_id, snapshot_id="f" * 64)
    ticket = proposed(store, source_run=run.run_id)
    assert (ticket.source_run, ticket.snapshot_id) == (run.run_id, snapshot_id)
    store.ledger.approve(TICKET, audit_passed=True)
    entry = accept(store).entry
    assert (entry.source_run, entry.snapshot_id) == (run.run_id, snapshot_id)


EDITS = [
    ("UPDATE ticket_events SET payload = replace(payload, '10.50', '99.50') WHERE seq = 1", 1),
    ("UPDATE ticket_events SET who = 'Mallory' WHERE seq = 2", 2),
    ("UPDATE ticket_events SET wall_time = wall_time - INTERVAL 1 DAY WHERE seq = 3", 3),
    ("UPDATE ticket_events SET state = 'CANCELLED' WHERE seq = 3", 3),
    ("UPDATE ticket_events SET portfolio = 'x' WHERE seq = 2", 2),
    ("DELETE FROM ticket_events WHERE seq = 2", 2),
    ("DELETE FROM ticket_events WHERE seq = 1", 1),
]


@pytest.fixture(scope="module")
def implemented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose one ticket is implemented."""
    path = tmp_path_factory.mktemp("implemented") / "x.duckdb"
    store = ready(path)
    accept(store)
    return path


@pytest.mark.parametrize(("statement", "seq"), EDITS)
def test_an_edited_ticket_is_named(
    implemented: Path, tmp_path: Path, statement: str, seq: int
) -> None:
    store = Store(shutil.copy(implemented, tmp_path))
    sql(store, statement)
    (fault,) = store.ledger.verify("main").faults
    assert (fault.portfolio, fault.ticket, fault.seq) == ("main", TICKET, seq)
    assert fault.sentence.startswith(f"Ticket T-1 of main, event {seq}, ")
    with pytest.raises(StoreDamaged, match=f"T-1 is not as it was written: event {seq}"):
        store.ledger.ticket(TICKET)


def test_a_step_or_a_ticket_taken_away_is_named(implemented: Path, tmp_path: Path) -> None:
    store = Store(shutil.copy(implemented, tmp_path))
    sql(store, "DELETE FROM ticket_events WHERE seq = 3")
    assert store.ledger.verify().sentences == (
        "Ticket T-1 of main, event 3, is missing: entry 3 implemented it.",
    )
    sql(store, "DELETE FROM ticket_events")
    assert store.ledger.verify().sentences == (
        "Entry 3 of main is of the ticket T-1, which is missing.",
        "The journal names the ticket event T-1/1, T-1/2, T-1/3, which are missing from the store.",
    )


def test_a_ticket_whose_entry_is_gone_is_not_accepted_anew(
    implemented: Path, tmp_path: Path
) -> None:
    store = Store(shutil.copy(implemented, tmp_path))
    sql(store, "DELETE FROM ledger WHERE seq = 3")
    with pytest.raises(StoreDamaged, match="no longer holds the entry 3"):
        accept(store)
    assert len(store.ledger.entries("main")) == 2
    assert store.ledger.verify().faults[0].seq == 3


def test_a_store_of_the_version_before_gains_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    steps = [step.__name__ for step in MIGRATIONS]
    before = MIGRATIONS[: steps.index("m004_ledger")]
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE migrations (number INTEGER PRIMARY KEY, name VARCHAR NOT NULL, "
            "applied_at TIMESTAMP NOT NULL)"
        )
        for number, step in enumerate(before, start=1):
            step(connection)
            connection.execute(
                "INSERT INTO migrations VALUES (?, ?, now())", [number, step.__name__]
            )
    assert Store(path).ledger.portfolios() == ()
    ready(path)
    assert accept(Store(path)).entry.seq == 3
