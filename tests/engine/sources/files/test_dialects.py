"""Text files as spreadsheets, vendors and libraries write them: the same closes from all."""

from __future__ import annotations

import datetime as dt
import gzip
import io

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.errors import InputError
from engine.core.words import Separator
from engine.sources.files import RawPrices, ReadingParams, read_prices

DAYS = [dt.date(2024, 1, 2) + dt.timedelta(days=n) for n in (0, 1, 2, 3, 6, 13, 28, 30)]
CLOSES = {"AAA": 1213.03, "BBB": 49.8003, "C D": 0.5}


def read(text: str | bytes, name: str = "p.csv", **how: str) -> RawPrices:
    data = text if isinstance(text, bytes) else text.encode()
    return read_prices(io.BytesIO(data), name, ReadingParams(**how))


def closes(raw: RawPrices) -> dict[tuple[str, str], float]:
    frame = raw.frame
    days = pd.to_datetime(frame["date"]).dt.strftime("%Y-%m-%d")
    return dict(zip(zip(frame["symbol"], days, strict=True), frame["close"].astype(float),
                    strict=True))  # fmt: skip


def truth() -> dict[tuple[str, str], float]:
    return {(s, d.isoformat()): value + n for n, d in enumerate(DAYS) for s, value in
            CLOSES.items()}  # fmt: skip


def number(value: float, mark: str, thousands: str) -> str:
    text = f"{value:,.4f}"
    return text.replace(",", "§").replace(".", mark).replace("§", thousands)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(("mark", "thousands"), [(".", ""), (",", ""), (".", ","), (",", "."),
                                                 (".", "'"), (",", " ")])  # fmt: skip
@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%b %d, %Y", "%Y%m%d"])
def test_separator_mark_and_dates(separator: str, mark: str, thousands: str, form: str) -> None:
    def cell(text: str) -> str:
        return f'"{text}"' if separator in text else text

    lines = [separator.join(["date", *CLOSES])]
    for n, day in enumerate(DAYS):
        cells = [number(value + n, mark, thousands) for value in CLOSES.values()]
        lines.append(separator.join(map(cell, [day.strftime(form), *cells])))
    raw = read("\n".join(lines))
    assert closes(raw) == truth()
    (reading,) = raw.readings
    assert Separator(reading.separator).mark == separator
    assert reading.decimal in ("", "point" if mark == "." else "comma")
    assert reading.dates == {"%d.%m.%Y": "dmy", "%m/%d/%Y": "mdy"}.get(form, "")


PLAIN = "date,AAA\n2024-01-02,1.5\n2024-01-03,2.5\n"
WANTED = {("AAA", "2024-01-02"): 1.5, ("AAA", "2024-01-03"): 2.5}


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\xef\xbb\xbf" + PLAIN.encode(), "p.csv"),
        (PLAIN.encode("utf-16"), "p.csv"),
        (PLAIN.encode("utf-16-le"), "p.csv"),
        (PLAIN.encode("utf-16-be"), "p.txt"),
        (PLAIN.replace("\n", "\r\n").encode(), "p.csv"),
        (PLAIN.replace("\n", "\r").encode(), "p.csv"),
        (PLAIN.replace(",", "\t").encode(), "p.tsv"),
        (gzip.compress(PLAIN.encode(), mtime=0), "p.csv.gz"),
        (b"".join(gzip.compress(p.encode(), mtime=0) for p in (PLAIN[:20], PLAIN[20:])), "p.gz"),
        (b"sep=,\n" + PLAIN.encode(), "p.csv"),
        (b"sep=;\r\n" + PLAIN.replace(",", ";").replace("\n", "\r\n").encode(), "p.csv"),
        (b"Prices of the fund\nas of today\n\n" + PLAIN.encode(), "p.csv"),
        (PLAIN.replace("\n", ",\n").encode(), "p.csv"),
        (PLAIN.replace("5\n", "5,\n").encode(), "p.csv"),
        (PLAIN.replace("1.5", " 1.5\xa0").encode(), "p.csv"),
        (PLAIN.replace("1.5", "1.5\0").encode(), "p.csv"),
        (PLAIN.replace("1.5", "$1.50").replace("2.5", "2.50 €").encode(), "p.csv"),
        (PLAIN.replace("date", "").encode(), "p.csv"),
        (PLAIN.replace("date", "Unnamed: 0").encode(), "p.csv"),
        (b",date,AAA\n0,2024-01-02,1.5\n1,2024-01-03,2.5\n", "p.csv"),
        (b"index,Date,AAA\n0,2024-01-02,1.5\n1,2024-01-03,2.5\n", "p.csv"),
        (b'"AAA","Volume"\n"2024-01-02",1.5,7\n"2024-01-03",2.5,7\n', "p.csv"),
        (PLAIN.replace("date", "Datetime").replace(",1.5", " 16:00:00,1.5").encode(), "p.csv"),
        (b"<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\n"
         b"AAA,D,20240102,000000,1,1,1,1.5,7\nAAA,D,20240103,000000,1,1,1,2.5,7\n", "p.txt"),
        (b"date,open,high,low,close,volume,Name\n2024-01-02,1,1,1,1.5,7,AAA\n"
         b"2024-01-03,1,1,1,2.5,7,AAA\n", "p.csv"),
        (b"Date,Ticker,Price\n2024-01-02,AAA,1.5\n2024-01-03,AAA,2.5\n", "p.csv"),
        (b"Symbol,Name,Date,Last\nAAA,A corp,2024-01-02,1.5\nAAA,A corp,2024-01-03,2.5\n", "p.csv"),
        (b"Date,Close/Last,Volume,Open\n01/02/2024,$1.50,7,$1\n01/13/2024,$2.50,7,$1\n",
         "AAA.csv"),
        (b"Date,Price,Open,High,Low,Vol.,Change %\n\"Jan 02, 2024\",1.5,1,1,1,1.2M,0.5%\n"
         b"\"Jan 03, 2024\",2.5,1,1,1,1.2M,0.5%\n", "AAA (1).csv"),
        (b"Date,Close,Volume,Dividends,Stock Splits\n2024-01-02 00:00:00-05:00,1.5,7,0,0\n"
         b"2024-01-03 00:00:00-05:00,2.5,7,0,0\n", "AAA.csv"),
    ],
)  # fmt: skip
def test_one_file_in_many_writings(data: bytes, name: str) -> None:
    found = closes(read(data, name))
    wanted = {("AAA", "2024-01-02"): 1.5, ("AAA", "2024-01-13"): 2.5}
    assert found == (wanted if b"01/13" in data else WANTED)


@pytest.mark.parametrize("name", ["prices.csv", "Download.csv", "data (3).csv", ".csv"])
def test_a_file_of_one_symbol_needs_a_name(name: str) -> None:
    with pytest.raises(InputError, match=r"its name is no symbol: name it as AAPL\.csv"):
        read("Date,Close,Volume\n2024-01-02,1.5,7\n", name)


def test_what_stands_beside_a_close_is_no_asset() -> None:
    raw = read("date,AAA,Open,High,Low,Volume\n2024-01-02,1,2,3,4,5\n")
    assert set(raw.frame["symbol"]) == {"AAA"}
    assert raw.readings[0].left == ("Open", "High", "Low", "Volume")
    assert set(read("date,LOW,OPEN\n2024-01-02,1,2\n").frame["symbol"]) == {"LOW", "OPEN"}
    assert set(read("date,AAA,Index\n2024-01-02,1,2\n").frame["symbol"]) == {"AAA", "Index"}


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["1.205", "1.213,03"], [1205, 1213.03]),
        (["1,205", "1,213.03"], [1205, 1213.03]),
        (["1.205", "1.206"], [1.205, 1.206]),
        (["1.205.300", "7"], [1205300, 7]),
        (["12,34,567.5", "1"], [1234567.5, 1]),
        (["0,123", "4"], [0.123, 4]),
        (["1,2E+3", "4"], [1200, 4]),
        (["1234,567", "4"], [1234.567, 4]),
        (["1234.567", "1,234"], [1234.567, 1234]),
        (["1'205.5", "4"], [1205.5, 4]),
    ],
)
def test_the_mark_is_the_column_s(cells: list[str], found: list[float]) -> None:
    rows = "".join(f'A,2024-01-0{n},"{cell}"\n' for n, cell in enumerate(cells, 1))
    assert read(f"symbol,date,close\n{rows}").frame["close"].astype(float).tolist() == found


def test_a_column_is_told_by_the_others_of_its_file() -> None:
    data = 'date,A,B\n2024-01-02,"1,205","2,021.51"\n2024-01-03,"1,210","2,022.51"\n'
    assert read(data).frame["close"].astype(float).tolist() == [1205, 2021.51, 1210, 2022.51]


@pytest.mark.parametrize(
    ("data", "how", "found"),
    [
        ('date,A\n2024-01-02,"1,205"\n', {"decimal": "comma"}, 1.205),
        ('date,A\n2024-01-02,"1,205"\n', {"decimal": "point"}, 1205.0),
        ("date;A\n2024-01-02;1.205\n", {"decimal": "comma"}, 1205.0),
        ("date;A\n2024-01-02;1.205\n", {"decimal": "point"}, 1.205),
    ],
)
def test_what_reads_both_ways_is_refused_until_it_is_said(
    data: str, how: dict[str, str], found: float
) -> None:
    with pytest.raises(InputError, match=r"^p\.csv, column A: .* say it with --decimal"):
        read(data)
    assert read(data, **how).frame["close"].astype(float).tolist() == [found]


def test_the_order_of_dates_is_said_by_hand() -> None:
    data = "date,A\n01/02/2024,1\n"
    with pytest.raises(InputError, match=r"two ways .01/02/2024., .* --dates"):
        read(data)
    assert list(read(data, dates="dmy").frame["date"]) == ["2024-02-01"]
    assert list(read(data, dates="mdy").frame["date"]) == ["2024-01-02"]
    assert list(read("date,A\n24-01-02,1\n", dates="ymd").frame["date"]) == ["2024-01-02"]
    assert list(read("date,A\n02012024,1\n", dates="dmy").frame["date"]) == ["2024-01-02"]


def test_separator_by_hand() -> None:
    assert closes(read("date;A,B\n2024-01-02;1\n2024-01-03;2\n", separator="semicolon")) == {
        ("A,B", "2024-01-02"): 1.0, ("A,B", "2024-01-03"): 2.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"separator": "blank"}, "--separator blank: choose one of comma, semicolon, tab, pipe"),
        ({"decimal": "dot"}, "--decimal dot: choose one of point, comma"),
        ({"dates": "ddmm"}, "--dates ddmm: choose one of ymd, dmy, mdy"),
        ({"zone": "Mars/Base"}, "--zone Mars/Base is no time zone"),
        ({"zone": "../../etc/passwd"}, "is no time zone"),
    ],
)
def test_readings_that_there_are_not(how: dict[str, str], told: str) -> None:
    with pytest.raises(InputError, match=told):
        ReadingParams(**how)


def test_an_open_quote_costs_its_own_row() -> None:
    """It swallowed all that followed: 20,001 rows were one."""
    lines = [f"2024-01-{n:02d},{n}.5" for n in range(1, 32)]
    lines[2] = '2024-01-03,"3.5'
    raw = read("\n".join(["date,A", *lines]))
    assert len(raw.frame) == 30
    assert raw.ragged == ((3, '2024-01-03,"3.5'),)
    assert raw.frame["row"].tolist() == [n for n in range(1, 32) if n != 3]


def test_rows_with_a_cell_too_many_are_not_moved_under_other_headings() -> None:
    raw = read("symbol,date,close\nA,2024-01-02,1,234\nB,2024-01-02,2,345\n")
    assert (len(raw.frame), len(raw.ragged)) == (0, 2)


def test_missing_words_are_no_rows() -> None:
    words = ["", "NA", "n/a", "nan", "NULL", "None", "-", "--", ".", "#N/A"]
    rows = "".join(f"2024-01-{n:02d},{w},1\n" for n, w in enumerate(words, 1))
    raw = read(f"date,A,B\n{rows}")
    assert set(raw.frame["symbol"]) == {"B"}


DIALECTS = st.tuples(
    st.sampled_from([s.mark for s in Separator]),
    st.sampled_from([(".", ""), (",", ""), (".", ","), (",", "."), (",", " "), (".", "'")]),
    st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d-%b-%Y", "%B %d, %Y",
                     "%Y%m%d", "%d%m%Y"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    dialect=DIALECTS,
    values=st.lists(st.floats(1e-3, 9e6), min_size=8, max_size=8),
    long=st.booleans(),
)
def test_any_dialect_reads_back_equal(dialect: tuple, values: list[float], long: bool) -> None:
    separator, (mark, thousands), form, encoding, end, quoted = dialect
    wanted: dict[tuple[str, str], float] = {}
    rows: list[list[str]] = [["Symbol", "Date", "Close"]] if long else [["Date", "Ärger", "B"]]
    for day, value in zip(DAYS, values, strict=True):
        texts = [f"{value:.4f}", f"{value * 2:.4f}"]
        for name, text in zip(("Ärger", "B"), texts, strict=True):
            wanted[name, day.isoformat()] = float(text)
        cells = [number(float(t), mark, thousands) for t in texts]
        if long:
            rows += [["Ärger", day.strftime(form), cells[0]], ["B", day.strftime(form), cells[1]]]
        else:
            rows.append([day.strftime(form), *cells])
    text = end.join(
        separator.join(f'"{c}"' if quoted or separator in c else c for c in row) for row in rows
    )
    assert closes(read(text.encode(encoding))) == wanted
