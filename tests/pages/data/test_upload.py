"""Upload: the preview tells what ingest then does, and the page Data from file to universe."""

from __future__ import annotations

import datetime as dt
import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from hand_made import mixed_universe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as hs
from open_page import by_link
from patience import WAIT_S
from root import ROOT
from streamlit.testing.v1 import AppTest

from engine.cli.main import main
from engine.core.errors import InputError
from engine.desk import Desk
from engine.desk.batches import checked, read_files
from engine.market import quality
from engine.sources import files
from engine.sources.files import BY_ITSELF
from engine.sources.files import table as file_tables
from engine.sources.templates import INSTRUMENTS, PRICES_LONG, PRICES_WIDE, TEMPLATES
from engine.tables import to_csv
from pages.shared import blocks
from pages.shared.controls.typed import typed_key

TODAY = dt.date(2026, 1, 1)
LIST = "symbol,name,asset_class,sector,exchange,currency,fixing\n"
DESCRIBED = (
    f"{LIST}A,Alpha,equity,Energy,NYSE,USD,16:00 America/New_York\n"
    "B,Beta,equity,,,USD,\nEURUSD,Euro,fx,,,,\nC,Gamma,,,,,\nIDLE,Idle,equity,Energy,X,USD,\n"
)
PRICES = (
    "symbol,date,close\nA,2024-01-02,10\nA,2024-01-03,-1\nA,2024-01-04,11\nB,2024-01-02,5\n"
    "B,soon,5\nB,2030-01-01,5\nEURUSD,2024-01-02,1.1\nC,2024-01-02,7\nC,2024-01-02,8\nX,2024-01-02,1\n"
)


def buffer(text: str | bytes, name: str = "mine.csv") -> io.BytesIO:
    """What an uploader hands over: bytes with a name."""
    made = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    made.name = name
    return made


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "c.duckdb")


# Preview


def test_preview_by_hand(desk: Desk, tmp_path: Path) -> None:
    p = desk.preview(buffer(PRICES), buffer(DESCRIBED, "i.csv"), None, TODAY)
    assert (p.universe, p.exists, p.refusal) == ("mine", False, None)
    assert (p.rows, p.accepted, p.quarantined, p.symbols) == (10, 4, 6, 3)
    assert (p.stored, p.unchanged, p.revised) == (4, 0, 0)
    assert (p.first, p.last) == (dt.date(2024, 1, 2), dt.date(2024, 1, 4))
    assert p.new == ("A", "B", "EURUSD")
    assert p.known == ()
    assert p.reasons.to_numpy().tolist() == [
        [quality.CONFLICT, 2, 8], [quality.LOW_CLOSE, 1, 2], [quality.BAD_DATE, 1, 5],
        [quality.FUTURE_DATE, 1, 6], [quality.UNKNOWN_SYMBOL, 1, 10],
    ]  # fmt: skip
    assert p.batch.rejects["row"].tolist() == [2, 5, 6, 8, 9, 10]
    # A says everything; a pair needs no sector, exchange or currency; C has no row that is fit.
    assert p.gaps.to_numpy().tolist() == [
        ["B", "equity", "", "USD", "", ""],
        ["EURUSD", "fx", "n/a", "n/a", "n/a", ""],
    ]
    assert p.gap_counts[["field", "unknown"]].to_numpy().tolist() == [
        ["sector", 1], ["exchange", 1], ["fixing", 2],
    ]  # fmt: skip
    assert p.warnings == ("2 instruments have no prices: C, IDLE.",)
    assert p.instruments["symbol"].tolist() == ["A", "B", "EURUSD", "X"]
    assert list(tmp_path.iterdir()) == []  # nothing is stored


def test_preview_against_what_is_stored(desk: Desk) -> None:
    first = "symbol,date,close\nA,2024-01-02,10\nA,2024-01-03,11\n"
    desk.ingest(buffer(first), buffer(f"{LIST}A,Alpha,equity,Energy,N,USD,\n"), "u", TODAY)
    second = (
        "symbol,date,close\nA,2024-01-02,10\nA,2024-01-03,12\nA,2024-01-04,13\nB,2024-01-04,1\n"
    )
    described = f"{LIST}A,Alpha,equity,Utilities,N,USD,\nB,Beta,etf,World,N,USD,\n"
    p = desk.preview(buffer(second), buffer(described), "u", TODAY)
    assert p.exists
    assert (p.stored, p.unchanged, p.revised) == (2, 1, 1)
    assert (p.new, p.known) == (("B",), ("A",))
    assert p.warnings == (
        "1 instrument would be described anew: A.",
        "1 stored price would be superseded; the old stay on record.",
    )
    # The same file under another name meets nothing.
    other = desk.preview(buffer(second), buffer(described), "v", TODAY)
    assert (other.exists, other.stored, other.known) == (False, 4, ())


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    rows=hs.lists(
        hs.tuples(
            hs.sampled_from(["A", "B", "X", ""]),
            hs.sampled_from(["2024-01-02", "20240103", "soon", "2030-01-01"]),
            hs.sampled_from(["1", "2.5", "-1", "", "nan"]),
        ),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_what_is_stored_is_what_was_previewed(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    """Both by the preview's own batch and by `ingest` of the same files, on the same store."""
    text = "symbol,date,close\n" + "".join(f"{','.join(row)}\n" for row in rows)
    described = buffer(f"{LIST}A,,,,,,\nB,,,,,,\n", "i.csv")
    results = []
    for way in ("previewed", "files"):
        desk = Desk(tmp_path_factory.mktemp("same") / "c.duckdb")
        desk.ingest(buffer("date,A\n2024-01-02,1\n2024-01-03,1\n"), described, "u", TODAY)
        p = desk.preview(buffer(text), described, "u", TODAY)
        again = desk.preview(buffer(text), described, "u", TODAY)
        pd.testing.assert_frame_equal(p.batch.prices, again.batch.prices)
        if way == "previewed" and p.refusal:
            with pytest.raises(InputError, match="No row is fit"):
                desk.ingest_previewed(p)
            assert p.accepted == 0
            return
        result = (
            desk.ingest_previewed(p, "ann")
            if way == "previewed"
            else desk.ingest(buffer(text), described, "u", TODAY)
        )
        assert (result.stored, result.unchanged, result.revised) == (
            p.stored, p.unchanged, p.revised,
        )  # fmt: skip
        assert (result.rows, result.quarantined) == (p.rows, p.quarantined)
        assert result.symbols == p.symbols
        found = desk.store.quarantine("u").query("ingest_id == 2")
        pd.testing.assert_frame_equal(
            found[["row", "symbol", "date", "close", "reason"]].reset_index(drop=True),
            p.batch.rejects, check_dtype=False,
        )  # fmt: skip
        merged = desk.store.snapshot("u").prices.merge(p.batch.prices)
        assert len(merged) == p.accepted
        results.append(result.snapshot_id)
        repeat = desk.preview(buffer(text), described, "u", TODAY)
        assert (repeat.stored, repeat.revised, repeat.unchanged) == (0, 0, p.accepted)
    assert len(set(results)) == 1


def test_without_instruments_the_preview_asks_for_them_and_ingest_refuses(desk: Desk) -> None:
    p = desk.preview(buffer("date,A,B\n2024-01-02,1,2\n"), None, "u", TODAY)
    assert p.refusal == "Universe 'u' has no instruments yet: hand them in with the prices."
    assert (p.accepted, p.quarantined) == (2, 0)
    assert p.gaps["symbol"].tolist() == ["A", "B"]
    with pytest.raises(InputError, match="no instruments yet"):
        desk.ingest_previewed(p)
    # Its list of instruments, filled in or not, is what was missing.
    filled = buffer(to_csv(p.instruments), "i.csv")
    assert desk.preview(buffer("date,A,B\n2024-01-02,1,2\n"), filled, "u", TODAY).refusal is None


@pytest.mark.parametrize("name", [" ", "a/b", "../x", "<b>", "x" * 65])
def test_preview_refuses_names_that_do_not_fit(desk: Desk, name: str) -> None:
    with pytest.raises(InputError, match="universe name"):
        desk.preview(buffer(PRICES), buffer(DESCRIBED), name, TODAY)


def test_preview_refuses_a_deleted_name(desk: Desk) -> None:
    desk.ingest(buffer(PRICES), buffer(DESCRIBED), "u", TODAY)
    desk.delete("u")
    with pytest.raises(InputError, match="was deleted: restore it first, or take another"):
        desk.preview(buffer(PRICES), buffer(DESCRIBED), "u", TODAY)


def test_buffers_may_have_been_read_before(desk: Desk) -> None:
    prices, described = buffer(PRICES), buffer(DESCRIBED)
    desk.preview(prices, described, "u", TODAY)
    assert desk.ingest(prices, described, "u", TODAY).rows == 10


# Files


def test_templates_ingest_cleanly(desk: Desk) -> None:
    for name, text in (("long", PRICES_LONG), ("wide", PRICES_WIDE)):
        result = desk.ingest(buffer(text), buffer(INSTRUMENTS, "i.csv"), name, TODAY)
        assert (result.quarantined, result.symbols) == (0, 2)
        assert len(desk.open(name).grid.symbols) == 2
        assert desk.preview(buffer(text), buffer(INSTRUMENTS), name, TODAY).gap_counts.empty
    assert all(text.count("\n") == 3 for text in TEMPLATES.values())  # headers and two rows


def test_too_many_rows_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    assert file_tables.ROW_LIMIT == 20_000_000
    monkeypatch.setattr(file_tables, "ROW_LIMIT", 5)
    long = pd.DataFrame({"symbol": "A", "date": [f"2024-01-0{k}" for k in range(1, 7)], "close": 1})
    wide = pd.DataFrame({"date": ["2024-01-02", "2024-01-03"], "A": 1.0, "B": 1.0, "C": 1.0})
    for frame in (long, wide):
        for data, name in (
            (frame.to_csv(index=False).encode(), "big.csv"),
            (frame.to_parquet(index=False), "big.parquet"),
        ):
            with pytest.raises(InputError, match=rf"{name} holds 6 prices, more than 5: split it"):
                files.read_prices(buffer(data, name))
            files.read_prices(buffer(frame.head(1).to_csv(index=False).encode(), name[:3] + ".csv"))


def test_a_universe_comes_back_from_its_downloads(desk: Desk) -> None:
    prices, instruments = mixed_universe()
    first = desk.ingest(
        buffer(prices.to_parquet(), "u.parquet"),
        buffer(instruments.to_csv(index=False)),
        "u",
        TODAY,
    )
    again = desk.ingest(
        buffer(desk.prices_file("u"), "back.parquet"), buffer(to_csv(desk.instruments("u"))),
        None, TODAY,
    )  # fmt: skip
    assert again.universe == "back"
    assert again.snapshot_id == first.snapshot_id


# Command line


def said(capsys: pytest.CaptureFixture[str], *argv: str | Path) -> tuple[int, str, str]:
    code = main([str(a) for a in argv])
    out, err = capsys.readouterr()
    return code, out, err


def test_commands_on_universes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    db = ("--db", tmp_path / "c.duckdb")
    (tmp_path / "one.csv").write_text(PRICES_LONG)
    (tmp_path / "i.csv").write_text(INSTRUMENTS)
    given = ("--prices", tmp_path / "one.csv", "--instruments", tmp_path / "i.csv")
    assert said(capsys, "ingest", *given, *db, "--by", "ann")[0] == 0
    assert said(capsys, "ingest", *given, *db, "--universe", "two")[0] == 0

    code, out, _ = said(capsys, "universes", *db, "--json")
    document = json.loads(out)
    assert code == 0
    assert [(u["name"], u["by"], u["rows"]) for u in document["universes"]] == [
        ("two", "", 2), ("one", "ann", 2),
    ]  # fmt: skip
    assert "deleted" not in document

    code, out, _ = said(capsys, "delete", *db, "--universe", "one", "--by", "bob", "--json")
    assert code == 0
    assert json.loads(out)["deleted"] is True
    code, out, _ = said(capsys, "universes", *db, "--deleted", "--json")
    document = json.loads(out)
    assert [u["name"] for u in document["universes"]] == ["two"]
    assert [(u["name"], u["deleted_by"]) for u in document["deleted"]] == [("one", "bob")]
    assert "bob" in said(capsys, "universes", *db, "--deleted")[1]

    code, out, err = said(capsys, "ingest", *given, *db)
    assert (code, out) == (2, "")
    assert err == "The universe one was deleted: restore it first, or take another name.\n"
    assert said(capsys, "clusters", *db, "--universe", "one")[0] == 2
    code, out, _ = said(capsys, "restore", *db, "--universe", "one", "--json")
    assert code == 0
    assert json.loads(out)["universe"] == "one"
    assert said(capsys, "universes", *db, "--deleted")[1].endswith("Nothing is deleted.\n")
    for command in ("delete", "restore"):
        code, out, err = said(capsys, command, *db)
        assert (code, out) == (2, "")
        assert "--universe NAME" in err
        assert said(capsys, command, *db, "--universe", "never")[0] == 2


# The page

Open = Callable[[], AppTest]
UPLOAD = ("mine.csv", PRICES.encode(), "text/csv")
LISTED = ("i.csv", DESCRIBED.encode(), "text/csv")


@pytest.fixture
def launch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """The page Data over an empty store, in a new session."""
    st.cache_resource.clear()
    monkeypatch.setattr(sys, "argv", ["streamlit", "--db", str(tmp_path / "c.duckdb")])

    def start() -> AppTest:
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=WAIT_S)
        return by_link(test, "universes").run()

    yield start
    st.cache_resource.clear()


def button(test: AppTest, label: str):
    return next(b for b in test.button if b.label == label)


def labels(test: AppTest) -> list[str]:
    return [b.label for b in test.button]


def figures(test: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in test.metric}


def upload(test: AppTest, prices: tuple, instruments: tuple | None = None) -> AppTest:
    test.file_uploader[0].set_value(prices)
    if instruments:
        test.file_uploader[1].set_value(instruments)
    return test.run()


def walks(names: list[str], n: int = 120) -> tuple[str, bytes, str]:
    """A wide file long enough for a tree."""
    rng = np.random.default_rng(0)
    closes = pd.DataFrame(
        100 * np.exp(rng.normal(0, 0.01, (n, len(names))).cumsum(axis=0)), columns=names
    )
    closes.insert(0, "date", pd.bdate_range("2024-01-01", periods=n).strftime("%Y-%m-%d"))
    return "walks.csv", closes.to_csv(index=False).encode(), "text/csv"


def test_page_is_cold_and_empty(launch: Open) -> None:
    test = launch()
    assert not test.exception
    assert not test.error
    assert button(test, "Store").disabled
    assert "Choose a file of prices first." in [c.value for c in test.caption]
    assert "Nothing is loaded." in [c.value for c in test.caption]


def test_preview_then_store_then_nothing_left_to_store(launch: Open, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "c.duckdb")
    test = upload(launch(), UPLOAD)
    assert button(test, "Store").disabled
    assert any("no instruments yet" in c.value for c in test.caption)
    test = upload(test, UPLOAD, LISTED)
    wanted = desk.preview(buffer(PRICES), buffer(DESCRIBED), "mine")
    shown = figures(test)
    assert shown["rows in the file"] == str(wanted.rows) == "10"
    assert shown["new"] == str(wanted.stored)
    assert shown["quarantined"] == str(wanted.quarantined)
    tables = {frozenset(d.value.columns): d.value for d in test.dataframe}
    pd.testing.assert_frame_equal(tables[frozenset(wanted.reasons.columns)], wanted.reasons)
    assert desk.store.universes() == []  # nothing is stored yet
    test = button(test, "Store").click().run()
    assert not test.exception
    assert [s.value for s in test.success] == [
        "Universe mine: 3 symbols, 10 rows: 4 stored, 0 unchanged, 0 revised, 6 quarantined."
    ]
    assert test.get("page_link")
    assert test.sidebar.selectbox(key="universe").value == "mine"
    assert button(test, "Store").disabled  # the form is empty again
    assert len(desk.store.ingests("mine")) == 1
    test.run()
    assert len(desk.store.ingests("mine")) == 1


def test_the_preview_is_not_computed_at_each_rerun(
    launch: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    whole = Desk.preview
    monkeypatch.setattr(Desk, "preview", lambda *a, **k: calls.append(a[3]) or whole(*a, **k))
    test = upload(launch(), UPLOAD, LISTED)
    test.run()
    test.run()
    assert calls == ["mine"]
    test.text_input[0].set_value("other").run()
    assert calls == ["mine", "other"]
    assert "Makes the new universe other. Nothing is stored yet." in [c.value for c in test.caption]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("bad.csv", b"a,b\n1,2\n", "bad.csv has the columns a, b"),
        ("bad.exe", b"MZ\x90", "bad.exe is none of CSV, TSV"),
        ("bad.parquet", b"PAR1junk", "cannot be read as Parquet"),
        ("empty.csv", b"", "empty.csv is empty"),
        ("head.csv", b"symbol,date,close\n", "no rows of prices"),
        ("odd.csv", b"symbol,date,close\n\x81,1,1\n", "in no encoding that is known here"),
    ],
)
def test_bad_files_give_one_sentence(
    launch: Open, name: str, content: bytes, sentence: str
) -> None:
    test = upload(launch(), (name, content, "text/csv"))
    assert not test.exception
    [error] = test.error
    assert sentence in error.value
    assert button(test, "Store").disabled


def test_how_it_was_read_is_said_and_changed_by_hand(launch: Open) -> None:
    rows = "".join(f"01/0{n}/2024;1.20{n}\n" for n in range(2, 9))
    file = ("own.csv", f"date;A\n{rows}".encode(), "text/csv")
    test = upload(launch(), file, ("i.csv", f"{LIST}A,,,,,,\n".encode(), "text/csv"))
    assert "is a thousand and more, or has three decimals" in test.error[0].value
    assert button(test, "Store").disabled
    chosen = {box.label: box for box in test.main.selectbox}
    chosen["Order of dates"].set_value("mdy")
    test = chosen["Decimal mark"].set_value("point").run()
    assert not test.error
    said = " ".join(c.value for c in test.caption)
    assert "separator semicolon; decimal point; dates mdy" in said
    assert not button(test, "Store").disabled
    zone = next(t for t in test.main.text_input if t.label == "Time zone")
    test = zone.set_value("Mars/Base").run()
    assert "Mars/Base is no time zone" in test.error[0].value
    assert button(test, "Store").disabled


def test_several_files_are_one_universe(launch: Open, tmp_path: Path) -> None:
    files = [(f"{s}.csv", b"Date,Close\n2024-01-02,1\n2024-01-03,2\n", "text/csv") for s in "AB"]
    test = upload(launch(), files, ("i.csv", f"{LIST}A,,,,,,\nB,,,,,,\n".encode(), "text/csv"))
    assert "Name the universe first." in [c.value for c in test.caption]
    name = next(t for t in test.main.text_input if t.label == "Universe")
    test = name.set_value("both").run()
    assert sum("one symbol" in c.value for c in test.caption) == 2
    test = button(test, "Store").click().run()
    assert not test.exception
    assert Desk(tmp_path / "c.duckdb").store.universes()[0].symbols == 2


def test_what_looks_wrong_is_shown_before_it_is_stored(launch: Open) -> None:
    name, content, kind = walks(["A", "B", "C"])
    frame = pd.read_csv(io.BytesIO(content))
    frame.loc[60:, "B"] *= 100
    listed = f"{LIST}A,,equity,,,,\nB,,equity,,,,\nC,,equity,,,,\n".encode()
    file = (name, frame.to_csv(index=False).encode(), kind)
    test = upload(launch(), file, ("i.csv", listed, "text/csv"))
    assert not test.exception
    assert "Looks wrong: 1" in [s.value for s in test.subheader]
    odd = next(f.value for f in test.dataframe if "what" in f.value)
    assert odd[["symbol", "kind"]].to_numpy().tolist() == [["B", "unit"]]
    assert not button(test, "Store").disabled  # said, never changed
    sound = upload(launch(), (name, content, kind), ("i.csv", listed, "text/csv"))
    assert not [s for s in sound.subheader if "Looks wrong" in s.value]


def test_hostile_names_have_no_effect(launch: Open) -> None:
    name = "../![x](http://evil/x.png) <img src=x> :red[a] `b` $c$.csv"
    test = upload(launch(), (name, b"a,b\n1,2\n", "text/csv"))
    [error] = test.error
    assert r"!\[x\]" in error.value
    assert r"\<img" in error.value
    assert r"\:red\[a\]" in error.value
    assert r"\$c\$" in error.value
    test = upload(
        test, (name, PRICES_LONG.encode(), "text/csv"), ("i.csv", INSTRUMENTS.encode(), "")
    )
    assert not test.error
    chosen = test.text_input[0].value
    assert "/" not in chosen
    assert "<" not in chosen
    test = button(test, "Store").click().run()
    assert not test.exception
    assert f"Universe {chosen}:" in test.success[0].value


def test_a_name_that_does_not_fit_is_said(launch: Open) -> None:
    test = upload(launch(), UPLOAD, LISTED)
    for name in ("a/b", "  "):
        test.text_input[0].set_value(name).run()
        assert "universe name" in test.error[0].value
        assert button(test, "Store").disabled


def test_delete_asks_then_undo_brings_it_back(launch: Open, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "c.duckdb")
    names = ["A", "B", "EURUSD", "C"]
    for universe in ("first", "second"):
        desk.ingest(buffer(walks(names)[1]), buffer(DESCRIBED), universe)
    test = launch()
    assert test.sidebar.selectbox(key="universe").value == "second"
    button(test, "Delete …").click().run()
    assert desk.store.last_universe() == "second"  # it only asked
    button(test, "Keep it").click().run()
    assert "Delete second" not in labels(test)
    button(test, "Delete …").click().run()
    test = button(test, "Delete second").click().run()
    assert not test.exception
    assert [info.name for info in desk.store.universes()] == ["first"]
    assert test.sidebar.selectbox(key="universe").value == "first"
    test = button(test, "Undo").click().run()
    assert [info.name for info in desk.store.universes()] == ["second", "first"]
    assert test.sidebar.selectbox(key="universe").value == "second"
    assert not test.error


def test_another_choice_forgets_the_question(launch: Open, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "c.duckdb")
    for universe in ("first", "second"):
        desk.ingest(buffer(walks(["A", "B"])[1]), buffer(DESCRIBED), universe)
    test = launch()
    button(test, "Delete …").click().run()
    test.selectbox(key="data_universe").set_value("first").run()
    assert not [label for label in labels(test) if label.startswith("Delete ") and "…" not in label]


def test_the_last_universe_can_go_and_all_pages_survive(launch: Open, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "c.duckdb")
    desk.ingest(buffer(walks(["A", "B", "C"])[1]), buffer(DESCRIBED), "only")
    test = launch()
    button(test, "Delete …").click().run()
    test = button(test, "Delete only").click().run()
    assert not test.exception
    assert not test.error
    for page in ("overview", "clusters", "sensitivity"):
        test = test.switch_page(f"pages/explore/{page}/page.py").run()
        assert not test.exception
        assert test.title[0].value == "Nothing is loaded yet"
    test = test.switch_page("pages/data/universes/page.py").run()
    test = button(test, "Restore only").click().run()
    assert test.sidebar.selectbox(key="universe").value == "only"
    test = test.switch_page("pages/explore/clusters/page.py").run()
    assert not test.exception
    assert not test.error


def test_a_universe_without_a_price_can_still_be_deleted_here(launch: Open, tmp_path: Path) -> None:
    """The sidebar has no calendar for it, so no other page helps."""
    desk = Desk(tmp_path / "c.duckdb")
    raw, _, table = read_files(
        buffer("symbol,date,close\nA,soon,1\n"), buffer(DESCRIBED), "hollow", BY_ITSELF, TODAY
    )
    batch = checked(raw, "hollow", table, set(), TODAY)  # as an earlier version stored it
    desk.store.ingest("hollow", batch.instruments, batch.prices, batch.rejects, "x")
    test = launch()
    assert not test.exception
    assert len(test.error) == 1
    button(test, "Delete …").click().run()
    test = button(test, "Delete hollow").click().run()
    assert not test.error
    assert desk.store.universes() == []


def test_simulate(launch: Open, tmp_path: Path) -> None:
    test = launch()
    for key, text in (("sim_seed", "7"), ("sim_assets", "12"), ("sim_sessions", "120")):
        test.text_input(key=typed_key(key)).set_value(text)
    test.run()
    test = button(test, "Simulate sim-7").click().run()
    assert not test.exception
    assert test.sidebar.selectbox(key="universe").value == "sim-7"
    assert Desk(tmp_path / "c.duckdb").store.universes()[0].symbols == 12
    assert any("sim-7 is there already" in c.value for c in test.caption)


@pytest.mark.parametrize(
    ("key", "text", "why"),
    [
        ("sim_seed", "12,5", "Seed is '12,5', no plain number such as 1234.5."),
        ("sim_assets", "12,5", "Assets is '12,5', no plain number such as 1234.5."),
        ("sim_sessions", "750,0", "Sessions is '750,0', no plain number such as 1234.5."),
        ("sim_assets", "12.5", "Assets is 12.5: give a whole number."),
        ("sim_assets", "1", "Assets is 1: give a number from 2 to 1000."),
        ("sim_seed", "", "Seed is '', no plain number such as 1234.5."),
    ],
)
def test_a_size_that_does_not_read_is_refused_and_nothing_simulated(
    launch: Open, tmp_path: Path, key: str, text: str, why: str
) -> None:
    test = launch()
    test.text_input(key=typed_key(key)).set_value(text)
    pressed = next(b for b in test.button if b.key == "simulate_any")
    test = pressed.click().run()  # typed and clicked at once: both come in one run
    assert not test.exception
    assert [e.value for e in test.error] == [blocks.plain(why)]
    assert test.text_input(key=typed_key(key)).value == text  # to be mended, not typed anew
    assert test.button(key="simulate_any").disabled
    assert Desk(tmp_path / "c.duckdb").store.universes() == []
    test.text_input(key=typed_key(key)).set_value("100").run()
    assert not test.error
    assert not test.button(key="simulate_any").disabled


def test_who_is_signed_in_stands_on_each_action(
    launch: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.shared.who.name", lambda: "ann@example.com")
    desk = Desk(tmp_path / "c.duckdb")
    test = upload(launch(), UPLOAD, LISTED)
    test = button(test, "Store").click().run()
    assert desk.store.ingests("mine")["by"].tolist() == ["ann@example.com"]
    button(test, "Delete …").click().run()
    button(test, "Delete mine").click().run()
    assert [removal.by for _, removal in desk.deleted()] == ["ann@example.com"]


@given(hs.text())
def test_plain_text_keeps_its_characters(text: str) -> None:
    escaped = blocks.plain(text)
    assert escaped.replace("\\", "") == text.replace("\\", "")
    assert "![" not in escaped
    assert "](" not in escaped.replace("\\](", "")
