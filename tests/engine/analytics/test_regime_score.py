"""The committed falls, the rule that made them, and CRISIS judged by them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from engine.analytics.regime.score import score_against
from engine.analytics.regime.states import RegimeHistory
from engine.sources.drawdowns import drawdowns, find_falls
from engine.sources.packaged import packaged


def made_history(crisis: list[int], size: int, *, start: str = "2014-12-22") -> RegimeHistory:
    days = np.busday_offset(np.datetime64(start), np.arange(size))
    states = np.full(size, "NORMAL")
    states[crisis] = "CRISIS"
    nothing = np.zeros(size)
    return RegimeHistory(
        days, {}, {}, nothing, states, nothing, nothing, np.ones(size, dtype=bool),
        np.zeros(size, dtype=int),
    )  # fmt: skip


def falls(*spans: tuple[int, int], days: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame([(days[a], days[b]) for a, b in spans], columns=["start", "end"])


def test_find_falls_by_hand() -> None:
    closes = np.array([100, 90, 101, 95, 85, 88, 80, 95, 96, 97, 82, 84.0])
    # 101 to 80; 95 is not a fifth above 80, 96 is; 97 is the next peak, 82 is 15.5 % below it.
    assert find_falls(closes) == [(2, 6, True), (9, 10, False)]
    assert find_falls(closes, least_fall=0.16) == [(2, 6, True)]
    assert find_falls(closes, ending_rise=0.5) == [(2, 6, False)]
    assert find_falls(np.array([100.0, 86, 120, 103, 150])) == []


def test_the_committed_table_is_what_the_rule_gives_on_the_packaged_index() -> None:
    prices = packaged().prices
    index = prices[prices["symbol"] == "SP500"].sort_values("date")
    closes, days = index["close"].to_numpy(), index["date"].to_numpy()
    table = drawdowns()
    found = find_falls(closes)
    assert [(days[a], days[b], e) for a, b, e in found] == list(
        zip(table["start"].to_numpy(), table["end"].to_numpy(), table["ended"], strict=True)
    )
    wanted = [closes[b] / closes[a] - 1 for a, b, _ in found]
    assert table["fall"].to_numpy() == pytest.approx(wanted, abs=5e-5)
    assert table["name"].is_unique
    assert table["source"].str.contains("sp500_index").all()
    # What everybody remembers is in it.
    assert {1990, 1998, 2000, 2002, 2007, 2010, 2011, 2018, 2020, 2022} <= set(
        table["start"].dt.year
    )


def test_scores_by_hand() -> None:
    """Eight sessions before 2015 (two of them holidays of nobody), the rest after."""
    history = made_history([1, 2, 5, 12, 13], 20)
    days = history.days
    assert (days < np.datetime64("2015-01-01")).sum() == 8
    table = score_against(history, falls((0, 4), (10, 12), (14, 16), days=days))
    before, after = (table.iloc[i] for i in (0, 1))
    assert table["period"].tolist() == ["before 2015", "from 2015"]
    assert (before["sessions"], after["sessions"]) == (8, 12)
    # Before: in a fall 1–4, CRISIS 1, 2, 5.
    assert before["in_fall"] == pytest.approx(4 / 8)
    assert before["flagged"] == pytest.approx(3 / 8)
    assert before["recall"] == pytest.approx(2 / 4)
    assert before["precision"] == pytest.approx(2 / 3)
    assert (before["falls"], before["caught"], before["delay"]) == (1, 1, 1.0)
    # From: in a fall 11, 12, 15, 16; CRISIS 12, 13.
    assert after["recall"] == pytest.approx(1 / 4)
    assert after["precision"] == pytest.approx(1 / 2)
    assert (after["falls"], after["caught"], after["delay"]) == (2, 1, 2.0)


def test_unknown_days_count_nowhere_and_nothing_is_divided_by_zero() -> None:
    history = made_history([3], 20)
    history.states[:8] = ""
    table = score_against(history, falls((0, 4), days=history.days))
    before, after = (table.iloc[i] for i in (0, 1))
    assert before["sessions"] == 0
    assert np.isnan(before[["recall", "precision", "flagged", "delay"]].astype(float)).all()
    assert np.isnan(after["recall"])
    assert after["falls"] == 0
    other = score_against(history, falls((0, 4), days=history.days), dt.date(2015, 1, 6))
    assert other["period"].tolist() == ["before 2015-01-06", "from 2015-01-06"]
    assert other["sessions"].tolist() == [3, 9]
