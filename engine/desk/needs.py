"""What the parts of a desk are handed, as they see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.desk.runs import Audited, Opened, Saved
from engine.params import Params
from engine.store import LedgerStore, StoredRun


class Universes(Protocol):
    """Where universes are opened."""

    def open(self, universe: str | None = None, snapshot_id: str | None = None) -> Opened:
        """The universe's latest snapshot (or a given one) on its calendar."""
        ...


class Runs(Protocol):
    """Where runs are made, found and audited."""

    def run(self, run_id: str) -> StoredRun:
        """A run. Raises InputError naming those that exist."""
        ...

    def optimise(
        self, universe: str | None, params: Params, by: str = "", waived: tuple[str, ...] = ()
    ) -> Saved:
        """Compute a portfolio from the latest snapshot and store it as a run."""
        ...

    def audit_run(self, run_id: str | None = None, universe: str | None = None) -> Audited:
        """Every check of a run, recomputed."""
        ...


@dataclass(frozen=True)
class Needs:
    """What all parts of a desk are handed."""

    ledger: LedgerStore
    universes: Universes
    runs: Runs
