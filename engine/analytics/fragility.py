"""Fragility of assets and clusters: five tail measures and their mean percentile."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.analytics.tails import co_cvar, cvar, max_drawdown, skewness, tail_ratio
from engine.core.edges import ranks
from engine.core.errors import InputError

# Of each, more is worse.
MEASURES = ("cvar_95", "neg_skewness", "tail_ratio", "max_drawdown", "co_cvar_95")
MIN_OBSERVATIONS = 60


@dataclass(frozen=True, eq=False)
class Fragility:
    """How fragile each of M assets or clusters is, with the parts.

    names: M symbols or cluster ids.
    measures: M rows (index `names`), columns MEASURES, `skewness`, `n`; NaN = unknown. A row
        depends on its own series and the market alone.
    percentiles: M rows, columns MEASURES: (rank − ½) / m among the m known; ties share. Relative:
        they change when another joins.
    score: M, the mean of the known percentiles, in [0, 1]; NaN = unknown.
    """

    names: tuple[Hashable, ...]
    measures: pd.DataFrame
    percentiles: pd.DataFrame
    score: np.ndarray


def fragility(
    returns: np.ndarray,
    names: Sequence[Hashable],
    market: np.ndarray | None,
    min_observations: int = MIN_OBSERVATIONS,
    steps: np.ndarray | None = None,
) -> Fragility:
    """The five measures of M series, and where each stands among the others.

    Args:
        returns: T×M simple returns of one horizon, overlapping or not; NaN = did not trade.
        names: M, each once.
        market: (T,) returns of the market over the same days and horizon; None or all NaN = not
            known: `co_cvar_95` is unknown and the score is the mean of the others.
        min_observations: a series with fewer returns is unknown altogether.
        steps: T′×M one-step returns over the same window: the path of the drawdown, and what is
            counted as `n`. None: `returns` are themselves one-step.

    Raises InputError for shapes that disagree or names that come twice.

    Invariant: `measures` of a series does not change, to the last bit, when others join or leave.
    Cost: O(T log T) a series.
    """
    returns = np.asarray(returns, dtype=np.float64)
    steps = returns if steps is None else np.asarray(steps, dtype=np.float64)
    _check(returns, steps, names)
    if market is None:
        market = np.full(len(returns), np.nan)
    count = np.isfinite(steps).sum(axis=0)
    skew = np.asarray(skewness(returns))
    parts = {
        "cvar_95": cvar(returns),
        "neg_skewness": -skew,
        "tail_ratio": tail_ratio(returns),
        "max_drawdown": max_drawdown(steps),
        "co_cvar_95": co_cvar(returns, market),
        "skewness": skew,
    }
    index = pd.Index(list(names))
    measures = pd.DataFrame(parts, index=index)
    measures.loc[count < min_observations] = np.nan
    percentiles = pd.DataFrame(
        {name: _percentile(measures[name].to_numpy()) for name in MEASURES}, index=index
    )
    measures["n"] = count
    score = percentiles.mean(axis=1, skipna=True).to_numpy(copy=True)
    score.setflags(write=False)
    return Fragility(tuple(names), measures, percentiles, score)


def cluster_returns(
    returns: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    carry: bool = False,
) -> np.ndarray:
    """T×K returns of clusters: the weighted mean of their members.

    Args:
        returns: T×N simple returns; NaN = did not trade.
        labels: N cluster numbers, 0 … K − 1.
        weights: N non-negative weights, of which the shares inside a cluster count; None: equal.
        carry: for a path of one-step returns. A member that does not trade that day, but has before
            and will again, counts as unmoved, since its next return spans the day. Otherwise the
            mean is over the members that trade.

    NaN where no member with a weight is there. Complete returns give exactly v'R with either.
    Raises InputError for shapes that disagree, a label missing in the count, a negative weight.
    """
    returns = np.asarray(returns, dtype=np.float64)
    labels = np.asarray(labels)
    n = returns.shape[1]
    weights = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    if labels.shape != (n,) or weights.shape != (n,):
        raise InputError(
            f"{n} columns need one label and one weight each, not {labels.shape}, {weights.shape}."
        )
    if not (weights >= 0).all():
        raise InputError("A weight inside a cluster is negative or missing: they are shares.")
    k = int(labels.max()) + 1 if n else 0
    if not np.array_equal(np.unique(labels), np.arange(k)):
        raise InputError(f"Labels do not run from 0 to {k - 1} without a gap.")
    present = np.isfinite(returns)
    counted = _alive(present) if carry else present
    moved = np.where(present, returns, 0.0)
    out = np.full((len(returns), k), np.nan)
    for label in range(k):
        mine = np.flatnonzero(labels == label)
        own = weights[mine]
        held = (counted[:, mine] * own).sum(axis=1)
        known = (present[:, mine] & (own > 0)).any(axis=1)
        total = (moved[:, mine] * own).sum(axis=1)
        out[known, label] = total[known] / held[known]
    return out


def cvar_over_time(
    returns: np.ndarray,
    days: np.ndarray,
    window: int,
    min_observations: int = MIN_OBSERVATIONS,
) -> tuple[np.ndarray, np.ndarray]:
    """CVaR95 over the trailing `window` rows at the last day of each month.

    Args:
        returns: T×K simple returns, NaN = did not trade. days: T datetime64[D], ascending.
        window: rows looked back on, the month's last included.

    Returns:
        month_ends: M datetime64[D], the last day of each month that is in `days`; the last may lie
            in an unfinished month, and is then the newest day.
        values: M×K; NaN where a column has fewer than `min_observations` returns in the window.

    Causal: a value depends on the `window` rows up to its date alone.
    """
    returns = np.asarray(returns, dtype=np.float64)
    days = np.asarray(days).astype("datetime64[D]")
    if returns.ndim != 2 or days.shape != (len(returns),):
        raise InputError(f"Returns of shape {returns.shape} need a day a row, not {days.shape}.")
    if window < 1 or (np.diff(days) <= np.timedelta64(0, "D")).any():
        raise InputError("CVaR over time needs a window of at least one row, and ascending days.")
    months = days.astype("datetime64[M]")
    ends = np.flatnonzero(np.append(months[1:] != months[:-1], True)) if len(days) else days[:0]
    values = np.full((len(ends), returns.shape[1]), np.nan)
    for i, end in enumerate(ends.astype(np.intp)):
        block = returns[max(0, end + 1 - window) : end + 1]
        enough = np.isfinite(block).sum(axis=0) >= min_observations
        values[i, enough] = cvar(block[:, enough])
    return days[ends.astype(np.intp)], values


def _alive(present: np.ndarray) -> np.ndarray:
    """Whether each column is between its first and its last return."""
    return np.logical_or.accumulate(present) & np.logical_or.accumulate(present[::-1])[::-1]


def _percentile(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    out = np.full(len(values), np.nan)
    out[known] = (ranks(values[known]) - 0.5) / max(int(known.sum()), 1)
    return out


def _check(returns: np.ndarray, steps: np.ndarray, names: Sequence[Hashable]) -> None:
    if returns.ndim != 2 or steps.ndim != 2:
        raise InputError("Fragility needs returns of two dimensions: days by series.")
    if returns.shape[1] != len(names) or steps.shape[1] != len(names):
        raise InputError(
            f"{len(names)} names need as many columns, not {returns.shape[1]} and {steps.shape[1]}."
        )
    if len(set(names)) != len(names):
        raise InputError("A name comes twice: each series needs its own.")
