"""Arguments of portfolio, drift and ticket, and their way into trade and drift parameters."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import Any

from engine.cli.arguments.shared import settings_of
from engine.core.errors import InputError
from engine.core.words import BY_HAND, EntryKind
from engine.trading.entries import ENTRIES
from engine.trading.entry import EntryType, Field, FieldKind


def add_portfolio(parser: argparse.ArgumentParser) -> None:
    """--portfolio."""
    parser.add_argument("--portfolio", metavar="NAME", help="default: the only one there is")


def add_entries(parser: argparse.ArgumentParser) -> None:
    """What `portfolio` records."""
    parser.add_argument("action", choices=ACTIONS, metavar="ACTION",
                        type=lambda word: word.replace("-", "_"),
                        help=", ".join(ACTIONS) + " (the last entry)")  # fmt: skip
    parser.add_argument("name", nargs="?", metavar="NAME", help="as --portfolio")
    parser.add_argument(
        "--base", metavar="CUR", help="create: base currency (default: data.base_currency)"
    )
    parser.add_argument("--on", metavar="D", help="day from which it counts, YYYY-MM-DD")
    parser.add_argument(
        "--again", action="store_true", help="record it though an equal one of that day stands"
    )
    asked: dict[tuple[str, ...], list[tuple[EntryType, Field]]] = {}
    for entry in ENTRIES.values():
        for one in entry.fields:
            asked.setdefault(flags_of(one), []).append((entry, one))
    files = [entry.kind for entry in ENTRIES.values() for f in entry.fields if takes_file(f)]
    parser.add_argument(
        "--file", metavar="FILE", help=f"{', '.join(files)}: CSV with symbol, quantity"
    )
    for flags, askers in asked.items():
        if flags == MONEY:
            parser.add_argument(*flags, metavar="N", help="money; out of it with a minus")
        elif flags == UNITS:
            parser.add_argument(
                *flags, action="append", default=[], metavar="SYMBOL=QUANTITY",
                help=f"{_helped(askers)}; repeatable",
            )  # fmt: skip
        else:
            parser.add_argument(*flags, metavar=_metavar(askers[0][1]), help=_helped(askers))


ACTIONS = (EntryKind.CREATE.value, *(kind.value for kind in BY_HAND), "show", "undo")
# An entry asks for one amount and one set of units at most; further ones go by their own names.
MONEY = ("--cash", "--amount")
UNITS = ("--hold",)
_METAVARS = {FieldKind.AMOUNT: "N", FieldKind.SYMBOL: "S", FieldKind.LISTED: "S",
             FieldKind.RATIO: "R", FieldKind.CURRENCY: "CUR", FieldKind.RATE: "R"}  # fmt: skip


def flags_of(one: Field) -> tuple[str, ...]:
    """The option that hands in a field."""
    if one.kind.of_units:
        return UNITS
    flag = f"--{one.name.replace('_', '-')}"
    return MONEY if flag in MONEY else (flag,)


def takes_file(one: Field) -> bool:
    """Whether a field may be handed in as a file, too."""
    return one.kind is FieldKind.ROWS


def refuse_unused(arguments: argparse.Namespace) -> None:
    """Raises InputError for options of other actions than the one that is asked for: what is not
    used would be passed over without a word."""
    action = arguments.action
    used = {"create": [ENTRIES[EntryKind.HOLDINGS]]}.get(action) or [
        entry for entry in ENTRIES.values() if entry.kind == action and entry.kind in BY_HAND
    ]
    fields = [one for entry in used for one in entry.fields]
    taken = {flags_of(one)[0] for one in fields}
    taken |= {"--file"} if any(takes_file(one) for one in fields) else set()
    taken |= {"--base"} if action == "create" else set()
    every = {flags_of(one)[0] for entry in ENTRIES.values() for one in entry.fields}
    unused = [
        flag
        for flag in sorted({*every, "--file", "--base"} - taken)
        if getattr(arguments, flag.lstrip("-").replace("-", "_"), None) not in (None, [])
    ]
    if unused:
        raise InputError(
            f"`portfolio {action}` does not use {', '.join(unused)}: leave it out, or choose the "
            "action that does."
        )


def shown_as(one: Field) -> str:
    """A field's option as it is written: --cash N."""
    return f"{flags_of(one)[0]} {_metavar(one)}"


def _metavar(one: Field) -> str:
    return _METAVARS.get(one.kind, "TEXT")


def _helped(askers: list[tuple[EntryType, Field]]) -> str:
    """What an option means, by the kinds of entries that it means it for."""
    kinds: dict[str, list[str]] = {}
    for entry, one in askers:
        kinds.setdefault(one.help, []).append(entry.kind)
    return "; ".join(f"{', '.join(named)}: {text}" for text, named in kinds.items())


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
