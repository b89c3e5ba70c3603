"""The use cases of portfolios: what is held, how far it has drifted, and what to trade."""

from __future__ import annotations

from engine.desk.bookings import Bookings
from engine.desk.needs import Runs, Universes
from engine.desk.proposals import Proposals
from engine.desk.shelf import Shelf
from engine.desk.views import Views
from engine.store import LedgerStore


class Portfolios:
    """The portfolios of one desk; reached as `Desk.portfolios`. Holds no data.

    A portfolio belongs to a universe and is kept in one base currency; everything of it is computed
    in that currency. Quantities are units of what is held: shares, or for a currency pair units of
    the currency that it stands for. Dates that are not given are the universe's as-of date.

    What each does is said where it is: `Shelf`, `Bookings`, `Views`, `Proposals`.
    """

    def __init__(self, ledger: LedgerStore, universes: Universes, runs: Runs) -> None:
        shelf = Shelf(ledger, universes)
        self.list = shelf.all
        self.survey = shelf.survey
        self.info = shelf.info
        self.entries = shelf.entries
        self.state = shelf.state

        bookings = Bookings(ledger, universes)
        self.create = bookings.create
        self.record = bookings.record
        self.hold = bookings.hold
        self.move_cash = bookings.move_cash
        self.split = bookings.split
        self.dividend = bookings.dividend
        self.correct = bookings.correct
        self.undoable = bookings.undoable
        self.undo = bookings.undo

        views = Views(ledger, universes, runs)
        self.drift = views.drift
        self.view_of = views.view_of
        self.view_of_cash = views.view_of_cash
        self.history = views.history
        self.run_behind = views.run_behind

        proposals = Proposals(ledger, runs, views)
        self.plan = proposals.plan
        self.edited = proposals.edited
        self.propose = proposals.propose
        self.from_cash = proposals.from_cash
        self.approve = proposals.approve
        self.accept = proposals.accept
        self.cancel = proposals.cancel
        self.ticket = proposals.ticket
        self.tickets = proposals.tickets
        self.waiting = proposals.waiting
        self.export = proposals.export
        self.export_file = proposals.export_file
        self.reimport = proposals.reimport
        self.verify = ledger.verify
