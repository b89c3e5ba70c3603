"""Every page against axe-core's rules, in both themes: no violation of our own."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_support import settle, visitor, watched
from playwright.sync_api import Browser
from test_browser import PAGES, base, chromium, database, first_page

__all__ = ["base", "chromium", "database", "first_page"]  # fixtures
pytestmark = pytest.mark.browser

# What Streamlit's own widgets break, by rule and by what the offending element contains; nothing
# of ours can mend it.
STREAMLITS = {
    # The column of check boxes of a table in which rows can be picked has no heading.
    "empty-table-header": 'role="columnheader"',
    # The drop zone of an upload is a section with role presentation and a name.
    "presentation-role-conflict": 'data-testid="stFileUploaderDropzone"',
}


# The themes differ in colour alone.
RULES = {"light": None, "dark": {"runOnly": ["color-contrast"]}}


@pytest.mark.parametrize("theme", RULES)
def test_no_violation_of_our_own(chromium: Browser, base: str, theme: str) -> None:
    found = []
    # As tall as the longest page: what is scrolled out of sight axe cannot judge for contrast.
    with visitor(chromium, size=(1440, 6000), theme=theme) as someone:
        for address in PAGES.values():
            with watched(someone) as page:
                page.goto(f"{base}/{address}")
                page.get_by_test_id("stMain").locator("canvas, table, .tree, h3").first.wait_for()
                settle(page)
                result = Axe().run(page, options=RULES[theme]).response
                assert result["passes"], "axe saw nothing"
                found += [(address, v) for v in result["violations"] if not streamlits(v)]
    assert [f"{a or 'overview'}: {v['id']}: {v['nodes'][0]['html'][:200]}" for a, v in found] == []


def streamlits(violation: dict[str, Any]) -> bool:
    """Whether a violation is one of Streamlit's own, at every element that it names."""
    sign = STREAMLITS.get(violation["id"])
    return sign is not None and all(sign in node["html"] for node in violation["nodes"])
