"""What each instrument is worth on a day as traded, and what a ticket must know of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from engine.core.currencies import cash_in, quoted_in
from engine.market.calendar import last_weekday
from engine.market.currencies import PAR
from engine.market.grid import Grid
from engine.market.valuation import base_values
from engine.params import PanelParams
from engine.trading.costs import price_of
from engine.trading.drift import LEFT, STALE, UNPRICED
from engine.trading.money import DayRates
from engine.trading.tradable import CURRENCY_CLASS, Tradable

# Average daily volume is over this many rows with a volume.
VOLUME_DAYS = 21


@dataclass(frozen=True, eq=False)
class Marks:
    """Prices on `date`, in the base currency, of one unit of the asset.

    prices: the last close as traded on or before `date`; for a currency pair the value of the
    currency that it stands for, under which name cash of it is valued too (`cash_in`). ages:
    weekdays since that close. What never closed is in neither. rates: base currency for one unit of
    each other currency.
    """

    date: dt.date
    prices: dict[str, Decimal]
    ages: dict[str, int]
    tradables: dict[str, Tradable]
    classes: dict[str, str]
    rates: dict[str, Decimal]


def marks_on(grid: Grid, date: dt.date, base: str, params: PanelParams) -> Marks:
    """Marks from what was known on `date`. Raises InputError before the first close."""
    past = grid.until(date)
    values, assets = _traded(past, base, params)
    age_of_grid = int(np.busday_count(past.days[-1], np.datetime64(last_weekday(date), "D")))
    prices: dict[str, Decimal] = {}
    ages: dict[str, int] = {}
    known = np.isfinite(values)
    for column, symbol in enumerate(past.symbols):
        rows = np.flatnonzero(known[:, column])
        if rows.size:
            prices[symbol] = price_of(float(values[rows[-1], column]))
            ages[symbol] = int(past.days.size - 1 - rows[-1] + age_of_grid)
    table = past.instruments
    classes = dict(zip(past.symbols, table["asset_class"], strict=True))
    tradables = _tradables(grid, assets)
    rates = _rates(tradables, prices, base)
    prices |= {cash_in(code, base): rate for code, rate in rates.items()}
    return Marks(date, prices, ages, tradables, classes, rates)


def _rates(
    tradables: Mapping[str, Tradable], prices: Mapping[str, Decimal], base: str
) -> dict[str, Decimal]:
    """Base currency for one unit of each currency that a pair stands for, or that is at par."""
    known = {
        t.asset: prices[s]
        for s, t in tradables.items()
        if t.asset_class == CURRENCY_CLASS and t.asset and s in prices
    }
    held = known | {base: Decimal(1)}
    at_par = {code: held[major] for code, major in PAR.items() if major in held}
    return {code: rate for code, rate in (known | at_par).items() if code != base}


def rates_on(grid: Callable[[], Grid], date: dt.date, base: str, params: PanelParams) -> DayRates:
    """What currencies are worth on a day, by the pairs of a universe, which is opened, and looked
    up, once, if at all."""

    @functools.cache
    def load() -> dict[str, Decimal]:
        return marks_on(grid(), date, base, params).rates

    return DayRates(base, date, load)


def month_ends(first: dt.date, last: dt.date) -> list[dt.date]:
    """The last weekday of each month from `first` on, and `last`."""
    ends = {
        last_weekday(day.date())
        for day in pd.date_range(pd.Timestamp(first), pd.Timestamp(last), freq="ME")
    }
    return sorted({day for day in ends if first <= day <= last} | {last})


@dataclass(frozen=True)
class Problem:
    """Why a symbol cannot be weighed as others are: `kind` of drift.py, and in words."""

    symbol: str
    kind: str
    detail: str


def problems_of(
    symbols: Iterable[str], marks: Marks, panel_table: pd.DataFrame, params: PanelParams
) -> tuple[Problem, ...]:
    """What is wrong with each held symbol: not in the universe any more, an old price, none.

    panel_table: `Panel.table`. A symbol that is in the panel has no problem.
    """
    rows = panel_table.set_index("symbol")[["status", "detail"]]
    out = []
    for symbol in sorted(symbols):
        status, detail = rows.loc[symbol] if symbol in rows.index else ("", "")
        if status == "in":
            continue
        if symbol not in rows.index:
            out.append(Problem(symbol, LEFT, "not among the instruments any more"))
        elif symbol not in marks.prices:
            out.append(Problem(symbol, UNPRICED, detail or "no close on or before the date"))
        elif marks.ages[symbol] > params.stale_after:
            out.append(Problem(symbol, STALE, detail or f"{marks.ages[symbol]} weekdays old"))
        else:
            out.append(Problem(symbol, LEFT, f"{status}: {detail}" if detail else str(status)))
    return tuple(out)


def volumes_on(prices: pd.DataFrame, date: dt.date, symbols: Iterable[str]) -> dict[str, Decimal]:
    """Mean of the last volumes up to `date`, in units a day; what is not known is missing."""
    rows = prices[
        prices["symbol"].isin(list(symbols))
        & prices["volume"].notna()
        & (prices["date"] <= pd.Timestamp(date))
    ]
    means = rows.sort_values("date").groupby("symbol")["volume"].apply(
        lambda column: column.tail(VOLUME_DAYS).mean()
    )  # fmt: skip
    return {str(s): price_of(float(v)) for s, v in means.items() if v > 0}


def _traded(past: Grid, base: str, params: PanelParams) -> tuple[np.ndarray, dict[int, str]]:
    """T×N closes as traded in the base currency, and column → currency of the pairs."""
    everything = np.ones(len(past.symbols), dtype=bool)
    as_traded = dataclasses.replace(past, adjusted=past.close)
    values, assets, _, _ = base_values(as_traded, base, everything, params.max_gap)
    pairs = (past.instruments["asset_class"] == CURRENCY_CLASS).to_numpy()
    nothing = [c for c in np.flatnonzero(pairs) if c not in assets]
    values[:, nothing] = np.nan
    return values, assets


def _tradables(grid: Grid, assets: dict[int, str]) -> dict[str, Tradable]:
    """By symbol. notional: all of its closes equal their adjusted ones, so only those are known, or
    there was nothing to adjust, which looks the same."""
    table = grid.instruments
    known = np.isfinite(grid.close)
    notional = (~known | (grid.close == grid.adjusted)).all(axis=0) & known.any(axis=0)
    out = {}
    for column, row in enumerate(table.itertuples()):
        pair = row.asset_class == CURRENCY_CLASS
        symbol = str(row.symbol)
        out[symbol] = Tradable(
            symbol=symbol,
            asset=assets.get(column, "") if pair else symbol,
            asset_class=str(row.asset_class),
            currency=quoted_in(str(row.currency))[0],
            role=str(row.role),
            notional=bool(notional[column]) and not pair,
            exchange=str(row.exchange),
            quoted=str(row.currency) if quoted_in(str(row.currency))[1] != 1 else "",
        )
    return out
