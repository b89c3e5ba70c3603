"""Who is in, who is out, and what broke off."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.analytics.clusters import Cluster
from engine.analytics.correlation import Correlation
from engine.core import format as fmt
from engine.market.panel import Panel

# Points of a path in a table cell: more than a cell has pixels for would only weigh.
PATH_POINTS = 60


def asset_names(panel: Panel) -> dict[str, str]:
    """symbol → 'JPY · EURJPY · Euro / Japanese yen', for lists to search in."""
    out = {}
    for row in panel.members.itertuples():
        parts = [row.asset] + ([row.symbol] if row.symbol != row.asset else []) + [row.name]
        out[row.symbol] = " · ".join(p for p in parts if p)
    return out


def leaf_facts(panel: Panel) -> dict[str, str]:
    """symbol → name, class, sector and history in three lines."""
    out = {}
    for row in panel.members.itertuples():
        kind = f"{row.asset_class}, {row.sector or 'sector unknown'}"
        history = f"{fmt.count(row.n, 'return')}, from {row.life_start:%Y-%m-%d}"
        out[row.symbol] = "\n".join((row.name or row.symbol, kind, history))
    return out


def universe_table(panel: Panel) -> pd.DataFrame:
    """One row an asset that is in, with its path as at most PATH_POINTS values."""
    members = panel.members
    table = _listed(members)
    step = max(1, panel.values.shape[0] // PATH_POINTS)
    thinned = panel.values[::-step][::-1]
    table.insert(5, "path", [column[np.isfinite(column)].tolist() for column in thinned.T])
    for name in ("first", "last"):
        table[name] = members[name].dt.date
    for name in ("short", "exchange", "currency", "fixing"):
        table[name] = members[name]
    return table


def out_table(panel: Panel) -> pd.DataFrame:
    """One row an instrument that is out, with the reason."""
    out = panel.out
    table = _listed(out)[["asset", "symbol", "name", "class", "sector"]]
    return table.assign(
        reason=out["status"], detail=out["detail"], first=out["first"].dt.date,
        last=out["last"].dt.date, n=out["n"],
    ).sort_values(["reason", "symbol"], ignore_index=True)  # fmt: skip


def gap_table(panel: Panel) -> pd.DataFrame:
    """One row a gap that ended a life, latest first."""
    rows = [
        (g.symbol, g.last_before, g.first_after, g.sessions_missed, 100 * g.spanning_return)
        for g in panel.gaps
    ]
    table = pd.DataFrame(rows, columns=["symbol", "last_before", "first_after", "missed", "return"])
    return table.sort_values("first_after", ascending=False, ignore_index=True)


def member_table(panel: Panel, correlation: Correlation, cluster: Cluster) -> pd.DataFrame:
    """One row a member of a cluster."""
    table = _listed(panel.members[panel.members["symbol"].isin(cluster.members)])
    matrix = correlation.matrix_for(cluster.members)
    others = cluster.size - 1
    table["rho"] = (matrix.sum(axis=1) - 1) / others if others else np.nan
    column = {symbol: k for k, symbol in enumerate(panel.symbols)}
    changes = []
    for symbol in cluster.members:
        values = panel.values[:, column[symbol]]
        known = values[np.isfinite(values)]
        changes.append(100 * (known[-1] / known[0] - 1))
    table["change"] = changes
    return table


def _listed(rows: pd.DataFrame) -> pd.DataFrame:
    """Columns that every list of assets has; shares in %."""
    return pd.DataFrame(
        {
            "asset": rows["asset"],
            "symbol": rows["symbol"],
            "name": rows["name"],
            "class": rows["asset_class"],
            "sector": rows["sector"].where(rows["sector"] != "", fmt.UNKNOWN),
            "n": rows["n"],
            "missing": 100 * rows["missing_share"],
            "volatility": 100 * rows["volatility"],
        }
    ).reset_index(drop=True)
