"""Why there is drift: prices, flows, new clusters, new targets; they add up to it exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Weights are put on multiples of 2^-40 (1e-12), where sums and differences of numbers below 2^12
# are exact in binary: so the parts add up to the drift to the last bit.
GRID = 2.0**40
# In the order in which they are told.
PARTS = ("price", "flows", "clusters", "targets")


@dataclass(frozen=True)
class Cause:
    """The drift of a symbol and its parts, in weight. drift = price + flows + clusters + targets.

    price: last less what would be held without the flows since. flows: that less what is held:
    cash in and out, dividends, fees and corrections moved the weight. clusters: what new clusters
    alone changed in the target; 0 where the old ones are not known. targets: what new data changed
    under the old clusters.
    """

    symbol: str
    price: float
    flows: float
    clusters: float
    targets: float
    drift: float


def causes(
    last: Mapping[str, float],
    held: Mapping[str, float],
    target: Mapping[str, float],
    target_old_clusters: Mapping[str, float] | None = None,
    without_flows: Mapping[str, float] | None = None,
) -> tuple[Cause, ...]:
    """The causes of the drift of each symbol, CASH included, by symbol.

    A symbol that is missing from one of the weights has 0 there. target_old_clusters: the target on
    the new data with the clusters of the last run; none: not known, then `clusters` is 0 and all of
    the change of the target is in `targets`. without_flows: what would be held without the flows
    since; none: there were none, or it is not known, and all of it is in `price`.

    Invariants: each line adds up exactly; where all weights sum to 1 each cause sums to 0 over the
    symbols, to 1e-12 a symbol.
    """
    old = target if target_old_clusters is None else target_old_clusters
    out = []
    moved = held if without_flows is None else without_flows
    for symbol in sorted({*last, *held, *target, *old, *moved}):
        was, now, wanted, under_old, still = (
            _on_grid(weights.get(symbol, 0.0)) for weights in (last, held, target, old, moved)
        )
        out.append(
            Cause(
                symbol, was - still, still - now, wanted - under_old, under_old - was, wanted - now
            )
        )  # fmt: skip
    return tuple(out)


def total(found: Sequence[Cause]) -> Cause:
    """The one-way turnover ½ Σ|drift|, and what each cause has in it.

    A cause counts with the sign of the drift that it is part of: ½ Σ sign(drift) · cause. So one
    that works against the drift is negative, and they add up to the turnover, as |drift| =
    sign(drift) · Σ causes.
    """
    parts = {
        name: 0.5 * math.fsum(_sign(cause.drift) * getattr(cause, name) for cause in found)
        for name in PARTS
    }
    return Cause("", **parts, drift=math.fsum(parts.values()))


def _sign(value: float) -> float:
    return math.copysign(1.0, value) if value else 0.0


def _on_grid(weight: float) -> float:
    return round(weight * GRID) / GRID
