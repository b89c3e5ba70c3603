"""The knobs of drift and trades, in two frozen groups."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from engine.core.amounts import parse_amount
from engine.core.errors import InputError, ParamError
from engine.core.knobs import check_group, knob, names_of, texts_of
from engine.core.symbols import named
from engine.core.words import Band, Destination, Funding, Lots, Rule, values_of

RULES = values_of(Rule)
BANDS = values_of(Band)
DESTINATIONS = values_of(Destination)
LOTS = values_of(Lots)
FUNDING = values_of(Funding)
# Fields of names that are not traded, and what such a list is called.
LISTS = {
    "restricted": "restricted", "do_not_buy": "do not buy", "do_not_sell": "do not sell",
}  # fmt: skip


def _part(default: float, meaning: str, high: float = 1.0, step: float = 0.01) -> float:
    """A part of something, which a control shows in %."""
    return knob(default, meaning, low=0.0, high=high, step=step, percent=True)


def _bps(default: float, meaning: str) -> float:
    """What a trade costs."""
    return knob(default, meaning, low=0, high=1000, unit="bps", step=0.5)


@dataclass(frozen=True)
class DriftParams:
    """When drift calls for trades, and what becomes of what cannot be weighed as others are.

    Rules: `sell` takes the target to 0; `freeze` takes it to what is held, so that no drift is left
    and the others share the rest; `hold` keeps target and drift as they are. Neither of the last
    two is traded.
    """

    rebalance_turnover: float = _part(0.10, "One-way turnover over which the status is REBALANCE")
    urgent_turnover: float = _part(0.20, "One-way turnover over which the status is URGENT")
    urgent_cap_share: float = _part(
        0.75, "Part of the asset cap over which the drift of one asset is URGENT", high=10.0
    )
    left_rule: str = knob("sell", "What left the universe: sell, freeze or hold", choices=RULES)
    stale_rule: str = knob("freeze", "What has an old price: sell, freeze or hold", choices=RULES)
    unpriced_rule: str = knob("freeze", "What has no price: sell, freeze or hold", choices=RULES)
    cash_floors: tuple[str, ...] = knob(
        (), "Cash kept in other currencies, as EUR:10000; what is above is changed"
    )

    def __post_init__(self) -> None:
        floors = texts_of("drift.cash_floors", self.cash_floors)
        object.__setattr__(self, "cash_floors", floors)
        check_group("drift", self)
        _ = self.floors
        if self.urgent_turnover < self.rebalance_turnover:
            raise ParamError(
                f"drift.urgent_turnover = {self.urgent_turnover} is below "
                f"drift.rebalance_turnover = {self.rebalance_turnover}: raise it."
            )

    @property
    def floors(self) -> dict[str, Decimal]:
        """Currency → units that stay in cash."""
        return floors_of(self.cash_floors)


@dataclass(frozen=True)
class TradeParams:
    """Which part of the drift is traded, in what sizes, at what cost.

    Costs are in basis points of what is traded: `spread` is what crossing it costs one trade (half
    of the quoted spread), `fee` what the broker takes.
    """

    phi: float = _part(1.0, f"{named('φ').capitalize()} that is traded", step=0.05)
    destination: str = knob(
        "target", "Trade to the target, or to the nearest edge of its band", choices=DESTINATIONS
    )
    band_kind: str = knob("larger", "Band: absolute, relative to the target, the larger or the "
                         "smaller of both (5/25 is smaller)", choices=BANDS)  # fmt: skip
    no_trade_band: float = _part(0.001, "Absolute drift that is left alone", step=0.001)
    relative_band: float = _part(0.05, "Drift that is left alone, as part of the target", high=10.0)
    whole_exits: bool = knob(True, f"Sell whole what has a target of 0, whatever the {named('φ')}")
    minimum_trade: float = knob(
        100.0, "Smallest trade that is worth it; full exits are free of it", low=0.0, high=1e9,
        unit="base currency", step=100.0,
    )  # fmt: skip
    lots: str = knob("whole", "Whole lots, or fractions of a unit", choices=LOTS)
    fractional_classes: tuple[str, ...] = knob(
        ("crypto", "fx"), "Classes traded in fractions even where lots are whole"
    )
    cash_buffer: float = _part(0.0, "Part of the value that stays in cash", high=0.9)
    turnover_budget: float = _part(1.0, "Most one-way turnover of a ticket")
    funding: str = knob(
        "lines", "What a trade lacks of its own currency: lines of the ticket change it, one a "
        "pair, or the broker does", choices=FUNDING,
    )  # fmt: skip
    cash_flow_only: bool = knob(False, "Only invest surplus cash, or raise what is short")
    expires_days: int = knob(
        7, "Days after which a ticket that was not traded expires", low=1, high=90, unit="days",
        step=1,
    )  # fmt: skip
    do_not_buy: tuple[str, ...] = knob((), "Symbols that are not bought")
    do_not_sell: tuple[str, ...] = knob((), "Symbols that are not sold")
    restricted: tuple[str, ...] = knob((), "Symbols that are neither bought nor sold")
    equity_spread_bps: float = _bps(2.0, "Spread cost of equity")
    equity_fee_bps: float = _bps(1.0, "Fee of equity")
    fx_spread_bps: float = _bps(1.0, "Spread cost of currencies")
    fx_fee_bps: float = _bps(0.2, "Fee of currencies")
    crypto_spread_bps: float = _bps(5.0, "Spread cost of crypto")
    crypto_fee_bps: float = _bps(10.0, "Fee of crypto")
    other_spread_bps: float = _bps(5.0, "Spread cost of others")
    other_fee_bps: float = _bps(2.0, "Fee of other classes")

    def __post_init__(self) -> None:
        classes = names_of("trade.fractional_classes", self.fractional_classes)
        object.__setattr__(self, "fractional_classes", classes)
        for name in LISTS:
            object.__setattr__(self, name, texts_of(f"trade.{name}", getattr(self, name)))
        check_group("trade", self)


def floors_of(texts: Iterable[str]) -> dict[str, Decimal]:
    """Currency → units, of texts as EUR:10000. Raises ParamError for what does not read."""
    out: dict[str, Decimal] = {}
    for text in texts:
        code, colon, amount = (part.strip() for part in text.partition(":"))
        try:
            floor = parse_amount(amount, "The amount")
        except InputError as error:
            raise _no_floor(text) from error
        if not colon or not re.fullmatch(r"[A-Z]{3,5}", code) or floor < 0 or code in out:
            raise _no_floor(text)
        out[code] = floor
    return out


def _no_floor(text: str) -> ParamError:
    return ParamError(
        f"drift.cash_floors: {text[:40]!r} does not fit: write each currency once, as EUR:10000."
    )
