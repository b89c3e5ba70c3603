"""The page Tickets by AppTest: a router that has it, and a database with a portfolio."""

from __future__ import annotations

import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from packaged_db import recent_at
from patience import WAIT_S
from streamlit.testing.v1 import AppTest

from engine.desk import Desk
from engine.params import Params

ROOT = Path(__file__).resolve().parents[2]
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
    """A copy of app.py that opens with this page, whatever the order of pages is."""
    source = (ROOT / "app.py").read_text(encoding="utf-8").replace(", default=True", "")
    if PAGE in source:
        source = source.replace(f'"{PAGE}", title', f'"{PAGE}", default=True, title')
    else:
        at = source.index('        st.Page("pages/data')
        line = f'        st.Page("{PAGE}", title="Tickets", default=True),\n'
        source = source[:at] + line + source[at:]
    app = folder / "app.py"
    app.write_text(source, encoding="utf-8")
    (folder / "pages").symlink_to(ROOT / "pages")
    return app


def start(patch: pytest.MonkeyPatch, app: Path, db: Path, **address: str) -> AppTest:
    """The page in a new session, with an address."""
    patch.setattr(sys, "argv", ["streamlit", "--db", str(db)])
    test = AppTest.from_file(str(app), default_timeout=WAIT_S)
    test.query_params.update({"as_of": str(AS_OF)} | address)
    return test.run()
