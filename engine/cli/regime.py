"""The command regime."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from engine import pipeline
from engine.cli.answer import Answer, notices, table_text
from engine.cli.arguments.shared import params_of
from engine.core import format as fmt
from engine.core.words import UNKNOWN
from engine.desk import Desk


def regime(arguments: argparse.Namespace) -> Answer:
    """The state of the market at the as-of date, and with --history on every day before."""
    params = params_of(arguments)
    opened = Desk(arguments.db).open(arguments.universe)
    market = pipeline.market_state(opened.grid, params)
    fx = pipeline.fx_sentiment(opened.grid, params)
    state = market.regime
    document: dict[str, Any] = {
        "as_of": state.as_of.isoformat(),
        "snapshot_id": opened.snapshot.info.snapshot_id,
        "regime": state.state,
        "score": state.score,
        "threshold": state.threshold,
        "reason": state.reason,
        "components": [
            {"name": c.name, "value": c.value, "score": c.score, "meaning": c.meaning}
            for c in state.components
        ],
        "basket": list(state.basket),
        "basket_reason": state.basket_reason,
        "fx_multiplier": fx.multiplier,
        "fx_reason": fx.reason,
    }
    if arguments.history:
        document["history"] = _history(market)
    rows = [(c.name, fmt.number(c.value), fmt.number(c.score), c.meaning) for c in state.components]
    text = (
        f"As of {state.as_of}: {state.state}, score {fmt.number(state.score)}, "
        f"t = {fmt.threshold(state.threshold)}\n{state.reason}\n"
        + table_text(("component", "value", "score", "what it is"), rows)
        + f"\nBasket: {state.basket_reason}\nFX multiplier {fmt.number(fx.multiplier)}: {fx.reason}"
    )
    if arguments.history:
        days = [
            (day["date"], fmt.number(day["score"]), day["regime"]) for day in document["history"]
        ]
        text += "\n" + table_text(("date", "score", "regime"), days)
    return Answer(document, text, notices(opened))


def _history(market: pipeline.Market) -> list[dict[str, Any]]:
    """Every weekday from the first with a score."""
    history = market.history
    known = np.flatnonzero(np.isfinite(history.score))
    first = int(known[0]) if known.size else len(history.days)
    return [
        {
            "date": str(history.days[row]),
            "score": float(history.score[row]),
            "regime": str(history.states[row]) or UNKNOWN,
            "threshold": float(history.thresholds[row]),
        }
        for row in range(first, len(history.days))
    ]
