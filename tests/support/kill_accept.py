"""A process of its own for the tests of tickets: it accepts one, and may be killed.

python kill_accept.py DB POINT    accept `TICKET` once a line comes in; SIGKILL itself at POINT
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
from decimal import Decimal
from pathlib import Path

from kill_ingest import instruments, rejects, some_prices

from engine.store import Store, StoredTicket
from engine.store.ledger import tickets as tickets_store

DAY = dt.date(2020, 2, 11)
TICKET = "T-1"
DOCUMENT = {"lines": [{"symbol": "A", "side": "BUY", "quantity": Decimal("10.50")}]}
FILLS = {
    "fills": [
        {"symbol": "A", "side": "BUY", "quantity": Decimal("10.50"), "price": Decimal("99.10"),
         "fee": Decimal("1.04")},
    ],
}  # fmt: skip
# Where an acceptance can be struck: what it calls next.
POINTS = ("new_entry", "add_entry", "add_event", "checked_ticket", "Accepted", "committed")


def loaded(path: Path) -> Store:
    """A store with the universe `u`."""
    store = Store(path)
    data = some_prices(["A", "B"], 30)
    store.ingest("u", instruments(["A", "B"]), data, rejects(0), "a")
    return store


def proposed(store: Store, ticket_id: str = TICKET, **more: object) -> StoredTicket:
    """A ticket from where the ledger of `main` is now."""
    head = store.ledger.head("main").hash
    return store.ledger.propose(ticket_id, "main", DOCUMENT, head, "Anna", **more)


def ready(path: Path) -> Store:
    """A store with the portfolio `main` and an approved ticket of it."""
    store = loaded(path)
    store.ledger.create("main", "u", "USD", "Anna", DAY)
    store.ledger.append("main", "cash", DAY, {"amount": Decimal("1000000.00")}, "Anna")
    proposed(store)
    store.ledger.approve(TICKET, "Bert", audit_passed=True)
    return store


def _die(*_args: object, **_kwargs: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(path: str, point: str = "") -> None:
    store = Store(path)
    name = f"process {os.getpid()}"
    print("ready", flush=True)
    sys.stdin.readline()
    if point == "checked_ticket":  # it is called before the writes too: strike at the second
        real = tickets_store.add_event
        tickets_store.add_event = lambda *a: (
            real(*a),
            setattr(tickets_store, "checked_ticket", _die),
        )
    elif point and point != "committed":
        assert hasattr(tickets_store, point), f"{point} has moved"
        setattr(tickets_store, point, _die)
    print("started", flush=True)
    done = store.ledger.accept(TICKET, name, FILLS, effective_date=DAY)
    if point == "committed":
        _die()
    print("told" if done.repeated else "won", done.entry.by, done.notice or "", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
