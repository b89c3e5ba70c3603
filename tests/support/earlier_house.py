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
from open_page import by_link
from streamlit.testing.v1 import AppTest

ROOT = next(p for p in Path(__file__).resolve().parents if (p / "app.py").exists())
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


def cells_again(test: AppTest, noted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cells that were noted, as they are shown now; a number that is text by now as a number.

    Amounts that can be edited are text, so that nothing that is typed is read otherwise.
    """
    out = []
    for frame, table in zip(list(test.dataframe)[:TABLES], noted, strict=True):
        cells = []
        for row, column, then in table["cells"]:
            now = cell(frame.value, row, column)
            if isinstance(then, float) and isinstance(now, str):
                now = float(now)
            cells.append([row, column, now])
        out.append({"shape": list(frame.value.shape), "cells": cells})
    return out


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
