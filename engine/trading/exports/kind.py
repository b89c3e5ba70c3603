"""What a kind of file is: a name for people, its ending, its writer, and what it cannot carry."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from engine.trading.tickets.ticket import Ticket, TicketLine


@dataclass(frozen=True)
class ExportType:
    """A kind of file of a ticket.

    ending: of the file's name. write: ticket and symbols to leave out → bytes. refusal: why a line
    has no place in a file of orders, "" where it has; None: no orders, the whole ticket.
    """

    label: str
    ending: str
    media_type: str
    write: Callable[[Ticket, Collection[str]], bytes]
    refusal: Callable[[TicketLine], str] | None = None

    @property
    def are_orders(self) -> bool:
        """Whether a broker takes it: only an approved ticket is written so, and lines may be left
        out of it."""
        return self.refusal is not None
