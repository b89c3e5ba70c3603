"""Foretelling: targets by hand, rank correlations by scipy, intervals that hold what is true."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from engine.analytics import foretell as ft
from engine.analytics.regime.states import RegimeHistory

SIZE = 1500


def history_with(score: np.ndarray, start: str = "2012-01-02") -> RegimeHistory:
    size = len(score)
    days = np.busday_offset(np.datetime64(start), np.arange(size))
    nothing = np.zeros(size)
    return RegimeHistory(
        days, {}, {}, score, np.full(size, "NORMAL"), nothing, nothing,
        np.ones(size, dtype=bool), np.zeros(size, dtype=int),
    )  # fmt: skip


def bouts(seed: int = 0, size: int = SIZE) -> tuple[np.ndarray, np.ndarray]:
    """(log volatility, T×3 returns) with volatility that lasts for months."""
    rng = np.random.default_rng(seed)
    level = np.zeros(size)
    for t in range(1, size):
        level[t] = 0.98 * level[t - 1] + 0.1 * rng.normal()
    return level, np.exp(level)[:, None] * rng.normal(0, 0.01, (size, 3))


def row_of(table, period: str, target: str, predictor: str):
    found = table[
        (table["period"] == period)
        & (table["target"] == target)
        & (table["predictor"] == predictor)
    ]
    assert len(found) == 1
    return found.iloc[0]


def test_the_worst_fall_ahead_by_hand() -> None:
    market = np.zeros(60)
    market[30] = -0.10
    market[31] = 0.05
    market[35] = -0.20
    got = ft._worst_fall_ahead(market)
    assert np.isnan(got[-ft.MONTH :]).all()
    # From 1: 0.9, 0.945, 0.756.
    assert got[20] == pytest.approx(1 - 0.756)
    assert got[29] == pytest.approx(1 - 0.756), "the first of the 21 counts"
    assert got[30] == pytest.approx(0.20), "the fall of the day itself is past"
    assert got[9] == pytest.approx(0.10), "the last of the 21 counts"
    assert got[8] == 0.0


def test_volatility_behind_and_ahead() -> None:
    market = bouts()[1].mean(axis=1)
    behind = ft._trailing_volatility(market)
    ahead = ft._ahead(behind)
    assert behind[100] == pytest.approx(market[80:101].std(ddof=1) * np.sqrt(252))
    assert ahead[100] == pytest.approx(market[101:122].std(ddof=1) * np.sqrt(252))


def test_correlations_are_scipys_on_the_days_of_each_period() -> None:
    level, returns = bouts(1)
    score = level + np.random.default_rng(2).normal(0, 0.3, SIZE)
    score[:50] = np.nan
    history = history_with(score)
    table = ft.foretell(history, returns)
    market = returns.mean(axis=1)
    behind = ft._trailing_volatility(market)
    targets = {"volatility": ft._ahead(behind), "drawdown": ft._worst_fall_ahead(market)}
    split = int((history.days < np.datetime64("2015-01-01")).sum())
    # The last month before the border has a target that lies beyond it.
    spans = {
        "before 2015": slice(50, split - ft.MONTH),
        "from 2015": slice(split, SIZE - ft.MONTH),
    }
    for period, span in spans.items():
        for target, values in targets.items():
            for predictor, x in (("score", score), ("volatility", behind)):
                row = row_of(table, period, target, predictor)
                wanted = spearmanr(x[span], values[span]).statistic
                assert row["correlation"] == pytest.approx(wanted, abs=1e-9)
                assert row["n"] == span.stop - span.start
            pair = [row_of(table, period, target, p)["correlation"] for p in ft.PREDICTORS]
            difference = row_of(table, period, target, "difference")["correlation"]
            assert difference == pytest.approx(pair[0] - pair[1])
    assert (table["low"] <= table["high"]).all()


def test_noise_foretells_nothing_and_volatility_itself() -> None:
    _, returns = bouts(3)
    noise = np.random.default_rng(4).normal(size=SIZE)
    table = ft.foretell(history_with(noise), returns)
    for period in ("before 2015", "from 2015"):
        nothing = row_of(table, period, "volatility", "score")
        assert nothing["low"] < 0 < nothing["high"]
        assert row_of(table, period, "volatility", "volatility")["low"] > 0
        assert row_of(table, period, "volatility", "difference")["high"] < 0


def test_intervals_cover_what_is_known() -> None:
    """Two independent, slowly moving series: 95 % intervals hold 0 in most of 60 draws.

    Without blocks, as if days were independent, they would in about a quarter.
    """
    held = naive = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x, y = np.zeros(2000), np.zeros(2000)
        for t in range(1, 2000):
            x[t] = 0.95 * x[t - 1] + rng.normal()
            y[t] = 0.95 * y[t - 1] + rng.normal()
        point, samples = ft._resampled(x, y, 0)
        low, high = np.quantile(samples, [0.025, 0.975])
        held += low <= 0 <= high
        naive += abs(point) < 1.96 / np.sqrt(2000)
    assert held >= 49
    assert naive <= 35


def test_seeded_and_short() -> None:
    level, returns = bouts(5)
    first, again = (ft.foretell(history_with(level), returns, seed=7) for _ in range(2))
    assert first.equals(again)
    assert not first.equals(ft.foretell(history_with(level), returns, seed=8))
    short = ft.foretell(history_with(level[:100]), returns[:100])
    assert short[["correlation", "low", "high"]].isna().all(axis=None)
    tiny = ft.foretell(history_with(level[:5]), returns[:5])
    assert (tiny["n"] == 0).all()
