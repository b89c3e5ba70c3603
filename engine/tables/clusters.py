"""Clusters as a table, and the tree as values for the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from pandas.io.formats.style import Styler

from engine.analytics.clusters import Cluster
from engine.analytics.correlation import Correlation
from engine.analytics.tree import Tree
from engine.figures.palette import Ground, cluster_color
from engine.figures.tree_view import Mark, tree_values
from engine.market.panel import Panel
from engine.pipeline import Swept
from engine.tables.universe import leaf_facts


def browser_tree(panel: Panel, correlation: Correlation, tree: Tree, key: str) -> dict:
    """The tree of a panel as values for the browser."""
    members = panel.members
    return tree_values(
        tree,
        correlation,
        dict(zip(panel.symbols, panel.assets, strict=True)),
        leaf_facts(panel),
        dict(zip(members["symbol"], members["sector"], strict=True)),
        dict(zip(members["symbol"], members["asset_class"], strict=True)),
        key,
    )


def threshold_marks(swept: Swept) -> list[Mark]:
    """The regime's thresholds, where they mean something, and the suggested one."""
    seeds = [Mark(t, name, "seed") for name, t in swept.seeds.items()]
    if swept.suggestion.threshold is None:
        return seeds
    return [*seeds, Mark(swept.suggestion.threshold, "suggested", "suggested")]


def known_id(tree: Tree, text: str) -> int:
    """A cluster id from text. Raises ValueError if the tree has none such."""
    cluster_id = int(text)
    if not 1 <= cluster_id <= len(tree.symbols):
        raise ValueError(text)
    return cluster_id


def successor(tree: Tree, cluster_id: int | None, clusters: Sequence[Cluster]) -> int:
    """Id of the cluster that a picked one lives on in; the largest if nothing was picked.

    That is the one with the first leaf of the topmost node that bears the id.
    """
    nodes = np.flatnonzero(tree.node_ids == (cluster_id or 0))  # ids begin at 1
    if not len(nodes):
        return clusters[0].id
    symbol = tree.symbols[tree.order[tree.first[nodes].min()]]
    return next(c.id for c in clusters if symbol in c.members)


def cluster_table(clusters: Sequence[Cluster], assets: Mapping[str, str]) -> pd.DataFrame:
    """One row a cluster."""
    return pd.DataFrame(
        {
            "colour": "■",
            "id": [c.id for c in clusters],
            "name": [c.name for c in clusters],
            "size": [c.size for c in clusters],
            "mean_rho": [c.mean_correlation for c in clusters],
            "lowest_rho": [c.lowest_correlation for c in clusters],
            "members": [", ".join(assets[s] for s in c.members) for c in clusters],
        }
    ).astype({"mean_rho": float, "lowest_rho": float})


def coloured(table: pd.DataFrame, clusters: Sequence[Cluster], on: Ground) -> Styler:
    """The cluster table with each cluster's colour on its mark."""
    colors = [f"color: {cluster_color(c.color, on)}" for c in clusters]
    return table.style.apply(lambda _: colors, subset=["colour"])
