"""How well the regime score, and plain 21-day volatility, foretold the month that followed."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from engine.analytics.regime.states import RegimeHistory

MONTH = 21
# Three months: longer than the overlap of two targets, about as long as a bout of volatility.
BLOCK = 63
SAMPLES = 1000
METHOD = (
    f"Spearman; interval: circular block bootstrap, {BLOCK} sessions a block, {SAMPLES} samples, "
    "ranks kept"
)
PREDICTORS = ("score", "volatility")
TARGETS = ("volatility", "drawdown")


def foretell(
    history: RegimeHistory,
    returns: np.ndarray,
    split: dt.date = dt.date(2015, 1, 1),
    confidence: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Rank correlation of what was known on a day with what came in the 21 sessions after it.

    returns: T×N of the basket on `history.days`, NaN = did not trade; its equal-weight mean is the
        market. Predictors: the score, and the volatility of the last 21 sessions. Targets: the
        volatility of the next 21, and the depth of the worst fall from a high within them.
    Rows: period × target × predictor (`score`, `volatility`, `difference` = score less volatility,
    resampled together). Columns: `period, target, predictor, correlation, low, high, n`; n counts
    sessions, which overlap. NaN under two blocks. The last month of data has no target yet.
    """
    use = history.sessions
    market = _mean_return(returns[use])
    volatility = _trailing_volatility(market)
    predictors = {"score": history.score[use], "volatility": volatility}
    targets = {"volatility": _ahead(volatility), "drawdown": _worst_fall_ahead(market)}
    known = np.all([np.isfinite(x) for x in (*predictors.values(), *targets.values())], axis=0)
    days, border = history.days[use], np.datetime64(split, "D")
    name = str(split.year) if (split.month, split.day) == (1, 1) else split.isoformat()
    rows = []
    periods = ((f"before {name}", days < border), (f"from {name}", days >= border))
    for period, part in periods:
        rows_in = known & part
        if period == periods[0][0]:
            # What came after the border is not known before it.
            rows_in[:-MONTH] &= part[MONTH:]
        for target in TARGETS:
            sums = [
                _resampled(predictors[p][rows_in], targets[target][rows_in], seed)
                for p in PREDICTORS
            ]
            both = [*sums, (sums[0][0] - sums[1][0], sums[0][1] - sums[1][1])]
            for label, (point, samples) in zip((*PREDICTORS, "difference"), both, strict=True):
                tail = (1.0 - confidence) / 2.0
                low, high = np.quantile(samples, [tail, 1.0 - tail])
                rows.append((period, target, label, point, low, high, int(rows_in.sum())))
    return pd.DataFrame(
        rows, columns=["period", "target", "predictor", "correlation", "low", "high", "n"]
    )


def _mean_return(returns: np.ndarray) -> np.ndarray:
    present = np.isfinite(returns)
    total = np.where(present, returns, 0.0).sum(axis=1)
    return total / np.maximum(present.sum(axis=1), 1)


def _trailing_volatility(market: np.ndarray) -> np.ndarray:
    """S: standard deviation of the last 21 returns, a year's; NaN before."""
    out = np.full(market.shape, np.nan)
    if market.size >= MONTH:
        windows = sliding_window_view(market, MONTH)
        out[MONTH - 1 :] = windows.std(axis=1, ddof=1) * np.sqrt(252.0)
    return out


def _ahead(trailing: np.ndarray) -> np.ndarray:
    """The same measure over the 21 sessions that follow."""
    out = np.full(trailing.shape, np.nan)
    out[:-MONTH] = trailing[MONTH:]
    return out


def _worst_fall_ahead(market: np.ndarray) -> np.ndarray:
    """S: deepest fall from a high, today's value included, in the next 21 sessions; ≥ 0."""
    out = np.full(market.shape, np.nan)
    if market.size > MONTH:
        index = np.concatenate([[1.0], np.cumprod(1.0 + market)])
        # Window r starts at the value after session r and holds the 21 that follow.
        windows = sliding_window_view(index, MONTH + 1)[1:]
        falls = 1.0 - windows / np.maximum.accumulate(windows, axis=1)
        out[: len(falls)] = falls.max(axis=1)
    return out


def _resampled(x: np.ndarray, y: np.ndarray, seed: int) -> tuple[float, np.ndarray]:
    """Spearman correlation and its bootstrap samples; NaN under two blocks.

    Blocks of the ranks' products are summed from cumulative sums, so a sample costs n / 63.
    The same seed draws the same blocks, whatever the series.
    """
    n = len(x)
    if n < 2 * BLOCK:
        return float("nan"), np.full(SAMPLES, np.nan)
    # Here and not above: it takes half a second to load.
    from scipy.stats import rankdata

    a, b = (rankdata(v) / n - 0.5 for v in (x, y))
    terms = np.stack([a, b, a * a, b * b, a * b])
    total = np.concatenate([np.zeros((5, 1)), np.cumsum(np.hstack([terms, terms]), axis=1)], axis=1)
    starts = np.random.default_rng(seed).integers(0, n, (SAMPLES, n // BLOCK))
    sums = (total[:, starts + BLOCK] - total[:, starts]).sum(axis=2) / (n // BLOCK * BLOCK)
    return float(_correlation(terms.mean(axis=1))), _correlation(sums)


def _correlation(moments: np.ndarray) -> np.ndarray:
    """From mean a, b, a², b², ab along the first axis."""
    a, b, aa, bb, ab = moments
    with np.errstate(invalid="ignore", divide="ignore"):
        return (ab - a * b) / np.sqrt((aa - a * a) * (bb - b * b))
