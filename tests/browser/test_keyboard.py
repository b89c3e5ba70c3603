"""Keyboard order: Tab goes through a page as it is read, and leaves nothing out."""

from __future__ import annotations

import pytest
from browser_fixtures import PAGES, chromium, database, person, tab, window
from browser_fixtures import server as base
from browser_support import settle, steady, visit
from playwright.sync_api import Page
from sample import some

__all__ = ["base", "chromium", "database", "person", "tab", "window"]  # fixtures
pytestmark = pytest.mark.browser

SIDEBAR = ["universe", "as_of", "classes", "lookback", "linkage", "auto", "t", "preset", "reset"]
NAVIGATION = [
    "Overview", "Clusters", "Sensitivity", "Regime", "Fragility", "Allocation", "Drift",
    "Tickets", "Data",
]  # fmt: skip
MOST = 400
# Region, key and text of what has the focus, inside components too; nothing at the page's end.
FOCUSED = """() => {
    let e = document.activeElement, host = e;
    while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
    if (!e || e === document.body) return null;
    const holder = host.closest('[class*="st-key-"]');
    const key = holder ? [...holder.classList].find((c) => c.startsWith("st-key-")).slice(7) : "";
    const area = host.closest("[data-testid=stSidebar]") ? "sidebar"
        : host.closest("[data-testid=stMain]") ? "main" : "header";
    return { area, key, text: (e.getAttribute("aria-label") || e.textContent || "").trim() };
}"""
# Keys on the page of whatever a key can reach, in the order of the document.
KEYED = """(area) => [...document.querySelectorAll(`[data-testid=${area}] [class*="st-key-"]`)]
    .filter((e) => e.querySelector("button:not([disabled]), input:not([disabled]), canvas"))
    .filter((e) => e.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true }))
    .map((e) => [...e.classList].find((c) => c.startsWith("st-key-")).slice(7))"""


def walk(tab: Page) -> list[dict[str, str]]:
    """What Tab reaches from the top of the page to its end."""
    found = []
    for _ in range(MOST):
        tab.keyboard.press("Tab")
        focused = tab.evaluate(FOCUSED)
        if focused is None or (len(found) > 1 and focused == found[0]):
            return found
        found.append(focused)
    pytest.fail(f"Tab does not come to the page's end: {found[-3:]}")


def in_turn(values: list[str]) -> list[str]:
    """Each value at its first appearance."""
    return list(dict.fromkeys(v for v in values if v))


@pytest.mark.parametrize("path", some(PAGES.values(), "clusters", "tickets"))
def test_tab_reads_the_page(tab: Page, base: str, path: str) -> None:
    visit(tab, f"{base}/{path}")
    settle(tab)
    steady(tab, lambda: tab.evaluate(KEYED, "stMain"), times=5)
    steps = walk(tab)
    assert steps[0]["text"] == "Skip to main content"
    areas = [step["area"] for step in steps[1:]]
    main = areas.index("main")
    assert in_turn(areas[:main]) == ["sidebar", "header"]
    assert "sidebar" not in areas[main:]
    assert in_turn([s["key"] for s in steps if s["area"] == "sidebar"]) == SIDEBAR
    links = [s["text"] for s in steps if s["area"] == "header" and s["text"] in NAVIGATION]
    assert links == NAVIGATION
    reached = in_turn([s["key"] for s in steps if s["area"] == "main"])
    there = in_turn(tab.evaluate(KEYED, "stMain"))
    assert there, "a page has something to use"
    assert [key for key in reached if key in there] == there
    assert tab.locator("[tabindex]:not([tabindex='0']):not([tabindex='-1'])").count() == 0


def test_the_first_key_leads_past_the_controls(tab: Page, base: str) -> None:
    visit(tab, f"{base}/clusters")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    assert tab.evaluate(FOCUSED)["area"] == "main"
