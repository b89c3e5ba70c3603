"""Universes, prices, snapshots and runs in one DuckDB file: the only importer of DuckDB."""

from __future__ import annotations

from engine.store.catalog import Catalog, UniverseInfo
from engine.store.prices import IngestResult
from engine.store.removals import Removal
from engine.store.run_records import CASH, NewRun, RunWeight, StoredRun
from engine.store.runs import RunStore
from engine.store.snapshots import Content, Snapshot
from engine.store.store import Store

__all__ = [
    "CASH",
    "Catalog",
    "Content",
    "IngestResult",
    "NewRun",
    "Removal",
    "RunStore",
    "RunWeight",
    "Snapshot",
    "Store",
    "StoredRun",
    "UniverseInfo",
]
