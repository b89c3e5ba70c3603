"""Trades that a person has looked through: limits, lots, and whether they are on a ticket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.core.currencies import cash_in, currency_of_cash, is_cash
from engine.core.edges import over
from engine.core.format import percent
from engine.core.ordering import by_size
from engine.core.words import CURRENCY_CLASS, Side
from engine.params.trading import TradeParams
from engine.pipeline import Portfolio
from engine.trading.desired import TRADED_TOLERANCE
from engine.trading.tickets.ticket import Ticket
from engine.trading.trades import TradePlan

WITHIN, AT, OVER = "within", "at its limit", "over"
ROUNDED = f"passed by lots, by less than {percent(TRADED_TOLERANCE, 2)}"
OUTSIDE = "asset, not in the universe's choice"


@dataclass(frozen=True)
class Cap:
    """One limit: weights before and after trades and at the target, and its two sides.

    room: to the nearer side, negative = passed. state: WITHIN, AT (within `TRADED_TOLERANCE` of
    it), ROUNDED (passed by no more than that, as whole lots leave it) or OVER.
    """

    kind: str
    name: str
    before: float
    after: float
    target: float
    lower: float
    upper: float
    room: float
    state: str


def caps(
    portfolio: Portfolio, before: Mapping[str, float], after: Mapping[str, float]
) -> tuple[Cap, ...]:
    """Every limit of the portfolio at weights before and after trades, the least room first.

    before, after: weights by symbol, CASH and what is no member too; cash of other currencies
    counts in the class of these. What is held without being a member has the asset cap alone:
    cluster, group and class of it are not known here.
    """
    made = portfolio.allocation
    limits = made.limit_rows
    symbols = portfolio.inputs.symbols
    of_money = np.array(
        [pair == ("class", CURRENCY_CLASS) for pair in zip(limits.kinds, limits.names, strict=True)]
    )
    at_before, at_after = (
        limits.members @ _weights(symbols, w) + of_money * _foreign(w) for w in (before, after)
    )
    at_target = limits.members @ made.weights
    found = [
        _cap(kind, name, float(b), float(a), float(t), float(low), float(high))
        for kind, name, b, a, t, low, high in zip(
            limits.kinds, limits.names, at_before, at_after, at_target, limits.lower, limits.upper,
            strict=True,
        )
    ]  # fmt: skip
    asset_cap = limits.upper[limits.kinds.index("asset")]
    found += [
        _cap(OUTSIDE, s, before.get(s, 0.0), after.get(s, 0.0), 0.0, 0.0, float(asset_cap))
        for s in sorted({*before, *after} - {*symbols})
        if not is_cash(s)
    ]
    found.sort(key=lambda c: (c.kind, c.name))
    order = by_size([c.room for c in found], range(len(found)), smallest_first=True)
    return tuple(found[i] for i in order)


def broken(found: tuple[Cap, ...]) -> tuple[Cap, ...]:
    """Those that are passed by more than a hair."""
    return tuple(c for c in found if c.state == OVER)


def _weights(symbols: tuple[str, ...], weights: Mapping[str, float]) -> np.ndarray:
    return np.array([weights.get(symbol, 0.0) for symbol in symbols])


def _foreign(weights: Mapping[str, float]) -> float:
    """Weight of cash in other currencies."""
    return sum(w for symbol, w in weights.items() if currency_of_cash(symbol))


def _cap(
    kind: str, name: str, before: float, after: float, target: float, lower: float, upper: float
) -> Cap:
    room = upper - after if lower <= 0 else min(upper - after, after - lower)
    state = AT if room <= TRADED_TOLERANCE else WITHIN
    if over(-room, 0.0):
        state = OVER if over(-room, TRADED_TOLERANCE) else ROUNDED
    return Cap(kind, name, before, after, target, lower, upper, room, state)


def odd_lots(plan: TradePlan, classes: Mapping[str, str], params: TradeParams) -> tuple[str, ...]:
    """Symbols of trades in part of a unit where only whole ones are traded; a full exit may."""
    if params.lots != "whole":
        return ()
    return tuple(
        line.symbol
        for line in plan.lines
        if line.quantity % 1
        and line.weight_after > 0
        and classes.get(line.symbol, "").strip().lower() not in params.fractional_classes
    )


def same_trades(plan: TradePlan, ticket: Ticket) -> bool:
    """Whether a ticket trades just what the plan does."""
    planned = {x.symbol: x.quantity * Side(x.side).sign for x in plan.lines}
    base, written = ticket.base_currency, {}
    for line in ticket.lines:
        if line.units:
            written[line.symbol] = line.units
        if line.to_cash:
            written[cash_in(line.asset, base)] = line.to_cash
    return planned == written
