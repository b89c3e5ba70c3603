"""What is made once for many tests: one call, equal copies, nothing half made."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import packaged_db
import pytest
from packaged_db import made_once, packaged_at

from engine.desk import PACKAGED, Desk
from engine.sources.packaged import packaged


@pytest.fixture
def own_folder(tmp_path: Path) -> Iterator[Path]:
    """Nothing is made yet."""
    (before,) = packaged_db._folder
    packaged_db.keep_in(tmp_path / "once")
    yield tmp_path
    packaged_db.keep_in(before)


def test_a_copy_is_what_loading_makes(tmp_path: Path) -> None:
    desk = Desk(packaged_at(tmp_path / "copy.duckdb"))
    (info,) = desk.store.universes()
    assert (info.name, info.rows) == (PACKAGED, len(packaged().prices))
    snapshot = desk.store.snapshot(PACKAGED, from_tables=True)
    assert (snapshot.notice, snapshot.info) == (None, info)
    cached = sorted(p.name.split(".")[0] for p in desk.store.cache.iterdir())
    assert cached == sorted([info.snapshot_id, "catalog"])
    # A copy is its own: what is done to it is not in the next.
    desk.delete(PACKAGED)
    assert Desk(packaged_at(tmp_path / "next.duckdb")).universe() == PACKAGED


def test_who_comes_at_the_same_time_waits_for_the_one_who_makes_it(own_folder: Path) -> None:
    start, calls = threading.Barrier(4), []

    def make(path: Path) -> None:
        calls.append(path)
        path.write_text("made")
        path.with_suffix(".snapshots").mkdir()

    def ask(k: int) -> str:
        start.wait()
        return made_once("thing", make, own_folder / f"{k}.duckdb").read_text()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == ["made"] * 4
    assert len(calls) == 1


def test_what_failed_is_made_anew(own_folder: Path) -> None:
    def fail(path: Path) -> None:
        path.write_text("half")
        raise OSError("the disk is full")

    def make(path: Path) -> None:
        assert not path.exists()
        path.write_text("whole")
        path.with_suffix(".snapshots").mkdir()

    with pytest.raises(OSError, match="full"):
        made_once("thing", fail, own_folder / "x.duckdb")
    assert made_once("thing", make, own_folder / "x.duckdb").read_text() == "whole"
