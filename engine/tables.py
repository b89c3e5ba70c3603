"""Results as tables and figures of speech, ready to be shown: no formulas, only arrangement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.io.formats.style import Styler

from engine import format as fmt
from engine.analytics.clusters import Cluster
from engine.analytics.correlation import Correlation
from engine.analytics.suggest import Suggestion
from engine.analytics.sweep import Sweep
from engine.analytics.together import ALONE, Flow, first_threshold, homes, together_from
from engine.analytics.tree import Tree, threshold_to_rho
from engine.figures.palette import Ground, cluster_color
from engine.figures.tree_view import Mark, tree_values
from engine.market.panel import Panel
from engine.params import SEED_THRESHOLDS
from engine.pipeline import Cut
from engine.store import UniverseInfo

# Points of a path in a table cell: more than a cell has pixels for would only weigh.
PATH_POINTS = 60


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
        Figure("threshold t", fmt.threshold(cut.threshold), cut.reason),
        Figure("clusters", fmt.count(len(cut.clusters))),
        Figure("alone", f"{fmt.count(alone)} · {fmt.percent(alone / n, 0)}", "Clusters of one"),
        Figure("largest", f"{fmt.count(largest.size)} · {fmt.percent(largest.size / n, 0)}"),
        Figure("mean ρ inside", fmt.number(inside), "Over all pairs of assets in one cluster"),
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


def asset_names(panel: Panel) -> dict[str, str]:
    """symbol → 'JPY · EURJPY · Euro / Japanese yen', for lists to search in."""
    out = {}
    for row in panel.members.itertuples():
        parts = [row.asset] + ([row.symbol] if row.symbol != row.asset else []) + [row.name]
        out[row.symbol] = " · ".join(p for p in parts if p)
    return out


def leaf_facts(panel: Panel) -> dict[str, str]:
    """symbol → name, class, sector and history in one line."""
    out = {}
    for row in panel.members.itertuples():
        kind = f"{row.asset_class}, {row.sector or 'sector unknown'}"
        history = f"{fmt.count(row.n, 'return')}, from {row.life_start:%Y-%m-%d}"
        out[row.symbol] = "<br>".join((row.name or row.symbol, kind, history))
    return out


def browser_tree(panel: Panel, correlation: Correlation, tree: Tree, key: str) -> dict:
    """The tree of a panel as values for the browser."""
    members = panel.members
    facts = {s: text.replace("<br>", "\n") for s, text in leaf_facts(panel).items()}
    return tree_values(
        tree,
        correlation,
        dict(zip(panel.symbols, panel.assets, strict=True)),
        facts,
        dict(zip(members["symbol"], members["sector"], strict=True)),
        dict(zip(members["symbol"], members["asset_class"], strict=True)),
        key,
    )


def threshold_marks(suggestion: Suggestion, *, ward: bool) -> list[Mark]:
    """The seed's thresholds (which mean nothing as Ward heights) and the suggested one."""
    seeds = [] if ward else [Mark(t, name, "seed") for name, t in SEED_THRESHOLDS.items()]
    if suggestion.threshold is None:
        return seeds
    return [*seeds, Mark(suggestion.threshold, "suggested", "suggested")]


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


def for_file(table: pd.DataFrame) -> pd.DataFrame:
    """The same table without what only a screen can show."""
    return table.drop(columns=["path", "colour"], errors="ignore")


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


def threshold_text(threshold: float) -> str:
    """A threshold with what it means as a correlation."""
    return f"{fmt.threshold(threshold)} (ρ {fmt.number(threshold_to_rho(threshold))})"


def to_csv(table: pd.DataFrame) -> bytes:
    """UTF-8 CSV; text that a spreadsheet would take for a formula is led by an apostrophe."""
    safe = for_file(table)
    for name in safe.select_dtypes(include=["object", "str"]):
        safe[name] = [
            "'" + v if isinstance(v, str) and v[:1] in ("=", "+", "-", "@", "\t", "\r") else v
            for v in safe[name]
        ]
    # With this end of line the writer quotes carriage returns too, which otherwise begin a row.
    return safe.to_csv(index=False, lineterminator="\r\n").encode("utf-8")


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
