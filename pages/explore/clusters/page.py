"""Clusters: the tree, its cut, the correlations, and one cluster's members."""

from __future__ import annotations

import streamlit as st

from engine import tables
from engine.core import format as fmt
from engine.figures.heatmap import correlation_heatmap
from engine.figures.paths import price_paths
from engine.figures.tree_view import cut_values
from pages.explore.clusters import columns
from pages.explore.clusters.controls import ASSET, CLUSTER
from pages.shared import blocks, data, exports, frame
from pages.shared.controls import cut as cut_controls
from pages.shared.controls import draw, values
from pages.shared.controls.kinds import Read
from pages.shared.tree import tree as tree_component

view = frame.view()
on = frame.inks()
panel, tree, correlation = data.panel(view), data.tree(view), data.correlation(view)
cut = data.cut(view)
ward = not tree.heights_are_distances
assets = dict(zip(panel.symbols, panel.assets, strict=True))
by_id = {c.id: c for c in cut.clusters}
cluster_of = {symbol: c for c in cut.clusters for symbol in c.members}


def pick(cluster_id: int | None) -> None:
    """Make a cluster the picked one; the address remembers it."""
    if cluster_id is not None:
        st.session_state[CLUSTER.key] = int(cluster_id)


def picked_on_tree(cluster_id: int, symbol: str | None) -> None:
    pick(cluster_id)
    if symbol:
        st.session_state[ASSET.key] = symbol


def picked_in_table() -> None:
    table = st.session_state.get("cluster_table")
    if table is not None and table.selection.rows:
        pick(cut.clusters[table.selection.rows[0]].id)


def found_asset() -> None:
    symbol = st.session_state.get(ASSET.key)
    if symbol in cluster_of:
        pick(cluster_of[symbol].id)


def known_id(text: str) -> int:
    return tables.known_id(tree, text)


values.take(CLUSTER.reading(Read(known_id)), cut.clusters[0].id)
values.take(ASSET.among(panel.symbols))
# A cluster that the cut has merged lives on as the one that holds its id's first leaf.
if st.session_state[CLUSTER.key] not in by_id:
    st.session_state[CLUSTER.key] = tables.successor(
        tree, st.session_state[CLUSTER.key], cut.clusters
    )
if st.session_state[ASSET.key] not in cluster_of:
    st.session_state[ASSET.key] = None
picked = by_id[st.session_state[CLUSTER.key]]
found = st.session_state[ASSET.key]
values.write((CLUSTER, ASSET))


@st.fragment
def head() -> None:
    """Figures and tree.

    What is done in the tree runs this alone first, so that the figures need not wait for sidebar
    and charts; then the whole page follows.
    """
    now = cut_controls.as_moved(view)
    blocks.figures_row(tables.cut_summary(panel, correlation, data.cut(now)))
    frame.follow()
    blocks.notes(panel)
    tree_component(
        cut_values(
            data.tree_values(view), cut.threshold, cut_controls.threshold_bounds(view.params, tree),
            tables.threshold_marks(data.swept(data.over_the_tree(view))), on, picked.id, found,
        ),
        key="tree", on_cut=lambda t: cut_controls.set_threshold(t, ward), on_pick=picked_on_tree,
    )  # fmt: skip


head()

left, right = st.columns(2, gap="medium")
with left:
    blocks.chart(
        correlation_heatmap(tree, correlation, cut.clusters, assets, on, picked.id), key="heatmap",
        alt="Correlation of every pair, assets in tree order; clusters are squares.",
    )  # fmt: skip
with right:
    table = tables.cluster_table(cut.clusters, assets)
    st.markdown(f"**{fmt.count(len(table), 'cluster')}**, largest first")
    blocks.table(
        tables.coloured(table, cut.clusters, on), "cluster_table", columns.CLUSTER_COLUMNS,
        alt="Clusters with name, size, mean correlation and members.", height=470,
        on_select=picked_in_table, selection_mode="single-row",
    )  # fmt: skip

files = st.container(horizontal=True, vertical_alignment="bottom")
with files:
    st.selectbox(
        CLUSTER.label, list(by_id), key=CLUSTER.key, width=360,
        format_func=lambda i: f"{by_id[i].name} ({by_id[i].size}) · {i}",
    )  # fmt: skip
    draw.select(
        ASSET.among(panel.symbols), index=None, on_change=found_asset, width=360,
        format_func=draw.words_of(data.asset_names(view)), placeholder="symbol or name",
    )  # fmt: skip
blocks.chart(
    price_paths(panel, picked, assets, on, found), key="paths",
    alt=f"Price paths of the members of {picked.name}, start = 100.",
)  # fmt: skip
inside = tables.member_table(panel, correlation, picked)
blocks.table(
    inside, "member_table", columns.MEMBER_COLUMNS,
    alt=f"Members of {picked.name} with history, volatility and correlation.",
)  # fmt: skip
as_of = panel.as_of
with files:
    exports.menu("cluster_files", [
        exports.csv(table, f"clusters-{as_of}.csv", "Clusters as CSV", "clusters_csv"),
        exports.csv(inside, f"cluster-{picked.id}-{as_of}.csv", "Members as CSV", "members_csv"),
    ])  # fmt: skip
