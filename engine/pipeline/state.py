"""What the market is like on a date: its regime and the FX sentiment, whatever is looked at."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from engine.analytics.regime.states import Regime, RegimeHistory, regime_at, regime_history
from engine.analytics.sentiment import Sentiment
from engine.analytics.sentiment import sentiment as sentiment_at
from engine.market.basket import Basket, market_basket
from engine.market.g8 import g8_values
from engine.market.grid import Grid, default_as_of
from engine.params import RegimeParams, SentimentParams
from engine.params.stages import AsOfKnob, BasketKnob, MaxGapKnob, stage


@dataclass(frozen=True, eq=False)
class Market:
    """The market basket, the history of its regime up to the as-of date, and the state there."""

    basket: Basket
    history: RegimeHistory
    regime: Regime


@stage
def as_of_date(grid: Grid, *, as_of: AsOfKnob, max_gap: MaxGapKnob) -> dt.date:
    """The as-of date in use."""
    return as_of or default_as_of(grid, max_gap)


@stage
def basket_of(grid: Grid, *, as_of: AsOfKnob, max_gap: MaxGapKnob, named: BasketKnob) -> Basket:
    """The market basket as of the date in use, whatever classes or currency are looked at."""
    day = as_of_date.function(grid, as_of=as_of, max_gap=max_gap)
    return market_basket(grid.until(day), named, max_gap)


@stage
def market_state(
    grid: Grid, *, as_of: AsOfKnob, max_gap: MaxGapKnob, regime: RegimeParams
) -> Market:
    """The regime as of the date in use, whatever classes or currency are looked at."""
    day = as_of_date.function(grid, as_of=as_of, max_gap=max_gap)
    basket = basket_of.function(grid, as_of=day, max_gap=max_gap, named=regime.basket)
    history = regime_history(basket.returns, basket.days, regime)
    return Market(basket, history, regime_at(history, day, basket.symbols, basket.reason))


@stage
def fx_sentiment(
    grid: Grid, *, as_of: AsOfKnob, max_gap: MaxGapKnob, sentiment: SentimentParams
) -> Sentiment:
    """The FX multiplier as of the date in use."""
    day = as_of_date.function(grid, as_of=as_of, max_gap=max_gap)
    days, codes, values = g8_values(grid.until(day))
    return sentiment_at(values, codes, days, sentiment.kappa, day)
