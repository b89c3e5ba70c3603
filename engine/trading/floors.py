"""Targets beside cash that is kept in other currencies."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from decimal import Decimal

from engine.core.currencies import cash_in, is_cash
from engine.core.words import CASH


def floor_weights(
    floors: Mapping[str, Decimal], prices: Mapping[str, Decimal], base: str, value: Decimal
) -> dict[str, float]:
    """Weight of each floor, by the name of its cash; what has no rate is left out.

    prices: base currency for one unit, of currencies by `cash_in`.
    """
    named = {cash_in(code, base): amount for code, amount in floors.items() if code != base}
    return {s: float(a * prices[s] / value) for s, a in named.items() if a and s in prices}


def beside_floors(
    target: Mapping[str, float],
    floors: Mapping[str, float],
    currencies: Collection[str],
    budget: float,
) -> dict[str, float]:
    """Targets that leave room for the floors, which are exposure to their currencies.

    target: weights, CASH among them, summing to 1. currencies: symbols of the class whose `budget`
    the floors take part of: what is left of it is shared in proportion. The rest is scaled alike
    where all is over 1. No target is raised; CASH takes what is left.
    """
    if not floors:
        return dict(target)
    kept = math.fsum(floors.values())
    own = {s: w for s, w in target.items() if not is_cash(s)}
    of_class = math.fsum(w for s, w in own.items() if s in currencies)
    part = min(1.0, max(budget - kept, 0.0) / of_class) if of_class > 0 else 1.0
    own = {s: w * (part if s in currencies else 1.0) for s, w in own.items()}
    whole = math.fsum(own.values())
    scale = min(1.0, max(1.0 - kept, 0.0) / whole) if whole > 0 else 1.0
    own = {s: w * scale for s, w in own.items()}
    return own | dict(floors) | {CASH: max(0.0, 1.0 - kept - math.fsum(own.values()))}
