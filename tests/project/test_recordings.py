"""Recordings are compared so that a change of a figure shows and a change of place does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from root import ROOT

BEFORE = 'address {"t": "0.40"}\n[horizontal] {}\n  metric {"cash": 1.5}\n  row ["A", -224.0]\n'


def compared(tmp_path: Path, after: str, *more: str, name: str = "page-drift") -> tuple[int, str]:
    for folder, text in (("a", BEFORE), ("b", after)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.txt").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "scripts/recordings", "compare", str(tmp_path / "a"), str(tmp_path / "b"),
         *more],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


MOVED = 'address {"t": "0.40"}\nrow ["A", "-224"]\n[tab] {}\n    metric {"cash": 1.5}\n'


@pytest.mark.parametrize(
    ("after", "more", "code"),
    [
        (BEFORE, (), 0),
        (MOVED, (), 1),
        (MOVED, ("--any-place",), 0),
        (MOVED.replace("1.5", "1.6"), ("--any-place",), 1),
        (MOVED.replace("-224", "-225"), ("--any-place",), 1),
    ],
)
def test_a_figure_counts_and_its_place_may_not(
    tmp_path: Path, after: str, more: tuple[str, ...], code: int
) -> None:
    found, said = compared(tmp_path, after, *more)
    assert found == code, said


def test_places_count_in_what_a_command_says(tmp_path: Path) -> None:
    lines = BEFORE.splitlines()
    found, _ = compared(tmp_path, "\n".join(reversed(lines)), "--any-place", name="001-drift")
    assert found == 1


def test_what_is_expected_is_named_and_what_is_not_met_is_told(tmp_path: Path) -> None:
    expected = tmp_path / "expected.txt"
    expected.write_text("# Why.\n[^page-]\n^metric \n^nothing \n", encoding="utf-8")
    after = MOVED.replace("1.5", "1.6")
    found, said = compared(tmp_path, after, "--any-place", "--except", str(expected))
    assert found == 0, said
    assert "Exception without a case: [^page-] ^nothing" in said
