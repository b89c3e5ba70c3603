"""A router that opens with one page, and that page by AppTest."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from patience import WAIT_S
from root import ROOT
from streamlit.testing.v1 import AppTest


def router(folder: Path, page: str) -> Path:
    """A copy of app.py that opens with this page, whatever the order of pages is."""
    source = (ROOT / "app.py").read_text(encoding="utf-8").replace(", default=True", "")
    assert source.count(f'"{page}", title') == 1, f"app.py does not register {page}"
    app = folder / "app.py"
    app.write_text(
        source.replace(f'"{page}", title', f'"{page}", default=True, title'), encoding="utf-8"
    )
    (folder / "pages").symlink_to(ROOT / "pages")
    return app


def start(patch: pytest.MonkeyPatch, app: Path, db: Path, **address: str) -> AppTest:
    """The page in a new session, with an address."""
    patch.setattr(sys, "argv", ["streamlit", "--db", str(db)])
    test = AppTest.from_file(str(app), default_timeout=WAIT_S)
    test.query_params.update(address)
    return test.run()
