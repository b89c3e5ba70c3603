"""What pyproject.toml promises: a console script that runs, and gates over all that is run."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import PurePath

import pytest
from root import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# Checked by running them.
UNTYPED = {"tests", "benchmarks"}


def test_mypy_reads_all_the_code_that_is_run() -> None:
    tops = {path.relative_to(ROOT).parts[0] for path in ROOT.glob("*/**/*.py")}
    tops = {top for top in tops if not top.startswith(".") and top not in {"data", "build"}}
    modules = {path.name for path in ROOT.glob("*.py")}
    assert set(PYPROJECT["tool"]["mypy"]["files"]) == (tops - UNTYPED) | modules


def test_pytest_and_ruff_pass_over_no_folder(request: pytest.FixtureRequest) -> None:
    """By default pytest passes over folders that are called build."""
    tracked = [
        PurePath(path)
        for path in subprocess.run(
            ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split()
    ]
    passed_over = request.config.getini("norecursedirs")
    tests = [p for p in tracked if p.is_relative_to("tests") and p.name.startswith("test_")]
    assert tests
    for path in tests:
        assert not [p for p in path.parts if any(fnmatch(p, over) for over in passed_over)], path
    linted = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--show-files", "."],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    wanted = {p.as_posix() for p in tracked if not p.is_relative_to("tests/fixtures")}
    assert wanted <= {PurePath(path).relative_to(ROOT).as_posix() for path in linted}


@pytest.mark.parametrize("target", ["test", "lint"])
def test_make_runs_every_gate(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, flags=re.MULTILINE)
    assert found
    recipe = [line.strip() for line in found[1].splitlines()]
    for gate in ("ruff check .", "ruff format --check .", "mypy"):
        assert f"$(PYTHON) -m {gate}" in recipe, gate


def test_the_console_script_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (target,) = PYPROJECT["project"]["scripts"].values()
    assert set(PYPROJECT["project"]["scripts"]) == {"cutline"}
    module, _, name = target.partition(":")
    with pytest.raises(SystemExit) as ended:
        getattr(importlib.import_module(module), name)(["--help"])
    assert ended.value.code == 0
    assert "load-packaged" in capsys.readouterr().out
