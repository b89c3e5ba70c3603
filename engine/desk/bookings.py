"""What is recorded of a portfolio: its opening, each kind of entry written by hand, and an undo."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine.core.amounts import exact_text, parse_amount
from engine.core.errors import InputError
from engine.core.words import EntryKind
from engine.desk.days import checked_day, default_day
from engine.desk.marks import marks_on, rates_on
from engine.desk.needs import Universes
from engine.market.valuation import base_of
from engine.params import DataParams, PanelParams
from engine.store import Entry, LedgerStore, PortfolioInfo
from engine.trading.entries import ENTRIES
from engine.trading.entry import Known
from engine.trading.standing import can_be_undone, standing, undoes
from engine.trading.state import held_at, state_at, undoing

Rows = Iterable[tuple[str, Any]]
_PANEL = PanelParams()


class Bookings:
    """What is written by hand into the ledgers of one store.

    Each of its methods but `undoable` appends entries in one transaction, or raises InputError and
    changes nothing. expected_head: the hash of the last entry that the caller saw; where the ledger
    has another, nothing is stored. Without a date an entry counts from the universe's as-of date.
    """

    def __init__(self, ledger: LedgerStore, universes: Universes) -> None:
        self._ledger, self._universes = ledger, universes

    def create(
        self,
        name: str,
        universe: str | None = None,
        base_currency: str | None = None,
        by: str = "",
        *,
        cash: Any = None,
        rows: Rows | None = None,
        effective_date: dt.date | None = None,
    ) -> PortfolioInfo:
        """Open a portfolio: with nothing held, from so much `cash`, or with holdings.

        base_currency: by default that of the universe (`base_of`). rows: as of `hold`; cash is then
        theirs. cash: an amount, or as a file of holdings states it (`CashRow`), which is holdings
        even without rows. effective_date: by default the first day of the universe's data, so that
        it can be shown on every day that has prices; holdings then count from the as-of date.
        Opening and what it opens with are one transaction. A repeat changes nothing; one with
        another universe, currency, cash or holdings is refused.

        Raises InputError (name, currency without a price, what cannot be held, a portfolio that
        exists otherwise).
        """
        opened = self._universes.open(universe)
        universe, grid = opened.snapshot.info.name, opened.grid
        base = base_of(DataParams(base_currency=base_currency).base_currency, grid.instruments)
        marks = marks_on(grid, grid.last_day(), base, _PANEL)
        if not set(marks.prices) & set(marks.tradables):
            raise InputError(f"Nothing in {universe} has a price in {base}: choose another.")
        day = checked_day(effective_date or grid.days[0].astype(object), grid)
        opening: tuple[str, dt.date, dict[str, Any]] | None = None
        on = checked_day(effective_date or default_day(grid), grid)
        rates = rates_on(lambda: grid, on, base, _PANEL)
        known = Known(universe, base, marks.tradables, tuple, rates)
        rows = list(rows or ())
        in_file = isinstance(cash, tuple) and bool(cash)
        if rows or in_file:
            payload = ENTRIES[EntryKind.HOLDINGS].payload({"positions": rows, "cash": cash}, known)
            opening = (EntryKind.HOLDINGS, on, payload)
        elif cash and (amount := parse_amount(cash, "The cash")):
            if amount < 0:
                raise InputError(f"The cash to start from is {amount}: it must be above 0.")
            opening = (
                EntryKind.CASH, day, ENTRIES[EntryKind.CASH].payload({"amount": amount}, known)
            )  # fmt: skip
        self._ledger.create(name, universe, base, by, day, opening=opening, check=_makes_sense)
        return self._ledger.portfolio(name)

    def record(
        self,
        name: str,
        kind: EntryKind,
        given: Mapping[str, Any],
        effective_date: dt.date | None = None,
        by: str = "",
        *,
        expected_head: str | None = None,
        again: bool = False,
    ) -> Entry:
        """Add an entry of a kind that is written by hand, if the ledger still makes sense with it
        on every later day.

        given: by the names of the kind's fields (`engine.trading.entries`). again: though an equal
        one of that day stands. Raises InputError for what is missing, does not fit, or cannot be
        with what else is recorded.
        """
        known = ENTRIES[kind]
        info = self._ledger.portfolio(name)
        grid = self._universes.open(info.universe).grid
        tradables = marks_on(grid, grid.last_day(), info.base_currency, _PANEL).tradables
        day = checked_day(effective_date or default_day(grid), grid)
        rates = rates_on(lambda: grid, day, info.base_currency, _PANEL)
        payload = known.payload(
            given,
            Known(
                info.universe,
                info.base_currency,
                tradables,
                lambda: self._held(name),
                rates,
                day,
                lambda on: held_at(self._ledger.entries(name), on - dt.timedelta(days=1)),
            ),
        )

        def check(entries: Sequence[Entry]) -> None:
            if not again:
                _refuse_twice(entries)
            if known.check:
                known.check(entries, held_at)
            _makes_sense(entries)

        return self._ledger.append(
            info.name, kind, day, payload, by, expected_head=expected_head, check=check
        )

    def hold(
        self,
        name: str,
        rows: Rows,
        cash: Any = None,
        effective_date: dt.date | None = None,
        by: str = "",
        *,
        expected_head: str | None = None,
    ) -> Entry:
        """State what is held: it replaces all positions, and the cash if that is given.

        rows: (symbol, quantity); a currency also by its own code. Raises InputError naming what is
        not in the universe, is there twice, is a benchmark or has no quantity.
        """
        given = {"positions": rows, "cash": cash}
        return self.record(
            name, EntryKind.HOLDINGS, given, effective_date, by, expected_head=expected_head
        )

    def move_cash(
        self, name: str, amount: Any, effective_date: dt.date | None = None, by: str = "",
        *, expected_head: str | None = None,
    ) -> Entry:  # fmt: skip
        """Cash in (positive) or out."""
        return self.record(
            name, EntryKind.CASH, {"amount": amount}, effective_date, by,
            expected_head=expected_head,
        )  # fmt: skip

    def split(
        self, name: str, symbol: str, ratio: str, effective_date: dt.date | None = None,
        by: str = "", *, expected_head: str | None = None,
    ) -> Entry:  # fmt: skip
        """New units for one old one, as 4 or 3:2, of what is held when it takes effect."""
        given = {"symbol": symbol, "ratio": ratio}
        return self.record(
            name, EntryKind.SPLIT, given, effective_date, by, expected_head=expected_head
        )

    def dividend(
        self, name: str, symbol: str, amount: Any, effective_date: dt.date | None = None,
        by: str = "", *, expected_head: str | None = None,
    ) -> Entry:  # fmt: skip
        """A dividend as an amount of the base currency, of what is held on its day or was at its
        start."""
        given = {"symbol": symbol, "amount": amount}
        return self.record(
            name, EntryKind.DIVIDEND, given, effective_date, by, expected_head=expected_head
        )

    def correct(
        self, name: str, rows: Rows = (), cash: Any = None,
        effective_date: dt.date | None = None, by: str = "", reason: str = "",
        *, expected_head: str | None = None,
    ) -> Entry:  # fmt: skip
        """Mend a mistake: units to add to positions and cash to add, each may be negative; with the
        reason, which stays on record."""
        given = {"positions": rows, "cash": cash, "reason": reason}
        return self.record(
            name, EntryKind.CORRECTION, given, effective_date, by, expected_head=expected_head
        )

    def undoable(self, entries: Sequence[Entry]) -> Entry | None:
        """The last entry, if it can be taken back: written by hand, and itself no undo."""
        last = entries[-1] if entries else None
        return last if last and can_be_undone(last) else None

    def undo(self, name: str, seq: int, by: str = "", *, expected_head: str | None = None) -> Entry:
        """Take the last entry back by a correction of its own day; both stay on record.

        The correction says how many units and how much cash that is. From then on both count as if
        neither were there: see `standing`. Raises InputError for any other entry than the
        last, for one that was traded, and for one that is undone.
        """
        entries = self._ledger.entries(name)
        last = entries[-1]
        if expected_head not in (None, last.hash):
            raise InputError(f"The ledger of {name} has moved on: look again, then repeat.")
        if undoes(last) == seq:
            raise InputError(f"Entry {seq} of {name} is undone already, by entry {last.seq}.")
        if seq != last.seq or self.undoable(entries) is None:
            final = ENTRIES[last.kind].final if last.kind in ENTRIES else "its kind is not known"
            why = (
                f"it is entry {last.seq}" if seq != last.seq
                else final or f"it took entry {undoes(last)} back"
            )  # fmt: skip
            raise InputError(
                f"Entry {seq} of {name} cannot be undone: only the last entry written by hand can, "
                f"and {why}; record a correction."
            )
        units, cash = undoing(entries)
        payload: dict[str, Any] = {
            "positions": [{"symbol": s, "quantity": exact_text(q)} for s, q in units.items()],
            "cash": exact_text(cash.pop(entries[0].payload["base_currency"], Decimal(0))),
            **({"cash_by_currency": {c: exact_text(v) for c, v in cash.items()}} if cash else {}),
            "reason": f"undo of entry {seq}",
            "undoes": seq,
        }
        # The amounts were computed from these entries: with the head they hold inside too.
        return self._ledger.append(
            name, EntryKind.CORRECTION, last.effective_date, payload, by, expected_head=last.hash,
            check=_makes_sense,
        )  # fmt: skip

    def _held(self, name: str) -> Collection[str]:
        return state_at(self._ledger.entries(name), dt.date.max).quantities


def _refuse_twice(entries: Sequence[Entry]) -> None:
    """Refuse an entry that equals one of its day which stands: most are sent twice."""
    last = entries[-1]
    for entry in standing(entries[:-1]):
        if (entry.kind, entry.effective_date, entry.payload_text) == (
            last.kind, last.effective_date, last.payload_text,
        ):  # fmt: skip
            raise InputError(
                f"An equal {entry.kind} of {entry.effective_date} is on record, entry {entry.seq} "
                f"of {entry.portfolio}: if this is another one, say so with --again (on the page: "
                "Again)."
            )


def _makes_sense(entries: Sequence[Entry]) -> None:
    state_at(entries, dt.date.max)
