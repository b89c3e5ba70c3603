"""The chain of hashes: what a link holds, what it hashes to, and where a chain was tampered with.

Each link's hash is the SHA-256 of the canonical JSON of all its other fields, the hash of the link
before it among them. So an edited link no longer fits its own hash, one that was rewritten with
its hash no longer fits the next, and a chain rewritten to its end no longer contains a hash that
was noted elsewhere.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from engine.core.canonical import compact, utc_text

GENESIS = "0" * 64  # stands before the first link


class Chained(Protocol):
    """What any chain is made of: a frozen dataclass with these fields among its own."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    @property
    def seq(self) -> int: ...

    @property
    def prev_hash(self) -> str: ...

    @property
    def hash(self) -> str: ...


@dataclass(frozen=True)
class Link:
    """What an entry and a ticket's event share.

    seq: 1 for the first. wall_time: UTC, when it was written. by: "" = not known.
    payload_text: canonical JSON (`LEDGER_1`), amounts as decimal text.
    """

    portfolio: str
    seq: int
    wall_time: dt.datetime
    by: str
    payload_text: str = dataclasses.field(repr=False)
    prev_hash: str = dataclasses.field(repr=False)
    hash: str

    @property
    def payload(self) -> dict[str, Any]:
        """The payload, anew at each call; empty for what is not an object, as only tampering
        leaves it."""
        try:
            found = json.loads(self.payload_text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Entry(Link):
    """An entry of a portfolio's ledger.

    effective_date: the day from which it counts; it may lie before the one of an earlier entry.
    source_run, snapshot_id: what it came from, "" = none.
    """

    kind: str
    effective_date: dt.date
    source_run: str = ""
    snapshot_id: str = ""


@dataclass(frozen=True)
class TicketEvent(Link):
    """An event in a ticket's life: the state that it brings."""

    ticket_id: str
    state: str


def digest(link: Chained, seq: int | None = None) -> str:
    """The hash that a link should have; with `seq`, if it stood there."""
    content: dict[str, Any] = {
        field.name.removesuffix("_text"): _text(getattr(link, field.name))
        for field in dataclasses.fields(link)
        if field.name != "hash"
    }
    content["seq"] = link.seq if seq is None else seq
    # What was tampered with need not be text, and has a hash all the same.
    return hashlib.sha256(compact(content).encode("utf-8", "surrogatepass")).hexdigest()


def sealed(link: Chained) -> Any:
    """The same link with its hash."""
    whole: Any = link
    return dataclasses.replace(whole, hash=digest(link))


def first_fault(links: Sequence[Chained], noun: str) -> tuple[int, str] | None:
    """The first link, by number, that was edited, is missing or was moved; none if the chain holds.

    links: of one chain, in the order of `seq`. Gives the number and what is wrong, in words that
    follow "entry 3". Links missing at the end cannot be seen from here.
    """
    before = GENESIS
    for place, link in enumerate(links, start=1):
        if link.seq > place:
            return place, f"is missing: the next one is {noun} {link.seq}"
        if link.seq < place:
            return link.seq, "is there twice, or has a number that it cannot have"
        if digest(link) != link.hash:
            return place, _edited(link, noun, len(links))
        if link.prev_hash != before:
            return _broken(links, place, noun)
        before = link.hash
    return None


def _edited(link: Chained, noun: str, n: int) -> str:
    # Links may be gone besides, so a link may have had a higher number than there are now.
    for seq in range(1, 2 * n + 2):
        if seq != link.seq and digest(link, seq) == link.hash:
            return f"was reordered: what stands there was written as {noun} {seq}"
    return "was edited: its content does not fit its hash"


def _broken(links: Sequence[Chained], place: int, noun: str) -> tuple[int, str]:
    """Which of two links that each fit their own hash is the false one, as the third tells."""
    link = links[place - 1]
    followed = place < len(links) and links[place].prev_hash == link.hash
    if place == 1 or (place < len(links) and not followed):
        return place, "was rewritten, its hash too: it does not follow what stands before it"
    return place - 1, f"was rewritten, its hash too: {noun} {place} does not follow it"


def _text(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return utc_text(value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)
