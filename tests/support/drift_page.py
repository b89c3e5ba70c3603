"""The page Drift by AppTest: a router that has it, and a database with portfolios."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import pytest
from packaged_db import packaged_at
from patience import WAIT_S
from streamlit.testing.v1 import AppTest

from engine.desk import Desk
from engine.params import Params

ROOT = Path(__file__).resolve().parents[2]
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
    """A copy of app.py that opens with this page, whatever the order of pages is."""
    source = (ROOT / "app.py").read_text(encoding="utf-8").replace(", default=True", "")
    if PAGE in source:
        source = source.replace(f'"{PAGE}", title', f'"{PAGE}", default=True, title')
    else:
        at = source.index('        st.Page("pages/data')
        line = f'        st.Page("{PAGE}", title="Drift", default=True),\n'
        source = source[:at] + line + source[at:]
    app = folder / "app.py"
    app.write_text(source, encoding="utf-8")
    (folder / "pages").symlink_to(ROOT / "pages")
    return app


def start(patch: pytest.MonkeyPatch, app: Path, db: Path, **address: str) -> AppTest:
    """The page in a new session, with an address."""
    patch.setattr(sys, "argv", ["streamlit", "--db", str(db)])
    test = AppTest.from_file(str(app), default_timeout=WAIT_S)
    test.query_params.update({"as_of": str(LATER)} | address)
    return test.run()
