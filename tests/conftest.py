"""Options and fixtures that all tests share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import settings

# How long an example takes says more about who else uses the machine.
settings.register_profile("cutline", deadline=None)
settings.load_profile("cutline")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long campaigns in full")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that drive a browser first: the longest, which at the end would be waited for alone."""
    slow = {item.path for item in items if item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def campaign(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """How often a campaign repeats: the small number, or the large one under `--soak`."""
    soak = bool(request.config.getoption("--soak"))
    return lambda small, large: large if soak else small
