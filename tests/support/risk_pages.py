"""The pages Regime and Fragility by AppTest: stores to open them on, and how."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from hand_made import instrument_frame, price_frame, walk, weekday_index
from open_page import by_link
from packaged_db import made_once
from patience import WAIT_S
from root import ROOT
from streamlit.testing.v1 import AppTest

from engine.core.frames import empty_rejects
from engine.desk import Desk
from engine.store import Store


def small_stores(path: Path) -> Path:
    """Universes of one, two and six shares; one of a share and a pair; the packaged."""
    return made_once("small stores", _load_small, path)


def _load_small(path: Path) -> None:
    store = Store(path)

    def load(name: str, columns: dict[str, np.ndarray], **described: dict[str, str]) -> None:
        n = max(map(len, columns.values()))
        closes = pd.DataFrame(columns, index=weekday_index(n, "2024-01-01"))
        table = instrument_frame(**({s: {} for s in columns} | described))
        store.ingest(name, table, price_frame(closes), empty_rejects(), f"{name}.csv")

    load("one", {"A": walk(0, 300)})
    load("two", {"A": walk(0, 300), "B": walk(1, 300)})
    load("six", {f"S{k}": walk(k, 400) for k in range(6)})
    load(
        "odd", {"Total": walk(5, 300), "CASH": walk(6, 300), "X": walk(7, 300)},
        X={"asset_class": "crypto", "sector": "*x* [y](z)"},
    )  # fmt: skip
    Desk(path).load_packaged()


def start(patch: pytest.MonkeyPatch, db: Path, page: str, **address: str) -> AppTest:
    """The page in a new session, with an address."""
    patch.setattr(sys, "argv", ["streamlit", "--db", str(db)])
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT_S)
    by_link(test, page)
    test.query_params.update(address)
    return test.run()


def forget() -> None:
    """Empty the caches, which are the server's."""
    st.cache_resource.clear()


def figures(test: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in test.metric}


def table(test: AppTest, column: str) -> pd.DataFrame:
    """The first table that has a column."""
    return next(d.value for d in test.dataframe if column in d.value.columns)
