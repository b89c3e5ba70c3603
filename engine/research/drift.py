"""What drift is made of as a whole, and what other ways of trading would do with it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.trading.causes import PARTS, Cause, total
from engine.trading.trades import TradePlan


@dataclass(frozen=True)
class Step:
    """One step of a waterfall, as a part of the value. total: stands on 0."""

    name: str
    size: float
    total: bool = False


@dataclass(frozen=True)
class Effect:
    """What a way of trading comes to. turnover and remains: one-way, CASH included, of the value.

    cost: base currency; bps: of the value. lines: trades.
    """

    name: str
    turnover: float
    cost: Decimal
    bps: float
    remains: float
    lines: int


def turnover_steps(causes: Sequence[Cause]) -> tuple[Step, ...]:
    """The one-way turnover as the sum of its causes: `causes.total`."""
    whole = total(causes)
    steps = [Step(part, getattr(whole, part)) for part in PARTS]
    return (*steps, Step("drift", whole.drift, total=True))


def asset_steps(cause: Cause, held: float) -> tuple[Step, ...]:
    """From what is held of one asset to its target, by cause. held: its weight."""
    steps = [Step(part, getattr(cause, part)) for part in PARTS]
    target = held + math.fsum(s.size for s in steps)
    return (Step("held", held, total=True), *steps, Step("target", target, total=True))


def effects(plans: Mapping[str, TradePlan]) -> tuple[Effect, ...]:
    """Each plan in numbers, in the order given."""
    return tuple(
        Effect(
            name, plan.turnover, plan.cost, 1e4 * float(plan.cost / plan.value_before),
            plan.drift_after, len(plan.lines),
        )
        for name, plan in plans.items()
    )  # fmt: skip
