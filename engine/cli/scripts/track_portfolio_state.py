"""The script that tracks what is held; the commands of portfolios, with a first load."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence

from engine.cli.answer import Answer
from engine.cli.parser import Parser, execute
from engine.cli.trading import add_trade_commands
from engine.desk import Desk

NAME = "track_portfolio_state"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script; its exit code, as of every command."""
    parser = Parser(prog=f"{NAME}.py", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for sub in add_trade_commands(subparsers).values():
        sub.add_argument(
            "--packaged-if-empty", action="store_true",
            help="load the packaged data first if the database holds no universe",
        )  # fmt: skip
        sub.set_defaults(command_run=sub.get_default("run"), run=_run)
    return execute(parser, argv)


def _run(arguments: argparse.Namespace) -> Answer:
    desk = Desk(arguments.db)
    said: tuple[str, ...] = ()
    if arguments.packaged_if_empty and not desk.store.universes():
        desk.load_packaged(arguments.by)
        said = (f"Nothing was loaded: the packaged data is now in {arguments.db}.",)
    answer = arguments.command_run(arguments)
    return dataclasses.replace(answer, notes=(*said, *answer.notes))
