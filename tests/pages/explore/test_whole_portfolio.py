"""Sensitivity: the whole portfolio at every threshold, where it is asked for."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from hand_made import mixed_universe
from open_page import by_link
from patience import WAIT_S
from root import ROOT
from streamlit.testing.v1 import AppTest

from engine.desk import Desk
from engine.params import Params

Open = Callable[..., AppTest]
BASE = {"acap": "15", "names": "0", "cap": "30"}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    prices, table = mixed_universe()
    prices.to_csv(folder / "p.csv", index=False)
    table.to_csv(folder / "i.csv", index=False)
    desk = Desk(folder / "x.duckdb")
    desk.ingest(folder / "p.csv", folder / "i.csv", universe="own")
    desk.portfolios.create("book", "own", "USD", cash="1000")
    return folder / "x.duckdb"


@pytest.fixture
def launch(database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    st.cache_resource.clear()
    monkeypatch.setattr(sys, "argv", ["streamlit", "--db", str(database)])

    def start(**address: str) -> AppTest:
        test = by_link(
            AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT_S), "sensitivity"
        )
        test.query_params.update(BASE | address)
        return test.run()

    yield start
    st.cache_resource.clear()


def chart(test: AppTest) -> dict | None:
    """The figure of the whole portfolio."""
    specs = [json.loads(c.proto.spec) for c in test.get("plotly_chart")]
    return next(
        (s for s in specs if s["layout"]["title"]["text"] == "The portfolio at every threshold"),
        None,
    )


def test_it_is_solved_where_it_is_asked_for(launch: Open) -> None:
    test = launch()
    assert not test.exception
    assert chart(test) is None
    test = test.toggle(key="whole").set_value(True).run()
    assert not test.exception
    assert test.query_params["whole"] == "on"
    figure = chart(test)
    assert figure is not None
    bars = [t for t in figure["data"] if t["type"] == "bar"]
    assert bars[-1]["name"] == "CASH"
    lines = {t["name"] for t in figure["data"] if t["type"] == "scatter"}
    assert lines == {"CVaR 95, %", "volatility, %", "effective holdings"}  # against nothing


def test_the_bars_are_the_portfolio(launch: Open, database: Path) -> None:
    """At each threshold they add up, and CASH is what `optimise` leaves there."""
    figure = chart(launch(whole="on", vs="book"))
    assert figure is not None
    bars = [t for t in figure["data"] if t["type"] == "bar"]
    thresholds = bars[0]["x"]
    heights = [_values(b["y"]) for b in bars]
    assert [round(sum(h[i] for h in heights), 6) for i in range(len(heights[0]))] == [100.0] * len(
        heights[0]
    )
    assert "turnover, %" in {t["name"] for t in figure["data"]}
    at = _values(thresholds)[30]
    params = Params().with_settings({
        "limits.asset_cap": 0.15, "limits.asset_cap_names": 0, "limits.cluster_cap": 0.3,
        "tree.threshold": at,
    })  # fmt: skip
    saved = Desk(database).optimise("own", params)
    assert heights[-1][30] == pytest.approx(100 * saved.portfolio.allocation.cash)


def test_goals_are_met_missed_or_refused(launch: Open) -> None:
    met = launch(whole="on", goals="cash<=1")
    assert any(s.value.startswith("Met at") for s in met.success)
    missed = launch(whole="on", goals="cvar_95<=0.00001")
    assert any("No threshold meets the goals" in w.value for w in missed.warning)
    refused = launch(whole="on", goals="cash<1")
    assert any("does not read" in e.value for e in refused.error)
    assert not refused.exception


def _values(coded: list | dict) -> list[float]:
    """The numbers of a figure, which come as a list or in binary."""
    if isinstance(coded, list):
        return [float(v or 0.0) for v in coded]
    return np.frombuffer(base64.b64decode(coded["bdata"]), dtype=coded["dtype"]).tolist()
