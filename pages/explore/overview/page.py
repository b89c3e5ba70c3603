"""Overview: what is loaded, from where, as of when; who is in, who is out and why."""

from __future__ import annotations

import streamlit as st

from engine import tables
from engine.core import format as fmt
from pages.explore.overview import columns
from pages.shared import blocks, column, data, exports, frame

view = frame.view()
info = view.opened.snapshot.info
panel = data.panel(view, allow_empty=True)

blocks.figures_row(tables.universe_summary(panel, info))
row = blocks.note_row(
    f"Source: {info.source}. Stored {info.loaded_at:%Y-%m-%d %H:%M} UTC. "
    f"Snapshot {info.snapshot_id[:12]}. Closes from {fmt.day(info.first)} to {fmt.day(info.last)}."
)
blocks.notes(panel)

files: list[exports.File] = []
universe = tables.universe_table(panel)
st.subheader(f"In: {fmt.count(len(universe), 'asset')}")
if len(universe):
    blocks.table(
        universe, "universe_table", columns.UNIVERSE_COLUMNS, height=460,
        alt="Every asset that is in, with its path, history, missing share and volatility.",
    )  # fmt: skip
    name = f"{info.name}-{panel.as_of}.csv"
    files.append(exports.csv(universe, name, "Assets as CSV", "assets_csv"))
else:
    st.warning("Nobody is in: see below why. Another date, lookback or class may help.")

out = tables.out_table(panel)
st.subheader(f"Out: {fmt.count(len(out), 'instrument')}")
if len(out):
    blocks.table(
        out, "out_table", columns.OUT_COLUMNS, alt="Every instrument that is out, with the reason."
    )
    name = f"{info.name}-out-{panel.as_of}.csv"
    files.append(exports.csv(out, name, "Out as CSV", "out_csv"))
else:
    st.caption("Every instrument of the universe is in.")

gaps = tables.gap_table(panel)
if len(gaps):
    st.subheader("Gaps that ended a life")
    st.caption("The return across such a gap stays on record and leaves every moment.")
    blocks.table(
        gaps, "gap_table", columns.GAP_COLUMNS, width=720,
        alt="Gaps of more sessions than allowed, with the return across.",
    )  # fmt: skip

st.subheader("Loads")
blocks.table(
    data.ingests(info.name), "ingests", columns.INGEST_COLUMNS,
    alt="Every load of this universe with its counts.",
)  # fmt: skip

blocks.quarantine(info.name)
with row:
    exports.menu("overview_files", files)

odd, excluded = data.odd(view.opened), data.excluded(info.name)
if odd or len(excluded):
    rows = int(excluded["rows"].sum())
    st.subheader(f"Looks wrong: {fmt.count(len(odd))}")
    if odd:
        blocks.table(
            tables.odd_table(odd), "odd_table", column.ODD,
            height=min(36 + 35 * len(odd), 220),
            alt="What is stored but looks wrong, by symbol.",
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"Nothing is changed by itself. {fmt.count(rows, 'row')} excluded by hand.",
            width="content",
        )
        st.page_link("pages/data/universes/page.py", label="See the closes, or exclude, on Data")
