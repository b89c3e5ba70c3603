"""The commands from regime to weights: ask desk and pipeline, word the answer."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from engine import pipeline
from engine.cli.arguments import params_of
from engine.cli.commands import Answer, notices, table_text
from engine.core import format as fmt
from engine.core.words import UNKNOWN
from engine.desk import Desk, Saved

_MEASURES = ("cvar_95", "skewness", "tail_ratio", "max_drawdown", "co_cvar_95")


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


def fragility(arguments: argparse.Namespace) -> Answer:
    """Tail measures of every member, the most fragile first."""
    params = params_of(arguments)
    opened = Desk(arguments.db).open(arguments.universe)
    panel = pipeline.build_panel(opened.grid, params.data, params.panel)
    basket = pipeline.market_state(opened.grid, params).basket
    risk = pipeline.assess_risk(panel, pipeline.correlate(panel, params), basket, params)
    found = risk.assets
    listed: list[dict[str, Any]] = [
        {"symbol": symbol, "fragility": float(score)}
        | {name: float(found.measures[name].iloc[row]) for name in _MEASURES}
        | {"n": int(found.measures["n"].iloc[row])}
        for row, (symbol, score) in enumerate(zip(found.names, found.score, strict=True))
    ]
    # A score that is not known comes last.
    listed.sort(
        key=lambda a: (np.isnan(a["fragility"]), -np.nan_to_num(a["fragility"]), a["symbol"])
    )
    document = {
        "as_of": panel.as_of.isoformat(),
        "snapshot_id": opened.snapshot.info.snapshot_id,
        "horizon_days": panel.horizon,
        "assets": listed,
    }
    rows = [
        (a["symbol"], fmt.number(a["fragility"]), fmt.percent(a["cvar_95"]),
         fmt.number(a["skewness"]), fmt.number(a["tail_ratio"]), fmt.percent(a["max_drawdown"]),
         fmt.percent(a["co_cvar_95"]), a["n"])
        for a in listed
    ]  # fmt: skip
    headings = (
        "symbol", "fragility", "CVaR 95 %", "skewness", "tail ratio", "drawdown", "CoCVaR", "n",
    )  # fmt: skip
    days = fmt.count(panel.horizon, "day")
    text = f"As of {panel.as_of}, returns over {days}\n{table_text(headings, rows)}"
    return Answer(document, text, (*notices(opened), *panel.notes))


def optimize(arguments: argparse.Namespace) -> Answer:
    """Weights, stored as a run."""
    params = params_of(arguments)
    saved = Desk(arguments.db).optimise(
        arguments.universe, params, arguments.by, tuple(arguments.waive)
    )  # fmt: skip
    return optimized(saved)


def optimized(saved: Saved) -> Answer:
    """A stored run, as stored."""
    run, result = saved.run, saved.run.result
    weights = saved.run.weight_of()
    document = {
        "run_id": run.run_id,
        "universe": run.universe,
        "snapshot_id": run.snapshot_id,
        "as_of": run.as_of.isoformat(),
        "profile": run.profile,
        "preset": run.preset,
        "regime": run.regime,
        "threshold": run.threshold,
        "threshold_reason": result["threshold_reason"],
        "linkage": run.linkage,
        "weights": weights,
        "cluster_weights": {str(c["id"]): c["weight"] for c in result["clusters"]},
        "group_weights": {str(g["id"]): g["weight"] for g in result["groups"]},
        **{key: result[key] for key in _FIGURES},
        "status": run.status,
        "binding": result["binding"],
        "waivers": run.waivers,
        "notes": result["notes"],
        "checksum": run.checksum,
    }
    notes = (*notices(saved.opened), *result["notes"])
    return Answer(document, _worded(saved), notes)


_FIGURES = (
    *("cvar_95", "volatility", "expected_excess", "horizon_days", "base_currency", "cash"),
    *("cash_reason", "layers", "penalty", "penalty_kind", "solver"),
)


def _worded(saved: Saved) -> str:
    run, result = saved.run, saved.run.result
    cluster_of = {c["id"]: f"{c['id']} {c['name']}" for c in result["clusters"]}
    held = sorted((w for w in run.weights if w.weight), key=lambda w: (-(w.weight or 0), w.symbol))
    rows = [
        (w.symbol, fmt.percent(w.weight, 2), cluster_of.get(w.cluster_id, ""), w.group_id or "")
        for w in held
    ]
    bound = [
        f"{b['kind']} {b['name']} at {fmt.percent(b['limit'])} ({b['side']})"
        for b in result["binding"]
    ]
    horizon = fmt.count(result["horizon_days"], "day")
    lines = [
        f"Run {run.run_id} of {run.universe}, as of {run.as_of}: {run.profile}, {run.preset}, "
        f"{run.regime}, t = {fmt.threshold(run.threshold)} ({result['threshold_reason']})",
        f"Volatility {fmt.percent(result['volatility'])} a year, CVaR 95 % "
        f"{fmt.percent(result['cvar_95'])} over {horizon}, {run.status} by {result['solver']}",
        table_text(("symbol", "weight", "cluster", "group"), rows),
        f"Binding: {fmt.listing(bound, 12)}" if bound else "No limit binds.",
    ]
    return "\n".join([*lines, *([result["cash_reason"]] if result["cash"] else [])])
