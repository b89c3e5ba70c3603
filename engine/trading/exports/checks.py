"""One short check a record, so that a file which comes back altered can be told where.

The checksum says that something changed; a record's check says what. Both kinds of file that can
be read back (CSV and JSON) carry them and are rebuilt here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.core.canonical import TICKET_1
from engine.core.errors import InputError
from engine.trading.tickets.document import (
    differences,
    from_document,
    read_field,
    read_record,
    read_ticket,
)
from engine.trading.tickets.ticket import (
    HEAD_FIELDS,
    UNSIGNED,
    Ticket,
    TicketLine,
    Untraded,
    may_lack,
    plain,
    plain_record,
    written_fields,
)

KINDS = ("lines", "untraded")
FIELDS = (*HEAD_FIELDS, *UNSIGNED)


@dataclass(frozen=True)
class Record:
    """A line or untraded row as a file has it: its number from 1, plain values, and check."""

    number: int
    content: Mapping[str, Any]
    check: str


@dataclass(frozen=True)
class Parts:
    """A file taken apart. fields: name → (plain value, check); counts: how many records of each
    kind the file says it has."""

    fields: Mapping[str, tuple[Any, str]]
    records: Mapping[str, tuple[Record, ...]]
    counts: Mapping[str, int]


def check_of(kind: str, key: str | int, content: Any) -> str:
    """`h` and 16 hex digits; the letter keeps a spreadsheet from reading it as a number."""
    return "h" + TICKET_1.digest([kind, key, content])[:16]


def field_checks(ticket: Ticket) -> dict[str, str]:
    """Check of each field of the ticket, state and checksum among them."""
    return {
        name: check_of("field", name, plain(getattr(ticket, name)))
        for name in written_fields(ticket)
    }


def record_checks(ticket: Ticket, kind: str) -> list[str]:
    """Check of each line, or of each row that was not traded, in order."""
    return [
        check_of(kind, number, plain_record(item))
        for number, item in enumerate(getattr(ticket, kind), start=1)
    ]


def rebuild(parts: Parts, original: Ticket | None = None) -> Ticket:
    """The ticket of a file's parts.

    Raises InputError of one sentence naming what was altered: with the `original` every field that
    differs, without it the first record whose check does not fit.
    """
    head = _fields(parts)
    document = {name: plain(value) for name, (value, _) in head.items()}
    loose: list[str] = []
    for name, (value, check) in head.items():
        if check_of("field", name, plain(value)) != check:
            loose.append(f"its {name}")
    for kind in KINDS:
        items, faults = _records(parts, kind)
        document[kind] = items
        loose += faults
    if loose and original is None:
        raise _altered(document["ticket_id"], loose)
    if original is None:
        return from_document(document)
    try:
        ticket = from_document(document)
    except InputError as error:
        raise _against(original, document, loose) from error
    if found := differences(original, ticket):
        raise _altered(original.ticket_id, list(found))
    if loose:
        raise _altered(original.ticket_id, loose)
    return ticket


def _against(original: Ticket, document: dict[str, Any], loose: list[str]) -> InputError:
    found = differences(original, read_ticket(document))
    return _altered(original.ticket_id, list(found) or loose or ["its checksum"])


def _altered(ticket_id: str, what: list[str]) -> InputError:
    more = f" and {len(what) - 3} more" if len(what) > 3 else ""
    return InputError(
        f"The file of ticket {ticket_id} was altered: {'; '.join(what[:3])}{more}; export it again."
    )


def _fields(parts: Parts) -> dict[str, tuple[Any, str]]:
    """Values read by type; the sentence of a refusal names the field."""
    out = {}
    for name in FIELDS:
        if name not in parts.fields:
            if may_lack(Ticket, name):
                continue
            raise InputError(f"The ticket file was altered: its {name} is missing.")
        value, check = parts.fields[name]
        out[name] = (read_field(Ticket, name, value, "The ticket file was altered: its"), check)
    if unknown := [name for name in parts.fields if name not in FIELDS]:
        raise InputError(f"The ticket file was altered: {unknown[0]!r} is no field of a ticket.")
    return out


def _records(parts: Parts, kind: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Plain values of the records, and what is wrong with them in words."""
    label = "line" if kind == "lines" else "untraded row"
    items: list[dict[str, Any]] = []
    faults: list[str] = []
    numbers = [record.number for record in parts.records[kind]]
    for record in parts.records[kind]:
        named = f"{label} {record.number} ({record.content.get('symbol', '?')})"
        where = f"The ticket file was altered: {named}"
        read = read_record(TicketLine if kind == "lines" else Untraded, record.content, where)
        content = plain_record(read)
        items.append(content)
        if check_of(kind, record.number, content) != record.check:
            faults.append(f"{named} is not as exported")
    expected = list(range(1, parts.counts[kind] + 1))
    if missing := sorted(set(expected) - set(numbers)):
        faults.append(f"{label} {missing[0]} is missing")
    elif numbers != expected:
        twice = len(numbers) > len(expected)
        faults.append(f"there are {label}s too many" if twice else f"the {label}s were reordered")
    return items, faults
