"""The page Drift by AppTest: a router that has it, and a database with portfolios."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import one_page
import pytest
from packaged_db import packaged_at
from streamlit.testing.v1 import AppTest

from engine.desk import Desk
from engine.params import Params

PAGE = "pages/trade/drift/page.py"
START, LATER = dt.date(2022, 6, 30), dt.date(2022, 9, 30)


def params(day: dt.date) -> Params:
    """Those that the page has on that day by default."""
    return Params().with_settings({"data.as_of": day})


def loaded(path: Path) -> Path:
    """Packaged data and no portfolio."""
    return packaged_at(path)


def traded(path: Path) -> Path:
    """A million dollars of cash, traded to the target on the first day."""
    desk = Desk(loaded(path))
    found = desk.portfolios
    found.create("main", "packaged", "USD", "Ann", cash="1000000", effective_date=START)
    ticket = found.propose("main", params(START), by="Ann")
    found.approve(ticket.ticket_id, "Ann", override="a test")
    found.accept(ticket.ticket_id, "Ann")
    return path


def router(folder: Path) -> Path:
    """The app that opens with this page."""
    return one_page.router(folder, PAGE)


def start(patch: pytest.MonkeyPatch, app: Path, db: Path, **address: str) -> AppTest:
    """The page in a new session, on its day unless the address names another."""
    return one_page.start(patch, app, db, **({"as_of": str(LATER)} | address))
