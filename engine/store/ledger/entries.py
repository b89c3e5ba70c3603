"""The entries of named portfolios: only ever added, each sealed by its hash."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.core.canonical import LEDGER_1
from engine.core.errors import InputError, StoreDamaged
from engine.core.words import BY_HAND, EntryKind
from engine.store.catalog import Catalog, read_universes
from engine.store.ledger.chain import Entry
from engine.store.ledger.handle import Check, Handle
from engine.store.ledger.records import (
    PortfolioInfo,
    check_currency,
    check_date,
    check_portfolio_name,
    no_portfolio,
)
from engine.store.ledger.tables import (
    add_entry,
    check_source,
    checked_entries,
    new_entry,
    read_portfolios,
)
from engine.store.names import checked_by, deleted_name, no_universe
from engine.store.removals import find_removal


class EntryStore:
    """The entries of all portfolios, only ever added to.

    The chain is checked whenever it is read or added to, so no state is ever computed from an
    edited ledger. Every method but `survey` raises StoreDamaged naming the first entry that is not
    as it was written; all raise StoreBusy.
    """

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def create(
        self,
        portfolio: str,
        universe: str,
        base_currency: str,
        by: str = "",
        effective_date: dt.date | None = None,
        cash: Decimal = Decimal(0),
        *,
        opening: tuple[str, dt.date, Mapping[str, Any]] | None = None,
        check: Check | None = None,
    ) -> Entry:
        """Open the ledger of a portfolio: nothing held, and cash in the base currency.

        opening: kind, effective date and payload of entry 2, as `append` takes them.

        One transaction appends entry 1, effective today (UTC) if no date is given, and the opening;
        before that day there is no portfolio. A repeat with the same universe, currency, cash and
        opening changes nothing and gives the first entry; where entry 1 stands alone it adds the
        opening. Raises InputError (names, currency, a portfolio that exists otherwise),
        EmptyUniverse (nothing loaded), and what `check` raises; then the store is as before.
        """
        by = checked_by(by)
        check_portfolio_name(portfolio)
        check_currency(base_currency)
        day = effective_date or dt.datetime.now(dt.UTC).date()
        check_date(day, "effective date")
        payload: dict[str, Any] = {"universe": universe, "base_currency": base_currency}
        if cash:
            payload["cash"] = cash
        if opening:
            _check_kind(opening[0])
            check_date(opening[1], "effective date")

        def opened(first: Entry) -> None:
            if opening is None:
                return
            kind, on, content = opening
            entry = new_entry((first,), portfolio, kind, on, content, by)
            if check:
                check((first, entry))
            add_entry(connection, entry)

        with self._handle.changing(no_universe(universe, ())) as connection:
            if portfolio in read_portfolios(connection):
                known = checked_entries(connection, portfolio)
                first = known[0]
                if LEDGER_1.text(first.payload) != LEDGER_1.text(payload):
                    raise InputError(
                        f"The portfolio {portfolio} exists, on {first.payload['universe']} with "
                        f"{first.payload.get('cash', 'no')} {first.payload['base_currency']} in "
                        "cash: take another name."
                    )
                if len(known) == 1:
                    opened(first)
                elif opening and (known[1].kind, known[1].payload_text) != (
                    opening[0], LEDGER_1.text(opening[2]),
                ):  # fmt: skip
                    raise InputError(
                        f"The portfolio {portfolio} exists and was opened otherwise (entry 2, "
                        f"{known[1].kind}): take another name."
                    )
                return first
            if find_removal(connection, universe):
                raise deleted_name(universe)
            loaded = read_universes(connection)
            if Catalog(loaded).find(universe) is None:
                raise no_universe(universe, (other.name for other in loaded))
            first = new_entry((), portfolio, EntryKind.CREATE, day, payload, by)
            add_entry(connection, first)
            opened(first)
            return first

    def append(
        self,
        portfolio: str,
        kind: str,
        effective_date: dt.date,
        payload: Mapping[str, Any],
        by: str = "",
        *,
        source_run: str = "",
        snapshot_id: str = "",
        expected_head: str | None = None,
        check: Check | None = None,
    ) -> Entry:
        """Add an entry of a kind that is written by hand (`EntryKind.by_hand`).

        payload: plain values, amounts as decimals, never floats. effective_date: may lie before
        that of an earlier entry. snapshot_id: that of the run if only a run is given.
        expected_head: the hash of the last entry that the caller saw; so a form sent twice, or two
        people at once, add one entry and not two.

        One transaction appends one entry. Raises InputError (unknown portfolio, kind, date,
        payload, run or snapshot, a head that has moved on), and what `check` raises; then the store
        is as before.
        """
        by = checked_by(by)
        _check_kind(kind)
        check_date(effective_date, "effective date")
        with self._handle.changing(no_portfolio(portfolio, ())) as connection:
            entries = checked_entries(connection, portfolio)
            if expected_head not in (None, entries[-1].hash):
                raise InputError(
                    f"The ledger of {portfolio} has moved on: look again, then repeat."
                )
            run, snapshot = check_source(connection, source_run, snapshot_id)
            entry = new_entry(
                entries, portfolio, kind, effective_date, payload, by, run, snapshot
            )  # fmt: skip
            if check:
                check((*entries, entry))
            add_entry(connection, entry)
            return entry

    def entries(self, portfolio: str, until_date: dt.date | None = None) -> tuple[Entry, ...]:
        """The entries of a portfolio in the order in which they were written.

        until_date: only those that count by then. Raises InputError naming the portfolios that
        exist.
        """
        with self._handle.read() as connection:
            if connection is None:
                raise no_portfolio(portfolio, ())
            found = checked_entries(connection, portfolio)
        if until_date is None:
            return found
        return tuple(e for e in found if e.effective_date <= until_date)

    def head(self, portfolio: str) -> Entry:
        """The last entry of a portfolio, whose hash goes on a ticket. Raises as `entries`."""
        return self.entries(portfolio)[-1]

    def portfolios(self) -> tuple[PortfolioInfo, ...]:
        """All portfolios, by name."""
        found, damaged = self.survey()
        for error in damaged.values():
            raise error
        return found

    def survey(self) -> tuple[tuple[PortfolioInfo, ...], dict[str, StoreDamaged]]:
        """The portfolios that can be used, by name; and name → what is wrong with each other one.

        So one edited ledger does not hide the others. Raises StoreDamaged only where the file
        itself cannot be read.
        """
        found, damaged = [], {}
        with self._handle.read() as connection:
            if connection is None:
                return (), {}
            for name in read_portfolios(connection):
                try:
                    found.append(_info(checked_entries(connection, name)))
                except StoreDamaged as error:
                    damaged[name] = error
        return tuple(found), damaged

    def portfolio(self, name: str) -> PortfolioInfo:
        """One portfolio. Raises InputError naming those that exist."""
        return _info(self.entries(name))


def _check_kind(kind: str) -> None:
    if kind not in BY_HAND:
        known = ", ".join(BY_HAND)
        raise InputError(f"{kind[:40]!r} is not a kind of entry: use {known}.")


def _info(entries: tuple[Entry, ...]) -> PortfolioInfo:
    first = entries[0]
    return PortfolioInfo(
        name=first.portfolio,
        universe=first.payload["universe"],
        base_currency=first.payload["base_currency"],
        created_at=first.wall_time,
        by=first.by,
        entries=len(entries),
        until=max(entry.effective_date for entry in entries),
        head_hash=entries[-1].hash,
    )
