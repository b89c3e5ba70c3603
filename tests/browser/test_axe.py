"""Every page against axe-core's rules, in both themes: no violation of our own."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_fixtures import PAGES, chromium, css, database, person, tab, window
from browser_fixtures import server as base
from browser_support import section, settle
from playwright.sync_api import Page, expect
from root import ROOT

__all__ = ["base", "chromium", "database", "person", "tab", "window"]  # fixtures
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
pytestmark = pytest.mark.browser

# What Streamlit's own widgets break, by rule and by what the offending element contains; nothing
# of ours can mend it.
STREAMLITS = {
    # The column of check boxes of a table in which rows can be picked has no heading.
    "empty-table-header": 'role="columnheader"',
    # The drop zone of an upload is a section with role presentation and a name.
    "presentation-role-conflict": 'data-testid="stFileUploaderDropzone"',
}


# Under a drawn table stands one of hundreds of cells for screen readers, each like the next.
WITHOUT_CELLS = {"exclude": [["canvas tbody"]]}
# Of what passes one example is enough; there is nothing to load. The themes differ in colour alone.
BRIEF = {"resultTypes": ["violations"], "preload": False}
GROUNDS = {
    theme: tuple(css(CONFIG["theme"][theme][name]) for name in ("backgroundColor", "textColor"))
    for theme in ("light", "dark")
}
DARK = ("clusters", "allocation", "tickets")  # the sample; the others under --soak
RULES = {"light": BRIEF, "dark": BRIEF | {"runOnly": ["color-contrast"]}}


@pytest.mark.parametrize("name", PAGES)
def test_no_violation_of_our_own(
    tab: Page, base: str, name: str, campaign: Callable[[int, int], int]
) -> None:  # fmt: skip
    found = []
    tab.goto(f"{base}/{PAGES[name]}")
    tab.get_by_test_id("stMain").locator("canvas, table, .tree, h3").first.wait_for()
    for theme, options in RULES.items():
        if theme == "dark" and name not in DARK and not campaign(0, 1):
            continue
        tab.emulate_media(color_scheme=theme)
        ground, ink = GROUNDS[theme]
        expect(tab.get_by_test_id("stApp")).to_have_css("background-color", ground)
        expect(tab.get_by_test_id("stApp")).to_have_css("color", ink)
        settle(tab)
        places = tab.get_by_role("tab").all_inner_texts() or [""]
        # The themes differ in colour alone: of the dark one's sections a sample.
        for place in places if theme == "light" else places[: campaign(1, len(places))]:
            if place:
                section(tab, place)
            # As tall as it is: what is scrolled out of sight axe cannot judge for contrast.
            height = tab.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
            tab.set_viewport_size({"width": 1440, "height": height})
            settle(tab)
            result = Axe().run(tab, context=WITHOUT_CELLS, options=options).response
            assert result["passes"], "axe saw nothing"
            found += [(place, theme, v) for v in result["violations"] if not streamlits(v)]
    assert [f"{p} {t}: {v['id']}: {v['nodes'][0]['html'][:200]}" for p, t, v in found] == []


def streamlits(violation: dict[str, Any]) -> bool:
    """Whether a violation is one of Streamlit's own, at every element that it names."""
    sign = STREAMLITS.get(violation["id"])
    return sign is not None and all(sign in node["html"] for node in violation["nodes"])
