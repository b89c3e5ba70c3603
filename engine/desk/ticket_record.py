"""A ticket as it stands on record: its document, its state, and how it came there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.store import StoredTicket, TicketEvent
from engine.trading.tickets.document import from_document
from engine.trading.tickets.ticket import Ticket


@dataclass(frozen=True)
class TicketRecord:
    """A ticket, in its state, and how it came there.

    audit: `passed`, and `failed`: the checks of its run that failed when it was proposed.
    """

    ticket: Ticket
    state: str
    events: tuple[TicketEvent, ...]
    audit: dict[str, Any]
    stored: StoredTicket

    def __iter__(self) -> Any:
        """(ticket, state, events)."""
        return iter((self.ticket, self.state, self.events))


def record_of_ticket(stored: StoredTicket) -> TicketRecord:
    """A stored ticket, read. Raises InputError if its checksum does not fit."""
    document = stored.document
    ticket = from_document(document["ticket"]).in_state(stored.state)
    audit = dict(document.get("audit") or {"passed": False, "failed": []})
    return TicketRecord(ticket, stored.state, stored.events, audit, stored)
