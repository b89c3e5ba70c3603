"""The universe, holdings and fills of `docs/uk-book.md`."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
from hand_made import fx, instrument_frame, price_frame, walk, weekday_index
from root import ROOT

PAGE = (ROOT / "docs" / "uk-book.md").read_text(encoding="utf-8")
HELD, FILLS = re.findall(r"```\n(symbol,.*?)```", PAGE, re.DOTALL)
LAST = {"AZN": 10532.0, "BARC": 250.5, "SAP": 180.0, "TYO": 3000.0, "EURGBP": 0.85, "GBPJPY": 190.0}
# A quarter each and no other limits: for the command line, and the address of a page.
TARGET = {
    "sentiment.kappa": "0", "allocation.layers": "single", "limits.asset_cap": "1",
    "limits.cluster_cap": "1", "limits.group_cap": "1", "limits.equity_budget": "1",
    "trade.minimum_trade": "0",
}  # fmt: skip
ADDRESS = (
    "profile=equal_weight&classes=equity&kappa=0&layers=single&acap=100&names=0&cap=100&gcap=100"
    "&eq=100&mint=0"
)


def files(folder: Path) -> tuple[Path, Path]:
    """Prices and instruments, written there."""
    closes = {}
    for i, (symbol, last) in enumerate(LAST.items(), start=40):
        path = walk(i, 320, 0.004 if len(symbol) == 6 else 0.01)
        closes[symbol] = [*(path * last / path[-1])[:-1], last]
    frame = pd.DataFrame(closes, index=weekday_index(320))
    described = {
        "AZN": {"currency": "GBp", "exchange": "XLON"},
        "BARC": {"currency": "GBX", "exchange": "LSE"},
        "SAP": {"currency": "EUR", "exchange": "XETR"},
        "TYO": {"currency": "JPY", "exchange": "XTKS"}, "EURGBP": fx(), "GBPJPY": fx(),
    }  # fmt: skip
    prices, instruments = folder / "prices.csv", folder / "instruments.csv"
    price_frame(frame).drop(columns=["adj_close", "volume"]).to_csv(prices, index=False)
    instrument_frame(**described).to_csv(instruments, index=False)
    return prices, instruments
