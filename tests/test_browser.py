"""What a person does with the app, in a real browser."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_support import (
    ARTIFACTS,
    FLAGS,
    WAIT_MS,
    browser_path,
    picture,
    query,
    says,
    serving,
    settle,
    visit,
    visitor,
)
from playwright.sync_api import Browser, Page, expect, sync_playwright
from test_store_sharing import held_by_another_process

from engine import pipeline
from engine.desk import PACKAGED, Desk
from engine.params import Params
from engine.pipeline import Analysis
from engine.sources.simulated import SimulationSpec

pytestmark = pytest.mark.browser

PAGES = {"overview": "", "clusters": "clusters", "sensitivity": "sensitivity"}
SIMULATED = "sim-7"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Not pytest-playwright's: its event loop would stay open in the thread of all later tests.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged data, loaded last, and a simulated universe."""
    path = tmp_path_factory.mktemp("browser") / "x.duckdb"
    Desk(path).load_simulated(SimulationSpec(seed=7, n_assets=40, n_sessions=400))
    Desk(path).load_packaged()
    return path


@pytest.fixture(scope="module")
def first_page() -> list[str]:
    """What the very first visitor of the server saw."""
    return []


@pytest.fixture(scope="module")
def base(database: Path, chromium: Browser, first_page: list[str]) -> Iterator[str]:
    """The server's address; before anybody else one visitor comes by a page's own address."""
    with serving(database, database.with_suffix(".log")) as address:
        with visitor(chromium) as page:
            visit(page, f"{address}/clusters?t=0.5")
            # A dialog about a missing page comes with the first answer; it would stand there now.
            first_page += [page.url, page.locator("body").inner_text()]
        yield address


@pytest.fixture
def page(chromium: Browser, base: str) -> Iterator[Page]:
    """A watched visitor."""
    with visitor(chromium) as found:
        yield found


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
    page: Page, base: str, analysis: dict[float, Analysis]
) -> None:
    visit(page, f"{base}/clusters?t=0.5")
    says(page, "clusters", count(analysis, 0.5))
    before, heatmap = picture(page, "dendrogram"), picture(page, "heatmap")
    assert picture(page, "dendrogram") == before
    slide(page, "t", "ArrowRight")
    says(page, "threshold t", "0.51")
    says(page, "clusters", count(analysis, 0.51))
    assert query(page)["t"] == "0.51"
    slide(page, "t", "ArrowRight", times=9)
    says(page, "threshold t", "0.60")
    says(page, "clusters", count(analysis, 0.6))
    assert count(analysis, 0.6) != count(analysis, 0.5)
    assert picture(page, "dendrogram") != before
    assert picture(page, "heatmap") != heatmap
    assert query(page)["t"] == "0.60"


def test_back_reload_and_a_second_visitor_see_the_same(
    chromium: Browser, page: Page, base: str, analysis: dict[float, Analysis]
) -> None:
    visit(page, f"{base}/clusters?t=0.5&cluster=3")
    chosen = query(page)
    assert (chosen["t"], chosen["cluster"]) == ("0.50", "3")
    slide(page, "t", "ArrowRight")
    says(page, "threshold t", "0.51")
    settle(page)
    page.go_back()
    says(page, "threshold t", "0.50")
    says(page, "clusters", count(analysis, 0.5))
    settle(page)
    assert query(page) == chosen
    page.go_forward()
    says(page, "threshold t", "0.51")
    settle(page)
    seen = query(page)
    assert seen["t"] == "0.51"
    page.reload()
    says(page, "threshold t", "0.51")
    settle(page)
    assert query(page) == seen
    link, here = page.url, page.get_by_test_id("stMetricValue").all_inner_texts()
    with visitor(chromium) as other:
        visit(other, link)
        assert other.get_by_test_id("stMetricValue").all_inner_texts() == here
        assert query(other) == seen


def test_pages_share_what_the_sidebar_says(
    page: Page, base: str, analysis: dict[float, Analysis]
) -> None:
    visit(page, f"{base}/clusters?t=0.6&cluster=3")
    page.get_by_role("link", name="Sensitivity").click()
    expect(page.locator(".st-key-sweep_table")).to_be_visible(timeout=WAIT_MS)
    says(page, "threshold t", "0.60")
    says(page, "clusters", count(analysis, 0.6))
    expect(page).to_have_url(lambda url: "t=0.60" in url and "/sensitivity" in url)
    assert "cluster" not in query(page)  # it means nothing there
    page.get_by_role("link", name="Overview").click()
    says(page, "in", len(analysis[0.6].panel.symbols))
    expect(page).to_have_url(lambda url: "t=0.60" in url)


def test_two_tabs_do_not_disturb_each_other(
    page: Page, base: str, analysis: dict[float, Analysis]
) -> None:
    with page.context.new_page() as other:
        visit(page, f"{base}/clusters?t=0.5")
        visit(other, f"{base}/clusters?t=0.4")
        slide(page, "t", "ArrowRight")
        says(page, "threshold t", "0.51")
        slide(other, "t", "ArrowRight")
        says(other, "threshold t", "0.41")
        says(other, "clusters", count(analysis, 0.41))
        says(page, "clusters", count(analysis, 0.51))
        assert (query(page)["t"], query(other)["t"]) == ("0.51", "0.41")


def test_click_on_a_row_picks_the_cluster(
    page: Page, base: str, analysis: dict[float, Analysis]
) -> None:
    visit(page, f"{base}/clusters?t=0.5")
    first, second = analysis[0.5].cut.clusters[:2]
    expect(page.locator(".st-key-paths")).to_contain_text(f"paths of {first.size} members")
    before = picture(page, "member_table")
    click_row(page, "cluster_table", 1)
    expect(page.locator(".st-key-paths")).to_contain_text(f"paths of {second.size} members")
    settle(page)
    assert query(page)["cluster"] == str(second.id)
    assert picture(page, "member_table") != before
    assert [row["symbol"] for row in download(page, "members_csv")] == list(second.members)


def test_find_an_asset(page: Page, base: str, analysis: dict[float, Analysis]) -> None:
    visit(page, f"{base}/clusters?t=0.5")
    symbol = analysis[0.5].cut.clusters[1].members[-1]
    box = page.locator(".st-key-asset input")
    box.fill(symbol)
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")
    home = next(c for c in analysis[0.5].cut.clusters if symbol in c.members)
    expect(page.locator(".st-key-paths")).to_contain_text(f"paths of {home.size} members")
    settle(page)
    assert query(page)["asset"] == symbol
    assert query(page)["cluster"] == str(home.id)


def test_use_the_suggested_threshold(
    page: Page, base: str, analysis: dict[float, Analysis]
) -> None:
    one = analysis[0.4]
    suggested = pipeline.sweep_tree(one.correlation, one.tree, one.params).suggestion.threshold
    assert suggested not in (None, 0.4)
    visit(page, f"{base}/sensitivity")
    button = page.locator(".st-key-use_suggested button")
    button.click()
    says(page, "threshold t", f"{suggested:.2f}")
    expect(button).to_be_disabled()
    settle(page)
    assert query(page)["t"] == f"{suggested:.2f}"
    page.locator(".st-key-reset button").click()
    says(page, "threshold t", "0.40")
    says(page, "clusters", count(analysis, 0.4))
    settle(page)
    assert query(page)["t"] == "0.40"


def test_downloaded_rows_are_the_engine_s(
    page: Page, base: str, analysis: dict[float, Analysis]
) -> None:
    visit(page, f"{base}/clusters?t=0.5")
    clusters = analysis[0.5].cut.clusters
    rows = download(page, "clusters_csv")
    assert [(int(r["id"]), int(r["size"])) for r in rows] == [(c.id, c.size) for c in clusters]
    assert sum(len(r["members"].split(", ")) for r in rows) == len(analysis[0.5].panel.symbols)


def test_wrong_values_in_the_address_are_said(page: Page, base: str) -> None:
    visit(page, f"{base}/clusters?t=7&linkage=magic")
    warning = page.get_by_test_id("stSidebar").get_by_test_id("stAlert")
    expect(warning).to_have_count(2)
    expect(warning.filter(has_text="t = 7")).to_be_visible()
    says(page, "threshold t", "0.40")
    assert query(page)["linkage"] == "average"


@pytest.mark.parametrize("name", PAGES)
def test_looks(chromium: Browser, base: str, name: str) -> None:
    """Pictures of each page for people to look at; what a machine can say of them is checked."""
    ARTIFACTS.mkdir(exist_ok=True)
    for size in ((1440, 2200), (390, 844)):
        grounds = set()
        for theme in ("light", "dark"):
            with visitor(chromium, size, theme) as page:
                visit(page, f"{base}/{PAGES[name]}")
                wide = size[0] > 640
                assert not overflows(page)
                page.screenshot(path=ARTIFACTS / f"{name}-{size[0]}-{theme}.png")
                if not wide:
                    bottom = page.get_by_test_id("stMain")
                    bottom.evaluate("e => e.scrollTo(0, e.scrollHeight)")
                    page.screenshot(path=ARTIFACTS / f"{name}-{size[0]}-{theme}-end.png")
                app = page.get_by_test_id("stApp")
                grounds.add(app.evaluate("e => getComputedStyle(e).backgroundColor"))
                if wide and name != "overview":
                    # The charts' own ink follows: it was chosen on the server.
                    label = page.locator(".js-plotly-plot .gtitle").first
                    grounds.add(label.evaluate("e => getComputedStyle(e).fill"))
        assert len(grounds) == (4 if wide and name != "overview" else 2)


def test_empty_store_is_loaded_by_its_button(chromium: Browser, tmp_path: Path) -> None:
    with (
        serving(tmp_path / "new" / "x.duckdb", tmp_path / "log") as address,
        visitor(chromium) as page,
    ):
        page.goto(f"{address}/clusters")
        page.get_by_role("heading", name="Nothing is loaded yet").wait_for()
        ARTIFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTIFACTS / "empty.png")
        page.locator(".st-key-load_packaged button").click()
        says(page, "threshold t", "0.40")
        settle(page)
        assert query(page)["universe"] == PACKAGED


def test_while_another_process_holds_the_database(
    page: Page, base: str, database: Path, analysis: dict[float, Analysis]
) -> None:
    with held_by_another_process(database) as holder:
        # Touched as by a load that goes on: what the server remembers is no longer up to date.
        database.touch()
        visit(page, f"{base}/clusters?t=0.5")
        says(page, "clusters", count(analysis, 0.5))
        notice = page.get_by_test_id("stSidebar").get_by_test_id("stAlert")
        expect(notice.filter(has_text=f"PID {holder.pid}").first).to_be_visible(timeout=WAIT_MS)
        page.screenshot(path=ARTIFACTS / "busy.png")
    page.reload()
    expect(page.get_by_test_id("stMetricValue").first).to_be_visible(timeout=WAIT_MS)
    settle(page)
    expect(page.get_by_test_id("stAlert")).to_have_count(0, timeout=WAIT_MS)


def click_row(page: Page, key: str, row: int) -> None:
    """Tick a row of a table. It is drawn on a canvas, so this is a place: headings 35 px, rows 30."""
    canvas = page.locator(f".st-key-{key} canvas").first
    canvas.click(position={"x": 18, "y": 35 + 30 * row + 15})


def download(page: Page, key: str) -> list[dict[str, str]]:
    """The rows of a CSV behind a button."""
    settle(page)
    with page.expect_download() as found:
        page.locator(f".st-key-{key} button").click()
    text = Path(found.value.path()).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def overflows(page: Page) -> bool:
    """Whether the page as a whole can be pushed sideways."""
    return page.evaluate(
        "() => [document.documentElement, document.querySelector('[data-testid=stMain]')]"
        ".some(e => e.scrollWidth > e.clientWidth)"
    )
