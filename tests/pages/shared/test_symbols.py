"""Where a symbol stands on a page, its plain word stands beside it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from drift_page import LATER, traded
from open_page import by_link, by_section
from patience import WAIT_S
from root import ROOT
from streamlit.testing.v1 import AppTest

from engine.core.symbols import WORDS, named

PAGES = (
    "overview", "clusters", "sensitivity", "regime", "fragility", "allocation", "drift", "tickets",
    "universes",
)  # fmt: skip
# One of the field's letters, Σ apart, which is no quantity; t only where it stands alone.
SYMBOL = re.compile(r"[α-ωϕ]|\bt\b")


def naked(text: str) -> list[str]:
    """Symbols of a text whose word it does not say."""
    lower = text.lower()
    return [s for s in SYMBOL.findall(text) if WORDS.get(s, "no word") not in lower]


def test_a_symbol_is_named_by_its_word() -> None:
    for symbol, word in WORDS.items():
        assert named(symbol) == f"{word} {symbol}"
        assert naked(f"mean {named(symbol)}") == []
        assert naked(f"mean {symbol}") == [symbol]
    assert naked("σ of returns") == ["σ"]
    assert naked("½ Σ|target − held|, the portfolio's") == []


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    st.cache_resource.clear()
    yield traded(tmp_path_factory.mktemp("symbols") / "x.duckdb")
    st.cache_resource.clear()


@pytest.fixture
def launch(database: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    def start(page: str, **address: str) -> AppTest:
        monkeypatch.setattr(sys, "argv", ["streamlit", "--db", str(database)])
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT_S)
        by_link(test, page)
        test.query_params.update({"as_of": str(LATER)} | address)
        return test.run()

    return start


def labels(test: AppTest) -> Iterator[str]:
    """What stands over a figure, a control or a column."""
    for element in test.main, test.sidebar:
        for node in walked(element):
            yield getattr(node, "label", None) or ""
    for frame in test.dataframe:
        for column in json.loads(frame.proto.columns or "{}").values():
            yield column.get("label") or ""
    for chart in test.get("plotly_chart"):
        layout = json.loads(chart.proto.spec)["layout"]
        yield from (text for key, text in texts(layout) if key == "title")


def words(test: AppTest) -> Iterator[str]:
    """Everything else that is to be read, what a hover says too."""
    for element in test.main, test.sidebar:
        for node in walked(element):
            yield getattr(node, "help", None) or ""
            value = getattr(node, "value", None)
            if isinstance(value, str) and node.type != "html":
                yield value
    for frame in test.dataframe:
        for column in json.loads(frame.proto.columns or "{}").values():
            yield column.get("help") or ""
    for chart in test.get("plotly_chart"):
        yield from (text for _, text in texts(json.loads(chart.proto.spec)))


def walked(block: Any) -> Iterator[Any]:
    for child in getattr(block, "children", {}).values():
        yield child
        yield from walked(child)


def texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a figure under its key; that of a title under "title"."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from texts(part, key if key == "title" else name)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part, key)
    elif isinstance(value, str):
        yield key, value


@pytest.mark.parametrize("name", PAGES)
def test_no_symbol_stands_alone(launch: Callable[..., AppTest], name: str) -> None:
    test = launch(name, **({"portfolio": "main"} if name in ("drift", "tickets") else {}))
    seen = 0
    for section in by_section(test):
        assert not section.exception
        for text in labels(section):
            assert naked(text) == [], text
            seen += bool(text)
        for text in words(section):
            assert [s for s in naked(text) if s != "t"] == [], text
    assert seen > 10
