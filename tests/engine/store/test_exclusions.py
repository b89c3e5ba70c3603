"""Rows excluded by hand: out of the data from then on, on record, and back as they were."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hand_made import instrument_frame, price_frame, walk, weekday_index

from engine.cli.main import main
from engine.core.errors import EmptyUniverse, InputError
from engine.desk import Desk
from engine.params import Params

DAYS = weekday_index(120)
AT = DAYS[50].date()


def prices(factor: float = 1.0) -> pd.DataFrame:
    frame = pd.DataFrame({s: walk(i, 120) for i, s in enumerate(("AAA", "BBB", "CCC"))}, index=DAYS)
    frame.iloc[50, 0] *= factor
    return price_frame(frame)


def files(folder: Path, factor: float) -> tuple[Path, Path]:
    made, table = folder / f"prices{factor:g}.csv", folder / "instruments.csv"
    prices(factor).to_csv(made, index=False)
    instrument_frame(AAA={}, BBB={}, CCC={}).to_csv(table, index=False)
    return made, table


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """With a close of AAA that is a hundred times too high."""
    made = Desk(tmp_path / "x.duckdb")
    made.ingest(*files(tmp_path, 100.0), universe="own")
    return made


def closes(desk: Desk, snapshot: str | None = None, symbol: str = "AAA") -> pd.Series:
    found = desk.store.snapshot("own", snapshot).prices
    return found[found["symbol"] == symbol].set_index("date")["close"]


def test_what_is_excluded_is_gone_from_then_on_and_old_snapshots_stay(desk: Desk) -> None:
    before = desk.store.snapshot("own").info.snapshot_id
    run = desk.save_run("own", Params())
    assert "AAA" in {one.symbol for one in desk.odd(desk.open("own"))}
    done = desk.store.exclusions.exclude("own", "AAA", AT, AT, " a bad  tick ", "Ann")
    assert (done.rows, done.revised, done.stored) == (1, 1, 0)
    assert done.snapshot_id != before
    assert pd.Timestamp(AT) not in closes(desk).index
    assert len(closes(desk)) == 119
    assert closes(desk, before)[pd.Timestamp(AT)] > 5000  # by the copy, and from the tables
    old = desk.store.snapshot("own", before, from_tables=True)
    assert len(old.prices) == 360
    assert "AAA" not in {one.symbol for one in desk.odd(desk.open("own"))}
    assert not np.isfinite(desk.open("own").grid.close[50, 0])
    assert desk.audit_run(run.run_id).audit.passed  # by the data that it was made of
    (row,) = desk.store.exclusions.of("own").to_dict("records")
    assert (row["symbol"], row["rows"], row["why"], row["by"]) == ("AAA", 1, "a bad tick", "Ann")
    record = desk.store.ingests("own").iloc[0]
    assert record["source"] == f"exclude AAA {AT} to {AT}: a bad tick"
    assert desk.portfolios.verify().passed


def test_the_same_file_again_leaves_it_excluded_and_another_corrects_it(
    desk: Desk, tmp_path: Path
) -> None:
    done = desk.store.exclusions.exclude("own", "AAA", AT, AT, "tick")
    again, table = files(tmp_path, 100.0)
    preview = desk.preview(again, table, "own")
    assert (preview.stored, preview.revised) == (0, 0)
    same = desk.ingest(again, table, "own")
    assert (same.stored, same.unchanged, same.revised) == (0, 360, 0)
    assert same.snapshot_id == done.snapshot_id
    right, _ = files(tmp_path, 1.0)
    corrected = desk.ingest(right, None, "own")
    assert (corrected.stored, corrected.unchanged) == (1, 359)
    assert closes(desk)[pd.Timestamp(AT)] < 200
    assert desk.store.exclusions.of("own").empty


def test_what_is_released_is_as_it_was(desk: Desk) -> None:
    before = desk.store.snapshot("own").info.snapshot_id
    store = desk.store.exclusions
    assert store.exclude("own", "BBB", None, None, "all of it").rows == 120
    assert set(desk.store.snapshot("own").prices["symbol"]) == {"AAA", "CCC"}
    first, last = DAYS[10].date(), DAYS[19].date()
    assert store.release("own", "BBB", first, last, "ten of it").rows == 10
    assert list(store.of("own")["rows"]) == [110]
    assert len(closes(desk, symbol="BBB")) == 10
    done = store.release("own", "BBB", None, None, "the rest", "Bea")
    assert (done.rows, done.snapshot_id) == (110, before)
    assert store.of("own").empty
    pd.testing.assert_frame_equal(
        desk.store.snapshot("own", from_tables=True).prices,
        prices(100.0).sort_values(["symbol", "date"], ignore_index=True),
    )
    assert desk.portfolios.verify().passed


@pytest.mark.parametrize(
    ("symbol", "first", "reason", "told"),
    [
        ("ZZZ", None, "why", "there are no prices of it"),
        ("AAA", dt.date(2030, 1, 1), "why", "there are no rows of it then"),
        ("AAA", None, "  ", "Say why"),
        ("AAA", None, "x" * 201, "Say why"),
    ],
)
def test_what_cannot_be_excluded_changes_nothing(
    desk: Desk, symbol: str, first: dt.date | None, reason: str, told: str
) -> None:
    before = desk.store.ingests("own")
    with pytest.raises(InputError, match=told):
        desk.store.exclusions.exclude("own", symbol, first, None, reason)
    with pytest.raises(InputError, match="nothing was released"):
        desk.store.exclusions.release("own", "AAA", None, None, "why")
    with pytest.raises(EmptyUniverse):
        desk.store.exclusions.exclude("other", "AAA", None, None, "why")
    assert len(desk.store.ingests("own")) == len(before)


def test_by_command(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    db = ["--db", str(desk.store.path), "--json"]

    def run(*args: str) -> tuple[int, dict]:
        code = main([*args, *db])
        out = capsys.readouterr().out
        return code, json.loads(out) if out else {}

    code, found = run("health")
    assert "AAA" in {one["symbol"] for one in found["warnings"]}
    days = ("--symbol", "AAA", "--first", str(AT), "--last", str(AT))
    code, done = run("exclude", *days, "--reason", "tick", "--by", "Ann")
    assert (code, done["rows"]) == (0, 1)
    code, found = run("health")
    assert found["excluded"] == [
        {"symbol": "AAA", "first": str(AT), "last": str(AT), "rows": 1, "reason": "tick",
         "by": "Ann"}
    ]  # fmt: skip
    assert "AAA" not in {one["symbol"] for one in found["warnings"]}
    assert run("exclude", *days)[0] == 2
    assert run("exclude", "--symbol", "AAA", "--first", "soon", "--reason", "x")[0] == 2
    code, done = run("release", *days, "--reason", "it was right")
    assert (code, done["excluded"]) == (0, [])


def test_a_row_that_was_edited_is_not_believed(desk: Desk) -> None:
    """An exclusion starts from what hashes to the snapshot, as all that publishes does."""
    with duckdb.connect(str(desk.store.path)) as raw:
        raw.execute("UPDATE prices SET close = 1 WHERE symbol = 'CCC'")
    with pytest.raises(Exception, match="changed outside Cutline"):
        desk.store.exclusions.exclude("own", "AAA", AT, AT, "tick")
