"""What the regime must say on the packaged data, and that its constants come from before 2015."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pytest
from packaged_db import packaged_grid
from root import ROOT

from engine.analytics.foretell import foretell
from engine.analytics.regime import states as rg
from engine.analytics.regime.score import score_against
from engine.analytics.regime.states import (
    RegimeHistory,
    regime_history,
    switches_per_year,
)
from engine.market.basket import market_basket
from engine.market.grid import Grid
from engine.params import RegimeParams
from engine.sources.drawdowns import drawdowns

SPLIT = np.datetime64("2015-01-01")
DOC = ROOT / "docs" / "regime.md"


@pytest.fixture(scope="module")
def grid() -> Grid:
    return packaged_grid()


@pytest.fixture(scope="module")
def history(grid: Grid) -> RegimeHistory:
    basket = market_basket(grid, (), 10)
    return regime_history(basket.returns, basket.days, RegimeParams())


def share(history: RegimeHistory, first: str, last: str, *states: str) -> float:
    """Share of the sessions from `first` to `last` in one of the states."""
    days = (history.days >= np.datetime64(first)) & (history.days <= np.datetime64(last))
    return float(np.isin(history.states[days & history.sessions], states).mean())


@pytest.mark.parametrize(
    ("first", "last"),
    [("2008-10-01", "2008-11-30"), ("2011-08-01", "2011-09-30"), ("2020-03-01", "2020-04-30")],
)
def test_crisis_on_most_days_of_a_crisis(history: RegimeHistory, first: str, last: str) -> None:
    assert share(history, first, last, "CRISIS") > 0.8


@pytest.mark.parametrize("year", [2005, 2017])
def test_a_calm_year_is_calm(history: RegimeHistory, year: int) -> None:
    assert share(history, f"{year}-01-01", f"{year}-12-31", "QUIET", "NORMAL") > 0.8


def test_all_three_states_occur_and_switches_are_few(history: RegimeHistory) -> None:
    assert switches_per_year(history) <= 8
    for first, last in (("1990-09-01", "2014-12-31"), ("2015-01-01", "2022-12-31")):
        for state in rg.STATES:
            assert share(history, first, last, state) > 0.08


def test_scales_are_the_quantiles_before_2015(history: RegimeHistory) -> None:
    before = history.sessions & (history.days < SPLIT)
    for name, ends in rg.SCALES.items():
        values = history.components[name][before]
        assert ends == pytest.approx(np.nanquantile(values, [0.10, 0.99]), abs=0.0501)


def test_cutoffs_are_the_quantiles_before_2015(history: RegimeHistory) -> None:
    before = history.sessions & (history.days < SPLIT)
    found = np.nanquantile(history.score[before], [0.30, 0.93])
    assert found == pytest.approx([rg.NORMAL_FROM, rg.CRISIS_FROM], abs=0.01)
    middle = np.interp(rg.CRISIS_FROM, (0, 1), rg.ALONE)
    alone = np.nanmean(history.components["correlation"][before] >= middle)
    assert 1 / alone == pytest.approx(220, rel=0.1)


def test_it_tells_falls_better_than_chance(history: RegimeHistory) -> None:
    for _, row in score_against(history, drawdowns()).iterrows():
        assert row["precision"] > 1.5 * row["in_fall"]
        assert row["recall"] > 1.5 * row["flagged"]


def test_the_document_shows_the_measured_table(history: RegimeHistory) -> None:
    text = DOC.read_text(encoding="utf-8")
    for _, row in score_against(history, drawdowns()).iterrows():
        cells = [
            row["period"], str(row["sessions"]),
            *(f"{100 * row[c]:.1f} %" for c in ("in_fall", "flagged", "recall", "precision")),
            f"{row['caught']} of {row['falls']}", f"{row['delay']:g}",
        ]  # fmt: skip
        assert "| " + " | ".join(cells) + " |" in text
    number = re.search(r"(\d\.\d) switches a year", text)
    assert number
    assert float(number[1]) == pytest.approx(switches_per_year(history), abs=0.05)


def test_the_document_shows_what_was_foretold(grid: Grid, history: RegimeHistory) -> None:
    text = DOC.read_text(encoding="utf-8").replace("−", "-")
    table = foretell(history, market_basket(grid, (), 10).returns)
    for (period, target), part in table.groupby(["period", "target"]):
        by = part.set_index("predictor")
        cells = [
            f"{by['correlation'][name]:.2f} [{by['low'][name]:.2f}, {by['high'][name]:.2f}]"
            for name in ("score", "volatility", "difference")
        ]
        assert "| " + " | ".join([period, target, *cells]) + " |" in text


@pytest.mark.parametrize("day", [dt.date(1998, 10, 9), dt.date(2008, 9, 30), dt.date(2020, 3, 2)])
def test_the_state_of_a_day_is_the_same_without_all_that_follows(
    grid: Grid, history: RegimeHistory, day: dt.date
) -> None:
    basket = market_basket(grid.until(day), (), 10)
    past = regime_history(basket.returns, basket.days, RegimeParams())
    assert past.score.tobytes() == history.score[: len(past.score)].tobytes()
    assert (past.states == history.states[: len(past.states)]).all()
