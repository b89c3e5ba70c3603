"""SIGKILL during an acceptance, and two at once: one entry with its event, or neither."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import kill_accept
import pytest
from root import ROOT

from engine.store import Store

# Where the blow comes after the commit.
AFTER = ("committed",)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with an approved ticket."""
    path = tmp_path_factory.mktemp("accept") / "x.duckdb"
    kill_accept.ready(path)
    return path


def start(path: Path, point: str = "") -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, kill_accept.__file__, str(path), point],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},  # this tree's engine
    )
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen) -> None:
    process.stdin.write("\n")
    process.stdin.flush()


def check(path: Path) -> str:
    """Whether it is before or after, and that it is wholly so; then a repeat makes it after."""
    store = Store(path)
    ticket = store.ledger.ticket(kill_accept.TICKET)
    entries = store.ledger.entries("main")
    found = "after" if ticket.state == "IMPLEMENTED" else "before"
    assert ticket.state in ("APPROVED", "IMPLEMENTED")
    assert [e.kind for e in entries] == ["create", "cash", "ticket"][: 2 + (found == "after")]
    assert len(ticket.events) == 2 + (found == "after")
    assert store.ledger.verify().passed
    again = store.ledger.accept(
        kill_accept.TICKET, "Carl", kill_accept.FILLS, effective_date=kill_accept.DAY
    )
    assert (again.repeated, again.same) == (found == "after", True)
    assert len(store.ledger.entries("main")) == 3
    assert store.ledger.verify(anchor=entries[-1].hash).passed
    return found


@pytest.mark.parametrize("point", kill_accept.POINTS)
def test_killed_at_every_step(template: Path, tmp_path: Path, point: str) -> None:
    path = Path(shutil.copy(template, tmp_path))
    with start(path, point) as process:
        process.communicate("\n")
    assert process.returncode == -9
    assert check(path) == ("after" if point in AFTER else "before")


def test_killed_at_any_moment(
    template: Path, tmp_path: Path, campaign: Callable[[int, int], int]
) -> None:
    path = Path(shutil.copy(template, tmp_path / "timed.duckdb"))
    with start(path) as process:
        go(process)
        assert process.stdout.readline() == "started\n"
        begun = time.perf_counter()
        assert process.stdout.readline().startswith("won ")
        duration = time.perf_counter() - begun
    rng = random.Random(20261123)
    for i in range(campaign(5, 50)):
        path = Path(shutil.copy(template, tmp_path / f"{i}.duckdb"))
        with start(path) as process:
            go(process)
            assert process.stdout.readline() == "started\n"
            time.sleep(rng.uniform(0, 1.2 * duration))
            process.kill()
        check(path)


def test_of_two_processes_one_wins_and_the_other_is_told(template: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(template, tmp_path))
    with start(path) as first, start(path) as second:
        for process in (first, second):
            go(process)
        said = [process.communicate()[0].split("\n")[1] for process in (first, second)]
    assert sorted(words.split()[0] for words in said) == ["told", "won"]
    winner = first if said[0].startswith("won") else second
    store = Store(path)
    entry = store.ledger.entries("main")[-1]
    assert entry.by == f"process {winner.pid}"
    assert all(f"process {winner.pid}" in words for words in said)
    (told,) = (words for words in said if words.startswith("told"))
    assert "was implemented already" in told
    assert "nothing was changed" in told
    assert [e.kind for e in store.ledger.entries("main")] == ["create", "cash", "ticket"]
    assert check(path) == "after"
