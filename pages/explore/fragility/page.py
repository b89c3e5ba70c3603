"""Fragility: who suffers most on bad days, since when, and what adds to the portfolio's CVaR."""

from __future__ import annotations

import streamlit as st

from engine import tables
from engine.core import format as fmt
from engine.core.errors import CutlineError
from engine.figures.contributions import contribution_bars
from engine.figures.fragility import label, measure_heatmap, months_heatmap, row_label
from pages.explore.fragility import columns
from pages.explore.fragility.controls import ALL, FIRST, HEAT, HEATS, ROWS
from pages.shared import blocks, data, exports, frame
from pages.shared.controls import allocation as build_controls
from pages.shared.controls import draw, values

# The weights inside clusters and the portfolio are those of the page Allocation.
view = build_controls.settled(frame.view())
on = frame.inks()
panel, cut = data.panel(view), data.cut(view)
risk, groups = data.risk(view), data.cluster_fragility(view)
clusters = tables.by_label(cut)
held = dict(zip(panel.symbols, panel.assets, strict=True))
assets = tables.asset_fragility_table(panel, cut, risk.assets)
values.take(HEAT)
values.take(ROWS)
values.write((HEAT, ROWS))
files: list[exports.File] = []


def heat() -> None:
    """The heatmap that was chosen, with its table as a file."""
    kind = st.session_state[HEAT.key]
    most = None if st.session_state[ROWS.key] == ALL else int(FIRST)
    if kind == "assets":
        told = [f"cluster {label(clusters[k])}" for k in cut.labels]
        colors = [clusters[k].color for k in cut.labels]
        names = [f"{a} · {s}" for a, s in zip(panel.assets, panel.symbols, strict=True)]
        figure = measure_heatmap(risk.assets, panel.assets, names, colors, told, "asset", on, most)
        table, alt = assets, "Percentile of five tail measures of each asset, most fragile first."
    elif kind == "clusters":
        told = [tables.members_text(panel, c) for c in clusters]
        figure = measure_heatmap(
            groups, [row_label(c, held) for c in clusters], [label(c) for c in clusters],
            [c.color for c in clusters], told, "cluster", on, most,
        )  # fmt: skip
        table = tables.cluster_fragility_table(panel, cut, groups)
        alt = "Percentile of five tail measures of each cluster, most fragile first."
    else:
        over = data.over_time(view)
        figure = months_heatmap(over, clusters, groups.score, held, on, most)
        table = tables.over_time_table(over, cut)
        alt = "CVaR 95 of today's clusters at each month end of the last five years."
        st.caption(
            f"CVaR 95 over the {over.window} weekdays before each month end; today's clusters and "
            "weights inside held fixed. Members without a price then are left out."
        )
    blocks.chart(figure, key=f"heat_{kind}", alt=f"{alt} The CSV holds the numbers.")
    name = f"fragility-{kind}-{panel.as_of}.csv"
    files.append(exports.csv(table, name, f"{HEATS[kind]} as CSV", "heat_csv"))


ward = not view.params.tree.heights_are_distances
blocks.figures_row(tables.fragility_summary(panel, cut, risk.assets, groups))
row = blocks.note_row(
    "Fragility is relative by nature: the mean percentile of five tail measures among what is in "
    "here, 0 to 1. Grey cells: unknown."
)
with st.container(horizontal=True, vertical_alignment="bottom"):
    draw.segments(HEAT, format_func=draw.words_of(HEATS))
    draw.segments(ROWS, format_func=lambda v: f"first {v}" if v == FIRST else v)
heat()

most, least = tables.extremes(assets)
for place, table, words in zip(
    st.columns(2, gap="medium"), (most, least), ("Most fragile", "Least fragile"), strict=True
):
    with place:
        key = words.split()[0].lower()
        st.subheader(words)
        blocks.table(
            table, f"{key}_fragile", columns.ASSET_FRAGILITY_COLUMNS,
            alt=f"{words} assets with their cluster, score and measures.",
            column_order=columns.SHORT,
        )  # fmt: skip
        name = f"{key}-fragile-{panel.as_of}.csv"
        files.append(exports.csv(table, name, f"{words} as CSV", f"{key}_csv"))
with st.expander("All assets as a table"):
    blocks.table(
        assets, "asset_fragility", columns.ASSET_FRAGILITY_COLUMNS, height=420,
        alt="One row an asset with its cluster, fragility and the measures behind it.",
    )  # fmt: skip

st.subheader("What adds to the portfolio's CVaR")
try:
    portfolio = data.portfolio(view)
except CutlineError as error:
    st.error(blocks.plain(str(error)))
else:
    parts = tables.contribution_table(portfolio)
    blocks.chart(
        contribution_bars(parts, panel.horizon, on), key="contributions",
        alt="What each holding adds to the portfolio's CVaR, adding up to the total.",
    )  # fmt: skip
    shown = parts.drop(columns="color")
    blocks.table(
        shown, "contribution_table", columns.CONTRIBUTION_COLUMNS,
        alt="One row a holding: weight, what it adds to CVaR, its share; the total last.",
    )  # fmt: skip
    name = f"cvar-contributions-{panel.as_of}.csv"
    files.append(exports.csv(shown, name, "Contributions as CSV", "contributions_csv"))
    imputed = fmt.percent(float(risk.scenarios.imputed.mean()))
    st.caption(f"On the portfolio's worst 5 % of days; {imputed} of all returns are imputed.")
with row:
    exports.menu("fragility_files", files)
