"""The commands exclude and release: rows of prices taken out by hand, and brought back."""

from __future__ import annotations

import argparse
import datetime as dt

from engine.cli.answer import Answer
from engine.core import format as fmt
from engine.core.errors import InputError
from engine.desk import Desk
from engine.store import IngestResult


def add_exclusion(parser: argparse.ArgumentParser) -> None:
    """What both take."""
    parser.add_argument("--symbol", required=True, metavar="S", help="whose rows")
    parser.add_argument("--first", metavar="D", help="from this day (default: its first)")
    parser.add_argument("--last", metavar="D", help="to this day (default: its last)")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why; stays on record")


def exclude(arguments: argparse.Namespace) -> Answer:
    """Take rows out of the data from now on; older snapshots stay."""
    desk = Desk(arguments.db)
    universe = desk.universe(arguments.universe)
    done = desk.store.exclusions.exclude(
        universe, arguments.symbol, *_days(arguments), arguments.reason, arguments.by
    )
    return _answer(desk, done, arguments.symbol, "excluded")


def release(arguments: argparse.Namespace) -> Answer:
    """Bring excluded rows back as they were."""
    desk = Desk(arguments.db)
    universe = desk.universe(arguments.universe)
    done = desk.store.exclusions.release(
        universe, arguments.symbol, *_days(arguments), arguments.reason, arguments.by
    )
    return _answer(desk, done, arguments.symbol, "released")


def excluded_of(desk: Desk, universe: str) -> list[dict[str, object]]:
    """What is excluded now, for JSON."""
    return [
        {
            "symbol": row.symbol, "first": f"{row.first:%Y-%m-%d}", "last": f"{row.last:%Y-%m-%d}",
            "rows": int(row.rows), "reason": row.why, "by": row.by,
        }
        for row in desk.store.exclusions.of(universe).itertuples()
    ]  # fmt: skip


def _answer(desk: Desk, done: IngestResult, symbol: str, verb: str) -> Answer:
    document = {
        "universe": done.universe, "symbol": symbol, "rows": done.rows,
        "snapshot_id": done.snapshot_id, "excluded": excluded_of(desk, done.universe),
    }  # fmt: skip
    text = (
        f"{fmt.count(done.rows, 'row')} of {symbol} in {done.universe} {verb}. Snapshot "
        f"{done.snapshot_id[:12]}."
    )
    return Answer(document, text, (done.notice,) if done.notice else ())


def _days(arguments: argparse.Namespace) -> tuple[dt.date | None, dt.date | None]:
    return _day(arguments.first, "--first"), _day(arguments.last, "--last")


def _day(text: str | None, option: str) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{option} {text[:40]} is not a date: write 2022-06-30.") from error
