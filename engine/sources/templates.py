"""Files to begin with: the headers of what can be read, and two made-up rows each."""

from __future__ import annotations

# Nobody's symbols and prices. Long and wide say the same.
PRICES_LONG = """\
symbol,date,close,adj_close,volume
EXAMPLE,2024-01-02,10.00,9.80,1000
EURUSD,2024-01-02,1.10,,
"""
PRICES_WIDE = """\
date,EXAMPLE,EURUSD
2024-01-02,10.00,1.10
2024-01-03,10.20,1.11
"""
INSTRUMENTS = """\
symbol,name,asset_class,sector,exchange,currency,fixing,role
EXAMPLE,An example share,equity,Energy,NYSE,USD,16:00 America/New_York,asset
EURUSD,Euro / US dollar,fx,,,USD,14:15 Europe/Berlin,asset
"""
# File name → its text, in UTF-8.
TEMPLATES = {
    "prices-long.csv": PRICES_LONG,
    "prices-wide.csv": PRICES_WIDE,
    "instruments.csv": INSTRUMENTS,
}
