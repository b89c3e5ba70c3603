"""Reading price and instrument files: every shape, and every refusal in one sentence."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from engine.core.errors import InputError
from engine.core.frames import INSTRUMENT_COLUMNS
from engine.sources.files import RawPrices, read_instruments, read_prices


def csv(text: str | bytes, name: str = "p.csv") -> RawPrices:
    data = text if isinstance(text, bytes) else text.encode()
    return read_prices(io.BytesIO(data), name)


def parquet(frame: pd.DataFrame | pa.Table, name: str = "p.parquet") -> RawPrices:
    buffer = io.BytesIO()
    if isinstance(frame, pd.DataFrame):
        frame.to_parquet(buffer)
    else:
        pa.parquet.write_table(frame, buffer)
    return read_prices(io.BytesIO(buffer.getvalue()), name)


def rows(raw: RawPrices) -> list[tuple[object, ...]]:
    return list(raw.frame[["row", "symbol", "date", "close"]].itertuples(index=False, name=None))


def test_long_csv_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(
        b"\xef\xbb\xbfVolume,CLOSE,Symbol,date,note,Adj Close\r\n"
        b'10,1.5,NA,2020-01-02,"a, b",1.4\r\n\r\n,x, TRUE ,soon,,\r\n5,,NULL,,,\r\n'
    )
    raw = read_prices(path)
    assert raw.source == "mine.csv"
    assert list(raw.frame) == ["row", "symbol", "date", "close", "adj_close", "volume"]
    # A blank line is skipped and not counted.
    assert rows(raw) == [
        (1, "NA", "2020-01-02", "1.5"),
        (2, "TRUE", "soon", "x"),
        (3, "NULL", "", ""),
    ]
    assert raw.frame["volume"].tolist() == pytest.approx([10.0, np.nan, 5.0], nan_ok=True)
    assert raw.frame["adj_close"].tolist() == pytest.approx([1.4, np.nan, np.nan], nan_ok=True)


def test_wide_csv_by_hand() -> None:
    raw = csv("date,NA,BRK.B\n2020-01-02,1,\n2020-01-03,,oops\n2020-01-06,3,4\n")
    assert rows(raw) == [
        (1, "NA", "2020-01-02", "1"),
        (2, "BRK.B", "2020-01-03", "oops"),
        (3, "NA", "2020-01-06", "3"),
        (3, "BRK.B", "2020-01-06", "4"),
    ]


def test_rows_with_another_number_of_fields_are_kept_apart() -> None:
    raw = csv("symbol,date,close\nA,1\nB,2020-01-02,2\nC,2020-01-02,1,234\nD,2020-01-02,4\nE\n")
    assert rows(raw) == [(2, "B", "2020-01-02", "2"), (4, "D", "2020-01-02", "4")]
    assert raw.ragged == ((1, "A,1"), (3, "C,2020-01-02,1,234"), (5, "E"))
    assert len(raw) == 5


@pytest.mark.parametrize(
    "dates",
    [
        pa.array([18263, None], pa.date32()),
        pa.array([1577923200000, None], pa.timestamp("ms")),
        pa.array([1577923200000000000, None], pa.timestamp("ns")),
        pa.array([1577923200, None], pa.timestamp("s", tz="UTC")),
    ],
)
def test_long_parquet_keeps_types(dates: pa.Array) -> None:
    symbols = pa.array(["A", "B"]).dictionary_encode()
    raw = parquet(pa.table({"date": dates, "symbol": symbols, "close": [1, 2]}))
    assert raw.frame["date"].dtype == "datetime64[us]"
    assert raw.frame["date"][0] in (pd.Timestamp("2020-01-02"), pd.Timestamp("2020-01-02 00:00"))
    assert pd.isna(raw.frame["date"][1])
    assert raw.frame["symbol"].tolist() == ["A", "B"]
    assert raw.frame["close"].tolist() == [1.0, 2.0]


def test_long_parquet_with_text() -> None:
    raw = parquet(
        pa.table({"symbol": [5930, 660], "date": ["2020-01-02", None], "close": ["1", None]})
    )
    assert rows(raw) == [(1, "5930", "2020-01-02", "1"), (2, "660", "", "")]


def test_wide_and_long_of_both_kinds_agree(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    days = pd.bdate_range("2020-01-01", periods=7, name="date")
    wide = pd.DataFrame(rng.uniform(1, 9, (7, 3)), index=days, columns=["A", "B", "C"])
    wide[rng.random((7, 3)) < 0.3] = np.nan
    expected = sorted(
        (symbol, day.date().isoformat(), wide.loc[day, symbol])
        for symbol in wide
        for day in days
        if wide.loc[day, symbol] > 0
    )
    long = wide.reset_index().melt("date", var_name="symbol", value_name="close").dropna()
    wide.to_csv(tmp_path / "w.csv")
    wide.to_parquet(tmp_path / "w.parquet")  # pandas writes the index as the last column
    long.to_csv(tmp_path / "l.csv", index=False)
    long.to_parquet(tmp_path / "l.parquet")
    for name in ("w.csv", "w.parquet", "l.csv", "l.parquet"):
        frame = read_prices(tmp_path / name).frame
        found = zip(
            frame["symbol"],
            pd.to_datetime(frame["date"]).dt.strftime("%Y-%m-%d"),
            frame["close"].astype(float),
            strict=True,
        )
        assert sorted(found) == expected, name


PRICES_REFUSED = {
    "p.csv is empty": b"  \n",
    "has no rows": b"symbol,date,close\n",
    "lacks the column symbol": b"date,close\n2020-01-02,1\n",
    "lacks the column close": b"symbol,date,worth\nA,2020-01-02,1\n",
    "lacks the column date": b"symbol,when,close\nA,soon,1\n",
    "has the columns a, b": b"a,b\n1,2\n",
    "has the columns date": b"date\n2020-01-02\n",
    "more than one column A": b"date,A,B,A\n2020-01-02,1,2,3\n",
    "more than one column close": b"symbol,date,close,Close\nA,2020-01-02,1,2\n",
    "without a symbol": b"date,A,\n2020-01-02,1,2\n",
    "is text in no encoding that is known": b"symbol,date,close\nM\x81nchen,2020-01-02,1\n",
    "can be read in two ways .01/02/2020.": b"symbol,date,close\nA,01/02/2020,1\n",
    "contradict themselves: 13/01/2020": b"symbol,date,close\nA,13/01/2020,1\nA,01/14/2020,1\n",
    "column close: 1,205 is a thousand": b'symbol,date,close\nA,2020-01-02,"1,205"\n',
    "1.5 has decimals behind a point and 1,5 behind": b"date;A\n2020-01-02;1.5\n2020-01-03;1,5\n",
    "several prices a day .09:30, 10:30.": b"date,A\n2020-01-02 09:30,1\n2020-01-02 10:30,2\n",
    "lacks closes": b"date,Open,High\n2020-01-02,1,2\n",
}


@pytest.mark.parametrize("sentence", PRICES_REFUSED)
def test_price_files_that_are_refused(sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        csv(PRICES_REFUSED[sentence])
    assert "p.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("lines", [3, 20_000])
def test_a_quote_left_open_in_the_header_is_one_sentence(lines: int) -> None:
    """However long the file is: what stands behind the quote may pass the reader's field limit."""
    with pytest.raises(InputError, match=r"^The header of p.csv .* has no other half; close it"):
        csv('"date,A,B\n' + "2020-01-02,1.5,2.5\n" * lines)
    assert rows(csv('"date","A"\n2020-01-02,1.5\n')) == [(1, "A", "2020-01-02", "1.5")]


def test_files_that_are_not_there_or_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_prices(tmp_path / "no.csv")
    with pytest.raises(InputError, match="cannot be read"):
        read_prices(tmp_path)
    (tmp_path / "p.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match=r"p\.xlsx cannot be read as an Excel file"):
        read_prices(tmp_path / "p.xlsx")
    (tmp_path / "p.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(InputError, match=r"p\.parquet cannot be read as Parquet"):
        read_prices(tmp_path / "p.parquet")


def test_parquet_of_another_name_and_of_odd_types() -> None:
    table = pa.table({"symbol": ["A"], "date": ["2020-01-02"], "close": [1.0]})
    assert rows(parquet(table, "upload")) == [(1, "A", "2020-01-02", 1.0)]
    nested = table.set_column(0, "symbol", pa.array([["A"]]))
    with pytest.raises(InputError, match="store it as text"):
        parquet(nested)


def test_instruments_by_hand() -> None:
    frame = read_instruments(
        io.BytesIO(
            b"symbol,Asset_Class,name,first_date,fixing,role\n"
            b'TRUE,FX,"Two, words",2020-01-01,14:15 Europe/Berlin,\nNA,,,,,Benchmark\n'
        ),
        "i.csv",
    )
    assert list(frame) == list(INSTRUMENT_COLUMNS)
    assert frame.to_numpy().tolist() == [
        ["NA", "", "unknown", "", "", "", "", "benchmark"],
        ["TRUE", "Two, words", "fx", "", "", "", "14:15 Europe/Berlin", "asset"],
    ]


def test_instruments_from_parquet_with_missing_values() -> None:
    buffer = io.BytesIO()
    pa.parquet.write_table(pa.table({"symbol": ["A", "B"], "sector": [None, "Tools"]}), buffer)
    frame = read_instruments(io.BytesIO(buffer.getvalue()), "i.parquet")
    assert frame["sector"].tolist() == ["", "Tools"]
    assert not frame.isna().any().any()


INSTRUMENTS_REFUSED = {
    "no column symbol": "name\nA\n",
    "has no instruments": "symbol,name\n",
    "data row 2, has a blank symbol": "symbol,name\nA,x\n ,y\n",
    "lists A more than once": "symbol,name\nA,x\nA,y\n",
    "gives A the role 'index'": "symbol,role\nA,index\n",
    "gives A the fixing '25:00 Mars'": "symbol,fixing\nA,25:00 Mars\n",
    "more than one column name": "symbol,name,NAME\nA,x,y\n",
    "data row 1, has another number": "symbol,name\nA,x,y\n",
    "i.csv is empty": "",
}


@pytest.mark.parametrize("sentence", INSTRUMENTS_REFUSED)
def test_instrument_files_that_are_refused(sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        read_instruments(io.BytesIO(INSTRUMENTS_REFUSED[sentence].encode()), "i.csv")
    assert "i.csv" in str(caught.value)


def test_prices_that_come_from_no_file() -> None:
    prices = pd.DataFrame({"symbol": ["A"], "date": [pd.Timestamp("2020-01-02")], "close": [1.0]})
    raw = RawPrices.of(prices, "packaged")
    assert raw.source == "packaged"
    assert rows(raw) == [(1, "A", pd.Timestamp("2020-01-02"), 1.0)]
    assert raw.frame["volume"].isna().all()
