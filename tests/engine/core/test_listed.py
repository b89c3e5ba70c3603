"""Names in one text, and back, whatever they hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.listed import join_names, split_names
from engine.params import Params

NAME = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).map(str.strip)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a,b", ["a", "b"]),
        (" a , b ,", ["a", "b"]),
        ('"real estate, listed",fx', ["real estate, listed", "fx"]),
        ('"a ""b"", c"', ['a "b", c']),
        ("", []),
        (" , ", []),
    ],
)
def test_by_hand(text: str, names: list[str]) -> None:
    assert split_names(text) == names


@given(st.lists(NAME.filter(bool)))
def test_they_come_back(names: list[str]) -> None:
    assert split_names(join_names(names)) == names


def test_a_class_with_a_comma_can_be_chosen() -> None:
    found = Params().with_settings({"data.classes": '"Real estate, listed",fx'})
    assert found.data.classes == ("fx", "real estate, listed")
