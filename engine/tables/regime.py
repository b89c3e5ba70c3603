"""The regime and the FX sentiment as figures and tables."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd

from engine.analytics.regime.parts import NAMES
from engine.analytics.regime.score import score_against
from engine.analytics.regime.states import (
    CRISIS_FROM,
    NORMAL_FROM,
    Regime,
    RegimeHistory,
    switches_per_year,
)
from engine.analytics.sentiment import RISKY, SAFE, Sentiment
from engine.core import format as fmt
from engine.core.symbols import named
from engine.core.words import UNKNOWN
from engine.sources.drawdowns import drawdowns
from engine.tables.summary import Figure

# Days of the closes from which the committed falls were found (column `source` of the table): what
# fell outside them is not known to it.
FALLS_FROM, FALLS_TO = dt.date(1990, 1, 2), dt.date(2022, 12, 28)
BANDS = f"0 to 1: NORMAL from {NORMAL_FROM:.2f}, CRISIS from {CRISIS_FROM:.2f}"
KINDS = dict.fromkeys(RISKY, "risk") | dict.fromkeys(SAFE, "haven")
PERCENT = ("in_fall", "flagged", "recall", "precision")


def state_since(history: RegimeHistory) -> dt.date | None:
    """First weekday of the present state without a break; None if it is unknown."""
    states = history.states
    if not len(states) or not states[-1]:
        return None
    other = np.flatnonzero(states != states[-1])
    return history.days[other[-1] + 1 if other.size else 0].astype(object)


def regime_summary(
    regime: Regime, history: RegimeHistory, multiplier: float, used: tuple[float | None, str]
) -> tuple[Figure, ...]:
    """The state in a row of figures.

    used: the threshold of the cut (None: there is none) and why it is that.
    """
    known = regime.score is not None
    since = state_since(history) if known else None
    switches = switches_per_year(history)
    threshold, why = used
    return (
        Figure("as of", fmt.day(regime.as_of)),
        Figure("state", regime.state, regime.reason),
        Figure("score", fmt.number(regime.score), BANDS),
        Figure(f"{named('t')} by regime", fmt.threshold(regime.threshold)),
        Figure(
            f"{named('t')} in use",
            fmt.UNKNOWN if threshold is None else fmt.threshold(threshold),
            why,
        ),
        Figure("since", fmt.day(since), "First day of this state without a break"),
        Figure("switches a year", fmt.number(switches, 1), "Over the whole history"),
        Figure("basket", fmt.count(len(regime.basket)), regime.basket_reason),
        Figure("FX multiplier", fmt.number(multiplier), "Scales the budgets of equity and crypto"),
    )


def component_table(regime: Regime) -> pd.DataFrame:
    """One row a part of the score."""
    return pd.DataFrame(
        [(c.name, c.value, c.score, c.meaning) for c in regime.components],
        columns=["part", "value", "score", "meaning"],
    ).astype({"value": float, "score": float})


def regime_history_table(history: RegimeHistory, drawdown: np.ndarray) -> pd.DataFrame:
    """One row a weekday; fractions."""
    columns = {
        "date": [str(day) for day in history.days],
        "state": np.where(history.states == "", UNKNOWN, history.states),
        "score": history.score,
        "threshold": history.thresholds,
        "session": history.sessions,
        "members": history.members,
        "drawdown": drawdown,
    }
    for name in NAMES:
        columns[name] = history.components[name]
        columns[f"{name}_score"] = history.scores[name]
    return pd.DataFrame(columns)


def foretell_table(found: pd.DataFrame) -> pd.DataFrame:
    """One row a period, what was foretold and by what; periods without a number are left out."""
    known = found[found["correlation"].notna()].reset_index(drop=True)
    words = {"score": "score", "volatility": "21-day volatility"}
    return pd.DataFrame(
        {
            "period": known["period"],
            "target": "next month's " + known["target"],
            "predictor": known["predictor"].map(lambda p: words.get(p, "score − volatility")),
            "correlation": known["correlation"],
            "low": known["low"],
            "high": known["high"],
            "n": known["n"],
        }
    )


def scoring_table(history: RegimeHistory) -> pd.DataFrame:
    """CRISIS against the committed falls, over the days that both cover; shares in per cent.

    A period without a session in common is left out, so the table may be empty.
    """
    first, last = np.datetime64(FALLS_FROM, "D"), np.datetime64(FALLS_TO, "D")
    covered = history.sessions & (history.days >= first) & (history.days <= last)
    found = score_against(dataclasses.replace(history, sessions=covered), drawdowns())
    found = found[found["sessions"] > 0].reset_index(drop=True)
    return found.assign(**{name: 100 * found[name] for name in PERCENT})


def strength_table(fx: Sentiment) -> pd.DataFrame:
    """One row a currency, the strongest first."""
    ranked = sorted(fx.strengths.items(), key=lambda item: (-item[1], item[0]))
    return pd.DataFrame(
        [(code, KINDS.get(code, ""), x) for code, x in ranked],
        columns=["currency", "kind", "strength"],
    ).astype({"strength": float})


def appetite_known(fx: Sentiment) -> bool:
    """Whether the appetite is known on any day, so that its history says something."""
    return bool(np.isfinite(fx.history.s).any())


def sentiment_table(fx: Sentiment) -> pd.DataFrame:
    """One row a weekday: s and the multiplier m."""
    days = [str(day) for day in fx.history.days]
    return pd.DataFrame({"date": days, "s": fx.history.s, "m": fx.history.m})
