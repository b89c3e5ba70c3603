"""What every threshold gives, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from engine.analytics.correlation import Correlation
from engine.analytics.sweep import Sweep
from engine.analytics.together import ALONE, Flow, first_threshold, homes, together_from
from engine.analytics.tree import Tree
from engine.market.panel import Panel


def sweep_table(sweep: Sweep) -> pd.DataFrame:
    """One row a threshold."""
    n = len(sweep.symbols)
    return pd.DataFrame(
        {
            "t": sweep.thresholds,
            "clusters": sweep.n_clusters,
            "largest": sweep.largest,
            "alone": sweep.singletons,
            "alone_share": 100 * sweep.singletons / n,
            "mean_rho": sweep.mean_correlation,
            "silhouette": sweep.silhouette,
        }
    )


def flow_table(
    flow: Flow, tree: Tree, names: Sequence[str], assets: Mapping[str, str]
) -> pd.DataFrame:
    """One row a stream between two thresholds; no id: alone."""
    groups = dict(enumerate(zip(tree.node_ids, names, strict=True))) | {ALONE: (None, "alone")}
    rows = []
    for t, following, step in zip(flow.thresholds, flow.thresholds[1:], flow.steps, strict=False):
        for s in step:
            members = ", ".join(assets[tree.symbols[i]] for i in s.members)
            rows.append([t, following, *groups[s.source], *groups[s.target], s.size, members])
    columns = ["t_from", "t_to", "id_from", "from", "id_to", "to", "size", "members"]
    return pd.DataFrame(rows, columns=columns).astype({"id_from": "Int64", "id_to": "Int64"})


def membership_table(
    tree: Tree, sweep: Sweep, names: Sequence[str], assets: Mapping[str, str]
) -> pd.DataFrame:
    """One row an asset and threshold, assets in tree order."""
    node = homes(tree, sweep.thresholds)[:, tree.order].T.ravel()
    symbols = np.repeat(np.array(tree.symbols)[tree.order], len(sweep.thresholds))
    held = {"asset": [assets[s] for s in symbols], "symbol": symbols}
    held |= {"t": np.tile(sweep.thresholds, len(tree.symbols)), "id": tree.node_ids[node]}
    return pd.DataFrame(held | {"cluster": np.array(names)[node], "size": tree.size[node]})


def pair_table(
    panel: Panel, correlation: Correlation, tree: Tree, sweep: Sweep, of: str | None = None
) -> pd.DataFrame:
    """One row a pair of assets, of all or `of` one symbol, the earliest together first."""
    symbols = np.array(tree.symbols, dtype=object)
    i, j = np.triu_indices(len(symbols), 1)
    if of is not None:
        j = np.flatnonzero(symbols != of)
        i = np.full_like(j, tree.symbols.index(of))
    height, rho = together_from(tree)[i, j], correlation.matrix_for(tree.symbols)[i, j]
    ranked = np.lexsort((j, i, -rho, height))
    i, j, height = i[ranked], j[ranked], height[ranked]
    members = panel.members.set_index("symbol").loc[list(tree.symbols)]
    asset, kind, sector = (members[c].to_numpy() for c in ("asset", "asset_class", "sector"))
    known = (sector[i] != "") & (sector[j] != "")
    return pd.DataFrame(
        {"asset_a": asset[i], "asset_b": asset[j], "t": first_threshold(height, sweep.thresholds)}
        | {"height": height, "rho": rho[ranked], "same_class": kind[i] == kind[j]}
        | {"same_sector": np.where(known, sector[i] == sector[j], None)}
        | {"symbol_a": symbols[i], "symbol_b": symbols[j]}
    )
