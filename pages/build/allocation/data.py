"""What the page Allocation shows beside the portfolio, each part cached by a text key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from engine import pipeline
from engine.core.errors import AnswerNo, NotFinished, ParamError
from engine.params import Params
from engine.pipeline import keys
from engine.research import benchmark, change, compare, holdings, stress
from engine.store import StoredRun
from pages.shared import data

# What stands for "no portfolio" and is shown in its place.
REFUSALS = (AnswerNo, NotFinished, ParamError)
AS_SET, EQUAL, PLAIN = "As set", "Equal weight", "Plain"


@dataclass(frozen=True, eq=False)
class Compared:
    """The portfolio beside others; turnover: M×M from one to another; refused: name → why."""

    measured: list[compare.Measured]
    turnover: Any  # as `compare.turnovers` gives it
    refused: dict[str, str]


def portfolio(view: data.View) -> pipeline.Portfolio | str:
    """The portfolio, or in one sentence why there is none."""
    try:
        return data.portfolio(view)
    except REFUSALS as error:
        return str(error)


def holding_frames(view: data.View) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Holdings and clusters of the portfolio, which there must be."""
    return _holding_frames(view.key(*keys.PORTFOLIO), view)


@st.cache_resource(max_entries=32, show_spinner=False)
def _holding_frames(key: str, _view: data.View) -> tuple[pd.DataFrame, pd.DataFrame]:
    made = data.portfolio(_view)
    held = holdings.holdings(made)
    return held, holdings.by_cluster(made, held)


def compared(view: data.View) -> Compared:
    """The portfolio as set, under each preset, the plain one and equal weights."""
    return _compared(view.key(*keys.PORTFOLIO), view)


@st.cache_resource(max_entries=32, show_spinner="Comparing presets")
def _compared(key: str, _view: data.View) -> Compared:
    refused: dict[str, str] = {}
    found: list[tuple[str, Any]] = []
    for name, params in {AS_SET: _view.params, **compare.alternatives(_view.params)}.items():
        made = portfolio(data.View(_view.opened, params))
        if isinstance(made, str):
            refused[name] = made
        found.append((name, None if isinstance(made, str) else made.allocation.weights))
    risk = data.risk(_view)
    found.append((EQUAL, compare.equal_weights(len(risk.covariance.symbols))))
    measured = compare.measure(found, risk.covariance.matrix, risk.scenarios.returns)
    return Compared(measured, compare.turnovers(measured), refused)


def tracking(view: data.View, against: str) -> tuple[benchmark.Tracking, Any]:
    """How the portfolio went with a benchmark, and the benchmark's weights where known.

    against: EQUAL, PLAIN, or the symbol of a benchmark of the universe. Needs a portfolio.
    """
    return _tracking(view.key(*keys.PORTFOLIO), against, view)


@st.cache_resource(max_entries=64, show_spinner=False)
def _tracking(key: str, against: str, _view: data.View) -> tuple[benchmark.Tracking, Any]:
    made = data.portfolio(_view)
    known = {m.name: m.weights for m in compared(_view).measured}
    if against in known:
        return benchmark.against_weights(made, known[against]), known[against]
    max_gap = _view.params.panel.max_gap
    panel = made.analysis.panel
    returns = benchmark.benchmark_returns(_view.opened.grid, panel, against, max_gap)
    return benchmark.against_returns(made, returns), None


def replays(view: data.View) -> tuple[stress.Replay, ...]:
    """Falls of the past with the portfolio, which there must be."""
    return _replays(view.key(*keys.PORTFOLIO), view)


@st.cache_resource(max_entries=32, show_spinner=False)
def _replays(key: str, _view: data.View) -> tuple[stress.Replay, ...]:
    made = data.portfolio(_view)
    return stress.replay(
        _view.opened.grid, made.analysis.panel, made.allocation.weights,
        _view.params.panel.max_gap,
    )  # fmt: skip


def runs(universe: str) -> tuple[StoredRun, ...]:
    """Saved runs of a universe, the latest first; read again only when something was stored."""
    return _runs(str(data.desk().store.path), data.desk().store.stamp(), universe)


@st.cache_resource(max_entries=16, show_spinner=False)
def _runs(path: str, stamp: str, universe: str) -> tuple[StoredRun, ...]:
    return tuple(data.desk().runs(universe))


def weights_of(run: StoredRun) -> dict[str, float]:
    """Symbol → weight of a run, CASH if any; nothing on record counts as none."""
    return {symbol: weight or 0.0 for symbol, weight in run.weight_of().items()}


def why(view: data.View, run: StoredRun) -> change.Change:
    """Why the portfolio, which there must be, is not the run's."""
    return _why(view.key(*keys.PORTFOLIO), run.run_id, view, run)


@st.cache_resource(max_entries=32, show_spinner="Changing one thing at a time")
def _why(key: str, run_id: str, _view: data.View, _run: StoredRun) -> change.Change:
    def weights_under(params: Params) -> dict[str, float]:
        return pipeline.weights_of(data.portfolio(data.View(_view.opened, params)))

    before = Params.from_json(_run.params)
    as_of = data.panel(_view).as_of
    now = _view.params.with_settings({"data.as_of": as_of})
    steps = change.stages(before, _run.threshold, now, as_of)
    return change.explain(weights_of(_run), steps, weights_under)
