"""What a column's heading means: the words that files of prices use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

# First the more telling: where a file has several, the first of a list is taken.
_WORDS = {
    "symbol": (
        "symbol", "ticker", "tickers", "symbols", "ric", "bloombergticker", "instrument",
        "security", "asset", "code", "isin", "name", "stock",
    ),
    "date": (
        "date", "datetime", "dates", "tradedate", "tradingdate", "tradingday", "pricedate",
        "exchangedate", "businessdate", "observationdate", "timestamp", "day", "time", "period",
        "asof", "datum", "fecha", "dtyyyymmdd",
    ),
    "close": (
        "close", "closelast", "closeprice", "closingprice", "last", "lastprice", "pxlast", "price",
        "priceclose", "settle", "settlement", "settleprice", "nav", "schluss", "schlusskurs",
        "kurs", "cierre", "value",
    ),
    "adj_close": ("adjclose", "adjustedclose", "adjcloseprice", "closeadj", "closeadjusted",
                  "adjprice"),
    "volume": ("volume", "vol", "volumen", "tradedvolume", "totalvolume"),
}  # fmt: skip
# What stands beside a close in such files and is none of it, and never an asset.
_BESIDE = (
    "open", "high", "low", "openprice", "highprice", "lowprice", "openint", "openinterest", "per",
    "dividends", "dividend", "stocksplits", "splits", "split", "capitalgains", "change", "chg",
    "changep", "changepct", "pctchange", "vwap", "trades", "count", "turnover", "bid", "ask",
    "average", "eroeffnung", "hoch", "tief", "repaired", "adjopen", "adjhigh", "adjlow",
    "adjvolume", "divcash", "splitfactor",
)  # fmt: skip
# Of a header of two rows: the fields that yfinance writes.
_FIELDS = frozenset((*_WORDS["close"][:1], *_WORDS["adj_close"], *_WORDS["volume"][:1], *_BESIDE))
_KNOWN = frozenset((*(w for words in _WORDS.values() for w in words), *_BESIDE))
_UNNAMED = re.compile(r"(unnamed:? ?\d+(_level_\d+)?|__index_level_\d+__|)$", re.IGNORECASE)
# At the front; elsewhere it may be an asset.
_INDEX = re.compile(r"(index|level_\d+|#|id|row)$", re.IGNORECASE)
_FIELD_SYMBOL = re.compile(
    r"\(?(?P<field>[A-Za-z]+(?: [A-Za-z]+)?)(?:[ _|:]|, )(?P<symbol>.+?)\)?$"
)
_SYMBOL_FIELD = re.compile(r"\(?(?P<symbol>.+?)(?:[ _|:]|, )(?P<field>(?:Adj )?[A-Za-z]+)\)?$")
_NUMBER = re.compile(r"[+-]?\d[\d.,]*([eE][+-]?\d+)?$")


class Field(StrEnum):
    """What a column holds."""

    SYMBOL = "symbol"
    DATE = "date"
    CLOSE = "close"
    ADJ_CLOSE = "adj_close"
    VOLUME = "volume"


def word(heading: str) -> str:
    """A heading without case, marks and blanks: `<CLOSE>`, "Close*" and close are one."""
    return re.sub(r"[^a-z0-9]", "", heading.lower().replace("%", "p"))


def ranks(field: Field) -> dict[str, int]:
    """Word → how telling it is of a field, 0 the most."""
    return {name: rank for rank, name in enumerate(_WORDS[field.value])}


def is_beside(heading: str) -> bool:
    """Whether it is what stands beside a close: open, high, low, volume, change."""
    return word(heading) in _BESIDE or word(heading) in _WORDS["volume"]


def is_unnamed(heading: str, place: int) -> bool:
    """Whether it is the heading of an index that nobody named. place: of the column."""
    text = heading.strip()
    return bool(_UNNAMED.match(text) or (place == 0 and _INDEX.match(text)))


def header_rows(rows: Sequence[Sequence[str]]) -> int:
    """How many of the first rows are the header's: three where fields stand over symbols or the
    other way round with the name of the index below, as yfinance writes them, else two or one."""
    if len(rows) < 2 or not (_fields(rows[0]) ^ _fields(rows[1])):
        return 1
    names = rows[1] if _fields(rows[0]) else rows[0]
    if any(_NUMBER.match(cell) for cell in names[1:]) or not any(names[1:]):
        return 1
    if len(rows) > 2 and not any(cell.strip() for cell in rows[2][1:]):
        return 3  # the index's name alone
    return 2


def fields_first(headers: Sequence[Sequence[str]]) -> bool:
    """Of a header of two rows: whether the fields are in the first."""
    return _fields(headers[0])


def flattened(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """A header whose every name but the first is a field and a symbol, as "Close AAA" or
    "AAA_Close", as one of two rows; None where it is none."""
    for pattern in (_FIELD_SYMBOL, _SYMBOL_FIELD):
        found = [pattern.match(name.strip().replace("'", "")) for name in names[1:]]
        parts = [m.groupdict() for m in found if m]
        known = all(word(p["field"]) in _FIELDS and word(p["symbol"]) not in _KNOWN for p in parts)
        if known and len(parts) == len(found):
            fields = (names[0], *(p["field"] for p in parts))
            return fields, ("", *(p["symbol"].strip() for p in parts))
    return None


def _fields(cells: Sequence[str]) -> bool:
    named = [cell for cell in cells[1:] if cell.strip()]
    return bool(named) and all(word(cell) in _FIELDS for cell in named)
