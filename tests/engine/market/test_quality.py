"""Which rows are fit to be stored: each reason by hand, and the counts as a property."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.frames import PRICE_COLUMNS, REJECT_COLUMNS, empty_prices, empty_rejects
from engine.market import quality
from engine.market.quality import validate
from engine.sources.files import RawPrices, read_prices

TODAY = dt.date(2026, 11, 23)
HEADER = "symbol,date,close,adj_close,volume\n"


def judge(text: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    return validate(read_prices(io.BytesIO((HEADER + text).encode()), "p.csv"), {"A", "B"}, TODAY)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Z,2020-01-02,1,,", "symbol is not among the instruments"),
        (",2020-01-02,1,,", "symbol is not among the instruments"),
        ("a,2020-01-02,1,,", "symbol is not among the instruments"),
        ("A,,1,,", "date does not parse"),
        ("A,2020-02-30,1,,", "date does not parse"),
        ("A,202001,1,,", "date does not parse"),
        ("A,2020-01-02x,1,,", "date does not parse"),
        ("A,2020-W01-2,1,,", "date does not parse"),
        ("A,NaT,1,,", "date does not parse"),
        ("A,2026-11-24,1,,", "date is in the future"),
        ("A,20991231,1,,", "date is in the future"),
        ("A,1899-12-29,1,,", "date is before 1900, or a century away from the others"),
        ("A,0024-01-02,1,,", "date is before 1900, or a century away from the others"),
        ("A,1919-01-02,1,,", "date is before 1900, or a century away from the others"),
        ("A,2020-01-02,,,", "close is not a number"),
        ("A,2020-01-02,nan,,", "close is not a number"),
        ("A,2020-01-02,inf,,", "close is not a number"),
        ("A,2020-01-02,1e999,,", "close is not a number"),
        ("A,2020-01-02,0x10,,", "close is not a number"),
        ("A,2020-01-02,1_0,,", "close is not a number"),
        ("A,2020-01-02,1.2M,,", "close is not a number"),
        ("A,2020-01-02,TRUE,,", "close is not a number"),
        ("A,2020-01-02,0,,", "close is not above zero"),
        ("A,2020-01-02,-0.0,,", "close is not above zero"),
        ("A,2020-01-02,-37.63,,", "close is not above zero"),
        ("A,2020-01-02,1,0,", "adjusted close is not above zero"),
        ("A,2020-01-02,1,,-1", "volume is negative"),
        ("Z,never,-1,-1,-1", "symbol is not among the instruments"),
        ("A,never,-1,-1,-1", "date does not parse"),
        ("A,2020-01-02,-1,-1,-1", "close is not above zero"),
        ("A,2020-01-02", "row has another number of fields than the header"),
    ],
)
def test_each_reason(line: str, reason: str) -> None:
    prices, rejects = judge(f"B,2020-01-02,1,,\n{line}\n")
    assert prices["symbol"].tolist() == ["B"]
    assert rejects[["row", "reason"]].to_numpy().tolist() == [[2, reason]]


@pytest.mark.parametrize(
    "date",
    [
        "2020-01-02",
        "20200102",
        "2020-01-02 16:00",
        "2020-01-02T16:00:00.123",
        "2020-01-02T00:00:00Z",
        "2020-01-02 00:00:00+00:00",
        " 2020-01-02 ",
        "2020-1-2",
        "2020/01/02",
        "2020.01.02",
        "Jan 2 2020",
        "2 January 2020",
        "02-Jan-20",
        "43832",
        "1577923200",
    ],
)
def test_dates_that_parse(date: str) -> None:
    prices, rejects = judge(f"A,{date},1,,\n")
    assert rejects.empty
    assert prices["date"].tolist() == [pd.Timestamp("2020-01-02")]


@pytest.mark.parametrize(
    ("adjusted", "volume", "reason"),
    [("many", "1", "adjusted close is not a number"), ("1", "many", "volume is not a number")],
)
def test_typed_frames_are_held_to_their_types(adjusted: str, volume: str, reason: str) -> None:
    """Of a source that is no file: there nothing was to be read."""
    frame = pd.DataFrame(
        {"symbol": ["A"], "date": ["2020-01-02"], "close": ["1"], "adj_close": [adjusted],
         "volume": [volume]}
    )  # fmt: skip
    _, rejects = validate(RawPrices.of(frame, "x"), {"A"}, TODAY)
    assert rejects["reason"].tolist() == [reason]


@pytest.mark.parametrize("cell", ["1.2M", "-", "null", "many", "nan", "inf", "N/A"])
def test_an_optional_cell_that_cannot_be_read_is_not_known(cell: str) -> None:
    """It took the close with it."""
    prices, rejects = judge(f"A,2020-01-02,5,{cell},{cell}\n")
    assert rejects.empty
    assert prices["close"].tolist() == [5.0]
    assert prices[["adj_close", "volume"]].isna().all(axis=None)


def test_numbers_are_the_nearest_float_and_blanks_are_not_known() -> None:
    texts = ["0.1", "+1.", ".5", "1e-5", "123456.7890123456789", " 2 ", "5E2", "2.675"]
    body = "".join(f"A,2020-01-{i + 1:02d},{text},,0\n" for i, text in enumerate(texts))
    prices, rejects = judge(body)
    assert rejects.empty
    assert prices["close"].tolist() == [float(text) for text in texts]
    assert prices["adj_close"].isna().all()
    assert prices["volume"].tolist() == [0.0] * len(texts)


def test_today_is_not_the_future() -> None:
    prices, rejects = judge("A,2026-11-23,1,,\n")
    assert (len(prices), len(rejects)) == (1, 0)


def test_duplicates_by_hand() -> None:
    prices, rejects = judge(
        "B,2020-01-03,5,,\n"  # stays
        "A,2020-01-02,1,,7\n"  # stays
        "A,20200102,1.0,,7\n"  # identical
        "A,2020-01-03,1,,\n"  # conflict of closes, its identical repeat included
        "A,2020-01-03,1,,\n"
        "A,2020-01-03,2,,\n"
        "A,2020-01-06,-1,,\n"  # fails by itself, and is no rival to the next
        "A,2020-01-06,4,,\n"  # stays
        "B,2020-01-06,4,,\n"  # conflict of volumes
        "B,2020-01-06,4,,9\n"
        "B,2020-01-07,4,3,\n"  # conflict of adjusted closes
        "B,2020-01-07,4,2,\n"
    )
    assert [*zip(prices["symbol"], prices["close"], strict=True)] == [("A", 1), ("A", 4), ("B", 5)]
    assert [*zip(rejects["row"], rejects["reason"], strict=True)] == [
        (3, "duplicate in the file"),
        (4, "duplicate in the file with another close"),
        (5, "duplicate in the file with another close"),
        (6, "duplicate in the file with another close"),
        (7, "close is not above zero"),
        (9, "duplicate in the file with another volume"),
        (10, "duplicate in the file with another volume"),
        (11, "duplicate in the file with another adjusted close"),
        (12, "duplicate in the file with another adjusted close"),
    ]


def test_rejects_say_what_was_found() -> None:
    _, rejects = judge("A,soon,abc,,\nZ,2020-01-02,1.50,,\n")
    assert list(rejects) == list(REJECT_COLUMNS)
    assert rejects.to_numpy().tolist() == [
        [1, "A", "soon", "abc", "date does not parse"],
        [2, "Z", "2020-01-02", "1.50", "symbol is not among the instruments"],
    ]


def test_typed_rows() -> None:
    frame = pd.DataFrame(
        {
            "symbol": ["A", "A", "A", "B", "Z"],
            "date": pd.to_datetime(["2020-01-02", None, "2030-01-01", "2020-01-02", "2020-01-02"]),
            "close": [1.0, 1.0, 1.0, np.inf, 2.5],
        }
    )
    prices, rejects = validate(RawPrices.of(frame, "x"), {"A", "B"}, TODAY)
    assert len(prices) == 1
    assert rejects[["row", "date", "close", "reason"]].to_numpy().tolist() == [
        [2, "", "1.0", quality.BAD_DATE],
        [3, "2030-01-01", "1.0", quality.FUTURE_DATE],
        [4, "2020-01-02", "inf", quality.BAD_CLOSE],
        [5, "2020-01-02", "2.5", quality.UNKNOWN_SYMBOL],
    ]


def test_dates_kept_as_numbers() -> None:
    frame = pd.DataFrame({"symbol": "A", "date": [20200102.0, np.nan, 7.0], "close": 1.0})
    prices, rejects = validate(RawPrices.of(frame, "x"), {"A"}, TODAY)
    assert prices["date"].tolist() == [pd.Timestamp("2020-01-02")]
    assert rejects["date"].tolist() == ["", "7"]


def test_all_fit_or_none() -> None:
    prices, rejects = judge("A,2020-01-02,1,,\n")
    assert rejects.dtypes.equals(empty_rejects().dtypes)
    assert prices.dtypes.equals(empty_prices().dtypes)
    prices, rejects = judge("Z,2020-01-02,1,,\n")
    assert prices.dtypes.equals(empty_prices().dtypes)
    assert rejects.dtypes.equals(empty_rejects().dtypes)


CELLS = {
    "symbol": st.sampled_from(["A", "B", "Z", ""]),
    "date": st.sampled_from(["2020-01-02", "20200102", "2020-01-03", "2031-01-01", "x", ""]),
    "close": st.sampled_from(["1", "1.0", "2", "0", "-1", "nan", "x", ""]),
    "adj_close": st.sampled_from(["", "", "1", "0", "x"]),
    "volume": st.sampled_from(["", "", "5", "-5", "x"]),
}


def reason_by_hand(row: dict[str, str]) -> str | None:
    """The rules, one row at a time and without duplicates."""

    def value(text: str) -> float | None:
        return float(text) if text not in ("", "x", "nan") else None

    if row["symbol"] not in ("A", "B"):
        return quality.UNKNOWN_SYMBOL
    if row["date"] in ("x", ""):
        return quality.BAD_DATE
    if row["date"] == "2031-01-01":
        return quality.FUTURE_DATE
    if value(row["close"]) is None:
        return quality.BAD_CLOSE
    if value(row["close"]) <= 0:
        return quality.LOW_CLOSE
    if row["adj_close"] == "x":
        return quality.BAD_ADJUSTED
    if row["adj_close"] == "0":
        return quality.LOW_ADJUSTED
    if row["volume"] == "x":
        return quality.BAD_VOLUME
    return quality.NEGATIVE_VOLUME if row["volume"] == "-5" else None


@settings(deadline=None, max_examples=150)
@given(st.lists(st.fixed_dictionaries(CELLS), max_size=25), st.booleans())
def test_no_row_is_lost(rows: list[dict[str, str]], with_ragged: bool) -> None:
    frame = pd.DataFrame(rows, columns=list(PRICE_COLUMNS), dtype="str")
    frame.insert(0, "row", np.arange(1, len(frame) + 1))
    raw = RawPrices(frame, "x", ((len(frame) + 1, "odd"),) if with_ragged else ())
    prices, rejects = validate(raw, {"A", "B"}, TODAY)
    assert len(prices) + len(rejects) == len(raw)
    assert not prices.duplicated(["symbol", "date"]).any()
    assert prices[["symbol", "date"]].apply(tuple, axis=1).is_monotonic_increasing
    assert rejects["row"].is_unique
    assert rejects["row"].is_monotonic_increasing
    given_reason = dict(zip(rejects["row"], rejects["reason"], strict=True))
    groups: dict[tuple[str, str], list[int]] = {}
    for i, row in enumerate(rows):
        expected = reason_by_hand(row)
        if expected:
            assert given_reason[i + 1] == expected
        else:
            groups.setdefault((row["symbol"], row["date"].replace("-", "")), []).append(i)
    for members in groups.values():
        values = {
            tuple(float(rows[i][c] or -9) for c in ("close", "adj_close", "volume"))
            for i in members
        }
        kept = [i for i in members if i + 1 not in given_reason]
        assert kept == (members[:1] if len(values) == 1 else [])


def test_order_of_rows_changes_nothing_without_duplicates(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "symbol": np.repeat(["A", "B"], 50),
            "date": np.tile(pd.bdate_range("2020-01-01", periods=50), 2),
            "close": rng.uniform(-1, 9, 100),
        }
    )
    shuffled = frame.sample(frac=1, random_state=2)
    first, _ = validate(RawPrices.of(frame, "x"), {"A", "B"}, TODAY)
    second, _ = validate(RawPrices.of(shuffled, "x"), {"A", "B"}, TODAY)
    pd.testing.assert_frame_equal(first, second, check_exact=True)
