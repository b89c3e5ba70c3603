"""One file, many threads and processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import kill_ingest
import numpy as np
import pandas as pd
import pytest
from kill_ingest import held_by_another_process, instruments, some_prices
from patience import WAIT_S

from engine.core.errors import EmptyUniverse, StoreBusy
from engine.core.frames import empty_rejects
from engine.store import Store

NONE = empty_rejects()


def test_while_another_process_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.duckdb"
    prices = some_prices(["A", "B"], 20)
    made = Store(path).ingest("u", instruments(["A", "B"]), prices, NONE, "f.csv")
    hasty = Store(path, read_wait_s=0.2, write_wait_s=0.3)
    with held_by_another_process(path) as process:
        holder = f"PID {process.pid}"
        # Readers get the last snapshot and are told.
        snapshot = hasty.snapshot("u")
        pd.testing.assert_frame_equal(snapshot.prices, prices, check_exact=True)
        assert snapshot.info.snapshot_id == made.snapshot_id
        assert holder in snapshot.notice
        assert "last snapshot" in snapshot.notice
        assert holder in hasty.catalog().notice
        assert hasty.universes() == [snapshot.info]
        assert hasty.last_universe() == "u"
        # What is not known cannot be denied while the truth is out of reach.
        for call in (
            lambda: hasty.snapshot("other"),
            lambda: hasty.snapshot("u", "0" * 64),
            lambda: hasty.symbols("u"),
            lambda: hasty.quarantine("u"),
        ):
            with pytest.raises(StoreBusy, match=holder):
                call()
        # A writer that cannot get it says who has it.
        with pytest.raises(StoreBusy, match=holder) as caught:
            hasty.ingest("u", None, prices, NONE, "g")
        assert caught.value.exit_code == 3
        # A writer that waits gets it.
        with ThreadPoolExecutor(1) as pool:
            tried = threading.Event()
            pause = time.sleep  # what a writer does once it has found the file held
            monkeypatch.setattr(time, "sleep", lambda seconds: (tried.set(), pause(seconds)))
            waiting = pool.submit(Store(path).ingest, "u", None, prices, NONE, "h")
            assert tried.wait(WAIT_S)
            assert not waiting.done()
            process.stdin.close()
            assert waiting.result().unchanged == 40
    assert hasty.snapshot("u").notice is None
    assert hasty.ingests("u")["source"].tolist() == ["h", "f.csv"]
    with pytest.raises(EmptyUniverse):
        hasty.snapshot("other")


def test_busy_with_nothing_known(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    with held_by_another_process(path) as process:
        for call in (Store(path, 0.1).universes, lambda: Store(path, 0.1).snapshot("u")):
            with pytest.raises(StoreBusy, match=f"PID {process.pid}"):
                call()


def test_two_processes_ingest_and_read_at_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    store = Store(path)
    before = kill_ingest.earlier(store)
    with subprocess.Popen(
        [sys.executable, kill_ingest.__file__, "ingest", str(path)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "ready\n"
        seen = []
        while process.poll() is None:
            seen.append(store.snapshot("u", from_tables=True).info.snapshot_id)
        after = process.stdout.read().strip()
    assert process.returncode == 0
    # Each state whole, and never back again.
    assert seen == [before] * seen.count(before) + [after] * seen.count(after)
    assert store.snapshot("u").info.snapshot_id == after


def test_threads_mix_reads_and_ingests(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    symbols = [f"T{i:02d}" for i in range(16)]
    days = 12
    prices = some_prices(symbols, days)
    Store(path).ingest("u", instruments(symbols), prices[prices["symbol"] == "T00"], NONE, "0")
    start = threading.Barrier(16)

    def work(i: int) -> list[int]:
        store = Store(path, read_wait_s=60.0, write_wait_s=60.0)
        mine = prices[prices["symbol"] == symbols[i]]
        start.wait()
        seen = []
        for day in np.array_split(np.arange(days), 2):
            if i % 4 == 1:
                store.ingest("u", None, mine.iloc[day], NONE, str(i))
            snapshot = store.snapshot("u", from_tables=True)
            assert snapshot.notice is None
            assert len(snapshot.prices) == snapshot.info.rows
            merged = snapshot.prices.merge(prices, on=["symbol", "date"])
            np.testing.assert_array_equal(merged["close_x"], merged["close_y"])
            assert len(merged) == snapshot.info.rows
            assert {info.name for info in store.universes()} == {"u"}
            seen.append(snapshot.info.rows)
        return seen

    with ThreadPoolExecutor(16) as pool:
        rows = list(pool.map(work, range(16)))
    assert all(seen == sorted(seen) for seen in rows)
    snapshot = Store(path).snapshot("u", from_tables=True)
    assert snapshot.info.rows == 5 * days  # T00 and the four threads that write
    assert len(Store(path).ingests("u")) == 1 + 4 * 2


def test_two_threads_make_the_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.duckdb"
    start = threading.Barrier(4)

    def work(i: int) -> None:
        start.wait()
        Store(path).ingest(f"u{i}", instruments(["A"]), some_prices(["A"], 3), NONE, "f")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert {info.name for info in Store(path).universes()} == {"u0", "u1", "u2", "u3"}
    assert not list(path.parent.glob("*draft*"))
