"""What is stored but looks wrong: said, never changed."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from engine.core.format import count, number
from engine.market.oddities.alone import alone
from engine.market.oddities.kinds import Oddity, OddKind
from engine.market.oddities.together import together
from engine.market.quality import LOW_CLOSE

__all__ = ["OddKind", "Oddity", "oddities"]
_RETURNS_PART = 0.2


def oddities(
    prices: pd.DataFrame, instruments: pd.DataFrame, rejects: pd.DataFrame | None = None
) -> tuple[Oddity, ...]:
    """Everything odd about the series, by symbol, then by day.

    prices: the prices frame, sorted; instruments: whose classes decide what is odd. rejects: of the
    file, for figures that are returns are mostly rejected. Linear, but for the correlations of
    pairs.
    """
    found: list[Oddity] = [] if rejects is None else _returns(prices, rejects)
    prices = prices[~prices["symbol"].isin([one.symbol for one in found])]  # no more is to be said
    if len(prices):
        kinds = dict(zip(instruments["symbol"], instruments["asset_class"], strict=True))
        found += [*alone(prices, kinds), *together(prices, kinds)]
    return tuple(sorted(found, key=lambda o: (o.symbol, o.date or dt.date.min, o.kind)))


def _returns(prices: pd.DataFrame, rejects: pd.DataFrame) -> list[Oddity]:
    """Figures around zero: returns, not prices; those below zero are rejected."""
    low = rejects.loc[rejects["reason"] == LOW_CLOSE]
    figures = pd.to_numeric(low["close"], errors="coerce")
    below = figures[figures < 0].groupby(low["symbol"]).size()
    kept = prices.groupby("symbol")["close"].agg(["size", "median"])
    out = []
    for symbol, n in below.items():
        size, median = kept.loc[symbol] if symbol in kept.index else (0, 0.0)
        if n / (n + size) > _RETURNS_PART and abs(median) < 1:
            out.append(Oddity(
                OddKind.RETURNS, str(symbol), None,
                f"{count(int(n))} of {count(int(n + size))} figures are below zero and the others "
                f"about {number(float(median), 4)}: these look like returns, not prices",
            ))  # fmt: skip
    return out
