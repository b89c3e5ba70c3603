"""The market basket: the fixed list of instruments on which the regime is told.

No filter of a page changes it. Membership is by first close, which never changes afterwards: the
list as of a day is the beginning of the list as of any later day, so a history computed at once
holds on each day only what was known then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.core.errors import InputError
from engine.core.format import count, listing
from engine.market.currencies import liquidity_rank, parse_pair
from engine.market.grid import Grid
from engine.market.lives import first_close, previous_row

# More members cost time (an N×N eigenvalue problem a session) and add little to a mean.
LARGEST = 40
# Two series have one correlation.
LEAST = 2
# Funds of shares repeat the shares: their correlations are near 1 at all times.
FUND_SECTORS = ("Equity factor",)


@dataclass(frozen=True, eq=False)
class Basket:
    """Members and their returns, in each member's own currency.

    name: what it is, in a few words. symbols: N, in order of entry. days: T, datetime64[D].
    returns: T×N simple one-session returns of adjusted closes, spanning short holes and stamped on
        the day that trades; NaN = did not trade, or a hole of over `max_gap` weekdays lies between.
    reason: why these, in words.
    """

    name: str
    symbols: tuple[str, ...]
    days: np.ndarray
    returns: np.ndarray
    reason: str


def market_basket(grid: Grid, chosen: tuple[str, ...], max_gap: int) -> Basket:
    """The basket of a universe: the `chosen` symbols, else its single shares.

    Single shares are equities that are neither benchmark nor fund; at most 40, those with the
    earliest first close, ties by name. Under two of them: all instruments but benchmarks by the
    same rule. A seat is not given again when a member ends: the list would then depend on the day.
    Raises InputError naming chosen symbols that the universe does not hold.
    Invariant: once two shares have a close, the basket of `grid.until(D)` is this one up to D, less
    members without a close yet. Hand in the grid up to the as-of date all the same.
    """
    table = grid.instruments
    keys = _keys(grid)
    first = first_close(np.isfinite(grid.close))
    if chosen:
        unknown = [symbol for symbol in chosen if symbol not in grid.symbols]
        if unknown:
            raise InputError(
                f"The market basket names {listing(unknown)}, which this universe does not hold: "
                "correct regime.basket."
            )
        position = {symbol: i for i, symbol in enumerate(grid.symbols)}
        columns = [position[symbol] for symbol in dict.fromkeys(chosen)]
        name = "chosen basket"
        reason = f"{count(len(columns), 'instrument')} named in regime.basket."
        return _basket(grid, name, columns, reason, max_gap)
    allowed = (table["role"] != "benchmark").to_numpy() & (first >= 0)
    shares = allowed & _single_shares(table)
    many = int(shares.sum()) >= LEAST
    candidates = np.flatnonzero(shares if many else allowed)
    order = sorted(candidates, key=lambda c: (first[c], keys[c]))
    columns = [int(c) for c in order[:LARGEST]]
    what = "single share" if many else "instrument"
    size = (
        f"the {LARGEST} with the longest history of {count(len(order), what)}"
        if len(order) > LARGEST
        else f"all {count(len(order), what)}"
    )
    why = "" if many else f"; the universe holds {count(int(shares.sum()), 'single share')}"
    reason = f"{size[0].upper()}{size[1:]} of the universe{why}."
    return _basket(grid, "shares" if many else "all assets", columns, reason, max_gap)


def basket_drawdown(basket: Basket) -> np.ndarray:
    """T: fall of the equal-weight basket from its highest value so far, at most 0.

    Its return is the mean over who traded that day, 0 on a day without any.
    """
    present = np.isfinite(basket.returns)
    total = np.where(present, basket.returns, 0.0).sum(axis=1)
    index = np.cumprod(1.0 + total / np.maximum(present.sum(axis=1), 1))
    return index / np.maximum(np.maximum.accumulate(index), 1.0) - 1.0


def _basket(grid: Grid, name: str, columns: list[int], reason: str, max_gap: int) -> Basket:
    returns = _returns(grid, columns, max_gap)
    returns.setflags(write=False)
    symbols = tuple(grid.symbols[c] for c in columns)
    return Basket(name, symbols, grid.days, returns, reason)


def _single_shares(table: pd.DataFrame) -> np.ndarray:
    equity = (table["asset_class"] == "equity").to_numpy()
    return equity & ~table["sector"].isin(FUND_SECTORS).to_numpy()


def _legs(grid: Grid, column: int) -> tuple[str, str] | None:
    kind = grid.instruments["asset_class"].iloc[column]
    return parse_pair(grid.symbols[column]) if kind == "fx" else None


def _keys(grid: Grid) -> list[str]:
    """Names for ties, the same for a currency pair whichever way it is quoted."""
    keys = []
    for column, symbol in enumerate(grid.symbols):
        legs = _legs(grid, column)
        keys.append("/".join(sorted(legs, key=liquidity_rank)) if legs else symbol)
    return keys


def _returns(grid: Grid, columns: list[int], max_gap: int) -> np.ndarray:
    """T×N one-session returns over the whole history; see `Basket`."""
    close, adjusted = grid.close[:, columns], grid.adjusted[:, columns]
    for i, column in enumerate(columns):
        legs = _legs(grid, column)
        if legs and liquidity_rank(legs[0]) < liquidity_rank(legs[1]):
            # The asset is the less traded currency, so that quoting does not matter.
            close[:, i] = 1.0 / close[:, i]
            adjusted[:, i] = 1.0 / adjusted[:, i]
    rows = np.arange(len(close))[:, None]
    at = previous_row(np.isfinite(close))
    before = np.vstack([np.full((1, len(columns)), -1), at[:-1]])
    usable = (before >= 0) & (rows - before - 1 <= max_gap)
    own = np.arange(len(columns))
    with np.errstate(invalid="ignore"):
        # Adjusted over adjusted or traded over traded: return by return nothing can jump, and a
        # close that is not yet adjusted changes no other day.
        plain = close / np.where(usable, close[before, own], np.nan) - 1.0
        clean = adjusted / np.where(usable, adjusted[before, own], np.nan) - 1.0
    return np.where(np.isfinite(clean), clean, plain)
