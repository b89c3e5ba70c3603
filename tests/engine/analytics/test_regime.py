"""States from scores: causality, hysteresis, both modes, and the words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics.regime import states as rg
from engine.analytics.regime.states import regime_at, regime_history, switches_per_year
from engine.core.errors import InputError
from engine.params import RegimeParams

PARAMS = RegimeParams()
MONDAY = np.datetime64("2001-01-01")
JUMP = 320


def weekdays(n: int) -> np.ndarray:
    return np.busday_offset(MONDAY, np.arange(n))


def one_factor(seed: int, n: int, rho: np.ndarray) -> np.ndarray:
    """T×n normal returns of 1 % a day with correlation rho on each day."""
    rng = np.random.default_rng(seed)
    common, own = rng.normal(size=(len(rho), 1)), rng.normal(size=(len(rho), n))
    return 0.01 * (np.sqrt(rho)[:, None] * common + np.sqrt(1 - rho)[:, None] * own)


def stormy(seed: int, size: int, n: int = 6) -> np.ndarray:
    """Returns whose volatility and correlation change in bouts, with holes, an entry and an end."""
    rng = np.random.default_rng(seed)
    rho = np.repeat(rng.uniform(0.05, 0.9, size // 40 + 1), 40)[:size]
    loud = np.repeat(rng.uniform(0.5, 3.0, size // 40 + 1), 40)[:size]
    out = one_factor(seed, n, rho) * loud[:, None]
    out[rng.random(out.shape) < 0.03] = np.nan
    out[rng.random(size) < 0.03] = np.nan
    out[: size // 3, 0] = np.nan
    out[2 * size // 3 :, 1] = np.nan
    return out


def arrays_of(history: rg.RegimeHistory) -> dict[str, np.ndarray]:
    plain = ("score", "states", "thresholds", "held", "sessions", "members")
    return (
        {name: getattr(history, name) for name in plain}
        | {f"raw {name}": values for name, values in history.components.items()}
        | {f"score {name}": values for name, values in history.scores.items()}
    )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), cut=st.integers(0, 500), hold=st.integers(0, 12))
def test_a_prefix_of_the_returns_gives_the_prefix_of_the_history(
    seed: int, cut: int, hold: int
) -> None:
    params = replace(PARAMS, lookback=100, hold_days=hold)
    returns, days = stormy(seed, 500), weekdays(500)
    whole = arrays_of(regime_history(returns, days, params))
    part = arrays_of(regime_history(returns[:cut], days[:cut], params))
    for name, values in part.items():
        assert np.array_equal(values, whole[name][:cut], equal_nan=values.dtype.kind == "f"), name


def test_a_corrupted_future_changes_no_past_byte() -> None:
    returns, days = stormy(3, 600), weekdays(600)
    wild = returns.copy()
    wild[400:] = np.random.default_rng(0).standard_t(2, size=wild[400:].shape)
    a, b = (arrays_of(regime_history(x, days, PARAMS)) for x in (returns, wild))
    for name in a:
        assert a[name][:400].tobytes() == b[name][:400].tobytes(), name
    assert a["score"][400:].tobytes() != b["score"][400:].tobytes()


@pytest.mark.parametrize("n", [20, 60])
def test_t_tightens_within_ten_sessions_when_correlations_go_to_one(
    n: int, campaign: Callable[[int, int], int]
) -> None:
    """ρ jumps from 0.3 to 0.9, every member's volatility unchanged. Without the jump: quiet."""
    waits, false = [], []
    for seed in range(campaign(30, 100)):
        rho = np.where(np.arange(JUMP + 40) < JUMP, 0.3, 0.9)
        history = regime_history(one_factor(seed, n, rho), weekdays(JUMP + 40), PARAMS)
        tight = np.flatnonzero(history.thresholds[JUMP:] == 0.3)
        waits.append(tight[0] + 1 if tight.size else 999)
        false.append((history.states[:JUMP] == "CRISIS").mean())
    assert np.median(waits) <= 10
    assert np.mean(false) < 0.05


def test_correlation_alone_is_enough() -> None:
    """The same jump with the basket's own volatility held: only the correlation can tell."""
    rho = np.where(np.arange(JUMP + 12) < JUMP, 0.3, 0.9)
    returns = one_factor(1, 20, rho)
    returns[JUMP:] *= np.sqrt((1 + 19 * 0.3) / (1 + 19 * 0.9))
    history = regime_history(returns, weekdays(JUMP + 12), PARAMS)
    last = {name: values[-1] for name, values in history.scores.items()}
    assert np.mean(list(last.values())) < rg.CRISIS_FROM
    assert history.states[-1] == "CRISIS"
    told = regime_at(history, history.days[-1].astype(object))
    assert "by correlation alone" in told.reason


def test_up_at_once_down_after_the_hold() -> None:
    """States from a score by hand: 0.6 once, then 0.2 for good."""
    score = np.array([0.1, 0.2, 0.6] + [0.2] * 5 + [0.1] * 5)
    for hold in (0, 1, 3):
        states = rg._states(rg._highest(score, hold + 1))
        assert states[:3].tolist() == ["QUIET", "NORMAL", "CRISIS"]
        assert (states[3 : 3 + hold] == "CRISIS").all()
        assert states[3 + hold] == "NORMAL"
        assert (states[8 : 8 + hold] == "NORMAL").all()
        assert states[8 + hold] == "QUIET"


def test_an_unknown_score_has_no_state() -> None:
    score = np.array([0.6, np.nan, 0.1])
    assert rg._states(rg._highest(score, 11)).tolist() == ["CRISIS", "", "CRISIS"]
    assert np.isnan(rg._thresholds(rg._highest(score, 11), RegimeParams())[1])


def test_thresholds_of_both_modes() -> None:
    held = np.array([0.0, 0.149, 0.15, 0.499, 0.5, 1.0])
    assert rg._thresholds(held, RegimeParams()).tolist() == [0.5, 0.5, 0.4, 0.4, 0.3, 0.3]
    smooth = rg._thresholds(held, RegimeParams(mode="continuous"))
    assert smooth == pytest.approx([0.5, 0.45, 0.45, 0.35, 0.35, 0.3], abs=1e-3)
    fine = rg._thresholds(np.linspace(0, 1, 1001), RegimeParams(mode="continuous"))
    assert (np.diff(fine) < 0).all()


def test_every_knob_moves_the_history() -> None:
    returns, days = stormy(5, 600), weekdays(600)
    base = regime_history(returns, days, PARAMS).thresholds
    for change in (
        {"mode": "continuous"}, {"short_days": 15}, {"lookback": 120}, {"hold_days": 3},
    ):  # fmt: skip
        other = regime_history(returns, days, replace(PARAMS, **change)).thresholds
        assert not np.array_equal(base, other, equal_nan=True), change


def test_a_holiday_keeps_the_state_and_an_ended_basket_loses_it() -> None:
    returns = stormy(5, 600)
    returns[500:502] = np.nan
    returns[560:] = np.nan
    history = regime_history(returns, weekdays(600), PARAMS)
    assert history.states[500] == history.states[499] != ""
    assert history.score[501] == history.score[499]
    assert (history.states[560:] != "").tolist() == [True] * 5 + [False] * 35
    assert np.isnan(history.thresholds[565:]).all()


def test_what_is_told_is_what_is_in_the_history() -> None:
    history = regime_history(stormy(5, 600), weekdays(600), PARAMS)
    for row in range(0, 600, 7):
        told = regime_at(history, history.days[row].astype(object), ("A", "B"), "because")
        if history.states[row]:
            assert told.state == history.states[row]
            assert told.threshold == history.thresholds[row]
            assert told.score == history.score[row]
            assert told.reason.startswith(told.state + ": ")
            for part in told.components:
                assert part.value == history.components[part.name][row]
                assert part.score == history.scores[part.name][row]
        else:
            assert (told.state, told.threshold, told.score) == ("UNKNOWN", 0.4, None)
        assert (told.basket, told.basket_reason) == (("A", "B"), "because")


def test_a_held_state_names_the_day_that_holds_it() -> None:
    history = regime_history(stormy(5, 600), weekdays(600), PARAMS)
    held = (history.states == "CRISIS") & (history.score < rg.CRISIS_FROM) & history.sessions
    row = int(np.flatnonzero(held)[0])
    peak = row - int(np.argmax(history.score[: row + 1][::-1] == history.held[row]))
    told = regime_at(history, history.days[row].astype(object))
    assert str(history.days[peak]) in told.reason
    assert "10 sessions below 0.50" in told.reason
    assert row - peak <= 10 + 5


def test_unknown_says_why_and_takes_normals_threshold() -> None:
    days = weekdays(600)
    history = regime_history(stormy(5, 600), days, PARAMS)
    last = days[-1].astype(object)
    cases = {
        "on no day so far did two members": dt.date(2000, 1, 3),
        "of about 140 needed": days[50].astype(object),
        f"last traded on {last}": last + dt.timedelta(days=10),
    }
    for words, day in cases.items():
        told = regime_at(history, day)
        assert told.state == "UNKNOWN"
        assert told.threshold == 0.4
        assert words in told.reason
        assert "0.40 is taken" in told.reason
    # A Friday's state stands over the weekend and five weekdays more.
    assert last.weekday() == 4
    assert regime_at(history, last + dt.timedelta(days=8)).state == history.states[-1]
    alone = regime_history(stormy(5, 600)[:, :1], days, PARAMS)
    assert regime_at(alone, last).state == "UNKNOWN"


def test_still_members_are_unknown_by_name() -> None:
    history = regime_history(np.zeros((300, 4)), weekdays(300), PARAMS)
    told = regime_at(history, history.days[-1].astype(object))
    assert told.state == "UNKNOWN"
    assert "volatility" in told.reason
    assert "4 members" in told.reason


def test_switches_per_year_counts_changes_between_known_sessions() -> None:
    history = regime_history(stormy(5, 600), weekdays(600), PARAMS)
    known = [s for s, on in zip(history.states, history.sessions, strict=True) if on and s]
    changes = sum(a != b for a, b in pairwise(known))
    assert changes > 3
    assert switches_per_year(history) == pytest.approx(changes / len(known) * 252)
    short = regime_history(stormy(5, 600)[:30], weekdays(30), PARAMS)
    assert np.isnan(switches_per_year(short))


def test_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match="one row a day"):
        regime_history(np.zeros((5, 3)), weekdays(4), PARAMS)
    with pytest.raises(InputError, match="infinite"):
        regime_history(np.full((5, 3), np.inf), weekdays(5), PARAMS)
    assert regime_history(np.zeros((0, 3)), weekdays(0), PARAMS).states.size == 0
