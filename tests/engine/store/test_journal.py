"""Every way of changing the store behind Cutline's back is found by `verify`.

A part of the store is sealed by the journal's first link, and something of each kind was written
after it.
"""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import duckdb
import pytest
from hand_made import mixed_universe
from kill_ingest import instruments, rejects, some_prices

from engine.cli.main import main
from engine.core.errors import EmptyUniverse, InputError, StoreDamaged
from engine.core.frames import empty_prices, empty_rejects
from engine.desk import Desk
from engine.params import Params
from engine.store import Store
from engine.store.ledger.verify import Verification


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with something of each kind from before the journal, and from after it began."""
    folder = tmp_path_factory.mktemp("journal")
    prices, table = mixed_universe()
    prices.to_csv(folder / "world.csv", index=False)
    table.to_csv(folder / "instruments.csv", index=False)
    desk = Desk(folder / "x.duckdb")
    desk.ingest(folder / "world.csv", folder / "instruments.csv", by="Anna")
    desk.save_run("world", Params(), "Anna")
    book = desk.portfolios
    book.create("main", "world", "USD", "Anna", cash="100000")
    ticket = book.propose("main", Params(), "Anna").ticket_id
    sql(desk.store.path, "DROP TABLE journal", "DELETE FROM migrations WHERE number = 5")
    # From here on it seals what was there.
    some = some_prices(["A", "B"], 12)
    store = desk.store
    store.ingest("late", instruments(["A", "B"]), some[:-2], rejects(2), "f.csv", "Anna")
    changed = some.copy()
    changed.loc[0, "close"] = 7.0
    store.ingest("late", None, changed, rejects(1), "f.csv", "Anna")
    store.ingest("gone", instruments(["A"]), empty_prices(), empty_rejects(), "g.csv", "Anna")
    desk.delete("gone", "Anna")
    book.create("late", "late", "USD", "Anna", cash="1000")
    book.move_cash("late", "5", by="Anna")
    book.cancel(ticket, "Anna", "too late")
    desk.save_run("world", Params().with_settings({"limits.asset_cap": 0.2}), "Anna")
    return store.path


@pytest.fixture
def copy(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(written, tmp_path / "x.duckdb"))


def sql(path: Path, *texts: str) -> None:
    with duckdb.connect(str(path)) as connection:
        for text in texts:
            connection.execute(text)


def looked(path: Path) -> Verification:
    return Store(path).ledger.verify()


def test_what_nobody_touched_passes(copy: Path) -> None:
    found = looked(copy)
    assert found.passed, found.sentences
    assert found.counts["universes"] == 3
    assert found.counts["journal links"] == 10
    assert found.counts["runs"] == 2
    assert found.counts["prices"] > 1000
    assert min(found.counts.values()) > 0


LAST = "(SELECT max(ingest_id) FROM ingests WHERE universe = 'late')"
RUN = "(SELECT max(run_id) FROM runs)"
# What is done → what the sentences say.
EDITS = {
    "a price": ("UPDATE prices SET close = close * 1.01 WHERE symbol = 'A'", "ingest"),
    "a superseded price": (
        "UPDATE prices SET close = 9 WHERE universe = 'late' AND symbol = 'A' "
        "AND date = (SELECT min(date) FROM prices WHERE universe = 'late') AND ingest_id < " + LAST,
        "ingest",
    ),
    "an adjusted price": ("UPDATE prices SET adj_close = 1 WHERE rowid = 3", "ingest"),
    "a volume": ("UPDATE prices SET volume = 5 WHERE universe = 'late'", "ingest"),
    "a date": ("UPDATE prices SET date = date + 1 WHERE rowid = 5", "ingest"),
    "a price taken away": ("DELETE FROM prices WHERE rowid = 9", "ingest"),
    "a price put in": (
        "INSERT INTO prices SELECT universe, symbol, DATE '2031-01-02', close, adj_close, volume, "
        "ingest_id FROM prices LIMIT 1", "ingest",
    ),
    "a price of no ingest": (
        "INSERT INTO prices SELECT universe, symbol, DATE '2031-01-02', close, adj_close, volume, "
        "9999 FROM prices LIMIT 1", "prices of 9999",
    ),
    "a price moved to another universe": (
        "UPDATE prices SET universe = 'other' WHERE rowid = 2", "ingest",
    ),
    "a class": ("UPDATE instruments SET asset_class = 'crypto' WHERE rowid = 1", "ingest"),
    "a currency": ("UPDATE instruments SET currency = 'EUR' WHERE universe = 'late'", "ingest"),
    "an instrument taken away": ("DELETE FROM instruments WHERE rowid = 1", "ingest"),
    "a rejected row": ("UPDATE quarantine SET reason = 'none'", "ingest"),
    "rejected rows taken away": ("DELETE FROM quarantine", "ingest"),
    "who loaded": ("UPDATE ingests SET who = 'Mallory' WHERE ingest_id = " + LAST, "ingest"),
    "when it was loaded": ("UPDATE ingests SET loaded_at = now()::TIMESTAMP", "ingest"),
    "how many rows": ("UPDATE ingests SET stored = 0 WHERE ingest_id = 1", "ingest 1 "),
    "a snapshot's record": ("UPDATE snapshots SET rows = 0 WHERE universe = 'late'", "ingest"),
    "an ingest taken away": ("DELETE FROM ingests WHERE ingest_id = 1", "missing"),
    "a universe wiped": (
        "DELETE FROM prices WHERE universe = 'late'; DELETE FROM ingests WHERE universe = 'late'; "
        "DELETE FROM snapshots WHERE universe = 'late'; "
        "DELETE FROM instruments WHERE universe = 'late'", "missing",
    ),
    "a removal taken back": ("DELETE FROM removals WHERE universe = 'gone'", "removal"),
    "who removed": ("UPDATE removals SET who = 'Mallory'", "removal"),
    "a removal put in": (
        "INSERT INTO removals VALUES (99, 'late', 'delete', now()::TIMESTAMP, '')", "removal",
    ),
    "a weight": ("UPDATE run_weights SET weight = 0 WHERE run_id = " + RUN, "run"),
    "a share": ("UPDATE run_weights SET intra = 0.1 WHERE run_id = " + RUN, "run"),
    "a run's profile": ("UPDATE runs SET profile = 'hrp' WHERE run_id = " + RUN, "run"),
    "a run's time": ("UPDATE runs SET created_at = now()::TIMESTAMP WHERE run_id = " + RUN, "run"),
    "a run taken away": (
        "DELETE FROM runs WHERE run_id = " + RUN, "missing",
    ),
    "weights of no run": ("INSERT INTO run_weights VALUES ('no', 'A', 1, 1, 1, 1)", "of no"),
    "an entry": ("UPDATE ledger SET payload = '{}' WHERE portfolio = 'late' AND seq = 2", "late"),
    "the last entry taken away": (
        "DELETE FROM ledger WHERE portfolio = 'late' AND seq = 3", "late/3",
    ),
    "a portfolio wiped": ("DELETE FROM ledger WHERE portfolio = 'late'", "late/1"),
    "every portfolio wiped": ("DELETE FROM ledger; DELETE FROM ticket_events", "missing"),
    "a ticket's last event taken away": (
        "DELETE FROM ticket_events WHERE state = 'CANCELLED' AND wall_time = "
        "(SELECT max(wall_time) FROM ticket_events)", "event",
    ),
    "a ticket's payload": (
        "UPDATE ticket_events SET payload = replace(payload, 'BUY', 'SELL')", "edited",
    ),
    "a migration's record": ("UPDATE migrations SET applied_at = now()::TIMESTAMP", "migrations"),
    "a link": ("UPDATE journal SET items = '[]' WHERE seq = 2", "Link 2"),
    "a link taken away": ("DELETE FROM journal WHERE seq = 2", "Link 2"),
    "the last link taken away": (
        "DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)", "outside Cutline",
    ),
    "the journal wiped": ("DELETE FROM journal", "wiped"),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_every_edit_is_found(copy: Path, edit: str) -> None:
    text, said = EDITS[edit]
    sql(copy, text)
    found = looked(copy)
    assert not found.passed
    assert said in " ".join(found.sentences)
    assert all(sentence.endswith(".") for sentence in found.sentences)


def test_a_tail_that_was_cut_is_found_by_the_anchor(copy: Path) -> None:
    """Row and link are both gone, as when a log is lost: only what was noted elsewhere tells."""
    head = looked(copy).store_head
    assert Store(copy).ledger.verify(anchor=head).anchor_in == (
        "",
        looked(copy).counts["journal links"],
    )
    sql(
        copy,
        "DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)",
        "DELETE FROM run_weights WHERE run_id = (SELECT run_id FROM runs "
        "ORDER BY created_at DESC LIMIT 1)",
        "DELETE FROM runs WHERE created_at = (SELECT max(created_at) FROM runs)",
    )
    assert looked(copy).passed
    found = Store(copy).ledger.verify(anchor=head)
    assert not found.passed
    assert found.anchor_in is None


def test_edited_prices_become_no_snapshot(copy: Path) -> None:
    """Neither by the next ingest, nor by delete and restore with the copies gone."""
    sql(copy, "UPDATE prices SET close = close * 2 WHERE universe = 'late' AND symbol = 'A'")
    store = Store(copy)
    before = store.snapshot("late").info if store.cache.exists() else None
    with pytest.raises(StoreDamaged, match="late was changed outside Cutline"):
        store.ingest("late", None, some_prices(["A", "B"], 13), empty_rejects(), "h.csv")
    with pytest.raises(StoreDamaged, match="late was changed outside Cutline"):
        store.snapshot("late", from_tables=True)
    store.delete("late")
    shutil.rmtree(store.cache, ignore_errors=True)
    with pytest.raises(StoreDamaged, match="late was changed outside Cutline"):
        store.restore("late")
    with pytest.raises(EmptyUniverse):
        store.snapshot("late")
    assert before is None or before.name == "late"


def test_verify_needs_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="There is no database"):
        Store(tmp_path / "none.duckdb").ledger.verify()
    assert main(["verify", "--db", str(tmp_path / "none.duckdb")]) == 2
    assert "There is no database" in capsys.readouterr().err
    assert not (tmp_path / "none.duckdb").exists()


def test_the_command_says_how_much(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--db", str(copy)]) == 0
    said = capsys.readouterr().out
    assert "Looked through: 3 universes, " in said
    assert "Head of the store " in said
    head = looked(copy).store_head
    assert main(["verify", "--db", str(copy), "--anchor", head[:16]]) == 0
    assert "of the store's journal" in capsys.readouterr().out


def test_nothing_is_written_without_its_link(tmp_path: Path) -> None:
    """A transaction that fails leaves neither."""
    store = Store(tmp_path / "x.duckdb")
    store.ingest("u", instruments(["A"]), some_prices(["A"], 5), empty_rejects(), "f")
    links = looked(store.path).counts["journal links"]

    def refused(_entries: object) -> None:
        raise InputError("no")

    with pytest.raises(InputError, match="no"):
        store.ledger.create(
            "p", "u", "USD", opening=("cash", dt.date(2020, 1, 1), {"amount": "1"}), check=refused
        )
    assert looked(store.path).counts["journal links"] == links
    store.ledger.create("p", "u", "USD")
    assert looked(store.path).counts["journal links"] == links + 1
    assert looked(store.path).passed
