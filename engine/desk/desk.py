"""The use cases of one database: load, look, compute, store, audit."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd

from engine import pipeline
from engine.allocation.audit import audit
from engine.core.errors import CutlineError, EmptyUniverse, InputError, NotFinished
from engine.desk.batches import (
    Ingested,
    checked,
    ingested,
    odd_after,
    read_files,
    refuse_nothing,
)
from engine.desk.needs import Needs
from engine.desk.portfolios import Portfolios
from engine.desk.runs import Audited, Opened, Saved, figures_of, new_run, record_of
from engine.desk.whatif import Asked, asked
from engine.market.grid import build_grid
from engine.market.oddities import Oddity, oddities
from engine.market.preview import Batch, Preview, build_preview
from engine.params import Params
from engine.pipeline import Analysis, analyse
from engine.sources.base import SourceData
from engine.sources.files import BY_ITSELF, RawPrices, ReadingParams
from engine.sources.files.opening import stem
from engine.sources.files.writing import written
from engine.sources.packaged import packaged
from engine.sources.simulation.simulate import SimulationSpec, simulate_spec
from engine.store import IngestResult, Removal, Store, StoredRun, UniverseInfo

DEFAULT_DB = Path("data/cutline.duckdb")
PACKAGED = "packaged"
_SIMULATION = SimulationSpec(seed=0)


class Desk:
    """Everything a person can do with one database. Holds no data and no connection."""

    def __init__(self, db: Path | str = DEFAULT_DB) -> None:
        path = Path(db)
        if not path.name:
            raise InputError(f"The database {str(db)!r} is not a file: name one, as {DEFAULT_DB}.")
        self.store = Store(path)

    @property
    def portfolios(self) -> Portfolios:
        """The use cases of portfolios, drift and tickets."""
        writer = self._writer
        return Portfolios(Needs(self.store.ledger, self, self),
                          Needs(writer.store.ledger, writer, writer))  # fmt: skip

    @property
    def _writer(self) -> Desk:
        """This desk for what ends in a write: its reads wait for the store as long as a write."""
        other = copy.copy(self)
        other.store = self.store.patient()
        return other

    def ingest(
        self,
        prices: Any,
        instruments: Any | None,
        universe: str | None = None,
        today: dt.date | None = None,
        by: str = "",
        how: ReadingParams = BY_ITSELF,
    ) -> Ingested:
        """Read, check and store files; see `Store.ingest` for what one transaction holds.

        prices, universe: as of `read_files`. Without instruments, those stored. `by` is who does
        it, for the record; how: what is said by hand of the reading. Raises InputError for files
        that cannot be read, or of which no row is fit; bad rows beside good ones are quarantined.
        """
        raw, name, table = read_files(prices, instruments, universe, how, today)
        stored = self._writer.store.symbols(name)
        if table is None and not stored:
            raise InputError(_no_instruments(name))
        batch = checked(raw, name, table, stored, today)
        refuse_nothing(batch)
        result = self._ingest(batch, by)
        now = self._writer.store.snapshot(name)
        return ingested(result, batch, now.prices, now.instruments)

    def preview(
        self,
        prices: Any,
        instruments: Any | None,
        universe: str | None = None,
        today: dt.date | None = None,
        how: ReadingParams = BY_ITSELF,
    ) -> Preview:
        """What `ingest` of the same would store, quarantine and find wanting; stores nothing.

        Without any instruments every symbol is taken as known, and the refusal asks for them.
        Raises InputError for files that cannot be read and for a name that does not fit or is
        deleted, StoreBusy. Cost: that of an ingest without the writing.
        """
        raw, name, table = read_files(prices, instruments, universe, how, today)
        current = self.store.current(name)
        stored = set(current.instruments["symbol"])
        refusal = None
        if table is None and not stored:
            refusal, stored = _no_instruments(name), set(raw.frame["symbol"])
        batch = checked(raw, name, table, stored, today)
        is_new, revised = current.compare(batch.prices)
        return build_preview(
            batch, set(current.prices["symbol"].unique()), current.instruments,
            int(is_new.sum()), int(revised.sum()), refusal,
            lambda after: odd_after(batch, current.prices, after),
        )  # fmt: skip

    def ingest_previewed(self, preview: Preview, by: str = "") -> IngestResult:
        """Store what was previewed, those rows and no others; a repeat finds all unchanged.

        Raises InputError for a preview that was refused, and as `Store.ingest`.
        """
        if preview.refusal:
            raise InputError(preview.refusal)
        return self._ingest(preview.batch, by)

    def load_packaged(self, by: str = "") -> IngestResult:
        """Store the packaged real data as universe `packaged`."""
        return self._store(PACKAGED, packaged(), by)

    def load_simulated(self, spec: SimulationSpec = _SIMULATION, by: str = "") -> IngestResult:
        """Store a simulated universe as `sim-SEED`."""
        return self._store(f"sim-{spec.seed}", simulate_spec(spec), by)

    def delete(self, universe: str, by: str = "") -> Removal:
        """Take a universe out of sight; nothing is lost. See `Store.delete`."""
        return self.store.delete(universe, by)

    def restore(self, universe: str, by: str = "") -> UniverseInfo:
        """Bring a deleted universe back. See `Store.restore`."""
        return self.store.restore(universe, by)

    def deleted(self) -> list[tuple[UniverseInfo, Removal]]:
        """The universes that are deleted now, the latest first."""
        return self.store.deleted()

    def prices_file(self, universe: str, kind: str = "parquet") -> bytes:
        """The universe's prices as stored, as a file that `ingest` reads back as unchanged.

        kind: parquet or csv. Raises InputError for another.
        """
        return written(self.store.snapshot(universe).prices, kind)

    def instruments(self, universe: str) -> pd.DataFrame:
        """The universe's instruments as stored."""
        return self.store.snapshot(universe).instruments

    def _store(self, universe: str, data: SourceData, by: str) -> IngestResult:
        raw = RawPrices.of(data.prices, data.source)
        return self._ingest(checked(raw, universe, data.instruments, set(), None), by)

    def _ingest(self, batch: Batch, by: str) -> IngestResult:
        return self.store.ingest(
            batch.universe, batch.instruments, batch.prices, batch.rejects, batch.source, by
        )

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

    @property
    def needs(self) -> Needs:
        """What parts of this desk are handed that only read."""
        return Needs(self.store.ledger, self, self)

    def whatif(self, universe: str | None, params: Params, against: str | None = None) -> Asked:
        """What other thresholds would do to the whole portfolio; stores nothing. See `asked`."""
        return asked(self.needs, self.open(universe), params, against)

    def odd(self, opened: Opened) -> tuple[Oddity, ...]:
        """What looks wrong of what is stored: 0.7 s at 305 series, so ask once a snapshot."""
        return oddities(opened.snapshot.prices, opened.snapshot.instruments)

    def analyse(self, universe: str | None, params: Params) -> Analysis:
        """Open and run every stage."""
        return analyse(self.open(universe).grid, params)

    def optimise(
        self, universe: str | None, params: Params, by: str = "", waived: tuple[str, ...] = ()
    ) -> Saved:
        """Compute a portfolio from the latest snapshot and store it as a run.

        The same inputs give the same run, stored once. `waived`: `metadata` lets assets without a
        class be held, on record. Raises what the pipeline and `RunStore.save` raise; then nothing
        is stored.
        """
        opened = self._writer.open(universe)
        portfolio = pipeline.recompute(opened.grid, params)
        run = new_run(opened, params, portfolio, waived)
        return Saved(self.store.runs.save(run, by), portfolio, opened)

    def save_run(
        self, universe: str | None, params: Params, by: str = "", waived: tuple[str, ...] = ()
    ) -> StoredRun:
        """As `optimise`, the run alone."""
        return self.optimise(universe, params, by, waived).run

    def runs(self, universe: str | None = None) -> tuple[StoredRun, ...]:
        """The runs of a universe, the latest first."""
        return self.store.runs.of(self.universe(universe))

    def run(self, run_id: str) -> StoredRun:
        """A run, also of a deleted universe. Raises InputError naming those that exist."""
        return self.store.runs.read(run_id)

    def audit_run(self, run_id: str | None = None, universe: str | None = None) -> Audited:
        """Every check of a run, recomputed from its own snapshot and parameters with the code at
        hand. Without an id the universe's latest.

        What keeps it from being recomputed is a failed check; only what may pass (StoreBusy) and an
        unknown run are raised: InputError.
        """
        # An empty id is a caller's unset variable: another run must not pass in its place.
        run = (
            self.store.runs.latest(self.universe(universe)) if run_id is None else self.run(run_id)
        )
        if run is None:
            raise InputError(
                f"The universe {self.universe(universe)} has no stored run: "
                "run `python -m engine optimize` first."
            )
        if universe not in (None, run.universe):
            raise InputError(f"The run {run.run_id} is of the universe {run.universe}: leave "
                             "--universe out.")  # fmt: skip
        evidence, reason = None, ""
        try:
            # From the tables: a copy must not hide that they were changed.
            snapshot = self.store.snapshot(run.universe, run.snapshot_id, from_tables=True)
            opened = Opened(snapshot, build_grid(snapshot.prices, snapshot.instruments))
            params = Params.from_json(run.params)
            portfolio = pipeline.recompute(opened.grid, params)
            waived = tuple(kind for kind in pipeline.WAIVERS if kind in run.waivers)
            evidence = dataclasses.replace(
                pipeline.evidence_of(portfolio, params),
                figures=figures_of(new_run(opened, params, portfolio, waived)),
            )
        except NotFinished:
            raise
        except CutlineError as error:
            reason = str(error)
        return Audited(audit(evidence, record_of(run), reason), run)

    def audit_code(self, universe: str | None = None) -> list[pipeline.Case]:
        """Every preset × regime × profile, recomputed and audited; stores nothing."""
        return list(pipeline.every_case(self.open(universe).grid))


def suggested_name(prices: Any) -> str:
    """A universe name that fits, from the name of a price file."""
    return Store.name_from(stem(str(prices)))


def _no_instruments(universe: str) -> str:
    return f"Universe {universe!r} has no instruments yet: hand them in with the prices."
