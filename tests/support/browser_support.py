"""The app in a real browser: a server of its own, the system's Chromium, and a watch on pages."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import pytest
from patience import WAIT_MS, WAIT_S, free_port
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    TimeoutError,
    expect,
    sync_playwright,
)
from root import ROOT

from engine.cli.browser import FLAGS as CHROMIUM_FLAGS
from engine.cli.browser import find_browser

T = TypeVar("T")
ARTIFACTS = ROOT / "tests" / "artifacts"
# Playwright chooses itself whether there is a window.
FLAGS = tuple(flag for flag in CHROMIUM_FLAGS if flag not in {"--headless", "--hide-scrollbars"})
HOST = "127.0.0.1"
# Also where nothing is said: otherwise five seconds.
expect.set_options(timeout=WAIT_MS)
WIDE = (1440, 1000)
# What moves while a page loads is drawn without a graphics card, as often as a screen shows it:
# half of a page's work. It still begins and ends, but at once and only once.
STILL = """{
    const still = new CSSStyleSheet()
    still.replaceSync(`*, *::before, *::after {
        animation-duration: 1ms !important; animation-iteration-count: 1 !important;
        transition-duration: 1ms !important;
    }`)
    document.adoptedStyleSheets = [still]
}"""
# On a page's own address Streamlit's script first asks for its server under that path, is told 404
# twice, and goes on one folder up. The browser prints both; nothing of ours can keep it from that.
PROBES = re.compile(rf"http://{re.escape(HOST)}:\d+/\w+/_stcore/(health|host-config)(\?.*)?")


def browser_path() -> str:
    """The system's Chromium; a missing one fails the test in one sentence."""
    found = find_browser()
    if found is None:
        pytest.fail("The browser tests need Chromium: apt-get install chromium", pytrace=False)
    return found


@contextlib.contextmanager
def serving(db: Path, log: Path, app: Path = ROOT / "asgi.py") -> Iterator[str]:
    """An app on a free port with this database; its address. Fails on a traceback in its log."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "streamlit", "run", str(app), "--server.headless=true"),
        *(f"--server.port={port}", "--", "--db", str(db)),
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
    try:
        _wait_until_healthy(process, f"http://{HOST}:{port}", log)
        yield f"http://{HOST}:{port}"
    finally:
        stop(process)
    assert "Traceback" not in log.read_text(encoding="utf-8"), log.read_text(encoding="utf-8")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server, by force if it does not hear."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """The system's Chromium, until the block ends.

    Not pytest-playwright's: its event loop would stay open in the thread of all later tests.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
        yield browser
        browser.close()


def _wait_until_healthy(process: subprocess.Popen[bytes], base: str, log: Path) -> None:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{base}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    pytest.fail(f"The server did not start:\n{log.read_text(encoding='utf-8')}")


class Watch:
    """Everything that goes wrong on a page, from the moment it is made."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not PROBES.fullmatch(message.location.get("url", "")):
            self.problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != HOST:
            self.problems.append(f"request to a foreign host: {request.url}")

    def check(self) -> None:
        """Fails with what was seen, and with exception boxes that stand there now."""
        boxes = self.page.get_by_test_id("stException").all_inner_texts()
        assert self.problems + [f"exception box: {text}" for text in boxes] == []


def visitor(browser: Browser, size: tuple[int, int] = WIDE, theme: str = "light") -> BrowserContext:
    """A person with a browser of their own: no cookies, storage or cache of others."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=theme, accept_downloads=True
    )
    context.set_default_timeout(WAIT_MS)
    context.add_init_script(STILL)
    return context


@contextlib.contextmanager
def watched(context: BrowserContext) -> Iterator[Page]:
    """A new tab, watched until the block ends."""
    with context.new_page() as page:
        watch = Watch(page)
        yield page
        watch.check()


@contextlib.contextmanager
def reused(page: Page, watch: Watch) -> Iterator[Page]:
    """A tab that served others before, as if it were new: half the work of a new one.

    Every address that it goes to is a session of its own for the server.
    """
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    page.emulate_media(color_scheme="light")
    page.mouse.move(0, 0)
    watch.problems.clear()
    yield page
    watch.check()


def settle(page: Page) -> None:
    """Wait until the script has run to its end and every chart is drawn."""
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=WAIT_MS)
    expect(app).to_have_attribute("data-test-connection-state", "CONNECTED", timeout=WAIT_MS)
    expect(page.locator("[data-stale='true']")).to_have_count(0, timeout=WAIT_MS)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=WAIT_MS)


def visit(page: Page, address: str) -> None:
    """Open an address of the app and wait for its figures."""
    page.goto(address)
    # Figures, or on the page Data the place for files: the sidebar is there before either.
    page.locator("[data-testid=stMetricValue], [data-testid=stFileUploader]").first.wait_for()
    settle(page)


def metric(page: Page, label: str) -> Locator:
    """The value over which this label stands."""
    named = page.get_by_test_id("stMetricLabel").filter(has_text=re.compile(rf"^{label}$"))
    return page.get_by_test_id("stMetric").filter(has=named).get_by_test_id("stMetricValue")


def says(page: Page, label: str, value: str | int) -> None:
    """Wait until a figure has this value."""
    expect(metric(page, label)).to_have_text(str(value), timeout=WAIT_MS)


def shows(page: Page, key: str, text: str) -> None:
    """Wait until the element of this key has this text; while it is drawn anew there may be two."""
    found = page.locator(f".st-key-{key}").filter(has_text=text).first
    expect(found).to_be_visible(timeout=WAIT_MS)
    settle(page)


def becomes(page: Page, read: Callable[[], T], wanted: T) -> None:
    """Wait until this reads so."""
    deadline = time.monotonic() + WAIT_S
    while (found := read()) != wanted:
        assert time.monotonic() < deadline, f"{found!r} did not become {wanted!r}"
        page.wait_for_timeout(50)


def steady(page: Page, read: Callable[[], T], times: int = 2) -> T:
    """What this reads, once it reads the same so many times in a row."""
    deadline = time.monotonic() + WAIT_S
    now, same = read(), 1
    while same < times:
        assert time.monotonic() < deadline, f"{now!r:.200} does not stand still"
        page.wait_for_timeout(100)
        before, now = now, read()
        same = same + 1 if now == before else 1
    return now


def query(page: Page) -> dict[str, str]:
    """The page's address as key → value; between a fragment's own run and the page's, which tells
    it, nothing runs: who knows what it must be waits for that with `becomes`."""
    settle(page)
    # Not `page.url`: that learns of a change only with the browser's next event.
    search = steady(page, lambda: page.evaluate("location.search"))
    return {key: values[-1] for key, values in parse_qs(search[1:]).items()}


def picture(page: Page, key: str) -> bytes:
    """What the element of this key looks like, once it stands still."""
    settle(page)
    return steady(page, page.locator(f".st-key-{key}").screenshot)


def figure(page: Page, label: str) -> str:
    """What a figure says, once the page stands still."""
    settle(page)
    return metric(page, re.escape(label)).inner_text()


def press(page: Page, name: str) -> None:
    """Click the button of just this name, once it can be clicked."""
    settle(page)
    page.get_by_role("button", name=name, exact=True).click()
    settle(page)


def outcome(page: Page, pattern: str) -> None:
    """Wait for a notice that says this; no other one contradicts it."""
    notice = page.get_by_test_id("stMain").get_by_test_id("stAlert")
    expect(notice.filter(has_text=re.compile(pattern)).first).to_be_visible(timeout=WAIT_MS)
    settle(page)


def saved(page: Page, name: str) -> bytes:
    """The file behind the button of this name."""
    settle(page)
    return fetched(page, page.get_by_role("button", name=name, exact=True)).read_bytes()


def fetched(page: Page, button: Locator) -> Path:
    """The file behind a button, which may stand in the menu of files."""
    menus = page.get_by_test_id("stPopover").get_by_role("button", name="Download")
    for menu in [] if button.count() else menus.all():
        menu.click()
        page.get_by_test_id("stPopoverBody").get_by_test_id("stDownloadButton").first.wait_for()
        if button.count():
            break
        page.keyboard.press("Escape")
    with page.expect_download() as found:
        button.click()
    page.keyboard.press("Escape")
    return Path(found.value.path())


def section(page: Page, name: str) -> None:
    """Open a section of the page by its tab."""
    page.get_by_role("tab", name=name, exact=True).click()
    settle(page)


def hand_in(page: Page, label: str, name: str, content: bytes) -> None:
    """Choose a file as a person does."""
    zone = page.get_by_test_id("stFileUploader").filter(has_text=label)
    zone.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    settle(page)


def grid(page: Page, column: str) -> tuple[Locator, list[str]]:
    """The table with such a column, and its headings: those that screen readers are told."""
    settle(page)
    found = page.get_by_test_id("stDataFrame").filter(
        has=page.locator("canvas th", has_text=re.compile(rf"^{re.escape(column)}"))
    )
    found.first.wait_for(timeout=WAIT_MS)  # what is told follows what is drawn
    return found.first, found.first.locator("canvas th").all_inner_texts()


def cells(page: Page, column: str) -> list[str]:
    """What the rows in view say in a column."""
    found, headings = grid(page, column)
    place = next(i for i, text in enumerate(headings) if text.startswith(column))
    return found.locator(f"canvas tbody tr td:nth-child({place + 1})").all_inner_texts()


def type_cell(
    page: Page, column: str, row: int, text: str, told: Callable[[], bool]
) -> None:  # fmt: skip
    """Type into a cell of the table with this column, until the page tells of it.

    A table that is drawn anew loses clicks, keys and what was typed, and no sign says when it no
    longer will: so each step is looked at, and all of them are taken again where one was lost.
    """
    deadline, slow = time.monotonic() + WAIT_S, 2000
    while not _typed(page, column, row, text, slow) or not _comes(page, told, slow):
        assert time.monotonic() < deadline, f"The cell {column}, row {row}, does not take {text}."
        page.keyboard.press("Escape")
        slow *= 2  # ms: each try gives the page more time


def _typed(page: Page, column: str, row: int, text: str, slow: int) -> bool:
    """Whether every step from the cell to the key that ends the edit was seen to happen."""
    found, headings = grid(page, column)
    place = next(i for i, told in enumerate(headings) if told.startswith(column))
    line = found.locator(f"canvas tbody tr:nth-child({row + 1}) td")
    cell, editor = line.nth(place), page.locator("input:focus, textarea:focus")
    try:
        was = cell.inner_text(timeout=slow)
        # It is drawn, so this is a place; from there keys lead on.
        found.locator(".dvn-scroller").click(
            position={"x": 20, "y": 36 + 30 * row + 15}, timeout=slow
        )
        for step in range(place + 1):
            if step:
                page.keyboard.press("ArrowRight")
            expect(line.nth(step)).to_have_attribute("aria-selected", "true", timeout=slow)
        page.keyboard.press("Enter")
        expect(editor).to_have_value(was, timeout=slow)
        page.keyboard.press("Control+A")
        page.keyboard.type(text, delay=20)
        expect(editor).to_have_value(text, timeout=slow)
        page.keyboard.press("Enter")
        expect(editor).to_have_count(0, timeout=slow)
        expect(cell).to_have_text(text, timeout=slow)
    except (AssertionError, TimeoutError):
        return False
    return True


def _comes(page: Page, told: Callable[[], bool], slow: int) -> bool:
    """Whether this is so within the time, looked at while nothing runs."""
    deadline = time.monotonic() + slow / 1000
    while True:
        settle(page)
        if told():
            return True
        if time.monotonic() >= deadline:
            return False
        page.wait_for_timeout(50)
