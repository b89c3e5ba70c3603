"""Universes, append-only prices and snapshots in one DuckDB file: the only importer of DuckDB."""

from __future__ import annotations

from engine.store.catalog import Catalog, UniverseInfo
from engine.store.prices import IngestResult
from engine.store.store import Snapshot, Store

__all__ = ["Catalog", "IngestResult", "Snapshot", "Store", "UniverseInfo"]
