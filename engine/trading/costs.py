"""What a trade costs, and money as exact decimals."""

from __future__ import annotations

import decimal
import math
from decimal import Decimal

from engine.core.amounts import CENT
from engine.core.errors import InputError
from engine.core.words import CURRENCY_CLASS
from engine.params.trading import TradeParams

# Enough that the product of a price and a quantity is never rounded: see `exact`.
DIGITS = 60
# Classes with costs of their own; the rest are "other".
PRICED_CLASSES = ("equity", "fx", "crypto")


def exact() -> decimal.Context:
    """The context of all sums of money: `with decimal.localcontext(exact())`.

    Sums and products are exact to 60 digits; the default of 28 can lose the end of a quantity with
    8 decimals times a price with 20 digits.
    """
    return decimal.Context(prec=DIGITS, rounding=decimal.ROUND_HALF_UP)


def price_of(value: float, digits: int = 12) -> Decimal:
    """A stored close as a decimal of at most 12 significant digits, which drops the noise of a
    conversion between currencies. Raises InputError where it is no positive number."""
    if not (math.isfinite(value) and value > 0):
        raise InputError(f"A price of {value} cannot be traded at: a price is a positive number.")
    return Decimal(f"{value:.{digits}g}")


def cost_bps(asset_class: str, params: TradeParams) -> Decimal:
    """Spread and fee of a class, in basis points of what is traded."""
    name = asset_class.strip().lower()
    name = name if name in PRICED_CLASSES else "other"
    # str: the decimals that were written, not those of the binary number.
    return sum(
        (Decimal(str(getattr(params, f"{name}_{part}_bps"))) for part in ("spread", "fee")),
        Decimal(0),
    )


def cost_of(value: Decimal, asset_class: str, params: TradeParams) -> Decimal:
    """What it costs to trade `value` (not negative), to the cent, halves up."""
    with decimal.localcontext(exact()):
        return (value * cost_bps(asset_class, params) / 10_000).quantize(
            CENT, decimal.ROUND_HALF_UP
        )


def change_cost(value: Decimal, params: TradeParams) -> Decimal:
    """The most that changing `value` may cost as a part of one trade: rounded up to the cent, so
    that parts never come to less than their sum."""
    with decimal.localcontext(exact()):
        return (value * cost_bps(CURRENCY_CLASS, params) / 10_000).quantize(CENT, decimal.ROUND_UP)
