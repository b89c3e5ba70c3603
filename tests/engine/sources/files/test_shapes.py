"""Shapes that libraries write: yfinance in all of its own, stacked, one file a symbol, Excel."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from xlsx_support import workbook

from engine.core.errors import InputError
from engine.sources.files import RawPrices, read_instruments, read_prices, table, together

DAYS = pd.bdate_range("2024-01-02", periods=5, name="Date")
SYMBOLS = ("AAA", "BRK-B")
FIELDS = ("Adj Close", "Close", "High", "Low", "Open", "Volume")


def downloaded(symbols: tuple[str, ...] = SYMBOLS, by: str = "Price") -> pd.DataFrame:
    """As yfinance hands it over: fields over symbols, or symbols over fields."""
    columns = pd.MultiIndex.from_product([FIELDS, symbols], names=["Price", "Ticker"])
    values = np.arange(1.0, 1 + len(DAYS) * len(columns)).reshape(len(DAYS), -1)
    frame = pd.DataFrame(values, index=DAYS, columns=columns)
    return frame if by == "Price" else frame.swaplevel(axis=1).sort_index(axis=1)


def wanted(frame: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float, float]]:
    out = {}
    for symbol in frame.columns.get_level_values("Ticker").unique():
        of = frame.xs(symbol, axis=1, level="Ticker")
        for day, row in of.iterrows():
            out[symbol, f"{day:%Y-%m-%d}"] = (row["Close"], row["Adj Close"], row["Volume"])
    return out


def found(raw: RawPrices) -> dict[tuple[str, str], tuple[float, float, float]]:
    frame = raw.frame
    days = pd.to_datetime(frame["date"]).dt.strftime("%Y-%m-%d")
    figures = frame[["close", "adj_close", "volume"]].astype(float).itertuples(index=False)
    return dict(zip(zip(frame["symbol"], days, strict=True), map(tuple, figures), strict=True))


def bytes_of(frame: pd.DataFrame, kind: str, **more: object) -> io.BytesIO:
    out = io.BytesIO()
    if kind == "csv":
        out.write(frame.to_csv(**more).encode())
    else:
        frame.to_parquet(out, **more)
    return io.BytesIO(out.getvalue())


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("by", ["Price", "Ticker"])
@pytest.mark.parametrize("symbols", [SYMBOLS, ("AAA",)])
def test_fields_and_symbols_in_either_grouping(
    kind: str, by: str, symbols: tuple[str, ...]
) -> None:
    frame = downloaded(symbols, by)
    raw = read_prices(bytes_of(frame, kind), f"p.{kind}")
    assert found(raw) == wanted(frame)
    assert set(raw.readings[0].left) == {"High", "Low", "Open"}


@pytest.mark.parametrize("names", [["Price", "Ticker"], [None, None], ["", ""]])
def test_with_and_without_names_of_the_levels(names: list[str | None]) -> None:
    frame = downloaded()
    truth = wanted(frame)
    frame.columns.names = names
    assert found(read_prices(bytes_of(frame, "csv"), "p.csv")) == truth
    frame.index.name = None
    assert found(read_prices(bytes_of(frame, "csv"), "p.csv")) == truth


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_stacked(kind: str) -> None:
    frame = downloaded()
    stacked = frame.stack(level="Ticker", future_stack=True).reset_index()  # noqa: PD013
    stacked.columns.name = None
    more = {"index": False} if kind == "csv" else {}
    assert found(read_prices(bytes_of(stacked, kind, **more), f"p.{kind}")) == wanted(frame)


@pytest.mark.parametrize("joined", ["{0}_{1}", "{0} {1}", "{1}_{0}", "('{0}', '{1}')"])
def test_flattened(joined: str) -> None:
    frame = downloaded()
    flat = frame.set_axis([joined.format(*names) for names in frame.columns], axis=1)
    assert found(read_prices(bytes_of(flat, "csv"), "p.csv")) == wanted(frame)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_closes_alone(kind: str) -> None:
    closes = downloaded()["Close"]
    raw = read_prices(bytes_of(closes, kind), f"p.{kind}")
    assert {k: v[0] for k, v in found(raw).items()} == {
        k: v[0] for k, v in wanted(downloaded()).items()
    }
    closes.index.name = None
    assert len(read_prices(bytes_of(closes, kind), f"p.{kind}")) == len(raw)


def test_a_symbol_that_is_missing_on_a_day_has_no_row() -> None:
    frame = downloaded()
    frame.loc[DAYS[1], ("Close", "AAA")] = np.nan
    raw = read_prices(bytes_of(frame, "csv"), "p.csv")
    truth = wanted(frame)
    del truth["AAA", f"{DAYS[1]:%Y-%m-%d}"]
    assert found(raw) == truth


@pytest.mark.parametrize("data", [
    b"Date,Adj Close,Volume\n2024-01-02,1.5,7\n", b"Date,Ticker,Adj Close\n2024-01-02,AAA,1.5\n",
    b"Price,Adj Close,Volume\nTicker,AAA,AAA\nDate,,\n2024-01-02,1.5,7\n",
])  # fmt: skip
def test_adjusted_closes_alone_are_the_closes_and_it_is_said(data: bytes) -> None:
    raw = read_prices(io.BytesIO(data), "AAA.csv")
    (figures,) = found(raw).values()
    assert figures[:2] == (1.5, 1.5)
    assert "Only adjusted closes: taken as the closes too." in raw.readings[0].notes


def test_files_together() -> None:
    one = read_prices(io.BytesIO(b"Date,Close\n2024-01-02,1\n"), "AAA.csv")
    two = read_prices(io.BytesIO(b"Date,Close\n2024-01-02,2\nx\n"), "BBB.csv")
    both = together([one, two])
    assert both.source == "2 files: AAA.csv, BBB.csv"
    assert found(both).keys() == {("AAA", "2024-01-02"), ("BBB", "2024-01-02")}
    assert [r.file for r in both.readings] == ["AAA.csv", "BBB.csv"]
    assert both.ragged == ((2, "x"),)
    assert together([one]) is one


def test_files_together_keep_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [read_prices(io.BytesIO(b"Date,Close\n2024-01-02,1\n"), f"{s}.csv") for s in "AB"]
    monkeypatch.setattr(table, "ROW_LIMIT", 1)
    with pytest.raises(InputError, match=r"^The whole of 2 files holds 2 prices, more than 1"):
        together(parts)


def test_excel() -> None:
    rows = [["Date", "AAA", "BBB"], [dt.date(2024, 1, 2), 1.5, 200], [dt.date(2024, 1, 3), "", 201]]
    raw = read_prices(io.BytesIO(workbook({"Notes": [["hello"]], "Prices": rows})), "p.xlsx")
    assert {k: v[0] for k, v in found(raw).items()} == {
        ("AAA", "2024-01-02"): 1.5, ("BBB", "2024-01-02"): 200.0, ("BBB", "2024-01-03"): 201.0,
    }  # fmt: skip
    assert raw.readings[0].encoding == "Excel"
    assert "Sheet 'Prices' of 2 sheets read." in raw.readings[0].notes
    listed = read_instruments(io.BytesIO(workbook({"A": [["Ticker", "Currency"], ["AAA", "USD"]]})),
                             "i.xlsx")  # fmt: skip
    assert listed[["symbol", "currency"]].to_numpy().tolist() == [["AAA", "USD"]]
    for data in (b"PK\x03\x04" + bytes(200), b"", workbook({"A": [[]]})):
        with pytest.raises(InputError, match=r"^p\.xlsx .*[:.]"):
            read_prices(io.BytesIO(data), "p.xlsx")


def test_instruments_in_other_dialects() -> None:
    data = "Ticker;Name;Currency\nAAA;Société;EUR\n".encode("cp1252")
    table = read_instruments(io.BytesIO(data), "i.csv")
    assert table[["symbol", "name", "currency"]].to_numpy().tolist() == [["AAA", "Société", "EUR"]]


def test_parquet_reads_only_what_it_needs(tmp_path: Path) -> None:
    """A column of another type, which could not be read, does not matter."""
    table = pa.table({
        "symbol": ["A"], "date": ["2024-01-02"], "close": [1.5], "extra": pa.array([["x", "y"]]),
    })  # fmt: skip
    pa.parquet.write_table(table, tmp_path / "p.parquet")
    assert found(read_prices(tmp_path / "p.parquet")).keys() == {("A", "2024-01-02")}
