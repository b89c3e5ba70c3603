"""A threshold that the data suggest, with the reason and how weak it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.analytics.sweep import Sweep
from engine.core import format as fmt
from engine.core.errors import InputError
from engine.params import LimitParams, RegimeParams

# Kaufman & Rousseeuw 1990, table 4 of chapter 2: upper bounds of silhouette and what they mean.
BANDS = ((0.25, "none"), (0.50, "weak"), (0.70, "reasonable"), (float("inf"), "strong"))
WORDS = {
    "none": "no clear structure",
    "weak": "weak structure",
    "reasonable": "reasonable structure",
    "strong": "strong structure",
}
# With this share of the assets alone a cut has not grouped them.
MOSTLY_ALONE = 0.5
# Sums of caps that ought to be equal differ by rounding.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Suggestion:
    """threshold: None if no cut qualifies; silhouette: at it, else None.

    strength: "none", "weak", "reasonable" or "strong". reason: one or two sentences.
    seed_singletons: seed threshold to the share of assets alone there; a seed that the sweep did
    not visit is absent.
    """

    threshold: float | None
    silhouette: float | None
    strength: str
    reason: str
    seed_singletons: dict[float, float]

    def __post_init__(self) -> None:
        if self.strength not in WORDS:
            raise InputError(f"Unknown strength {self.strength!r}: one of {', '.join(WORDS)}.")
        if (self.threshold is None) != (self.silhouette is None):
            raise InputError("A suggestion has both a threshold and its silhouette, or neither.")


def investable(sweep: Sweep, limits: LimitParams) -> np.ndarray:
    """M fractions: the most money that each cut's clusters can take under the caps, up to 1.

    Σ_k min(cluster cap, asset cap · n_k) over the clusters of sizes n_k.
    """
    most = np.empty(len(sweep.labels))
    for row, labels in enumerate(sweep.labels):
        sizes = np.bincount(labels)
        most[row] = np.minimum(limits.cluster_cap, limits.asset_cap * sizes).sum()
    return np.minimum(most, 1.0)[sweep.partition]


def suggest(
    sweep: Sweep, limits: LimitParams, seeds: Mapping[str, float] | None = None
) -> Suggestion:
    """The threshold with the best silhouette among the cuts that can be used.

    A cut can be used if it has two clusters or more, fewer than half of the assets are alone, and
    under the caps it can take all money, or where no threshold can, the most that any can. Of
    thresholds with the same partition the middle one is taken, of equal silhouettes the lowest.

    limits: the caps; seeds: regime to threshold, for what the reason says about them; by default
    those of `RegimeParams`.
    """
    seeds = RegimeParams().thresholds if seeds is None else seeds
    n = len(sweep.symbols)
    money = investable(sweep, limits)
    alone = sweep.singletons / n
    rules = {
        "take all the money": money >= money.max() - ROUNDING,
        "put more than half of the assets in company": alone < MOSTLY_ALONE,
        "leave more than one cluster": sweep.n_clusters >= 2,
    }
    usable = np.logical_and.reduce(list(rules.values())) & ~np.isnan(sweep.silhouette)
    seed_alone = _seed_singletons(sweep, alone, seeds)
    if not usable.any():
        reason = _why_none(n, rules)
        return Suggestion(None, None, "none", _join(reason, seed_alone), seed_alone)

    best = int(np.argmax(np.where(usable, sweep.silhouette, -np.inf)))
    same = np.flatnonzero(sweep.partition == sweep.partition[best])
    middle = float(sweep.thresholds[same[(len(same) - 1) // 2]])
    width = float(sweep.silhouette[best])
    strength = next(name for bound, name in BANDS if width <= bound)
    share = "all" if money.max() >= 1 - ROUNDING else f"the most ({fmt.percent(money.max(), 0)})"
    reason = (
        f"{fmt.threshold(middle)} has the best silhouette ({fmt.number(width)}: {WORDS[strength]})"
        f" among the cuts at which {share}{' of the' if share != 'all' else ''} money can be"
        " invested."
    )
    return Suggestion(middle, width, strength, _join(reason, seed_alone), seed_alone)


def _seed_singletons(
    sweep: Sweep, alone: np.ndarray, seeds: Mapping[str, float]
) -> dict[float, float]:
    found = {}
    for seed in sorted(set(seeds.values())):
        at = np.flatnonzero(np.isclose(sweep.thresholds, seed, rtol=0, atol=1e-9))
        if len(at):
            found[float(seed)] = float(alone[at[0]])
    return found


def _why_none(n: int, rules: Mapping[str, np.ndarray]) -> str:
    if n < 3:
        return f"No cut is suggested: {fmt.count(n, 'asset')} cannot be grouped."
    never = [rule for rule, holds in rules.items() if not holds.any()]
    if never:
        return f"No cut is suggested: none of the thresholds would {' or '.join(never)}."
    *most, last = rules
    return (
        f"No cut is suggested: none of the thresholds would at once {', '.join(most)} and {last}."
    )


def _join(reason: str, seed_alone: Mapping[float, float]) -> str:
    if not seed_alone:
        return reason
    seeds = _in_words([f"{seed:g}" for seed in seed_alone])
    shares = _in_words([fmt.percent(share, 0) for share in seed_alone.values()])
    text = f"{reason} At the seed's {seeds}, {shares} of the assets stay alone"
    mostly = [f"{seed:g}" for seed, share in seed_alone.items() if share >= MOSTLY_ALONE]
    if mostly:
        text += f": mostly singletons at {_in_words(mostly)}"
    return text + "."


def _in_words(items: list[str]) -> str:
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)
