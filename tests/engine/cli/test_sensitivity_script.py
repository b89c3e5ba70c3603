"""The sensitivity script: the same numbers as the sweep, on the terminal, in CSV and in HTML."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hand_made import mixed_universe
from patience import WAIT_S
from root import ROOT

from engine.cli import browser
from engine.cli.main import main as engine_main
from engine.cli.scripts import threshold_sensitivity as sensitivity
from engine.desk import Desk
from engine.params import Params
from engine.pipeline import analyse, sweep_tree

# A universe name may not hold markup; names of files and instruments may.
EVIL = "<script>alert(1)</script>"


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


def run(*argv: str | Path) -> Said:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = sensitivity.main([str(a) for a in argv])
        except SystemExit as end:  # argparse ends so
            code = end.code
    return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hand-made mixed universe, from a file with a hostile name."""
    folder = tmp_path_factory.mktemp("sensitivity")
    prices, instruments = mixed_universe()
    (folder / "source").mkdir()
    price_file = folder / "source" / f"{EVIL.replace('/', '')}.csv"
    prices.to_csv(price_file, index=False)
    instruments.to_csv(folder / "instruments.csv", index=False)
    path = folder / "c.duckdb"
    Desk(path).ingest(price_file, folder / "instruments.csv", "mixed")
    return path


@pytest.fixture
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most tests are about numbers, and a browser takes two seconds."""
    monkeypatch.setattr(browser, "NAMES", ("no-such-browser",))


@pytest.fixture(scope="module")
def report(db: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(browser, "NAMES", ("no-such-browser",))
        said = run("--db", db, "--out", folder, "--step", "0.05")
    assert said.code == 0, said.err
    return folder


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def static_part(page: str) -> str:
    """The page without the content of its scripts."""
    return re.sub(r"<script[^>]*>.*?</script>", "", page, flags=re.DOTALL)


def test_csv_holds_the_numbers_of_the_pipeline(db: Path, report: Path) -> None:
    params = Params().with_settings({"sweep.step": 0.05})
    result = analyse(Desk(db).open().grid, params)
    expected = sweep_tree(result.correlation, result.tree, params).sweep
    rows = rows_of(report / "threshold_sensitivity.csv")
    assert [float(r["t"]) for r in rows] == expected.thresholds.tolist()
    assert [int(r["clusters"]) for r in rows] == expected.n_clusters.tolist()
    assert [int(r["alone"]) for r in rows] == expected.singletons.tolist()
    assert len({r["clusters"] for r in rows}) > 1


def test_terminal_shows_what_the_sweep_command_shows(
    db: Path, no_browser: None, tmp_path: Path
) -> None:
    asked = ("--db", str(db), "--from", "0.2", "--to", "0.6", "--step", "0.1")
    said = run(*asked, "--out", tmp_path)
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        assert engine_main(["sweep", *asked]) == 0
    assert said.out.startswith(out.getvalue())
    assert said.out.splitlines()[-1] == f"Wrote {tmp_path / 'threshold_sensitivity.html'}"


def test_json_is_one_object_with_the_files(db: Path, no_browser: None, tmp_path: Path) -> None:
    said = run("--db", db, "--out", tmp_path, "--json")
    document = json.loads(said.out)
    assert len(document["thresholds"]) == len(document["n_clusters"]) == 81
    assert document["snapshot_id"] == Desk(db).open().snapshot.info.snapshot_id
    assert all(Path(file).is_file() for file in document["files"])


def test_page_says_from_what_it_was_made(db: Path, report: Path) -> None:
    page = (report / "threshold_sensitivity.html").read_text(encoding="utf-8")
    opened = Desk(db).open()
    result = analyse(opened.grid, Params())
    text = static_part(page)
    assert opened.snapshot.info.snapshot_id in text
    assert f"As of {result.panel.as_of}" in text
    assert "<td>sweep.step</td>\n      <td>0.05</td>" in text
    assert "silhouette" in text
    assert "No cut is suggested" in text or "has the best silhouette" in text


def test_page_asks_for_nothing_outside(report: Path) -> None:
    page = (report / "threshold_sensitivity.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "http" not in policy[1]
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=", page[:20_000])
    assert not re.search(r"(src|href)\s*=", static_part(page))


def test_text_from_the_data_is_escaped(db: Path, report: Path) -> None:
    page = (report / "threshold_sensitivity.html").read_text(encoding="utf-8")
    source = Desk(db).open().snapshot.info.source
    assert "<script>" in source
    assert source not in page
    assert "&lt;script&gt;alert(1)" in page


def test_without_a_browser_one_line_says_so_and_all_is_well(
    db: Path, no_browser: None, tmp_path: Path
) -> None:
    old = tmp_path / "threshold_sensitivity.png"
    old.write_bytes(b"of an earlier report")
    said = run("--db", db, "--out", tmp_path)
    assert said.code == 0
    assert [line for line in said.err.splitlines() if "picture" in line] == [
        "No picture: no Chromium on the PATH (Debian: apt-get install chromium)."
    ]
    assert not old.exists()


@pytest.mark.browser
def test_picture_is_drawn_by_the_page_alone(db: Path, tmp_path: Path) -> None:
    said = run("--db", db, "--out", tmp_path)
    assert said.code == 0
    picture = (tmp_path / "threshold_sensitivity.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    found = browser.find_browser()
    assert found is not None
    page = (tmp_path / "threshold_sensitivity.html").resolve().as_uri()
    drawn = subprocess.run(
        [found, *browser.FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page],
        capture_output=True, text=True, timeout=WAIT_S, check=True,
    ).stdout  # fmt: skip
    assert "now 0.40" in re.sub(r"<script.*?</script>", "", drawn, flags=re.DOTALL)


def test_a_browser_that_fails_leaves_no_picture(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for command, sentence in (("false", "failed"), ("true", "wrote none")):
        monkeypatch.setattr(browser, "NAMES", (command,))
        problem = browser.screenshot(tmp_path / "page.html", tmp_path / "p.png", 100, 100)
        assert problem is not None
        assert problem.startswith(f"No picture: {command}")
        assert sentence in problem
        assert not (tmp_path / "p.png").exists()


def test_ward_is_swept_to_the_top_unless_thresholds_are_asked_for(
    db: Path, no_browser: None, tmp_path: Path
) -> None:
    run("--db", db, "--out", tmp_path, "--linkage", "ward")
    rows = rows_of(tmp_path / "threshold_sensitivity.csv")
    assert rows[-1]["clusters"] == "1"
    page = (tmp_path / "threshold_sensitivity.html").read_text(encoding="utf-8")
    assert "NORMAL 0.40" not in page
    run("--db", db, "--out", tmp_path, "--linkage", "ward", "--to", "0.5")
    assert float(rows_of(tmp_path / "threshold_sensitivity.csv")[-1]["t"]) == 0.5


def test_empty_store_is_one_sentence_and_stays_empty(tmp_path: Path) -> None:
    said = run("--db", tmp_path / "none.duckdb", "--out", tmp_path / "out")
    assert said.code == 2
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert "load-packaged" in said.err
    assert list(tmp_path.iterdir()) == []


def test_packaged_data_is_loaded_only_into_an_empty_store(
    db: Path, no_browser: None, tmp_path: Path
) -> None:
    said = run("--db", db, "--out", tmp_path, "--packaged-if-empty")
    assert said.code == 0
    assert "packaged" not in said.err
    assert [info.name for info in Desk(db).store.universes()] == ["mixed"]
    empty = tmp_path / "new.duckdb"
    said = run("--db", empty, "--out", tmp_path, "--packaged-if-empty")
    assert said.code == 0
    assert said.err.startswith(f"Nothing was loaded: the packaged data is now in {empty}.")


def test_folder_that_cannot_be_written_is_one_sentence(
    db: Path, no_browser: None, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    said = run("--db", db, "--out", file)
    assert said.code == 2
    assert "cannot be written" in said.err
    assert "Traceback" not in said.err


def test_script_runs_and_refuses_in_one_sentence() -> None:
    answer = subprocess.run(
        [sys.executable, "scripts/threshold_sensitivity.py", "--from", "x", "--bogus"],
        cwd=ROOT, capture_output=True, text=True, timeout=WAIT_S, check=False,
    )  # fmt: skip
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert answer.stderr.startswith("threshold_sensitivity.py: ")
