"""The sweep's rows with, under them, the cluster of every asset at every threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from engine.analytics.suggest import Suggestion
from engine.analytics.sweep import Sweep
from engine.analytics.together import ALONE, homes, node_ranks
from engine.analytics.tree import Tree
from engine.core import format as fmt
from engine.figures.flow import short_name
from engine.figures.layout import axis, finish, note
from engine.figures.palette import CLUSTER_COLORS, Ground, cluster_color
from engine.figures.sweep import MARGIN, PANELS, marks, sweep_rows, threshold_axis, title
from engine.params import RegimeParams

SWEEP_HEIGHT = 440  # pixels of the four rows
MAP_GAP = 44  # between them and the map: room for its title
# The map's height: 11 pixels a row carry a name; more assets share the height of 52 such rows.
ROW, LOWEST, HIGHEST = 11, 110, 572
NAMED_ROW = 9.5
# What a block of the names weighs by itself, in cells of it.
BLOCK_CELLS = 40


def sweep_and_membership(
    tree: Tree,
    sweep: Sweep,
    suggestion: Suggestion,
    threshold: float,
    n_clusters: int,
    names: Sequence[str],
    assets: Mapping[str, str],
    on: Ground,
    *,
    seeds: Mapping[str, float] | None = None,
) -> go.Figure:
    """The rows of `sweep_chart` and the membership map over one threshold axis and one cursor.

    names: 2N-1, of the tree's nodes as clusters; assets: symbol → what is held. seeds: as there.
    """
    seeds = RegimeParams().thresholds if seeds is None else seeds
    n = len(tree.symbols)
    tall = min(max(ROW * n, LOWEST), HIGHEST)
    plot = SWEEP_HEIGHT + MAP_GAP + tall
    traces, axes = sweep_rows(sweep, on, (tall + MAP_GAP) / plot)
    y = f"y{len(PANELS) + 1}"
    leaves = [assets[tree.symbols[i]] for i in tree.order]
    named = tall / n >= NAMED_ROW
    axes[f"yaxis{y[1:]}"] = axis(
        on, "" if named else "assets in tree order", domain=[0, tall / plot],
        range=[n - 0.5, -0.5], showgrid=False, ticks="", tickmode="array",
        tickvals=list(range(n)) if named else [], ticktext=leaves if named else [],
        tickfont={"size": 9, "color": on.muted},
    )  # fmt: skip
    edges = cell_edges(sweep.thresholds)
    lines = marks(suggestion, threshold, on, seeds)
    lines["annotations"].append(
        note(
            0, tall / plot, "Cluster of each asset; grey: alone", on.ink, 13, xref="paper",
            yref="paper", xanchor="left", yanchor="bottom", yshift=4,
        )
    )  # fmt: skip
    home = homes(tree, sweep.thresholds)[:, tree.order]
    traces += [
        # The cursor snaps to the cell of the trace named first: this one's are the smallest.
        _map(tree, sweep, home, y, on),
        _figures(sweep, n, edges, y),
        _assets(leaves, edges, y),
        *_names(tree, home, names, edges, y),
    ]
    margin = MARGIN | {"l": 76 if named else MARGIN["l"]}
    return finish(
        traces, title(threshold, n_clusters, bool(seeds)), on, plot + MARGIN["t"] + MARGIN["b"],
        margin=margin, hovermode="x unified", **lines, **axes,
        xaxis=threshold_axis(sweep, on, y, bool(seeds)) | {"range": [edges[0], edges[-1]]},
    )  # fmt: skip


def color_codes(tree: Tree, nodes: np.ndarray) -> np.ndarray:
    """int8, same shape: 0 for an asset alone, else 1 + the place of the cluster's colour."""
    ranks = node_ranks(tree)[nodes]
    return np.where(ranks < 0, 0, 1 + ranks % len(CLUSTER_COLORS)).astype(np.int8)


def cell_edges(thresholds: np.ndarray) -> np.ndarray:
    """M+1 borders of cells around M thresholds, midway between neighbours."""
    if len(thresholds) == 1:
        return thresholds[0] + np.array([-0.005, 0.005])
    middle = (thresholds[1:] + thresholds[:-1]) / 2
    first, last = 2 * thresholds[0] - middle[0], 2 * thresholds[-1] - middle[-1]
    return np.concatenate([[first], middle, [last]])


def _map(tree: Tree, sweep: Sweep, home: np.ndarray, y: str, on: Ground) -> dict[str, Any]:
    """One cell an asset and threshold, in a colour of a discrete scale."""
    # A tone lighter than elsewhere: as large a ground as this must not outweigh the clusters.
    colors = [on.grid, *(cluster_color(k, on) for k in range(len(CLUSTER_COLORS)))]
    k = len(colors)
    scale = [[(i + side) / k, color] for i, color in enumerate(colors) for side in (0, 1)]
    return {
        "type": "heatmap", "name": "membership", "yaxis": y, "z": color_codes(tree, home.T),
        "x": sweep.thresholds, "zmin": -0.5, "zmax": k - 0.5, "colorscale": scale,
        "showscale": False, "hoverinfo": "none",
    }  # fmt: skip


def _figures(sweep: Sweep, n: int, edges: np.ndarray, y: str) -> dict[str, Any]:
    """An invisible cell as tall as the map for each threshold: its own figures."""
    text = [
        f"{fmt.count(int(k), 'cluster')}, {alone} alone"
        for k, alone in zip(sweep.n_clusters, sweep.singletons, strict=True)
    ]
    return _hover("figures", [text], edges, np.array([-0.5, n - 0.5]), y)


def _assets(leaves: Sequence[str], edges: np.ndarray, y: str) -> dict[str, Any]:
    """An invisible cell as wide as the map for each asset: its name, written once."""
    return _hover("assets", [[leaf] for leaf in leaves], edges[[0, -1]], _rows(len(leaves)), y)


def _names(
    tree: Tree, home: np.ndarray, names: Sequence[str], edges: np.ndarray, y: str
) -> list[dict[str, Any]]:
    """Invisible cells that name the clusters, in blocks of columns.

    A row of a block is a run of assets that share a cluster, or are all alone, in each of its
    columns: far fewer rows than assets, as a name for every cell would weigh more than all else.
    """
    n = len(tree.symbols)
    sizes = tree.size.tolist()
    text = [f"{short_name(name)} · {size}" for name, size in zip(names, sizes, strict=True)]
    text[:n] = ["alone"] * n
    new = np.flatnonzero(np.append(True, (np.diff(home, axis=0) != 0).any(axis=1)))
    shown = np.where(home[new] < n, ALONE, home[new])
    borders = np.column_stack([np.ones(len(new), bool), np.diff(shown, axis=1) != 0])
    blocks: list[list[int]] = [[0]]
    rows = [borders[0]]
    for p in range(1, len(new)):
        joined = rows[-1] | borders[p]
        apart = rows[-1].sum() * len(blocks[-1]) + borders[p].sum() + BLOCK_CELLS
        if joined.sum() * (len(blocks[-1]) + 1) <= apart:
            blocks[-1].append(p)
            rows[-1] = joined
        else:
            blocks.append([p])
            rows.append(borders[p])
    traces = []
    for block, row in zip(blocks, rows, strict=True):
        starts = np.flatnonzero(row)
        cells = [[text[home[new[p], s]] for p in block] for s in starts]
        last = block[-1] + 1
        ends = [*new[block], new[last] if last < len(new) else len(home)]
        traces.append(_hover("names", cells, edges[ends], np.append(starts, n) - 0.5, y))
    return traces


def _rows(n: int) -> np.ndarray:
    return np.arange(n + 1) - 0.5


def _hover(
    name: str, text: list[list[str]], x: np.ndarray, rows: np.ndarray, y: str
) -> dict[str, Any]:
    """Cells between the borders x and rows that show nothing but their text under the cursor."""
    clear = "rgba(0,0,0,0)"
    return {
        "type": "heatmap", "name": name, "yaxis": y, "x": x, "y": rows.astype(np.float32),
        "z": np.zeros((len(rows) - 1, len(x) - 1), dtype=np.int8), "text": text,
        "colorscale": [[0, clear], [1, clear]], "showscale": False,
        "hovertemplate": "%{text}<extra></extra>",
    }  # fmt: skip
