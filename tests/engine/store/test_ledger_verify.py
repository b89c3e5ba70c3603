"""What `verify` finds in chains that are each whole by themselves: all hashes fit, and yet."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import pytest

from engine.store.journal.links import JournalLink
from engine.store.ledger.chain import GENESIS, Entry, TicketEvent, sealed
from engine.store.ledger.tables import new_entry, new_event
from engine.store.ledger.verify import Fault, check_anchor, find_anchor, verified

DAY = dt.date(2026, 3, 2)
Tickets = dict[str, tuple[TicketEvent, ...]]


def ledger(*kinds: str, portfolio: str = "main") -> tuple[Entry, ...]:
    out: tuple[Entry, ...] = ()
    for i, kind in enumerate(kinds):
        out = (*out, new_entry(out, portfolio, kind, DAY, {"amount": Decimal(i)}, "Anna"))
    return out


def resealed(entries: Sequence[Entry], **changes: object) -> tuple[Entry, ...]:
    """The whole chain written anew, the last entry with changes."""
    out: list[Entry] = []
    for i, entry in enumerate(entries, start=1):
        own = {"by": "Mallory", **(changes if i == len(entries) else {})}
        before = out[-1].hash if out else GENESIS
        out.append(sealed(dataclasses.replace(entry, prev_hash=before, **own)))
    return tuple(out)


def events(head: str, *states: str, portfolio: str = "main") -> tuple[TicketEvent, ...]:
    """A ticket on `head` that went through states, in whatever order."""
    out: tuple[TicketEvent, ...] = ()
    for state in states:
        payload = {} if out else {"ledger_head": head}
        out = (*out, new_event(out, "T-1", portfolio, state, payload, "Anna"))
    return out


def implemented() -> tuple[tuple[Entry, ...], Tickets]:
    """Three entries, the last of a ticket, and that ticket."""
    first = ledger("create", "cash")
    known = events(first[-1].hash, "PROPOSED", "APPROVED")
    payload = {"ticket_id": "T-1", "ticket_hash": known[-1].hash}
    entry = new_entry(first, "main", "ticket", DAY, payload, "Bert")
    done = {"entry_seq": 3, "entry_hash": entry.hash}
    return (*first, entry), {
        "T-1": (*known, new_event(known, "T-1", "main", "IMPLEMENTED", done, ""))
    }


def fault(entries: Sequence[Entry], tickets: Tickets | None = None) -> Fault | None:
    return verified("main", tuple(entries), tickets or {}).fault


def sentence(entries: Sequence[Entry], tickets: Tickets | None = None) -> str:
    found = fault(entries, tickets)
    assert found is not None
    return found.sentence


def test_what_is_whole_has_no_fault() -> None:
    entries = ledger("create", "cash", "cash")
    assert fault(entries, {"T-1": events(entries[-1].hash, "PROPOSED")}) is None
    assert fault(entries, {"T-1": events(entries[0].hash, "PROPOSED", "CANCELLED")}) is None
    assert fault(*implemented()) is None
    entries, tickets = implemented()
    found = verified("main", entries, tickets)
    assert (found.entries, found.tickets, found.head_hash) == (3, 1, entries[-1].hash)


@pytest.mark.parametrize(
    "states", [("PROPOSED",), ("PROPOSED", "APPROVED"), ("PROPOSED", "EXPIRED")]
)
def test_a_ledger_rewritten_or_cut_after_a_proposal_no_longer_has_its_head(
    states: tuple[str, ...],
) -> None:
    """No entry implemented the ticket, so only the head that it notes speaks against the chain."""
    entries = ledger("create", "cash", "cash")
    tickets = {"T-1": events(entries[-1].hash, *states)}
    assert fault(entries, tickets) is None
    for other in (resealed(entries), entries[:-1]):
        assert fault(other) is None
        found = fault(other, tickets)
        assert found is not None
        assert (found.portfolio, found.seq, found.ticket) == ("main", None, "T-1")
        assert found.sentence == (
            "Ticket T-1 of main notes a head that the ledger no longer contains: the ledger was "
            "rewritten or cut."
        )


@pytest.mark.parametrize(
    ("states", "seq", "says"),
    [
        (("APPROVED",), 1, "APPROVED cannot follow nothing"),
        (("PROPOSED", "PROPOSED"), 2, "PROPOSED cannot follow PROPOSED"),
        (("PROPOSED", "IMPLEMENTED"), 2, "IMPLEMENTED cannot follow PROPOSED"),
        (("PROPOSED", "EXPIRED", "APPROVED"), 3, "APPROVED cannot follow EXPIRED"),
        (("PROPOSED", "CANCELLED", "APPROVED"), 3, "APPROVED cannot follow CANCELLED"),
        (("PROPOSED", "APPROVED", "PROPOSED"), 3, "PROPOSED cannot follow APPROVED"),
        (("PROPOSED", "APPROVED", "IMPLEMENTED", "CANCELLED"), 4, "CANCELLED cannot follow IMPL"),
        (("PROPOSED", "GRANTED"), 2, "GRANTED cannot follow PROPOSED"),
    ],
)
def test_a_life_that_no_ticket_has_is_named(states: tuple[str, ...], seq: int, says: str) -> None:
    """A ticket written anew, hashes and all, so as to look approved."""
    entries = ledger("create", "cash")
    found = fault(entries, {"T-1": events(entries[-1].hash, *states)})
    assert found is not None
    assert (found.ticket, found.seq) == ("T-1", seq)
    assert f"event {seq}, was rewritten: {says}" in found.sentence


@pytest.mark.parametrize("end", ["CANCELLED", "EXPIRED"])
def test_every_life_that_there_is_passes(end: str) -> None:
    entries = ledger("create", "cash")
    for life in (("PROPOSED", end), ("PROPOSED", "APPROVED", end)):
        assert fault(entries, {"T-1": events(entries[-1].hash, *life)}) is None


def test_an_event_of_another_portfolio_is_named() -> None:
    entries = ledger("create", "cash")
    known = events(entries[-1].hash, "PROPOSED")
    stray = new_event(known, "T-1", "other", "APPROVED", {}, "")
    found = fault(entries, {"T-1": (*known, stray)})
    assert found is not None
    assert (found.ticket, found.seq) == ("T-1", 2)


@pytest.mark.parametrize(
    ("kinds", "seq"), [(("cash",), 1), (("create", "create"), 2), (("create", "cash", "create"), 3)]
)
def test_a_ledger_is_created_once_and_first(kinds: tuple[str, ...], seq: int) -> None:
    assert sentence(ledger(*kinds)) == (
        f"Entry {seq} of main was rewritten: `create` is the first entry alone."
    )


def test_the_entry_of_a_ticket_and_the_ticket_name_one_another() -> None:
    entries, tickets = implemented()
    before = entries[:2]
    cash = new_entry(before, "main", "cash", DAY, {"amount": Decimal(1)}, "")
    forged = sealed(dataclasses.replace(entries[2], by="Mallory"))
    by = "entry 3 implemented the ticket T-1"
    assert sentence(before, tickets) == f"Entry 3 of main is missing: {by}."
    assert sentence((*before, cash), tickets) == f"Entry 3 of main was rewritten: {by}."
    assert sentence((*before, forged), tickets) == (
        "Entry 3 of main was rewritten: the ticket T-1 does not name it."
    )
    assert sentence(entries, {"T-1": tickets["T-1"][:2]}) == (
        "Ticket T-1 of main, event 3, is missing: entry 3 implemented it."
    )
    assert sentence(entries) == "Entry 3 of main is of the ticket T-1, which is missing."


def test_an_anchor_is_the_start_of_a_hash_and_of_no_other_part() -> None:
    entries = ledger("create", "cash")
    both = {"other": ledger("create", portfolio="other"), "main": entries}
    link = sealed(JournalLink(1, dt.datetime(2026, 3, 2, tzinfo=dt.UTC), "[]", GENESIS, ""))
    assert find_anchor(entries[1].hash[:16], both, [link]) == ("main", 2)
    assert find_anchor(link.hash[:16], both, [link]) == ("", 1)
    assert find_anchor(entries[1].hash[1:], both, [link]) is None
    assert check_anchor(f" {entries[0].hash[:16].upper()}\n") == entries[0].hash[:16]
    assert check_anchor(None) == check_anchor("  ") == ""
