"""The command line run in this process or in its own, and what it said."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from patience import WAIT_S
from root import ROOT

from engine.cli.main import main


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        """The one object on stdout; refuses NaN and anything beside it."""

        def refuse(word: str) -> None:
            raise AssertionError(f"{word} is no JSON")

        return json.loads(self.out, parse_constant=refuse)


def run(*argv: str | Path) -> Said:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([str(a) for a in argv])
        except SystemExit as end:  # argparse ends so
            code = end.code
    return Said(code, out.getvalue(), err.getvalue())


def process(*argv: str | Path, **options: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "engine", *map(str, argv)],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=WAIT_S, check=False,
        **options,
    )  # fmt: skip
