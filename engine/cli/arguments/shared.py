"""Arguments that commands share, and their way into `Params`."""

from __future__ import annotations

import argparse
from typing import Any

from engine.core.errors import InputError
from engine.desk import DEFAULT_DB
from engine.params import DEFAULT, LINKAGES, PENALTY_KINDS, PRESETS, PROFILES, Params, chosen
from engine.pipeline import WAIVERS

# Shorthand option → knob. `--set` reaches every knob; a shorthand wins over it.
SHORTHANDS = {
    "as_of": "data.as_of",
    "classes": "data.classes",
    "lookback": "panel.lookback",
    "linkage": "tree.linkage",
    "threshold": "tree.threshold",
    "start": "sweep.start",
    "stop": "sweep.stop",
    "step": "sweep.step",
    "profile": "allocation.profile",
    "cap": "limits.cluster_cap",
    "penalty": "allocation.penalty",
    "kind": "allocation.penalty_kind",
    "alpha": "within.alpha",
    "phi": "trade.phi",
    "band": "trade.no_trade_band",
}


def add_store(parser: argparse.ArgumentParser) -> None:
    """--db --universe --json."""
    parser.add_argument("--db", default=str(DEFAULT_DB), metavar="PATH", help="database file")
    parser.add_argument("--universe", metavar="NAME", help="default: the one last loaded")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def add_analysis(parser: argparse.ArgumentParser) -> None:
    """--as-of --lookback --linkage --classes --preset --set."""
    parser.add_argument("--as-of", metavar="D", help="last day that may be known, YYYY-MM-DD")
    parser.add_argument("--lookback", metavar="L", help="window in weekdays")
    parser.add_argument("--linkage", metavar="M", help=", ".join(LINKAGES))
    parser.add_argument("--classes", metavar="A,B", help="asset classes that take part")
    parser.add_argument(
        "--preset", metavar="P", help=f"{' or '.join(PRESETS)} (default: {DEFAULT})"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="group.knob=VALUE", help="any parameter"
    )


def add_sweep(parser: argparse.ArgumentParser) -> None:
    """--from --to --step."""
    parser.add_argument("--from", dest="start", metavar="T", help="first threshold (0.1)")
    parser.add_argument("--to", dest="stop", metavar="T", help="last threshold (0.9)")
    parser.add_argument("--step", metavar="T", help="distance between two (0.01)")


def add_optimize(parser: argparse.ArgumentParser) -> None:
    """--profile --threshold --cap --penalty --kind --alpha --waive --by."""
    parser.add_argument("--profile", metavar="P", help=", ".join(PROFILES))
    parser.add_argument("--threshold", metavar="T|auto", help="where to cut (default: auto)")
    parser.add_argument("--cap", metavar="C", help="largest weight of a cluster, as 0.25")
    parser.add_argument("--penalty", metavar="L", help="strength λ of the fragility penalty")
    parser.add_argument("--kind", metavar="K", help=", ".join(PENALTY_KINDS))
    parser.add_argument("--alpha", metavar="A", help="share of inverse variance inside clusters")
    parser.add_argument(
        "--waive", action="append", default=[], metavar="W",
        help=f"let through on record: {', '.join(WAIVERS)} (held assets without a class)",
    )  # fmt: skip
    parser.add_argument("--by", default="", metavar="NAME", help="who does this, for the record")


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
    for option, key in SHORTHANDS.items():
        value = getattr(arguments, option, None)
        if value is not None:
            settings[key] = value
    return settings
