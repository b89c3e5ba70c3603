"""Files as people have them, read to frames. What is fit to be stored is judged elsewhere."""

from engine.sources.files.instruments import read_instruments
from engine.sources.files.prices import read_prices, together
from engine.sources.files.reading import (
    BY_ITSELF,
    RAW_COLUMNS,
    RawPrices,
    Reading,
    ReadingParams,
)

__all__ = [
    "BY_ITSELF", "RAW_COLUMNS", "RawPrices", "Reading", "ReadingParams", "read_instruments",
    "read_prices", "together",
]  # fmt: skip
