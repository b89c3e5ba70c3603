"""How the market quotes two currencies: which is the base of the pair, and on which side it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.core.words import Side

# Earlier ones are the base: the interbank convention (EURUSD, GBPUSD, USDCAD, CADJPY ...), in which
# the yen is quoted against nearly everything. Others follow by code.
BASE_FIRST = (
    "XAU", "XAG", "XPT", "XPD",
    "EUR", "GBP", "AUD", "NZD", "USD", "CAD", "CHF",
    "DKK", "NOK", "SEK", "SGD", "HKD", "CNH", "CNY", "ZAR", "MXN", "TRY", "PLN", "JPY",
)  # fmt: skip
OTHER_SIDE: dict[str, str] = {Side.BUY: Side.SELL.value, Side.SELL: Side.BUY.value}


@dataclass(frozen=True)
class MarketPair:
    """One unit of `base` costs a price in `quote`. inverted: the asset held is the quote."""

    base: str
    quote: str
    inverted: bool

    @property
    def symbol(self) -> str:
        """As the market writes it: USDJPY."""
        return self.base + self.quote

    def side(self, asset_side: str) -> str:
        """Side in the pair of a BUY or SELL of the asset: to buy JPY is to sell USDJPY."""
        return OTHER_SIDE[asset_side] if self.inverted else asset_side


def is_currency(code: str) -> bool:
    """Whether a text has the form of a currency code."""
    return re.fullmatch(r"[A-Z]{3}", code) is not None


def market_pair(asset: str, money: str) -> MarketPair:
    """The pair in which a currency `asset` is traded for `money`; both are three-letter codes."""
    base, quote = sorted((asset, money), key=_rank)
    return MarketPair(base, quote, inverted=asset == quote)


def _rank(code: str) -> tuple[int, str]:
    return BASE_FIRST.index(code) if code in BASE_FIRST else len(BASE_FIRST), code
