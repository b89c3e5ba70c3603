"""What the scripts offer beside their command: the packaged data, where nothing is loaded yet."""

from __future__ import annotations

import argparse

from engine.desk import Desk


def add_first_load(parser: argparse.ArgumentParser) -> None:
    """The option that asks for it."""
    parser.add_argument(
        "--packaged-if-empty", action="store_true",
        help="load the packaged data first if the database holds no universe",
    )  # fmt: skip


def first_load(arguments: argparse.Namespace, desk: Desk) -> tuple[str, ...]:
    """Load it if it is asked for and the database holds no universe; what was done, in words."""
    if not arguments.packaged_if_empty or desk.store.universes():
        return ()
    desk.load_packaged(getattr(arguments, "by", ""))
    return (f"Nothing was loaded: the packaged data is now in {arguments.db}.",)
