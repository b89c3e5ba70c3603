"""Times as days: what was written at local midnight in UTC is the local day's."""

from __future__ import annotations

import io
import zoneinfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from engine.core.errors import InputError
from engine.sources.files import RawPrices, ReadingParams, read_prices
from engine.sources.files.zones import ZONES

# Both sides of summer time, in both hemispheres.
DAYS = pd.bdate_range("2023-12-01", "2024-12-31")


def stamped(zone: str, days: pd.DatetimeIndex = DAYS) -> pd.DatetimeIndex:
    """Local midnights, in UTC."""
    return days.tz_localize(zoneinfo.ZoneInfo(zone)).tz_convert("UTC")


def read(frame: pd.DataFrame, kind: str, **how: str) -> RawPrices:
    out = io.BytesIO()
    if kind == "csv":
        out.write(frame.to_csv().encode())
    else:
        frame.to_parquet(out)
    return read_prices(io.BytesIO(out.getvalue()), f"p.{kind}", ReadingParams(**how))


def days_of(raw: RawPrices, symbol: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(raw.frame["date"][raw.frame["symbol"] == symbol]))


@pytest.mark.parametrize("zone", [*ZONES, "Europe/Paris", "Asia/Hong_Kong", "Asia/Singapore"])
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_local_midnights_in_utc_are_the_local_days(zone: str, kind: str) -> None:
    frame = pd.DataFrame({"AAA": np.arange(1.0, 1 + len(DAYS))}, index=stamped(zone))
    raw = read(frame.rename_axis("Date"), kind)
    assert (days_of(raw, "AAA") == DAYS).all()


def test_two_exchanges_in_one_file() -> None:
    """Each symbol by itself; a day a week was lost, and a correlation of 0.90 became 0.20."""
    one = pd.Series(np.arange(1.0, 1 + len(DAYS)), index=stamped("America/New_York"))
    two = pd.Series(np.arange(2.0, 2 + len(DAYS)), index=stamped("Asia/Tokyo"))
    raw = read(pd.DataFrame({"NYA": one, "TKB": two}).rename_axis("Date"), "csv")
    assert (days_of(raw, "NYA") == DAYS).all()
    assert (days_of(raw, "TKB") == DAYS).all()
    (note,) = raw.readings[0].notes
    assert note == (
        "Times are midnight in Asia/Tokyo, written in UTC: 1 of 2 symbols were moved to the local "
        "day."
    )
    assert raw.readings[0].zone == "Asia/Tokyo"


@pytest.mark.parametrize(
    "times",
    [
        DAYS + pd.Timedelta(hours=16),
        DAYS.tz_localize("America/New_York"),
        (DAYS + pd.Timedelta(hours=16)).tz_localize("America/New_York"),
        (DAYS + pd.Timedelta(hours=21)).tz_localize("UTC"),
        DAYS.tz_localize("UTC"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_day_that_is_written_stays(times: pd.DatetimeIndex, kind: str) -> None:
    frame = pd.DataFrame({"AAA": np.arange(1.0, 1 + len(DAYS))}, index=times).rename_axis("Date")
    assert (days_of(read(frame, kind), "AAA") == DAYS).all()


def test_what_trades_every_day_stays() -> None:
    days = pd.date_range("2024-01-01", periods=60)
    frame = pd.DataFrame({"BTC": np.arange(1.0, 61)}, index=(days + pd.Timedelta(hours=23)))
    raw = read(frame.tz_localize("UTC").rename_axis("Date"), "csv")
    assert (days_of(raw, "BTC") == days).all()
    assert raw.readings[0].zone == ""


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_zone_by_hand(kind: str) -> None:
    frame = pd.DataFrame({"AAA": [1.0, 2.0]}, index=pd.DatetimeIndex(
        ["2024-01-02 23:30", "2024-01-03 23:30"], tz="UTC"))  # fmt: skip
    raw = read(frame.rename_axis("Date"), kind, zone="Asia/Tokyo")
    assert list(days_of(raw, "AAA").day) == [3, 4]
    assert raw.readings[0].zone == "Asia/Tokyo"
    assert list(days_of(read(frame.rename_axis("Date"), kind), "AAA").day) == [2, 3]


@pytest.mark.parametrize("long", [True, False])
def test_several_prices_a_day_are_refused(long: bool) -> None:
    times = [f"2024-01-{d:02d} {h:02d}:30:00-05:00" for d in range(2, 9) for h in (9, 10, 11)]
    frame = pd.DataFrame({"AAA": np.arange(1.0, 22.0)}, index=pd.Index(times, name="date"))
    if long:
        frame = frame.reset_index().melt("date", var_name="symbol", value_name="close")
        frame = frame.set_index("symbol")
    with pytest.raises(InputError, match=r"^p\.csv has several prices a day \(09:30, 10:30, 11:30"):
        read(frame, "csv")


def test_a_repeat_of_the_last_day_is_no_such_file() -> None:
    frame = pd.DataFrame({"AAA": np.arange(1.0, 12.0)}, index=[*DAYS[:10], DAYS[9]])
    assert len(read(frame.rename_axis("Date"), "csv")) == 11


@pytest.mark.parametrize("zone", ["Mars/Base", "UTC+99", ""])
def test_zones_that_there_are_not(zone: str) -> None:
    times = pa.array([1704153600], pa.timestamp("s", tz=zone or "nowhere"))
    out = io.BytesIO()
    pa.parquet.write_table(pa.table({"date": times, "AAA": [1.0]}), out)
    with pytest.raises(InputError, match="which there is not: write them in UTC"):
        read_prices(io.BytesIO(out.getvalue()), "p.parquet")


def test_the_end_of_time_is_no_date() -> None:
    for unit in ("ms", "us", "ns"):
        times = pa.array([2**63 - 1, -(2**63) + 1, 0], pa.int64()).cast(pa.timestamp(unit))
        out = io.BytesIO()
        pa.parquet.write_table(pa.table({"date": times, "AAA": [1.0, 2.0, 3.0]}), out)
        raw = read_prices(io.BytesIO(out.getvalue()), "p.parquet")
        assert raw.frame["date"].iloc[2] == pd.Timestamp("1970-01-01")
