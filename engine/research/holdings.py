"""What each holding and each cluster weighs, and what it adds to the risk of the whole."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.analytics.contributions import cvar_contributions, risk_contributions
from engine.core.ordering import rows_by_size
from engine.pipeline import Portfolio


def holdings(portfolio: Portfolio) -> pd.DataFrame:
    """One row a member, held or not, in the order of the panel; fractions.

    Columns: symbol, asset, name, class, sector, cluster (id), cluster_name, weight, intra (share of
    its cluster), risk_share and cvar_share (parts of volatility and CVaR, each summing to 1; NaN
    where there is no risk to share), fragility (NaN = unknown), momentum (annual log return),
    momentum_rank (1 = best of its cluster, ties share the better; NaN = unknown), imputed (share of
    its scenarios).
    """
    inputs, made = portfolio.inputs, portfolio.allocation
    members = portfolio.analysis.panel.members
    ids = np.array(inputs.cluster_ids)[inputs.labels]
    names = np.array(inputs.cluster_names, dtype=object)[inputs.labels]
    momentum = pd.Series(portfolio.risk.momentum)
    return pd.DataFrame(
        {
            "symbol": inputs.symbols,
            "asset": members["asset"].to_numpy(),
            "name": members["name"].to_numpy(),
            "class": inputs.classes,
            "sector": inputs.sectors,
            "cluster": ids,
            "cluster_name": names,
            "weight": made.weights,
            "intra": made.intra_weights,
            "risk_share": _shares(risk_contributions(made.weights, inputs.covariance)),
            "cvar_share": _shares(cvar_contributions(made.weights, inputs.scenarios)),
            "fragility": portfolio.risk.assets.score,
            "momentum": momentum,
            "momentum_rank": momentum.groupby(ids).rank(ascending=False, method="min"),
            "imputed": portfolio.risk.scenarios.imputed_share,
        }
    )


def by_cluster(portfolio: Portfolio, held: pd.DataFrame) -> pd.DataFrame:
    """One row a cluster of the cut, the heaviest first, from `holdings`.

    Columns: id, name, color (rank for a palette, −1 = alone), size, held (members with a weight),
    weight, risk_share, cvar_share, fragility (NaN = unknown).
    """
    colors = {c.id: c.color for c in portfolio.analysis.cut.clusters}
    sums = held.assign(held=held["weight"] > 0).groupby("cluster", sort=False)
    table = sums.agg(
        name=("cluster_name", "first"), size=("symbol", "size"), held=("held", "sum"),
        weight=("weight", "sum"), risk_share=("risk_share", lambda s: s.sum(min_count=1)),
        cvar_share=("cvar_share", lambda s: s.sum(min_count=1)),
    )  # fmt: skip
    known = dict(zip(portfolio.clusters.names, portfolio.clusters.score, strict=True))
    table["fragility"] = [known[i] for i in table.index]
    table["color"] = [colors[i] for i in table.index]
    table = table.rename_axis("id").reset_index()
    return rows_by_size(table, "weight", "id")


def _shares(parts: np.ndarray) -> np.ndarray:
    total = parts.sum()
    return parts / total if total > 0 else np.full_like(parts, np.nan)
