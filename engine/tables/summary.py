"""What stands over a page: one number with its label each."""

from __future__ import annotations

from dataclasses import dataclass

from engine.analytics.correlation import Correlation
from engine.analytics.tree import threshold_to_rho
from engine.core import format as fmt
from engine.core.symbols import named
from engine.market.panel import Panel
from engine.pipeline import Cut
from engine.store import UniverseInfo


@dataclass(frozen=True)
class Figure:
    """One number with its label, as text."""

    label: str
    value: str
    help: str = ""


def cut_summary(panel: Panel, correlation: Correlation, cut: Cut) -> tuple[Figure, ...]:
    """The cut in a row of figures."""
    n = len(panel.symbols)
    alone = sum(c.size == 1 for c in cut.clusters)
    largest = cut.clusters[0]
    pairs = [
        (c.mean_correlation, c.size * (c.size - 1))
        for c in cut.clusters
        if c.mean_correlation is not None
    ]
    weight = sum(k for _, k in pairs)
    inside = sum(rho * k for rho, k in pairs) / weight if weight else None
    repaired = (
        f"largest correction of a correlation {fmt.number(correlation.largest_repair, 4)}"
        if correlation.repaired
        else "the correlations needed no repair"
    )
    return (
        Figure("as of", fmt.day(panel.as_of)),
        Figure("assets", fmt.count(n), repaired),
        Figure(
            "returns over",
            fmt.count(panel.horizon, "day"),
            "More than one where assets are fixed at different times of the day",
        ),
        Figure(
            cut.measure,
            fmt.threshold(cut.threshold),
            cut.reason,
        ),
        Figure("clusters", fmt.count(len(cut.clusters))),
        Figure("alone", f"{fmt.count(alone)} · {fmt.percent(alone / n, 0)}", "Clusters of one"),
        Figure("largest", f"{fmt.count(largest.size)} · {fmt.percent(largest.size / n, 0)}"),
        Figure(
            f"mean {named('ρ')} inside",
            fmt.number(inside),
            "Over all pairs of assets in one cluster",
        ),
    )


def universe_summary(panel: Panel, info: UniverseInfo) -> tuple[Figure, ...]:
    """What is loaded in a row of figures."""
    members = panel.members
    return (
        Figure("universe", info.name),
        Figure("as of", fmt.day(panel.as_of)),
        Figure("in", fmt.count(len(members))),
        Figure("out", fmt.count(len(panel.out))),
        Figure(
            "short history", fmt.count(int(members["short"].sum())), "Under 0.8 of the lookback"
        ),
        Figure("sector unknown", fmt.count(int((members["sector"] == "").sum()))),
        Figure("prices", fmt.count(info.rows)),
    )


def threshold_text(threshold: float) -> str:
    """A threshold with what it means as a correlation."""
    return f"{fmt.threshold(threshold)} ({named('ρ')} {fmt.number(threshold_to_rho(threshold))})"
