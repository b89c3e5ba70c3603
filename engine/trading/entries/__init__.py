"""The kinds of ledger entries: one table, a module for each word of `EntryKind`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from engine.core.words import EntryKind
from engine.trading.entry import EntryType


def _of(kind: EntryKind) -> EntryType:
    found: EntryType = import_module(f"{__name__}.{kind}").ENTRY
    return found


# By kind, in the order of the words; text finds its kind, too.
ENTRIES: Mapping[str, EntryType] = {kind: _of(kind) for kind in EntryKind}
