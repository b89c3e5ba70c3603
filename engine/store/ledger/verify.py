"""Whether ledgers and tickets are as they were written, and still contain what was noted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.core.errors import InputError
from engine.core.words import EntryKind, TicketState
from engine.store.journal.links import JournalLink
from engine.store.ledger.chain import Chained, Entry, TicketEvent, first_fault
from engine.store.ledger.records import NEXT

_ANCHOR = re.compile(r"[0-9a-f]{16,64}")


@dataclass(frozen=True)
class Fault:
    """The first thing that is wrong with a portfolio.

    seq: number of the entry, or of the event if `ticket` names one; None = of no single one.
    """

    portfolio: str
    seq: int | None
    what: str
    ticket: str = ""

    @property
    def sentence(self) -> str:
        """Which entry or event, and what is wrong with it."""
        event = "" if self.seq is None else f", event {self.seq},"
        if self.ticket:
            return f"Ticket {self.ticket} of {self.portfolio}{event} {self.what}."
        entry = "The ledger" if self.seq is None else f"Entry {self.seq}"
        return f"{entry} of {self.portfolio} {self.what}."


@dataclass(frozen=True)
class Verified:
    """A portfolio as it was looked through; `head_hash` is "" where no entry is left."""

    portfolio: str
    entries: int
    tickets: int
    head_hash: str
    fault: Fault | None


@dataclass(frozen=True)
class Verification:
    """What `verify` found.

    anchor: "" if none was given; anchor_in: where it is, as (portfolio, number of the entry), or
    ("", number of the link) in the store's journal; None = nowhere. store_faults: of the store as a
    whole, in sentences. counts: how much was looked through, by name. store_head: the hash of the
    journal's last link. The last three are empty where one portfolio was looked through.
    """

    checked: tuple[Verified, ...]
    anchor: str
    anchor_in: tuple[str, int] | None
    store_faults: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    store_head: str = ""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The first fault of each portfolio that has one."""
        return tuple(v.fault for v in self.checked if v.fault)

    @property
    def passed(self) -> bool:
        """No fault, and the anchor, if one was given, is where it was."""
        return not (self.faults or self.store_faults) and (
            not self.anchor or self.anchor_in is not None
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that is wrong; empty if nothing is."""
        lost = self.anchor and self.anchor_in is None
        names = ", ".join(v.portfolio for v in self.checked) or "no portfolio"
        return (
            *(fault.sentence for fault in self.faults),
            *self.store_faults,
            *(
                (
                    f"The anchor {self.anchor[:16]} is in no chain (looked through: {names}): the "
                    "ledger was rewritten or cut after it was noted, or it is of another database.",
                )
                if lost
                else ()
            ),
        )


def check_anchor(anchor: str | None) -> str:
    """An anchor in small letters. Raises InputError for what is no hash, nor the start of one."""
    text = (anchor or "").strip().lower()
    if text and not _ANCHOR.fullmatch(text):
        raise InputError(
            f"The anchor {text[:80]!r} is not a ledger hash: give the 64 hexadecimal digits that "
            "are on the ticket, or at least the first 16."
        )
    return text


def verified(
    portfolio: str, entries: tuple[Entry, ...], tickets: dict[str, tuple[TicketEvent, ...]]
) -> Verified:
    """One portfolio, looked through from its first entry on, then its tickets.

    Tickets see what the chain of entries cannot: entries that are missing at its end, and, by the
    head that each notes, a chain that was rewritten as a whole.
    """
    return Verified(
        portfolio=portfolio,
        entries=len(entries),
        tickets=len(tickets),
        head_hash=entries[-1].hash if entries else "",
        fault=_entry_fault(portfolio, entries)
        or _ticket_fault(portfolio, tickets)
        or _cross_fault(portfolio, entries, tickets),
    )


def find_anchor(
    anchor: str, ledgers: Mapping[str, Sequence[Entry]], journal: Sequence[JournalLink]
) -> tuple[str, int] | None:
    """Where the hash of an entry, or of a link of the journal, is the anchor or starts with it."""
    chains: list[tuple[str, Sequence[Chained]]] = [*ledgers.items(), ("", journal)]
    return next(
        (
            (name, link.seq)
            for name, links in chains
            for link in links
            if link.hash.startswith(anchor)
        ),
        None,
    )


def _entry_fault(portfolio: str, entries: tuple[Entry, ...]) -> Fault | None:
    if not entries:
        return Fault(portfolio, 1, "is missing, and all that followed it: only tickets are left")
    found = first_fault(entries, "entry")
    if found:
        return Fault(portfolio, *found)
    for entry in entries:
        if (entry.kind == EntryKind.CREATE) != (entry.seq == 1):
            return Fault(portfolio, entry.seq, "was rewritten: `create` is the first entry alone")
    return None


def _ticket_fault(portfolio: str, tickets: dict[str, tuple[TicketEvent, ...]]) -> Fault | None:
    for ticket_id, events in tickets.items():
        found = first_fault(events, "event")
        if found:
            return Fault(portfolio, *found, ticket_id)
        before = ""
        for event in events:
            noted = event.state == before and "note" in event.payload
            follows = noted or event.state in NEXT.get(before, ())
            if event.portfolio != portfolio or not follows:
                what = f"was rewritten: {event.state} cannot follow {before or 'nothing'} here"
                return Fault(portfolio, event.seq, what, ticket_id)
            before = event.state
    return None


def _cross_fault(
    portfolio: str, entries: tuple[Entry, ...], tickets: dict[str, tuple[TicketEvent, ...]]
) -> Fault | None:
    """What entries and tickets, each whole by itself, say of one another."""
    hashes = {entry.hash for entry in entries}
    for entry in entries:
        fault = _of_its_ticket(entry, tickets) if entry.kind == EntryKind.TICKET else None
        if fault:
            return fault
    for ticket_id, events in tickets.items():
        last = events[-1]
        if last.state == TicketState.IMPLEMENTED and last.payload.get("entry_hash") not in hashes:
            seq = last.payload.get("entry_seq")
            gone = isinstance(seq, int) and seq > len(entries)
            what = "is missing" if gone else "was rewritten"
            place = len(entries) + 1 if gone else seq
            return Fault(
                portfolio, place, f"{what}: entry {seq} implemented the ticket {ticket_id}"
            )
    for ticket_id, events in tickets.items():
        if events[0].payload.get("ledger_head") not in hashes:
            what = (
                "notes a head that the ledger no longer contains: the ledger was rewritten or cut"
            )
            return Fault(portfolio, None, what, ticket_id)
    return None


def _of_its_ticket(entry: Entry, tickets: dict[str, tuple[TicketEvent, ...]]) -> Fault | None:
    ticket_id = str(entry.payload.get("ticket_id", ""))
    events = tickets.get(ticket_id, ())
    if not events:
        return Fault(entry.portfolio, entry.seq, f"is of the ticket {ticket_id}, which is missing")
    last = events[-1]
    if last.state == TicketState.IMPLEMENTED and last.payload.get("entry_hash") == entry.hash:
        return None
    if last.hash == entry.payload.get("ticket_hash"):
        what = f"is missing: entry {entry.seq} implemented it"
        return Fault(entry.portfolio, len(events) + 1, what, ticket_id)
    what = f"was rewritten: the ticket {ticket_id} does not name it"
    return Fault(entry.portfolio, entry.seq, what)
