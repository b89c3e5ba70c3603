"""The kinds of ledger entries: one table, a module for each word of `EntryKind`."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.registry import by_module
from engine.core.words import EntryKind
from engine.trading.entry import EntryType

# By kind, in the order of the words; text finds its kind, too.
ENTRIES: Mapping[str, EntryType] = by_module(__name__, EntryKind, "ENTRY", EntryType)
