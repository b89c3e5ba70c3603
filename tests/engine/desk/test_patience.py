"""Whoever writes waits for the store, also where it first has to be read; leftovers are swept."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hand_made import mixed_universe
from kill_ingest import held_by_another_process
from patience import WAIT_S

from engine.core.errors import StoreBusy
from engine.desk import Desk
from engine.params import Params
from engine.store import Store


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patience")
    prices, table = mixed_universe()
    prices.to_csv(folder / "world.csv", index=False)
    table.to_csv(folder / "instruments.csv", index=False)
    return folder


WRITES: dict[str, Callable[[Desk, Path], object]] = {
    "ingest": lambda desk, files: desk.ingest(files / "world.csv", None),
    "optimise": lambda desk, _: desk.optimise("world", Params()),
    "book": lambda desk, _: desk.portfolios.move_cash("main", "5"),
    "propose": lambda desk, _: desk.portfolios.propose("main", Params()),
}


@pytest.mark.parametrize("write", WRITES)
def test_what_ends_in_a_write_waits_as_a_write(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    """Reads give up at once here, so it would be refused by the first that it begins with."""
    desk = Desk(tmp_path / "x.duckdb")
    desk.ingest(files / "world.csv", files / "instruments.csv")
    desk.portfolios.create("main", "world", "USD", cash="100000")
    desk.store = Store(desk.store.path, read_wait_s=0.01)
    with held_by_another_process(desk.store.path) as process:
        with pytest.raises(StoreBusy):
            desk.store.symbols("world")
        tried, pause = threading.Event(), time.sleep
        monkeypatch.setattr(time, "sleep", lambda seconds: (tried.set(), pause(seconds)))
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(WRITES[write], desk, files)
            assert tried.wait(WAIT_S)
            process.stdin.close()
            waiting.result()


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    dead, cache = int(gone.stdout), tmp_path / "x.snapshots"
    cache.mkdir()
    left = [
        tmp_path / f"x.duckdb.{dead}-1.draft",
        tmp_path / f"x.duckdb.{dead}-1.draft.wal",
        cache / f"0123456789abcdef.{dead}-7.part",
    ]
    ours = [
        tmp_path / f"x.duckdb.{os.getpid()}-1.draft",  # another thread's, at work
        tmp_path / f"y.duckdb.{dead}-1.draft",  # another database's
        cache / f"0123456789abcdef.{os.getpid()}-7.part",
        cache / "catalog.json",
    ]
    old = cache / "half.part"
    for file in (*left, *ours, old):
        file.write_text("x")
    os.utime(old, (0, 0))
    Store(path)
    assert not any(file.exists() for file in (*left, old))
    assert all(file.exists() for file in ours)
