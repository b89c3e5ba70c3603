"""Options and fixtures that all tests share."""

from __future__ import annotations

import os
from collections.abc import Callable

import packaged_db
import pytest
from hypothesis import HealthCheck, settings

# How long an example takes, or is made, says more about who else uses the machine.
settings.register_profile("cutline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("cutline")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run the long campaigns in full")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files that drive a browser first: the longest, which at the end would be waited for alone.
    What is marked `soak` is left to `--soak`."""
    if not config.getoption("--soak"):
        left = [item for item in items if item.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
    slow = {item.path for item in items if item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def campaign(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """How often a campaign repeats: the small number, or the large one under `--soak`."""
    soak = bool(request.config.getoption("--soak"))
    return lambda small, large: large if soak else small


@pytest.fixture(scope="session", autouse=True)
def kept_databases(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Databases that are made once lie where all workers of this run find them."""
    base = tmp_path_factory.getbasetemp()  # of this worker, inside the run's
    packaged_db.keep_in((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "once")
