"""A portfolio against a benchmark: active weights and tracking error."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine.analytics.covariance import WEEKDAYS, spans_per_year
from engine.core.errors import InputError
from engine.market.grid import Grid
from engine.market.lives import find_lives, span_returns
from engine.market.panel import Panel
from engine.market.valuation import base_values
from engine.pipeline import Portfolio

# Fewer common days say nothing of a difference in returns.
LEAST_DAYS = 60


@dataclass(frozen=True)
class Tracking:
    """Today's weights held on the days of the scenarios, against a benchmark on the same days.

    ex_post: annual deviation of the difference in returns. difference: annual mean of it.
    beta, correlation: of the portfolio with the benchmark. days: how many returns both have.
    ex_ante: √(a'Σa) of the active weights a; None where the benchmark's weights are not known.
    All but `days` are None where they are not known: under 60 common days, or nothing moves.
    """

    ex_post: float | None
    difference: float | None
    beta: float | None
    correlation: float | None
    days: int
    ex_ante: float | None = None


def benchmarks(grid: Grid) -> tuple[str, ...]:
    """Symbols that the universe holds to be compared with."""
    rows = grid.instruments[grid.instruments["role"] == "benchmark"]
    return tuple(rows["symbol"])


def benchmark_returns(grid: Grid, panel: Panel, symbol: str, max_gap: int) -> np.ndarray:
    """L returns of one instrument over the panel's days and horizon, in its base currency.

    NaN = did not trade, or has no rate. Nothing after the panel's as-of date is read.
    Raises InputError for a symbol that the universe does not hold.
    """
    if symbol not in grid.symbols:
        raise InputError(f"The universe holds no {symbol}: choose another benchmark.")
    past = grid.until(panel.as_of)
    column = past.symbols.index(symbol)
    selected = np.arange(len(past.symbols)) == column
    values, _, status, _ = base_values(past, panel.base_currency, selected, max_gap)
    out = np.full(len(panel.days), np.nan)
    if column not in status:
        own = values[:, [column]]
        start = find_lives(own, max_gap).start
        out[:] = span_returns(own, start, len(out), panel.horizon)[:, 0]
    return out


def track(returns: np.ndarray, benchmark: np.ndarray, horizon: int) -> Tracking:
    """How two series of `horizon`-day returns went together.

    returns, benchmark: T on the same weekdays; NaN = not known. A year has as many sessions as the
    common days' own rate.
    Invariant: against itself the tracking error is 0, beta and correlation are 1.
    """
    common = np.isfinite(returns) & np.isfinite(benchmark)
    days = int(common.sum())
    own, other = returns[common], benchmark[common]
    if days < LEAST_DAYS or np.ptp(own) == 0 or np.ptp(other) == 0:
        return Tracking(None, None, None, None, days)
    spans = float(spans_per_year(np.array(_sessions(common)), horizon))
    gap = own - other
    both = np.cov(own, other)
    return Tracking(
        ex_post=float(gap.std(ddof=1) * np.sqrt(spans)),
        difference=float(gap.mean() * spans),
        beta=float(both[0, 1] / both[1, 1]),
        correlation=float(both[0, 1] / np.sqrt(both[0, 0] * both[1, 1])),
        days=days,
    )


def against_weights(portfolio: Portfolio, benchmark: np.ndarray) -> Tracking:
    """A portfolio against N known weights (what they do not invest is cash)."""
    made, inputs = portfolio.allocation, portfolio.inputs
    found = track(
        _on_panel(portfolio, made.weights), _on_panel(portfolio, benchmark), inputs.horizon
    )
    return replace(found, ex_ante=ex_ante(made.weights - benchmark, inputs.covariance))


def against_returns(portfolio: Portfolio, benchmark: np.ndarray) -> Tracking:
    """A portfolio against L returns over the panel's days and horizon, whatever is inside."""
    own = _on_panel(portfolio, portfolio.allocation.weights)
    return track(own, benchmark, portfolio.inputs.horizon)


def ex_ante(active: np.ndarray, covariance: np.ndarray) -> float:
    """Annual tracking error √(a'Σa) of N active weights."""
    return float(np.sqrt(max(0.0, active @ covariance @ active)))


def _on_panel(portfolio: Portfolio, weights: np.ndarray) -> np.ndarray:
    """L returns of weights over the panel's days; NaN on days on which nobody traded."""
    panel, scenarios = portfolio.analysis.panel, portfolio.risk.scenarios
    out = np.full(len(panel.days), np.nan)
    out[np.isin(panel.days, scenarios.days)] = scenarios.returns @ weights
    return out


def _sessions(common: np.ndarray) -> float:
    """Sessions a year on which both were seen, at the rate from the first to the last of them."""
    rows = np.flatnonzero(common)
    return WEEKDAYS * len(rows) / (rows[-1] - rows[0] + 1)
