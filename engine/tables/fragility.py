"""Fragility and contributions to the portfolio's CVaR as figures and tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from engine.analytics.clusters import Cluster
from engine.analytics.contributions import cvar_contributions
from engine.analytics.fragility import Fragility
from engine.core import format as fmt
from engine.core.ordering import by_size
from engine.core.words import CASH
from engine.market.panel import Panel
from engine.pipeline import Cut, Portfolio
from engine.pipeline.over_time import OverTime
from engine.tables.summary import Figure

MEASURE_COLUMNS = ("cvar_95", "skewness", "tail_ratio", "max_drawdown", "co_cvar_95")
IN_PERCENT = ("cvar_95", "max_drawdown", "co_cvar_95")


def by_label(cut: Cut) -> tuple[Cluster, ...]:
    """Clusters in the order of the labels, as cluster fragility has them."""
    return tuple(sorted(cut.clusters, key=lambda c: c.label))


def fragility_summary(
    panel: Panel, cut: Cut, assets: Fragility, groups: Fragility
) -> tuple[Figure, ...]:
    """Who is most fragile, in a row of figures."""
    clusters = by_label(cut)
    unknown = int(np.isnan(assets.score).sum())
    return (
        Figure("as of", fmt.day(panel.as_of)),
        Figure("assets", fmt.count(len(panel.symbols))),
        Figure("clusters", fmt.count(len(clusters))),
        Figure("returns over", fmt.count(panel.horizon, "day")),
        Figure(
            cut.measure,
            fmt.threshold(cut.threshold),
            cut.reason,
        ),
        Figure("most fragile asset", _top(assets.score, panel.assets)),
        Figure("most fragile cluster", _top(groups.score, [c.name for c in clusters])),
        Figure("unknown", fmt.count(unknown), "Assets with too few returns"),
    )


def asset_fragility_table(panel: Panel, cut: Cut, found: Fragility) -> pd.DataFrame:
    """One row an asset, the most fragile first, unknown last; measures of losses in per cent."""
    clusters = by_label(cut)
    members = panel.members
    table = pd.DataFrame(
        {
            "asset": list(panel.assets),
            "symbol": list(panel.symbols),
            "name": members["name"],
            "class": members["asset_class"],
            "cluster_id": [clusters[label].id for label in cut.labels],
            "cluster": [clusters[label].name for label in cut.labels],
        }
    )
    return _ranked(table, found)


def cluster_fragility_table(panel: Panel, cut: Cut, found: Fragility) -> pd.DataFrame:
    """One row a cluster, the most fragile first, unknown last; measures of losses in per cent."""
    clusters = by_label(cut)
    table = pd.DataFrame(
        {
            "id": [c.id for c in clusters],
            "name": [c.name for c in clusters],
            "size": [c.size for c in clusters],
            "members": [", ".join(_held(panel, c)) for c in clusters],
        }
    )
    return _ranked(table, found)


def members_text(panel: Panel, cluster: Cluster, most: int = 8) -> str:
    """What a cluster holds, in a line."""
    return fmt.listing(_held(panel, cluster), most)


def extremes(table: pd.DataFrame, most: int = 10) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The most and the least fragile rows of a ranked table; nobody is in both."""
    known = table[table["fragility"].notna()].reset_index(drop=True)
    half = min(most, (len(known) + 1) // 2)
    return known.head(half), known.iloc[half:].tail(most)[::-1].reset_index(drop=True)


def over_time_table(over: OverTime, cut: Cut) -> pd.DataFrame:
    """One row a month end and cluster; CVaR in per cent, empty = unknown."""
    clusters = by_label(cut)
    months, k = len(over.month_ends), len(clusters)
    return pd.DataFrame(
        {
            "month_end": np.repeat([str(day) for day in over.month_ends], k),
            "id": np.tile([c.id for c in clusters], months),
            "cluster": np.tile([c.name for c in clusters], months),
            "cvar_95": 100 * over.cvar.ravel(),
            "members_known": over.members.ravel(),
            "size": np.tile([c.size for c in clusters], months),
        }
    )


def contribution_table(portfolio: Portfolio) -> pd.DataFrame:
    """One row a holding, what adds most to the portfolio's CVaR first; then CASH, then the total.

    weight, cvar (part of the CVaR over the horizon), share (of it): per cent. color: rank of the
    cluster for the palette, missing for CASH and the total.
    Invariant: cvar and weight of the rows above add up to the last row's.
    """
    allocation, analysis = portfolio.allocation, portfolio.analysis
    panel, clusters = analysis.panel, by_label(analysis.cut)
    parts = cvar_contributions(allocation.weights, portfolio.inputs.scenarios)
    total = allocation.cvar_95
    held = np.flatnonzero(allocation.weights > 0)
    held = held[by_size(parts[held], [panel.symbols[i] for i in held])]
    own = [clusters[label] for label in analysis.cut.labels[held]]
    rows = pd.DataFrame(
        {
            "asset": [panel.assets[i] for i in held],
            "symbol": [panel.symbols[i] for i in held],
            "cluster": [c.name for c in own],
            "weight": 100 * allocation.weights[held],
            "cvar": 100 * parts[held],
            "color": [c.color for c in own],
        }
    )
    ends = pd.DataFrame(
        {
            "asset": [CASH, "Total"], "symbol": [CASH, ""], "cluster": ["", ""],
            "weight": [100 * allocation.cash, 100.0], "cvar": [0.0, 100 * total],
        }
    ).iloc[0 if allocation.cash > 0 else 1 :]  # fmt: skip
    table = pd.concat([rows.astype({"color": "Int64"}), ends], ignore_index=True)
    table["share"] = 100 * table["cvar"] / (100 * total) if total else np.nan
    return table[["asset", "symbol", "cluster", "weight", "cvar", "share", "color"]]


def _held(panel: Panel, cluster: Cluster) -> list[str]:
    assets = dict(zip(panel.symbols, panel.assets, strict=True))
    return [assets[symbol] for symbol in cluster.members]


def _ranked(table: pd.DataFrame, found: Fragility) -> pd.DataFrame:
    """The table with score and measures, by score."""
    table = table.assign(fragility=found.score)
    for name in MEASURE_COLUMNS:
        values = found.measures[name].to_numpy(dtype=float)
        table[name] = 100 * values if name in IN_PERCENT else values
    table["n"] = found.measures["n"].to_numpy()
    return table.sort_values(
        "fragility", ascending=False, na_position="last", kind="stable", ignore_index=True
    )


def _top(score: np.ndarray, names: Sequence[str]) -> str:
    if np.isnan(score).all():
        return fmt.UNKNOWN
    best = int(np.nanargmax(score))
    return f"{names[best]} · {fmt.number(float(score[best]))}"
