"""What is recorded of a portfolio: its opening, holdings, cash, splits, dividends, corrections."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine.core.amounts import exact_text, parse_amount
from engine.core.errors import InputError
from engine.desk.marks import marks_on
from engine.desk.positions import checked_changes, checked_positions, symbol_of
from engine.desk.proposals import Proposals
from engine.market.grid import Grid, default_as_of
from engine.params import PanelParams
from engine.store import Entry, PortfolioInfo
from engine.trading.standing import UNDOABLE, undoes
from engine.trading.state import state_at, undoing
from engine.trading.tradable import Tradable

Rows = Iterable[tuple[str, Any]]
_PANEL = PanelParams()
_DAY = dt.timedelta(days=1)


class Bookings(Proposals):
    """The half of `Portfolios` that writes by hand.

    Each of its methods but `undoable` appends entries in one transaction, or raises InputError and
    changes nothing. expected_head: the hash of the last entry that the caller saw; where the ledger
    has another, nothing is stored. Without a date an entry counts from the universe's as-of date.
    """

    def create(
        self,
        name: str,
        universe: str | None = None,
        base_currency: str = "USD",
        by: str = "",
        *,
        cash: Any = None,
        rows: Rows | None = None,
        effective_date: dt.date | None = None,
    ) -> PortfolioInfo:
        """Open a portfolio: with nothing held, from so much `cash`, or with holdings.

        rows: as of `hold`; cash is then theirs. effective_date: by default the first day of the
        universe's data, so that it can be shown on every day that has prices; holdings then count
        from the as-of date. Opening and what it opens with are one transaction. A repeat changes
        nothing; one with another universe, currency, cash or holdings is refused.

        Raises InputError (name, currency without a price, what cannot be held, a portfolio that
        exists otherwise).
        """
        opened = self._desk.open(universe)
        universe, grid = opened.snapshot.info.name, opened.grid
        base = base_currency.strip().upper()
        amount = None if cash is None else _money(cash, "The cash")
        marks = marks_on(grid, grid.last_day(), base, _PANEL)
        if not marks.prices:
            raise InputError(
                f"Nothing in {universe} has a price in {base_currency}: choose another."
            )
        day = _checked_day(effective_date or grid.days[0].astype(object), grid)
        opening: tuple[str, dt.date, dict[str, Any]] | None = None
        if rows := list(rows or ()):
            payload = _held(checked_positions(rows, marks.tradables, universe, base), amount)
            opening = ("holdings", effective_date or default_day(grid), payload)
        elif amount:
            if amount < 0:
                raise InputError(f"The cash to start from is {amount}: it must be above 0.")
            opening = ("cash", day, {"amount": exact_text(amount)})
        self._ledger.create(name, universe, base, by, day, opening=opening, check=_makes_sense)
        return self._desk.portfolios.info(name)

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
        info, grid, tradables = self._known(name)
        positions = checked_positions(rows, tradables, info.universe, info.base_currency)
        payload = _held(positions, None if cash is None else _money(cash, "The cash"))
        return self._append(info, grid, "holdings", effective_date, payload, by, expected_head)

    def move_cash(
        self, name: str, amount: Any, effective_date: dt.date | None = None, by: str = "",
        *, expected_head: str | None = None,
    ) -> Entry:  # fmt: skip
        """Cash in (positive) or out."""
        value = _money(amount, "The amount")
        if value == 0:
            raise InputError("The amount is 0: nothing would move.")
        info, grid, _ = self._known(name)
        payload = {"amount": exact_text(value)}
        return self._append(info, grid, "cash", effective_date, payload, by, expected_head)

    def split(
        self, name: str, symbol: str, ratio: str, effective_date: dt.date | None = None,
        by: str = "", *, expected_head: str | None = None,
    ) -> Entry:  # fmt: skip
        """New units for one old one, as 4 or 3:2, of what is held when it takes effect."""
        info, grid, tradables = self._known(name)
        payload = {"symbol": symbol_of(symbol, tradables), "ratio": ratio}
        return self._append(
            info, grid, "split", effective_date, payload, by, expected_head, _check_split
        )

    def dividend(
        self, name: str, symbol: str, amount: Any, effective_date: dt.date | None = None,
        by: str = "", *, expected_head: str | None = None,
    ) -> Entry:  # fmt: skip
        """A dividend as an amount of the base currency, of what is held on its day or was at its
        start."""
        value = _money(amount, "The dividend")
        if value <= 0:
            raise InputError(
                f"The dividend is {exact_text(value)}: it must be above 0; to take one back record "
                "a correction."
            )
        info, grid, tradables = self._known(name)
        payload = {"symbol": symbol_of(symbol, tradables), "amount": exact_text(value)}
        return self._append(
            info, grid, "dividend", effective_date, payload, by, expected_head, _check_dividend
        )

    def correct(
        self, name: str, rows: Rows = (), cash: Any = None,
        effective_date: dt.date | None = None, by: str = "", reason: str = "",
        *, expected_head: str | None = None,
    ) -> Entry:  # fmt: skip
        """Mend a mistake: units to add to positions and cash to add, each may be negative."""
        info, grid, tradables = self._known(name)
        money = _money(0 if cash is None else cash, "The cash")
        held = state_at(self._ledger.entries(name), dt.date.max).quantities
        positions = checked_changes(rows, tradables, info.universe, info.base_currency, held)
        if not positions and not money:
            raise InputError("The correction adds nothing: give units or cash other than 0.")
        payload = {"positions": positions, "cash": exact_text(money), "reason": reason}
        return self._append(info, grid, "correction", effective_date, payload, by, expected_head)

    def undoable(self, entries: Sequence[Entry]) -> Entry | None:
        """The last entry, if it can be taken back: written by hand, and itself no undo."""
        last = entries[-1] if entries else None
        return last if last and last.kind in UNDOABLE and undoes(last) is None else None

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
            why = (
                f"it is entry {last.seq}" if seq != last.seq
                else "it opened the portfolio" if last.kind == "create"
                else "it was traded" if last.kind == "ticket"
                else f"it took entry {undoes(last)} back"
            )  # fmt: skip
            raise InputError(
                f"Entry {seq} of {name} cannot be undone: only the last entry written by hand can, "
                f"and {why}; record a correction."
            )
        units, cash = undoing(entries)
        payload: dict[str, Any] = {
            "positions": [{"symbol": s, "quantity": exact_text(q)} for s, q in units.items()],
            "cash": exact_text(cash),
            "reason": f"undo of entry {seq}",
            "undoes": seq,
        }
        # The amounts were computed from these entries: with the head they hold inside too.
        return self._ledger.append(
            name, "correction", last.effective_date, payload, by, expected_head=last.hash,
            check=_makes_sense,
        )  # fmt: skip

    def _known(self, name: str) -> tuple[PortfolioInfo, Grid, dict[str, Tradable]]:
        info = self._desk.portfolios.info(name)
        grid = self._desk.open(info.universe).grid
        return info, grid, marks_on(grid, grid.last_day(), info.base_currency, _PANEL).tradables

    def _append(
        self, info: PortfolioInfo, grid: Grid, kind: str, day: dt.date | None,
        payload: Mapping[str, Any], by: str, head: str | None = None,
        also: Callable[[Sequence[Entry]], None] | None = None,
    ) -> Entry:  # fmt: skip
        """Add an entry, if the ledger still makes sense with it on every later day."""
        day = _checked_day(day or default_day(grid), grid)

        def check(entries: Sequence[Entry]) -> None:
            if also:
                also(entries)
            _makes_sense(entries)

        return self._ledger.append(
            info.name, kind, day, payload, by, expected_head=head, check=check
        )


def default_day(grid: Grid) -> dt.date:
    """The as-of date of a universe where none is given."""
    return default_as_of(grid, _PANEL.max_gap)


def _makes_sense(entries: Sequence[Entry]) -> None:
    state_at(entries, dt.date.max)


def _checked_day(day: dt.date, grid: Grid) -> dt.date:
    """A day on which something can be valued. Raises InputError."""
    first = grid.days[0].astype(object)
    # Tomorrow has begun somewhere; the data itself may be of a later day, where it is simulated.
    last = max(grid.last_day(), dt.datetime.now(dt.UTC).date() + _DAY)
    if type(day) is dt.date and not first <= day <= last:
        why = f"the first close is on {first}" if day < first else "it is in the future"
        raise InputError(f"The effective date {day} does not fit: {why}.")
    return day


def _check_split(entries: Sequence[Entry]) -> None:
    """A split applies to what is held as its day begins."""
    entry, day = entries[-1], entries[-1].effective_date
    symbol, ratio = entry.payload["symbol"], entry.payload["ratio"]
    if symbol not in _quantities(entries[:-1], day - _DAY):
        raise InputError(
            f"{symbol[:40] or 'No symbol'} is not held in {entry.portfolio} before {day}: a split "
            "is of what is held as its day begins, and what is stated that day has it already."
        )
    if _quantities(entries, day) == _quantities(entries[:-1], day):
        raise InputError(
            f"A split of {ratio} changes nothing on {day}: give new units for one old one, as 4 or "
            f"3:2, or leave it out where what is held was stated that day."
        )


def _check_dividend(entries: Sequence[Entry]) -> None:
    """What was sold on its day still pays."""
    entry = entries[-1]
    day = entry.effective_date
    held = {*_quantities(entries[:-1], day), *_quantities(entries[:-1], day - _DAY)}
    _check_held(entry, held)


def _check_held(entry: Entry, held: set[str]) -> None:
    symbol = entry.payload["symbol"]
    if symbol not in held:
        raise InputError(
            f"{symbol[:40] or 'No symbol'} is not held in {entry.portfolio} on "
            f"{entry.effective_date}: a {entry.kind} is of what is held on its day."
        )


def _quantities(entries: Sequence[Entry], day: dt.date) -> dict[str, Decimal]:
    """Units held at the end of a day; none before the portfolio starts."""
    if day < min(e.effective_date for e in entries):
        return {}
    return state_at(entries, day).quantities


def _held(positions: list[dict[str, Any]], cash: Decimal | None) -> dict[str, Any]:
    payload: dict[str, Any] = {"positions": positions}
    return payload if cash is None else payload | {"cash": exact_text(cash)}


def _money(value: Any, what: str) -> Decimal:
    return parse_amount(value, what)
