"""Dispatch: parse, run one command, print its answer, turn errors into exit codes.

Exit 0: done. 1: the answer is no. 2: bad input, nothing done. 3: not finished, try again.
With --json stdout holds one JSON object and nothing else; messages go to stderr.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from engine.cli import audit, commands, portfolio, removals
from engine.cli.arguments import add_analysis, add_optimize, add_store, add_sweep
from engine.cli.own_stdout import own_stdout
from engine.cli.trade_parser import add_trade_commands
from engine.core.errors import AnswerNo, CutlineError, NotFinished

Command = Callable[[argparse.Namespace], commands.Answer]


class Parser(argparse.ArgumentParser):
    """argparse, but one sentence and exit 2 instead of usage and a message."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}. See --help.", file=sys.stderr)
        raise SystemExit(2)


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

    ingest = command("ingest", commands.ingest, "Store prices and instruments.", analysis=False)
    ingest.add_argument("--prices", required=True, metavar="FILE", help="CSV or Parquet")
    ingest.add_argument(
        "--instruments", metavar="FILE", help="CSV or Parquet; needed the first time"
    )
    packaged = command(
        "load-packaged", commands.load_packaged, "Store the packaged data.", analysis=False
    )
    simulate = command("simulate", commands.simulate, "Store a simulated universe.", analysis=False)
    simulate.add_argument("--seed", type=int, default=0)
    simulate.add_argument("--assets", type=int, default=60)
    simulate.add_argument("--sessions", type=int, default=750)
    universes = command("universes", removals.universes, "What is loaded.", analysis=False)
    universes.add_argument("--deleted", action="store_true", help="and what was deleted")
    delete = command(
        "delete", removals.delete, "Take --universe out of sight; nothing is lost.", analysis=False
    )
    restore = command("restore", removals.restore, "Bring --universe back.", analysis=False)
    for sub in (ingest, packaged, simulate, delete, restore):
        sub.add_argument("--by", default="", metavar="NAME", help="who does this, for the record")
    command("health", commands.health, "State of every series at the as-of date.", analysis=True)
    clusters = command("clusters", commands.clusters, "Cut the tree into clusters.", analysis=True)
    clusters.add_argument("--threshold", metavar="T|auto", help="where to cut (default: auto)")
    sweep = command("sweep", commands.sweep, "The tree at every threshold.", analysis=True)
    add_sweep(sweep)
    regime = command("regime", portfolio.regime, "State of the market and why.", analysis=True)
    regime.add_argument("--history", action="store_true", help="and on every day before")
    command("fragility", portfolio.fragility, "Tail risk of every asset.", analysis=True)
    optimize = command(
        "optimize", portfolio.optimize, "Compute a portfolio and store it as a run.", analysis=True
    )
    add_optimize(optimize)
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


def execute(parser: Parser, argv: Sequence[str] | None) -> int:
    """Parse, call the `run` that the parser has set, print its answer; the exit code."""
    arguments = parser.parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Greek shows ? instead of ρ
    try:
        with own_stdout() if arguments.json else contextlib.nullcontext():
            answer = arguments.run(arguments)
    except CutlineError as error:
        print(str(error), file=sys.stderr)
        if isinstance(error, AnswerNo) and arguments.json:
            _print_json({"status": "no", "reason": str(error)})
        return error.exit_code
    for note in answer.notes:
        print(note, file=sys.stderr)
    try:
        if arguments.json:
            _print_json(answer.document)
        else:
            print(answer.text)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Python would try to flush again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"The answer could not be written ({error.strerror}).", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NotFinished.exit_code
    return answer.exit_code


def _print_json(document: dict[str, Any]) -> None:
    print(json.dumps(_plain(document), allow_nan=False))


def _plain(value: Any) -> Any:
    """NaN and infinity become null: JSON has no word for them."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
