"""Which entries of a ledger count: all but those that were undone and those that undid them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from engine.core.errors import InputError
from engine.core.words import EntryKind
from engine.trading.entries import ENTRIES
from engine.trading.entry import LedgerEntry

AnEntry = TypeVar("AnEntry", bound=LedgerEntry)


def undoes(entry: LedgerEntry) -> int | None:
    """The number of the entry that this one takes back; None if it is no undo."""
    return entry.payload.get("undoes") if entry.kind == EntryKind.CORRECTION else None


def can_be_undone(entry: LedgerEntry) -> bool:
    """Whether an entry may be taken back: of a kind that can be, and itself no undo."""
    known = ENTRIES.get(entry.kind)
    return known is not None and known.undoable and undoes(entry) is None


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
            or not can_be_undone(before)
            or before.effective_date != entry.effective_date
        ):
            raise InputError(
                f"Entry {entry.seq} of {entry.portfolio} undoes {str(seq)[:20]}: only the entry "
                "before it can be undone."
            )
        gone |= {seq, entry.seq}
    return [e for e in known if e.seq not in gone]
