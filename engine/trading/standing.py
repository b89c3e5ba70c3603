"""Which entries of a ledger count: all but those that were undone and those that undid them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar

from engine.core.errors import InputError

# What is only on paper; a ticket was traded, so a correction must say what became of it.
UNDOABLE = ("cash", "holdings", "split", "dividend", "correction")


class LedgerEntry(Protocol):
    """What is read of an entry of the ledger."""

    @property
    def portfolio(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def effective_date(self) -> dt.date: ...
    @property
    def payload(self) -> Mapping[str, Any]: ...
    @property
    def hash(self) -> str: ...


AnEntry = TypeVar("AnEntry", bound=LedgerEntry)


def undoes(entry: LedgerEntry) -> int | None:
    """The number of the entry that this one takes back; None if it is no undo."""
    return entry.payload.get("undoes") if entry.kind == "correction" else None


def standing(entries: Iterable[AnEntry]) -> list[AnEntry]:
    """The entries that count: without those that were undone and those that undid them.

    Left out rather than added up, so that what is recorded later for an earlier day counts as if
    the undone entry had never been. Raises InputError where one undoes anything but the entry
    before it, of the same day.
    """
    known = list(entries)
    by_seq = {e.seq: e for e in known}
    gone: set[int] = set()
    for entry in known:
        seq = undoes(entry)
        if seq is None:
            continue
        before = by_seq.get(entry.seq - 1)
        if (
            before is None
            or seq != before.seq
            or before.kind not in UNDOABLE
            or undoes(before) is not None
            or before.effective_date != entry.effective_date
        ):
            raise InputError(
                f"Entry {entry.seq} of {entry.portfolio} undoes {str(seq)[:20]}: only the entry "
                "before it can be undone."
            )
        gone |= {seq, entry.seq}
    return [e for e in known if e.seq not in gone]
