"""How a line of walk.txt is run, and the files that its commands read."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def lines() -> list[str]:
    """Every step of the walk."""
    text = Path(__file__).with_name("walk.txt").read_text(encoding="utf-8").replace("\\\n", "")
    found = (line.strip() for line in text.splitlines())
    return [line for line in found if line and not line.startswith("#")]


@dataclass
class Walk:
    """Where the commands run, and what the last answers said."""

    root: Path
    folder: Path
    normal: Callable[[str], str]
    last: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("in", "out"):
            (self.folder / name).mkdir()
        write_inputs(self.folder / "in")

    @property
    def database(self) -> Path:
        return self.folder / "main.duckdb"

    def run(self, line: str) -> str:
        """What the command says, as text: its line, exit code, stdout, stderr, files."""
        own_process = line.startswith("! ")
        argv = shlex.split(line.removeprefix("! "))
        places = {"db": self.folder / "other.duckdb", "in": self.folder / "in",
                  "out": self.folder / "out", **self.last}  # fmt: skip
        for name, value in places.items():
            argv = [word.replace(f"{{{name}}}", str(value)) for word in argv]
        if "--db" not in argv:
            argv += ["--db", str(self.database)]
        code, out, err = (self._process if own_process else self._here)(argv)
        parts = [f"$ {shlex.join(argv)}", f"exit code {code}", "-- stdout", self._pretty(out)]
        parts += ["-- stderr", err.rstrip("\n")]
        for file in sorted((self.folder / "out").iterdir()):
            parts += [f"-- file {file.name}", file.read_bytes().decode("utf-8", "replace")]
            file.unlink()
        return self.normal("\n".join(parts)) + "\n"

    def _here(self, argv: list[str]) -> tuple[Any, str, str]:
        out, err, before = io.StringIO(), io.StringIO(), sys.argv
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                if argv[0].startswith("scripts/"):
                    sys.argv = argv
                    runpy.run_path(str(self.root / argv[0]), run_name="__main__")
                    code: Any = None
                else:
                    from engine.cli.main import main  # only once the clock stands still

                    code = main(argv)
            except SystemExit as end:
                code = end.code
            finally:
                sys.argv = before
        return code, out.getvalue(), err.getvalue()

    def _process(self, argv: list[str]) -> tuple[int, str, str]:
        module = [] if argv[0].startswith("scripts/") else ["-m", "engine"]
        done = subprocess.run(
            [sys.executable, *module, *argv], cwd=self.root, capture_output=True, text=True,
            encoding="utf-8", env=os.environ | {"PYTHONPATH": str(self.root)}, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def _pretty(self, out: str) -> str:
        """A JSON object a value a line; it is noted that it was one line."""
        if not out.startswith("{") or out.count("\n") != 1:
            return out.rstrip("\n")
        document = json.loads(out)
        for name, key in (("ticket", "ticket_id"), ("head", "ledger_head")):
            if document.get(key):
                self.last[name] = document[key]
        if document.get("lines") and "ticket_id" in document:
            self.last["fills"] = str(self.folder / "in" / "fills.csv")
            Path(self.last["fills"]).write_text(fills_of(document["lines"]), encoding="utf-8")
        return "one line of JSON\n" + json.dumps(document, indent=1, ensure_ascii=False)


def fills_of(lines: list[dict[str, Any]]) -> str:
    """A file of fills: the first order by half, the last not at all; of each kind one as quoted."""
    rows = ["symbol,side,quantity,price,fee"]
    for number, line in enumerate(lines):
        name, side = line["asset"], line["side"]
        quantity, price = float(line["quantity"]), float(line["price"])
        if line["market_side"] != side:
            name, side = line["market_symbol"], line["market_side"]
            quantity = float(line["market_quantity"])
            price = float(line["quantity"]) / quantity
        share = {0: 0.5, len(lines) - 1: 0.0}.get(number, 1.0)
        if share:
            rows.append(f"{name},{side},{quantity * share:.2f},{price * 1.001:.8f},1.25")
    return "\n".join(rows) + "\n"


def write_inputs(folder: Path) -> None:
    """Small files of prices, with what is rejected, of instruments and of holdings."""
    dice, days = random.Random(7), []
    closes = {"AAA": 100.0, "BBB": 50.0, "CCC": 20.0, "EURUSD": 1.1}
    for number in range(200):
        month, day = divmod(number, 28)
        together = dice.gauss(0, 0.01)
        closes = {s: c * (1 + together + dice.gauss(0, 0.01)) for s, c in closes.items()}
        days.append((f"2024-{month + 1:02d}-{day + 1:02d}", dict(closes)))
    long = [f"{s},{day},{c:.4f}" for day, row in days for s, c in row.items()]
    bad = ["AAA,2024-03-04,-1", "BBB,2024-03-05,abc", "NOBODY,2024-03-05,5", "CCC,2024-13-01,5",
           "CCC,2999-01-04,5", "CCC,,5", f"{long[0]}"]  # fmt: skip
    files = {
        "small.csv": ["symbol,date,close", *long, *bad],
        "revised.csv": ["symbol,date,close", "AAA,2024-08-01,123.4", "AAA,2024-08-09,124"],
        "wide.csv": [f"date,{','.join(closes)}"]
        + [f"{day},{','.join(f'{c:.4f}' for c in row.values())}" for day, row in days],
        "instruments.csv": [
            "symbol,name,asset_class,sector,exchange,currency,fixing,role",
            "AAA,The first,equity,Energy,NYSE,USD,16:00 America/New_York,asset",
            "BBB,=The second,equity,Energy,NYSE,USD,16:00 America/New_York,asset",
            "CCC,The third,crypto,,,USD,00:00 UTC,asset",
            "EURUSD,Euro / US dollar,fx,,,USD,14:15 Europe/Berlin,asset",
        ],
        "holdings.csv": ["symbol,quantity", "AAPL,100", "MSFT,50", "JPY,250000", "CASH,1500.5"],
        "wrong.csv": ["a,b", "1,2"],
        "empty.csv": [],
    }
    for name, rows in files.items():
        (folder / name).write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
