"""Sections beside the weights: other rules, a benchmark, stress, and why weights changed.

Each returns what of it there is as files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from engine import tables
from engine.core import format as fmt
from engine.core.errors import CutlineError
from engine.figures.palette import Ground
from engine.figures.research import active_chart, change_chart, comparison_chart, replay_chart
from engine.pipeline import Portfolio
from engine.research import benchmark as benchmarks
from engine.research import stress as stresses
from engine.research.compare import PLAIN_MEANING, active_share
from engine.store import StoredRun
from pages.build.allocation import columns as columns_build
from pages.build.allocation import data as build_data
from pages.build.allocation.controls import AGAINST, SHOCK, SHOCKS, SINCE
from pages.shared import blocks, data, exports
from pages.shared.controls import draw, values

Files = list[exports.File]


def run_name(run: StoredRun) -> str:
    """A run for a list to choose from."""
    when = f"{run.created_at:%Y-%m-%d %H:%M} UTC"
    return f"run {run.run_id[:8]}, as of {fmt.day(run.as_of)}, {run.profile}, saved {when}"


def comparison(view: data.View, assets: Mapping[str, str], on: Ground) -> Files:
    """The same money under the presets, the plain rule, and equal weights."""
    found = build_data.compared(view)
    table = tables.comparison_table(found.measured, found.refused, build_data.AS_SET)
    st.caption(
        "Roadmap and Evidence: the presets on the same data, own bounds kept, under the t that "
        f"each asks for. Plain: {PLAIN_MEANING}. Equal weight: every member, no limits. All by one "
        "covariance and one set of scenarios."
    )
    left, right = st.columns([2, 3], gap="medium")
    with left:
        blocks.chart(
            comparison_chart(table, on), key="comparison_chart",
            alt="Volatility, CVaR, effective holdings, largest weight, cash and turnover of each "
            "portfolio; the table holds the numbers.",
        )  # fmt: skip
    names = [m.name for m in found.measured]
    with right:
        blocks.table(
            table, "comparison", columns_build.COMPARISON_COLUMNS,
            alt="One row a portfolio: volatility, CVaR, effective holdings, largest weight, cash.",
        )  # fmt: skip
        st.markdown("**Turnover between them, one-way, %**")
        between = tables.between_table(found.measured, found.turnover)
        blocks.table(
            between, "between", columns_build.between(names),
            alt="One-way turnover from each portfolio to each.",
        )  # fmt: skip
        beside = tables.side_by_side(list(assets), assets, found.measured)
        st.markdown("**Weights side by side, %**")
        blocks.table(
            beside, "side_by_side", columns_build.side_by_side(names), height=250,
            alt="Weights of every asset in each portfolio.",
        )  # fmt: skip
    as_of = view.params.data.as_of
    return [
        exports.csv(table, f"compared-{as_of}.csv", "Comparison as CSV", "compared_csv"),
        exports.csv(between, f"turnover-{as_of}.csv", "Turnover as CSV", "between_csv"),
        exports.csv(beside, f"side-by-side-{as_of}.csv", "Weights as CSV", "beside_csv"),
    ]


def benchmark(view: data.View, made: Portfolio, assets: Mapping[str, str], on: Ground) -> Files:
    """Tracking error and active weights against one of several."""
    held = benchmarks.benchmarks(view.opened.grid)
    own = [m.name for m in build_data.compared(view).measured]
    choices = [*held, *(n for n in (build_data.EQUAL, build_data.PLAIN) if n in own)]
    chosen = values.pick(AGAINST, choices)
    draw.select(AGAINST.among(choices), width=300)
    values.write((AGAINST,))
    tracking, weights = build_data.tracking(view, chosen)
    share = None if weights is None else active_share(made.allocation.weights, weights)
    blocks.figures_row(tables.tracking_figures(tracking, share, chosen))
    if weights is None:
        st.caption("What this benchmark holds is not known: active weights need another one.")
        return []
    table = tables.active_table(list(assets), assets, made.allocation.weights, weights)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        blocks.chart(
            active_chart(table, chosen, on), key="active_chart",
            alt=f"The largest active weights against {chosen}; the table holds all.",
        )  # fmt: skip
    with right:
        blocks.table(
            table, "active", columns_build.ACTIVE_COLUMNS, height=420,
            alt="Weight, benchmark's weight and difference of every asset.",
        )  # fmt: skip
    name = f"active-{view.params.data.as_of}.csv"
    return [exports.csv(table, name, "Active weights as CSV", "active_csv")]


def stress(view: data.View, made: Portfolio, assets: Mapping[str, str], on: Ground) -> Files:
    """Falls of the past, shocks by class, and correlations of one."""
    table = tables.replay_table(build_data.replays(view), assets)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        blocks.chart(
            replay_chart(table, on), key="replay_chart",
            alt="What the known part of the weights adds to the return in 2008, 2011, 2020, 2022.",
        )  # fmt: skip
    with right:
        st.caption(
            "Today's weights bought on the day of the highest S&P 500 close and left alone until "
            "the lowest, at the assets' own prices. What had no prices then is unknown, and "
            "nothing stands in for it."
        )
        blocks.table(
            table, "replays", columns_build.REPLAY_COLUMNS,
            alt="One row a fall: share of weights known, return, deepest fall, who is unknown.",
        )  # fmt: skip
    blocks.figures_row(
        tables.together_figures(
            stresses.all_together(
                made.allocation.weights, made.inputs.covariance, made.inputs.scenarios
            ),
            made.inputs.horizon,
        )
    )
    _shocks(view, made)
    name = f"replays-{view.params.data.as_of}.csv"
    return [exports.csv(table, name, "Falls as CSV", "replays_csv")]


@st.fragment
def _shocks(view: data.View, made: Portfolio) -> None:
    st.markdown("**A shock by class**, all of it at once, nothing else moves")
    classes = sorted(set(made.inputs.classes))
    shocks = {name: SHOCK.member(name) for name in classes}
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        for name, control in shocks.items():
            values.take(control, SHOCKS.get(name, SHOCKS["equity"]))
            draw.slider(control, width=180)
    values.write(shocks.values())
    found = stresses.shock(
        made.inputs.classes, made.allocation.weights,
        {name: st.session_state[c.key] / 100 for name, c in shocks.items()},
    )  # fmt: skip
    total = fmt.percent(float(found["added"].sum()))
    table = tables.shock_table(found)
    name = f"shocks-{view.params.data.as_of}.csv"
    with blocks.figures_row([tables.Figure("the portfolio under these shocks", total)]):
        exports.menu("shock_files", [exports.csv(table, name, "Shocks as CSV", "shocks_csv")])
    blocks.table(
        table, "shocks", columns_build.SHOCK_COLUMNS, width=420,
        alt="One row a class: weight, shock, and what it adds.",
    )  # fmt: skip


def why(
    view: data.View, runs: Sequence[StoredRun], assets: Mapping[str, str], on: Ground
) -> Files:  # fmt: skip
    """What made the weights other than a saved run's."""
    if not runs:
        st.caption("No run of this universe is saved yet: *Save run* keeps one to compare with.")
        return []
    by_id = {run.run_id: run for run in runs}
    run_id = values.pick(SINCE, by_id)
    draw.select(SINCE.among(by_id), format_func=lambda i: run_name(by_id[i]), width=560)
    values.write((SINCE,))
    try:
        change = build_data.why(view, by_id[run_id])
    except CutlineError as error:
        st.error(blocks.plain(str(error)))
        return []
    table = tables.change_table(change, assets)
    if not len(table):
        st.caption("Nothing changed: the weights are those of the run.")
        return []
    figures = [
        tables.Figure("changed in all", fmt.percent(change.turnover["all"]), "One-way turnover")
    ]
    figures += [
        tables.Figure(cause, fmt.percent(change.turnover[cause]), "One-way, by this alone")
        for cause in change.causes
    ]
    blocks.figures_row(figures)
    st.caption(f"One thing changed at a time, in this order. {tables.causes_told()}.")
    for note in change.notes:
        st.caption(blocks.plain(note))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        blocks.chart(
            change_chart(table, change.causes, on), key="change_chart",
            alt="The largest changes of weight, each as the sum of its causes.",
        )  # fmt: skip
    with right:
        blocks.table(
            table, "changes", columns_build.change(change.causes), height=480,
            alt="Weight before and now, and what each cause did, in points.",
        )  # fmt: skip
    name = f"changes-{view.params.data.as_of}.csv"
    return [exports.csv(table, name, "Changes as CSV", "changes_csv")]
