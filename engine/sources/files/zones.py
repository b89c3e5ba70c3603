"""Which day a time means: a bar that was written at local midnight in UTC is the local day's."""

from __future__ import annotations

import zoneinfo

import numpy as np
import pandas as pd

from engine.core.errors import InputError
from engine.core.format import listing
from engine.sources.files.dates import Stamps

# One of each offset and rule of summer time under which exchanges trade.
ZONES = (
    "Europe/London", "Europe/Berlin", "Europe/Athens", "Europe/Istanbul", "Asia/Dubai",
    "Asia/Karachi", "Asia/Kolkata", "Asia/Jakarta", "Asia/Shanghai", "Asia/Tokyo",
    "Australia/Sydney", "Pacific/Auckland", "America/Sao_Paulo", "America/New_York",
    "America/Chicago", "America/Los_Angeles",
)  # fmt: skip
_SATURDAY, _SUNDAY = 5, 6
# Of the days of a symbol: with so many several prices a day are the rule, no repeat.
_INTRADAY = 0.2


def days_meant(
    stamps: Stamps, date_code: np.ndarray, symbol_code: np.ndarray, zone: str, label: str
) -> tuple[np.ndarray, str, tuple[str, ...]]:
    """Days (datetime64[D], by row), the zone that was used, and what must be said of it.

    date_code, symbol_code: by row, the place of its date among the stamps (−1 = none) and of its
    symbol. zone: in which all times are a day; "" = as it shows: the day as written, but where that
    puts bars on Sundays and one zone has them all at midnight and none on a weekend, the zone's.
    Raises InputError for several prices a day.
    """
    day = np.append(stamps.day, np.datetime64("NaT"))[date_code]
    timed = (stamps.seconds != 0) | (np.nan_to_num(stamps.offset) != 0)
    if not timed.any() and not (zone and np.isfinite(stamps.offset).any()):
        return day, "", ()
    instant = _instants(stamps)
    if zone:
        found = np.append(_local_days(instant, zone)[0], np.datetime64("NaT"))
        _refuse_intraday(found, stamps, date_code, symbol_code, label)
        return found[date_code], zone, ()
    _refuse_intraday(np.append(stamps.day, np.datetime64("NaT")), stamps, date_code, symbol_code,
                     label)  # fmt: skip
    zones: dict[str, int] = {}
    sunday = np.append(_weekday(stamps.day) == _SUNDAY, False)[date_code] & (date_code >= 0)
    for symbol in np.unique(symbol_code[sunday]):
        rows = np.flatnonzero((symbol_code == symbol) & (date_code >= 0))
        used = _zone_of(instant, np.unique(date_code[rows]))
        if used:
            day[rows] = _local_days(instant, used)[0][date_code[rows]]
            zones[used] = zones.get(used, 0) + 1
    notes = tuple(
        f"Times are midnight in {name}, written in UTC: {n} of {symbol_code.max() + 1} symbols "
        "were moved to the local day."
        for name, n in zones.items()
    )
    return day, listing(list(zones)), notes


def _instants(stamps: Stamps) -> pd.DatetimeIndex:
    """Moments in UTC; a time without an offset is taken as UTC."""
    moments = stamps.day.astype("datetime64[s]") + stamps.seconds.astype("timedelta64[s]")
    offset = np.nan_to_num(stamps.offset).astype("timedelta64[s]")
    return pd.DatetimeIndex(moments - offset, tz="UTC")


def _local_days(instant: pd.DatetimeIndex, zone: str) -> tuple[np.ndarray, np.ndarray]:
    """Days in a zone, and whether the moment is its midnight."""
    local = instant.tz_convert(zoneinfo.ZoneInfo(zone)).tz_localize(None)
    days = local.to_numpy().astype("datetime64[D]")
    return days, local.to_numpy() == days


def _zone_of(instant: pd.DatetimeIndex, places: np.ndarray) -> str:
    """The first zone in which these moments are midnights of weekdays; "" = none."""
    for zone in ZONES:
        days, midnight = _local_days(instant[places], zone)
        if midnight.all() and not np.isin(_weekday(days), (_SATURDAY, _SUNDAY)).any():
            return zone
    return ""


def _weekday(days: np.ndarray) -> np.ndarray:
    """0 = Monday; −1 where there is no day."""
    numbers = np.where(np.isnat(days), -4, days.astype("int64"))
    return np.where(np.isnat(days), -1, (numbers + 3) % 7)


def _refuse_intraday(
    days: np.ndarray, stamps: Stamps, date_code: np.ndarray, symbol_code: np.ndarray, label: str
) -> None:
    known = date_code >= 0
    when = pd.DataFrame({
        "symbol": symbol_code[known], "day": days[date_code[known]],
        "moment": stamps.seconds[date_code[known]],
    })  # fmt: skip
    each = when.drop_duplicates().groupby(["symbol", "day"], sort=False).size()
    if len(each) and (each > 1).mean() > _INTRADAY:
        clock = [f"{s // 3600:02d}:{s // 60 % 60:02d}" for s in sorted(when["moment"].unique())[:3]]
        raise InputError(
            f"{label} has several prices a day ({', '.join(clock)}): give one close a day."
        )
