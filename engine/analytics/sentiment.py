"""FX sentiment: the trend of commodity against safe-haven currencies scales the risky budgets."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from engine.core.errors import InputError
from engine.core.format import listing, number
from engine.core.symbols import named

RISKY = ("AUD", "NZD", "CAD")
SAFE = ("JPY", "CHF", "USD")
HORIZONS = (21, 63, 126)
# Sessions of daily changes behind a volatility: as long as the longest trend.
VOLATILITY_SESSIONS = 126
# The past against which appetite is standardised: five years, and one to begin with.
PAST_SESSIONS, LEAST_PAST = 1260, 252
# Weekdays for which a multiplier outlives the last fixing.
LONGEST_PAUSE = 5


@dataclass(frozen=True, eq=False)
class SentimentHistory:
    """T weekdays up to the as-of date: s (NaN = unknown) and the multiplier m (1 where unknown)."""

    days: np.ndarray
    s: np.ndarray
    m: np.ndarray


@dataclass(frozen=True, eq=False)
class Sentiment:
    """The FX multiplier on `as_of` and what it rests on.

    multiplier: m = 1 − ½·κ·max(0, tanh(−s)), in [½, 1]; exactly 1 for κ = 0, for s ≥ 0, and where
        it cannot be computed. z: s, deviations of appetite from its own past; None = unknown.
    appetite: mean strength of AUD, NZD, CAD less that of JPY, CHF, USD. strengths: by currency.
    """

    as_of: dt.date
    multiplier: float
    z: float | None
    appetite: float | None
    strengths: dict[str, float]
    history: SentimentHistory
    reason: str


def sentiment(
    values: np.ndarray, codes: tuple[str, ...], days: np.ndarray, kappa: float, as_of: dt.date
) -> Sentiment:
    """The multiplier as of a date from T×C log values of currencies.

    values: only differences between currencies count; NaN = unknown. codes: C. days: T.
    Rows after `as_of` are cut off before anything is computed.
    Raises InputError for shapes that do not fit or κ outside 0 to 1.
    """
    values = np.asarray(values, dtype=float)
    if values.shape != (len(days), len(codes)):
        raise InputError(
            f"Values of shape {values.shape} do not fit {len(days)} days × {len(codes)} currencies."
        )
    if not 0.0 <= kappa <= 1.0:
        raise InputError(f"sentiment.kappa = {kappa} is outside 0 to 1.")
    stop = int(np.searchsorted(days, np.datetime64(as_of, "D"), side="right"))
    values, days = values[:stop], np.asarray(days[:stop], dtype="datetime64[D]")
    missing = [code for code in (*RISKY, *SAFE) if code not in codes]
    if missing:
        return _without(as_of, days, f"the universe has no rate for {listing(missing, 6)}")
    used = [i for i, code in enumerate(codes) if code in (*RISKY, *SAFE)]
    sessions = np.flatnonzero(np.isfinite(values[:, used]).all(axis=1))
    if not sessions.size:
        return _without(as_of, days, "there is no day on which all six currencies are known")
    strength = trend_strengths(values[sessions])
    appetite = _mean_of(strength, codes, RISKY) - _mean_of(strength, codes, SAFE)
    z = _against_past(appetite)

    at = np.searchsorted(sessions, np.arange(stop), side="right") - 1
    fresh = (at >= 0) & (np.arange(stop) - sessions[np.maximum(at, 0)] <= LONGEST_PAUSE)
    s = np.where(fresh, z[np.maximum(at, 0)], np.nan)
    m = _multiplier(s, kappa)
    history = SentimentHistory(days, s, m)
    lag = _weekdays_after(days[-1], as_of) + (stop - 1 - int(sessions[-1]))
    if lag > LONGEST_PAUSE:
        return _without(as_of, days, f"the last fixing is of {days[sessions[-1]]}", history)
    last = strength[-1]
    known = {code: float(x) for code, x in zip(codes, last, strict=True) if np.isfinite(x)}
    if not np.isfinite(z[-1]):
        needed = max(HORIZONS) + LEAST_PAST + 1
        return _without(
            as_of, days,
            f"there are {len(sessions)} sessions of the {needed} needed, or they did not move",
            history, known,
        )  # fmt: skip
    return Sentiment(
        as_of, float(m[-1]), float(z[-1]), float(appetite[-1]), known, history,
        _why(float(z[-1]), float(m[-1]), kappa),
    )  # fmt: skip


def trend_strengths(values: np.ndarray) -> np.ndarray:
    """S×C: trend of each currency against the others, in deviations; NaN = past too short.

    values: S×C log values on sessions, NaN = unknown. Against each other currency the change of
    the log rate over 21, 63 and 126 sessions is divided by its daily volatility (root mean square
    over 126 sessions) times the root of the horizon; the mean over horizons and currencies.
    Invariant: a rate's strength is minus that of its inverse, so complete rows sum to 0.
    """
    size, n = values.shape
    out = np.full((size, n), np.nan)
    longest = max(HORIZONS)
    if size <= longest:
        return out
    rates = values[:, :, None] - values[:, None, :]
    steps = np.diff(rates, axis=0, prepend=np.nan)
    squares = np.where(np.isfinite(steps), steps**2, 0.0)
    total = np.cumsum(squares, axis=0)
    seen = np.cumsum(np.isfinite(steps), axis=0)
    for cumulative in (total, seen):
        cumulative[VOLATILITY_SESSIONS:] -= cumulative[:-VOLATILITY_SESSIONS].copy()
    with np.errstate(invalid="ignore", divide="ignore"):
        daily = np.sqrt(total / seen)
        # Rounding leaves dust of a rate that stood still; a peg has no trend.
        daily = np.where((daily > 1e-9) & (2 * seen >= VOLATILITY_SESSIONS), daily, np.nan)
    sums = np.zeros((size - longest, n, n))
    for horizon in HORIZONS:
        change = rates[longest:] - rates[longest - horizon : size - horizon]
        sums += change / (daily[longest:] * np.sqrt(horizon))
    known = np.isfinite(sums)
    with np.errstate(invalid="ignore", divide="ignore"):
        out[longest:] = np.where(known, sums, 0.0).sum(axis=2) / known.sum(axis=2) / len(HORIZONS)
    return out


def _mean_of(strength: np.ndarray, codes: tuple[str, ...], names: tuple[str, ...]) -> np.ndarray:
    return strength[:, [codes.index(name) for name in names]].mean(axis=1)


def _against_past(appetite: np.ndarray) -> np.ndarray:
    """Deviations of each value from the mean of those before it (five years at most)."""
    known = np.isfinite(appetite)
    x = np.where(known, appetite, 0.0)
    stop = np.arange(len(x))
    start = np.maximum(stop - PAST_SESSIONS, 0)

    def sums(series: np.ndarray) -> np.ndarray:
        total = np.concatenate([[0.0], np.cumsum(series)])
        return total[stop] - total[start]

    count = sums(known.astype(float))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums(x) / count
        spread = np.sqrt(np.maximum(sums(x**2) / count - mean**2, 0.0))
        z = (appetite - mean) / spread
    return np.where((count >= LEAST_PAST) & (spread > 1e-9), z, np.nan)


def _multiplier(s: np.ndarray, kappa: float) -> np.ndarray:
    fear = np.maximum(0.0, np.tanh(-np.where(np.isnan(s), 0.0, s)))
    return 1.0 - 0.5 * kappa * fear


def _weekdays_after(day: np.datetime64, as_of: dt.date) -> int:
    until = np.busday_offset(np.datetime64(as_of, "D"), 0, roll="backward")
    return int(np.busday_count(day, until))


def _why(z: float, m: float, kappa: float) -> str:
    mood = "risk-on" if z >= 0 else "risk-off"
    if kappa == 0:
        return (
            f"Appetite is {number(z)} deviations from its past ({mood}); {named('κ')} = 0 switches "
            "it off."
        )
    return (
        f"Appetite is {number(z)} deviations from its past ({mood}): budgets of equity and crypto "
        f"times {number(m)}."
    )


def _without(
    as_of: dt.date,
    days: np.ndarray,
    why: str,
    history: SentimentHistory | None = None,
    strengths: dict[str, float] | None = None,
) -> Sentiment:
    if history is None:
        history = SentimentHistory(days, np.full(len(days), np.nan), np.ones(len(days)))
    return Sentiment(as_of, 1.0, None, None, strengths or {}, history, f"Multiplier 1: {why}.")
