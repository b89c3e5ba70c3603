"""What the tests in the browser share: a server, a person in a browser, the pages' addresses."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from browser_support import Watch, launched, reused, serving, visitor
from packaged_db import made_once
from playwright.sync_api import Browser, BrowserContext, Page

from engine.desk import Desk
from engine.sources.simulation.simulate import SimulationSpec

PAGES = {
    "overview": "",
    "clusters": "clusters",
    "sensitivity": "sensitivity",
    "regime": "regime",
    "fragility": "fragility",
    "allocation": "allocation",
    "drift": "drift",
    "tickets": "tickets",
    "universes": "universes",
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged data, loaded last, with a portfolio in cash; and a simulated universe."""
    return made_once("browser", fill, tmp_path_factory.mktemp("browser") / "x.duckdb")


def fill(path: Path) -> None:
    Desk(path).load_simulated(SimulationSpec(seed=7, n_assets=40, n_sessions=400))
    Desk(path).load_packaged()
    Desk(path).portfolios.create("main", "packaged", cash=Decimal(1_000_000))


@pytest.fixture(scope="module")
def server(database: Path) -> Iterator[str]:
    """The server's address."""
    with serving(database, database.with_suffix(".log")) as address:
        yield address


@pytest.fixture(scope="module")
def person(chromium: Browser, base: str) -> Iterator[BrowserContext]:
    """Who has been here before, so that the browser need not load the app's scripts anew."""
    with visitor(chromium) as context:
        yield context


@pytest.fixture(scope="module")
def window(person: BrowserContext) -> Iterator[tuple[Page, Watch]]:
    with person.new_page() as page:
        yield page, Watch(page)


@pytest.fixture
def tab(window: tuple[Page, Watch]) -> Iterator[Page]:
    """The tab of that person."""
    with reused(*window) as page:
        yield page


def css(color: str) -> str:
    """#RRGGBB as the browser says it."""
    red, green, blue = bytes.fromhex(color[1:])
    return f"rgb({red}, {green}, {blue})"
