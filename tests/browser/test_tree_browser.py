"""The tree in hand: drag, touch, keys, marks, zoom, hover, pick; in a real browser."""

from __future__ import annotations

import pytest
from browser_fixtures import chromium, database, person, tab, window
from browser_fixtures import server as base
from browser_support import WAIT_MS, becomes, query, says, settle, visit, watched
from playwright.sync_api import Browser, Locator, Page, expect

from engine import pipeline
from engine.desk import PACKAGED, Desk
from engine.params import Params

__all__ = ["base", "chromium", "database", "person", "tab", "window"]  # fixtures
pytestmark = pytest.mark.browser


def open_tree(page: Page, base: str, more: str = "") -> Locator:
    """The Clusters page; returns the tree."""
    visit(page, f"{base}/clusters?universe={PACKAGED}{more}")
    tree = page.locator(".st-key-tree .tree")
    tree.locator(".grip").wait_for()
    return tree


def cut_at(tree: Locator) -> tuple[float, int]:
    """Threshold and number of clusters that the browser shows at this moment."""
    return float(tree.get_attribute("data-t") or "nan"), int(
        tree.get_attribute("data-clusters") or "-1"
    )


def drag(page: Page, tree: Locator, to: float, *, steps: int = 12, drop: bool = True) -> None:
    """Take the line by its handle and move it to a height, in the chart's own scale."""
    box = tree.locator(".grip rect").bounding_box()
    start_t, _ = cut_at(tree)
    pixels = height_of_one(tree)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - (to - start_t) * pixels, steps=steps)
    if drop:
        page.mouse.up()


def height_of_one(tree: Locator) -> float:
    """Pixels of a difference of 1 in height, by the chart's own marks."""
    return tree.evaluate(
        """(root) => {
            const y = (text) => [...root.querySelectorAll('.grid text')]
                .find((e) => e.textContent === text && e.getAttribute('text-anchor') === 'end')
                .getBoundingClientRect();
            return (y('0').y - y('0.4').y) / 0.4;
        }"""
    )


def engine_count(database, t: float) -> int:
    grid = Desk(database).open(PACKAGED).grid
    result = pipeline.analyse(grid, Params().with_settings({"tree.threshold": t}))
    return len(result.cut.clusters)


def test_a_drag_recounts_at_once_and_on_release_sets_t_everywhere(
    tab: Page, base: str, database
) -> None:
    tree = open_tree(tab, base)
    assert cut_at(tree)[0] == 0.4
    colours = tree.locator(".lines").inner_html()
    drag(tab, tree, 0.55, drop=False)
    held, count = cut_at(tree)
    assert held == pytest.approx(0.55, abs=0.011)
    assert tree.locator(".lines").inner_html() != colours
    expect(tree.locator(".count")).to_contain_text(f"{count} clusters of")
    # Nothing has left the browser yet.
    assert query(tab)["t"] == "0.40"
    says(tab, "threshold t", "0.40")
    tab.mouse.up()
    says(tab, "threshold t", f"{held:.2f}")
    says(tab, "clusters", count)
    settle(tab)
    becomes(tab, lambda: query(tab).get("t"), f"{held:.2f}")
    assert float(tab.locator(".st-key-t input[type=range]").input_value()) == pytest.approx(held)
    expect(tab.get_by_text(f"{count} clusters, largest first")).to_be_visible(timeout=WAIT_MS)
    assert count == engine_count(database, held)
    assert cut_at(tree) == (held, count)


def test_the_slider_moves_the_line(tab: Page, base: str) -> None:
    tree = open_tree(tab, base)
    handle = tab.locator(".st-key-t input[type=range]")
    handle.focus()
    handle.press("ArrowRight")
    says(tab, "threshold t", "0.41")
    settle(tab)
    expect(tree).to_have_attribute("data-t", "0.41")


def test_keys_move_the_line_and_the_server_is_told_after_a_pause(tab: Page, base: str) -> None:
    tree = open_tree(tab, base)
    grip = tree.get_by_role("slider")
    grip.focus()
    for key in ("ArrowUp", "ArrowUp", "PageUp", "ArrowDown"):
        tab.keyboard.press(key)
    expect(tree).to_have_attribute("data-t", "0.46")
    expect(grip).to_have_attribute("aria-valuenow", "0.46")
    says(tab, "threshold t", "0.46")
    settle(tab)
    tab.keyboard.press("Home")
    says(tab, "threshold t", "0.10")
    assert grip.evaluate("(e) => e.getRootNode().activeElement === e")


def test_a_mark_cuts_at_its_threshold(tab: Page, base: str) -> None:
    tree = open_tree(tab, base)
    tree.get_by_role("button", name="Cut at CRISIS").click()
    says(tab, "threshold t", "0.30")
    mark = tree.get_by_role("button", name="Cut at QUIET")
    mark.press("Enter")
    says(tab, "threshold t", "0.50")
    settle(tab)
    # What is drawn anew with the answer keeps the focus of whoever is on it.
    assert mark.evaluate("(e) => e.getRootNode().activeElement === e")


def test_zoom_and_pan_outlive_a_new_cut_and_double_click_ends_them(tab: Page, base: str) -> None:
    tree = open_tree(tab, base)
    whole = tree.locator(".leaves text").all_text_contents()
    tree.get_by_role("button", name="Zoom in").click()
    tree.get_by_role("button", name="Zoom in").click()
    near = tree.locator(".leaves text").all_text_contents()
    assert 0 < len(near) < len(whole)
    drag(tab, tree, 0.5)
    settle(tab)
    assert tree.locator(".leaves text").all_text_contents() == near
    box = tree.locator(".back").bounding_box()
    tab.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 12)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 12, steps=5)
    tab.mouse.up()
    panned = tree.locator(".leaves text").all_text_contents()
    assert panned != near
    tab.mouse.dblclick(box["x"] + 0.5 * box["width"], box["y"] + 12)
    assert tree.locator(".leaves text").all_text_contents() == whole


def test_hover_tells_of_merge_and_leaf_and_a_click_picks(tab: Page, base: str) -> None:
    tree = open_tree(tab, base)
    box = tree.locator("svg").bounding_box()
    # The first leaf stands under its name.
    name = tree.locator(".leaves text").first
    leaf = name.text_content() or "?"
    place = name.bounding_box()
    foot = tree.locator(".back").bounding_box()
    x, y = place["x"] + place["width"] / 2, foot["y"] + foot["height"] - 9
    tab.mouse.move(x, y)
    tip = tree.get_by_role("tooltip")
    expect(tip).to_contain_text(leaf)
    expect(tip).to_contain_text("returns, from")
    tab.mouse.click(x, y)
    expect(tree.locator(".leaves .found").first).to_be_attached()
    settle(tab)
    becomes(tab, lambda: "asset" in query(tab), wanted=True)
    # A bracket is drawn as M x y V top H x2 V y2: the middle of its bar is the merge.
    x, top, x2 = tree.evaluate(
        """(root) => {
            const path = [...root.querySelectorAll('.lines path')].find((p) => p.getAttribute('d'));
            const [, x, top, x2] = path.getAttribute('d').match(/^M(\\S+) \\S+?V([^H]+)H([^V]+)V/);
            return [x, top, x2].map(Number);
        }"""
    )
    tab.mouse.move(box["x"] + (x + x2) / 2, box["y"] + top)
    expect(tip).to_contain_text("Merge at")
    expect(tip).to_contain_text("mean correlation ρ")


def test_the_list_follows_the_drag_and_picks(tab: Page, base: str) -> None:
    tree = open_tree(tab, base, "&t=0.55")
    second = tree.locator(".list li:not([hidden]) button").nth(1)
    label = second.inner_text()
    second.click()
    name, size = label.rsplit(" ", 1)
    expect(tab.get_by_text(f"{name}: price paths of {size} members")).to_be_visible()
    before = tree.locator(".list").inner_text()
    drag(tab, tree, 0.3, drop=False)
    assert tree.locator(".list").inner_text() != before
    tab.mouse.up()


@pytest.mark.parametrize("place", ["handle", "line"])
def test_touch_drags_the_line_and_leaves_the_page_where_it_is(
    chromium: Browser, base: str, place: str
) -> None:
    """60 px up are what 60 px are on the scale: a browser that takes it for scrolling stops it."""
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    context.set_default_timeout(WAIT_MS)
    with watched(context) as page:
        tree = open_tree(page, base)
        tree.scroll_into_view_if_needed()
        settle(page)
        box = tree.locator(".grip rect").bounding_box()
        right = 12 if place == "handle" else box["width"] + 40
        x, y = box["x"] + right, box["y"] + box["height"] / 2
        session = context.new_cdp_session(page)
        # Not the window: what scrolls is the main part of the page.
        scrolled = "document.querySelector('[data-testid=stMain]').scrollTop + window.scrollY"
        before, start = page.evaluate(scrolled), cut_at(tree)[0]
        points = [[{"x": x, "y": y - 6 * k}] for k in range(11)]
        session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[0]})
        for point in points[1:]:
            session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": point})
        page.wait_for_timeout(100)  # the last frame
        held, count = cut_at(tree)
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        # To a step of the slider, of which the finger meets the half.
        assert held - start == pytest.approx(60 / height_of_one(tree), abs=0.0051)
        says(page, "clusters", count)
        says(page, "threshold t", f"{held:.2f}")
        assert page.evaluate(scrolled) == before
    context.close()


def test_ward_has_its_own_unit_and_no_seeds(tab: Page, base: str) -> None:
    tree = open_tree(tab, base, "&linkage=ward&h=1.0")
    expect(tree.locator(".grip")).to_contain_text("height 1.00")
    assert tree.get_by_role("button", name="Cut at CRISIS").count() == 0
    grip = tree.get_by_role("slider")
    grip.focus()
    tab.keyboard.press("ArrowUp")
    says(tab, "Ward height", "1.05")
    becomes(tab, lambda: query(tab).get("h"), "1.05")
