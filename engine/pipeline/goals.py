"""The question turned round: which thresholds meet goals, and what a limit's release would buy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.core import format as fmt
from engine.core.errors import InputError
from engine.params import Params
from engine.pipeline.whatif import Point, Setting, point_at

MEASURES = ("cvar_95", "volatility", "cash", "turnover", "cost", "names", "n_clusters",
            "effective", "effective_bets")  # fmt: skip
_GOAL = re.compile(r"\s*([a-z_0-9]+)\s*(<=|>=)\s*([0-9.]+(?:[eE]-?[0-9]+)?)\s*")
_RELEASE = 0.01  # by how much a limit is raised to see what it buys
_KNOBS = {
    "asset": "limits.asset_cap", "cluster": "limits.cluster_cap", "group": "limits.group_cap",
    "class equity": "limits.equity_budget", "class crypto": "limits.crypto_budget",
    "class fx": "limits.fx_budget", "class": "limits.other_budget",
}  # fmt: skip


@dataclass(frozen=True)
class Goal:
    """A measure at most or at least a value."""

    measure: str
    at_most: bool
    value: float

    def miss(self, point: Point) -> float | None:
        """By how much a point misses it, 0 where it is met; None where it is not known."""
        found = getattr(point, self.measure)
        if found is None:
            return None
        beyond = found - self.value if self.at_most else self.value - found
        return max(0.0, float(beyond))


@dataclass(frozen=True)
class Met:
    """meets: thresholds that meet all goals. nearest: the point that misses least in all, each miss
    as a part of its goal; misses: by measure. prices: by limit, what a point more of it changes of
    each missed measure there."""

    meets: tuple[float, ...]
    nearest: float | None
    misses: dict[str, float]
    prices: dict[str, dict[str, float]]

    def words(self) -> str:
        """What is nearest where no threshold meets them, and what would help."""
        if self.nearest is None:
            return "Goals cannot be held against any of these portfolios."
        misses = ", ".join(f"{name} by {value:.4g}" for name, value in self.misses.items())
        helps = "; ".join(
            f"{knob} + {_RELEASE:g}: " + ", ".join(f"{m} {v:+.4g}" for m, v in changed.items())
            for knob, changed in self.prices.items()
        )
        told = f"No threshold meets the goals; {fmt.threshold(self.nearest)} is nearest and misses "
        return f"{told}{misses}." + (f" {helps}." if helps else "")


def goals_of(text: str) -> tuple[Goal, ...]:
    """Goals from text, as cvar_95<=0.02,cash<=0.05. Raises InputError naming what does not read."""
    out = []
    for part in text.split(","):
        found = _GOAL.fullmatch(part)
        if not found or found[1] not in MEASURES:
            raise InputError(
                f"The goal {part.strip()[:40]!r} does not read: write MEASURE<=VALUE or >=, of "
                f"{', '.join(MEASURES)}."
            )
        out.append(Goal(found[1], found[2] == "<=", float(found[3])))
    return tuple(out)


def met(on: Setting, points: Sequence[Point], goals: Sequence[Goal]) -> Met:
    """Which of the points meet the goals; where none does, the nearest and what would help."""
    missed = [[goal.miss(p) for goal in goals] for p in points]
    meets = tuple(
        p.threshold for p, row in zip(points, missed, strict=True) if all(m == 0 for m in row)
    )
    known = [i for i, row in enumerate(missed) if None not in row]
    if meets or not known:
        return Met(meets, None, {}, {})

    def size(i: int) -> float:
        parts = zip(goals, missed[i], strict=True)
        return sum((m or 0.0) / (goal.value or 1.0) for goal, m in parts)

    best = min(known, key=size)
    point = points[best]
    misses = {g.measure: m for g, m in zip(goals, missed[best], strict=True) if m}
    return Met((), point.threshold, misses, _prices(on, point, tuple(misses)))


def _prices(on: Setting, point: Point, measures: Sequence[str]) -> dict[str, dict[str, float]]:
    """What each missed measure changes by where a binding limit is raised by a point."""
    knobs = dict.fromkeys(k for text in point.binding if (k := _knob_of(text)))
    out: dict[str, dict[str, float]] = {}
    for knob in knobs:
        raised = min(1.0, float(on.params.at(knob)) + _RELEASE)
        other = _with(on, on.params.with_settings({knob: raised}))
        freed = point_at(other, point.threshold, point.n_clusters)
        changed = {
            m: getattr(freed, m) - getattr(point, m)
            for m in measures
            if getattr(freed, m) is not None and getattr(point, m) is not None
        }
        if changed:
            out[knob] = changed
    return out


def _knob_of(binding: str) -> str | None:
    """The knob behind a limit, as `Point.binding` names it; None for a bound of one's own."""
    kind, name, *_ = binding.split(" ")
    return _KNOBS.get(f"{kind} {name}") or _KNOBS.get(kind)


def _with(on: Setting, params: Params) -> Setting:
    return Setting(on.analysis, on.market, on.fx, on.risk, params)
