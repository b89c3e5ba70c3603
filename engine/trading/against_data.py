"""A ledger against the prices: splits and dividends that only one of the two knows of.

As traded, a close falls by a split's ratio and an adjusted close does not, so close ÷ adjusted
close jumps by it. What only looks so is said all the same: somebody has to look.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from engine.core.amounts import exact_text
from engine.core.words import EntryKind
from engine.trading.entry import LedgerEntry
from engine.trading.payload import ratio_in
from engine.trading.standing import standing
from engine.trading.state import held_at
from engine.trading.stated import told_amount

# What one share becomes; with their opposites. Smaller ones are not told from large dividends.
RATIOS = tuple(
    Fraction(new, old)
    for new, old in ((2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (8, 1), (10, 1), (15, 1),
                     (20, 1), (25, 1), (30, 1), (40, 1), (50, 1), (100, 1), (3, 2), (4, 3), (5, 4),
                     (5, 2), (7, 2))
)  # fmt: skip
_CLOSE = 0.01  # in logs: of a jump of close ÷ adjusted close
_SHOWN = 0.2  # in logs: of a fall of the close, which the market moves too
AROUND = 5  # weekdays by which a booked split may miss the day of the data


@dataclass(frozen=True)
class Mismatch:
    """What a ledger and the data disagree on. mend: the entry that would end it, as a command."""

    symbol: str
    day: dt.date
    what: str
    mend: str


def mismatches(
    entries: Sequence[LedgerEntry],
    days: np.ndarray,
    closes: Mapping[str, tuple[np.ndarray, np.ndarray]],
    notional: Collection[str],
    until: dt.date,
) -> tuple[Mismatch, ...]:
    """Splits in the data that are not booked while held, booked ones that the closes do not show,
    and dividends booked on adjusted closes; by day, up to `until`.

    days: T, datetime64[D]. closes: symbol → T closes as traded and T adjusted ones, NaN where there
    is none. notional: symbols whose closes are their adjusted ones. What was before holdings were
    stated last is settled by these.
    """
    known = [e for e in standing(entries) if e.effective_date <= until]
    stated = [e.effective_date for e in known if e.kind == EntryKind.HOLDINGS]
    since = max(stated, default=dt.date.min)
    splits = [e for e in known if e.kind == EntryKind.SPLIT]
    found: list[Mismatch] = []
    for symbol, (close, adjusted) in sorted(closes.items()):
        for day, ratio in _jumps(days, close, adjusted):
            if not since < day <= until or _booked(splits, symbol, day, ratio):
                continue
            if units := held_at(entries, day - dt.timedelta(days=1)).get(symbol):
                found.append(_not_booked(entries[0].portfolio, symbol, day, ratio, units))
    for entry in splits:
        symbol = str(entry.payload["symbol"])
        if entry.effective_date > since and symbol in closes:
            shown = _shows(days, closes[symbol][0], entry)
            found += [] if shown else [_not_shown(entries, entry, symbol)]
    for entry in known:
        symbol = str(entry.payload.get("symbol"))
        if entry.kind == EntryKind.DIVIDEND and entry.effective_date > since and symbol in notional:
            found.append(_twice(entry, symbol))
    return tuple(sorted(found, key=lambda m: (m.day, m.symbol)))


def _jumps(
    days: np.ndarray, close: np.ndarray, adjusted: np.ndarray
) -> list[tuple[dt.date, Fraction]]:
    """Days on which close ÷ adjusted close falls by the ratio of a split, and that."""
    rows = np.flatnonzero(np.isfinite(close) & np.isfinite(adjusted) & (close > 0) & (adjusted > 0))
    step = -np.diff(np.log(close[rows] / adjusted[rows]))
    out = []
    for i in np.flatnonzero(np.abs(step) > np.log(1.2)):
        every = [r for ratio in RATIOS for r in (ratio, 1 / ratio)]
        near = min(every, key=lambda r: abs(float(np.log(float(r))) - step[i]))
        if abs(np.log(float(near)) - step[i]) <= _CLOSE:
            out.append((days[rows[i + 1]].astype(object), near))
    return out


def _booked(splits: Sequence[LedgerEntry], symbol: str, day: dt.date, ratio: Fraction) -> bool:
    return any(
        e.payload["symbol"] == symbol
        and _weekdays_apart(e.effective_date, day) <= AROUND
        and abs(np.log(float(_ratio(e)) / float(ratio))) <= _CLOSE
        for e in splits
    )


def _shows(days: np.ndarray, close: np.ndarray, entry: LedgerEntry) -> bool:
    """Whether the closes around a split fall by its ratio; where there are none, they may."""
    at = int(np.searchsorted(days, np.datetime64(entry.effective_date, "D")))
    near = close[max(0, at - AROUND - 1) : at + AROUND + 1]
    rows = np.flatnonzero(np.isfinite(near) & (near > 0))
    if rows.size < 2 or at >= len(days):
        return True
    falls = -np.diff(np.log(near[rows]))
    return bool((np.abs(falls - np.log(float(_ratio(entry)))) <= _SHOWN).any())


def _ratio(entry: LedgerEntry) -> Fraction:
    new, old = ratio_in(entry.payload, "The split")
    return Fraction(new) / Fraction(old)


def _weekdays_apart(first: dt.date, second: dt.date) -> int:
    return abs(int(np.busday_count(min(first, second), max(first, second))))


def _not_booked(
    portfolio: str, symbol: str, day: dt.date, ratio: Fraction, units: Decimal
) -> Mismatch:
    told = f"{ratio.numerator}:{ratio.denominator}" if ratio.denominator > 1 else f"{ratio}"
    return Mismatch(
        symbol, day,
        f"The prices of {symbol} split {told} on {day}, {exact_text(units)} were held, and no "
        "split is booked.",
        f"portfolio split {portfolio} --symbol {symbol} --ratio {told} --on {day}",
    )  # fmt: skip


def _not_shown(entries: Sequence[LedgerEntry], entry: LedgerEntry, symbol: str) -> Mismatch:
    day = entry.effective_date
    before = held_at(entries, day - dt.timedelta(days=1)).get(symbol, Decimal(0))
    more = before * Decimal(_ratio(entry).numerator) / Decimal(_ratio(entry).denominator) - before
    return Mismatch(
        symbol, day,
        f"The split {entry.payload['ratio']} of {symbol} is booked on {day}, and its closes show "
        "none: they are likely adjusted for it already.",
        f"portfolio correction {entry.portfolio} --hold {symbol}={exact_text(-more)} --on {day} "
        "--reason TEXT",
    )  # fmt: skip


def _twice(entry: LedgerEntry, symbol: str) -> Mismatch:
    amount, day = str(entry.payload.get("amount", "")), entry.effective_date
    code = entry.payload.get("currency") if "fx_rate" not in entry.payload else None
    back = amount.removeprefix("-") if amount.startswith("-") else f"-{amount}"
    return Mismatch(
        symbol, day,
        f"A dividend of {symbol}, {told_amount(entry.payload)}, is booked on {day}, and its closes "
        "are its adjusted ones: if these hold dividends, it counts twice.",
        f"portfolio correction {entry.portfolio} --cash={back}"
        f"{f' --currency {code}' if code else ''} --on {day} --reason TEXT",
    )  # fmt: skip
