"""What drift is made of as a whole, and what other ways of trading would do with it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.trading.causes import Cause
from engine.trading.trades import TradePlan

# In the order in which they are told.
PARTS = ("price", "clusters", "targets")


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
    """The one-way turnover ½ Σ|drift| as the sum of its causes.

    A cause counts with the sign of the drift that it is part of: ½ Σ sign(drift) · cause. So one
    that works against the drift is negative, and they add up to the turnover, as |drift| =
    sign(drift) · Σ causes.
    """
    steps = [
        Step(part, 0.5 * math.fsum(_sign(c.drift) * getattr(c, part) for c in causes))
        for part in PARTS
    ]
    return (*steps, Step("drift", math.fsum(s.size for s in steps), total=True))


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


def _sign(value: float) -> float:
    return math.copysign(1.0, value) if value else 0.0
