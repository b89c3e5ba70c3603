"""The panel calendar: Monday to Friday, the same for every universe."""

from __future__ import annotations

import datetime as dt

import numpy as np

Days = np.ndarray  # datetime64[D]


def weekdays(first: dt.date, last: dt.date) -> Days:
    """Every Monday to Friday from `first` to `last`, both included, as datetime64[D]."""
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    return days[np.is_busday(days)]


def last_weekday(day: dt.date) -> dt.date:
    """`day` itself if it is a weekday, else the Friday before."""
    return np.busday_offset(np.datetime64(day, "D"), 0, roll="backward").astype(object)
