"""What looks wrong of a series by itself.

Each test looks at the closes, as traded. Thresholds are in units of a series' own spread
(median absolute deviation × 1.4826, Hampel 1974), so that a calm series is held to more than a wild
one; what is found is for somebody to look at, so most tests would rather say one too many.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.core.format import count, day
from engine.market.oddities.kinds import Oddity, OddKind
from engine.market.still import UNCHANGED_RUN

# One-day moves by about these factors are a change of unit, or a split.
UNITS = (100.0, 1000.0)
SPLITS = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0)
_UNIT_CLOSE, _SPLIT_CLOSE = 0.2, 0.03  # in logs
_SPLIT_LEAST, _MOVE_LEAST, _TICK_LEAST = 0.35, 0.4, 0.08
_SPREADS, _TICK_SPREADS, _PEERS = 12.0, 10.0, 6.0
HOLE = 30  # calendar days without a close
_WEEKEND_PART = 0.02
_NO_SPLITS = ("crypto", "fx")
ALWAYS_OPEN = ("crypto",)


def alone(prices: pd.DataFrame, kinds: dict[str, str]) -> list[Oddity]:
    """Oddities of each series by itself, its moves beside the median of its class on the day.

    prices: the prices frame, sorted; kinds: symbol → asset class. One oddity a symbol and kind, the
    largest, with how many more there are. Linear.
    """
    series = _Series.of(prices, kinds)
    return [*_moves(series), *_runs(series), *_holes(series), *_weekends(prices, kinds)]


@dataclass(frozen=True)
class _Series:
    """Rows on weekdays, by symbol and day. move: log return from the row before, NaN at the first
    of a symbol; spread: of the symbol's moves; peers: median size of the moves of its class on that
    day."""

    symbol: np.ndarray
    kind: np.ndarray
    days: np.ndarray
    close: np.ndarray
    volume: np.ndarray
    move: np.ndarray
    adjusted: np.ndarray
    gap: np.ndarray
    spread: np.ndarray
    peers: np.ndarray

    @staticmethod
    def of(prices: pd.DataFrame, kinds: dict[str, str]) -> _Series:
        dates = prices["date"].to_numpy().astype("datetime64[D]")
        work = np.is_busday(dates)
        frame = prices.loc[work, ["symbol", "close", "adj_close", "volume"]].reset_index(drop=True)
        days = dates[work]
        code, names = pd.factorize(frame["symbol"])
        kind_names = np.array([kinds.get(s, "") for s in names], dtype=object)
        first = np.r_[True, code[1:] != code[:-1]] if len(code) else np.zeros(0, dtype=bool)
        with np.errstate(invalid="ignore", divide="ignore"):
            move = np.diff(np.log(frame["close"].to_numpy()), prepend=np.nan)
            adjusted = np.diff(np.log(frame["adj_close"].to_numpy()), prepend=np.nan)
        gap = np.diff(days.astype("int64"), prepend=0)
        move[first], adjusted[first], gap[first] = np.nan, np.nan, 0
        size = pd.Series(np.abs(move))
        spread = 1.4826 * size.groupby(code).transform("median").to_numpy()
        kind = kind_names[code] if len(code) else np.zeros(0, dtype=object)
        peers = size.groupby([kind, days]).transform("median").to_numpy() if len(code) else move
        return _Series(
            names.to_numpy()[code] if len(code) else np.zeros(0, dtype=object), kind, days,
            frame["close"].to_numpy(), frame["volume"].to_numpy(), move, adjusted, gap, spread,
            peers,
        )  # fmt: skip


def _moves(s: _Series) -> list[Oddity]:
    """One-day moves that are no market's: a change of unit, a split, a bad tick, or larger than all
    that the series and its peers do."""
    size = np.abs(s.move)
    same = np.r_[s.symbol[1:] == s.symbol[:-1], False]
    after = np.r_[s.move[1:], np.nan]
    wide = np.maximum(s.spread, 1e-6)
    tick = (
        same & (size > _TICK_LEAST) & (size > _TICK_SPREADS * wide) & (size > _PEERS * s.peers)
        & (np.abs(s.move + after) < 0.2 * size)
    )  # fmt: skip
    back = np.r_[False, tick[:-1]] & ~np.isnan(s.move)  # the way back is no move of its own
    unit = _near(size, UNITS, _UNIT_CLOSE) & ~tick & ~back
    calm = np.isnan(s.adjusted) | (np.abs(s.adjusted - s.move) < _SPLIT_CLOSE)
    large = (size > _SPREADS * wide) & (size > _PEERS * s.peers) & ~tick & ~back & ~unit
    split = (
        large & (size > _SPLIT_LEAST) & _near(size, SPLITS, _SPLIT_CLOSE) & calm & (s.gap < 10)
        & ~np.isin(s.kind, _NO_SPLITS)
    )  # fmt: skip
    move = large & (size > _MOVE_LEAST) & ~split & calm & (s.gap < HOLE)
    out = []
    for kind, where, why in (
        (OddKind.UNIT, unit, "a change of unit?"),
        (OddKind.SPLIT, split, "a split that the closes do not make up for?"),
        (OddKind.TICK, tick, "and back the next day: a bad price?"),
        (OddKind.MOVE, move, "far beyond the series and its peers"),
    ):
        out += _largest(s, kind, where, why)
    return out


def _near(size: np.ndarray, factors: tuple[float, ...], close: float) -> np.ndarray:
    """Whether a move is by about one of these factors, up or down."""
    return np.any([np.abs(size - np.log(f)) < close for f in factors], axis=0)


def _largest(s: _Series, kind: OddKind, where: np.ndarray, why: str) -> list[Oddity]:
    """Of each symbol the largest, and how many more there are."""
    at = np.flatnonzero(where)
    out = []
    for rows in _split_by(s.symbol[at], at):
        row = rows[np.argmax(np.abs(s.move[rows]))]
        more = f" ({count(len(rows) - 1)} more)" if len(rows) > 1 else ""
        was, now = s.close[row - 1], s.close[row]
        out.append(Oddity(
            kind, str(s.symbol[row]), s.days[row].astype(object),
            f"{was:.6g} to {now:.6g} in one step, ×{now / was:.3g}, {why}{more}",
        ))  # fmt: skip
    return out


def _runs(s: _Series) -> list[Oddity]:
    """Closes that do not change for UNCHANGED_RUN weekdays and more, without trading on record."""
    if not len(s.close):
        return []
    still = (s.move == 0) & ~(s.volume > 0)
    start = np.r_[True, ~still[1:]]
    run = np.cumsum(start) - 1
    length = np.bincount(run)
    first = np.flatnonzero(start)
    last = first + length - 1
    long = np.flatnonzero(length >= UNCHANGED_RUN)
    out: dict[tuple[str, OddKind], tuple[Oddity, int]] = {}
    for i in long:
        begin, end = first[i], last[i]
        opens = begin == 0 or s.symbol[begin - 1] != s.symbol[begin]
        closes = end == len(s.close) - 1 or s.symbol[end + 1] != s.symbol[end]
        kind = OddKind.TAIL if closes else OddKind.BACKFILL if opens else OddKind.UNCHANGED
        key = (str(s.symbol[begin]), kind)
        found = Oddity(
            kind, key[0], s.days[begin].astype(object),
            f"{count(int(length[i]), 'close')} of {s.close[begin]:.6g} in a row, to "
            f"{day(s.days[end].astype(object))}",
        )  # fmt: skip
        was, n = out.get(key, (found, 0))
        out[key] = (found if length[i] > _length(was) else was, n + 1)
    return [
        dataclasses.replace(one, what=f"{one.what} ({count(n - 1)} more)") if n > 1 else one
        for one, n in out.values()
    ]


def _length(one: Oddity) -> int:
    return int(one.what.partition(" ")[0].replace(",", ""))


def _holes(s: _Series) -> list[Oddity]:
    """Long times without a close; the move over one is no day's."""
    at = np.flatnonzero(s.gap > HOLE)
    out = []
    for rows in _split_by(s.symbol[at], at):
        row = rows[np.argmax(s.gap[rows])]
        more = f" ({count(len(rows) - 1)} more)" if len(rows) > 1 else ""
        out.append(Oddity(
            OddKind.HOLE, str(s.symbol[row]), s.days[row].astype(object),
            f"no close since {day(s.days[row - 1].astype(object))}; the move of "
            f"{np.expm1(s.move[row]):+.0%} is over {int(s.gap[row]):,} days{more}",
        ))  # fmt: skip
    return out


def _weekends(prices: pd.DataFrame, kinds: dict[str, str]) -> list[Oddity]:
    """Closes on weekends of what is not always open."""
    dates = prices["date"].to_numpy().astype("datetime64[D]")
    weekend = ~np.is_busday(dates)
    rows = prices["symbol"].to_numpy()
    each = pd.Series(weekend).groupby(rows).agg(["sum", "mean"])
    out = []
    for symbol, n, part in each.itertuples():
        if n < 2 or part < _WEEKEND_PART or kinds.get(symbol) in ALWAYS_OPEN:
            continue
        first = dates[(rows == symbol) & weekend][0].astype(object)
        out.append(Oddity(
            OddKind.WEEKEND, str(symbol), first,
            f"{count(int(n), 'close')} on Saturdays and Sundays, {part:.0%} of all: filled, or of "
            "another time zone?",
        ))  # fmt: skip
    return out


def _split_by(names: np.ndarray, at: np.ndarray) -> list[np.ndarray]:
    """Places by name; equal names stand together."""
    if not len(at):
        return []
    return np.split(at, np.flatnonzero(names[1:] != names[:-1]) + 1)
