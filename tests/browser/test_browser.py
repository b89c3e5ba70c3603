"""What a person does with the app, in a real browser."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from browser_fixtures import PAGES, chromium, css, database, person, server, tab, window
from browser_support import (
    ARTIFACTS,
    WAIT_MS,
    WIDE,
    becomes,
    fetched,
    picture,
    query,
    says,
    serving,
    settle,
    shows,
    visit,
    visitor,
    watched,
)
from kill_ingest import held_by_another_process
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sample import some

from engine import pipeline
from engine.desk import PACKAGED, Desk
from engine.figures.palette import ground
from engine.params import Params
from engine.pipeline import Analysis

__all__ = ["chromium", "database", "person", "server", "tab", "window"]  # fixtures
pytestmark = pytest.mark.browser

TREE = "tree"  # the key of the tree on the page


@pytest.fixture(scope="module")
def first_page() -> list[str]:
    """What the very first visitor of the server saw."""
    return []


@pytest.fixture(scope="module")
def base(server: str, chromium: Browser, first_page: list[str]) -> str:
    """The server's address; before anybody else one visitor comes by a page's own address."""
    with visitor(chromium) as someone, watched(someone) as page:
        visit(page, f"{server}/clusters?t=0.5")
        # A dialog about a missing page comes with the first answer; it would stand there now.
        first_page += [page.url, page.locator("body").inner_text()]
    return server


@pytest.fixture(scope="module")
def analysis(database: Path) -> dict[float, Analysis]:
    """What the engine says at a few thresholds."""
    grid = Desk(database).open(PACKAGED).grid
    return {
        t: pipeline.analyse(grid, Params().with_settings({"tree.threshold": t}))
        for t in (0.4, 0.41, 0.5, 0.51, 0.6)
    }


def count(analysis: dict[float, Analysis], t: float) -> int:
    return len(analysis[t].cut.clusters)


def slide(page: Page, key: str, press: str, times: int = 1) -> None:
    """Move a slider with the keyboard."""
    handle = page.locator(f".st-key-{key} input[type=range]")
    handle.focus()
    for _ in range(times):
        page.keyboard.press(press)


def test_first_visitor_by_a_cold_deep_link(
    base: str, first_page: list[str], analysis: dict[float, Analysis]
) -> None:
    url, text = first_page
    assert "Page not found" not in text
    assert "/clusters?" in url
    assert f"{count(analysis, 0.5)} clusters, largest first" in text.replace("\n", " ")


def test_moved_threshold_changes_count_picture_and_address(
    tab: Page, base: str, analysis: dict[float, Analysis]
) -> None:
    visit(tab, f"{base}/clusters?t=0.5")
    says(tab, "clusters", count(analysis, 0.5))
    before, heatmap = picture(tab, TREE), picture(tab, "heatmap")
    slide(tab, "t", "ArrowRight")
    says(tab, "threshold t", "0.51")
    says(tab, "clusters", count(analysis, 0.51))
    becomes(tab, lambda: query(tab).get("t"), "0.51")
    slide(tab, "t", "ArrowRight", times=9)
    says(tab, "threshold t", "0.60")
    says(tab, "clusters", count(analysis, 0.6))
    assert count(analysis, 0.6) != count(analysis, 0.5)
    assert picture(tab, TREE) != before
    assert picture(tab, "heatmap") != heatmap
    becomes(tab, lambda: query(tab).get("t"), "0.60")


def test_back_reload_and_a_second_visitor_see_the_same(
    chromium: Browser, tab: Page, base: str, analysis: dict[float, Analysis]
) -> None:
    visit(tab, f"{base}/clusters?t=0.5&cluster=3")
    chosen = query(tab)
    assert (chosen["t"], chosen["cluster"]) == ("0.50", "3")
    slide(tab, "t", "ArrowRight")
    says(tab, "threshold t", "0.51")
    settle(tab)
    tab.go_back()
    says(tab, "threshold t", "0.50")
    says(tab, "clusters", count(analysis, 0.5))
    settle(tab)
    becomes(tab, lambda: query(tab), chosen)
    tab.go_forward()
    says(tab, "threshold t", "0.51")
    settle(tab)
    seen = query(tab)
    assert seen["t"] == "0.51"
    tab.reload()
    says(tab, "threshold t", "0.51")
    settle(tab)
    becomes(tab, lambda: query(tab), seen)
    link, here = tab.url, tab.get_by_test_id("stMetricValue").all_inner_texts()
    with visitor(chromium) as someone, watched(someone) as other:
        visit(other, link)
        assert other.get_by_test_id("stMetricValue").all_inner_texts() == here
        becomes(other, lambda: query(other), seen)


def test_one_action_is_one_entry_of_the_history(person: BrowserContext, base: str) -> None:
    # A tab of its own: a browser keeps 50 entries.
    with watched(person) as tab:
        visit(tab, f"{base}/allocation?t=0.5&penalty=2&acap=7&phi=30&shock_equity=-20")
        becomes(tab, lambda: query(tab).get("penalty"), "2")
        chosen, seen = query(tab), tab.get_by_test_id("stMetricValue").all_inner_texts()
        entries = tab.evaluate("history.length")
        tab.get_by_role("button", name="Reset", exact=True).click()
        becomes(tab, lambda: query(tab).get("t"), "0.40")
        usual = query(tab)
        assert {key for key in chosen if usual.get(key) != chosen[key]} >= {"t", "penalty", "acap"}
        assert tab.evaluate("history.length") == entries + 1
        tab.go_back()
        becomes(tab, lambda: query(tab), chosen)
        becomes(tab, lambda: tab.get_by_test_id("stMetricValue").all_inner_texts(), seen)
        tab.go_forward()
        becomes(tab, lambda: query(tab), usual)
        # The address is there at once; what is moved next is moved from what the page then shows.
        handle = tab.locator(".st-key-penalty input[type=range]")
        becomes(tab, lambda: float(handle.input_value()), float(usual["penalty"]))
        settle(tab)

        slide(tab, "penalty", "ArrowRight")
        becomes(tab, lambda: query(tab).get("penalty") not in (None, usual["penalty"]), wanted=True)
        moved = query(tab)
        assert {key for key in moved if usual[key] != moved[key]} == {"penalty"}
        assert tab.evaluate("history.length") == entries + 2
        tab.go_back()
        becomes(tab, lambda: query(tab), usual)
        becomes(tab, lambda: float(handle.input_value()), float(usual["penalty"]))


def test_sections_stay_in_view_and_open_by_key(tab: Page, base: str) -> None:
    visit(tab, f"{base}/allocation?t=0.5")
    tab.set_viewport_size({"width": 1400, "height": 700})
    bar = tab.get_by_role("tablist")
    first = bar.bounding_box()["y"]
    tab.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 99999)")
    becomes(tab, lambda: 0 < bar.bounding_box()["y"] < min(first, 100), wanted=True)
    named = bar.get_by_role("tab", name="Weights")
    middle = named.bounding_box()
    at = {"x": middle["x"] + middle["width"] / 2, "y": middle["y"] + middle["height"] / 2}
    on_top = "({x, y}) => document.elementFromPoint(x, y).closest('[role=tab]')?.innerText"
    assert tab.evaluate(on_top, at) == "Weights"

    named.focus()
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Enter")
    becomes(tab, lambda: query(tab).get("allocation_part"), "Other rules")
    settle(tab)
    expect(tab.locator(".st-key-comparison_chart")).to_be_visible(timeout=WAIT_MS)
    expect(tab.locator(".st-key-treemap")).to_have_count(0, timeout=WAIT_MS)
    tab.go_back()
    expect(tab.locator(".st-key-treemap")).to_be_visible(timeout=WAIT_MS)


def test_pages_share_what_the_sidebar_says(
    tab: Page, base: str, analysis: dict[float, Analysis]
) -> None:
    visit(tab, f"{base}/clusters?t=0.6&cluster=3")
    tab.get_by_role("link", name="Sensitivity").click()
    expect(tab.locator(".st-key-sweep")).to_be_visible(timeout=WAIT_MS)
    says(tab, "threshold t", "0.60")
    says(tab, "clusters", count(analysis, 0.6))
    settle(tab)
    assert "/sensitivity" in tab.url
    becomes(tab, lambda: query(tab).get("t"), "0.60")
    assert "cluster" not in query(tab)  # it means nothing there
    tab.get_by_role("link", name="Overview").click()
    says(tab, "in", len(analysis[0.6].panel.symbols))
    settle(tab)
    becomes(tab, lambda: query(tab).get("t"), "0.60")


def test_two_tabs_do_not_disturb_each_other(
    tab: Page, base: str, analysis: dict[float, Analysis]
) -> None:
    with watched(tab.context) as other:
        visit(tab, f"{base}/clusters?t=0.5")
        visit(other, f"{base}/clusters?t=0.4")
        slide(tab, "t", "ArrowRight")
        says(tab, "threshold t", "0.51")
        slide(other, "t", "ArrowRight")
        says(other, "threshold t", "0.41")
        says(other, "clusters", count(analysis, 0.41))
        says(tab, "clusters", count(analysis, 0.51))
        becomes(tab, lambda: query(tab).get("t"), "0.51")
        becomes(other, lambda: query(other).get("t"), "0.41")


def test_click_on_a_row_picks_the_cluster(
    tab: Page, base: str, analysis: dict[float, Analysis]
) -> None:
    visit(tab, f"{base}/clusters?t=0.5")
    first, second = analysis[0.5].cut.clusters[:2]
    shows(tab, "paths", f"paths of {first.size} members")
    table = tab.get_by_test_id("stDataFrame").last
    before = table.screenshot()
    click_row(tab, "cluster_table", 1)
    shows(tab, "paths", f"paths of {second.size} members")
    settle(tab)
    becomes(tab, lambda: query(tab).get("cluster"), str(second.id))
    assert table.screenshot() != before
    assert [row["symbol"] for row in download(tab, "members_csv")] == list(second.members)


def test_find_an_asset(tab: Page, base: str, analysis: dict[float, Analysis]) -> None:
    visit(tab, f"{base}/clusters?t=0.5")
    symbol = analysis[0.5].cut.clusters[1].members[-1]
    tab.locator(".st-key-asset input").click()
    tab.keyboard.type(symbol)
    tab.get_by_role("option").first.wait_for()
    tab.keyboard.press("Enter")
    home = next(c for c in analysis[0.5].cut.clusters if symbol in c.members)
    shows(tab, "paths", f"paths of {home.size} members")
    settle(tab)
    becomes(tab, lambda: query(tab).get("asset"), symbol)
    becomes(tab, lambda: query(tab).get("cluster"), str(home.id))


def test_use_the_suggested_threshold(tab: Page, base: str, analysis: dict[float, Analysis]) -> None:
    one = analysis[0.4]
    suggested = pipeline.sweep_tree(one.correlation, one.tree, Params()).suggestion.threshold
    assert suggested not in (None, 0.4)
    visit(tab, f"{base}/sensitivity")
    button = tab.locator(".st-key-use_suggested button")
    button.click()
    says(tab, "threshold t", f"{suggested:.2f}")
    expect(button).to_be_disabled()
    settle(tab)
    becomes(tab, lambda: query(tab).get("t"), f"{suggested:.2f}")
    tab.get_by_role("button", name="Reset", exact=True).click()
    says(tab, "threshold t", "0.40")
    says(tab, "clusters", count(analysis, 0.4))
    settle(tab)
    becomes(tab, lambda: query(tab).get("t"), "0.40")


def test_downloaded_rows_are_the_engine_s(
    tab: Page, base: str, analysis: dict[float, Analysis]
) -> None:
    visit(tab, f"{base}/clusters?t=0.5")
    clusters = analysis[0.5].cut.clusters
    rows = download(tab, "clusters_csv")
    assert [(int(r["id"]), int(r["size"])) for r in rows] == [(c.id, c.size) for c in clusters]
    assert sum(len(r["members"].split(", ")) for r in rows) == len(analysis[0.5].panel.symbols)


def test_wrong_values_in_the_address_are_said(tab: Page, base: str) -> None:
    visit(tab, f"{base}/clusters?t=7&linkage=magic")
    warning = tab.get_by_test_id("stSidebar").get_by_test_id("stAlert")
    expect(warning).to_have_count(2)
    expect(warning.filter(has_text="t = 7")).to_be_visible()
    says(tab, "threshold t", "0.40")
    becomes(tab, lambda: query(tab).get("linkage"), "average")


@pytest.mark.parametrize("name", some(PAGES, "clusters", "sensitivity", "allocation", "drift"))
def test_looks(
    tab: Page, base: str, name: str, campaign: Callable[[int, int], int]
) -> None:  # fmt: skip
    """Pictures of each page for people to look at; what a machine can say of them is checked."""
    ARTIFACTS.mkdir(exist_ok=True)
    app, title = tab.get_by_test_id("stApp"), tab.locator(".js-plotly-plot .gtitle").first
    grounds = set()
    # One load a theme: the charts' ink is chosen on the server, which learns of it with a rerun.
    # Widths are one matter, colours another.
    widths = (WIDE, (390, 844), (2560, 1440))[: campaign(2, 3)]
    both = name in ("clusters", "drift") or campaign(0, 1)  # of the dark pages a sample
    for theme, sizes in (("light", widths), ("dark", (WIDE,)))[: 2 if both else 1]:
        tab.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
        tab.emulate_media(color_scheme=theme)
        visit(tab, f"{base}/{PAGES[name]}")
        if name in ("clusters", "sensitivity"):
            expect(title).to_have_css("fill", css(ground(theme == "dark").ink), timeout=WAIT_MS)
        for size in sizes:
            tab.set_viewport_size({"width": size[0], "height": size[1]})
            settle(tab)
            # A table follows a new width with its next frame.
            becomes(tab, lambda: overflows(tab), wanted=False)
            tab.screenshot(path=ARTIFACTS / f"{name}-{size[0]}-{theme}.png")
        grounds.add(app.evaluate("e => getComputedStyle(e).backgroundColor"))
    assert len(grounds) == (2 if both else 1)


def test_empty_store_is_loaded_by_its_button(person: BrowserContext, tmp_path: Path) -> None:
    with (
        serving(tmp_path / "new" / "x.duckdb", tmp_path / "log") as address,
        watched(person) as page,
    ):
        page.goto(f"{address}/clusters")
        page.get_by_role("heading", name="Nothing is loaded yet").wait_for()
        ARTIFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTIFACTS / "empty.png")
        page.locator(".st-key-load_packaged button").click()
        says(page, "threshold t", "0.40")
        settle(page)
        becomes(page, lambda: query(page).get("universe"), PACKAGED)


def test_while_another_process_holds_the_database(
    tab: Page, base: str, database: Path, analysis: dict[float, Analysis]
) -> None:
    with held_by_another_process(database) as holder:
        # Touched as by a load that goes on: what the server remembers is no longer up to date.
        database.touch()
        visit(tab, f"{base}/clusters?t=0.5")
        says(tab, "clusters", count(analysis, 0.5))
        notice = tab.get_by_test_id("stSidebar").get_by_test_id("stAlert")
        expect(notice.filter(has_text=f"PID {holder.pid}").first).to_be_visible(timeout=WAIT_MS)
        tab.screenshot(path=ARTIFACTS / "busy.png")
    tab.reload()
    expect(tab.get_by_test_id("stMetricValue").first).to_be_visible(timeout=WAIT_MS)
    settle(tab)
    expect(tab.get_by_test_id("stAlert")).to_have_count(0, timeout=WAIT_MS)


def click_row(page: Page, key: str, row: int) -> None:
    """Tick a row of a table; it is drawn on a canvas, so this is a place."""
    settle(page)
    heading, height = 35, 30  # px; blocks.table sets the latter
    grid = page.locator(f".st-key-{key} .dvn-scroller")
    grid.click(position={"x": 18, "y": heading + height * row + height // 2})


def download(page: Page, key: str) -> list[dict[str, str]]:
    """The rows of a CSV behind a button."""
    settle(page)
    text = fetched(page, page.locator(f".st-key-{key} button")).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def overflows(page: Page) -> bool:
    """Whether the page as a whole can be pushed sideways."""
    return page.evaluate(
        "() => [document.documentElement, document.querySelector('[data-testid=stMain]')]"
        ".some(e => e.scrollWidth > e.clientWidth)"
    )
