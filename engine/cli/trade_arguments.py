"""Arguments of portfolio, drift and ticket, and their way into trade and drift parameters."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

from engine.cli.arguments import params_of
from engine.core.errors import InputError, ParamError
from engine.core.knobs import coerce, hints_of
from engine.params import Params
from engine.params.trading import DriftParams, TradeParams

GROUPS = {"trade": TradeParams, "drift": DriftParams}
# The seed of the preset Evidence trades half of the way.
_PHI = {"evidence": 0.5}


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


def all_params(arguments: argparse.Namespace) -> tuple[Params, DriftParams, TradeParams]:
    """Preset, --set and shorthands, also of the groups `drift` and `trade`.

    Raises ParamError naming the knob that does not fit.
    """
    own: dict[str, dict[str, Any]] = {"trade": {}, "drift": {}}
    rest = []
    for item in arguments.set:
        key, equals, value = item.partition("=")
        group, _, knob = key.strip().partition(".")
        if group not in GROUPS or not equals:
            rest.append(item)
            continue
        hints = hints_of(GROUPS[group])
        if knob not in hints:
            known = ", ".join(f"{group}.{name}" for name in hints)
            raise ParamError(f"Unknown parameter {key.strip()!r}: choose one of {known}.")
        own[group][knob] = coerce(f"{group}.{knob}", value.strip(), hints[knob])
    if arguments.preset in _PHI:
        own["trade"].setdefault("phi", _PHI[arguments.preset])
    for option, knob in (("phi", "phi"), ("band", "no_trade_band")):
        if getattr(arguments, option, None) is not None:
            own["trade"][knob] = coerce(f"trade.{knob}", getattr(arguments, option), float)
    trimmed = argparse.Namespace(**{**vars(arguments), "set": rest})
    return params_of(trimmed), DriftParams(**own["drift"]), TradeParams(**own["trade"])


def asked_for_nothing(arguments: argparse.Namespace) -> bool:
    """Whether no option says how the target is to be computed."""
    names = ("as_of", "lookback", "linkage", "classes", "threshold", "profile", "cap", "penalty",
             "kind", "alpha")  # fmt: skip
    own = tuple(f"{group}." for group in GROUPS)
    settings = [item for item in arguments.set if not item.strip().startswith(own)]
    return (
        not settings
        and arguments.preset == "roadmap"
        and all(getattr(arguments, name, None) is None for name in names)
    )


def texts(group: Any) -> dict[str, Any]:
    """A group of knobs as plain values."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in dataclasses.asdict(group).items()
    }
