"""What the ledger and its tickets are as records, and the names that they go by."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from engine.core.errors import InputError
from engine.core.format import listing
from engine.core.words import TicketState
from engine.store.ledger.chain import Entry, TicketEvent

NEXT: dict[str, tuple[str, ...]] = {
    "": (TicketState.PROPOSED,),
    TicketState.PROPOSED: (TicketState.APPROVED, TicketState.CANCELLED, TicketState.EXPIRED),
    TicketState.APPROVED: (TicketState.IMPLEMENTED, TicketState.CANCELLED, TicketState.EXPIRED),
    TicketState.IMPLEMENTED: (),
    TicketState.CANCELLED: (),
    TicketState.EXPIRED: (),
}

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,63}")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class PortfolioInfo:
    """A portfolio as its ledger has it now; `until` is the latest effective date."""

    name: str
    universe: str
    base_currency: str
    created_at: dt.datetime
    by: str
    entries: int
    until: dt.date
    head_hash: str


@dataclass(frozen=True)
class StoredTicket:
    """A ticket as the tables have it.

    document: as it was proposed, amounts as decimal text. ledger_head: of its portfolio at that
    time. expires_at: UTC, None = never. override: why it was approved against an objection.
    entry_seq, entry_hash: the ledger entry that implemented it, None and "" until then.
    """

    ticket_id: str
    portfolio: str
    state: str
    document: dict[str, Any] = field(repr=False)
    checksum: str
    ledger_head: str
    source_run: str
    snapshot_id: str
    expires_at: dt.datetime | None
    override: str
    entry_seq: int | None
    entry_hash: str
    events: tuple[TicketEvent, ...] = field(repr=False)

    @property
    def proposed_at(self) -> dt.datetime:
        """When it was proposed (UTC)."""
        return self.events[0].wall_time

    @property
    def by(self) -> str:
        """Who proposed it."""
        return self.events[0].by


@dataclass(frozen=True)
class Accepted:
    """An implemented ticket and its ledger entry.

    repeated: it was implemented before, and this changed nothing. same: what was handed in now
    equals what is on record.
    """

    ticket: StoredTicket
    entry: Entry
    repeated: bool
    same: bool

    @property
    def notice(self) -> str | None:
        """What whoever accepted it second is told; none for the first."""
        if not self.repeated:
            return None
        who = f" by {self.entry.by}" if self.entry.by else ""
        other = "" if self.same else "; the fills given now differ from those on record"
        return (
            f"The ticket {self.ticket.ticket_id} was implemented already{who} at "
            f"{self.entry.wall_time:%Y-%m-%d %H:%M:%S} UTC (entry {self.entry.seq}): nothing was "
            f"changed{other}."
        )


def ticket_of(events: tuple[TicketEvent, ...]) -> StoredTicket:
    """A ticket from its events, the first one first; their chain holds."""
    first = events[0].payload
    expires = first.get("expires_at")
    done = next((e.payload for e in events if e.state == TicketState.IMPLEMENTED), {})
    approval = next((e.payload for e in events if e.state == TicketState.APPROVED), {})
    return StoredTicket(
        ticket_id=events[0].ticket_id,
        portfolio=events[0].portfolio,
        state=events[-1].state,
        document=first["document"],
        checksum=first["checksum"],
        ledger_head=first["ledger_head"],
        source_run=first["source_run"],
        snapshot_id=first["snapshot_id"],
        expires_at=dt.datetime.fromisoformat(expires).replace(tzinfo=dt.UTC) if expires else None,
        override=approval.get("override", ""),
        entry_seq=done.get("entry_seq"),
        entry_hash=done.get("entry_hash", ""),
        events=events,
    )


def check_portfolio_name(name: str) -> None:
    """Raises InputError if this cannot be the name of a portfolio."""
    if not _NAME.fullmatch(name):
        raise _bad_name("portfolio name", name)


def check_ticket_id(ticket_id: str) -> None:
    """Raises InputError if this cannot name a ticket."""
    if not _NAME.fullmatch(ticket_id):
        raise _bad_name("ticket id", ticket_id)


def check_currency(code: str) -> None:
    """Raises InputError if this is not the form of a currency."""
    if not _CURRENCY.fullmatch(code):
        raise InputError(f"{code[:20]!r} is not a currency: use three capital letters, as USD.")


def check_date(value: dt.date, what: str) -> None:
    """Raises InputError for what is not a plain date."""
    if type(value) is not dt.date:
        raise InputError(f"The {what} {str(value)[:40]!r} is not a date: use one as 2022-06-30.")


def no_portfolio(name: str, known: Iterable[str]) -> InputError:
    """Why there is no ledger under this name."""
    names = list(known)
    mend = f"choose {listing(names)}" if names else "create one first"
    return InputError(f"There is no portfolio {name[:80]!r}: {mend}.")


def no_ticket(ticket_id: str, known: Iterable[str]) -> InputError:
    """Why there is no such ticket."""
    names = list(known)
    mend = f"choose {listing(names)}" if names else "propose one first"
    return InputError(f"There is no ticket {ticket_id[:80]!r}: {mend}.")


def _bad_name(what: str, given: str) -> InputError:
    return InputError(
        f"The {what} {given[:80]!r} does not fit: use up to 64 letters, digits, blanks, dots, "
        "dashes and underscores, a letter or digit first."
    )
