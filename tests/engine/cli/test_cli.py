"""The command line as its contract has it: keys, exit codes, one sentence, no traceback."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from command_line import process, run
from hand_made import instrument_frame, mixed_universe, price_frame, walk, weekday_index
from patience import WAIT_S
from root import ROOT

from engine.cli import clusters
from engine.core.errors import AnswerNo, NotFinished
from engine.store import Store

INGESTED = {"symbols", "rows", "stored", "unchanged", "revised", "quarantined", "snapshot_id"}


@dataclass(frozen=True)
class Files:
    folder: Path
    prices: Path
    instruments: Path
    db: Path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A universe in files, and a database in which it is loaded as `world`."""
    folder = tmp_path_factory.mktemp("cli")
    prices, instruments = mixed_universe()
    made = Files(folder, folder / "world.csv", folder / "instruments.csv", folder / "c.duckdb")
    prices.to_csv(made.prices, index=False)
    instruments.to_csv(made.instruments, index=False)
    (folder / "empty.csv").write_text("")
    (folder / "wrong.csv").write_text("a,b\n1,2\n")
    (folder / "junk.duckdb").write_bytes(b"this is no database" * 100)
    (folder / "folder").mkdir()
    said = run(
        "ingest", "--prices", made.prices, "--instruments", made.instruments, "--db", made.db
    )
    assert said.code == 0, said.err
    return made


@pytest.fixture(scope="module")
def packaged_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged data, loaded by the command."""
    db = tmp_path_factory.mktemp("packaged") / "c.duckdb"
    done = run("load-packaged", "--db", db, "--json")
    assert done.code == 0, done.err
    document = done.json
    assert set(document) >= INGESTED
    assert document["symbols"] == 67
    assert document["rows"] == document["stored"] > 400_000
    assert document["quarantined"] == 0
    return db


def test_ingest_keys_and_counts(files: Files, tmp_path: Path) -> None:
    prices, _ = mixed_universe()
    rows = prices.astype(object).head(40)
    rows.loc[3, "close"] = "-1"
    rows.loc[5, "close"] = "abc"
    rows.loc[7, "symbol"] = "NOBODY"
    rows.to_csv(tmp_path / "some.csv", index=False)
    at = ("--instruments", files.instruments, "--db", tmp_path / "c.duckdb", "--json")
    first = run("ingest", "--prices", tmp_path / "some.csv", *at)
    assert first.code == 0  # bad rows beside good ones are done, and counted
    assert set(first.json) >= INGESTED
    counts = {key: first.json[key] for key in ("rows", "stored", "quarantined")}
    assert counts == {"rows": 40, "stored": 37, "quarantined": 3}
    assert first.json["universe"] == "some"

    rows.loc[0, "close"] = 123.0
    rows.to_csv(tmp_path / "some.csv", index=False)
    second = run("ingest", "--prices", tmp_path / "some.csv", *at).json
    assert {k: second[k] for k in ("stored", "unchanged", "revised", "quarantined")} == {
        "stored": 0, "unchanged": 36, "revised": 1, "quarantined": 3,
    }  # fmt: skip
    assert second["rows"] == sum(
        second[k] for k in ("stored", "unchanged", "revised", "quarantined")
    )
    assert second["snapshot_id"] != first.json["snapshot_id"]


def test_wide_files_and_parquet(files: Files, tmp_path: Path) -> None:
    prices, instruments = mixed_universe()
    wide = prices.pivot_table(index="date", columns="symbol", values="close").reset_index()
    wide.to_csv(tmp_path / "wide.csv", index=False)
    prices.to_parquet(tmp_path / "long.parquet")
    instruments.to_parquet(tmp_path / "i.parquet")
    at = ("--instruments", tmp_path / "i.parquet", "--db", tmp_path / "c.duckdb", "--json")
    ids = {
        run("ingest", "--prices", tmp_path / name, *at).json["snapshot_id"]
        for name in ("wide.csv", "long.parquet")
    }
    assert len(ids) == 1


def test_ingest_takes_the_files_name_others_the_last_loaded(files: Files, tmp_path: Path) -> None:
    db = tmp_path / "c.duckdb"
    load = ("ingest", "--instruments", files.instruments, "--db", db, "--prices")
    assert run(*load, files.prices, "--json").json["universe"] == "world"
    assert run(*load, files.prices, "--universe", "mine", "--json").json["universe"] == "mine"
    other = price_frame(
        pd.DataFrame({"A": walk(1, 100), "B": walk(2, 100)}, index=weekday_index(100))
    )
    other.to_csv(tmp_path / "other.csv", index=False)
    instrument_frame(A={}, B={}).to_csv(tmp_path / "io.csv", index=False)
    at = ("--prices", tmp_path / "other.csv", "--instruments", tmp_path / "io.csv", "--db", db)
    assert run("ingest", *at).code == 0
    assert run("clusters", "--db", db, "--json").json["n_assets"] == 2
    assert run("clusters", "--db", db, "--universe", "mine", "--json").json["n_assets"] == 16
    assert run("clusters", "--db", db, "--json").json["n_assets"] == 2  # looking is not loading
    assert run(*load, files.prices).code == 0  # a repeat is the last loaded again
    assert run("clusters", "--db", db, "--json").json["n_assets"] == 16


def test_clusters(files: Files) -> None:
    said = run("clusters", "--db", files.db, "--threshold", "0.5", "--json")
    assert said.code == 0
    document = said.json
    assert set(document) >= {"as_of", "threshold", "linkage", "n_clusters", "clusters"}
    assert (document["as_of"], document["threshold"], document["linkage"]) == (
        "2025-06-30", 0.5, "average",
    )  # fmt: skip
    assert document["n_clusters"] == len(document["clusters"])
    keys = {"id", "label", "name", "members", "mean_correlation", "fragility", "cvar_95"}
    members = []
    for cluster in document["clusters"]:
        assert set(cluster) >= keys
        assert 0 < cluster["fragility"] < 1
        assert cluster["cvar_95"] > 0
        assert (cluster["mean_correlation"] is None) == (len(cluster["members"]) == 1)
        members += cluster["members"]
    assert len(members) == len(set(members)) == document["n_assets"]
    assert len({c["id"] for c in document["clusters"]}) == document["n_clusters"]


def test_threshold_auto_is_not_the_suggested_one(files: Files) -> None:
    for extra in ((), ("--threshold", "auto")):
        assert run("clusters", "--db", files.db, *extra, "--json").json["threshold"] == 0.4
    evidence = run("clusters", "--db", files.db, "--preset", "evidence", "--json").json
    assert evidence["threshold"] == 0.5
    back = ("--preset", "evidence", "--threshold", "auto")
    assert run("clusters", "--db", files.db, *back, "--json").json["threshold"] == 0.4


def test_sweep(files: Files) -> None:
    document = run("sweep", "--db", files.db, "--json").json
    assert set(document) >= {
        "thresholds", "n_clusters", "largest", "singletons", "silhouette", "suggested_threshold",
        "reason",
    }  # fmt: skip
    assert document["thresholds"] == [round(0.1 + 0.01 * i, 2) for i in range(81)]
    for key in ("n_clusters", "largest", "singletons", "silhouette"):
        assert len(document[key]) == 81
    assert document["n_clusters"] == sorted(document["n_clusters"], reverse=True)
    assert None in document["silhouette"]  # one cluster: not defined, so null
    assert document["reason"]
    bounds = ("--from", ".2", "--to", "0.5", "--step", "0.1")
    short = run("sweep", "--db", files.db, *bounds, "--json").json
    assert short["thresholds"] == [0.2, 0.3, 0.4, 0.5]
    for t, k in zip(short["thresholds"], short["n_clusters"], strict=True):
        cut = run("clusters", "--db", files.db, "--threshold", str(t), "--json").json
        assert cut["n_clusters"] == k


def test_health_is_well(files: Files) -> None:
    said = run("health", "--db", files.db, "--json")
    assert said.code == 0
    assert said.json["problems"] == []
    assert len(said.json["assets"]) == 18
    for asset in said.json["assets"]:
        assert set(asset) >= {"symbol", "first", "last", "sessions", "gaps", "stale", "lookback"}
    by_symbol = {a["symbol"]: a for a in said.json["assets"]}
    assert by_symbol["FIN2"]["gaps"] == 1
    assert by_symbol["ENE1"]["lookback"] == 79


def test_health_fails_with_its_answer(files: Files) -> None:
    """Exit 1, the JSON still printed; also where nobody is left at all."""
    later = ("--as-of", "2025-07-08", "--json")
    said = run("health", "--db", files.db, *later)
    assert said.code == 1
    assert said.json["status"] == "no"
    stale = {a["symbol"] for a in said.json["assets"] if a["stale"]}
    assert len(stale) == 17
    assert {p.split(":")[0] for p in said.json["problems"]} >= stale
    assert run("clusters", "--db", files.db, *later).code == 2


def test_parameters_reach_the_engine(files: Files) -> None:
    plain = run("clusters", "--db", files.db, "--json").json
    for argv in (
        ("--as-of", "2025-05-14"),
        ("--classes", "equity,fx"),
        ("--linkage", "ward"),
        ("--lookback", "100", "--threshold", "0.5"),
        ("--set", "data.base_currency=EUR"),
        ("--set", "panel.include_pegs=true"),
        ("--set", "tree.threshold=0.7"),
        ("--set", "panel.horizon=1"),
    ):
        assert run("clusters", "--db", files.db, *argv, "--json").json != plain
    # An option of its own wins over --set.
    both = ("--set", "tree.threshold=0.7", "--threshold", "0.2")
    assert run("clusters", "--db", files.db, *both, "--json").json["threshold"] == 0.2


def test_notes_go_to_stderr(files: Files) -> None:
    said = run("clusters", "--db", files.db, "--json")
    assert "USDT taken at par with USD." in said.err
    assert "USDT" not in said.out
    assert said.out.count("\n") == 1


def test_text_is_for_people(files: Files) -> None:
    for command in ("clusters", "sweep", "health"):
        said = run(command, "--db", files.db)
        assert said.code == 0
        assert said.out.startswith("As of 2025-06-30")
        assert {"nan", "NaN", "None", "NaT"}.isdisjoint(said.out.split())


BAD = {
    "nan": ("clusters", "--threshold", "nan"),
    "word": ("clusters", "--threshold", "abc"),
    "negative": ("clusters", "--threshold", "-1"),
    "minus infinity": ("clusters", "--threshold", "-inf"),
    "too large": ("clusters", "--threshold", "1e400"),
    "no such date": ("clusters", "--as-of", "2025-02-30"),
    "no date": ("clusters", "--as-of", "yesterday"),
    "before all": ("clusters", "--as-of", "1900-01-01"),
    "after all": ("clusters", "--as-of", "9999-12-31"),
    "no class": ("clusters", "--classes", "nonsense"),
    "nobody left": ("clusters", "--classes", "index"),
    "no linkage": ("clusters", "--linkage", "median"),
    "no preset": ("clusters", "--preset", "nonsense"),
    "lookback": ("clusters", "--lookback", "5"),
    "lookback and history": ("clusters", "--lookback", "20"),
    "lookback word": ("clusters", "--lookback", "long"),
    "set": ("clusters", "--set", "nonsense"),
    "set unknown": ("clusters", "--set", "panel.nonsense=1"),
    "set empty": ("clusters", "--set", "="),
    "set value": ("clusters", "--set", "panel.lookback=x"),
    "universe": ("clusters", "--universe", "nonsense"),
    "universe as sql": ("clusters", "--universe", "x'; DROP TABLE prices; --"),
    "flag": ("clusters", "--nonsense"),
    "flag without value": ("clusters", "--threshold"),
    "command": ("nonsense",),
    "sweep backwards": ("sweep", "--from", "0.9", "--to", "0.1"),
    "sweep step": ("sweep", "--step", "0"),
    "sweep word": ("sweep", "--from", "x"),
    "health date": ("health", "--as-of", "x"),
    "health universe": ("health", "--universe", "x"),
    "packaged elsewhere": ("load-packaged", "--universe", "mine"),
    "seed": ("simulate", "--seed", "-1"),
    "seed word": ("simulate", "--seed", "x"),
    "no file": ("ingest", "--prices", "nowhere.csv", "--instruments", "nowhere.csv"),
    "no prices": ("ingest",),
    "empty file": ("ingest", "--prices", "{folder}/empty.csv", "--instruments", "{instruments}"),
    "wrong columns": ("ingest", "--prices", "{folder}/wrong.csv", "--instruments", "{instruments}"),
    "wrong instruments": ("ingest", "--prices", "{prices}", "--instruments", "{folder}/wrong.csv"),
    "no instruments": ("ingest", "--prices", "{prices}", "--universe", "new"),
    "folder as file": ("ingest", "--prices", "{folder}/folder", "--instruments", "{instruments}"),
    "universe name": (
        "ingest", "--prices", "{prices}", "--instruments", "{instruments}", "--universe", "../x",
    ),
    "folder as db": ("clusters", "--db", "{folder}/folder"),
    "no db name": ("clusters", "--db", ""),
    "junk as db": ("clusters", "--db", "{folder}/junk.duckdb"),
    "missing db": ("clusters", "--db", "{folder}/missing.duckdb"),
    "file as folder": (
        "ingest", "--prices", "{prices}", "--instruments", "{instruments}",
        "--db", "{prices}/c.duckdb",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name: str, files: Files) -> None:
    """Exit 2, nothing on stdout, one sentence on stderr, nothing done."""
    before = Store(files.db).catalog().universes
    argv = [
        a.format(folder=files.folder, prices=files.prices, instruments=files.instruments)
        for a in BAD[name]
    ]
    at = [] if "--db" in argv or name == "command" else ["--db", files.db]
    said = run(*argv[:1], *at, *argv[1:], *(["--json"] if argv[0] != "nonsense" else []))
    assert said.code == 2
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.rstrip().endswith((".", ")"))
    assert "Traceback" not in said.err
    assert Store(files.db).catalog().universes == before
    assert not (files.folder / "missing.duckdb").exists()


def test_answers_of_no_and_work_not_finished(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 1 prints its JSON with the status; exit 3 says what to wait for."""
    for error, code in ((AnswerNo("No portfolio."), 1), (NotFinished("Held by PID 7."), 3)):

        def fail(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(clusters, "params_of", fail)
        said = run("clusters", "--db", files.db, "--json")
        assert said.code == code
        assert str(error) in said.err
        assert (said.out != "") == (code == 1)
        if code == 1:
            assert said.json == {"status": "no", "reason": "No portfolio."}


# The same through real processes.


def test_packaged_facts_through_the_command_line(packaged_db: Path) -> None:
    done = process("clusters", "--db", packaged_db, "--threshold", "auto", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["as_of"] == "2022-12-28"
    assert document["threshold"] == 0.4
    assert run("clusters", "--db", packaged_db, "--json").json == document
    health = run("health", "--db", packaged_db, "--json")
    assert health.code == 0
    by_symbol = {a["symbol"]: a for a in health.json["assets"]}
    assert by_symbol["AAPL"]["last"] == "2022-12-28"
    assert by_symbol["EURRUB"]["ended"]
    assert dt.date.fromisoformat(by_symbol["EURUSD"]["last"]) == dt.date(2022, 12, 28)


def test_a_process_says_one_sentence_and_exits_2(files: Files, tmp_path: Path) -> None:
    done = process("clusters", "--db", tmp_path / "none.duckdb", "--threshold", "nan")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_leaves_early_is_no_error(files: Files) -> None:
    """As `... | head -1`: the pipe is closed before anything is written."""
    read, write = os.pipe()
    os.close(read)
    with subprocess.Popen(
        [sys.executable, "-m", "engine", "clusters", "--db", files.db],
        cwd=ROOT, stdout=write, stderr=subprocess.PIPE, text=True,
    ) as child:  # fmt: skip
        os.close(write)
        _, err = child.communicate(timeout=WAIT_S)
    assert "Traceback" not in err
    assert "BrokenPipe" not in err
    assert child.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a file that is always full")
def test_an_answer_that_cannot_be_written_exits_3(files: Files) -> None:
    with Path("/dev/full").open("w") as sink:
        done = subprocess.run(
            [sys.executable, "-m", "engine", "clusters", "--db", files.db],
            cwd=ROOT, stdout=sink, stderr=subprocess.PIPE, text=True, timeout=WAIT_S, check=False,
        )  # fmt: skip
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "could not be written" in done.stderr


def test_a_terminal_without_greek(files: Files) -> None:
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = process("clusters", "--db", files.db, env=ascii_only)
    assert done.returncode == 0, done.stderr
    assert "mean correlation ?" in done.stdout
