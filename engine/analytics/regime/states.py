"""The state of the market on each day, from what was known that day, and the threshold it asks for.

Four parts (`parts`), each scaled to [0, 1] by constants; their mean is the score. A jump of
the correlation alone is enough: the score is at least what the correlation alone says (`ALONE`).
A state is entered on the day its cut-off is reached and left only after `hold_days` sessions below.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from engine.analytics.regime.parts import LEAST_PAST, NAMES, raw_parts, session_rows
from engine.core.errors import InputError
from engine.core.format import count, number
from engine.core.words import UNKNOWN, RegimeMode, RegimeState, values_of
from engine.params import RegimeParams

__all__ = [
    "STATES", "Component", "Regime", "RegimeHistory", "least_sessions", "regime_at",
    "regime_history", "switches_per_year",
]  # fmt: skip

STATES = values_of(RegimeState)

# Each part's score is 0 up to the first and 1 from the second: the 10 % and the 99 % quantile of
# its value on the packaged basket before 2015, to one digit (a test recomputes them).
SCALES = {
    "volatility": (0.5, 2.5),
    "correlation": (-1.3, 3.9),
    "absorption": (-2.0, 4.3),
    "turbulence": (0.6, 2.9),
}
# Score at which a state begins. On the packaged basket before 2015 they are the 30 % and the 93 %
# quantile of the score: one day in fourteen reaches CRISIS, at about 6 switches a year.
NORMAL_FROM, CRISIS_FROM = 0.15, 0.50
# Correlation alone: score 0 at the first and 1 at the second, so CRISIS at 4.75 deviations, which
# one packaged session in 220 reached before 2015. With unchanged volatility of each member a jump
# of the correlation *lowers* turbulence, so the mean of the parts would come late.
ALONE = (3.0, 6.5)
# Weekdays for which a state outlives the basket's last session: a holiday, not an ended basket.
LONGEST_PAUSE = 5
MEANINGS = {
    "volatility": "recent volatility of the basket over what was usual",
    "correlation": "mean pairwise correlation, deviations from its own past",
    "absorption": "share of variance in the largest fifth of the factors, deviations from its past",
    "turbulence": "how unlike the past the moves are together, over what was usual",
}


@dataclass(frozen=True, eq=False)
class RegimeHistory:
    """States of T weekdays; nothing on a day depends on a later one.

    days: T, datetime64[D]. components, scores: name → T raw values and scores in [0, 1].
    score: T in [0, 1]; NaN = unknown. states: T, "" = unknown. thresholds: T, NaN = unknown.
    held: T, the highest score of this session and the `hold_days` before it, which decides.
    sessions: T, whether the basket traded. members: T, members that the parts rest on.
    On a weekday without a session the last one stands, for at most five weekdays.
    """

    days: np.ndarray
    components: dict[str, np.ndarray]
    scores: dict[str, np.ndarray]
    score: np.ndarray
    states: np.ndarray
    thresholds: np.ndarray
    held: np.ndarray
    sessions: np.ndarray
    members: np.ndarray
    params: RegimeParams = field(default_factory=RegimeParams)


@dataclass(frozen=True)
class Component:
    """One part of the score on a day: raw value, score in [0, 1], and what it measures."""

    name: str
    value: float | None
    score: float | None
    meaning: str


@dataclass(frozen=True)
class Regime:
    """The state on `as_of` and why. UNKNOWN: score None and NORMAL's threshold."""

    as_of: dt.date
    state: str
    score: float | None
    threshold: float
    reason: str
    components: tuple[Component, ...]
    basket: tuple[str, ...]
    basket_reason: str


def regime_history(returns: np.ndarray, days: np.ndarray, params: RegimeParams) -> RegimeHistory:
    """States of every day.

    returns: T×N simple one-session returns of the basket; NaN = did not trade. days: T.
    Raises InputError if the two do not fit or a return is infinite.
    Invariant: the history of a prefix is the prefix of the history.
    Cost: 8,300 sessions of 20 members in 0.4 s.
    """
    returns = np.asarray(returns, dtype=float)
    if returns.ndim != 2 or len(returns) != len(days):
        raise InputError(
            f"The basket has returns of shape {returns.shape} for {len(days)} days: "
            "give one row a day."
        )
    if np.isinf(returns).any():
        raise InputError("The basket holds an infinite return: correct the prices behind it.")
    sessions = session_rows(returns)
    raw, members = raw_parts(returns[sessions], params.short_days, params.lookback)
    scores = {name: _scaled(raw[name], SCALES[name]) for name in NAMES}
    mean = np.mean(list(scores.values()), axis=0)
    score = np.where(np.isnan(mean), np.nan, np.fmax(mean, _scaled(raw["correlation"], ALONE)))
    held = _highest(score, params.hold_days + 1)
    thresholds = _thresholds(held, params)

    at = _last_session(sessions)

    def spread(values: np.ndarray) -> np.ndarray:
        out = np.full(len(days), np.nan)
        out[at >= 0] = values[at[at >= 0]]
        return out

    full_held = spread(held)
    return RegimeHistory(
        days=np.asarray(days, dtype="datetime64[D]"),
        components={name: spread(raw[name]) for name in NAMES},
        scores={name: spread(scores[name]) for name in NAMES},
        score=spread(score),
        states=_states(full_held),
        thresholds=spread(thresholds),
        held=full_held,
        sessions=sessions,
        members=np.nan_to_num(spread(members)).astype(int),
        params=params,
    )


def regime_at(
    history: RegimeHistory,
    as_of: dt.date,
    basket: tuple[str, ...] = (),
    basket_reason: str = "",
) -> Regime:
    """The state as of a date, in words. UNKNOWN where it cannot be told; the reason says why."""
    row = int(np.searchsorted(history.days, np.datetime64(as_of, "D"), side="right")) - 1
    stale = row < 0 or (
        # Weekdays after the calendar's end count like weekdays without a session.
        _weekdays_between(history.days[row], as_of) + (row - _before(history.sessions, row))
        > LONGEST_PAUSE
    )
    known = not stale and bool(history.states[row])

    def value(array: np.ndarray) -> float | None:
        return float(array[row]) if row >= 0 and not stale and np.isfinite(array[row]) else None

    parts = tuple(
        Component(name, value(history.components[name]), value(history.scores[name]), meaning)
        for name, meaning in MEANINGS.items()
    )
    return Regime(
        as_of=as_of,
        state=str(history.states[row]) if known else UNKNOWN,
        score=value(history.score),
        threshold=float(history.thresholds[row]) if known else history.params.t_normal,
        reason=_why(history, row) if known else _why_not(history, row, stale),
        components=parts,
        basket=basket,
        basket_reason=basket_reason,
    )


def switches_per_year(history: RegimeHistory) -> float:
    """Changes of state per 252 sessions with a known state; NaN if fewer than two are known."""
    states = history.states[history.sessions & (history.states != "")]
    if len(states) < 2:
        return float("nan")
    return float((states[1:] != states[:-1]).sum() / (len(states) / 252.0))


def _scaled(values: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    return np.clip((values - ends[0]) / (ends[1] - ends[0]), 0.0, 1.0)


def _highest(score: np.ndarray, window: int) -> np.ndarray:
    """Highest known score of each trailing window; NaN where today's is unknown."""
    if score.size == 0:
        return score
    padded = np.concatenate(
        [np.full(window - 1, -np.inf), np.where(np.isnan(score), -np.inf, score)]
    )
    return np.where(np.isnan(score), np.nan, sliding_window_view(padded, window).max(axis=1))


def _states(held: np.ndarray) -> np.ndarray:
    level = (held >= NORMAL_FROM).astype(int) + (held >= CRISIS_FROM)
    return np.where(np.isnan(held), "", np.array(STATES)[level])


def anchors(params: RegimeParams) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Scores and thresholds of the continuous mode: between two states the threshold halfway, the
    outermost at score 0 and 1."""
    quiet, normal, crisis = params.t_quiet, params.t_normal, params.t_crisis
    return (
        (0.0, NORMAL_FROM, CRISIS_FROM, 1.0),
        (quiet, (quiet + normal) / 2, (normal + crisis) / 2, crisis),
    )


def _thresholds(held: np.ndarray, params: RegimeParams) -> np.ndarray:
    if params.mode == RegimeMode.CONTINUOUS:
        return np.interp(held, *anchors(params))
    table = params.thresholds | {"": np.nan}
    return np.array([table[state] for state in _states(held)], dtype=float)


def _last_session(sessions: np.ndarray) -> np.ndarray:
    """T: number of the last session at or before each row, −1 if it is too long ago."""
    rows = np.arange(len(sessions))
    last = np.maximum.accumulate(np.where(sessions, rows, -LONGEST_PAUSE - 1))
    number_of = np.cumsum(sessions) - 1
    return np.where(rows - last <= LONGEST_PAUSE, number_of, -1)


def _weekdays_between(day: np.datetime64, as_of: dt.date) -> int:
    """Weekdays after `day` up to `as_of`, or the Friday before it."""
    until = np.busday_offset(np.datetime64(as_of, "D"), 0, roll="backward")
    return int(np.busday_count(day, until))


def _before(sessions: np.ndarray, row: int) -> int:
    """The last session's row at or before `row`, else −1."""
    found = np.flatnonzero(sessions[: row + 1])
    return int(found[-1]) if found.size else -1


def _why(history: RegimeHistory, row: int) -> str:
    score, held, state = history.score[row], history.held[row], str(history.states[row])
    limit = CRISIS_FROM if state == RegimeState.CRISIS else NORMAL_FROM
    today = f"the score is {number(score)}"
    if state == RegimeState.QUIET:
        return f"{state}: {today}, below {number(limit)}, and was so for long enough."
    if score < limit:
        peak = row - int(np.argmax(history.score[: row + 1][::-1] == held))
        return (
            f"{state}: {today}, but was {number(held)} on {history.days[peak]}; the state falls "
            f"after {count(history.params.hold_days, 'session')} below {number(limit)}."
        )
    alone = _scaled(history.components["correlation"][row], ALONE)
    if alone >= score and alone > 0:
        z = number(history.components["correlation"][row], 1)
        return (
            f"{state}: {today}, at least {number(limit)}, by correlation alone, which is "
            f"{z} deviations above its own past."
        )
    first, second = sorted(NAMES, key=lambda name: -history.scores[name][row])[:2]
    return (
        f"{state}: {today}, at least {number(limit)}; highest are {first} "
        f"({number(history.scores[first][row])}) and {second} "
        f"({number(history.scores[second][row])})."
    )


def _why_not(history: RegimeHistory, row: int, stale: bool) -> str:
    taken = f"NORMAL's threshold {number(history.params.t_normal)} is taken"
    last = _before(history.sessions, row) if row >= 0 else -1
    if last < 0:
        return f"UNKNOWN: on no day so far did two members of the basket trade; {taken}."
    if stale:
        return f"UNKNOWN: the basket last traded on {history.days[last]}; {taken}."
    sessions = int(history.sessions[: row + 1].sum())
    needed = least_sessions(history.params)
    if sessions < needed:
        return (
            f"UNKNOWN: the basket has {count(sessions, 'session')} of about {needed} needed; "
            f"{taken}."
        )
    missing = [name for name in NAMES if not np.isfinite(history.components[name][row])]
    who = f"with {count(int(history.members[row]), 'member')} "
    return f"UNKNOWN: {who}that trade, {' and '.join(missing)} cannot be computed; {taken}."


def least_sessions(params: RegimeParams) -> int:
    """Sessions before the first score: a past, then a past of what rests on it."""
    return 2 * int(np.ceil(LEAST_PAST * params.lookback)) + 2 * params.short_days
