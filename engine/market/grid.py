"""A snapshot's closes on the weekday calendar, as read-only arrays.

Built once a snapshot; a panel as of D is cut from `Grid.until(D)`, which holds nothing later.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.core.errors import EmptyUniverse, InputError
from engine.core.format import listing
from engine.market.calendar import last_weekday, weekdays


@dataclass(frozen=True)
class Grid:
    """Closes of N instruments on T weekdays.

    days: T, datetime64[D], Monday to Friday without holes.
    symbols: N, sorted.
    instruments: N rows in that order (columns of `engine.core.frames`), index 0..N−1.
    close: T×N as traded, in the instrument's own currency; NaN = did not trade.
    adjusted: T×N adjusted closes; NaN = not known or did not trade.
    Weekend rows are left out: their moves are part of Monday's return.
    """

    days: np.ndarray
    symbols: tuple[str, ...]
    instruments: pd.DataFrame
    close: np.ndarray
    adjusted: np.ndarray

    def until(self, as_of: dt.date) -> Grid:
        """The same grid with nothing later than `as_of`.

        Raises InputError if that is before the first close.
        """
        stop = int(np.searchsorted(self.days, np.datetime64(as_of, "D"), side="right"))
        if stop == 0:
            raise InputError(
                f"Nothing is known on {as_of}: the first close is on "
                f"{self.days[0]}; choose a later as-of date."
            )
        return Grid(
            self.days[:stop], self.symbols, self.instruments,
            self.close[:stop], self.adjusted[:stop],
        )  # fmt: skip

    def last_day(self) -> dt.date:
        """The last weekday of the calendar."""
        return self.days[-1].astype(object)


def build_grid(prices: pd.DataFrame, instruments: pd.DataFrame) -> Grid:
    """Lay clean prices (symbol, date, close, adj_close, volume) on the weekday calendar.

    Instruments without a price stay, as a column of NaN. Cost: one pass over the rows.
    Raises EmptyUniverse if there is no price on any weekday, InputError for a price that no
    instrument describes.
    """
    table = instruments.sort_values("symbol", ignore_index=True)
    symbols = tuple(table["symbol"])
    all_days = prices["date"].to_numpy().astype("datetime64[D]")
    weekday = np.is_busday(all_days)
    if not weekday.any():
        raise EmptyUniverse("The universe holds no price on a weekday: ingest prices first.")
    traded = prices.loc[weekday]
    row_days = all_days[weekday]
    days = weekdays(row_days.min().astype(object), row_days.max().astype(object))
    rows = np.busday_count(days[0], row_days)
    columns = pd.Index(symbols).get_indexer(pd.Index(traded["symbol"]))
    if (columns < 0).any():
        strays = sorted(set(traded["symbol"].to_numpy()[columns < 0]))
        raise InputError(f"No instrument describes {listing(strays)}: add it, or drop its prices.")
    close = np.full((days.size, len(symbols)), np.nan)
    adjusted = np.full_like(close, np.nan)
    close[rows, columns] = traded["close"].to_numpy()
    adjusted[rows, columns] = traded["adj_close"].to_numpy()
    for array in (days, close, adjusted):
        array.setflags(write=False)
    return Grid(days, symbols, table, close, adjusted)


def default_as_of(grid: Grid, max_gap: int) -> dt.date:
    """The latest day on which, in every asset class, at least half of its live instruments close.

    An instrument is live if its last close is at most `max_gap` weekdays before the last close of
    its class; benchmarks and instruments without any price do not count.
    Raises EmptyUniverse if there is no such day, naming the class that ends first.
    """
    traded = np.isfinite(grid.close)
    counts = (grid.instruments["role"] != "benchmark").to_numpy() & traded.any(axis=0)
    last_row = traded.shape[0] - 1 - np.argmax(traded[::-1], axis=0)
    classes = grid.instruments["asset_class"].to_numpy()
    enough = np.ones(traded.shape[0], dtype=bool)
    ends: dict[str, str] = {}
    for name in np.unique(classes[counts]):
        members = counts & (classes == name)
        live = members & (last_row >= last_row[members].max() - max_gap)
        enough &= 2 * traded[:, live].sum(axis=1) >= live.sum()
        ends[str(name)] = str(grid.days[last_row[members].max()])
    if not counts.any() or not enough.any():
        spans = ", ".join(f"{name} to {day}" for name, day in ends.items()) or "no prices at all"
        raise EmptyUniverse(
            f"There is no day on which every asset class trades ({spans}): give an as-of date."
        )
    return last_weekday(grid.days[np.flatnonzero(enough)[-1]].astype(object))
