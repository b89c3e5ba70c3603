"""A page of the app in a test, opened before anything has run, as by a link."""

from __future__ import annotations

from collections.abc import Iterator

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from pages.shared.controls.registry import table


def by_link(test: AppTest, name: str) -> AppTest:
    """The test with its first run on the page of this address; nothing has run yet.

    `AppTest.switch_page` knows pages by their address only after a run; before it takes the file's
    name for it, and every page's file is `page.py`.
    """
    test._page_hash = calc_hash(name)
    return test


def by_section(test: AppTest) -> Iterator[AppTest]:
    """The page as it is, then with each other section open; a page without sections once."""
    yield test
    for sections in (c for c in table().values() if c.section):
        if sections.key in test.session_state:
            now = test.session_state[sections.key]
            for name in sections.options:
                if name != now:
                    test.session_state[sections.key] = name
                    yield test.run()
