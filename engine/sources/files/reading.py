"""What a file of prices held, how it was read, and what may be said of that by hand."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from engine.core.errors import InputError
from engine.core.format import listing
from engine.core.frames import PRICE_COLUMNS
from engine.core.words import DateOrder, DecimalMark, Separator, values_of

RAW_COLUMNS = ("row", *PRICE_COLUMNS)


@dataclass(frozen=True)
class ReadingParams:
    """How a file is to be read, where that is not left to what it shows; "" = as it shows.

    separator, decimal, dates: the values of Separator, DecimalMark, DateOrder. zone: the time zone
    in which a time is a day, as Europe/Berlin. Raises InputError naming what is none of these.
    """

    separator: str = ""
    decimal: str = ""
    dates: str = ""
    zone: str = ""

    def __post_init__(self) -> None:
        for name, words in (("separator", Separator), ("decimal", DecimalMark),
                            ("dates", DateOrder)):  # fmt: skip
            value, known = getattr(self, name), values_of(words)
            if value not in ("", *known):
                raise InputError(f"--{name} {value[:40]}: choose one of {', '.join(known)}.")
        try:
            if self.zone:
                zoneinfo.ZoneInfo(self.zone)
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError) as error:
            raise InputError(
                f"--zone {self.zone[:40]} is no time zone: write it as Europe/Berlin."
            ) from error


BY_ITSELF = ReadingParams()


@dataclass(frozen=True)
class Reading:
    """How a file was read, in words. "" = the file has no such thing.

    taken: columns that became symbol, date, close, adjusted close or volume, or assets of a wide
    file; left: those that were not used. notes: sentences on what was left out or changed.
    """

    file: str
    encoding: str = ""
    separator: str = ""
    decimal: str = ""
    dates: str = ""
    zone: str = ""
    layout: str = ""
    taken: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def words(self) -> str:
        """In one line."""
        parts = [
            self.layout,
            f"separator {self.separator}" if self.separator else "",
            f"decimal {self.decimal}" if self.decimal else "",
            f"dates {self.dates}" if self.dates else "",
            f"zone {self.zone}" if self.zone else "",
            self.encoding,
            f"taken: {listing(self.taken)}" if self.taken else "",
            f"left: {listing(self.left)}" if self.left else "",
        ]
        return f"{self.file}: {'; '.join(part for part in parts if part)}."


@dataclass(frozen=True)
class RawPrices:
    """Price rows as found.

    `frame` has the columns row (1-based data row in the file), symbol (text), and date, close,
    adj_close, volume as text or typed, "" or missing = blank. `ragged` are the rows whose number
    of fields is not the header's, as (row, text). `source` is the file's name. readings: how each
    file was read; none where the prices come from no file.
    """

    frame: pd.DataFrame
    source: str
    ragged: tuple[tuple[int, str], ...] = ()
    readings: tuple[Reading, ...] = field(default=(), compare=False)

    def __len__(self) -> int:
        return len(self.frame) + len(self.ragged)

    @staticmethod
    def of(prices: pd.DataFrame, source: str) -> RawPrices:
        """Prices that come from no file, numbered from 1; absent optional columns are blank."""
        frame = prices.reset_index(drop=True).reindex(columns=list(PRICE_COLUMNS))
        frame.insert(0, "row", np.arange(1, len(frame) + 1))
        return RawPrices(frame, source)
