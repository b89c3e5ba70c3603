"""The ticket as files: the one table of kinds, and the one door to write them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from engine.core.errors import InputError
from engine.core.format import listing
from engine.core.registry import by_module
from engine.core.words import ExportKind
from engine.trading.exports.kind import ExportType
from engine.trading.tickets.ticket import Ticket

KINDS: dict[str, ExportType] = by_module("engine.trading.exports", ExportKind, "EXPORT", ExportType)


@dataclass(frozen=True)
class Export:
    """A file: its name (no path), media type and bytes."""

    name: str
    media_type: str
    data: bytes


def export(
    ticket: Ticket, kind: str, leave_out: Collection[str] = (), adjusted: bool = False
) -> Export:
    """The ticket as a file of a kind in `KINDS`.

    leave_out: symbols not to write, for orders only: the other kinds are the whole ticket.
    adjusted: write orders though their quantities are of adjusted prices, no number of shares.
    Raises InputError for an unknown kind, orders with such quantities where that was not said, a
    ticket whose checksum does not fit, and what the kind cannot carry, by name (`refusals_of`).
    """
    if kind not in KINDS:
        raise InputError(f"{kind!r} is no kind of file: choose one of {', '.join(KINDS)}.")
    if not ticket.intact:
        raise InputError(f"The ticket {ticket.ticket_id} was altered: its checksum does not fit.")
    found = KINDS[kind]
    if leave_out and not found.are_orders:
        raise InputError(f"A {kind} file is the whole ticket: nothing can be left out of it.")
    data = found.write(ticket, leave_out)  # which refuses, by name
    if found.are_orders and not adjusted and (names := of_adjusted(ticket, kind, leave_out)):
        raise InputError(
            f"The quantities of {listing(names, 6)} are of adjusted closes, no number of shares: "
            "say --adjusted-quantities (on the page: tick the box) to write them all the same, or "
            "leave them out."
        )
    return Export(file_name(ticket, kind), found.media_type, data)


def of_adjusted(ticket: Ticket, kind: str, leave_out: Collection[str] = ()) -> list[str]:
    """Symbols of a file of orders whose quantities are of adjusted closes."""
    left = {*leave_out, *dict(refusals_of(ticket, kind))}
    orders = KINDS[kind].are_orders
    return [x.symbol for x in ticket.lines if orders and x.notional and x.symbol not in left]


def file_name(ticket: Ticket, kind: str) -> str:
    """What a file of a kind is called."""
    return f"ticket-{ticket.ticket_id}{KINDS[kind].ending}"


def refusals_of(ticket: Ticket, kind: str) -> tuple[tuple[str, str], ...]:
    """(symbol, why) of the lines that orders of a kind cannot carry; empty for other kinds."""
    refusal = KINDS[kind].refusal
    if refusal is None:
        return ()
    return tuple((line.symbol, why) for line in ticket.lines if (why := refusal(line)))
