"""Files by command: how they were read, several at once, and what comes out goes in again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import run
from hand_made import instrument_frame, price_frame, walk, weekday_index

N = 120
SYMBOLS = ("AAA", "BBB", "CCC")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Instruments, and closes in one file a symbol."""
    instrument_frame(**{s: {} for s in SYMBOLS}).to_csv(tmp_path / "instruments.csv", index=False)
    (tmp_path / "closes").mkdir()
    for n, symbol in enumerate(SYMBOLS):
        frame = pd.DataFrame({"Close": walk(n, N), "Volume": 7}, index=weekday_index(N))
        frame.rename_axis("Date").to_csv(tmp_path / "closes" / f"{symbol}.csv")
    return tmp_path


def ingest(folder: Path, *prices: Path | str, **more: str) -> object:
    options = [x for key, value in more.items() for x in (f"--{key}", value)]
    return run(
        "ingest", "--db", folder / "x.duckdb", "--instruments", folder / "instruments.csv",
        "--prices", *prices, *options, "--json",
    )  # fmt: skip


def test_a_folder_and_several_files(folder: Path) -> None:
    done = ingest(folder, folder / "closes")
    assert (done.code, done.json["universe"], done.json["symbols"]) == (0, "closes", 3)
    assert [r["file"] for r in done.json["readings"]] == [f"{s}.csv" for s in SYMBOLS]
    files = [folder / "closes" / f"{s}.csv" for s in SYMBOLS]
    again = ingest(folder, *files, universe="closes")
    assert (again.json["unchanged"], again.json["snapshot_id"]) == (
        3 * N, done.json["snapshot_id"],
    )  # fmt: skip
    unnamed = ingest(folder, *files)
    assert (unnamed.code, "Which universe" in unnamed.err) == (2, True)
    twice = ingest(folder, files[0], files[0], universe="x")
    assert (twice.code, "is given twice" in twice.err) == (2, True)
    (folder / "empty").mkdir()
    nothing = ingest(folder, folder / "empty")
    assert (nothing.code, "holds no files of prices" in nothing.err) == (2, True)


def test_how_a_file_was_read_is_said_and_changed(folder: Path) -> None:
    rows = "".join(f"01/0{n}/2024;1.20{n}\n" for n in range(2, 9))
    (folder / "p.csv").write_text(f"date;AAA\n{rows}")
    refused = ingest(folder, folder / "p.csv")
    assert refused.code == 2
    assert refused.err.count("\n") == 1
    done = ingest(folder, folder / "p.csv", dates="mdy", decimal="point")
    (reading,) = done.json["readings"]
    assert {key: reading[key] for key in ("separator", "decimal", "dates", "layout")} == {
        "separator": "semicolon", "decimal": "point", "dates": "mdy", "layout": "wide",
    }  # fmt: skip
    text = run("ingest", "--db", folder / "x.duckdb", "--universe", "p", "--prices",
               folder / "p.csv", "--dates", "dmy", "--decimal", "comma")  # fmt: skip
    assert "p.csv: wide; separator semicolon; decimal comma; dates dmy; UTF-8" in text.out
    for option, word in (("--separator", "dot"), ("--zone", "Mars")):
        wrong = run(
            "ingest", "--db", folder / "x.duckdb", "--prices", folder / "p.csv", option, word
        )
        assert (wrong.code, option in wrong.err) == (2, True)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_comes_out_goes_in_as_unchanged(folder: Path, kind: str) -> None:
    closes = pd.DataFrame({s: walk(n, N) for n, s in enumerate(SYMBOLS)}, index=weekday_index(N))
    prices = price_frame(closes, closes * 0.9)
    prices.loc[3, ["adj_close", "volume"]] = (np.nan, 0.1 + 0.2)
    prices.to_csv(folder / "own.csv", index=False)
    first = ingest(folder, folder / "own.csv")
    out = folder / f"out.{kind}"
    done = run("export", "--db", folder / "x.duckdb", "--out", out, "--json")
    assert done.code == 0
    assert {k: done.json[k] for k in ("universe", "rows", "symbols", "file")} == {
        "universe": "own", "rows": 3 * N, "symbols": 3, "file": str(out),
    }  # fmt: skip
    back = ingest(folder, out, universe="own")
    assert back.json["unchanged"] == 3 * N
    assert back.json["snapshot_id"] == first.json["snapshot_id"]
    for name, told in (("out.xlsx", "as .parquet or .csv"), ("no/out.csv", "cannot be written")):
        wrong = run("export", "--db", folder / "x.duckdb", "--out", folder / name)
        assert (wrong.code, told in wrong.err) == (2, True)


def test_nothing_fits(folder: Path) -> None:
    """Nothing is stored, no universe is made, and the default is what it was."""
    ingest(folder, folder / "closes")
    (folder / "wrong.csv").write_text("symbol,date,close\nZZZ,2024-01-02,1\nAAA,2024-01-03,-1\n")
    refused = ingest(folder, folder / "wrong.csv")
    assert refused.code == 2
    assert refused.err == (
        "No row of wrong.csv is fit to be stored; 1 row: symbol is not among the instruments "
        "(row 1); 1 row: close is not above zero (row 2).\n"
    )
    listed = run("universes", "--db", folder / "x.duckdb", "--json").json["universes"]
    assert [u["name"] for u in listed] == ["closes"]
    fresh = run("ingest", "--db", folder / "y.duckdb", "--instruments", folder / "instruments.csv",
                "--prices", folder / "wrong.csv")  # fmt: skip
    assert fresh.code == 2
    listed = run("universes", "--db", folder / "y.duckdb", "--json")
    assert json.loads(listed.out)["universes"] == []


def test_rejects_and_what_looks_wrong_are_told(folder: Path) -> None:
    closes = pd.DataFrame({s: walk(n, N) for n, s in enumerate(SYMBOLS)}, index=weekday_index(N))
    closes.loc[closes.index[60] :, "BBB"] *= 100
    frame = price_frame(closes).astype(object)
    frame.loc[[4, 9], "close"] = "-1"
    frame.to_csv(folder / "own.csv", index=False)
    done = ingest(folder, folder / "own.csv")
    assert done.json["reasons"] == [{"reason": "close is not above zero", "rows": 2, "example": 5}]
    (odd,) = done.json["warnings"]
    assert (odd["kind"], odd["symbol"], odd["date"]) == (
        "unit", "BBB", closes.index[60].date().isoformat(),
    )  # fmt: skip
    # Said again where a later file only adds to it, for that is what is stored.
    tail = frame.iloc[-2:]
    tail.to_csv(folder / "tail.csv", index=False)
    assert ingest(folder, folder / "tail.csv", universe="own").json["warnings"] == []
    later = price_frame(closes[["BBB"]].iloc[-1:]).to_csv(index=False)
    (folder / "later.csv").write_text(later)
    (odd,) = ingest(folder, folder / "later.csv", universe="own").json["warnings"]
    assert odd["symbol"] == "BBB"
    text = run("ingest", "--db", folder / "x.duckdb", "--universe", "own", "--prices",
               folder / "own.csv")  # fmt: skip
    assert "close is not above zero" in text.out
    assert "BBB, " in text.err
    assert ": unit: " in text.err
