"""The page Tickets by AppTest: a router that has it, and a database with a portfolio."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import one_page
import pytest
from packaged_db import recent_at
from streamlit.testing.v1 import AppTest

from engine.desk import Desk
from engine.params import Params

PAGE = "pages/trade/tickets/page.py"
AS_OF = dt.date(2022, 6, 30)
PARAMS = Params().with_settings({"data.as_of": AS_OF})
CASH = Decimal(1_000_000)
NAME = "main"


def filled(path: Path) -> Path:
    """Packaged data and a portfolio of a million dollars of cash."""
    Desk(recent_at(path)).portfolios.create(NAME, "packaged", "USD", "Ann", cash=CASH)
    return path


def router(folder: Path) -> Path:
    """The app that opens with this page."""
    return one_page.router(folder, PAGE)


def start(patch: pytest.MonkeyPatch, app: Path, db: Path, **address: str) -> AppTest:
    """The page in a new session, on its day unless the address names another."""
    return one_page.start(patch, app, db, **({"as_of": str(AS_OF)} | address))
