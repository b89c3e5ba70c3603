"""Small universes made by hand, for tests of the panel and of what is built on it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.core.frames import INSTRUMENT_COLUMNS, PRICE_COLUMNS
from engine.market.grid import Grid, build_grid

# 2024-01-01 is a Monday: row r of a weekday series is in week r // 5, on weekday r % 5.
MONDAY = "2024-01-01"

NEW_YORK = "16:00 America/New_York"
FRANKFURT = "14:15 Europe/Berlin"


def weekday_index(n: int, start: str = MONDAY) -> pd.DatetimeIndex:
    """n weekdays from `start`."""
    return pd.bdate_range(start, periods=n)


def instrument_frame(**described: dict[str, str]) -> pd.DataFrame:
    """One row a keyword; what is not said is an equity in USD, fixed in New York."""
    usual = {"asset_class": "equity", "currency": "USD", "fixing": NEW_YORK, "role": "asset"}
    rows = [
        dict.fromkeys(INSTRUMENT_COLUMNS, "") | usual | {"symbol": symbol} | given
        for symbol, given in described.items()
    ]
    return pd.DataFrame(rows, columns=list(INSTRUMENT_COLUMNS))


def price_frame(closes: pd.DataFrame, adjusted: pd.DataFrame | None = None) -> pd.DataFrame:
    """Days × symbols to clean prices; NaN is no row. `adjusted` in the same shape, or unknown."""
    long = _long(closes, "close").dropna(subset="close")
    if adjusted is None:
        long["adj_close"] = np.nan
    else:
        long = long.merge(_long(adjusted, "adj_close"), how="left", on=["date", "symbol"])
    long["volume"] = np.nan
    long["date"] = long["date"].astype("datetime64[us]")
    ordered = long.sort_values(["symbol", "date"], ignore_index=True)
    return ordered[list(PRICE_COLUMNS)]


def _long(wide: pd.DataFrame, name: str) -> pd.DataFrame:
    return wide.rename_axis("date").reset_index().melt("date", var_name="symbol", value_name=name)


def walk(seed: int, n: int, volatility: float = 0.01, start: float = 100.0) -> np.ndarray:
    """n prices with independent normal daily returns of the given standard deviation."""
    steps = np.random.default_rng(seed).normal(0.0, volatility, n)
    steps[0] = 0.0
    return start * np.exp(np.cumsum(steps))


def make_grid(
    closes: dict[str, np.ndarray] | pd.DataFrame, start: str = MONDAY, **described: dict[str, str]
) -> Grid:
    """Weekday closes by symbol to a grid; symbols not described are usual ones."""
    if not isinstance(closes, pd.DataFrame):
        n = max(len(column) for column in closes.values())
        closes = pd.DataFrame(closes, index=weekday_index(n, start))
    table = instrument_frame(**({symbol: {} for symbol in closes.columns} | described))
    return build_grid(price_frame(closes), table)


def fx(**more: str) -> dict[str, str]:
    """The description of a currency pair."""
    return {"asset_class": "fx", "fixing": FRANKFURT, "currency": ""} | more


def mixed_universe(n: int = 320, seed: int = 5) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Prices and instruments of 18 instruments in which every knob has something to act on.

    Shares in three blocks with unequal histories and holes of all lengths, a euro share, crypto on
    weekends, currencies quoted both ways with a peg and one of middling volatility, a benchmark.
    """
    rng = np.random.default_rng(seed)
    every_day = pd.date_range(end="2025-06-30", periods=n * 7 // 5 + 3)
    days = every_day[every_day.day_of_week < 5][-n:]
    every_day = every_day[every_day >= days[0]]
    market = rng.normal(0, 0.006, len(every_day))
    weekend = pd.Series(every_day.day_of_week >= 5, index=every_day)
    closes = pd.DataFrame(index=every_day)
    described: dict[str, dict[str, str]] = {}

    sectors = ("Energy", "Financials", "Utilities")
    for block, sector in enumerate(sectors):
        common = market + rng.normal(0, 0.004 + 0.003 * block, len(every_day))
        for i in range(3):
            own = rng.normal(0, 0.004 + 0.002 * i, len(every_day))
            closes[f"{sector[:3].upper()}{i}"] = 50 * np.exp(np.cumsum(common + own))
            described[f"{sector[:3].upper()}{i}"] = {"sector": sector}
    for symbol in ("BTC", "ETH"):
        steps = market + rng.normal(0, 0.02, len(every_day))
        closes[symbol] = 1000 * np.exp(np.cumsum(steps))
        described[symbol] = {"asset_class": "crypto", "currency": "USDT", "fixing": "00:00 UTC"}
    dollar = np.cumsum(rng.normal(0, 0.004, len(every_day)))
    for symbol, own, sign in (
        ("EURUSD", 0.003, -1), ("USDJPY", 0.005, 1), ("GBPUSD", 0.002, -1), ("USDHKD", 0.0002, 0),
        ("USDMID", 0.0022, 0),
    ):  # fmt: skip
        closes[symbol] = np.exp(sign * dollar + np.cumsum(rng.normal(0, own, len(every_day))))
        described[symbol] = fx()
    closes["EUSHARE"] = 20 * np.exp(np.cumsum(market + rng.normal(0, 0.01, len(every_day))))
    described["EUSHARE"] = {"currency": "EUR", "sector": "Energy"}
    closes["INDEX"] = 4000 * np.exp(np.cumsum(market))
    described["INDEX"] = {"asset_class": "index", "role": "benchmark"}

    not_crypto = [s for s in closes.columns if s not in ("BTC", "ETH")]
    closes.loc[weekend, not_crypto] = np.nan
    weekdays = closes.index[~weekend]
    closes.loc[weekdays[:-80], "ENE1"] = np.nan  # 79 returns
    closes.loc[weekdays[:-150], "FIN1"] = np.nan
    closes.loc[weekdays[-100:-93], "UTI1"] = np.nan  # 7 sessions missed
    closes.loc[weekdays[-130:-110], "FIN2"] = np.nan  # 20 sessions missed
    closes.loc[weekdays[-3:], "ENE2"] = np.nan  # last close 3 weekdays old
    return price_frame(closes), instrument_frame(**described)


def mixed_grid(n: int = 320, seed: int = 5) -> Grid:
    """`mixed_universe` on its calendar."""
    return build_grid(*mixed_universe(n, seed))
