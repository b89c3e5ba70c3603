"""Currency pairs as assets: which currency a pair stands for, and its value in the base currency.

Quoting never matters: USDJPY and JPYUSD both enter as JPY, valued in the base currency.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

# Turnover rank of currencies: BIS Triennial Central Bank Survey, April 2022, table 4. It decides
# which of a group of pegged currencies stays, and through which hub a cross is taken.
LIQUIDITY = (
    "USD", "EUR", "JPY", "GBP", "CNY", "AUD", "CAD", "CHF", "HKD", "SGD",
    "SEK", "KRW", "NOK", "NZD", "INR", "MXN", "TWD", "ZAR", "BRL", "DKK",
    "PLN", "THB", "ILS", "IDR", "CZK", "AED", "TRY", "HUF", "CLP", "SAR",
    "PHP", "MYR", "COP", "RUB", "RON", "PEN", "BHD", "BGN",
)  # fmt: skip

# Stablecoins are taken at par with the dollar; the panel says so when it does.
PAR = {"USDT": "USD", "USDC": "USD"}


@dataclass(frozen=True)
class Pair:
    """A quoted pair: one unit of `base` costs `close` units of `quote`."""

    column: int
    symbol: str
    base: str
    quote: str

    def other(self, leg: str) -> str | None:
        """The other leg; None if `leg` is neither."""
        return {self.base: self.quote, self.quote: self.base}.get(leg)


def parse_pair(symbol: str) -> tuple[str, str] | None:
    """('USD', 'JPY') from USDJPY, USD/JPY, usd-jpy or USDJPY=X; None if it is no pair."""
    found = re.fullmatch(r"([A-Za-z]{3})[/\-_. ]?([A-Za-z]{3})(=X)?", symbol.strip())
    if not found or found[1].upper() == found[2].upper():
        return None
    return found[1].upper(), found[2].upper()


def liquidity_rank(currency: str) -> tuple[int, str]:
    """Sort key: the most traded currency first, unranked ones last by code."""
    rank = LIQUIDITY.index(currency) if currency in LIQUIDITY else len(LIQUIDITY)
    return rank, currency


class Rates:
    """Values of currencies in the base currency, each by the shortest chain of the pairs at hand.

    close: T×N as quoted; NaN = no fixing that day. A chain is the product of its legs on days on
    which all are fixed; nothing is filled. Of equal chains the one through the most liquid hub is
    taken, of two quotes of one pair the better observed, then the first by symbol. A pair whose
    last close lies over `idle_after` rows before that of the latest pair is idle: it serves only
    where no live one does.
    """

    def __init__(self, pairs: list[Pair], close: np.ndarray, base: str, idle_after: int) -> None:
        self._close, self._base = close, base
        # Currency → the pair that values it and the currency in which that pair does.
        self._steps: dict[str, tuple[Pair, str]] = {}
        traded = np.isfinite(close)
        observed = traded.sum(axis=0)
        last = len(close) - 1 - np.argmax(traded[::-1], axis=0)
        self.observed = frozenset(pair for pair in pairs if observed[pair.column])
        used = sorted(
            self.observed,
            key=lambda pair: (-observed[pair.column], pair.symbol),
        )
        latest = max((last[pair.column] for pair in used), default=0)
        self._reach([pair for pair in used if last[pair.column] >= latest - idle_after])
        self._reach(used)

    def _reach(self, pairs: list[Pair]) -> None:
        """Breadth first from the base and from what is reached already."""
        frontier = {self._base, *self._steps}
        while frontier:
            found: dict[str, tuple[Pair, str]] = {}
            for hub in sorted(frontier, key=liquidity_rank):
                for pair in pairs:
                    other = pair.other(hub)
                    if other and other != self._base and other not in self._steps:
                        found.setdefault(other, (pair, hub))
            self._steps |= found
            frontier = set(found)

    @property
    def assets(self) -> dict[int, str]:
        """Column → currency of the pairs that value one."""
        return {pair.column: currency for currency, (pair, _) in self._steps.items()}

    def holder(self, currency: str) -> str | None:
        """The symbol of the pair that values a currency; None if none does."""
        return self._steps[currency][0].symbol if currency in self._steps else None

    def value(self, currency: str) -> np.ndarray | None:
        """T values of one unit of `currency` in the base currency; None if no chain is known."""
        currency = PAR.get(currency, currency)
        if currency == self._base:
            return np.ones(self._close.shape[0])
        if currency not in self._steps:
            return None
        pair, hub = self._steps[currency]
        column = self._close[:, pair.column]
        leg = column if pair.quote == hub else 1.0 / column
        onward = self.value(hub)
        return leg if hub == self._base or onward is None else leg * onward


def assign_assets(
    pairs: list[Pair], rates: Rates, base: str
) -> tuple[dict[int, str], dict[int, tuple[str, str]]]:
    """Which currency each pair stands for: the one that it values in `rates`.

    Returns (column → currency) and (column → (reason, detail)) of those that stand for none. A pair
    without any close is in neither.
    """
    assets = rates.assets
    refused: dict[int, tuple[str, str]] = {}
    for pair in pairs:
        legs = [leg for leg in (pair.base, pair.quote) if leg != base]
        unlinked = [leg for leg in legs if rates.holder(leg) is None]
        if pair.column in assets or pair not in rates.observed:
            continue
        if unlinked:
            refused[pair.column] = ("no rate", f"no pair links {' or '.join(unlinked)} to {base}")
        else:
            held = ", ".join(f"{leg} is held through {rates.holder(leg)}" for leg in legs)
            refused[pair.column] = ("duplicate pair", held)
    return assets, refused


def find_pegs(
    volatility_to: Mapping[str, Mapping[str, float]], members: set[str], base: str, limit: float
) -> dict[str, str]:
    """Currencies to leave out because they are pegged, with the reason in words.

    volatility_to: anchor (USD, EUR) → currency → annual volatility against it in the window.
    Of a group that hangs together the most liquid stays; a peg to the base goes altogether.
    """
    out: dict[str, str] = {}
    for anchor, volatilities in volatility_to.items():
        pegged = {c for c, v in volatilities.items() if v < limit and c in members and c not in out}
        if anchor == base:
            out |= dict.fromkeys(pegged, f"pegged to the base currency {base}")
            continue
        group = pegged | ({anchor} & (members - set(out)))
        if len(group) > 1:
            stays = min(group, key=liquidity_rank)
            out |= dict.fromkeys(group - {stays}, f"pegged to {anchor}; {stays} stays")
    return out
