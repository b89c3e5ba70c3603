"""What pyproject.toml promises: a console script that runs, and gates over all that is run."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# Checked by running them.
UNTYPED = {"tests", "benchmarks"}


def test_mypy_reads_all_the_code_that_is_run() -> None:
    tops = {path.relative_to(ROOT).parts[0] for path in ROOT.glob("*/**/*.py")}
    tops = {top for top in tops if not top.startswith(".") and top not in {"data", "build"}}
    modules = {path.name for path in ROOT.glob("*.py")}
    assert set(PYPROJECT["tool"]["mypy"]["files"]) == (tops - UNTYPED) | modules


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
