"""The commands that store data: ingest, load-packaged, simulate."""

from __future__ import annotations

import argparse
import dataclasses

from engine.cli.answer import Answer
from engine.core import format as fmt
from engine.core.errors import InputError
from engine.desk import Desk
from engine.sources.simulation.simulate import SimulationSpec
from engine.store import IngestResult


def ingest(arguments: argparse.Namespace) -> Answer:
    """Store files."""
    desk = Desk(arguments.db)
    return _ingested(
        desk.ingest(arguments.prices, arguments.instruments, arguments.universe, by=arguments.by)
    )


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
    return Answer(dataclasses.asdict(result), text, (result.notice,) if result.notice else ())
