"""The risk of what is held, by the measure of the portfolio that it is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.analytics.tails import cvar
from engine.core.currencies import currency_of_cash
from engine.core.words import CASH
from engine.pipeline.build import Portfolio


@dataclass(frozen=True)
class HeldRisk:
    """volatility: annual; cvar_95: over the scenarios' horizon, a positive loss. unknown: held
    without being a member, so in neither; None where that is all there is."""

    volatility: float | None
    cvar_95: float | None
    unknown: tuple[str, ...]


def risk_of(
    portfolio: Portfolio, weights: Mapping[str, float], pairs: Mapping[str, str]
) -> HeldRisk:
    """Volatility and CVaR of weights under the portfolio's Σ and scenarios.

    weights: by symbol; cash of another currency (`cash_in`) is exposure to it, as its pair is that
    `pairs` names by currency. CASH of the base currency moves nothing.
    """
    inputs = portfolio.inputs
    place = {symbol: i for i, symbol in enumerate(inputs.symbols)}
    own, unknown = np.zeros(len(place)), []
    for symbol, weight in weights.items():
        if symbol == CASH or not weight:
            continue
        i = place.get(pairs.get(currency_of_cash(symbol), symbol))
        if i is None:
            unknown.append(symbol)
        else:
            own[i] += weight
    if unknown and not own.any():
        return HeldRisk(None, None, tuple(sorted(unknown)))
    volatility = float(np.sqrt(max(0.0, own @ inputs.covariance @ own)))
    return HeldRisk(volatility, float(cvar(inputs.scenarios @ own)), tuple(sorted(unknown)))
