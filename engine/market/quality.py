"""Which price rows are fit to be stored, and for each that is not, why.

Source: the list of reasons in the design; departures are the reasons beyond it, for rows with
another number of fields, for repeats that differ in a value other than the close, and for days that
are centuries off.
"""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from engine.core.frames import PRICE_COLUMNS, REJECT_COLUMNS, empty_rejects
from engine.sources.files import RawPrices

UNKNOWN_SYMBOL = "symbol is not among the instruments"
BAD_DATE = "date does not parse"
FUTURE_DATE = "date is in the future"
OLD_DATE = "date is before 1900, or a century away from the others"
BAD_CLOSE = "close is not a number"
LOW_CLOSE = "close is not above zero"
BAD_ADJUSTED = "adjusted close is not a number"
LOW_ADJUSTED = "adjusted close is not above zero"
BAD_VOLUME = "volume is not a number"
NEGATIVE_VOLUME = "volume is negative"
REPEATED = "duplicate in the file"
CONFLICT = "duplicate in the file with another close"
CONFLICT_ADJUSTED = "duplicate in the file with another adjusted close"
CONFLICT_VOLUME = "duplicate in the file with another volume"
RAGGED = "row has another number of fields than the header"

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
# Year first only: 01/02/2020 has two readings, and none of them is taken.
_DATE = re.compile(
    r"(\d{4}-\d{2}-\d{2}|\d{8})"
    r"([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|UTC|[+-]\d{2}:?\d{2}))?)?",
    re.ASCII,
)
_FIRST_DAY, _CENTURY = np.datetime64("1900-01-01", "D"), np.timedelta64(36525, "D")
_SHOWN = 200  # characters of what was found that go into the quarantine


def validate(
    raw: RawPrices, known_symbols: set[str], today: dt.date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split raw rows into the prices frame and the rejects frame (`engine.core.frames`).

    A row has one reason, the first that holds: symbol, date, close, adjusted close, volume, then
    duplicates among the rows that passed. A blank close is not a number; a blank adjusted close
    or volume is not known (NaN). Dates are ISO `YYYY-MM-DD`, with or without a time, or
    `YYYYMMDD`; the time is dropped. Identical repeats leave the first; where repeats of a
    (symbol, date) differ, all of them are rejected: there is no guessing.

    Invariant: len(prices) + len(rejects) == len(raw). Raises nothing on content. Cost: linear, but
    for one sort.
    """
    frame = raw.frame.reset_index(drop=True)
    day = _days(frame["date"])
    close, close_blank = _numbers(frame["close"])
    adjusted, adjusted_blank = _numbers(frame["adj_close"])
    volume, volume_blank = _numbers(frame["volume"])
    today_day = np.datetime64(today, "D").astype("int64")
    with np.errstate(invalid="ignore"):
        tests = (
            (UNKNOWN_SYMBOL, ~frame["symbol"].isin(known_symbols).to_numpy()),
            (BAD_DATE, np.isnat(day)),
            (FUTURE_DATE, day.astype("int64") > today_day),
            (OLD_DATE, _far(day)),
            (BAD_CLOSE, close_blank | ~np.isfinite(close)),
            (LOW_CLOSE, close <= 0),
            (BAD_ADJUSTED, ~adjusted_blank & ~np.isfinite(adjusted)),
            (LOW_ADJUSTED, adjusted <= 0),
            (BAD_VOLUME, ~volume_blank & ~np.isfinite(volume)),
            (NEGATIVE_VOLUME, volume < 0),
        )
    reason = np.full(len(frame), "", dtype=object)
    for text, fails in tests:
        reason[fails & (reason == "")] = text
    values = (close, adjusted, volume)
    symbol_code, symbols = pd.factorize(frame["symbol"], sort=True)
    fit = _mark_duplicates(symbol_code, day, values, reason)
    prices = pd.DataFrame(
        {
            "symbol": pd.Series(symbols, dtype="str").take(symbol_code[fit]).reset_index(drop=True),
            "date": day[fit].astype("datetime64[us]"),
            # Adding zero turns -0.0 into 0.0: equal values then have equal bytes.
            **{
                name: value[fit] + 0.0
                for name, value in zip(PRICE_COLUMNS[2:], values, strict=True)
            },
        }
    )
    return prices, _rejects(frame, reason, raw.ragged)


def _mark_duplicates(
    symbol_code: np.ndarray,
    day: np.ndarray,
    values: tuple[np.ndarray, np.ndarray, np.ndarray],
    reason: np.ndarray,
) -> np.ndarray:
    """Give repeats of a (symbol, date) their reason; the rows that stay, by symbol and date."""
    fit = np.flatnonzero(reason == "")
    # Days of the years 1 to 9999 lie within 2**22 of 1970.
    key = (symbol_code[fit].astype("int64") << 23) + day[fit].astype("int64") + (1 << 22)
    order = fit[np.argsort(key, kind="stable")]
    key = np.sort(key)
    starts = np.r_[True, key[1:] != key[:-1]] if len(key) else np.zeros(0, dtype=bool)
    if starts.all():
        return order
    group = np.cumsum(starts) - 1
    first = order[starts][group]
    conflict = np.full(int(group[-1]) + 1, "", dtype=object)
    for text, value in zip((CONFLICT, CONFLICT_ADJUSTED, CONFLICT_VOLUME), values, strict=True):
        here, there = value[order], value[first]
        differs = (here != there) & ~(np.isnan(here) & np.isnan(there))
        groups = np.unique(group[differs])
        conflict[groups[conflict[groups] == ""]] = text
    outcome = conflict[group]
    outcome[(outcome == "") & ~starts] = REPEATED
    reason[order] = outcome
    return order[outcome == ""]


def _days(found: pd.Series) -> np.ndarray:
    """Days as datetime64[D], NaT where the date does not parse. Each distinct text is read once."""
    if pd.api.types.is_datetime64_any_dtype(found.dtype):
        return found.dt.tz_localize(None).to_numpy().astype("datetime64[D]")
    codes, distinct = pd.factorize(found.map(_date_text) if found.dtype == object else found)
    if not len(distinct):
        return np.full(len(found), np.datetime64("NaT"), dtype="datetime64[D]")
    days = np.array([_day(_date_text(text)) for text in distinct], dtype="datetime64[D]")
    # A code of -1 (missing) takes the NaT at the end.
    return np.append(days, np.datetime64("NaT"))[codes]


def _far(day: np.ndarray) -> np.ndarray:
    """Whether a day is before 1900, or a century from the middle of all: one slip of a year would
    lay a calendar of centuries."""
    known = day[~np.isnat(day)]
    if not len(known):
        return np.zeros(len(day), dtype=bool)
    middle = np.sort(known)[len(known) // 2]
    return (day < _FIRST_DAY) | (np.abs(day - middle) > _CENTURY)


def _day(text: str) -> np.datetime64:
    match = _DATE.fullmatch(text)
    try:
        return np.datetime64(dt.date.fromisoformat(match[1]) if match else "NaT", "D")
    except ValueError:  # a day that no month has
        return np.datetime64("NaT", "D")


def _numbers(found: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Values as float64 (NaN where blank or not a number), and where they are blank.

    Decimal text is rounded to the nearest float, so CSV and Parquet of one number agree. Words
    (nan, inf), hexadecimals and thousands separators are not numbers.
    """
    if pd.api.types.is_numeric_dtype(found.dtype) and found.dtype != bool:
        values = found.to_numpy(dtype="float64", na_value=np.nan)
        return values, np.isnan(values)
    text = pa.array(found.map(_number_text) if found.dtype == object else found, pa.string())
    text = pc.utf8_trim_whitespace(pc.fill_null(text, ""))
    is_number = pc.match_substring_regex(text, _NUMBER)
    values = pc.if_else(is_number, text, None).cast(pa.float64())
    return (
        values.to_numpy(zero_copy_only=False).astype("float64"),
        pc.equal(text, "").to_numpy(zero_copy_only=False),
    )


def _rejects(
    frame: pd.DataFrame, reason: np.ndarray, ragged: tuple[tuple[int, str], ...]
) -> pd.DataFrame:
    """The rejects frame, by row in the file. The text of a ragged row stands under `close`."""
    at = np.flatnonzero(reason != "")
    found = frame.iloc[at]
    rejects = pd.DataFrame(
        {
            "row": found["row"].to_numpy(dtype="int64"),
            "symbol": found["symbol"].str.slice(0, _SHOWN).to_numpy(),
            "date": [_date_text(value)[:_SHOWN] for value in found["date"]],
            "close": [_number_text(value)[:_SHOWN] for value in found["close"]],
            "reason": reason[at],
        }
    )
    rows = [(row, "", "", text[:_SHOWN], RAGGED) for row, text in ragged]
    parts = [rejects, pd.DataFrame(rows, columns=list(REJECT_COLUMNS))]
    whole = pd.concat([part for part in parts if len(part)] or [empty_rejects()])
    kinds = {name: "int64" if name == "row" else "str" for name in REJECT_COLUMNS}
    return whole.astype(kinds).sort_values("row", kind="stable", ignore_index=True)


def _date_text(value: object) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # YYYYMMDD kept as a number
    return str(value).strip()


def _number_text(value: object) -> str:
    """Blank for missing; else as found."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return str(value).strip()
