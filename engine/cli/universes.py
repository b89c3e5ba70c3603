"""Commands on whole universes: what is loaded, take away, bring back."""

from __future__ import annotations

import argparse
from typing import Any

from engine.cli.answer import Answer, table_text
from engine.core import format as fmt
from engine.core.errors import InputError
from engine.desk import Desk
from engine.store import UniverseInfo

_HEADINGS = ("name", "symbols", "rows", "first", "last", "loaded, UTC", "by", "source")


def universes(arguments: argparse.Namespace) -> Answer:
    """Every universe, most recently loaded first; with --deleted those that are deleted, too."""
    desk = Desk(arguments.db)
    catalog = desk.store.catalog()
    wanted = [i for i in catalog.universes if arguments.universe in (None, i.name)]
    document: dict[str, Any] = {"universes": [_plain(info) for info in wanted]}
    text = _listed(wanted) if wanted else "Nothing is loaded."
    if arguments.deleted:
        gone = [(i, r) for i, r in desk.deleted() if arguments.universe in (None, i.name)]
        document["deleted"] = [
            _plain(info) | {"deleted_at": removal.at.isoformat(), "deleted_by": removal.by}
            for info, removal in gone
        ]
        rows = [(i.name, f"{r.at:%Y-%m-%d %H:%M}", r.by, i.symbols, i.rows) for i, r in gone]
        headings = ("deleted", "at, UTC", "by", "symbols", "rows")
        text += "\n\n" + (table_text(headings, rows) if rows else "Nothing is deleted.")
    return Answer(document, text, (catalog.notice,) if catalog.notice else ())


def delete(arguments: argparse.Namespace) -> Answer:
    """Take a universe out of sight."""
    name = _named(arguments)
    removal = Desk(arguments.db).delete(name, arguments.by)
    document = {
        "universe": name,
        "deleted": True,
        "deleted_at": removal.at.isoformat(),
        "deleted_by": removal.by,
    }
    return Answer(document, f"Universe {name} is deleted; `restore --universe` brings it back.")


def restore(arguments: argparse.Namespace) -> Answer:
    """Bring a universe back."""
    name = _named(arguments)
    info = Desk(arguments.db).restore(name, arguments.by)
    document = {"universe": name, "deleted": False, "snapshot_id": info.snapshot_id}
    return Answer(document, f"Universe {name} is back. Snapshot {info.snapshot_id[:12]}.")


def _named(arguments: argparse.Namespace) -> str:
    """The universe that is named: nothing is taken away by default."""
    if not arguments.universe:
        raise InputError("Which universe? Name it: --universe NAME.")
    return arguments.universe


def _plain(info: UniverseInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "snapshot_id": info.snapshot_id,
        "symbols": info.symbols,
        "rows": info.rows,
        "first": info.first.isoformat() if info.first else None,
        "last": info.last.isoformat() if info.last else None,
        "loaded_at": info.loaded_at.isoformat(),
        "by": info.by,
        "source": info.source,
    }


def _listed(infos: list[UniverseInfo]) -> str:
    rows = [
        (i.name, i.symbols, i.rows, fmt.day(i.first), fmt.day(i.last),
         f"{i.loaded_at:%Y-%m-%d %H:%M}", i.by, i.source)
        for i in infos
    ]  # fmt: skip
    return table_text(_HEADINGS, rows)
