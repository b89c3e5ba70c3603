"""The ledger of named portfolios and their tickets, as one: what `Store.ledger` is."""

from __future__ import annotations

from engine.core.errors import InputError
from engine.store.connection import Database
from engine.store.journal.links import read_head, read_links
from engine.store.journal.verify import store_faults
from engine.store.ledger.entries import EntryStore
from engine.store.ledger.handle import Handle
from engine.store.ledger.records import no_portfolio
from engine.store.ledger.tables import read_entries, read_events, read_portfolios
from engine.store.ledger.tickets import TicketStore
from engine.store.ledger.verify import Verification, check_anchor, find_anchor, verified


class LedgerStore:
    """The ledger and the tickets in one database; reached as `Store.ledger`.

    Nothing is overwritten or deleted: a mistake is mended by a `correction`. What writes and reads
    entries is `EntryStore`, what moves tickets on is `TicketStore`; what looks through both is
    here. Every method but `verify` and `survey` raises StoreDamaged for a chain that does not hold;
    all raise StoreBusy.
    """

    def __init__(self, database: Database) -> None:
        self._handle = Handle(database)
        entries, tickets = EntryStore(self._handle), TicketStore(self._handle)
        self.create = entries.create
        self.append = entries.append
        self.entries = entries.entries
        self.head = entries.head
        self.portfolios = entries.portfolios
        self.survey = entries.survey
        self.portfolio = entries.portfolio
        self.propose = tickets.propose
        self.ticket = tickets.ticket
        self.tickets = tickets.tickets
        self.approve = tickets.approve
        self.accept = tickets.accept
        self.cancel = tickets.cancel
        self.note = tickets.note
        self.expire = tickets.expire

    def verify(self, portfolio: str | None = None, anchor: str | None = None) -> Verification:
        """Recompute every hash of one portfolio and its tickets, or of the whole store: all
        portfolios, runs, prices, and what the journal names.

        anchor: a head that was noted elsewhere, a portfolio's or the store's, such as on a ticket,
        or at least its first 16 digits: only with one from outside the file is found what was
        rewritten as a whole, journal too, or cut off at its end. What is wrong is in the result,
        not an error.

        Raises InputError (no database, unknown portfolio, what is no hash).
        """
        wanted = check_anchor(anchor)
        with self._handle.read() as connection:
            if connection is None:
                raise InputError(
                    f"There is no database {self._handle.database.path}: nothing was verified."
                )
            known = read_portfolios(connection)
            if portfolio is not None and portfolio not in known:
                raise no_portfolio(portfolio, known)
            names = known if portfolio is None else (portfolio,)
            ledgers = {name: read_entries(connection, name) for name in names}
            checked = tuple(
                verified(name, ledgers[name], read_events(connection, name)) for name in names
            )
            journal = read_links(connection)
            faults: tuple[str, ...] = ()
            counts: dict[str, int] = {}
            if portfolio is None:
                told = [v.fault.ticket or v.portfolio for v in checked if v.fault]
                faults, counts = store_faults(connection, journal, told)
            head = journal[-1].hash if counts and journal else ""
        return Verification(
            checked=checked,
            anchor=wanted,
            anchor_in=find_anchor(wanted, ledgers, journal) if wanted else None,
            store_faults=faults,
            counts=counts,
            store_head=head,
        )

    def store_head(self) -> str:
        """The hash of the journal's last link, which goes on a ticket; "" without a database."""
        with self._handle.read() as connection:
            return read_head(connection) if connection else ""
