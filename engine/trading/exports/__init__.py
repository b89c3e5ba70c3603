"""The ticket as files: what each kind is called, and the one door to write it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from engine.core.errors import InputError
from engine.trading.exports import fix, ibkr
from engine.trading.exports.csv import write_csv
from engine.trading.exports.html import write_html
from engine.trading.exports.json import write_json
from engine.trading.tickets.ticket import Ticket


@dataclass(frozen=True)
class Export:
    """A file: its name (no path), media type and bytes."""

    name: str
    media_type: str
    data: bytes


# Kind → (ending of the file's name, media type).
KINDS = {
    "csv": (".csv", "text/csv"),
    "json": (".json", "application/json"),
    "ibkr": ("-ibkr.csv", "text/csv"),
    "fix": (".fix", "application/octet-stream"),
    "html": (".html", "text/html"),
}


def export(ticket: Ticket, kind: str, leave_out: Collection[str] = ()) -> Export:
    """The ticket as a file of a kind in `KINDS`.

    leave_out: symbols not to write, for orders only (ibkr, fix): the other kinds are the whole
    ticket. Raises InputError for an unknown kind, a ticket whose checksum does not fit, and what
    the kind cannot carry, by name (`refusals_of`).
    """
    if kind not in KINDS:
        raise InputError(f"{kind!r} is no kind of file: choose one of {', '.join(KINDS)}.")
    if not ticket.intact:
        raise InputError(f"The ticket {ticket.ticket_id} was altered: its checksum does not fit.")
    if leave_out and kind not in ("ibkr", "fix"):
        raise InputError(f"A {kind} file is the whole ticket: nothing can be left out of it.")
    ending, media_type = KINDS[kind]
    if kind == "ibkr":
        data = ibkr.write_ibkr(ticket, leave_out)
    elif kind == "fix":
        data = fix.write_fix(ticket, leave_out=leave_out)
    else:
        data = {"csv": write_csv, "json": write_json, "html": write_html}[kind](ticket)
    return Export(f"ticket-{ticket.ticket_id}{ending}", media_type, data)


def refusals_of(ticket: Ticket, kind: str) -> tuple[tuple[str, str], ...]:
    """(symbol, why) of the lines that orders of a kind cannot carry; empty for other kinds."""
    refusal = {"ibkr": ibkr.refusal, "fix": fix.refusal}.get(kind)
    if refusal is None:
        return ()
    return tuple((line.symbol, why) for line in ticket.lines if (why := refusal(line)))
