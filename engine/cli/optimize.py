"""The command optimize."""

from __future__ import annotations

import argparse

from engine.cli.answer import Answer, notices, table_text
from engine.cli.arguments.shared import params_of
from engine.core import format as fmt
from engine.core.ordering import by_size
from engine.desk import Desk, Saved


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
    held = [w for w in run.weights if w.weight]
    order = by_size([w.weight or 0.0 for w in held], [w.symbol for w in held])
    rows = [
        (w.symbol, fmt.percent(w.weight, 2), cluster_of.get(w.cluster_id, ""), w.group_id or "")
        for w in (held[i] for i in order)
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
