"""What README and docs show can be run, and what they list is what there is."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import struct
from dataclasses import fields
from pathlib import Path

import pytest
from root import ROOT

from engine.cli import browser
from engine.cli.main import build_parser
from engine.cli.main import main as engine_main
from engine.cli.scripts import optimize_clustered, threshold_sensitivity, track_portfolio_state
from engine.desk import Desk
from engine.market import quality
from engine.store import IngestResult

README = (ROOT / "README.md").read_text(encoding="utf-8")
CLI = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
MAX_PICTURE = 300_000  # bytes: the README is to open at once
RUNNERS = {
    ("python", "-m", "engine"): engine_main,
    ("python", "scripts/threshold_sensitivity.py"): threshold_sensitivity.main,
    ("python", "scripts/optimize_clustered_v2.py"): optimize_clustered.main,
    ("python", "scripts/track_portfolio_state.py"): track_portfolio_state.main,
}


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]


def run(line: str, db: Path) -> tuple[int, str, str]:
    words = tuple(shlex.split(line))
    start, main = next((s, m) for s, m in RUNNERS.items() if words[: len(s)] == s)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([*words[len(start) :], "--db", str(db)])
        except SystemExit as end:  # argparse ends so
            code = end.code
    return code, out.getvalue(), err.getvalue()


def test_every_example_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In order, in an empty folder that holds the README's own sample files."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(browser, "NAMES", ())
    names = re.findall(r"^`?(\w+\.csv)`?(?::| says)", README, flags=re.MULTILINE)
    for name, content in zip(names, blocks("csv"), strict=True):
        Path(name).write_text(content, encoding="utf-8")
    db = tmp_path / "readme.duckdb"
    assert len(COMMANDS) >= 8
    for line in COMMANDS:
        code, out, err = run(line, db)
        assert code == 0, f"{line}: {err}"
        assert out.strip(), line
        if "--json" in line:
            json.loads(out)
    assert (tmp_path / "data" / "reports" / "threshold_sensitivity.html").is_file()

    # "Of the six rows above four are stored."
    last = Desk(db).store.ingests("mine").iloc[0]
    assert (last["rows"], last["stored"], last["quarantined"]) == (6, 4, 2)
    assert set(Desk(db).store.quarantine("mine")["reason"]) == {
        quality.LOW_CLOSE,
        quality.UNKNOWN_SYMBOL,
    }


def test_every_command_is_shown() -> None:
    actions = [a for a in build_parser()._actions if a.choices]
    for command in actions[0].choices:
        assert any(f"engine {command}" in line for line in COMMANDS), command
        assert f"| `{command}` |" in CLI, command


def test_contract_lists_every_option() -> None:
    commands = next(a.choices for a in build_parser()._actions if a.choices)
    options = {o for sub in commands.values() for a in sub._actions for o in a.option_strings}
    options -= {"-h", "--help"}
    assert options
    assert {o for o in options if f"`{o}" not in CLI} == set()


def test_contract_lists_the_keys_of_an_ingest() -> None:
    row = next(line for line in CLI.splitlines() if line.startswith("| `ingest` |"))
    assert {f.name for f in fields(IngestResult) if f.name not in row} == set()


def test_every_reason_of_the_quarantine_is_listed() -> None:
    reasons = {
        value
        for name, value in vars(quality).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, str)
    }
    listed = set(re.findall(r"^\| ([a-z][^|]+?) \|", README, flags=re.MULTILINE)) - {"reason"}
    assert listed == reasons


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)\)", text) + re.findall(r'src(?:set)?="([^"]+)"', text)
    for target in targets:
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def paths_in(text: str) -> set[str]:
    """Files and folders of the tree that a page names in full."""
    return set(
        re.findall(r"`((?:engine|pages|scripts|tests|docs|benchmarks)/[\w./-]*)`", text)
    )  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_what_a_page_names_of_the_tree_is_there(page: Path) -> None:
    named = paths_in(page.read_text(encoding="utf-8"))
    named = {path for path in named if not path.endswith("/NAME.py")}
    assert {path for path in named if not (ROOT / path).exists()} == set()


def test_names_stand_in_the_file_where_a_page_says() -> None:
    found = [
        (name, path)
        for page in ("docs/architecture.md", "CONTRIBUTING.md")
        for name, path in re.findall(
            r"`([\w.]+)`,? (?:in|of)\s`([\w/]+\.py)`", (ROOT / page).read_text(encoding="utf-8")
        )
    ]
    assert len(found) > 8
    for name, path in found:
        text = (ROOT / path).read_text(encoding="utf-8")
        missing = [part for part in name.split(".") if not re.search(rf"\b{part}\b", text)]
        assert missing == [], (name, path)


def test_every_make_target_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    for page in PAGES:
        named = re.findall(r"`make ([a-z]+)", page.read_text(encoding="utf-8"))
        assert set(named) <= known, page.name


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "name",
    [
        "overview",
        "clusters",
        "sensitivity",
        "regime",
        "fragility",
        "allocation",
        "drift",
        "tickets",
        "universes",
    ],
)
def test_pictures_are_there_and_light_to_load(name: str, theme: str) -> None:
    picture = ROOT / "docs" / "pictures" / f"{name}-{theme}.png"
    data = picture.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">I", data[16:20])[0] == 1440
    assert len(data) < MAX_PICTURE
    assert README.count(f"docs/pictures/{name}-{theme}.png") >= 1


def test_text_says_what_the_packaged_universe_holds() -> None:
    table = (ROOT / "engine" / "sources" / "packaged.csv").read_text(encoding="utf-8")
    counts = {
        "20 US shares": table.count("sp500_dataset"),
        "5 factor ETFs": table.count("factors_dataset"),
        "41 currencies": table.count("ECB euro foreign"),
    }
    for text, found in counts.items():
        assert text in README
        assert int(text.split()[0]) == found
