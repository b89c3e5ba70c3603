"""The only place where percentages, counts and dates become text."""

from __future__ import annotations

import datetime as dt
import math

UNKNOWN = "–"


def percent(value: float | None, digits: int = 1) -> str:
    """A fraction as a percentage; unknown (None or NaN) as a dash."""
    if value is None or math.isnan(value):
        return UNKNOWN
    return f"{round(100 * value, digits) + 0.0:.{digits}f} %"  # no minus zero


def number(value: float | None, digits: int = 2) -> str:
    """A plain number with fixed digits; unknown as a dash."""
    if value is None or math.isnan(value):
        return UNKNOWN
    return f"{value:,.{digits}f}"


def count(value: int | None, noun: str = "", plural: str | None = None) -> str:
    """A whole number, with its noun in the right number if one is given."""
    if value is None:
        return UNKNOWN
    if not noun:
        return f"{value:,}"
    return f"{value:,} {noun if value == 1 else plural or noun + 's'}"


def day(value: dt.date | None) -> str:
    """A date as ISO text; unknown as a dash."""
    return UNKNOWN if value is None else value.isoformat()


def threshold(value: float) -> str:
    """A cut: two digits, three where the third is not zero."""
    text = f"{value:.3f}"
    return text[:-1] if text.endswith("0") else text


def listing(items: list[str] | tuple[str, ...], limit: int = 5) -> str:
    """A comma-separated list cut off after `limit`, with how many were left out."""
    shown = ", ".join(items[:limit])
    return shown if len(items) <= limit else f"{shown} and {len(items) - limit} more"
