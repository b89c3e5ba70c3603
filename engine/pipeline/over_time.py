"""Today's clusters through the years behind them: their CVaR at each month end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.analytics.fragility import cluster_returns, cvar_over_time
from engine.market.grid import Grid
from engine.market.lives import find_lives, span_returns
from engine.market.panel import Panel
from engine.market.valuation import base_values
from engine.params import FragilityParams
from engine.params.stages import MaxGapKnob, stage
from engine.pipeline.build import ids_by_label
from engine.pipeline.explore import Cut

# Five years: about what a screen has room for in months.
WEEKDAYS_SHOWN = 1300


@dataclass(frozen=True, eq=False)
class OverTime:
    """CVaR95 of K clusters at M month ends, today's clusters and weights inside held fixed.

    month_ends: M datetime64[D]; the last may lie in an unfinished month.
    cvar: M×K positive losses over `horizon` days; NaN = fewer than the least observations.
    members: M×K, how many of today's members have that many returns in the window themselves.
    window: weekdays looked back on.
    """

    cluster_ids: tuple[int, ...]
    month_ends: np.ndarray
    cvar: np.ndarray
    members: np.ndarray
    window: int
    horizon: int

    def __post_init__(self) -> None:
        for array in (self.month_ends, self.cvar, self.members):
            array.setflags(write=False)


@stage
def member_returns(
    grid: Grid, panel: Panel, length: int, *, max_gap: MaxGapKnob
) -> tuple[np.ndarray, np.ndarray]:
    """(T days, T×N returns) of a panel's members over its horizon, for the last `length` weekdays
    up to its date.

    NaN = did not trade, or before the current life: history counts anew after a long hole.
    Invariant: the last rows are the panel's `moment_returns`, and nothing later is looked at.
    """
    past = grid.until(panel.as_of)
    everybody = np.ones(len(past.symbols), dtype=bool)
    values, *_ = base_values(past, panel.base_currency, everybody, max_gap)
    values = values[:, np.searchsorted(past.symbols, panel.symbols)]
    lives = find_lives(values, max_gap)
    returns = span_returns(values, lives.start, length, panel.horizon)
    return past.days[len(past.days) - len(returns) :], returns


@stage
def clusters_over_time(
    grid: Grid,
    panel: Panel,
    cut: Cut,
    intra: np.ndarray,
    *,
    max_gap: MaxGapKnob,
    fragility: FragilityParams,
) -> OverTime:
    """CVaR95 of each cluster over the trailing `fragility.trail_days` at the month ends of the last
    five years.

    intra: N weights inside each cluster, of the panel's members. On a day on which some members
    did not trade, or do not exist yet, a cluster's return is the weighted mean of the others.
    """
    window, least = fragility.trail_days, fragility.min_observations
    days, returns = member_returns.function(grid, panel, WEEKDAYS_SHOWN + window, max_gap=max_gap)
    series = cluster_returns(returns, cut.labels, intra)
    ends, values = cvar_over_time(series, days, window, least)
    shown = ends >= days[max(0, len(days) - WEEKDAYS_SHOWN)]
    ends, values = ends[shown], values[shown]
    rows = np.searchsorted(days, ends) + 1
    seen = np.vstack([np.zeros(returns.shape[1], int), np.cumsum(np.isfinite(returns), axis=0)])
    enough = seen[rows] - seen[np.maximum(rows - window, 0)] >= least
    belongs = cut.labels[:, None] == np.arange(series.shape[1])
    return OverTime(
        ids_by_label(cut), ends, values, enough.astype(int) @ belongs.astype(int), window,
        panel.horizon,
    )  # fmt: skip
