"""SIGKILL in the middle of an ingest: the store is as before or as after, never between."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import kill_ingest
import pytest

from engine.store import Store

DRIVER = Path(kill_ingest.__file__)
BEFORE_COMMIT = ("begun", "appended", "before commit")


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The store before, and the ids and the duration of the way to after."""
    directory = tmp_path_factory.mktemp("kill")
    before = kill_ingest.earlier(Store(directory / "before.duckdb"))
    shutil.copy(directory / "before.duckdb", directory / "after.duckdb")
    started = time.perf_counter()
    after = kill_ingest.later(Store(directory / "after.duckdb"))
    duration = time.perf_counter() - started
    return {"directory": directory, "before": before, "after": after, "duration": duration}


def strike(states: dict[str, object], path: Path, point: str, delay: float | None) -> str:
    """Ingest in a process that is killed; the state that is found, after all checks of it."""
    directory = Path(str(states["directory"]))
    shutil.copy(directory / "before.duckdb", path)
    shutil.copytree(directory / "before.snapshots", path.with_suffix(".snapshots"))
    process = subprocess.Popen(
        [sys.executable, str(DRIVER), "ingest", str(path), point],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "ready\n"
        if delay is not None:
            time.sleep(delay)
            process.kill()
    assert process.returncode == -9 or delay is not None
    return check(states, path)


def check(states: dict[str, object], path: Path) -> str:
    store = Store(path)
    snapshot = store.snapshot("u", from_tables=True)
    found = "before" if snapshot.info.snapshot_id == states["before"] else "after"
    assert snapshot.info.snapshot_id == states[found]
    assert snapshot.notice is None
    n_ingests, n_rejects, n_rows = (1, 3, 10_000) if found == "before" else (2, 8, 40_000)
    assert len(store.ingests("u")) == n_ingests
    assert len(store.quarantine("u")) == n_rejects
    assert len(snapshot.prices) == n_rows
    # An ingest that had happened must be found whole: then the repeat stores nothing.
    assert kill_ingest.later(store) == states["after"]
    again = store.ingests("u").iloc[0]
    expected = (30_000, 10_000) if found == "before" else (0, 0)
    assert (again["stored"], again["revised"]) == expected
    assert store.snapshot("u", str(states["before"]), from_tables=True).info.rows == 10_000
    assert store.ledger.verify().passed  # a row and its link are written together
    assert not list(path.parent.glob("*.wal"))
    return found


@pytest.mark.parametrize("point", [p for p in kill_ingest.POINTS if p != "creating"])
def test_kill_at_every_step(states: dict[str, object], tmp_path: Path, point: str) -> None:
    found = strike(states, tmp_path / "x.duckdb", point, None)
    assert found == ("before" if point in BEFORE_COMMIT else "after")


def test_kill(
    states: dict[str, object], tmp_path: Path, campaign: Callable[[int, int], int]
) -> None:
    rng = random.Random(20261123)
    for i in range(campaign(5, 100)):
        delay = rng.uniform(0, 1.2 * float(str(states["duration"])))
        strike(states, tmp_path / f"{i}.duckdb", "", delay)


def test_kill_while_the_file_is_made_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "new.duckdb"
    done = subprocess.run(
        [sys.executable, str(DRIVER), "ingest", str(path), "creating"], capture_output=True
    )
    assert done.returncode == -9
    assert not path.exists()
    assert Store(path).universes() == []
    kill_ingest.earlier(Store(path))
    assert Store(path).last_universe() == "u"
