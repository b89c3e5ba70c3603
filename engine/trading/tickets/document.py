"""A ticket from its document, refused in one sentence where it is not as it was written."""

from __future__ import annotations

import datetime as dt
import functools
import re
import reprlib
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from engine.core.amounts import parse_amount
from engine.core.errors import InputError
from engine.trading.tickets.ticket import (
    HEAD_FIELDS,
    SIDES,
    STATES,
    UNSIGNED,
    Ticket,
    TicketLine,
    Untraded,
    may_lack,
    plain_record,
    to_document,
)

ID_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,23}")
_CHOICES = {"side": SIDES, "market_side": SIDES, "state": STATES}


def from_document(document: Mapping[str, Any]) -> Ticket:
    """The ticket that `to_document` wrote, with its checksum checked.

    Raises InputError in one sentence that names the field which is missing, unknown or does not
    read, or says that the checksum does not fit.
    """
    ticket = read_ticket(document)
    if not ticket.intact:
        raise InputError(
            f"The ticket {ticket.ticket_id} was altered: its checksum does not fit what it says."
        )
    return ticket


def read_ticket(document: Mapping[str, Any]) -> Ticket:
    """As `from_document`, without a look at the checksum."""
    names = (*HEAD_FIELDS, *UNSIGNED, "lines", "untraded")
    _refuse_other_fields(Ticket, document, names, "The ticket")
    values = {
        name: read_field(Ticket, name, document[name], "The ticket")
        for name in names[:-2]
        if name in document
    }
    for name, kind in (("lines", TicketLine), ("untraded", Untraded)):
        if not isinstance(document[name], list):
            raise InputError(f"The ticket's {name} are no list.")
        values[name] = tuple(
            read_record(kind, item, f"{name}, number {number},")
            for number, item in enumerate(document[name], start=1)
        )
    if not ID_FORM.fullmatch(values["ticket_id"]):
        raise InputError(f"{reprlib.repr(values['ticket_id'])} cannot be the id of a ticket.")
    return Ticket(**values)


def read_record(kind: type, document: Any, where: str) -> Any:
    """A TicketLine or Untraded of plain values; `where` starts the sentence of a refusal."""
    if not isinstance(document, Mapping):
        raise InputError(f"{where} is no list of named values.")
    names = tuple(f.name for f in fields(kind))
    _refuse_other_fields(kind, document, names, where)
    return kind(
        **{
            name: read_field(kind, name, document[name], where)
            for name in names
            if name in document
        }
    )


def read_field(kind: Any, name: str, value: Any, where: str) -> Any:
    """One field from its plain value, by the field's type. Raises InputError naming it."""
    hint = _hints_of(kind)[name]
    what = f"{where} {name}"
    if isinstance(hint, types.UnionType):
        if value is None:
            return None
        hint = next(h for h in typing.get_args(hint) if h is not type(None))
    if hint is bool:
        if isinstance(value, bool):
            return value
        raise InputError(f"{what} is {reprlib.repr(value)}, neither true nor false.")
    # A JSON number would have gone through a float on its way.
    if not isinstance(value, str):
        raise InputError(f"{what} is {reprlib.repr(value)}, not text.")
    if name in _CHOICES and value not in _CHOICES[name]:
        raise InputError(f"{what} is {reprlib.repr(value)}, none of {', '.join(_CHOICES[name])}.")
    return _READERS.get(hint, _text)(value, what)


@functools.cache
def _hints_of(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def differences(original: Ticket, other: Ticket) -> tuple[str, ...]:
    """In what `other` is not `original`, field by field, state and checksum apart; () if same."""
    first, second = to_document(original), to_document(other)
    out = [
        f"{name} {_shown(first.get(name))} became {_shown(second.get(name))}"
        for name in HEAD_FIELDS
        if first.get(name) != second.get(name)
    ]
    for what in ("lines", "untraded"):
        out += _records_differ(what, getattr(original, what), getattr(other, what))
    return tuple(out)


def _records_differ(what: str, first: tuple[Any, ...], second: tuple[Any, ...]) -> list[str]:
    out = []
    label = "line" if what == "lines" else "untraded"
    ours = {item.symbol: plain_record(item) for item in first}
    theirs = {item.symbol: plain_record(item) for item in second}
    for symbol, was in ours.items():
        if (now := theirs.get(symbol)) is None:
            out.append(f"{label} {symbol} is missing")
            continue
        out += [
            f"{label} {symbol}: {name} {_shown(was.get(name))} became {_shown(now.get(name))}"
            for name in {**was, **now}
            if was.get(name) != now.get(name)
        ]
    out += [f"{label} {symbol} was added" for symbol in theirs if symbol not in ours]
    if not out and [i.symbol for i in first] != [i.symbol for i in second]:
        out.append(f"the {what} are in another order")
    return out


def _shown(value: Any) -> str:
    return "nothing" if value in (None, "") else str(value)


def _refuse_other_fields(
    kind: type, document: Mapping[str, Any], names: tuple[str, ...], where: str
) -> None:
    missing = [name for name in names if name not in document and not may_lack(kind, name)]
    unknown = [str(name) for name in document if name not in names]
    if missing:
        raise InputError(f"{where} has no {missing[0]}: export it again.")
    if unknown:
        raise InputError(f"{where} has an unknown field {reprlib.repr(unknown[0])}.")


def _text(value: str, what: str) -> str:
    return value


def _time(value: str, what: str) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(value)
    except ValueError as error:
        raise InputError(f"{what} is {reprlib.repr(value)}, no time.") from error
    if at.tzinfo is None:
        raise InputError(f"{what} is {reprlib.repr(value)}, a time without its zone.")
    return at.astimezone(dt.UTC)


def _day(value: str, what: str) -> dt.date:
    try:
        return dt.date.fromisoformat(value)
    except ValueError as error:
        raise InputError(f"{what} is {reprlib.repr(value)}, no date YYYY-MM-DD.") from error


_READERS: Mapping[Any, Callable[[str, str], Any]] = {
    Decimal: parse_amount, dt.datetime: _time, dt.date: _day,
}  # fmt: skip
