"""What is held against what is wanted on a day, with all that trades and tickets are made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace

import numpy as np

from engine import pipeline
from engine.allocation.limits import asset_cap
from engine.core.currencies import cash_in, is_cash
from engine.core.errors import CutlineError, InputError
from engine.core.words import CASH, CURRENCY_CLASS
from engine.desk.marks import Marks, Problem, marks_on, problems_of, volumes_on
from engine.desk.runs import Opened
from engine.market.grid import Grid
from engine.params import Params
from engine.pipeline.relabel import under_clusters
from engine.store import StoredRun
from engine.trading.against_data import Mismatch, mismatches
from engine.trading.book import Market, WeightLimit
from engine.trading.causes import Cause, causes
from engine.trading.drift import Drift, Ruled, apply_rules, drift_lines
from engine.trading.entry import LedgerEntry
from engine.trading.floors import beside_floors, floor_weights
from engine.trading.state import (
    State,
    Valued,
    last_implemented,
    renamed,
    state_at,
    value_at,
    without_flows,
)
from engine.trading.tradable import Tradable, pairs_of, refusals


@dataclass(frozen=True, eq=False)
class DriftView:
    """A portfolio on a day, held against its target.

    last: weights when last implemented, at that day's prices (`last_date`); None: never.
    target: weights with CASH after the rules; portfolio: the computation that they come from.
    causes: by symbol, adding up to the drift; targets under old clusters where these are known.
    prices: money of the base currency for one unit; notional: those that are adjusted closes.
    missing: held, but out of the universe, with an old price or none; `ruled.rules` says what rule
    applies. market: for `trade_plan`. tradables: for tickets. held_risk: of what is held, cash in
    other currencies among it. against_data: what the ledger and
    the prices disagree on. notes: what else must be known.
    """

    universe: str
    snapshot_id: str
    state: State
    valued: Valued
    last: dict[str, float] | None
    last_date: dt.date | None
    target: dict[str, float]
    portfolio: pipeline.Portfolio
    drift: Drift
    causes: tuple[Cause, ...]
    prices: dict[str, Decimal]
    notional: frozenset[str]
    missing: tuple[Problem, ...]
    ruled: Ruled
    market: Market
    tradables: dict[str, Tradable]
    asset_cap: float
    held_risk: pipeline.HeldRisk
    against_data: tuple[Mismatch, ...]
    params: Params
    ledger_head: str
    notes: tuple[str, ...]

    @property
    def as_of(self) -> dt.date:
        """The day that it is of."""
        return self.portfolio.analysis.panel.as_of


def drift_view(
    opened: Opened,
    portfolio: pipeline.Portfolio,
    params: Params,
    entries: Sequence[LedgerEntry],
    state: State | None = None,
    old_run: StoredRun | None = None,
) -> DriftView:
    """Join a ledger and a computed portfolio of the same base currency.

    entries: of the ledger. state: instead of theirs, for a ticket without a portfolio; then
    entries are empty. old_run: the run of the last ticket, whose clusters were in use.

    Raises InputError: no portfolio by that day, or one that is worth nothing.
    """
    panel = portfolio.analysis.panel
    as_of, base = panel.as_of, panel.base_currency
    marks = marks_on(opened.grid, as_of, base, params.panel)
    state = state or state_at(entries, as_of)
    valued = value_at(state, marks.prices)
    pairs = pairs_of(marks.tradables)
    floors = floor_weights(params.drift.floors, marks.prices, base, valued.value)
    kept = _beside(floors, portfolio)
    wanted = kept({s: w for s, w in pipeline.weights_of(portfolio).items() if w > 0})
    missing = problems_of(state.quantities, marks, panel.table, params.panel)
    problems = {p.symbol: p.kind for p in missing}
    ruled = apply_rules(valued.weights, wanted, problems, params.drift)
    last_date = last_implemented(entries, as_of)
    last, unknown = _last_weights(opened.grid, entries, last_date, base, params)
    if last is not None and last_date is not None:
        last = renamed(last, entries, last_date, as_of)
    unmoved = last_date and without_flows(entries, last_date, as_of, marks.prices)
    under_old, notes = _under_old_clusters(portfolio, params, old_run)
    if under_old is not None:
        under_old = apply_rules(valued.weights, kept(under_old), problems, params.drift).target
    symbols = {s for s in (*state.quantities, *wanted) if not is_cash(s)}
    of_money = {cash_in(code, base) for code in marks.rates}
    classes = marks.classes | dict.fromkeys(of_money, CURRENCY_CLASS)
    cap = asset_cap(params.limits, len(panel.symbols))
    found = drift_lines(
        last, valued.weights, ruled.target, valued.value, params.drift,
        asset_cap=cap,
        clusters={
            s: f"{c.id} {c.name}" for c in portfolio.analysis.cut.clusters for s in c.members
        } | dict.fromkeys(of_money, CASH),
        classes=classes,
        unpriced=valued.unpriced,
        rules=ruled.rules,
    )  # fmt: skip
    return DriftView(
        universe=opened.snapshot.info.name,
        snapshot_id=opened.snapshot.info.snapshot_id,
        state=state,
        valued=valued,
        last=last,
        last_date=last_date,
        target=ruled.target,
        portfolio=portfolio,
        drift=found,
        causes=causes(
            last or {CASH: 1.0},
            valued.weights,
            ruled.target,
            under_old,
            unmoved.weights if unmoved else None,
        ),
        prices=marks.prices,
        notional=frozenset(s for s, t in marks.tradables.items() if t.notional),
        missing=missing,
        ruled=ruled,
        market=Market(
            prices={s: p for s, p in marks.prices.items() if s in symbols},
            classes=classes,
            blocked=_refused(symbols, marks.prices, marks.tradables, base) | ruled.blocked,
            volumes=volumes_on(opened.snapshot.prices, as_of, symbols),
            weight_limits=_weight_limits(portfolio, sum(floors.values())),
            base=base,
            settles={
                s: t.currency
                for s, t in marks.tradables.items()
                if s in symbols and t.currency in pairs and t.asset_class != CURRENCY_CLASS
            },
            rates=marks.rates,
            pairs=pairs,
            floors=params.drift.floors,
        ),
        tradables=marks.tradables,
        asset_cap=cap,
        against_data=_against_data(opened.grid, entries, marks, as_of),
        held_risk=pipeline.risk_of(portfolio, valued.weights, pairs),
        params=params,
        ledger_head=entries[-1].hash if entries else "",
        notes=(*unknown, *notes, *_later(entries, as_of)),
    )


def _last_weights(
    grid: Grid, entries: Sequence[LedgerEntry], date: dt.date | None, base: str, params: Params
) -> tuple[dict[str, float] | None, tuple[str, ...]]:
    """Weights when last implemented, at the prices that were known then, so that later data changes
    no past weight; None, and why, where nothing held had a price."""
    if date is None:
        return None, ()
    try:
        then = marks_on(grid, date, base, params.panel).prices
        return value_at(state_at(entries, date), then).weights, ()
    except InputError as error:
        return None, (f"The weights of {date} are not known: {error}",)


def _beside(
    floors: Mapping[str, float], portfolio: pipeline.Portfolio
) -> Callable[[Mapping[str, float]], dict[str, float]]:
    """Targets made to leave room for the floors of cash under the budget of currencies."""
    limits, inputs = portfolio.allocation.limit_rows, portfolio.inputs
    budget = next(
        (float(high) for kind, name, high in zip(limits.kinds, limits.names, limits.upper,
                                                 strict=True)
         if (kind, name) == ("class", CURRENCY_CLASS)), 1.0,
    )  # fmt: skip
    currencies = {
        s for s, c in zip(inputs.symbols, inputs.classes, strict=True) if c == CURRENCY_CLASS
    }
    return lambda target: beside_floors(target, floors, currencies, budget)


def _against_data(
    grid: Grid, entries: Sequence[LedgerEntry], marks: Marks, as_of: dt.date
) -> tuple[Mismatch, ...]:
    """Of every symbol that an entry names, by what was known on the day."""
    past = grid.until(as_of)
    ever = {
        str(row.get("symbol", ""))
        for entry in entries
        for row in (entry.payload, *entry.payload.get("positions", ()),
                    *entry.payload.get("fills", ()))
    }  # fmt: skip
    columns = {s: i for i, s in enumerate(past.symbols) if s in ever}
    closes = {s: (past.close[:, i], past.adjusted[:, i]) for s, i in columns.items()}
    notional = {s for s, t in marks.tradables.items() if t.notional}
    return mismatches(entries, past.days, closes, notional, as_of)


def _weight_limits(portfolio: pipeline.Portfolio, floors: float = 0.0) -> tuple[WeightLimit, ...]:
    """The portfolio's limits, for the trades; floors of cash take their part of the currencies'."""
    made, symbols = portfolio.allocation, np.array(portfolio.inputs.symbols)
    limits = made.limit_rows
    return tuple(
        WeightLimit(
            limits.label(r), frozenset(symbols[row > 0].tolist()), float(low),
            max(float(high) - (floors if (kind, name) == ("class", CURRENCY_CLASS) else 0.0), 0.0),
        )
        for r, (kind, name, row, low, high) in enumerate(
            zip(limits.kinds, limits.names, limits.members, limits.lower, limits.upper, strict=True)
        )
    )  # fmt: skip


def _refused(
    symbols: set[str],
    prices: Mapping[str, Decimal],
    tradables: Mapping[str, Tradable],
    base: str,
) -> dict[str, str]:
    """Why no market would take a symbol; what has no price is left to the trades to say."""
    lines = [SimpleNamespace(symbol=s, price=prices[s]) for s in sorted(symbols) if s in prices]
    plan = SimpleNamespace(lines=lines)
    return dict(refusals(plan, tradables, base))  # type: ignore[arg-type]


def _under_old_clusters(
    portfolio: pipeline.Portfolio, params: Params, run: StoredRun | None
) -> tuple[dict[str, float] | None, tuple[str, ...]]:
    """Target on today's data with the clusters of `run`, and what must be said if there is none."""
    if run is None:
        return None, ()
    clusters = {w.symbol: w.cluster_id for w in run.weights if w.cluster_id is not None}
    try:
        made = under_clusters(portfolio, clusters, params)
    except CutlineError as error:
        return None, (f"What new clusters did is not known apart: {error}",)
    return {s: w for s, w in pipeline.weights_of(made).items() if w > 0}, ()


def _later(entries: Sequence[LedgerEntry], as_of: dt.date) -> tuple[str, ...]:
    later = [e for e in entries if e.effective_date > as_of]
    if not later:
        return ()
    first = min(e.effective_date for e in later)
    return (f"The ledger has {len(later)} later entries, from {first} on: not in what is shown.",)


def in_currency(params: Params, base: str) -> Params:
    """The parameters in a portfolio's base currency, whatever they were in."""
    return params.with_settings({"data.base_currency": base})
