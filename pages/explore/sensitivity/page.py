"""Sensitivity: what every threshold would give, how clusters merge, who is together from where."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from engine import tables
from engine.analytics import together
from engine.core import format as fmt
from engine.core.symbols import named
from engine.figures.flow import alluvial
from engine.figures.membership import sweep_and_membership
from pages.explore.sensitivity import columns, whole
from pages.explore.sensitivity.controls import FEWEST, FLOW, FLOW_H, MOST, PAIRS
from pages.shared import blocks, data, exports, frame
from pages.shared.controls import cut as cut_controls
from pages.shared.controls import draw, values
from pages.shared.controls.kinds import Read

TOP_PAIRS = 200

view = frame.view()
view = data.over_the_tree(view)
on = frame.inks()
panel, tree, correlation = data.panel(view), data.tree(view), data.correlation(view)
cut, swept = data.cut(view), data.swept(view)
sweep, suggestion = swept.sweep, swept.suggestion
ward = not view.params.tree.heights_are_distances
assets = dict(zip(panel.symbols, panel.assets, strict=True))
grid = [float(t) for t in sweep.thresholds]
chosen_flow, other_flow = (FLOW_H, FLOW) if ward else (FLOW, FLOW_H)
members = panel.members
names = together.node_names(
    tree,
    dict(zip(members["symbol"], members["sector"], strict=True)),
    dict(zip(members["symbol"], members["asset_class"], strict=True)),
)


def usual_flow() -> list[float]:
    """The seed's three and the suggested; for Ward heights, quarters of the sweep."""
    marks = swept.seeds.values() or [grid[len(grid) * k // 4] for k in (1, 2, 3)]
    return together.flow_thresholds(sweep, [*marks, suggestion.threshold])


def read_flow(text: str) -> list[float]:
    """Thresholds of the sweep from an address. Raises ValueError for what the control refuses."""
    chosen = FLOW.kind.parse(text)
    if not set(chosen) <= set(grid):
        raise ValueError(text)
    return chosen


def all_pairs() -> pd.DataFrame:
    return tables.pair_table(panel, correlation, tree, sweep)


usual, flow_key = usual_flow(), chosen_flow.key
# What nobody chose follows the data; a choice stays as long as the sweep has it.
if st.session_state.get(flow_key) == st.session_state.get("_usual_flow"):
    st.session_state[flow_key] = usual
values.take(chosen_flow.reading(Read(read_flow, FLOW.kind.text)), usual)
st.session_state[flow_key] = [t for t in st.session_state[flow_key] if t in grid]
st.session_state["_usual_flow"] = usual
values.take(PAIRS.among(panel.symbols))
if st.session_state[PAIRS.key] not in assets:
    st.session_state[PAIRS.key] = None
values.write((chosen_flow, PAIRS), gone=(other_flow,))

blocks.figures_row(tables.cut_summary(panel, correlation, cut))
row = st.container(horizontal=True, vertical_alignment="center")
with row:
    st.markdown(suggestion.reason)
    if suggestion.threshold is not None:
        st.button(
            f"Use height {fmt.threshold(suggestion.threshold)}" if ward
            else f"Use {named('t')} = {tables.threshold_text(suggestion.threshold)}",
            key="use_suggested", on_click=cut_controls.set_threshold,
            args=(suggestion.threshold, ward), disabled=suggestion.threshold == cut.threshold,
        )  # fmt: skip
blocks.chart(
    sweep_and_membership(
        tree, sweep, suggestion, cut.threshold, len(cut.clusters), names, assets, on,
        seeds=swept.seeds,
    ),
    key="sweep",
    alt="Clusters, largest cluster, single assets, silhouette and the cluster of every asset "
    "against the threshold; the tables hold the numbers.",
)  # fmt: skip
table = tables.sweep_table(sweep)
with st.expander("Sweep as a table"):
    blocks.table(
        table, "sweep_table", columns.SWEEP_COLUMNS, height=420,
        alt="One row a threshold: clusters, largest, single assets, mean correlation, silhouette.",
    )  # fmt: skip

as_of = panel.as_of
files = [
    exports.csv(table, f"sweep-{as_of}.csv", "Sweep as CSV", "sweep_csv"),
    exports.csv(
        lambda: tables.membership_table(tree, sweep, names, assets), f"membership-{as_of}.csv",
        "Membership as CSV", "membership_csv",
    ),
]  # fmt: skip
chosen = sorted(
    st.multiselect(
        chosen_flow.label, grid, key=flow_key, max_selections=MOST, format_func=fmt.threshold,
        help=f"{FEWEST} to {MOST} of the sweep's",
    )
)  # fmt: skip
if len(chosen) < FEWEST:
    st.caption(f"A flow needs {FEWEST} thresholds: choose another.")
else:
    flow = together.flow(tree, chosen)
    blocks.chart(
        alluvial(tree, flow, names, assets, on), key="flow_chart",
        alt=f"How the clusters of {fmt.count(len(assets), 'asset')} merge between "
        f"{', '.join(fmt.threshold(t) for t in chosen)}; the CSV lists every stream.",
    )  # fmt: skip
    files.append(
        exports.csv(
            lambda: tables.flow_table(flow, tree, names, assets), f"flow-{as_of}.csv",
            "Flow as CSV", "flow_csv",
        )
    )  # fmt: skip

files += whole.section(view, cut.threshold)

st.subheader("Together from")
if len(assets) < 2:
    st.caption("One asset has no pairs.")
else:
    of = draw.select(
        PAIRS.among(panel.symbols), index=None, width=360, placeholder="all assets",
        format_func=draw.words_of(data.asset_names(view)),
    )  # fmt: skip
    n = len(assets)
    total = n - 1 if of else n * (n - 1) // 2
    pairs = tables.pair_table(panel, correlation, tree, sweep, of).head(TOP_PAIRS)
    first = f"First {len(pairs)} of " if len(pairs) < total else ""
    st.caption(f"{first}{fmt.count(total, 'pair')}, those that merge first at the top")
    blocks.table(
        pairs, "pair_table", columns.PAIR_COLUMNS, height=420,
        column_order=list(columns.PAIR_COLUMNS),
        alt="One row a pair of assets: threshold from which on one cluster holds both, merge "
        "height, correlation, whether class and sector are the same.",
    )  # fmt: skip
    files += [
        exports.csv(pairs, f"pairs-{as_of}.csv", "These pairs as CSV", "pairs_csv"),
        exports.csv(all_pairs, f"all-pairs-{as_of}.csv", "All pairs as CSV", "all_pairs_csv"),
    ]
with row:
    exports.menu("sensitivity_files", files)
