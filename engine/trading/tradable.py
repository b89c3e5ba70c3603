"""What can be put on a ticket: instruments that a market trades, and the plan that asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from engine.core.currencies import currency_of_cash
from engine.trading.market_pair import is_currency

CURRENCY_CLASS = "fx"
# Quoted, but nobody sells them.
NO_MARKET = frozenset({"index", "rate", "macro"})


@dataclass(frozen=True)
class Tradable:
    """What a ticket must know of an instrument.

    symbol: as stored (USDJPY); asset: what is held (JPY; a share's own symbol). currency: in which
    it is traded, "" = the base currency. role: asset or benchmark. notional: its quantities are of
    adjusted prices, no number of shares. exchange: as the instrument names it; quoted: the
    hundredth in which it is quoted (GBp), "" = none.
    """

    symbol: str
    asset: str
    asset_class: str
    currency: str = ""
    role: str = "asset"
    notional: bool = False
    exchange: str = ""
    quoted: str = ""


class PlannedTrade(Protocol):
    """A line of a trade plan; amounts > 0, quantity in units of the asset."""

    @property
    def symbol(self) -> str: ...
    @property
    def side(self) -> str: ...
    @property
    def quantity(self) -> Decimal: ...
    @property
    def price(self) -> Decimal | None: ...
    @property
    def value(self) -> Decimal: ...
    @property
    def cost(self) -> Decimal: ...
    @property
    def reason(self) -> str: ...


class Plan(Protocol):
    """What `build_ticket` reads of a trade plan."""

    @property
    def lines(self) -> Sequence[PlannedTrade]: ...
    @property
    def untraded(self) -> Sequence[Any]: ...  # with symbol and reason, or pairs of them
    @property
    def cash_before(self) -> Decimal: ...
    @property
    def cash_after(self) -> Decimal: ...
    @property
    def cost(self) -> Decimal: ...


def pairs_of(instruments: Mapping[str, Tradable]) -> dict[str, str]:
    """Currency → symbol of the pair that stands for it."""
    return {
        t.asset: symbol
        for symbol, t in instruments.items()
        if t.asset_class == CURRENCY_CLASS and t.asset
    }


def refusals(
    plan: Plan, instruments: Mapping[str, Tradable], base_currency: str
) -> tuple[tuple[str, str], ...]:
    """(symbol, why) of each planned trade that no market would take; empty if all can be traded."""
    pairs = pairs_of(instruments)
    found = [
        (
            trade.symbol,
            _refusal(
                trade,
                instruments.get(pairs.get(currency_of_cash(trade.symbol), trade.symbol)),
                base_currency,
            ),
        )
        for trade in plan.lines
    ]
    return tuple((symbol, why) for symbol, why in found if why)


def _refusal(trade: PlannedTrade, known: Tradable | None, base_currency: str) -> str:
    if known is None:
        return "is not in the universe"
    if known.role != "asset":
        return f"is a {known.role}"
    if known.asset_class in NO_MARKET:
        return f"is of the class {known.asset_class}, which is not traded"
    if known.asset_class == CURRENCY_CLASS and not is_currency(known.asset):
        return "stands for no currency"
    if known.asset == base_currency:
        return "is the base currency"
    if trade.price is None or not trade.price.is_finite() or trade.price <= 0:
        return "has no price"
    return ""
