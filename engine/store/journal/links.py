"""The links of the journal, as they stand in its table.

Each link names what one write put into the store, by kind, subject and digest, and carries the hash
of the link before it. The first seals what was there when the journal began. So what is changed,
taken away or added by another way than Cutline's no longer agrees with the journal; and whoever
changes the journal as well changes its head, which is on every ticket.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

import duckdb

from engine.core.canonical import compact
from engine.core.errors import StoreDamaged
from engine.core.words import Written
from engine.store.ledger.chain import GENESIS, sealed


@dataclass(frozen=True, order=True)
class Item:
    """One thing that was written. subject: what names it among its kind; digest: SHA-256."""

    kind: str
    subject: str
    digest: str


@dataclass(frozen=True)
class JournalLink:
    """A link. seq: 1 for the first; wall_time: UTC; items_text: JSON of `Item`s, as lists."""

    seq: int
    wall_time: dt.datetime
    items_text: str = field(repr=False)
    prev_hash: str = field(repr=False)
    hash: str

    @property
    def items(self) -> tuple[Item, ...]:
        """What was written. Empty for what does not read, which only tampering leaves."""
        try:
            return tuple(Item(*map(str, item)) for item in json.loads(self.items_text))
        except (ValueError, TypeError):
            return ()


_COLUMNS = {f.name: f.name.removesuffix("_text") for f in fields(JournalLink)}
_NAMES = ", ".join(_COLUMNS.values())
_TYPES = {"seq": int, "wall_time": dt.datetime}


def write_link(connection: duckdb.DuckDBPyConnection, items: Iterable[Item]) -> None:
    """Append a link; the caller holds the transaction that writes the items."""
    rows = connection.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchall()
    seq, before = rows[0] if rows else (0, GENESIS)
    text = compact([[item.kind, item.subject, item.digest] for item in items])
    link: JournalLink = sealed(JournalLink(seq + 1, dt.datetime.now(dt.UTC), text, before, ""))
    connection.execute(
        f"INSERT INTO journal ({_NAMES}) VALUES (?, ?, ?, ?, ?)",
        [link.seq, link.wall_time.replace(tzinfo=None), text, link.prev_hash, link.hash],
    )


def note(
    connection: duckdb.DuckDBPyConnection, kind: Written, subject: object, digest: str
) -> None:
    """Append a link that names one thing; the caller holds the transaction that writes it."""
    write_link(connection, [Item(kind, str(subject), digest)])


def read_links(connection: duckdb.DuckDBPyConnection) -> tuple[JournalLink, ...]:
    """All links in their order, unchecked. Raises StoreDamaged for a cell of another type."""
    rows = connection.execute(f"SELECT {_NAMES} FROM journal ORDER BY seq, rowid").fetchall()
    return tuple(_link(row) for row in rows)


def read_head(connection: duckdb.DuckDBPyConnection) -> str:
    """The hash of the last link; "" where there is none."""
    rows = connection.execute("SELECT hash FROM journal ORDER BY seq DESC LIMIT 1").fetchall()
    return str(rows[0][0]) if rows else ""


def _link(row: tuple[Any, ...]) -> JournalLink:
    found = dict(zip(_COLUMNS, row, strict=True))
    for name, value in found.items():
        if type(value) is not _TYPES.get(name, str):
            raise StoreDamaged(
                f"A link of the journal holds {str(value)[:20]!r} as its {_COLUMNS[name]}: restore "
                "the database from a backup."
            )
    return JournalLink(**found | {"wall_time": found["wall_time"].replace(tzinfo=dt.UTC)})
