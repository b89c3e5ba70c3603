"""Universes, prices, runs and ledgers in one DuckDB file: the only importer of DuckDB."""

from __future__ import annotations

from engine.store.catalog import Catalog, UniverseInfo
from engine.store.ledger.chain import Entry, TicketEvent
from engine.store.ledger.ledger import LedgerStore
from engine.store.ledger.records import Accepted, PortfolioInfo, StoredTicket
from engine.store.ledger.verify import Fault, Verification, Verified
from engine.store.prices import IngestResult
from engine.store.removals import Removal
from engine.store.runs.records import NewRun, RunWeight, StoredRun
from engine.store.runs.runs import RunStore
from engine.store.snapshots import Content, Snapshot
from engine.store.store import Store

__all__ = [
    "Accepted",
    "Catalog",
    "Content",
    "Entry",
    "Fault",
    "IngestResult",
    "LedgerStore",
    "NewRun",
    "PortfolioInfo",
    "Removal",
    "RunStore",
    "RunWeight",
    "Snapshot",
    "Store",
    "StoredRun",
    "StoredTicket",
    "TicketEvent",
    "UniverseInfo",
    "Verification",
    "Verified",
]
