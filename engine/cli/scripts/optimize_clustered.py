"""The script that computes and stores a portfolio; the command `optimize` with a first load."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence

from engine.cli.answer import Answer
from engine.cli.arguments.shared import add_analysis, add_optimize, add_store, params_of
from engine.cli.optimize import optimize
from engine.cli.parser import Parser, execute
from engine.cli.scripts.first_load import add_first_load, first_load
from engine.desk import Desk

NAME = "optimize_clustered_v2"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script; its exit code, as of every command."""
    parser = Parser(prog=f"{NAME}.py", description=__doc__)
    add_store(parser)
    add_analysis(parser)
    add_optimize(parser)
    add_first_load(parser)
    parser.set_defaults(run=_run)
    return execute(parser, argv)


def _run(arguments: argparse.Namespace) -> Answer:
    params_of(arguments)  # what cannot be used is refused before anything is loaded
    said = first_load(arguments, Desk(arguments.db))
    answer = optimize(arguments)
    return dataclasses.replace(answer, notes=(*said, *answer.notes))
