"""Portfolios held against their targets: on a day, from so much cash, and looking back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from engine import pipeline
from engine.core.errors import InputError
from engine.core.weights import one_way
from engine.desk.drift_view import DriftView, drift_view, in_currency
from engine.desk.marks import marks_on, month_ends
from engine.desk.needs import Runs, Universes
from engine.desk.runs import Opened
from engine.market.grid import Grid
from engine.params import Params
from engine.store import Entry, LedgerStore, StoredRun
from engine.trading.drift import drift_lines
from engine.trading.state import (
    State,
    implementing,
    last_implemented,
    renamed,
    state_at,
    value_at,
    without_flows,
)

HISTORY_COLUMNS = ("date", "turnover", "flows", "largest", "status", "value")


class Views:
    """The drift of the portfolios of one store; stores nothing."""

    def __init__(self, ledger: LedgerStore, universes: Universes, runs: Runs) -> None:
        self._ledger, self._universes, self._runs = ledger, universes, runs

    def drift(
        self,
        name: str,
        params: Params,
        as_of: dt.date | None = None,
        *,
        opened: Opened | None = None,
        portfolio: pipeline.Portfolio | None = None,
    ) -> DriftView:
        """What is held against what is optimal on the as-of date; stores nothing.

        as_of: wins over the parameters' own. opened, portfolio: where they are computed already,
        in the portfolio's base currency and as of that date.

        Raises what the pipeline raises, and InputError: no portfolio by that day, nothing in it.
        """
        if as_of is not None:
            params = params.with_settings({"data.as_of": as_of})
        entries = self._ledger.entries(name)
        return self.view_of(entries, params, opened=opened, portfolio=portfolio)

    def view_of(
        self,
        entries: Sequence[Entry],
        params: Params,
        *,
        opened: Opened | None = None,
        portfolio: pipeline.Portfolio | None = None,
    ) -> DriftView:
        """As `drift`, of entries that were read."""
        first = entries[0].payload
        params = in_currency(params, first["base_currency"])
        opened = opened or self._universes.open(first["universe"])
        made = portfolio or pipeline.optimise(opened.grid, params)
        old = self.run_behind(entries, made.analysis.panel.as_of)
        return drift_view(opened, made, params, entries, old_run=old)

    def view_of_cash(self, universe: str | None, params: Params, cash: Decimal) -> DriftView:
        """The drift of so much cash that is in no portfolio."""
        if cash <= 0:
            raise InputError(f"A notional of {cash} does not fit: it must be above 0.")
        opened = self._universes.open(universe)
        made = pipeline.optimise(opened.grid, params)
        panel = made.analysis.panel
        state = State("", panel.as_of, panel.base_currency, cash, (), "")
        return drift_view(opened, made, params, (), state)

    def history(
        self,
        name: str,
        params: Params,
        as_of: dt.date | None = None,
        *,
        asset_cap: float | None = None,
    ) -> pd.DataFrame:
        """Drift at month ends since the first holdings or ticket, and on the as-of date.

        asset_cap: against which the drift of one asset is held; None: `limits.asset_cap` alone. A
        `DriftView` has the one that its number of assets allows.

        Columns date, turnover (one-way, CASH included), flows, largest (drift of one asset),
        status, value (base currency). Money that came or went since is in no turnover, largest or
        status, but in `flows`: how much it moved, one-way. The target is the one that was in force
        then: of the run behind the last ticket, else the holdings as they were stated. On days on
        which nothing held has a price there is no row.
        """
        entries = self._ledger.entries(name)
        first = entries[0].payload
        params = in_currency(params, first["base_currency"])
        grid = self._universes.open(first["universe"]).grid
        until = as_of or pipeline.as_of_date(grid, params)
        starts = [e.effective_date for e in implementing(entries)]
        cap = min(1.0, params.limits.asset_cap) if asset_cap is None else asset_cap
        rows = []
        for day in month_ends(min(starts), until) if starts and min(starts) <= until else ():
            row = self._on(day, entries, grid, params, cap)
            if row:
                rows.append(row)
        return pd.DataFrame(rows, columns=list(HISTORY_COLUMNS))

    def _on(
        self, day: dt.date, entries: Sequence[Entry], grid: Grid, params: Params,
        cap: float,
    ) -> tuple[Any, ...] | None:  # fmt: skip
        """A row of the history; None where nothing can be valued."""
        base = entries[0].payload["base_currency"]
        start = last_implemented(entries, day)
        assert start is not None
        try:
            now = marks_on(grid, day, base, params.panel).prices
            valued = value_at(state_at(entries, day), now)
            run = self.run_behind(entries, day)
            if run is not None:
                target = {s: w for s, w in run.weight_of().items() if w}
            else:
                prices = marks_on(grid, start, base, params.panel).prices
                target = value_at(state_at(entries, start), prices).weights
        except InputError:
            return None
        target = renamed(target, entries, start, day)
        unmoved = without_flows(entries, start, day, now) or valued
        found = drift_lines(
            target, unmoved.weights, target, unmoved.value, params.drift, asset_cap=cap,
            unpriced=unmoved.unpriced,
        )  # fmt: skip
        flows = one_way(unmoved.weights, valued.weights)
        return day, found.turnover, flows, found.largest, found.status, float(valued.value)

    def run_behind(self, entries: Sequence[Entry], day: dt.date) -> StoredRun | None:
        """The run behind what was implemented last by a day; None for stated holdings."""
        done = [e for e in implementing(entries) if e.effective_date <= day]
        last = max(done, key=lambda e: (e.effective_date, e.seq), default=None)
        if last is None or not last.source_run:
            return None
        return self._runs.run(last.source_run)
