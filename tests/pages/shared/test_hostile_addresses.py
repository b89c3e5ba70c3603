"""Text from an address is text: whatever stands in it, in whatever key, is one sentence each."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from hand_made import mixed_universe
from open_page import by_link
from root import ROOT
from sample import some
from streamlit.testing.v1 import AppTest

from engine.core.frames import empty_rejects
from engine.store import Store
from pages.shared.controls.registry import table

PAYLOADS = (
    "[Sign in](https://evil.example)", "![x](https://evil.example/x.png)", "<a href='//e'>x</a>",
    "<br>", "<script>alert(1)</script>", "$x^2$", "$$x$$", ":red[stop]", ":material/home:",
    ":smile:", "**bold** and *leaning*", "~~gone~~", "`code`", "# heading", "- item", "> quote",
    "[ref]: https://evil.example", "https://evil.example", "a\nb", "\u202egnp", "' OR 1=1 --",
    "=HYPERLINK(1)", "%00", "../../etc/passwd", "x" * 400, "𝟙𝟘", "{0.__class__}", "NaN", "1e309",
)  # fmt: skip
KEYS = tuple(key for key in table() if key != "universe")
# What Streamlit would make something of; a backslash before it takes that away.
LIVE = re.compile(r"(?<!\\)[\[\]<$~*]|(?<!\\):(?=\w+[\[:])")


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    prices, listed = mixed_universe()
    path = tmp_path_factory.mktemp("hostile") / "x.duckdb"
    Store(path).ingest("mixed", listed, prices, empty_rejects(), "test")
    return path


@pytest.fixture
def launch(db: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    st.cache_resource.clear()
    monkeypatch.setattr(sys, "argv", ["streamlit", "--db", str(db)])

    def launched(name: str, **address: str) -> AppTest:
        test = by_link(AppTest.from_file(str(ROOT / "app.py"), default_timeout=120), name)
        test.query_params.update(address)
        return test.run()

    return launched


def shown(test: AppTest) -> list[str]:
    """Everything that Streamlit reads as Markdown, and that may hold what somebody asked for."""
    elements = [*test.warning, *test.error, *test.caption, *test.metric]
    texts = [e.label if e.type == "metric" else e.value for e in elements]
    return [text for text in texts if text]


@pytest.mark.parametrize("payload", some(PAYLOADS, *PAYLOADS[::5]))
def test_every_control_says_what_it_cannot_use(
    launch: Callable[..., AppTest], payload: str
) -> None:
    test = launch("clusters", universe="mixed", **dict.fromkeys(KEYS, payload))
    assert not test.exception
    assert test.warning, "nothing was refused"
    for warning in test.warning:
        assert warning.value.count("\n\n") == 0
        assert len(warning.value) < 600
        assert not LIVE.search(warning.value), warning.value
        assert warning.value.rstrip().endswith(".")


def test_a_universe_that_is_not_there_is_no_link(launch: Callable[..., AppTest]) -> None:
    test = launch("clusters", universe="[Sign in](https://evil.example)")
    assert not test.exception
    said = " ".join(shown(test))
    assert r"\[Sign in\]" in said
    assert not re.search(r"(?<!\\)\[Sign in", said)
