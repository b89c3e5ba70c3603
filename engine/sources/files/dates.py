"""Dates as files write them: year first in any writing, others where the column settles the order.

A column is read as a whole: one 13/02/2024 says that 01/02/2024 is the first of February. Times and
offsets are kept apart, for what day they mean is another question (`zones`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.core.errors import InputError
from engine.core.words import DateOrder
from engine.sources.files.table import short

_TIME = re.compile(
    r"(?:[T ]|,\s*)\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([AaPp]\.?[Mm]\.?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}(?::\d{2})?)?(?:\s*\[?[A-Za-z]+/[A-Za-z_]+\]?)?$"
)
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})\.?$")
_EAST_ASIAN = re.compile(r"(\d{4})[年년]\s*(\d{1,2})[月월]\s*(\d{1,2})[日일]$")
_EIGHT = re.compile(r"\d{8}$")
_DIGITS = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})\.?$")
_NAME_YEAR_FIRST = re.compile(r"(\d{4})[-/. ]?([A-Za-z]{3,9})[-/. ]?(\d{1,2})$")
_NAME_FIRST = re.compile(
    r"([A-Za-z]{3,9})\.?[-/ ](\d{1,2})(?:st|nd|rd|th)?,?[-/ ]\s*(\d{4}|\d{2})$"
)
_NAME_SECOND = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?\.?[-/. ]?\s*(?:of )?([A-Za-z]{3,9})\.?,?[-/. ]?\s*(\d{4}|\d{2})$"
)
_COUNT = re.compile(r"(\d{5}|\d{9,10}|\d{12,13}|\d{15,16}|\d{18,19})(\.0*)?$")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
           "october", "november", "december")  # fmt: skip
_EXCEL = dt.date(1899, 12, 30)  # day 0 of its count, from March 1900 on
_PER_SECOND = {9: 1, 10: 1, 12: 10**3, 13: 10**3, 15: 10**6, 16: 10**6, 18: 10**9, 19: 10**9}
# What a count may mean; else it is a number.
_FROM, _TO = dt.date(1900, 1, 1), dt.date(2200, 1, 1)
_DAY_S = 86_400


@dataclass(frozen=True)
class Stamps:
    """Dates of a column, by distinct text.

    day: the day as it is written, NaT where it is no date. seconds: of the day, 0 without a time.
    offset: seconds from UTC, NaN where none is said. order: how digits were read, in words.
    """

    day: np.ndarray
    seconds: np.ndarray
    offset: np.ndarray
    order: str
    notes: tuple[str, ...] = field(default=())


def stamps_of(texts: Sequence[str], order: str, label: str, today: dt.date) -> Stamps:
    """Distinct texts of a column of dates.

    order: a value of DateOrder; "" = as the column settles it. Years of two digits lie before
    `today`. Raises InputError where dates of digits can be read in two ways, or contradict
    themselves.
    """
    days: list[dt.date | None] = []
    seconds, offsets = np.zeros(len(texts), dtype="int64"), np.full(len(texts), np.nan)
    digits: dict[int, tuple[int, int, int, str]] = {}
    eights: list[int] = []
    counted = ""
    for i, text in enumerate(texts):
        date, seconds[i], offsets[i] = _parted(text)
        days.append(None)
        if found := _DIGITS.match(date):
            digits[i] = (int(found[1]), int(found[3]), _year(found[4], today), text)
        elif _EIGHT.match(date):
            eights.append(i)
        elif found := _COUNT.match(date):
            days[i], seconds[i], offsets[i], counted = _counted(found[1]) or (
                None, 0, np.nan, counted,
            )  # fmt: skip
        else:
            days[i] = _unmistaken(date, today)
    _read_eights(texts, eights, days, digits, order)
    said = _settled(digits, order, label)
    for i, (one, two, year, _) in digits.items():
        first, second, third = (year, one, two) if said == DateOrder.YMD else (one, two, year)
        if said == DateOrder.DMY:
            days[i] = _date(third, second, first)
        elif said == DateOrder.MDY:
            days[i] = _date(third, first, second)
        else:  # the first two digits are the year's
            days[i] = _date(_year(f"{one:02d}", today), two, year % 100)
    notes = (f"Dates are {counted}.",) if counted else ()
    return Stamps(
        np.array([d if d else "NaT" for d in days], dtype="datetime64[D]"),
        seconds, offsets, said, notes,
    )  # fmt: skip


def _parted(text: str) -> tuple[str, int, float]:
    """The date, seconds of the day, and seconds from UTC."""
    found = _TIME.search(text)
    if not found or not found.start():
        return _WEEKDAY.sub("", text, count=1), 0, np.nan
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[4]:
        hour = hour % 12 + (12 if found[4][0] in "pP" else 0)
    if hour > 24 or minute > 59 or second > 60:
        return text, 0, np.nan
    return (
        _WEEKDAY.sub("", text[: found.start()].strip(), count=1),
        (hour * 60 + minute) * 60 + second,
        _offset(found[5]),
    )


def _offset(text: str | None) -> float:
    if text is None:
        return np.nan
    if text[0] not in "+-":
        return 0.0
    hours, minutes = int(text[1:3]), int(text.replace(":", "")[3:5])
    return (1 if text[0] == "+" else -1) * (hours * 3600.0 + minutes * 60.0)


def _unmistaken(text: str, today: dt.date) -> dt.date | None:
    """A date that has one reading, whatever else the column holds."""
    for pattern in (_YEAR_FIRST, _EAST_ASIAN):
        if found := pattern.match(text):
            return _date(int(found[1]), int(found[2]), int(found[3]))
    if found := _NAME_YEAR_FIRST.match(text):
        return _date(int(found[1]), _month(found[2]), int(found[3]))
    if found := _NAME_FIRST.match(text):
        return _date(_year(found[3], today), _month(found[1]), int(found[2]))
    if found := _NAME_SECOND.match(text):
        return _date(_year(found[3], today), _month(found[2]), int(found[1]))
    return None


def _read_eights(
    texts: Sequence[str], eights: Iterable[int], days: list[dt.date | None],
    digits: dict[int, tuple[int, int, int, str]], order: str,
) -> None:  # fmt: skip
    """Eight digits are year, month and day; where that fits no more than half of a column, or
    another order is asked, the year is at the end."""
    places = list(eights)
    parts = {i: _parted(texts[i])[0] for i in places}
    found = {i: _date(int(p[:4]), int(p[4:6]), int(p[6:])) for i, p in parts.items()}
    fits = sum(d is not None and _FROM <= d < _TO for d in found.values())
    if order in ("", DateOrder.YMD) and (2 * fits >= len(places) or order):
        for i, date in found.items():
            days[i] = date
        return
    for i, p in parts.items():
        digits[i] = (int(p[:2]), int(p[2:4]), int(p[4:]), texts[i])


def _settled(digits: dict[int, tuple[int, int, int, str]], order: str, label: str) -> str:
    """The order of digits that do not begin with the year; "" where there are none."""
    if not digits:
        return order if order == DateOrder.YMD else ""
    if order:
        return order
    day_first = next((t for one, _, _, t in digits.values() if one > 12), None)
    month_first = next((t for _, two, _, t in digits.values() if two > 12), None)
    if day_first and month_first:
        raise InputError(
            f"The dates of {label} contradict themselves: {short(day_first)} has the day first, "
            f"{short(month_first)} the month; say which with --dates dmy or mdy."
        )
    if day_first or month_first:
        return DateOrder.DMY if day_first else DateOrder.MDY
    example = next(iter(digits.values()))[3]
    raise InputError(
        f"The dates of {label} can be read in two ways ({short(example)}), and none of them tells "
        "which: say it with --dates dmy or mdy."
    )


def _counted(text: str) -> tuple[dt.date, int, float, str] | None:
    """Days as Excel counts them, or seconds, milli-, micro- or nanoseconds since 1970 in UTC."""
    if len(text) == 5:
        day = _EXCEL + dt.timedelta(days=int(text))
        return (day, 0, np.nan, "Excel's day numbers") if _FROM <= day < _TO else None
    whole = int(text) // _PER_SECOND[len(text)]
    day = dt.date(1970, 1, 1) + dt.timedelta(days=min(whole // _DAY_S, 200_000))
    return (day, whole % _DAY_S, 0.0, "a count of time since 1970") if day < _TO else None


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:  # a day that no month has
        return None


def _year(text: str, today: dt.date) -> int:
    """Of two digits, the latest year that is not after today's."""
    if len(text) == 4:
        return int(text)
    year = today.year // 100 * 100 + int(text)
    return year if year <= today.year else year - 100


def _month(name: str) -> int:
    """1 to 12; 0 for what is no month."""
    low = name.lower()
    return next((i for i, m in enumerate(_MONTHS, 1) if m == low or m[:3] == low or
                 (m[:4] == low and m == "september")), 0)  # fmt: skip
