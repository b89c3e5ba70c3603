"""The commands that store data: ingest, load-packaged, simulate."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from engine.cli.answer import Answer, table_text, write_file
from engine.core import format as fmt
from engine.core.errors import InputError
from engine.desk import Desk, Ingested, ReadingParams
from engine.sources.simulation.simulate import SimulationSpec
from engine.store import IngestResult

_ODD_SHOWN = 10
_SHOWN = 3  # files of which it is said how they were read; --json has all


def ingest(arguments: argparse.Namespace) -> Answer:
    """Store files."""
    how = ReadingParams(arguments.separator, arguments.decimal, arguments.dates, arguments.zone)
    done = Desk(arguments.db).ingest(
        arguments.prices, arguments.instruments, arguments.universe, by=arguments.by, how=how
    )
    rows = [(r["reason"], f"{r['rows']:,}", f"row {r['example']}") for r in done.reasons]
    told = [table_text(("quarantined", "rows", "first"), rows)] if rows else []
    read = [reading.words() for reading in done.readings[:_SHOWN]]
    notes = [f"{reading.file}: {note}" for reading in done.readings for note in reading.notes]
    odd = [one.words() for one in done.warnings]
    if len(odd) > _ODD_SHOWN:
        odd = [*odd[:_ODD_SHOWN], f"{fmt.count(len(odd) - _ODD_SHOWN)} more look wrong: --json has "
               "all."]  # fmt: skip
    answer = _ingested(done)
    return dataclasses.replace(
        answer, text="\n".join([answer.text, *told, *read]), notes=(*answer.notes, *notes, *odd)
    )


def export(arguments: argparse.Namespace) -> Answer:
    """Write the prices as they are stored."""
    desk, path = Desk(arguments.db), Path(arguments.out)
    universe = desk.universe(arguments.universe)
    data = desk.prices_file(universe, path.suffix.lower().removeprefix("."))
    write_file(path, data)
    info = desk.store.snapshot(universe).info
    document = {"universe": universe, "rows": info.rows, "symbols": info.symbols,
                "file": str(path), "snapshot_id": info.snapshot_id}  # fmt: skip
    found = f"{fmt.count(info.rows, 'price')} of {fmt.count(info.symbols, 'symbol')}"
    return Answer(document, f"Wrote {path}: {found} of {universe}.")


def load_packaged(arguments: argparse.Namespace) -> Answer:
    """Store the packaged data; it always has its own universe."""
    if arguments.universe not in (None, "packaged"):
        raise InputError("The packaged data is always universe `packaged`: leave --universe out.")
    return _ingested(Desk(arguments.db).load_packaged(arguments.by))


def simulate(arguments: argparse.Namespace) -> Answer:
    """Store a simulated universe as sim-SEED."""
    spec = SimulationSpec(
        seed=arguments.seed, n_assets=arguments.assets, n_sessions=arguments.sessions
    )
    if arguments.universe not in (None, f"sim-{spec.seed}"):
        raise InputError(f"Seed {spec.seed} is universe sim-{spec.seed}: leave --universe out.")
    return _ingested(Desk(arguments.db).load_simulated(spec, arguments.by))


def _ingested(result: IngestResult) -> Answer:
    text = (
        f"Universe {result.universe}: {fmt.count(result.symbols, 'symbol')}, "
        f"{fmt.count(result.rows, 'row')}: {result.stored:,} stored, "
        f"{result.unchanged:,} unchanged, "
        f"{result.revised:,} revised, {result.quarantined:,} quarantined. "
        f"Snapshot {result.snapshot_id[:12]}."
    )
    document = dataclasses.asdict(result)
    if isinstance(result, Ingested):
        document["warnings"] = [one.plain() for one in result.warnings]
    return Answer(document, text, (result.notice,) if result.notice else ())
