"""The page Regime: what it shows is what the engine returned, and its charts draw that."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hand_made import fx, make_grid, walk
from risk_pages import figures, forget, small_stores, start, table

from engine import pipeline, tables
from engine.analytics.foretell import foretell
from engine.analytics.regime.score import score_against
from engine.analytics.regime.states import CRISIS_FROM, NORMAL_FROM
from engine.core import format as fmt
from engine.desk import PACKAGED, Desk
from engine.figures.foretell import foretell_chart
from engine.figures.palette import DARK, LIGHT
from engine.figures.regime import crisis_spans, parts_chart, regime_chart
from engine.figures.sentiment import multiplier_chart, strength_bars
from engine.figures.thin import YEAR, rows_to_draw
from engine.market.basket import basket_drawdown
from engine.params import Params
from engine.sources.drawdowns import drawdowns


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    forget()
    yield small_stores(tmp_path_factory.mktemp("regime") / "x.duckdb")
    forget()


@pytest.fixture(scope="module")
def packaged(database: Path) -> pipeline.Market:
    return pipeline.market_state(Desk(database).open(PACKAGED).grid, Params())


@pytest.fixture(scope="module")
def sentiment(database: Path) -> Any:
    return pipeline.fx_sentiment(Desk(database).open(PACKAGED).grid, Params())


def test_page_shows_the_engine_s_numbers(
    database: Path, packaged: pipeline.Market, sentiment: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = start(monkeypatch, database, "regime", universe=PACKAGED)
    assert not test.exception
    assert not test.error
    assert not test.warning
    regime, history = packaged.regime, packaged.history
    shown = figures(test)
    assert shown["state"] == regime.state != "UNKNOWN"
    assert shown["score"] == fmt.number(regime.score)
    assert (
        shown["threshold t by regime"]
        == shown["threshold t in use"]
        == fmt.threshold(regime.threshold)
    )
    assert shown["basket"] == "20"
    assert shown["FX multiplier"] == fmt.number(sentiment.multiplier)
    parts = table(test, "meaning")
    assert list(parts["score"]) == [c.score for c in regime.components]
    assert list(parts["value"]) == [c.value for c in regime.components]
    told = foretell(history, packaged.basket.returns)
    pd.testing.assert_series_equal(table(test, "predictor")["low"], told["low"])
    assert list(table(test, "recall")["recall"]) == [
        100 * v for v in score_against(history, drawdowns())["recall"]
    ]
    captions = " ".join(c.value for c in test.caption)
    assert regime.reason in captions
    assert sentiment.reason.split(":")[0] in captions


def test_threshold_in_use_may_be_manual(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    test = start(monkeypatch, database, "regime", universe=PACKAGED, auto="off", t="0.55")
    assert figures(test)["threshold t in use"] == "0.55"
    assert figures(test)["threshold t by regime"] == "0.40"


@pytest.mark.parametrize("universe", ["one", "two", "six", "odd"])
def test_unknown_is_said_in_words(
    database: Path, universe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = start(monkeypatch, database, "regime", universe=universe)
    assert not test.exception
    assert not test.error
    market = pipeline.market_state(Desk(database).open(universe).grid, Params())
    assert figures(test)["state"] == market.regime.state
    captions = " ".join(c.value for c in test.caption)
    assert market.regime.reason[:30] in captions
    assert "the universe has no rate for AUD, NZD, CAD, JPY, CHF, USD" in captions
    assert figures(test)["FX multiplier"] == "1.00"
    if universe == "one":
        assert market.regime.state == "UNKNOWN"
        assert figures(test)["since"] == figures(test)["score"] == fmt.UNKNOWN
        assert "too short to judge" in captions
    assert "no session with a state lies in it" in captions


def test_page_lives_where_nothing_is_left_to_cut(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = start(monkeypatch, database, "regime", universe="odd", classes="crypto", lookback="60",
                 as_of="2024-02-01")  # fmt: skip
    assert not test.exception
    assert not test.error
    assert figures(test)["threshold t in use"] == fmt.UNKNOWN


def test_since_is_the_first_day_of_the_present_state(packaged: pipeline.Market) -> None:
    history = packaged.history
    since = tables.state_since(history)
    row = int(np.searchsorted(history.days, np.datetime64(since, "D")))
    assert set(history.states[row:]) == {packaged.regime.state}
    assert history.states[row - 1] != packaged.regime.state


def test_history_table_is_the_history(packaged: pipeline.Market) -> None:
    history = packaged.history
    found = tables.regime_history_table(history, basket_drawdown(packaged.basket))
    assert len(found) == len(history.days)
    np.testing.assert_array_equal(found["score"], history.score)
    np.testing.assert_array_equal(found["absorption_score"], history.scores["absorption"])
    assert found["drawdown"].max() == 0


def test_falls_are_judged_only_where_they_are_known(packaged: pipeline.Market) -> None:
    """Sessions after the closes from which the falls were found are neither in nor out of one."""
    first, last = re.findall(r"\d{4}-\d\d-\d\d", drawdowns()["source"].iloc[0])
    assert (str(tables.FALLS_FROM), str(tables.FALLS_TO)) == (first, last)
    history = packaged.history
    later = dataclasses.replace(history, days=history.days + np.timedelta64(365 * 20, "D"))
    counted = tables.scoring_table(later)["sessions"].sum()
    inside = later.days <= np.datetime64(last)
    assert counted == (later.sessions & (later.states != "") & inside).sum() > 0
    gone = dataclasses.replace(history, days=history.days + np.timedelta64(365 * 60, "D"))
    assert tables.scoring_table(gone).empty


def test_thinned_line_keeps_every_extreme_and_the_last_year() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=9000)
    values[:140] = values[4000:4300] = np.nan
    rows = rows_to_draw(values)
    assert len(rows) <= 1400
    assert (np.diff(rows) > 0).all()
    assert set(range(9000 - YEAR, 9000)) <= set(rows)
    assert {np.nanargmax(values), np.nanargmin(values)} <= set(rows)
    # Each extreme of any ten weeks is within two stretches of a drawn one.
    for start_row in range(200, 3900, 50):
        drawn = values[rows[(rows >= start_row - 40) & (rows < start_row + 90)]]
        part = values[start_row : start_row + 50]
        assert drawn.max() >= part.max()
        assert drawn.min() <= part.min()
    # A hole stays a hole: something unknown is drawn in it.
    assert np.isnan(values[rows[(rows >= 4000) & (rows < 4300)]]).any()
    assert np.isnan(values[rows[0]])
    np.testing.assert_array_equal(rows_to_draw(values[:1400]), np.arange(1400))
    for n in (1401, 1403, 1700, 2539, 20000):
        assert len(rows_to_draw(rng.normal(size=n))) <= 1400
    assert len(rows_to_draw(values, 1000)) <= 1000


def test_chart_of_the_score(packaged: pipeline.Market) -> None:
    history = packaged.history
    fall = basket_drawdown(packaged.basket)
    figure = regime_chart(history, fall, LIGHT)
    score, spans, drawdown = figure.data
    at = {day: k for k, day in enumerate(history.days)}
    rows = [at[np.datetime64(day, "D")] for day in score.x]
    np.testing.assert_allclose(score.y, history.score[rows], atol=5e-5)
    assert [c[0] for c in score.customdata] == [history.states[r] or "UNKNOWN" for r in rows]
    assert np.min(drawdown.y) == pytest.approx(100 * fall.min(), abs=0.01)
    # As many shaded stretches as the history has, and they hold exactly the days in CRISIS.
    shaded = np.zeros(len(history.days), dtype=bool)
    for first, last in crisis_spans(history):
        shaded[first : last + 1] = True
    np.testing.assert_array_equal(shaded, history.states == "CRISIS")
    assert sum(x is None for x in spans.x) == len(crisis_spans(history))
    assert sum(len(trace.x) for trace in figure.data) <= 4000
    assert {(s.y0, s.y1) for s in figure.layout.shapes} == {
        (0.0, NORMAL_FROM), (NORMAL_FROM, CRISIS_FROM), (CRISIS_FROM, 1.0),
    }  # fmt: skip
    assert [b.label for b in figure.layout.xaxis.rangeselector.buttons] == ["1y", "5y", "all"]


def test_chart_of_the_parts(packaged: pipeline.Market) -> None:
    history = packaged.history
    figure = parts_chart(history, DARK)
    assert [t.name for t in figure.data] == list(history.scores)
    at = {day: k for k, day in enumerate(history.days)}
    for trace in figure.data:
        rows = [at[np.datetime64(day, "D")] for day in trace.x]
        np.testing.assert_allclose(trace.y, history.scores[trace.name][rows], atol=5e-5)
        assert list(trace.customdata) == [
            fmt.number(v) for v in history.components[trace.name][rows]
        ]
    assert sum(len(trace.x) for trace in figure.data) <= 4000


def test_charts_without_any_known_score() -> None:
    grid = make_grid({"A": walk(1, 80), "B": walk(2, 80)})
    market = pipeline.market_state(grid, Params())
    assert market.regime.state == "UNKNOWN"
    assert tables.state_since(market.history) is None
    figure = regime_chart(market.history, basket_drawdown(market.basket), LIGHT)
    assert np.isnan(np.asarray(figure.data[0].y, dtype=float)).all()
    assert parts_chart(market.history, LIGHT).data
    row = tables.regime_summary(market.regime, market.history, 1.0, (None, "No tree."))
    assert {f.label: f.value for f in row}["switches a year"] == fmt.UNKNOWN


def test_foretold_as_dots_with_intervals(packaged: pipeline.Market) -> None:
    found = tables.foretell_table(foretell(packaged.history, packaged.basket.returns))
    figure = foretell_chart(found, LIGHT)
    drawn = [
        (trace.name, round(x, 3), round(x - minus, 3), round(x + plus, 3))
        for trace in figure.data
        for x, minus, plus in zip(
            trace.x, trace.error_x.arrayminus, trace.error_x.array, strict=True
        )
    ]
    expected = [
        (r.predictor, r.correlation, r.low, r.high)
        for r in found.sort_values("predictor", kind="stable").itertuples()
    ]
    assert len(drawn) == len(expected) == 12
    for one, other in zip(sorted(drawn), sorted(expected), strict=True):
        assert one[0] == other[0]
        np.testing.assert_allclose(one[1:], other[1:], atol=2e-3)


def test_charts_of_the_sentiment(sentiment: Any) -> None:
    figure = multiplier_chart(sentiment, LIGHT)
    m, s = figure.data
    history = sentiment.history
    at = {day: k for k, day in enumerate(history.days)}
    for trace, values in ((m, history.m), (s, history.s)):
        rows = [at[np.datetime64(day, "D")] for day in trace.x]
        np.testing.assert_allclose(trace.y, values[rows], atol=5e-5)
        # What was not known is not drawn as if m were 1.
        first = np.flatnonzero(np.isfinite(history.s))[0]
        assert first <= rows[0] < first + 20
        assert rows[-1] == len(history.days) - 1
    (bars,) = strength_bars(sentiment, DARK).data
    assert list(bars.x) == sorted(bars.x, reverse=True)
    assert {y.split(" ")[0] for y in bars.y} == set(sentiment.strengths)
    kinds = {y.split(" · ")[0]: y.split(" · ")[1] for y in bars.y if " · " in y}
    assert kinds["AUD"] == "risk"
    assert kinds["JPY"] == "haven"
    assert "EUR" not in kinds
    assert list(tables.strength_table(sentiment)["currency"]) == [y.split(" ")[0] for y in bars.y]


def test_missing_currencies_have_no_history() -> None:
    grid = make_grid({"A": walk(1, 80), "EURUSD": walk(2, 80, 0.005)}, EURUSD=fx())
    found = pipeline.fx_sentiment(grid, Params().with_settings({"data.as_of": dt.date(2024, 4, 1)}))
    assert not tables.appetite_known(found)
    assert (tables.sentiment_table(found)["m"] == 1).all()
