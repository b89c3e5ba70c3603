"""Takes the README's pictures: the pages on the packaged data, light and dark.

Starts the app on a free port over a database of its own, which is gone afterwards. Arguments: the
pages to take, by default all.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from engine.cli.browser import FLAGS, find_browser
from engine.desk import Desk
from engine.params import Params

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "pictures"
WIDTH = 1440
# Page → address and height. At 0.5 the packaged tree has groups to look at.
PAGES = {
    "overview": ("/?t=0.5", 900),
    "clusters": ("/clusters?t=0.5", 1180),
    "sensitivity": ("/sensitivity?t=0.5&as_of=2022-12-28&whole=on&vs=main", 3300),
    "regime": ("/regime?as_of=2020-03-31", 820),
    "fragility": ("/fragility", 1500),
    "allocation": ("/allocation", 1600),
    "drift": ("/drift?as_of=2022-12-28&portfolio=main", 1900),
    "tickets": ("/tickets?as_of=2022-12-28&portfolio=main", 1100),
    "universes": ("/universes?t=0.5", 1150),
}
START_LIMIT_S = 60
# The portfolio that Drift and Tickets show: from cash to the target on this day.
BOUGHT, CASH = dt.date(2022, 6, 30), Decimal(1_000_000)


def main(only: Sequence[str] = ()) -> None:
    """Writes docs/pictures/PAGE-THEME.png. only: names of pages; none: all of them."""
    if unknown := set(only) - set(PAGES):
        sys.exit(f"No page is called {', '.join(sorted(unknown))}: choose of {', '.join(PAGES)}.")
    browser_path = find_browser()
    if browser_path is None:
        sys.exit("The pictures need Chromium: install it (Debian: apt-get install chromium).")
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        database = Path(folder, "pictures.duckdb")
        fill(database)
        arguments = [flag for flag in FLAGS if flag != "--headless"]
        browser = playwright.chromium.launch(executable_path=browser_path, args=arguments)
        with serving(database) as address:
            for theme in ("light", "dark"):
                for name in only or PAGES:
                    path, height = PAGES[name]
                    page = browser.new_page(
                        viewport={"width": WIDTH, "height": height}, color_scheme=theme
                    )
                    target = OUT / f"{name}-{theme}.png"
                    target.write_bytes(shot(page, address + path))
                    page.close()
                    print(f"{target.relative_to(ROOT)}: {target.stat().st_size // 1000} kB")
        browser.close()


def fill(database: Path) -> None:
    """The packaged data, and a portfolio whose first ticket was carried out as planned."""
    desk = Desk(database)
    desk.load_packaged()
    book = desk.portfolios
    book.create("main", "packaged", "USD", cash=CASH, effective_date=BOUGHT)
    ticket = book.propose("main", Params().with_settings({"data.as_of": BOUGHT}))
    book.approve(ticket.ticket_id)
    book.accept(ticket.ticket_id)


@contextlib.contextmanager
def serving(database: Path) -> Iterator[str]:
    """The address of the app while it runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "streamlit", "run", "asgi.py", f"--server.port={port}",
        "--server.headless=true", "--", "--db", str(database),
    ]  # fmt: skip
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_healthy(address)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=10)


def wait_until_healthy(address: str) -> None:
    """Returns once the app answers; raises TimeoutError if it does not."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/_stcore/health"):
            return
        time.sleep(0.1)
    raise TimeoutError(f"The app did not answer within {START_LIMIT_S} s.")


def shot(page: Page, url: str) -> bytes:
    """A PNG of the page once it is drawn whole."""
    page.goto(url)
    page.wait_for_selector('[data-testid="stMetric"], h2, h3', state="attached")
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_timeout(2500)  # charts and tables draw a moment later and do not say when
    if page.locator('[data-testid="stException"], [data-testid="stAlertContentError"]').count():
        raise RuntimeError(f"{url} shows an error.")
    return page.screenshot()


if __name__ == "__main__":
    main(sys.argv[1:])
