"""Arguments that commands share, and their way into `Params`."""

from __future__ import annotations

import argparse
from typing import Any

from engine.core.errors import InputError
from engine.core.words import DateOrder, DecimalMark, Separator, values_of
from engine.desk import DEFAULT_DB
from engine.params import DEFAULT, PRESETS, Params, chosen, describe
from engine.pipeline import WAIVERS

# Shorthand option → its knob, and what stands for the value. `--set` reaches every knob; a
# shorthand wins over it.
SHORTHANDS = {
    "--as-of": ("data.as_of", "D"),
    "--classes": ("data.classes", "A,B"),
    "--lookback": ("panel.lookback", "L"),
    "--linkage": ("tree.linkage", "M"),
    "--threshold": ("tree.threshold", "T|auto"),
    "--from": ("sweep.start", "T"),
    "--to": ("sweep.stop", "T"),
    "--step": ("sweep.step", "T"),
    "--profile": ("allocation.profile", "P"),
    "--cap": ("limits.cluster_cap", "C"),
    "--penalty": ("allocation.penalty", "L"),
    "--kind": ("allocation.penalty_kind", "K"),
    "--alpha": ("within.alpha", "A"),
    "--phi": ("trade.phi", "F"),
    "--band": ("trade.no_trade_band", "B"),
}


def add_shorthands(parser: argparse.ArgumentParser, *flags: str) -> None:
    """Options that set a knob; help and default are the knob's."""
    for flag in flags:
        knob, metavar = SHORTHANDS[flag]
        text = describe(knob).replace("%", "%%")  # argparse fills in what follows a single one
        parser.add_argument(flag, metavar=metavar, help=text)


def add_store(parser: argparse.ArgumentParser) -> None:
    """--db --universe --json."""
    parser.add_argument("--db", default=str(DEFAULT_DB), metavar="PATH", help="database file")
    parser.add_argument("--universe", metavar="NAME", help="default: the one last loaded")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def add_analysis(parser: argparse.ArgumentParser) -> None:
    """--as-of --lookback --linkage --classes --preset --set."""
    add_shorthands(parser, "--as-of", "--lookback", "--linkage", "--classes")
    parser.add_argument(
        "--preset", metavar="P", help=f"{' or '.join(PRESETS)} (default: {DEFAULT})"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="group.knob=VALUE", help="any parameter"
    )


def add_sweep(parser: argparse.ArgumentParser) -> None:
    """--from --to --step."""
    add_shorthands(parser, "--from", "--to", "--step")


def add_optimize_knobs(parser: argparse.ArgumentParser) -> None:
    """--profile --cap --penalty --kind --alpha."""
    add_shorthands(parser, "--profile", "--cap", "--penalty", "--kind", "--alpha")


def add_optimize(parser: argparse.ArgumentParser) -> None:
    """--profile --threshold --cap --penalty --kind --alpha --waive --by."""
    add_shorthands(parser, "--threshold")
    add_optimize_knobs(parser)
    parser.add_argument(
        "--waive", action="append", default=[], metavar="W",
        help=f"let through on record: {', '.join(WAIVERS)} (held assets without a class)",
    )  # fmt: skip
    add_by(parser)


def add_by(parser: argparse.ArgumentParser) -> None:
    """--by."""
    parser.add_argument("--by", default="", metavar="NAME", help="who does this, for the record")


def add_files(parser: argparse.ArgumentParser) -> None:
    """Options of files that are read."""
    parser.add_argument(
        "--prices", required=True, nargs="+", metavar="FILE",
        help="CSV, TSV, TXT, Parquet or Excel, also .gz; several, or one folder",
    )  # fmt: skip
    parser.add_argument(
        "--instruments", metavar="FILE", help="of the same kinds; needed the first time"
    )
    for name, words, text in (
        ("separator", Separator, "of the cells"),
        ("decimal", DecimalMark, "before the decimals"),
        ("dates", DateOrder, "order of year, month and day"),
    ):
        listed = "|".join(values_of(words))
        parser.add_argument(
            f"--{name}", default="", metavar=listed, help=f"{text} (default: as the file shows)"
        )
    parser.add_argument(
        "--zone", default="", metavar="AREA/CITY",
        help="in which times are a day (default: as the file shows)",
    )  # fmt: skip


def params_of(arguments: argparse.Namespace) -> Params:
    """The preset with what else the options say. Raises ParamError or InputError."""
    return chosen(arguments.preset or DEFAULT, settings_of(arguments))


def settings_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """What the options set: --set, then the shorthands. Raises InputError."""
    settings: dict[str, Any] = {}
    for item in arguments.set:
        key, equals, value = item.partition("=")
        if not equals:
            raise InputError(f"--set {item}: write it as group.knob=VALUE.")
        settings[key.strip()] = value.strip()
    for flag, (key, _) in SHORTHANDS.items():
        value = getattr(arguments, flag.removeprefix("--").replace("-", "_"), None)
        if value is not None:
            settings[key] = value
    return settings
