"""Which portfolios there are, and what they hold."""

from __future__ import annotations

import datetime as dt
import decimal
from decimal import Decimal

from engine.core.errors import InputError, StoreDamaged
from engine.core.format import listing
from engine.desk.days import default_day
from engine.desk.marks import rates_on
from engine.desk.needs import Universes
from engine.params import PanelParams
from engine.store import Entry, LedgerStore, PortfolioInfo
from engine.trading.costs import exact
from engine.trading.state import State, state_at


class Shelf:
    """The portfolios of one store, to be looked at."""

    def __init__(self, ledger: LedgerStore, universes: Universes) -> None:
        self._ledger, self._universes = ledger, universes

    def all(self) -> tuple[PortfolioInfo, ...]:
        """All portfolios, by name."""
        return self._ledger.portfolios()

    def survey(self) -> tuple[tuple[PortfolioInfo, ...], dict[str, StoreDamaged]]:
        """Those that can be used, and what is wrong with the others. See `EntryStore.survey`."""
        return self._ledger.survey()

    def info(self, name: str | None = None) -> PortfolioInfo:
        """A portfolio; without a name the only one. Raises InputError naming those that exist."""
        if name is not None:
            return self._ledger.portfolio(name)
        known, damaged = self.survey()
        names = sorted([*(p.name for p in known), *damaged])
        if len(names) == 1:
            return known[0] if known else self._ledger.portfolio(names[0])  # says what is wrong
        mend = f"name one of {listing(names)}" if names else (
            "create one with `portfolio create NAME --cash AMOUNT`"
        )  # fmt: skip
        raise InputError(f"Which portfolio? There are {len(names)}: {mend}.")

    def entries(self, name: str) -> tuple[Entry, ...]:
        """The ledger of a portfolio, in the order written."""
        return self._ledger.entries(name)

    def state(self, name: str, as_of: dt.date | None = None) -> State:
        """What is held at the end of a day. Raises InputError: no portfolio by that day."""
        entries = self._ledger.entries(name)
        universe = entries[0].payload["universe"]
        return state_at(entries, as_of or default_day(self._universes.open(universe).grid))

    def cash(self, name: str, state: State) -> Decimal:
        """Cash of all currencies in base currency, at the rates of the state's day; what has none
        is in no sum."""
        if not state.foreign:
            return state.cash
        universe = self._ledger.portfolio(name).universe
        rates = rates_on(
            lambda: self._universes.open(universe).grid, state.as_of, state.base_currency,
            PanelParams(),
        )  # fmt: skip
        with decimal.localcontext(exact()):
            return state.cash + sum(
                (amount * rate for code, amount in state.foreign if (rate := rates.of(code))),
                Decimal(0),
            )
