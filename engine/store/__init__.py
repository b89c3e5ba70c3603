"""Universes, append-only prices and snapshots in one DuckDB file: the only importer of DuckDB."""

from __future__ import annotations

from engine.store.catalog import Catalog, UniverseInfo
from engine.store.prices import IngestResult
from engine.store.removals import Removal
from engine.store.snapshots import Content, Snapshot
from engine.store.store import Store

__all__ = [
    "Catalog",
    "Content",
    "IngestResult",
    "Removal",
    "Snapshot",
    "Store",
    "UniverseInfo",
]
