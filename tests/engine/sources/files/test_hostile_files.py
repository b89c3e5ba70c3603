"""Whatever a file holds: it is read, or refused in one sentence that is short and names it."""

from __future__ import annotations

import gzip
import io
import random
import re
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from engine.core.errors import InputError
from engine.sources.files import opening, read_instruments, read_prices

GOOD = "date,AAA,BBB\n" + "".join(f"2024-01-{d:02d},{d}.5,{d}.25\n" for d in range(1, 29))
WORDS = [
    "date", "Date", "symbol", "close", "AAA", "2024-01-02", "01/02/2024", "13.01.2024", "1.5",
    "1,5", "1.205,30", "nan", "", '"', '""', "'", "\0", "\ufeff", "\u202e", "é", "😀", "\\", "=1+1",
    "-", ".", "1e999", "0x10", "NaT", "T", "Z", "+05:00", "9" * 400, "x" * 3000, "Price", "Ticker",
    "sep=;", "1704153600", "45293", "99999999", "00000000", "24:61", "Jan", "<CLOSE>", "{", "<",
    "Unnamed: 0", "2024-02-30", "0001-01-01", "9999-12-31", "2024-01-02 25:00",
    "2024-01-02T00:00:00+99:99",
]  # fmt: skip
MARKS = [",", ";", "\t", "|", "\n", "\r", "\r\n", " ", "\n\n"]


def mutated(rng: random.Random) -> tuple[bytes, str]:
    """A file that somebody, or a disk, had between fingers."""
    kind = rng.randrange(6)
    if kind == 0:
        parts = [
            rng.choice(WORDS if rng.random() < 0.6 else MARKS) for _ in range(rng.randrange(60))
        ]
        data = "".join(parts).encode("utf-8", "surrogatepass")
    elif kind == 1:
        rows = [
            rng.choice(MARKS[:4]).join(rng.choice(WORDS) for _ in range(rng.randrange(1, 6)))
            for _ in range(rng.randrange(1, 12))
        ]
        data = "\n".join(rows).encode()
    elif kind == 2:
        data = GOOD.encode()
        for _ in range(rng.randrange(1, 8)):
            at = rng.randrange(len(data))
            data = data[:at] + rng.choice([*WORDS, *MARKS]).encode() + data[at + rng.randrange(9) :]
    elif kind == 3:
        out = io.BytesIO()
        pd.read_csv(io.StringIO(GOOD)).to_parquet(out)
        raw = bytearray(out.getvalue())
        for _ in range(rng.randrange(1, 40)):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
        data = bytes(raw)
    elif kind == 4:
        data = bytes(rng.randrange(256) for _ in range(rng.randrange(400)))
    else:
        data = gzip.compress(GOOD.encode(), mtime=0)
        data = data[: rng.randrange(len(data))] + bytes(rng.randrange(256) for _ in range(3))
    return data, rng.choice(["p.csv", "p.txt", "p.tsv", "p.parquet", "p.csv.gz", "p.xlsx", "p"])


def test_generated_files_are_read_or_refused_in_a_sentence(
    campaign: Callable[[int, int], int],
) -> None:
    refused = 0
    for seed in range(campaign(500, 20_000)):
        data, name = mutated(random.Random(seed))
        for read in (read_prices, read_instruments):
            try:
                read(io.BytesIO(data), name)
            except InputError as error:
                told = str(error)
                refused += 1
                assert len(told) <= 400, (seed, told)
                assert told.count("\n") == 0, (seed, told)
                assert told[0] != " ", seed
                assert told.endswith(".") or told.endswith("?"), (seed, told)
                assert name in told or re.search("column of type", told), (seed, told)
    assert refused > 300


def test_a_bomb_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "UNPACKED_LIMIT", 1 << 20)
    with pytest.raises(InputError, match="unpacks to over"):
        read_prices(io.BytesIO(gzip.compress(bytes(1 << 24), mtime=0)), "p.csv.gz")


def test_columns_cost_about_their_bytes() -> None:
    """A count in a loop made it square: 40,000 columns took minutes."""

    def seconds(columns: int) -> float:
        head = ",".join(f"S{n}" for n in range(columns))
        row = ",".join(["1.5"] * columns)
        data = f"date,{head}\n2024-01-02,{row}\n2024-01-03,{row}\n".encode()
        begun = time.process_time()
        assert len(read_prices(io.BytesIO(data), "p.csv")) == 2 * columns
        return time.process_time() - begun

    seconds(200)
    small, large = min(seconds(4_000) for _ in range(3)), seconds(40_000)
    assert large < 40 * small


@pytest.mark.parametrize("seed", range(3))
def test_what_is_echoed_is_short(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = ["x" * int(n) for n in rng.integers(1_000, 100_000, 30)]
    for text in (",".join(names) + "\n1\n", ",".join(["date", *names, names[0]]) + "\n2024-01-02"):
        with pytest.raises(InputError) as caught:
            read_prices(io.BytesIO(text.encode()), "p.csv")
        assert len(str(caught.value)) < 500


def test_parquet_of_odd_types_is_one_sentence() -> None:
    for column in (pa.array([[1.0]]), pa.array([{"a": 1}]), pa.array([b"x"]), pa.array([True])):
        out = io.BytesIO()
        pa.parquet.write_table(pa.table({"date": ["2024-01-02"], "A": column}), out)
        try:
            found = read_prices(io.BytesIO(out.getvalue()), "p.parquet").frame["close"].tolist()
            assert found in (["x"], ["true"])
        except InputError as error:
            assert "store it as text" in str(error)
