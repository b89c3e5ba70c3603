"""The use cases that join sources, store and pipeline; called by command line and pages alike."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import EmptyUniverse, InputError
from engine.market.grid import Grid, build_grid
from engine.market.quality import validate
from engine.params import Params
from engine.pipeline import Analysis, analyse
from engine.sources.base import SourceData
from engine.sources.files import RawPrices, read_instruments, read_prices
from engine.sources.packaged import packaged
from engine.sources.simulated import SimulationSpec, simulate_spec
from engine.store import IngestResult, Snapshot, Store

DEFAULT_DB = Path("data/cutline.duckdb")
PACKAGED = "packaged"
_SIMULATION = SimulationSpec(seed=0)


@dataclass(frozen=True)
class Opened:
    """A universe as its latest snapshot has it, ready for the pipeline."""

    snapshot: Snapshot
    grid: Grid


class Desk:
    """Everything a person can do with one database. Holds no data and no connection."""

    def __init__(self, db: Path | str = DEFAULT_DB) -> None:
        path = Path(db)
        if not path.name:
            raise InputError(f"The database {str(db)!r} is not a file: name one, as {DEFAULT_DB}.")
        self.store = Store(path)

    def ingest(
        self,
        prices: Any,
        instruments: Any | None,
        universe: str | None = None,
        today: dt.date | None = None,
    ) -> IngestResult:
        """Read, check and store files; see `Store.ingest` for what one transaction holds.

        Without a universe the price file's name is taken. Without instruments, those stored.
        Raises InputError for files that cannot be read; bad rows are quarantined, not raised.
        """
        raw = read_prices(prices)
        name = universe or Path(raw.source).stem
        table = None if instruments is None else read_instruments(instruments)
        stored = set(self.store.symbols(name))
        if table is None and not stored:
            raise InputError(
                f"Universe {name!r} has no instruments yet: hand them in with the prices."
            )
        known = stored | (set() if table is None else set(table["symbol"]))
        clean, rejects = validate(raw, known, today or _today())
        return self.store.ingest(name, table, clean, rejects, raw.source)

    def load_packaged(self) -> IngestResult:
        """Store the packaged real data as universe `packaged`."""
        return self._store(PACKAGED, packaged())

    def load_simulated(self, spec: SimulationSpec = _SIMULATION) -> IngestResult:
        """Store a simulated universe as `sim-SEED`."""
        return self._store(f"sim-{spec.seed}", simulate_spec(spec))

    def _store(self, universe: str, data: SourceData) -> IngestResult:
        raw = RawPrices.of(data.prices, data.source)
        clean, rejects = validate(raw, set(data.instruments["symbol"]), _today())
        return self.store.ingest(universe, data.instruments, clean, rejects, data.source)

    def universe(self, name: str | None = None) -> str:
        """`name`, or the universe last loaded. Raises EmptyUniverse if nothing is loaded."""
        found = name or self.store.last_universe()
        if found is None:
            raise EmptyUniverse(
                "Nothing is loaded yet: run `python -m engine load-packaged` or ingest a file."
            )
        return found

    def open(self, universe: str | None = None, snapshot_id: str | None = None) -> Opened:
        """The universe's latest snapshot (or a given one) on its calendar."""
        snapshot = self.store.snapshot(self.universe(universe), snapshot_id)
        return Opened(snapshot, build_grid(snapshot.prices, snapshot.instruments))

    def analyse(self, universe: str | None, params: Params) -> Analysis:
        """Open and run every stage."""
        return analyse(self.open(universe).grid, params)


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()
