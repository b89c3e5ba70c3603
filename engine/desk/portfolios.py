"""The use cases of portfolios: what is held, how far it has drifted, and what to trade."""

from __future__ import annotations

from engine.desk.bookings import Bookings
from engine.desk.needs import Needs
from engine.desk.proposals import Proposals
from engine.desk.shelf import Shelf
from engine.desk.views import Views


class Portfolios:
    """The portfolios of one desk; reached as `Desk.portfolios`. Holds no data.

    A portfolio belongs to a universe and is kept in one base currency; everything of it is computed
    in that currency. Quantities are units of what is held: shares, or for a currency pair units of
    the currency that it stands for. Dates that are not given are the universe's as-of date.

    What each does is said where it is: `Shelf`, `Bookings`, `Views`, `Proposals`.
    """

    def __init__(self, reading: Needs, writing: Needs) -> None:
        """writing: as `reading`, for what ends in a write; its reads may wait longer."""
        shelf = Shelf(reading.ledger, reading.universes)
        self.list = shelf.all
        self.survey = shelf.survey
        self.info = shelf.info
        self.entries = shelf.entries
        self.state = shelf.state
        self.cash = shelf.cash

        bookings = Bookings(writing.ledger, writing.universes)
        self.create = bookings.create
        self.record = bookings.record
        self.hold = bookings.hold
        self.move_cash = bookings.move_cash
        self.split = bookings.split
        self.dividend = bookings.dividend
        self.correct = bookings.correct
        self.undoable = bookings.undoable
        self.undo = bookings.undo

        views = Views(reading.ledger, reading.universes, reading.runs)
        self.drift = views.drift
        self.view_of = views.view_of
        self.view_of_cash = views.view_of_cash
        self.history = views.history
        self.run_behind = views.run_behind

        tickets = Proposals(reading, views)
        self.plan = tickets.plan
        self.from_cash = tickets.from_cash
        self.ticket = tickets.ticket
        self.tickets = tickets.tickets
        self.waiting = tickets.waiting
        self.rates_for = tickets.rates_for
        self.reimport = tickets.reimport
        self.verify = reading.ledger.verify

        moving = Proposals(writing, Views(writing.ledger, writing.universes, writing.runs))
        self.propose = moving.propose
        self.approve = moving.approve
        self.accept = moving.accept
        self.cancel = moving.cancel
        self.export = moving.export  # it may go on record
        self.export_file = moving.export_file
