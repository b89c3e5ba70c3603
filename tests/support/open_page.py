"""A page of the app in a test, opened before anything has run, as by a link."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash


def by_link(test: AppTest, name: str) -> AppTest:
    """The test with its first run on the page of this address; nothing has run yet.

    `AppTest.switch_page` knows pages by their address only after a run; before it takes the file's
    name for it, and every page's file is `page.py`.
    """
    test._page_hash = calc_hash(name)
    return test
