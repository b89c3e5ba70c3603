"""The script that tracks what is held; the commands of portfolios, with a first load."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence

from engine.cli.answer import Answer
from engine.cli.parser import Parser, execute
from engine.cli.scripts.first_load import add_first_load, first_load
from engine.cli.trading import add_trade_commands
from engine.desk import Desk

NAME = "track_portfolio_state"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script; its exit code, as of every command."""
    parser = Parser(prog=f"{NAME}.py", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for sub in add_trade_commands(subparsers).values():
        add_first_load(sub)
        sub.set_defaults(command_run=sub.get_default("run"), run=_run)
    return execute(parser, argv)


def _run(arguments: argparse.Namespace) -> Answer:
    said = first_load(arguments, Desk(arguments.db))
    answer = arguments.command_run(arguments)
    return dataclasses.replace(answer, notes=(*said, *answer.notes))
