"""Files that an earlier version wrote, in tests/fixtures, and what the pages show of them."""

from __future__ import annotations

import ast
import datetime as dt
import gzip
import hashlib
import math
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from open_page import by_link, by_section
from root import ROOT
from streamlit.testing.v1 import AppTest

HOUSE = ROOT / "tests" / "fixtures" / "house_1"
DATABASE, EXPECTED = "house.duckdb.gz", "expected.json"
TABLES = 3  # of a page, the first ones


def unpacked(folder: Path) -> Path:
    """A copy of the database, which may be written to."""
    db = folder / "house.duckdb"
    db.write_bytes(gzip.decompress((HOUSE / DATABASE).read_bytes()))
    return db


def digests() -> dict[str, str]:
    """Every file of the directory but the list itself, and its SHA-256."""
    files = sorted(p for p in HOUSE.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {
        p.relative_to(HOUSE).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in files
        if p.name != EXPECTED
    }


def address_of(title: str) -> str:
    """The address of a page, from the router's `st.Page(script, title=…, url_path=…)`; a name as
    frame.DATA is taken for its last part."""
    for node in ast.walk(ast.parse((ROOT / "app.py").read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "Page"):
            continue
        given = next(k.value for k in node.keywords if k.arg == "title")
        name = given.value if isinstance(given, ast.Constant) else ast.unparse(given)
        if str(name).rpartition(".")[2].casefold() == title.casefold():
            path = next(k.value for k in node.keywords if k.arg == "url_path")
            assert isinstance(path, ast.Constant), f"{title} has no address of its own"
            return str(path.value)
    raise AssertionError(f"app.py has no page {title}")


def opened(patch: pytest.MonkeyPatch, db: Path, title: str, address: dict[str, str]) -> AppTest:
    """The page in a new session, with an address."""
    patch.setattr(sys, "argv", ["streamlit", "--db", str(db)])
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    by_link(test, address_of(title))
    test.query_params.update(address)
    return test.run()


def kept(test: AppTest, address: dict[str, str]) -> dict[str, str]:
    """What the page's address now says of the parameters that were asked for."""
    now = {key: test.query_params.get(key, "") for key in address}
    return {key: value if isinstance(value, str) else value[0] for key, value in now.items()}


def whole(test: AppTest) -> tuple[dict[str, str], list[pd.DataFrame]]:
    """Figures, label to value, and tables of every section of the page, one after the other; what
    stands above them counts once."""
    above: set[tuple[str, str]] = set()
    figures: dict[str, str] = {}
    frames: list[pd.DataFrame] = []
    for section in by_section(test):
        assert not [*section.exception, *section.error]
        told = [(m.label, m.value) for m in section.metric]
        figures |= dict(pair for pair in told if pair not in above)
        above |= set(told)
        frames += [d.value for d in section.dataframe]
    return figures, frames


def shown(test: AppTest) -> dict[str, Any]:
    """Figures, label to value; of the first tables their shape, and cells of the first row and the
    last, of the first column and some with numbers, as [row, column, value]."""
    return {
        "figures": {m.label: m.value for m in test.metric},
        "tables": [_table(d.value) for d in list(test.dataframe)[:TABLES]],
    }


def cell(table: pd.DataFrame, row: int, column: str) -> Any:
    """A cell as JSON has it; what is not known is None."""
    return _plain(table[column].iloc[row])


def cells_again(
    frames: list[pd.DataFrame], noted: list[dict[str, Any]], *, anywhere: bool = False
) -> list[dict[str, Any]]:
    """The cells that were noted, as they are shown now; a number that is text by now as a number.

    Amounts that can be edited are text, so that nothing that is typed is read otherwise.
    anywhere: a row is looked for among all of its table, and is told as it stood if it is there.
    """
    out = []
    for shown, table in zip(frames[:TABLES], noted, strict=True):
        places = {row: row for row, _, _ in table["cells"]}
        if anywhere:
            places = {row: _place(shown, table["cells"], row) for row in places}
        cells = [
            [r, name, _again(shown, places[r], name, then)] for r, name, then in table["cells"]
        ]
        out.append(
            {"shape": list(shown.shape), "columns": [str(c) for c in shown.columns], "cells": cells}
        )
    return out


def same(now: Any, then: Any) -> bool:
    """Whether a cell shows what was noted, a number to a millionth."""
    return now == (pytest.approx(then, rel=1e-6, abs=1e-9) if isinstance(then, float) else then)


def _again(table: pd.DataFrame, row: int, column: str, then: Any) -> Any:
    now = cell(table, row, column)
    return float(now) if isinstance(then, float) and isinstance(now, str) else now


def _place(table: pd.DataFrame, noted: list[list[Any]], row: int) -> int:
    """Where the noted row stands now; its old place if nowhere."""
    wanted = [(name, then) for r, name, then in noted if r == row]
    here = (
        i
        for i in range(len(table))
        if all(same(_again(table, i, name, then), then) for name, then in wanted)
    )
    return next(here, row)


def _table(table: pd.DataFrame) -> dict[str, Any]:
    rows, width = table.shape
    numbers = list(table.select_dtypes("number").columns)
    some = numbers[:: max(1, len(numbers) // 3)][:4]
    at = sorted({0, rows - 1}) if rows else []
    cells = [
        [r, n, cell(table, r, n)] for r in at for n in dict.fromkeys([table.columns[0], *some])
    ]
    return {"shape": [rows, width], "cells": cells}


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):  # of numpy
        value = value.tolist()
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool | int | float | str | list):
        return value
    return value.isoformat() if isinstance(value, dt.date) else str(value)
