"""What the market is like on a date: its regime and the FX sentiment, whatever is looked at."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from engine.analytics.regime.states import Regime, RegimeHistory, regime_at, regime_history
from engine.analytics.sentiment import Sentiment, sentiment
from engine.market.basket import Basket, market_basket
from engine.market.g8 import g8_values
from engine.market.grid import Grid, default_as_of
from engine.params import Params


@dataclass(frozen=True, eq=False)
class Market:
    """The market basket, the history of its regime up to the as-of date, and the state there."""

    basket: Basket
    history: RegimeHistory
    regime: Regime


def as_of_date(grid: Grid, params: Params) -> dt.date:
    """The as-of date in use."""
    return params.data.as_of or default_as_of(grid, params.panel.max_gap)


def market_state(grid: Grid, params: Params) -> Market:
    """The regime as of the date in use, whatever classes or currency are looked at."""
    as_of = as_of_date(grid, params)
    basket = market_basket(grid.until(as_of), params.regime.basket, params.panel.max_gap)
    history = regime_history(basket.returns, basket.days, params.regime)
    return Market(basket, history, regime_at(history, as_of, basket.symbols, basket.reason))


def fx_sentiment(grid: Grid, params: Params) -> Sentiment:
    """The FX multiplier as of the date in use."""
    as_of = as_of_date(grid, params)
    days, codes, values = g8_values(grid.until(as_of))
    return sentiment(values, codes, days, params.sentiment.kappa, as_of)
