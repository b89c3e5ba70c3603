"""The whole portfolio at every threshold: what it does to weights, tail risk, cash and turnover."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from engine import pipeline, tables
from engine.core import format as fmt
from engine.core.errors import CutlineError
from engine.desk.whatif import FROM_CASH, NOTHING, Asked, held_by
from engine.figures.whatif import whatif_chart
from engine.pipeline import goals as goal_tools
from engine.pipeline import keys
from engine.pipeline.whatif import Cliff, Point, Setting, cliffs
from pages.explore.sensitivity import columns
from pages.explore.sensitivity.controls import AGAINST, GOALS, WHOLE
from pages.shared import blocks, data, exports, frame
from pages.shared.controls import cut as cut_controls
from pages.shared.controls import draw, values


def section(view: data.View, threshold: float) -> list[exports.File]:
    """The section, where it is asked for; its files."""
    books = [p.name for p in data.desk().portfolios.list()
             if p.universe == view.opened.snapshot.info.name]  # fmt: skip
    among = [NOTHING, FROM_CASH, *books]
    values.take(WHOLE)
    values.take(AGAINST.among(among))
    values.take(GOALS)
    st.subheader("The whole portfolio")
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        draw.toggle(WHOLE)
        if st.session_state[WHOLE.key]:
            draw.select(AGAINST.among(among), width=180)
            st.text_input(
                GOALS.label, key=GOALS.key, width=320, help=GOALS.help,
                placeholder="cvar_95<=0.02, cash<=0.1",
            )  # fmt: skip
    values.write((WHOLE, AGAINST, GOALS))
    if not st.session_state[WHOLE.key]:
        st.caption("Solves the allocation at each cut: weights, tail risk, cash, turnover, cost.")
        return []
    try:
        points, jumps, asked = _solved(view, st.session_state[AGAINST.key])
    except CutlineError as error:
        st.error(blocks.plain(str(error)))
        return []
    measure = "Ward height" if not view.params.tree.heights_are_distances else "threshold t"
    blocks.chart(
        whatif_chart(points, jumps, threshold, frame.inks(), measure=measure), key="whole_chart",
        alt="Weights by cluster with cash, CVaR, volatility, turnover and effective holdings "
        "against the threshold; the table holds the numbers.",
    )  # fmt: skip
    _goals(asked, points)
    return _tables(view, points, jumps)


def _tables(
    view: data.View, points: tuple[Point, ...], jumps: tuple[Cliff, ...]
) -> list[exports.File]:
    ward = not view.params.tree.heights_are_distances
    st.markdown(f"**Cliffs: {fmt.count(len(jumps))}**")
    if jumps:
        found = tables.cliff_table(jumps)
        blocks.table(
            found, "cliff_table", columns.CLIFF_COLUMNS, height=min(36 + 35 * len(found), 300),
            alt="Where two clusters join and the portfolio jumps: height, clusters, what it does.",
        )  # fmt: skip
    whole = tables.whatif_table(points)
    with st.expander("Every threshold as a table", expanded=False):
        chosen = blocks.table(
            whole, "whole_table", columns.WHOLE_COLUMNS, height=420, on_select="rerun",
            selection_mode="single-row",
            alt="One row a threshold: clusters, volatility, CVaR, cash, turnover, cost, names.",
        )  # fmt: skip
        if chosen.selection.rows:
            t = float(whole["threshold"].iloc[chosen.selection.rows[0]])
            st.button(
                f"Use {fmt.threshold(t)}", key="use_picked", on_click=cut_controls.set_threshold,
                args=(t, ward),
            )  # fmt: skip
    as_of = data.panel(view).as_of
    return [
        exports.csv(whole, f"whatif-{as_of}.csv", "Whole portfolio as CSV", "whole_csv"),
        exports.csv(tables.cliff_table(jumps), f"cliffs-{as_of}.csv", "Cliffs as CSV", "cliff_csv"),
    ]


def _goals(asked: Asked, points: tuple[Point, ...]) -> None:
    """Which thresholds meet the goals, or what is nearest and what would help."""
    text = (st.session_state[GOALS.key] or "").strip()
    if not text:
        return
    try:
        found = goal_tools.met(asked.on, points, goal_tools.goals_of(text))
    except CutlineError as error:
        st.error(blocks.plain(str(error)))
        return
    if found.meets:
        at = fmt.listing([fmt.threshold(t) for t in found.meets], 20)
        st.success(blocks.plain(f"Met at {at}."))
    else:
        st.warning(blocks.plain(found.words()))


def _solved(view: data.View, against: str) -> tuple[tuple[Point, ...], tuple[Cliff, ...], Asked]:
    own = data.View(view.opened, view.params)
    key = repr((own.key(*keys.WHATIF), against, data.desk().store.stamp() if against not in
                (NOTHING, FROM_CASH) else ""))  # fmt: skip
    return _points(key, own, against)


@st.cache_resource(max_entries=8, show_spinner="Solving the portfolio at every cut")
def _points(
    key: str, _view: data.View, against: str
) -> tuple[tuple[Point, ...], tuple[Cliff, ...], Asked]:
    analysis = pipeline.Analysis(
        data.panel(_view), data.correlation(_view), data.tree(_view), data.cut(_view)
    )
    on = Setting(
        analysis, data.market(_view), data.sentiment(_view), data.risk(_view), _view.params
    )
    held: Mapping[str, float] | None = None
    if against != NOTHING:
        held, _ = held_by(data.desk().needs, _view.opened, on, against)
    asked = Asked.of(_view.opened, on, held, against)
    points = tuple(asked.points())
    return points, cliffs(on, points), asked
