"""What a plan of trades starts from: what is held and wanted, and what is known of the market."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from engine.core.currencies import is_cash
from engine.core.errors import InputError
from engine.core.words import CASH, Funding
from engine.params.trading import LISTS, TradeParams
from engine.trading.reconcile import Limits, Order
from engine.trading.settlement import Money, Purse

ZERO = Decimal(0)
# Smallest step where fractions are traded: cents of a currency, a satoshi, else a ten-thousandth.
STEPS = {"fx": Decimal("0.01"), "crypto": Decimal("0.00000001")}
OTHER_STEP = Decimal("0.0001")


@dataclass(frozen=True)
class WeightLimit:
    """A limit: the weights of `symbols` sum to something between lower and upper."""

    label: str
    symbols: frozenset[str]
    lower: float
    upper: float


@dataclass(frozen=True)
class Market:
    """What is known of each symbol, by symbol; what is missing takes its default.

    prices: base currency a unit; missing: cannot be traded. classes: "" = other. blocked: why it is
    not traded (a rule of drift.py, a benchmark). lot_sizes: units of a whole lot, 1. volumes:
    average units traded a day, unknown. weight_limits: they go before bands. base: the base
    currency; settles: currency in which it is paid, where that is another. rates: by currency, base
    currency for one. pairs: currency to the symbol of the pair that changes it.
    floors: by currency, units that stay in cash.
    """

    prices: Mapping[str, Decimal]
    classes: Mapping[str, str] = field(default_factory=dict)
    blocked: Mapping[str, str] = field(default_factory=dict)
    lot_sizes: Mapping[str, Decimal] = field(default_factory=dict)
    volumes: Mapping[str, Decimal] = field(default_factory=dict)
    weight_limits: tuple[WeightLimit, ...] = ()
    base: str = ""
    settles: Mapping[str, str] = field(default_factory=dict)
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    pairs: Mapping[str, str] = field(default_factory=dict)
    floors: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Book:
    """What is held and wanted, of what has a price. target: weights without cash of any currency;
    cash: of all currencies, and purse the same by currency."""

    symbols: tuple[str, ...]
    held: dict[str, Decimal]
    cash: Decimal
    target: dict[str, float]
    unpriced: tuple[str, ...]
    limits: Limits
    market: Market
    params: TradeParams
    purse: Purse

    def class_of(self, symbol: str) -> str:
        return self.market.classes.get(symbol, "").strip().lower()

    def weight(self, symbol: str) -> float:
        return float(self.held.get(symbol, ZERO) * self.market.prices[symbol] / self.limits.value)

    def barred(self, symbol: str, side: int) -> str:
        """Why a symbol is not bought (+1) or sold (−1); "" where it may be."""
        if symbol in self.market.blocked:
            return self.market.blocked[symbol]
        lists = ("restricted", "do_not_buy" if side > 0 else "do_not_sell")
        return next((LISTS[on] for on in lists if symbol in getattr(self.params, on)), "")


def make_book(
    held: Mapping[str, Decimal],
    cash: Decimal,
    target: Mapping[str, float],
    market: Market,
    params: TradeParams,
    foreign: Mapping[str, Decimal] | None = None,
) -> Book:
    """foreign: cash of other currencies, by code. Raises InputError as `trade_plan`."""
    total = math.fsum(target.values())
    if not all(math.isfinite(w) and w >= 0 for s, w in target.items()) or (
        abs(total - 1) > 1e-6 if CASH in target else total > 1 + 1e-6
    ):
        raise InputError(
            f"Target weights sum to {total:.6f}: they are not negative and sum to 1 with {CASH}."
        )
    for symbol, quantity in held.items():
        if not quantity >= 0:
            raise InputError(f"{symbol}: {quantity} units are held; only what is owned is traded.")
    for symbol, price in market.prices.items():
        if not price > 0:
            raise InputError(f"The price of {symbol} is {price}: it must be positive.")
    wanted = {s for s, w in target.items() if w > 0 and not is_cash(s)}
    everything = sorted({*held, *wanted})
    priced = tuple(s for s in everything if s in market.prices)
    purse = _purse(cash, foreign or {}, priced, market, params)
    value = purse.total + sum((held.get(s, ZERO) * market.prices[s] for s in priced), ZERO)
    if value <= 0:
        raise InputError(f"The portfolio is worth {value}: record holdings or cash first.")
    limits = Limits(
        cash=purse.total,
        floor=_decimal(params.cash_buffer) * value + purse.reserve(params),
        budget=_decimal(params.turnover_budget) * value,
        minimum=_decimal(params.minimum_trade),
        value=value,
    )
    return Book(
        priced, dict(held), purse.total, {s: w for s, w in target.items() if not is_cash(s)},
        tuple(s for s in everything if s not in market.prices), limits, market, params, purse,
    )  # fmt: skip


def _purse(
    cash: Decimal, foreign: Mapping[str, Decimal], symbols: tuple[str, ...], market: Market,
    params: TradeParams,
) -> Purse:  # fmt: skip
    """Cash by currency: what is held, what must stay, and what trades are paid in. What has no rate
    is in none."""
    codes = {*foreign, *market.floors, *(market.settles[s] for s in symbols if s in market.settles)}
    return Purse(
        cash,
        tuple(
            Money(
                code,
                foreign.get(code, ZERO),
                market.rates[code],
                market.floors.get(code, ZERO),
                code in market.pairs and market.pairs[code] not in params.restricted,
            )
            for code in sorted(codes)
            if code in market.rates
        ),
    )


def order_of(book: Book, symbol: str, side: int, quantity: Decimal, whole: bool) -> Order:
    kind = book.class_of(symbol)
    fractions = book.params.lots == "fractional" or kind in book.params.fractional_classes
    if fractions:
        step = STEPS.get(kind, OTHER_STEP)
    else:
        step = Decimal(book.market.lot_sizes.get(symbol, 1))
    owned = book.held.get(symbol, ZERO)
    most = owned // step * step if side < 0 else Decimal("Infinity")
    code = book.market.settles.get(symbol)
    changed = book.params.funding == Funding.LINES and any(
        money.pair for money in book.purse.foreign if money.code == code
    )
    price = book.market.prices[symbol]
    return Order(symbol, side, quantity, price, step, most, kind, whole, changed)


def is_fraction(book: Book, symbol: str) -> bool:
    return book.params.lots == "fractional" or book.class_of(symbol) in (
        book.params.fractional_classes
    )


def _decimal(value: float) -> Decimal:
    return Decimal(str(value))
