"""Why there is drift: prices, new clusters, new targets; they add up to it exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Weights are put on multiples of 2^-40 (1e-12), where sums and differences of numbers below 2^12
# are exact in binary: so the parts add up to the drift to the last bit.
GRID = 2.0**40


@dataclass(frozen=True)
class Cause:
    """The drift of a symbol and its parts, in weight. drift = price + clusters + targets.

    price: last − held. clusters: what new clusters alone changed in the target; 0 where the old
    ones are not known. targets: what new data changed under the old clusters.
    """

    symbol: str
    price: float
    clusters: float
    targets: float
    drift: float


def causes(
    last: Mapping[str, float],
    held: Mapping[str, float],
    target: Mapping[str, float],
    target_old_clusters: Mapping[str, float] | None = None,
) -> tuple[Cause, ...]:
    """The causes of the drift of each symbol, CASH included, by symbol.

    A symbol that is missing from one of the weights has 0 there. target_old_clusters: the target on
    the new data with the clusters of the last run; none: not known, then `clusters` is 0 and all of
    the change of the target is in `targets`.

    Invariants: each line adds up exactly; where all weights sum to 1 each cause sums to 0 over the
    symbols, to 1e-12 a symbol.
    """
    old = target if target_old_clusters is None else target_old_clusters
    out = []
    for symbol in sorted({*last, *held, *target, *old}):
        was, now, wanted, under_old = (
            _on_grid(weights.get(symbol, 0.0)) for weights in (last, held, target, old)
        )
        out.append(Cause(symbol, was - now, wanted - under_old, under_old - was, wanted - now))
    return tuple(out)


def total(found: tuple[Cause, ...]) -> Cause:
    """One-way sums, ½ Σ|·|, of the drift and of each of its causes; these do not add up."""
    parts = {
        name: 0.5 * sum(abs(getattr(cause, name)) for cause in found)
        for name in ("price", "clusters", "targets", "drift")
    }
    return Cause("", **parts)


def _on_grid(weight: float) -> float:
    return round(weight * GRID) / GRID
