"""Names in charts are text, whatever they hold; our own breaks and bold type stay."""

from __future__ import annotations

import html
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.figures.escaping import BOLD, BREAK, UNBOLD, escape_trace, escaped, inked
from engine.figures.layout import axis, finish, note
from engine.figures.palette import LIGHT

HOSTILE = '<a href="https://x.y">A</a>', "$x$", "A<br>B", "<b>C</b>", "AT&T", "&lt;i&gt;"


@given(st.text().filter(lambda s: not {BREAK, BOLD, UNBOLD} & set(s)))
def test_what_is_typed_is_what_is_shown(text: str) -> None:
    found = escaped(text)
    assert html.unescape(found) == text
    assert not set("<>$") & set(found)


def test_our_own_signs_are_tags() -> None:
    assert escaped(inked("<a>", "#00ff00")) == '<span style="color:#00ff00">&lt;a&gt;</span>'
    assert escaped(f"{BOLD}a <b>{UNBOLD}{BREAK}c") == "<b>a &lt;b&gt;</b><br>c"


@pytest.mark.parametrize("name", HOSTILE)
def test_nowhere_in_a_figure_is_a_name_markup(name: str) -> None:
    shown = escaped(name)
    figure = finish(
        [
            {"type": "bar", "x": [name], "y": [1.0], "name": name, "text": (name,),
             "customdata": np.array([[name, 2.0]], dtype=object),
             "hovertemplate": "%{x}<br>%{customdata[0]}<extra></extra>"},
            {"type": "bar", "x": pd.Series([name]), "y": np.array([2.0])},
            {"type": "treemap", "labels": [name], "ids": [name], "parents": [""], "values": [1]},
        ],
        name, LIGHT, 200,
        xaxis=axis(LIGHT, name, ticktext=[name], tickvals=[0]),
        annotations=[note(name, 0, name, "#000")],
    )  # fmt: skip
    document = json.loads(figure.to_json())
    bar, other, tiles = document["data"]
    layout = document["layout"]
    assert [bar["name"], bar["text"], other["x"]] == [shown, [shown], [shown]]
    assert bar["customdata"] == [[shown, 2.0]]
    assert bar["hovertemplate"] == "%{x}<br>%{customdata[0]}<extra></extra>"
    assert tiles["labels"] == tiles["ids"] == [shown]
    assert layout["title"]["text"] == layout["xaxis"]["title"]["text"] == shown
    assert layout["xaxis"]["ticktext"] == [shown]
    assert [layout["annotations"][0][k] for k in ("x", "text")] == [shown, shown]


def test_numbers_and_dates_are_left_alone() -> None:
    days = np.array(["2024-01-01"], dtype="datetime64[D]")
    values = np.array([1.5])
    made = escape_trace({"x": days, "y": values, "z": [["<b>"]], "line": {"color": "<"}})
    assert made["x"] is days
    assert made["y"] is values
    assert made["z"] == [["<b>"]]  # no text is shown of it
