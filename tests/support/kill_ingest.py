"""A process of its own for the store's tests: it holds the database, or ingests and may be killed.

python kill_ingest.py hold DB            hold the file until stdin closes
python kill_ingest.py ingest DB POINT    ingest `later()`; SIGKILL itself at POINT ("" = never)
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from engine.core.frames import INSTRUMENT_COLUMNS, empty_rejects
from engine.store import Store, catalog, connection, files, prices, store

# Where an ingest can be struck: (module, what it calls next).
POINTS = {
    "creating": (connection.migrations, "migrate"),
    "begun": (prices, "_add_instruments"),
    "appended": (prices, "_record_snapshot"),
    "before commit": (prices, "IngestResult"),
    "committed": (catalog, "read_universes"),
    "before rename": (files, "_rename"),
    "before catalog": (catalog, "save_catalog"),
    "before close": (store.snapshots, "prune"),
}


def instruments(symbols: list[str], sector: str = "Tools") -> pd.DataFrame:
    """An instruments frame of equities."""
    fixed = {"asset_class": "equity", "sector": sector, "role": "asset"}
    columns = {name: [fixed.get(name, "")] * len(symbols) for name in INSTRUMENT_COLUMNS}
    return pd.DataFrame({**columns, "symbol": symbols}, dtype="str")


def some_prices(symbols: list[str], n_days: int, seed: int = 0) -> pd.DataFrame:
    """A clean prices frame from 2020 on; every third volume is not known."""
    rng = np.random.default_rng(seed)
    n = n_days * len(symbols)
    return pd.DataFrame(
        {
            "symbol": pd.Series(np.repeat(sorted(symbols), n_days), dtype="str"),
            "date": np.tile(
                pd.bdate_range("2020-01-01", periods=n_days).to_numpy("datetime64[us]"),
                len(symbols),
            ),
            "close": rng.uniform(1, 100, n),
            "adj_close": np.nan,
            "volume": np.where(np.arange(n) % 3 == 0, np.nan, rng.integers(0, 1000, n)),
        }
    )


def rejects(n: int) -> pd.DataFrame:
    """`n` rejected rows."""
    row = {"symbol": "X", "date": "soon", "close": "-1", "reason": "date does not parse"}
    return pd.DataFrame([{"row": i + 1, **row} for i in range(n)]) if n else empty_rejects()


SYMBOLS = [f"S{i:03d}" for i in range(40)]


def earlier(database: Store) -> str:
    """The state before the blow."""
    data = some_prices(SYMBOLS[:20], 500, seed=1)
    return database.ingest("u", instruments(SYMBOLS[:20]), data, rejects(3), "a").snapshot_id


def later(database: Store) -> str:
    """The ingest that is struck: half new rows, half revisions, new metadata, rejects."""
    data = some_prices(SYMBOLS, 1000, seed=2)
    return database.ingest("u", instruments(SYMBOLS, "Toys"), data, rejects(5), "b").snapshot_id


@contextmanager
def held_by_another_process(path: Path) -> Iterator[subprocess.Popen]:
    """Another process holds the file for writing until the block ends."""
    with subprocess.Popen(
        [sys.executable, __file__, "hold", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        if not process.stdin.closed:
            process.stdin.close()
    assert process.returncode == 0


def _die(*_args: object, **_kwargs: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(mode: str, path: str, point: str = "") -> None:
    database = Store(path)
    if mode == "hold":
        with database._database.write():
            print("held", flush=True)
            sys.stdin.read()
        return
    if point:
        module, name = POINTS[point]
        assert hasattr(module, name), f"{name} has moved"
        setattr(module, name, _die)
    print("ready", flush=True)
    print(later(database), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
