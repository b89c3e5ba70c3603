"""The store: counts, revisions, snapshots, caches, and what it says of a file that is not its."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kill_ingest import instruments, rejects, some_prices

from engine.core.errors import EmptyUniverse, InputError, StoreBusy, StoreDamaged
from engine.core.frames import empty_prices, empty_rejects
from engine.store import Store, migrations, snapshots
from engine.store.snapshots import Content, content_id

SYMBOLS = ["A", "B", "NA"]
NONE = empty_rejects()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "x.duckdb", read_wait_s=5.0)


def revised(prices: pd.DataFrame, at: int, **values: float) -> pd.DataFrame:
    frame = prices.copy()
    for name, value in values.items():
        frame.loc[at, name] = value
    return frame


def cache_file(store: Store) -> Path:
    (path,) = store.cache.glob("*.parquet")
    return path


# Ingest


def test_an_absent_store_is_empty_and_stays_absent(store: Store, tmp_path: Path) -> None:
    assert store.universes() == []
    assert store.last_universe() is None
    assert store.symbols("u") == set()
    assert [*store.quarantine("u")][:2] == ["ingest_id", "loaded_at"]
    assert store.quarantine_counts("u").empty
    assert store.ingests("u").empty
    with pytest.raises(EmptyUniverse, match="load data first"):
        store.snapshot("u")
    assert list(tmp_path.iterdir()) == []


def test_counts_add_up(store: Store) -> None:
    prices = some_prices(SYMBOLS, 10)
    first = store.ingest("u", instruments(SYMBOLS), prices, rejects(2), "f.csv")
    assert (first.stored, first.unchanged, first.revised, first.quarantined) == (30, 0, 0, 2)
    assert (first.rows, first.symbols, first.universe) == (32, 3, "u")

    # Row 0 has another close, row 4 a volume that is no longer known; A, B gain two days each.
    longer = some_prices(SYMBOLS, 12)
    second = pd.concat(
        [
            revised(prices, 0, close=7.0).pipe(revised, 4, volume=np.nan),
            longer[longer["date"] > prices["date"].max()].query("symbol != 'NA'"),
        ]
    )
    result = store.ingest("u", None, second, rejects(1), "g.csv")
    assert (result.stored, result.unchanged, result.revised, result.quarantined) == (4, 28, 2, 1)
    assert result.rows == 35

    snapshot = store.snapshot("u", from_tables=True)
    assert len(snapshot.prices) == 34
    assert snapshot.prices.loc[0, "close"] == 7.0
    assert np.isnan(snapshot.prices.loc[4, "volume"])
    assert snapshot.info.first == dt.date(2020, 1, 1)
    assert (snapshot.info.symbols, snapshot.info.rows) == (3, 34)
    assert snapshot.info.source == "g.csv"
    assert store.symbols("u") == set(SYMBOLS)


def test_snapshot_gives_back_what_was_put_in(store: Store) -> None:
    prices, listed = some_prices(SYMBOLS, 10), instruments(SYMBOLS)
    store.ingest("u", listed, prices.sample(frac=1, random_state=1), NONE, "f")
    for _ in range(2):  # from the cache, then from the tables
        snapshot = store.snapshot("u")
        pd.testing.assert_frame_equal(snapshot.prices, prices, check_exact=True)
        pd.testing.assert_frame_equal(snapshot.instruments, listed)
        shutil.rmtree(store.cache)


def test_a_repeat_changes_nothing_but_is_on_record(store: Store) -> None:
    prices = some_prices(SYMBOLS, 10)
    first = store.ingest("u", instruments(SYMBOLS), prices, rejects(2), "f")
    store.ingest("other", instruments(SYMBOLS), prices, NONE, "f")
    assert store.last_universe() == "other"
    again = store.ingest("u", instruments(SYMBOLS), prices, rejects(2), "f")
    assert (again.stored, again.revised, again.unchanged) == (0, 0, 30)
    assert again.snapshot_id == first.snapshot_id
    assert store.last_universe() == "u"
    assert len(store.ingests("u")) == 2
    assert len(store.quarantine("u")) == 4
    assert store.quarantine_counts("u").to_numpy().tolist() == [["date does not parse", 2]]
    assert len(store.quarantine("u", limit=1)) == 1


def test_revision_supersedes_and_the_old_snapshot_rebuilds(store: Store) -> None:
    old_prices = some_prices(SYMBOLS, 10)
    old = store.ingest("u", instruments(SYMBOLS, "Tools"), old_prices, NONE, "f").snapshot_id
    changed = revised(old_prices, 3, adj_close=5.0)
    new = store.ingest("u", instruments(["A"], "Toys"), changed, NONE, "g").snapshot_id
    back = store.ingest("u", instruments(["A"], "Tools"), old_prices, NONE, "h")
    assert (back.revised, back.snapshot_id) == (1, old)

    shutil.rmtree(store.cache)
    for snapshot_id, prices, sector in ((old, old_prices, "Tools"), (new, changed, "Toys")):
        snapshot = store.snapshot("u", snapshot_id, from_tables=True)
        pd.testing.assert_frame_equal(snapshot.prices, prices, check_exact=True)
        assert snapshot.instruments["sector"].tolist() == [sector, "Tools", "Tools"]
        assert content_id(Content(snapshot.prices, snapshot.instruments)) == snapshot_id


def test_new_metadata_alone_makes_a_new_snapshot(store: Store) -> None:
    prices = some_prices(SYMBOLS, 3)
    first = store.ingest("u", instruments(SYMBOLS), prices, NONE, "f")
    second = store.ingest("u", instruments(["B"], "Toys"), empty_prices(), NONE, "g")
    assert second.rows == 0
    assert second.snapshot_id != first.snapshot_id
    assert store.snapshot("u").instruments["sector"].tolist() == ["Tools", "Toys", "Tools"]
    assert len(store.snapshot("u").prices) == 9


def test_a_universe_of_rejects_alone(store: Store) -> None:
    store.ingest("u", instruments(SYMBOLS), empty_prices(), rejects(4), "f")
    (info,) = store.universes()
    assert (info.rows, info.symbols, info.first, info.last) == (0, 0, None, None)
    assert store.snapshot("u").prices.dtypes.equals(empty_prices().dtypes)


def test_universes_do_not_meet(store: Store) -> None:
    store.ingest("mine", instruments(["A"]), some_prices(["A"], 5, seed=1), NONE, "f")
    result = store.ingest("yours", instruments(["A"]), some_prices(["A"], 5, seed=2), NONE, "f")
    assert (result.stored, result.revised) == (5, 0)
    mine, yours = store.snapshot("mine").prices, store.snapshot("yours").prices
    assert not np.isin(mine["close"], yours["close"]).any()
    assert [info.name for info in store.universes()] == ["yours", "mine"]
    with pytest.raises(EmptyUniverse, match="choose yours, mine"):
        store.snapshot("theirs")
    with pytest.raises(InputError, match="never had the snapshot"):
        store.snapshot("mine", store.snapshot("yours").info.snapshot_id)


@pytest.mark.parametrize("name", ["", " a", "a/b", "a'; DROP TABLE prices", "x" * 65, "ä", "a\n"])
def test_universe_names_that_do_not_fit(store: Store, name: str) -> None:
    with pytest.raises(InputError, match="universe name"):
        store.ingest(name, instruments(["A"]), some_prices(["A"], 2), NONE, "f")


def test_text_is_never_sql(store: Store) -> None:
    odd = "'; DROP TABLE prices; --"
    store.ingest("u", instruments([odd]), some_prices([odd], 2), NONE, odd)
    assert store.symbols("u") == {odd}
    assert store.snapshot("u").info.source == odd
    with pytest.raises(EmptyUniverse):
        store.snapshot(odd)


def test_a_refused_ingest_leaves_the_store_as_it_was(store: Store) -> None:
    prices = some_prices(SYMBOLS, 5)
    before = store.ingest("u", instruments(SYMBOLS), prices, NONE, "f").snapshot_id
    cases = {
        "Z of the prices are not among": some_prices(["A", "Z"], 5),
        "more than once": pd.concat([prices, prices.head(1)]),
        "not above zero": revised(prices, 0, close=-1.0),
        "lack the column volume": prices.drop(columns="volume"),
    }
    for sentence, bad in cases.items():
        with pytest.raises(InputError, match=sentence):
            store.ingest("u", instruments(SYMBOLS, "Toys"), bad, rejects(1), "g")
    assert store.snapshot("u").info.snapshot_id == before
    assert len(store.ingests("u")) == 1
    assert store.quarantine("u").empty
    with pytest.raises(InputError, match="not among the instruments of new"):
        store.ingest("new", None, prices, NONE, "f")
    assert store.last_universe() == "u"


# The id


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_id_depends_on_content_alone(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    prices = some_prices(SYMBOLS, 6, seed=3)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=18, max_size=18)))
    order = data.draw(st.permutations([mask, ~mask]))
    store = Store(tmp_path_factory.mktemp("id") / "x.duckdb")
    for part in order:
        store.ingest("parts", instruments(SYMBOLS), prices[part], NONE, "p")
    whole = store.ingest("whole", instruments(SYMBOLS), prices, NONE, "w").snapshot_id
    assert store.snapshot("parts").info.snapshot_id == whole


def test_id_tells_any_change() -> None:
    prices, listed = some_prices(SYMBOLS, 4), instruments(SYMBOLS)
    variants = [
        (prices, listed),
        (revised(prices, 1, close=1.5), listed),
        (revised(prices, 1, adj_close=1.5), listed),
        (revised(prices, 1, volume=1.5), listed),
        (prices.assign(date=prices["date"] + pd.Timedelta(days=1)), listed),
        (prices.replace({"symbol": {"B": "C"}}), listed),
        (prices.drop(index=0), listed),
        # The fourth row, a day of A, is handed to B: values alone stay as they are.
        (prices.assign(symbol=["A"] * 3 + ["B"] * 5 + ["NA"] * 4), listed),
        (prices, instruments(SYMBOLS, "Toys")),
        (prices, listed.head(2)),
    ]
    ids = [content_id(Content(*variant)) for variant in variants]
    assert len(set(ids)) == len(variants)
    nan_bits = prices.copy()
    nan_bits["adj_close"] = np.frombuffer(b"\x01\x00\x00\x00\x00\x00\xf8\x7f" * 12)
    assert content_id(Content(nan_bits, listed)) == ids[0]


def test_zero_has_one_sign(store: Store) -> None:
    prices = some_prices(["A"], 3)
    plus = store.ingest("p", instruments(["A"]), prices.assign(volume=0.0), NONE, "f")
    minus = store.ingest("m", instruments(["A"]), prices.assign(volume=-0.0), NONE, "f")
    assert plus.snapshot_id == minus.snapshot_id


# The cache


@pytest.mark.parametrize("where", [0.0, 0.3, 0.6, 0.9, 0.999])
def test_a_corrupted_cache_is_never_trusted(store: Store, where: float) -> None:
    prices = some_prices(SYMBOLS, 200)
    store.ingest("u", instruments(SYMBOLS), prices, NONE, "f")
    path = cache_file(store)
    data = bytearray(path.read_bytes())
    data[int(where * len(data))] ^= 0x10
    path.write_bytes(data)
    snapshot = store.snapshot("u")
    pd.testing.assert_frame_equal(snapshot.prices, prices, check_exact=True)
    assert cache_file(store).read_bytes() != bytes(data)


def test_a_well_formed_copy_with_other_content_is_not_believed(store: Store) -> None:
    """Its name fits its bytes, and it says the snapshot's id: only the content does not hash to
    it."""
    prices = some_prices(SYMBOLS, 5)
    made = store.ingest("u", instruments(SYMBOLS), prices, NONE, "f").snapshot_id
    other = Content(revised(prices, 0, close=3.25), instruments(SYMBOLS))
    snapshots.save_cache(store.cache, made, other)
    pd.testing.assert_frame_equal(store.snapshot("u").prices, prices, check_exact=True)
    assert len(list(store.cache.glob("*.parquet"))) == 1


def test_a_cache_that_cannot_be_written_is_said_and_harmless(store: Store) -> None:
    prices = some_prices(SYMBOLS, 5)
    store.cache.write_text("a file where the directory should be")
    result = store.ingest("u", instruments(SYMBOLS), prices, NONE, "f")
    assert "could not be written" in str(result.notice)
    snapshot = store.snapshot("u")
    assert "could not be written" in str(snapshot.notice)
    pd.testing.assert_frame_equal(snapshot.prices, prices, check_exact=True)


def test_old_caches_are_pruned_and_still_rebuild(store: Store) -> None:
    prices = some_prices(["A"], 5)
    ids = [
        store.ingest("u", instruments(["A"]), revised(prices, 0, close=1.0 + i), NONE, "f")
        for i in range(12)
    ]
    assert len(list(store.cache.glob("*.parquet"))) == 9
    assert store.snapshot("u", ids[0].snapshot_id).prices.loc[0, "close"] == 1.0


# Files that are not ours


def sentence_of(path: Path) -> str:
    with pytest.raises(StoreDamaged) as caught:
        Store(path).universes()
    with pytest.raises(StoreDamaged):
        Store(path).ingest("u", instruments(["A"]), some_prices(["A"], 2), NONE, "f")
    return str(caught.value)


def test_damaged_files(store: Store, tmp_path: Path) -> None:
    store.ingest("u", instruments(SYMBOLS), some_prices(SYMBOLS, 50), NONE, "f")
    whole = store.path.read_bytes()
    damaged = {
        "empty": b"",
        "text": b"symbol,date,close\n" * 50,
        "short": whole[: len(whole) // 2],
        "header": whole[:4096] + bytes(4096) + whole[8192:],
    }
    for name, data in damaged.items():
        path = tmp_path / f"{name}.duckdb"
        path.write_bytes(data)
        assert f"{name}.duckdb cannot be read as a Cutline database" in sentence_of(path)
        assert path.read_bytes() == data


def test_a_foreign_database(tmp_path: Path) -> None:
    for name, table in (("plain", "prices (a INTEGER)"), ("steps", "migrations (id INTEGER)")):
        path = tmp_path / f"{name}.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute(f"CREATE TABLE {table}")
        assert f"{name}.duckdb is a DuckDB database, but its tables" in sentence_of(path)


def test_a_database_of_a_newer_version(store: Store) -> None:
    store.ingest("u", instruments(SYMBOLS), some_prices(SYMBOLS, 5), NONE, "f")
    with duckdb.connect(str(store.path)) as connection:
        connection.execute("INSERT INTO migrations VALUES (99, 'm099_more', now()::TIMESTAMP)")
    assert "newer version of Cutline (step m099_more)" in sentence_of(store.path)


def test_paths_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be used"):
        Store(tmp_path).universes()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be used"):
        Store(tmp_path / "file" / "x.duckdb").ingest(
            "u", instruments(["A"]), some_prices(["A"], 2), NONE, "f"
        )


def test_migrations_run_once_in_order_and_a_failing_one_leaves_the_last(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    prices = some_prices(SYMBOLS, 5)
    before = store.ingest("u", instruments(SYMBOLS), prices, NONE, "f").snapshot_id

    def m998_good(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("CREATE TABLE later (a INTEGER)")

    def m999_bad(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("CREATE TABLE never (a INTEGER)")
        raise InputError("the third step fails")

    first = migrations.MIGRATIONS
    monkeypatch.setattr(migrations, "MIGRATIONS", (*first, m998_good, m999_bad))
    with pytest.raises(InputError, match="third step"):
        store.universes()
    monkeypatch.setattr(migrations, "MIGRATIONS", (*first, m998_good))
    assert store.snapshot("u").info.snapshot_id == before
    with duckdb.connect(str(store.path)) as connection:
        tables = {name for (name,) in connection.execute("SHOW TABLES").fetchall()}
        steps = connection.execute("SELECT number, name FROM migrations").fetchall()
    assert "later" in tables
    assert "never" not in tables
    names = [*(step.__name__ for step in first), "m998_good"]
    assert steps == list(enumerate(names, start=1))


def test_damaged_catalog_copy_is_no_answer(store: Store) -> None:
    store.ingest("u", instruments(SYMBOLS), some_prices(SYMBOLS, 5), NONE, "f")
    (store.cache / "catalog.json").write_text("[{}]")
    hasty = Store(store.path, read_wait_s=0.05)
    with store._database.write(), pytest.raises(StoreBusy, match="another part of this process"):
        hasty.universes()
    assert [info.name for info in hasty.universes()] == ["u"]
