"""Tickets in the tables: events that are only ever added, and the entry that implements one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import duckdb

from engine.core.canonical import LEDGER_1
from engine.core.errors import AnswerNo, InputError, StoreDamaged
from engine.core.format import listing
from engine.core.words import EntryKind, TicketState
from engine.store.ledger.chain import Entry, TicketEvent
from engine.store.ledger.handle import Check, Handle
from engine.store.ledger.records import (
    NEXT,
    Accepted,
    StoredTicket,
    check_date,
    check_portfolio_name,
    check_ticket_id,
    no_portfolio,
    no_ticket,
)
from engine.store.ledger.tables import (
    add_entry,
    add_event,
    check_source,
    checked_entries,
    checked_ticket,
    checked_tickets,
    find_ticket,
    new_entry,
    new_event,
    read_portfolios,
)
from engine.store.names import checked_by

_ADDED = ("ticket_id", "ticket_checksum", "ticket_hash")
_VERBS: dict[str, str] = {
    TicketState.APPROVED: "approved",
    TicketState.IMPLEMENTED: "accepted",
    TicketState.CANCELLED: "cancelled",
}


class TicketStore:
    """The tickets of all portfolios.

    PROPOSED → APPROVED → IMPLEMENTED, or from either of the first two CANCELLED or EXPIRED. Each
    step is one event in the ticket's own chain of hashes; nothing is overwritten or deleted. To
    repeat a step changes nothing and gives what is on record, with its first time and `by`.
    Every method raises StoreBusy, and StoreDamaged for a chain that does not hold.
    """

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def propose(
        self,
        ticket_id: str,
        portfolio: str,
        document: Mapping[str, Any],
        ledger_head: str,
        by: str = "",
        *,
        checksum: str = "",
        source_run: str = "",
        snapshot_id: str = "",
        expires_at: dt.datetime | None = None,
    ) -> StoredTicket:
        """Put a ticket on record as PROPOSED.

        document: plain values, amounts as decimals; ledger_head: the hash of the portfolio's last
        entry that it was computed from; checksum: the document's own, by default the SHA-256 of
        its canonical JSON; expires_at: with its time zone, None = never.

        One transaction appends one event. The same id with the same content is a repeat. Raises
        InputError (names, an id in use by other content, a head that is not the last entry, a run
        or snapshot that is not stored); then the store is as before.
        """
        by = checked_by(by)
        check_ticket_id(ticket_id)
        check_portfolio_name(portfolio)
        text = LEDGER_1.text({"document": document})
        if expires_at is not None and expires_at.tzinfo is None:
            raise InputError("The time at which a ticket expires needs its time zone.")
        content = {
            "document": document,
            "checksum": checksum or LEDGER_1.digest(document),
            "ledger_head": ledger_head,
            "expires_at": expires_at,
        }
        with self._handle.changing(no_portfolio(portfolio, ())) as connection:
            known = find_ticket(connection, ticket_id)
            if known:
                if (
                    known.portfolio == portfolio
                    and LEDGER_1.text({"document": known.document}) == text
                ):
                    return known
                raise InputError(
                    f"The ticket {ticket_id} is on record with other content: take another id."
                )
            head = checked_entries(connection, portfolio)[-1]
            if head.hash != ledger_head:
                raise InputError(
                    f"The ledger of {portfolio} has moved on since this ticket was computed (entry "
                    f"{head.seq}, {head.kind}): compute the ticket again."
                )
            run, snapshot = check_source(connection, source_run, snapshot_id)
            payload = content | {"source_run": run, "snapshot_id": snapshot}
            event = new_event((), ticket_id, portfolio, TicketState.PROPOSED, payload, by)
            add_event(connection, event)
            return checked_ticket(connection, ticket_id)

    def ticket(self, ticket_id: str) -> StoredTicket:
        """A ticket. Raises InputError naming the latest ones."""
        with self._handle.read() as connection:
            if connection is None:
                raise no_ticket(ticket_id, ())
            return checked_ticket(connection, ticket_id)

    def tickets(self, portfolio: str) -> tuple[StoredTicket, ...]:
        """The tickets of a portfolio, the latest first. Raises InputError if there is none such."""
        with self._handle.read() as connection:
            known = read_portfolios(connection) if connection else ()
            if connection is None or portfolio not in known:
                raise no_portfolio(portfolio, known)
            return checked_tickets(connection, portfolio)

    def approve(
        self, ticket_id: str, by: str = "", override: str = "", *, audit_passed: bool = False
    ) -> StoredTicket:
        """Release a proposed ticket to be traded.

        Against it speak: an audit that did not pass (`audit_passed`, of the ticket's run), a ledger
        that has moved on since, and another ticket that is approved and not implemented, as both
        were computed from the same holdings. An `override` says why it is approved all the same;
        it goes on record with the objections.

        Raises AnswerNo naming the objections, InputError (unknown, expired, not proposed).
        """
        by, override = checked_by(by), override.strip()
        with self._handle.changing(no_ticket(ticket_id, ())) as connection:
            ticket = checked_ticket(connection, ticket_id)
            if ticket.state == TicketState.APPROVED:
                return ticket
            _check_step(ticket, TicketState.APPROVED)
            if ticket.expires_at and ticket.expires_at <= dt.datetime.now(dt.UTC):
                raise _overdue(ticket)
            objections = _objections(connection, ticket, audit_passed)
            if objections and not override:
                raise AnswerNo(
                    f"The ticket {ticket_id} was not approved: {'; '.join(objections)}. Propose "
                    "anew, or approve with an override that says why."
                )
            payload = {
                "audit_passed": bool(audit_passed),
                "override": override,
                "objections": objections,
            }
            return _step(connection, ticket, TicketState.APPROVED, payload, by)

    def accept(
        self,
        ticket_id: str,
        by: str = "",
        fills: Mapping[str, Any] | None = None,
        *,
        effective_date: dt.date | None = None,
        check: Check | None = None,
    ) -> Accepted:
        """Record that an approved ticket was traded: what was filled becomes the state.

        fills: the payload of the ledger entry, of kind `ticket`; id, checksum and last hash of the
        ticket are added to it. effective_date: the trading day, by default today (UTC).

        One transaction holds the entry and the event IMPLEMENTED, so a process killed at any moment
        leaves both or neither. Of two that accept, one is first; the other changes nothing and
        gets the first one's record, `repeated`. The ledger may have moved on since the proposal:
        what was traded was traded.

        Raises InputError (unknown, not approved, expired before the trading day), and what `check`
        raises; then the store is as before.
        """
        by = checked_by(by)
        given = dict(fills or {})
        taken = [name for name in _ADDED if name in given]
        if taken:
            raise InputError(f"The fills must not hold {listing(taken)}: the store adds it.")
        text = LEDGER_1.text(given)
        day = effective_date or dt.datetime.now(dt.UTC).date()
        check_date(day, "trading day")
        with self._handle.changing(no_ticket(ticket_id, ())) as connection:
            ticket = checked_ticket(connection, ticket_id)
            entries = checked_entries(connection, ticket.portfolio)
            if ticket.state == TicketState.IMPLEMENTED:
                return _accepted_before(ticket, entries, text)
            _check_step(ticket, TicketState.IMPLEMENTED)
            if ticket.expires_at and ticket.expires_at.date() < day:
                raise _overdue(ticket)
            added = (ticket_id, ticket.checksum, ticket.events[-1].hash)
            entry = new_entry(
                entries, ticket.portfolio, EntryKind.TICKET, day,
                given | dict(zip(_ADDED, added, strict=True)), by, ticket.source_run,
                ticket.snapshot_id,
            )  # fmt: skip
            if check:
                check((*entries, entry))
            add_entry(connection, entry)
            payload = {"entry_seq": entry.seq, "entry_hash": entry.hash}
            done = _step(connection, ticket, TicketState.IMPLEMENTED, payload, by)
            return Accepted(done, entry, repeated=False, same=True)

    def note(self, ticket_id: str, note: str, by: str = "", **more: Any) -> StoredTicket:
        """Put on record what was done with a ticket and changes nothing about it: an event of its
        present state. Raises InputError (unknown)."""
        by = checked_by(by)
        with self._handle.changing(no_ticket(ticket_id, ())) as connection:
            ticket = checked_ticket(connection, ticket_id)
            return _step(connection, ticket, ticket.state, {"note": note, **more}, by)

    def cancel(self, ticket_id: str, by: str = "", reason: str = "") -> StoredTicket:
        """Give up a ticket that is not implemented. Raises InputError (unknown, closed)."""
        by = checked_by(by)
        with self._handle.changing(no_ticket(ticket_id, ())) as connection:
            ticket = checked_ticket(connection, ticket_id)
            if ticket.state == TicketState.CANCELLED:
                return ticket
            _check_step(ticket, TicketState.CANCELLED)
            return _step(connection, ticket, TicketState.CANCELLED, {"reason": reason.strip()}, by)

    def expire(self, now: dt.datetime, by: str = "") -> tuple[StoredTicket, ...]:
        """Close every open ticket whose time is up at `now`; those that this closed.

        One transaction holds all events. An expired ticket that was traded all the same is recorded
        as a correction. Raises InputError if `now` has no time zone.
        """
        by = checked_by(by)
        if now.tzinfo is None:
            raise InputError("The time at which tickets expire needs its time zone.")
        if not self._handle.exists:
            return ()
        with self._handle.changing(no_ticket("", ())) as connection:
            return tuple(
                _step(connection, ticket, TicketState.EXPIRED, {"at": now}, by)
                for portfolio in read_portfolios(connection)
                for ticket in reversed(checked_tickets(connection, portfolio))
                if TicketState.EXPIRED in NEXT[ticket.state]
                and ticket.expires_at
                and ticket.expires_at <= now
            )


def _objections(
    connection: duckdb.DuckDBPyConnection, ticket: StoredTicket, audit_passed: bool
) -> list[str]:
    found = [] if audit_passed else ["its run has not passed the audit"]
    head = checked_entries(connection, ticket.portfolio)[-1]
    if head.hash != ticket.ledger_head:
        found.append(
            f"the ledger of {ticket.portfolio} has moved on since it was proposed (entry "
            f"{head.seq}, {head.kind})"
        )
    others = checked_tickets(connection, ticket.portfolio)
    open_ones = [other.ticket_id for other in others if other.state == TicketState.APPROVED]
    if open_ones:
        found.append(f"{listing(open_ones)} is approved and not implemented")
    return found


def _accepted_before(ticket: StoredTicket, entries: tuple[Entry, ...], text: str) -> Accepted:
    entry = next((e for e in entries if e.hash == ticket.entry_hash), None)
    if entry is None:
        raise StoreDamaged(
            f"The ledger of {ticket.portfolio} no longer holds the entry {ticket.entry_seq} that "
            f"implemented the ticket {ticket.ticket_id}: restore the database from a backup."
        )
    given = {name: value for name, value in entry.payload.items() if name not in _ADDED}
    return Accepted(ticket, entry, repeated=True, same=LEDGER_1.text(given) == text)


def _step(
    connection: duckdb.DuckDBPyConnection,
    ticket: StoredTicket,
    state: str,
    payload: Mapping[str, Any],
    by: str,
) -> StoredTicket:
    event: TicketEvent = new_event(
        ticket.events, ticket.ticket_id, ticket.portfolio, state, payload, by
    )
    add_event(connection, event)
    return checked_ticket(connection, ticket.ticket_id)


def _check_step(ticket: StoredTicket, state: str) -> None:
    if state not in NEXT[ticket.state]:
        verb = _VERBS[state]
        since = ticket.events[-1].wall_time
        mend = "approve it first" if ticket.state == TicketState.PROPOSED else "propose a new one"
        raise InputError(
            f"The ticket {ticket.ticket_id} cannot be {verb}: it is {ticket.state} since "
            f"{since:%Y-%m-%d %H:%M} UTC; {mend}."
        )


def _overdue(ticket: StoredTicket) -> InputError:
    return InputError(
        f"The ticket {ticket.ticket_id} expired at {ticket.expires_at:%Y-%m-%d %H:%M} UTC: propose "
        "a new one; what was traded later is recorded as a correction."
    )
