"""Files of a page: one menu, each made when it is asked for, and columns in one place."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from root import ROOT
from streamlit.testing.v1 import AppTest

PAGES = sorted((ROOT / "pages").rglob("*.py"))


@pytest.mark.parametrize(
    ("attribute", "home"),
    [("download_button", "shared/exports.py"), ("column_config", "shared/column.py"),
     ("tabs", "shared/tabs.py")],
)  # fmt: skip
def test_one_module_alone_knows_it(attribute: str, home: str) -> None:
    users = {path for path in PAGES if uses(path, attribute)}
    assert users == {ROOT / "pages" / home}


def uses(path: Path, attribute: str) -> bool:
    """Whether a module asks Streamlit for it."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == attribute
        and isinstance(node.value, ast.Name)
        and node.value.id == "st"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    )


def page(count: int) -> None:

    import pandas as pd
    import streamlit as st

    from pages.shared import exports

    def make(k: int) -> pd.DataFrame:
        st.session_state["made"] = k
        return pd.DataFrame({"a": ["=1+1"]})

    exports.menu(
        "files",
        [exports.csv(lambda k=k: make(k), f"{k}.csv", f"File {k}", f"k{k}") for k in range(count)],
    )


@pytest.mark.parametrize("count", [0, 1, 3])
def test_several_files_are_one_menu_and_none_is_made_before_it_is_asked_for(count: int) -> None:
    test = AppTest.from_function(page, kwargs={"count": count}).run()
    assert not test.exception
    assert [b.proto.label for b in test.get("download_button")] == [
        f"File {k}" for k in range(count)
    ]
    assert len(test.get("popover")) == (count > 1)
    assert "made" not in test.session_state


def test_a_file_is_the_table_with_cells_neutralised() -> None:
    import pandas as pd

    from pages.shared import exports

    table = pd.DataFrame({"a": ["=1+1"]})
    for given in (table, lambda: table):
        file = exports.csv(given, "a.csv", "A", "a")
        assert file.make().decode("utf-8-sig").splitlines() == ["a", "'=1+1"]
