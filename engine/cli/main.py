"""Every command with its arguments: a new one is a module and a line here."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from engine.cli import (
    audit,
    clusters,
    exclusions,
    fragility,
    health,
    ingest,
    optimize,
    regime,
    sweep,
    universes,
    whatif,
)
from engine.cli.answer import Answer
from engine.cli.arguments.shared import (
    add_analysis,
    add_by,
    add_files,
    add_optimize,
    add_shorthands,
    add_store,
    add_sweep,
)
from engine.cli.parser import Parser, execute
from engine.cli.trading import add_trade_commands
from engine.sources.simulation.spec import SimulationSpec

Command = Callable[[argparse.Namespace], Answer]


def build_parser() -> Parser:
    """Every command with its arguments."""
    parser = Parser(prog="python -m engine", description="Cutline on the command line.")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Command, text: str, *, analysis: bool) -> argparse.ArgumentParser:
        sub = subparsers.add_parser(name, help=text, description=text)
        add_store(sub)
        if analysis:
            add_analysis(sub)
        sub.set_defaults(run=run)
        return sub

    of_ingest = command("ingest", ingest.ingest, "Store prices and instruments.", analysis=False)
    add_files(of_ingest)
    of_export = command("export", ingest.export, "Write the prices as stored.", analysis=False)
    of_export.add_argument("--out", required=True, metavar="FILE", help=".csv or .parquet")
    packaged = command(
        "load-packaged", ingest.load_packaged, "Store the packaged data.", analysis=False
    )
    simulate = command("simulate", ingest.simulate, "Store a simulated universe.", analysis=False)
    simulate.add_argument("--seed", type=int, default=0)
    simulate.add_argument("--assets", type=int, default=SimulationSpec.n_assets)
    simulate.add_argument("--sessions", type=int, default=SimulationSpec.n_sessions)
    of_universes = command("universes", universes.universes, "What is loaded.", analysis=False)
    of_universes.add_argument("--deleted", action="store_true", help="and what was deleted")
    delete = command(
        "delete", universes.delete, "Take --universe out of sight; nothing is lost.", analysis=False
    )
    restore = command("restore", universes.restore, "Bring --universe back.", analysis=False)
    exclude = command(
        "exclude", exclusions.exclude, "Take rows of prices out of the data, on record.",
        analysis=False,
    )  # fmt: skip
    release = command(
        "release", exclusions.release, "Bring excluded rows back as they were.", analysis=False
    )
    for sub in (exclude, release):
        exclusions.add_exclusion(sub)
    for sub in (of_ingest, packaged, simulate, delete, restore, exclude, release):
        add_by(sub)
    command("health", health.health, "State of every series at the as-of date.", analysis=True)
    of_clusters = command(
        "clusters", clusters.clusters, "Cut the tree into clusters.", analysis=True
    )
    add_shorthands(of_clusters, "--threshold")
    of_sweep = command("sweep", sweep.sweep, "The tree at every threshold.", analysis=True)
    add_sweep(of_sweep)
    of_whatif = command(
        "whatif", whatif.whatif, "The whole portfolio at every threshold, and where it jumps.",
        analysis=True,
    )  # fmt: skip
    whatif.add_whatif(of_whatif)
    of_regime = command("regime", regime.regime, "State of the market and why.", analysis=True)
    of_regime.add_argument("--history", action="store_true", help="and on every day before")
    command("fragility", fragility.fragility, "Tail risk of every asset.", analysis=True)
    of_optimize = command(
        "optimize", optimize.optimize, "Compute a portfolio and store it as a run.", analysis=True
    )
    add_optimize(of_optimize)
    checks = command(
        "audit", audit.audit, "Check a stored run, or every profile anew.", analysis=False
    )
    checks.add_argument("--run", dest="run_id", metavar="ID", help="default: the universe's latest")
    checks.add_argument(
        "--recompute", action="store_true",
        help="every preset, regime and profile; without --universe on the packaged data",
    )  # fmt: skip
    add_trade_commands(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    return execute(build_parser(), argv)
