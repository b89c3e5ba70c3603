"""The page Data on what is stored but looks wrong: excluded by hand, and released."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from hand_made import instrument_frame, price_frame, walk, weekday_index
from open_page import by_link
from patience import WAIT_S
from root import ROOT
from streamlit.testing.v1 import AppTest

from engine.desk import Desk

DAYS = weekday_index(120)
AT = DAYS[50].date()
Open = Callable[[str], AppTest]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """With a close of AAA that is a hundred times too high."""
    frame = pd.DataFrame({s: walk(i, 120) for i, s in enumerate(("AAA", "BBB", "CCC"))}, index=DAYS)
    frame.iloc[50, 0] *= 100
    price_frame(frame).to_csv(tmp_path / "p.csv", index=False)
    instrument_frame(AAA={}, BBB={}, CCC={}).to_csv(tmp_path / "i.csv", index=False)
    made = Desk(tmp_path / "x.duckdb")
    made.ingest(tmp_path / "p.csv", tmp_path / "i.csv", universe="own")
    return made


@pytest.fixture
def launch(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    st.cache_resource.clear()
    monkeypatch.setattr(sys, "argv", ["streamlit", "--db", str(desk.store.path)])

    def start(page: str) -> AppTest:
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT_S)
        return by_link(test, page).run()

    yield start
    st.cache_resource.clear()


def headings(test: AppTest) -> list[str]:
    return [h.value for h in test.subheader]


def press(test: AppTest, label: str) -> AppTest:
    return next(b for b in test.button if b.label == label).click().run()


def test_a_row_is_excluded_and_released_by_hand(launch: Open, desk: Desk) -> None:
    test = launch("universes")
    assert not test.exception
    assert "Looks wrong: 1" in headings(test)
    # The form stands at the place that is picked: the first.
    (symbol,) = [s for s in test.selectbox if s.label == "Symbol"]
    first, last = (next(d for d in test.date_input if d.label == x) for x in ("From", "To"))
    assert symbol.value == "AAA"
    test = press(test, "Exclude these rows")
    assert any("Say why" in e.value for e in test.error)
    assert desk.store.exclusions.of("own").empty
    for one in (first, last):
        next(d for d in test.date_input if d.label == one.label).set_value(AT)
    next(t for t in test.text_input if t.label == "Why").set_value("a bad tick")
    test = press(test, "Exclude these rows")
    assert [s.value for s in test.success] == ["1 row of AAA excluded."]
    assert "Looks wrong: 0" in headings(test)
    (row,) = desk.store.exclusions.of("own").to_dict("records")
    assert (row["first"].date(), row["why"]) == (AT, "a bad tick")
    test = press(test, f"Release AAA, {AT}")
    assert [s.value for s in test.success] == ["1 row of AAA released."]
    assert "Looks wrong: 1" in headings(test)
    assert desk.store.exclusions.of("own").empty
    assert not test.exception


def test_overview_says_what_looks_wrong_and_what_is_out(launch: Open, desk: Desk) -> None:
    assert "Looks wrong: 1" in headings(launch("overview"))
    desk.store.exclusions.exclude("own", "AAA", AT, AT, "tick")
    test = launch("overview")
    assert "Looks wrong: 0" in headings(test)
    assert any("1 row excluded by hand" in c.value for c in test.caption)
    desk.store.exclusions.release("own", "AAA", None, dt.date(2030, 1, 1), "right")
    assert not test.exception
