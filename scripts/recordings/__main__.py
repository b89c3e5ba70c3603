"""What Cutline says, written down: before and after a change that must not change it.

    python scripts/recordings record OUT_DIR [--tree DIR]
    python scripts/recordings compare DIR_A DIR_B [--except FILE] [--any-hash] [--any-place]

Some 150 commands and 60 pages, a text file each. They run over a database of their own, with a
clock that stands still: times, ids and hashes over them are then the same at each recording. Of the
tree it needs to know `engine.cli.main.main`, the scripts' names, and `app.py` with its pages.
"""

from __future__ import annotations

import argparse
import ctypes
import datetime as dt
import gc
import os
import re
import sys
import tempfile
import time
from pathlib import Path

from compare import compare

HERE = Path(__file__).resolve().parent
# Later than all data, and no day on which anybody records: a day of today in a recording would be
# one that was read from the real clock.
START = dt.datetime(2037, 5, 4, 9, 0, tzinfo=dt.UTC)
UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
# plotly.js inside a report.
LIBRARY = re.compile(r"(<script[^>]*>)[^<]{0,200}/\*\*\s*\* plotly\.js.*?</script>", re.DOTALL)
instant = START


def _now(cls: type, tz: dt.tzinfo | None = None) -> dt.datetime:
    return instant.astimezone(tz) if tz else instant.replace(tzinfo=None)


def stop_clock() -> None:
    """From here on `datetime.now` is `instant`.

    In the class itself, which is of C: one that stands in for it would not be its type, which the
    ledger checks. Timeouts, which ask other clocks, go on.
    """
    gc.get_referents(dt.datetime.__dict__)[0]["now"] = classmethod(_now)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(dt.datetime))


def record(out: Path, tree: Path) -> int:
    """Write every recording into an empty folder."""
    global instant
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        sys.exit(f"{out} is not empty.")
    out = out.resolve()
    import commands
    import screens

    # The tree's own packages, whatever is installed; and no Chromium, which not everybody has.
    sys.path[0] = str(tree)
    os.chdir(tree)
    os.environ.update(PATH="", COLUMNS="100", PYTHONPATH=str(tree))
    began, today = time.monotonic(), str(dt.datetime.now(dt.UTC).date())
    stop_clock()
    import engine

    if not Path(engine.__file__).is_relative_to(tree):
        sys.exit(f"{tree} is not what is imported, but {engine.__file__}.")
    late: list[str] = []
    with tempfile.TemporaryDirectory() as folder:

        def normal(text: str) -> str:
            text = text.replace(str(Path(folder).resolve()), "TMP").replace(folder, "TMP")
            return UUID.sub("UUID", LIBRARY.sub(r"\1plotly.js</script>", text))

        walk = commands.Walk(tree, Path(folder), normal)
        for number, line in enumerate(commands.lines(), start=1):
            mark, _, rest = line.partition(" ")
            instant += dt.timedelta(minutes=1)
            if mark == "+":
                instant += dt.timedelta(days=int(rest))
                continue
            if mark == "@":
                found = screens.record(tree, walk.database, rest)
                said = {f"page-{rest}-{name}": normal(text) for name, text in found}
            else:
                said = {f"{number:03d}-{line}": walk.run(line)}
            for name, text in said.items():
                stem = re.sub(r"[^A-Za-z0-9.=-]+", "_", name.replace("--", ""))[:110]
                with (out / f"{stem}.txt").open("x", encoding="utf-8") as file:
                    file.write(text)
                late += [stem] if today in text else []
    print(f"{len(list(out.iterdir()))} recordings in {time.monotonic() - began:.0f} s: {out}")
    if late:
        print(f"They know what day it is: {', '.join(late)}.")
    return 1 if late else 0


def main() -> int:
    """Record or compare; the exit code."""
    parser = argparse.ArgumentParser(prog="recordings", description=__doc__.split("\n")[0])
    subparsers = parser.add_subparsers(dest="command", required=True)
    one = subparsers.add_parser("record", help="write a folder of recordings")
    one.add_argument("out", type=Path)
    one.add_argument("--tree", type=Path, default=HERE.parent.parent, help="checkout to record")
    two = subparsers.add_parser("compare", help="print what differs between two")
    two.add_argument("before", type=Path)
    two.add_argument("after", type=Path)
    two.add_argument(
        "--except", dest="exceptions", type=Path, metavar="FILE",
        help="differences that are meant: [PATTERN of recordings], then a PATTERN of lines a line",
    )  # fmt: skip
    two.add_argument("--any-hash", action="store_true", help="hashes may be others")
    two.add_argument(
        "--any-place", action="store_true", help="what a page shows may stand elsewhere on it"
    )
    asked = parser.parse_args()
    if asked.command == "record":
        return record(asked.out, asked.tree.resolve())
    return compare(asked.before, asked.after, asked.exceptions, asked.any_hash, asked.any_place)


if __name__ == "__main__":
    sys.exit(main())
