"""Whether the store holds what its journal says was written, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb

from engine.core.format import listing
from engine.core.words import Written
from engine.store import catalog as catalogs
from engine.store.journal.contents import contents
from engine.store.journal.links import Item, JournalLink
from engine.store.ledger.chain import first_fault
from engine.store.ledger.tables import read_entries, read_events, read_portfolios
from engine.store.snapshots import active_content, content_id

_SHOWN = 5  # faults of one kind by name; the others are counted
_NOUNS = {
    Written.MIGRATION: "record of migrations",
    Written.INGEST: "ingest",
    Written.REMOVAL: "removal or restoration",
    Written.RUN: "run",
    Written.ENTRY: "ledger entry",
    Written.EVENT: "ticket event",
    Written.STRAY: "rows",
}
_CHANGED = {
    Written.INGEST: "its prices, instruments, rejected rows, snapshot or record",
    Written.RUN: "its record or weights",
}


def store_faults(
    connection: duckdb.DuckDBPyConnection, links: Sequence[JournalLink], told: Iterable[str]
) -> tuple[tuple[str, ...], dict[str, int]]:
    """What is wrong with the store as a whole, in sentences, and how much was looked through.

    told: portfolios and tickets of which a fault is told apart, by their own chains.
    """
    actual = contents(connection)
    faults = [*_chain(links), *_differences(links, actual, set(told))]
    faults += [*_snapshots(connection, links), *_runs_named(connection)]
    return tuple(faults), {**_counts(connection), "journal links": len(links)}


def _chain(links: Sequence[JournalLink]) -> list[str]:
    if not links:
        return ["The journal of the store is empty: it was wiped."]
    fault = first_fault(links, "link")
    return [f"Link {fault[0]} of the store's journal {fault[1]}."] if fault else []


def _differences(links: Sequence[JournalLink], actual: Sequence[Item], told: set[str]) -> list[str]:
    """What the journal names and the tables lack or have otherwise, and the other way round."""
    wanted = {(i.kind, i.subject): i.digest for link in links for i in link.items}
    found = {(i.kind, i.subject): i.digest for i in actual}
    sayings: dict[tuple[str, str], list[str]] = {}
    for key in sorted({*wanted, *found}):
        kind, subject = key
        if kind in (Written.ENTRY, Written.EVENT) and subject.rpartition("/")[0] in told:
            continue
        if wanted.get(key) == found.get(key):
            continue
        what = "missing" if key not in found else "added" if key not in wanted else "changed"
        sayings.setdefault((kind, what), []).append(subject)
    return [_sentence(kind, what, names) for (kind, what), names in sayings.items()]


def _sentence(kind: str, what: str, names: list[str]) -> str:
    known = Written(kind) if kind in set(Written) else None
    word = _NOUNS[known] if known else kind
    shown = listing(names, _SHOWN)
    plural = len(names) > 1
    verb, how = ("are", "were") if plural else ("is", "was")
    if what == "missing":
        return f"The journal names the {word} {shown}, which {verb} missing from the store."
    if what == "added":
        return f"The {word} {shown} {how} written outside Cutline: the journal does not name it."
    detail = _CHANGED.get(known, "") if known else ""
    return f"The {word} {shown} {how} changed outside Cutline{f': {detail}' if detail else ''}."


def _snapshots(connection: duckdb.DuckDBPyConnection, links: Sequence[JournalLink]) -> list[str]:
    """Snapshots whose rows do not hash to their id: the latest of each universe, and those from
    before the journal, which vouches for the others."""
    sealed = {
        item.subject for link in links[:1] for item in link.items if item.kind == Written.INGEST
    }
    latest = {(info.name, info.snapshot_id) for info in catalogs.read_all(connection)}
    rows = connection.execute(
        "SELECT universe, snapshot_id, ingest_id FROM snapshots ORDER BY ALL"
    ).fetchall()
    looked = [(universe, snapshot_id, "latest ", None) for universe, snapshot_id in sorted(latest)]
    looked += [
        (universe, snapshot_id, "", ingest_id)
        for universe, snapshot_id, ingest_id in rows
        if (universe, snapshot_id) not in latest and str(ingest_id) in sealed
    ]
    return [
        f"The stored data of {universe} does not hash to its {which}snapshot {snapshot_id[:12]}: "
        "prices or instruments were changed."
        for universe, snapshot_id, which, until in looked
        if content_id(active_content(connection, universe, until)) != snapshot_id
    ]


def _runs_named(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Runs that a ledger or a ticket names and that there are not, whatever the journal says."""
    runs = {str(name) for (name,) in connection.execute("SELECT run_id FROM runs").fetchall()}
    out = []
    for portfolio in read_portfolios(connection):
        named = {e.source_run: f"entry {e.seq} of {portfolio}"
                 for e in read_entries(connection, portfolio)}  # fmt: skip
        for ticket_id, events in read_events(connection, portfolio).items():
            named[str(events[0].payload.get("source_run", ""))] = f"the ticket {ticket_id}"
        out += [f"The run {run[:40]} is missing, which {who} names."
                for run, who in sorted(named.items()) if run and run not in runs]  # fmt: skip
    return out


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    tables = {
        "universes": "SELECT count(DISTINCT universe) FROM ingests",
        "ingests": "SELECT count(*) FROM ingests",
        "prices": "SELECT count(*) FROM prices",
        "instruments": "SELECT count(*) FROM instruments",
        "runs": "SELECT count(*) FROM runs",
        "portfolios": "SELECT count(DISTINCT portfolio) FROM ledger",
        "entries": "SELECT count(*) FROM ledger",
        "tickets": "SELECT count(DISTINCT ticket_id) FROM ticket_events",
        "events": "SELECT count(*) FROM ticket_events",
    }
    return {name: int(connection.execute(sql).fetchall()[0][0]) for name, sql in tables.items()}
