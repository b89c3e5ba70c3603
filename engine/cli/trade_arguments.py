"""Arguments of portfolio, drift and ticket, and their way into trade and drift parameters."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import Any

from engine.cli.arguments import settings_of
from engine.core.errors import InputError


def add_by(parser: argparse.ArgumentParser) -> None:
    """--by."""
    parser.add_argument("--by", default="", metavar="NAME", help="who does this, for the record")


def add_portfolio(parser: argparse.ArgumentParser) -> None:
    """--portfolio."""
    parser.add_argument("--portfolio", metavar="NAME", help="default: the only one there is")


def add_entries(parser: argparse.ArgumentParser) -> None:
    """What `portfolio` records."""
    parser.add_argument("action", choices=ACTIONS, metavar="ACTION",
                        help=", ".join(ACTIONS) + " (the last entry)")  # fmt: skip
    parser.add_argument("name", nargs="?", metavar="NAME", help="as --portfolio")
    parser.add_argument("--cash", "--amount", metavar="N", help="money; out of it with a minus")
    parser.add_argument(
        "--file", metavar="FILE", help="create, holdings: CSV with symbol, quantity"
    )
    parser.add_argument(
        "--hold", action="append", default=[], metavar="SYMBOL=QUANTITY",
        help="create, holdings: units held; correction: units to add; repeatable",
    )  # fmt: skip
    parser.add_argument("--base", default="USD", metavar="CUR", help="create: base currency")
    parser.add_argument("--on", metavar="D", help="day from which it counts, YYYY-MM-DD")
    parser.add_argument("--symbol", metavar="S", help="split, dividend: of what")
    parser.add_argument("--ratio", metavar="R", help="split: new units for one old, 4 or 3:2")
    parser.add_argument("--reason", default="", metavar="TEXT", help="correction: why")


RECORDS = ("holdings", "cash", "split", "dividend", "correction")
ACTIONS = ("create", *RECORDS, "show", "undo")


def day_of(arguments: argparse.Namespace) -> dt.date | None:
    """--on, else --as-of where the command has it. Raises InputError for what is no date."""
    for option in ("on", "as_of"):
        text = getattr(arguments, option, None)
        if text:
            try:
                return dt.date.fromisoformat(text)
            except ValueError as error:
                name = option.replace("_", "-")
                raise InputError(
                    f"--{name} {text[:40]} is not a date: write 2022-06-30."
                ) from error
    return None


def file_of(path: str, what: str) -> bytes:
    """A file's bytes. Raises InputError if it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{what} {path} cannot be read ({error.strerror}).") from error


def asked_for_nothing(arguments: argparse.Namespace) -> bool:
    """Whether no option says how the target is to be computed; those of drift and trades do not."""
    return arguments.preset is None and not set(settings_of(arguments)) - set(of_trading(arguments))


def of_trading(arguments: argparse.Namespace) -> dict[str, Any]:
    """What the options set of the groups `drift` and `trade`."""
    return {k: v for k, v in settings_of(arguments).items() if k.startswith(("drift.", "trade."))}
