"""Who did what, and universes deleted and restored: events beside data that nothing touches."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kill_ingest import SYMBOLS, earlier, instruments, later, rejects, some_prices
from root import ROOT

from engine.core.errors import EmptyUniverse, InputError
from engine.core.frames import empty_rejects
from engine.store import Store, migrations
from engine.store.names import name_from

NONE = empty_rejects()
FEW = ["A", "B"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "x.duckdb", read_wait_s=5.0)


def load(store: Store, universe: str, seed: int = 0, by: str = "") -> str:
    data = some_prices(FEW, 10, seed)
    return store.ingest(
        universe, instruments(FEW), data, rejects(1), f"{universe}.csv", by
    ).snapshot_id


def tables(store: Store) -> dict[str, pd.DataFrame]:
    """All that is stored, but for the events."""
    with duckdb.connect(str(store.path), read_only=True) as connection:
        return {
            name: connection.sql(f"SELECT * FROM {name} ORDER BY ALL").df()
            for name in ("ingests", "instruments", "prices", "quarantine", "snapshots")
        }


def listed(store: Store) -> list[str]:
    return [info.name for info in store.universes()]


# Who


def test_who_is_on_record(store: Store) -> None:
    load(store, "u", by="  ann@example.com ")
    load(store, "u", seed=1)
    assert store.ingests("u")["by"].tolist() == ["", "ann@example.com"]
    assert store.universes()[0].by == ""
    load(store, "u", seed=2, by="bob")
    assert store.snapshot("u").info.by == "bob"
    copy = json.loads((store.cache / "catalog.json").read_text())
    assert copy[0]["by"] == "bob"


@pytest.mark.parametrize("by", ["x" * 321, "a\nb", "a\x00"])
def test_who_must_be_printable_and_short(store: Store, by: str) -> None:
    load(store, "u")
    for action in (
        lambda: load(store, "u", seed=1, by=by),
        lambda: store.delete("u", by),
        lambda: store.restore("u", by),
    ):
        with pytest.raises(InputError, match="who does this"):
            action()
    assert len(store.ingests("u")) == 1
    assert listed(store) == ["u"]


# Delete and restore


def test_deleted_is_out_of_sight_and_nothing_is_lost(store: Store) -> None:
    kept = load(store, "kept")
    gone = load(store, "gone", seed=1)
    before = tables(store)
    removal = store.delete("gone", "ann")
    assert (removal.universe, removal.by) == ("gone", "ann")
    assert listed(store) == ["kept"]
    assert store.last_universe() == "kept"
    for asked in (None, gone):
        with pytest.raises(EmptyUniverse, match="gone was deleted: restore it"):
            store.snapshot("gone", asked)
    with pytest.raises(InputError, match="gone was deleted: restore it first, or take another"):
        store.current("gone")
    assert [e["name"] for e in json.loads((store.cache / "catalog.json").read_text())] == ["kept"]
    [(info, found)] = store.deleted()
    assert (info.name, info.snapshot_id, found) == ("gone", gone, removal)
    after = tables(store)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(after[name], frame)

    back = store.restore("gone", "bob")
    assert back.snapshot_id == gone
    assert store.deleted() == []
    assert listed(store) == ["gone", "kept"]
    assert store.snapshot("gone", from_tables=True).info == back
    assert store.snapshot("kept", from_tables=True).info.snapshot_id == kept
    with duckdb.connect(str(store.path), read_only=True) as connection:
        events = connection.sql("SELECT event_id, universe, action, who FROM removals").fetchall()
    assert events == [(1, "gone", "delete", "ann"), (2, "gone", "restore", "bob")]


def test_ingest_into_a_deleted_name_is_refused_and_leaves_the_store(store: Store) -> None:
    load(store, "u")
    store.delete("u")
    before = tables(store)
    with pytest.raises(InputError, match="u was deleted: restore it first, or take another name"):
        load(store, "u", seed=1)
    after = tables(store)
    assert all(after[name].equals(frame) for name, frame in before.items())
    store.restore("u")
    assert load(store, "u", seed=1) != before["ingests"]["snapshot_id"][0]


def test_a_repeat_is_no_second_event(store: Store) -> None:
    load(store, "u")
    assert store.restore("u", "early").name == "u"  # it is there: nothing to do
    first = store.delete("u", "ann")
    assert store.delete("u", "bob") == first
    store.restore("u")
    store.restore("u")
    with duckdb.connect(str(store.path), read_only=True) as connection:
        assert connection.sql("SELECT count(*) FROM removals").fetchall() == [(2,)]


def test_names_that_never_were(store: Store, tmp_path: Path) -> None:
    for action in (store.delete, store.restore):
        with pytest.raises(EmptyUniverse, match="load data first"):
            action("u")
    assert store.deleted() == []
    assert list(tmp_path.iterdir()) == []  # to ask creates nothing
    load(store, "u")
    for action in (store.delete, store.restore):
        with pytest.raises(EmptyUniverse, match="choose u"):
            action("'; DROP TABLE removals; --")


def test_the_last_one_can_go_and_come_back_from_the_tables(store: Store) -> None:
    snapshot_id = load(store, "u")
    store.delete("u")
    assert store.last_universe() is None
    assert json.loads((store.cache / "catalog.json").read_text()) == []
    shutil.rmtree(store.cache)
    store.restore("u")
    assert [p.name.split(".")[0] for p in store.cache.glob("*.parquet")] == [snapshot_id]


def test_while_the_database_is_busy_a_deleted_universe_is_not_in_the_copy(store: Store) -> None:
    load(store, "u")
    load(store, "v")
    store.delete("v")
    hasty = Store(store.path, read_wait_s=0.05)
    with store._database.write():
        assert [info.name for info in hasty.catalog().universes] == ["u"]


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    actions=st.lists(
        st.tuples(st.sampled_from(["load", "delete", "restore"]), st.sampled_from("uvw")),
        max_size=8,
    )
)
def test_lists_follow_any_sequence(tmp_path: Path, actions: list[tuple[str, str]]) -> None:
    """Against a model: names ever loaded in order of their last load, and those that are out."""
    path = tmp_path / "model.duckdb"
    path.unlink(missing_ok=True)
    shutil.rmtree(path.with_suffix(".snapshots"), ignore_errors=True)
    store, order, out = Store(path), [], []
    for seed, (action, name) in enumerate(actions):
        try:
            if action == "load":
                load(store, name, seed)
                order = [name, *(o for o in order if o != name)]
            else:
                getattr(store, action)(name)
                out = [o for o in out if o != name] if action == "restore" else out
                if action == "delete" and name not in out:
                    out = [name, *out]
        except EmptyUniverse:
            assert name not in order
        except InputError:
            assert action == "load"
            assert name in out
    assert listed(store) == [o for o in order if o not in out]
    assert [info.name for info, _ in store.deleted()] == out
    assert store.last_universe() == next((o for o in order if o not in out), None)


# Old databases


def test_a_database_of_the_first_version_is_upgraded(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables and rows as version 1 wrote them, by its own statements."""
    snapshot_id = load(Store(store.path.with_name("other.duckdb")), "u")
    monkeypatch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
    with duckdb.connect(str(store.path)) as connection:
        migrations.migrate(connection, "x")
        connection.execute(
            "INSERT INTO ingests VALUES (1, 'u', 'old.csv', TIMESTAMP '2026-01-02 03:04:05', "
            f"20, 20, 0, 0, 0, '{snapshot_id}')"
        )
        connection.register("rows", some_prices(FEW, 10).assign(universe="u", ingest_id=1))
        connection.execute("INSERT INTO prices BY NAME SELECT * FROM rows")
        connection.register("described", instruments(FEW).assign(universe="u", ingest_id=1))
        connection.execute("INSERT INTO instruments BY NAME SELECT * FROM described")
        connection.execute(
            f"INSERT INTO snapshots VALUES ('u', '{snapshot_id}', 1, 2, 20, "
            "DATE '2020-01-01', DATE '2020-01-14')"
        )
    monkeypatch.undo()
    [info] = store.universes()
    assert (info.snapshot_id, info.source, info.by) == (snapshot_id, "old.csv", "")
    assert store.ingests("u")["by"].tolist() == [""]
    assert store.snapshot("u", from_tables=True).info == info
    store.delete("u", "ann")
    assert store.restore("u") == info
    assert load(store, "u", by="bob") == snapshot_id
    assert store.ingests("u")["by"].tolist() == ["bob", ""]


def test_a_catalog_copy_without_who_is_still_read(store: Store) -> None:
    load(store, "u", by="ann")
    path = store.cache / "catalog.json"
    entries = json.loads(path.read_text())
    del entries[0]["by"]
    path.write_text(json.dumps(entries))
    hasty = Store(store.path, read_wait_s=0.05)
    with store._database.write():
        assert hasty.catalog().universes[0].by == ""


# SIGKILL

_STRUCK = """
import os, signal, sys
from engine.store import Store, catalog, store
module, name = {"event": (store, "add_event"), "copies": (catalog, "save_catalog")}[sys.argv[3]]
whole = getattr(module, name)
def struck(*args, **kwargs):
    if sys.argv[4] == "after":
        whole(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(module, name, struck)
getattr(Store(sys.argv[1]), sys.argv[2])("u", "ann")
"""


@pytest.mark.parametrize("action", ["delete", "restore"])
@pytest.mark.parametrize(
    ("point", "when", "done"),
    [("event", "before", False), ("event", "after", False), ("copies", "before", True)],
)
def test_kill(store: Store, action: str, point: str, when: str, done: bool) -> None:
    snapshot_id = earlier(store)
    if action == "restore":
        store.delete("u")
    killed = subprocess.run(
        [sys.executable, "-c", _STRUCK, str(store.path), action, point, when],
        cwd=ROOT, env={**os.environ}, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    assert (listed(store) == []) == (done == (action == "delete"))
    store.restore("u")
    assert store.snapshot("u", from_tables=True).info.snapshot_id == snapshot_id
    assert later(store)
    assert len(store.snapshot("u").prices) == 1000 * len(SYMBOLS)


# Names


@given(st.text(max_size=100))
def test_a_name_from_any_text_fits(text: str) -> None:
    name = name_from(text)
    assert name_from(name) == name
    with pytest.raises(EmptyUniverse):  # the name fits: only the universe is missing
        Store("nowhere/x.duckdb").snapshot(name)
    assert Store("nowhere/x.duckdb").current(name).prices.empty


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("world", "world"),
        ("my prices (1)", "my prices -1"),
        ("../../etc/passwd", "etc-passwd"),
        ('<b>"x"</b>', "b-x-b"),
        ("Kurse Märkte", "Kurse M-rkte"),
        ("日本", "upload"),
        ("x" * 99, "x" * 64),
    ],
)
def test_names_from_texts(text: str, name: str) -> None:
    assert name_from(text) == name
