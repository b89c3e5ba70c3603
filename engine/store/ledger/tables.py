"""Ledger entries and ticket events in the tables: read whole and checked, and only ever added."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

import duckdb

from engine.core.canonical import LEDGER_1
from engine.core.errors import InputError, StoreDamaged
from engine.core.words import Written
from engine.store.journal.links import note
from engine.store.ledger.chain import GENESIS, Entry, TicketEvent, first_fault, sealed
from engine.store.ledger.records import StoredTicket, no_portfolio, no_ticket, ticket_of

# Columns and fields have the same names but for these.
_COLUMN = {"by": "who", "payload_text": "payload"}
_ENTRY = tuple(field.name for field in dataclasses.fields(Entry))
_EVENT = tuple(field.name for field in dataclasses.fields(TicketEvent))
_TYPES: dict[str, type] = {"seq": int, "wall_time": dt.datetime, "effective_date": dt.date}


def read_entries(connection: duckdb.DuckDBPyConnection, portfolio: str) -> tuple[Entry, ...]:
    """The entries of a portfolio as they stand, unchecked, in their order."""
    rows = connection.execute(
        f"SELECT {_columns(_ENTRY)} FROM ledger WHERE portfolio = ? ORDER BY seq, rowid",
        [portfolio],
    ).fetchall()
    return tuple(Entry(**_fields(_ENTRY, row)) for row in rows)


def read_portfolios(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """The names of all portfolios that any row speaks of, sorted."""
    rows = connection.execute(
        "SELECT portfolio FROM ledger UNION SELECT portfolio FROM ticket_events ORDER BY 1"
    ).fetchall()
    return tuple(str(name) for (name,) in rows)


def read_events(
    connection: duckdb.DuckDBPyConnection, portfolio: str
) -> dict[str, tuple[TicketEvent, ...]]:
    """The events of a portfolio's tickets as they stand, unchecked; by ticket id, in their order.

    A ticket is a portfolio's if any of its events says so.
    """
    return _events(
        connection,
        "WHERE ticket_id IN (SELECT ticket_id FROM ticket_events WHERE portfolio = ?)",
        [portfolio],
    )


def checked_entries(connection: duckdb.DuckDBPyConnection, portfolio: str) -> tuple[Entry, ...]:
    """The entries of a portfolio, whose chain holds.

    Raises InputError naming the portfolios that exist, StoreDamaged naming the first entry that is
    not as it was written.
    """
    entries = read_entries(connection, portfolio)
    if not entries:
        known = read_portfolios(connection)
        if portfolio not in known:
            raise no_portfolio(portfolio, known)
        raise StoreDamaged(
            f"The ledger of {portfolio} is missing, only its tickets are left: restore the "
            "database from a backup."
        )
    fault = first_fault(entries, "entry")
    if fault:
        raise StoreDamaged(
            f"The ledger of {portfolio} is not as it was written: entry {fault[0]} {fault[1]}. "
            "Restore the database from a backup."
        )
    return entries


def checked_tickets(
    connection: duckdb.DuckDBPyConnection, portfolio: str
) -> tuple[StoredTicket, ...]:
    """The tickets of a portfolio, the latest first. Raises StoreDamaged as `checked_ticket`."""
    found = [_checked(events) for events in read_events(connection, portfolio).values()]
    return tuple(sorted(found, key=lambda t: (t.proposed_at, t.ticket_id), reverse=True))


def find_ticket(connection: duckdb.DuckDBPyConnection, ticket_id: str) -> StoredTicket | None:
    """A ticket, whose chain holds; none if there is none. Raises StoreDamaged."""
    found = _events(connection, "WHERE ticket_id = ?", [ticket_id])
    return _checked(found[ticket_id]) if found else None


def checked_ticket(connection: duckdb.DuckDBPyConnection, ticket_id: str) -> StoredTicket:
    """A ticket, whose chain holds.

    Raises InputError naming the latest tickets, StoreDamaged naming the first event that is not as
    it was written.
    """
    found = find_ticket(connection, ticket_id)
    if found is None:
        rows = connection.execute(
            "SELECT ticket_id FROM ticket_events WHERE seq = 1 ORDER BY wall_time DESC, ticket_id"
        ).fetchall()
        raise no_ticket(ticket_id, (str(name) for (name,) in rows))
    return found


def new_entry(
    entries: tuple[Entry, ...],
    portfolio: str,
    kind: str,
    effective_date: dt.date,
    payload: Mapping[str, Any],
    by: str,
    source_run: str = "",
    snapshot_id: str = "",
) -> Entry:
    """The entry that follows `entries`, not stored yet."""
    return sealed(
        Entry(
            portfolio=portfolio,
            seq=len(entries) + 1,
            kind=str(kind),
            effective_date=effective_date,
            wall_time=dt.datetime.now(dt.UTC),
            by=by,
            payload_text=LEDGER_1.text(payload),
            source_run=source_run,
            snapshot_id=snapshot_id,
            prev_hash=entries[-1].hash if entries else GENESIS,
            hash="",
        )
    )


def new_event(
    events: tuple[TicketEvent, ...],
    ticket_id: str,
    portfolio: str,
    state: str,
    payload: Mapping[str, Any],
    by: str,
) -> TicketEvent:
    """The event that follows `events`, not stored yet."""
    return sealed(
        TicketEvent(
            ticket_id=ticket_id,
            portfolio=portfolio,
            seq=len(events) + 1,
            state=str(state),
            wall_time=dt.datetime.now(dt.UTC),
            by=by,
            payload_text=LEDGER_1.text(payload),
            prev_hash=events[-1].hash if events else GENESIS,
            hash="",
        )
    )


def add_entry(connection: duckdb.DuckDBPyConnection, entry: Entry) -> None:
    """Append an entry; the caller holds the transaction."""
    _add(connection, f"INSERT INTO ledger ({_columns(_ENTRY)})", _ENTRY, entry)
    note(connection, Written.ENTRY, subject_of(entry), entry.hash)


def add_event(connection: duckdb.DuckDBPyConnection, event: TicketEvent) -> None:
    """Append an event; the caller holds the transaction."""
    _add(connection, f"INSERT INTO ticket_events ({_columns(_EVENT)})", _EVENT, event)
    note(connection, Written.EVENT, subject_of(event), event.hash)


def subject_of(link: Entry | TicketEvent) -> str:
    """What names an entry or event in the journal."""
    return f"{link.portfolio if isinstance(link, Entry) else link.ticket_id}/{link.seq}"


def check_source(
    connection: duckdb.DuckDBPyConnection, source_run: str, snapshot_id: str
) -> tuple[str, str]:
    """Run and snapshot of an entry, the snapshot that of the run if none is given.

    Raises InputError for one that is not stored, and for two that do not belong together.
    """
    if source_run:
        row = connection.execute(
            "SELECT snapshot_id FROM runs WHERE run_id = ?", [source_run]
        ).fetchone()
        if row is None:
            raise InputError(f"No run {source_run[:80]!r} is stored: save the run first.")
        if snapshot_id not in ("", row[0]):
            raise InputError(
                f"The run {source_run} is of the snapshot {row[0][:12]}, not of "
                f"{snapshot_id[:12]!r}: leave the snapshot out."
            )
        return source_run, str(row[0])
    if (
        snapshot_id
        and not connection.execute(
            "SELECT 1 FROM snapshots WHERE snapshot_id = ?", [snapshot_id]
        ).fetchone()
    ):
        raise InputError(f"No snapshot {snapshot_id[:12]!r} is stored: leave it out.")
    return "", snapshot_id


def _events(
    connection: duckdb.DuckDBPyConnection, where: str, values: list[Any]
) -> dict[str, tuple[TicketEvent, ...]]:
    """`where` is one of this module's own literals."""
    rows = connection.execute(
        f"SELECT {_columns(_EVENT)} FROM ticket_events {where} ORDER BY ticket_id, seq, rowid",
        values,
    ).fetchall()
    found: dict[str, tuple[TicketEvent, ...]] = {}
    for row in rows:
        event = TicketEvent(**_fields(_EVENT, row))
        found[event.ticket_id] = (*found.get(event.ticket_id, ()), event)
    return found


def _checked(events: tuple[TicketEvent, ...]) -> StoredTicket:
    fault = first_fault(events, "event")
    if fault:
        raise StoreDamaged(
            f"The ticket {events[0].ticket_id} is not as it was written: event {fault[0]} "
            f"{fault[1]}. Restore the database from a backup."
        )
    try:
        return ticket_of(events)
    except (KeyError, TypeError, ValueError) as error:
        raise StoreDamaged(
            f"The ticket {events[0].ticket_id} is not as it was written: its proposal lacks "
            f"{error}. Restore the database from a backup."
        ) from error


def _columns(fields: tuple[str, ...]) -> str:
    return ", ".join(_COLUMN.get(name, name) for name in fields)


def _fields(names: tuple[str, ...], row: tuple[Any, ...]) -> dict[str, Any]:
    found = dict(zip(names, row, strict=True))
    for name, value in found.items():
        # A column of another type would pass for damage only where its values are first compared.
        if type(value) is not _TYPES.get(name, str):
            raise StoreDamaged(
                f"A row of the ledger or its tickets holds {str(value)[:20]!r} as its "
                f"{_COLUMN.get(name, name)}, no {_TYPES.get(name, str).__name__}: restore the "
                "database from a backup."
            )
    return found | {"wall_time": found["wall_time"].replace(tzinfo=dt.UTC)}


def _add(
    connection: duckdb.DuckDBPyConnection,
    insert: str,
    names: tuple[str, ...],
    link: Entry | TicketEvent,
) -> None:
    values = {name: getattr(link, name) for name in names}
    values["wall_time"] = link.wall_time.astimezone(dt.UTC).replace(tzinfo=None)
    connection.execute(f"{insert} VALUES ({', '.join('?' * len(names))})", list(values.values()))
