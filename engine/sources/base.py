"""What every source of prices hands over, whatever it read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from engine.core.errors import InputError
from engine.core.frames import INSTRUMENT_COLUMNS, PRICE_COLUMNS


@dataclass(frozen=True)
class SourceData:
    """Instruments and clean prices of one universe.

    Attributes:
        instruments: one row a symbol, text columns INSTRUMENT_COLUMNS; "" means not known.
        prices: one row a symbol and day, columns PRICE_COLUMNS; `date` is datetime64[us] at
            midnight, `close` a positive price in the instrument's currency; NaN in `adj_close` or
            `volume` means not known. A day without a close has no row. Sorted by symbol and date.
        source: where it comes from, in words.

    Raises:
        InputError: columns that differ from the above, or prices of an undescribed symbol.

    Invariant: every priced symbol is described exactly once.
    """

    instruments: pd.DataFrame
    prices: pd.DataFrame
    source: str

    def __post_init__(self) -> None:
        _check_columns("instruments", self.instruments, INSTRUMENT_COLUMNS)
        _check_columns("prices", self.prices, PRICE_COLUMNS)
        described = self.instruments["symbol"]
        twice = sorted(described[described.duplicated()].unique())
        if twice:
            raise InputError(f"{self.source}: {', '.join(twice)} described more than once.")
        undescribed = sorted(set(self.prices["symbol"].unique()) - set(described))
        if undescribed:
            raise InputError(
                f"{self.source}: prices of {', '.join(undescribed)}, which no row describes."
            )


class Source(Protocol):
    """Something that can deliver a universe in one go."""

    @property
    def name(self) -> str:
        """Short name under which it is recorded."""
        ...

    def load(self) -> SourceData:
        """Everything it has. Raises InputError if it cannot be read."""
        ...


def _check_columns(what: str, frame: pd.DataFrame, wanted: tuple[str, ...]) -> None:
    if tuple(frame.columns) != wanted:
        raise InputError(
            f"{what} have the columns {', '.join(map(str, frame.columns))}; "
            f"wanted are {', '.join(wanted)} in this order."
        )
