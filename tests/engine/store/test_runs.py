"""Runs in the store: saved once, found again, never changed, whole or absent."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kill_ingest import instruments, rejects, some_prices
from root import ROOT

from engine.core.canonical import RUN_1
from engine.core.errors import InputError, StoreDamaged
from engine.core.words import CASH
from engine.store import NewRun, RunWeight, Store, StoredRun
from engine.store.migrations import MIGRATIONS
from engine.store.runs.records import run_id_of

WEIGHTS = (
    RunWeight("A", 0.1 + 0.2, 3, 1, 0.5),
    RunWeight("B", 0.0, 3, 2, 0.5),
    RunWeight(CASH, 0.7 - 5e-17),
)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A store with universe `u`, and its snapshot."""
    path = tmp_path_factory.mktemp("runs") / "x.duckdb"
    data = some_prices(["A", "B"], 30)
    found = Store(path).ingest("u", instruments(["A", "B"]), data, rejects(0), "a")
    return path, found.snapshot_id


@pytest.fixture
def store(loaded: tuple[Path, str], tmp_path: Path) -> Store:
    shutil.copy(loaded[0], tmp_path / "x.duckdb")
    return Store(tmp_path / "x.duckdb")


@pytest.fixture
def run(loaded: tuple[Path, str]) -> NewRun:
    return a_run(loaded[1])


def a_run(snapshot_id: str, **changes: object) -> NewRun:
    values: dict = {
        "universe": "u", "snapshot_id": snapshot_id, "as_of": dt.date(2020, 2, 11),
        "profile": "hrp", "preset": "roadmap", "regime": "QUIET", "threshold": 0.5,
        "linkage": "average", "status": "solved", "params": {"tree": {"threshold": None}},
        "result": {"cash": 0.7, "score": float("nan"), "waivers": {"sector": ["A"]}},
        "weights": WEIGHTS,
    }  # fmt: skip
    return NewRun(**{**values, **changes})


def sql(store: Store, text: str, *values: object) -> None:
    with duckdb.connect(str(store.path)) as connection:
        connection.execute(text, list(values))


def test_what_went_in_comes_out(store: Store, run: NewRun) -> None:
    before = dt.datetime.now(dt.UTC)
    stored = store.runs.save(run, " Anna ")
    assert isinstance(stored, StoredRun)
    assert stored == store.runs.read(stored.run_id) == store.runs.latest("u")
    assert store.runs.of("u") == (stored,)
    assert before <= stored.created_at <= dt.datetime.now(dt.UTC)
    assert (stored.by, len(stored.run_id), stored.faults) == ("Anna", 16, ())
    for field in dataclasses.fields(NewRun):
        if field.name not in ("result", "weights"):
            assert getattr(stored, field.name) == getattr(run, field.name)
    assert stored.result == {"cash": 0.7, "score": None, "waivers": {"sector": ["A"]}}
    assert {w.symbol: w for w in stored.weights} == {w.symbol: w for w in WEIGHTS}  # bit for bit
    assert stored.cash == WEIGHTS[2].weight
    assert stored.waivers == {"sector": ["A"]}


def test_twice_is_once(store: Store, run: NewRun) -> None:
    first = store.runs.save(run, "Anna")
    size = store.path.stat().st_size
    again = store.runs.save(dataclasses.replace(run, weights=WEIGHTS[::-1]), "Bert")
    assert again == first
    assert again.by == "Anna"
    assert len(store.runs.of("u")) == 1
    assert store.path.stat().st_size == size


@pytest.mark.parametrize(
    "change",
    [
        {"as_of": dt.date(2020, 2, 10)},
        {"params": {"tree": {"threshold": 0.5}}},
        {"weights": (RunWeight("A", 0.30000000000000010, 3, 1, 0.5), *WEIGHTS[1:])},
        {"result": {"waivers": {"sector": ["A"], "metadata": ["A"]}}},
    ],
)
def test_what_differs_is_another_run(store: Store, run: NewRun, change: dict) -> None:
    first = store.runs.save(run)
    second = store.runs.save(dataclasses.replace(run, **change))
    assert first.run_id != second.run_id
    assert [r.run_id for r in store.runs.of("u")] == [second.run_id, first.run_id]
    assert store.runs.latest("u") == second


def test_one_bit_of_a_weight_names_another_run(run: NewRun) -> None:
    near = RunWeight("A", 0.3, 3, 1, 0.5)
    assert 0.3 != WEIGHTS[0].weight == pytest.approx(0.3)
    assert run_id_of(run) != run_id_of(dataclasses.replace(run, weights=(near, *WEIGHTS[1:])))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_canonical_text_survives_json(document: object) -> None:
    import json

    assert RUN_1.text(json.loads(RUN_1.text(document))) == RUN_1.text(document)


def test_unknown_runs_are_refused_by_name(store: Store, run: NewRun, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'nope' is stored: none is stored yet"):
        store.runs.read("nope")
    kept = store.runs.save(run)
    with pytest.raises(InputError, match=f"'nope' is stored: choose {kept.run_id}"):
        store.runs.read("nope")
    absent = Store(tmp_path / "absent.duckdb")
    with pytest.raises(InputError, match="none is stored yet"):
        absent.runs.read("nope")
    assert absent.runs.of("u") == ()
    assert absent.runs.latest("u") is None
    with pytest.raises(InputError, match="never had the snapshot"):
        absent.runs.save(run)
    assert not absent.path.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"snapshot_id": "f" * 64}, "never had the snapshot"),
        ({"universe": "v"}, "never had the snapshot"),
        ({"weights": ()}, "needs weights"),
        ({"weights": (WEIGHTS[0], WEIGHTS[0])}, "each symbol once"),
        ({"weights": (RunWeight("A", float("nan")),)}, "No weight for A"),
        ({"weights": (RunWeight("A", None),)}, "No weight for A"),
    ],
)
def test_what_cannot_be_a_run(store: Store, run: NewRun, change: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        store.runs.save(dataclasses.replace(run, **change))
    assert store.runs.of("u") == ()


def test_runs_outlive_their_universe(store: Store, run: NewRun) -> None:
    kept = store.runs.save(run)
    store.delete("u")
    assert store.runs.of("u") == (kept,)
    assert store.runs.read(kept.run_id) == kept
    with pytest.raises(InputError, match="was deleted"):
        store.runs.save(dataclasses.replace(run, as_of=dt.date(2020, 2, 10)))


CHANGES = [
    "UPDATE run_weights SET weight = weight + 1e-12 WHERE symbol = 'A'",
    "UPDATE run_weights SET weight = NULL WHERE symbol = 'A'",
    "UPDATE run_weights SET cluster_id = 4 WHERE symbol = 'A'",
    "UPDATE run_weights SET intra = 0.4 WHERE symbol = 'A'",
    "UPDATE run_weights SET symbol = 'C' WHERE symbol = 'A'",
    "DELETE FROM run_weights WHERE symbol = 'CASH'",
    "UPDATE runs SET params = '{}'",
    "UPDATE runs SET result = 'no json'",
    "UPDATE runs SET threshold = 0.4",
    "UPDATE runs SET who = 'Bert'",
    "UPDATE runs SET status = 'failed'",
]


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_behind_the_back_shows(store: Store, run: NewRun, change: str) -> None:
    kept = store.runs.save(run, "Anna")
    sql(store, change)
    found = store.runs.read(kept.run_id)
    assert "the checksum does not fit what is stored" in found.faults
    with pytest.raises(StoreDamaged, match="was changed since"):
        store.runs.save(run, "Anna")


def test_a_store_of_the_version_before_gains_the_tables(tmp_path: Path, run: NewRun) -> None:
    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE migrations (number INTEGER PRIMARY KEY, name VARCHAR NOT NULL, "
            "applied_at TIMESTAMP NOT NULL)"
        )
        for number, step in enumerate(MIGRATIONS[:2], start=1):
            step(connection)
            connection.execute(
                "INSERT INTO migrations VALUES (?, ?, now())", [number, step.__name__]
            )
    store = Store(path)
    assert store.runs.of("u") == ()
    data = some_prices(["A", "B"], 30)
    found = store.ingest("u", instruments(["A", "B"]), data, rejects(0), "a")
    assert store.runs.save(dataclasses.replace(run, snapshot_id=found.snapshot_id)).run_id


def test_threads_that_save_the_same_store_it_once(store: Store, run: NewRun) -> None:
    ids: list[str] = []
    threads = [
        threading.Thread(target=lambda: ids.append(store.runs.save(run).run_id)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == len(store.runs.of("u")) == 1


HERE = Path(__file__).resolve().parent
# This tree's engine, this module and what it imports.
KILLED_PATH = tuple(map(str, (ROOT, HERE, ROOT / "tests" / "support")))
KILLED = """
import os, signal, sys
from test_runs import a_run
from engine.store import Store
from engine.store.runs import runs, tables
def die(*_a, **_k): os.kill(os.getpid(), signal.SIGKILL)
path, snapshot_id, point = sys.argv[1:]
if point == "between":  # the run is in, its weights are not
    tables.pa.table = die
elif point == "before commit":
    real = runs.add_run
    runs.add_run = lambda *a: (real(*a), die())
Store(path).runs.save(a_run(snapshot_id))
if point == "committed": die()
"""


@pytest.mark.parametrize("point", ["between", "before commit", "committed"])
def test_killed_in_the_middle_it_is_whole_or_absent(store: Store, run: NewRun, point: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(store.path), run.snapshot_id, point],
        cwd=Path(__file__).parent,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(KILLED_PATH)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    found = store.runs.of("u")
    assert len(found) == (1 if point == "committed" else 0)
    again = store.runs.save(run)
    assert again.faults == ()
    assert len(again.weights) == 3
    assert len(store.runs.of("u")) == 1
