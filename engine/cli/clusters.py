"""The command clusters."""

from __future__ import annotations

import argparse
from collections.abc import Hashable
from typing import Any

from engine import pipeline
from engine.cli.answer import Answer, notices, table_text
from engine.cli.arguments.shared import params_of
from engine.core import format as fmt
from engine.core.errors import InputError
from engine.core.symbols import named
from engine.desk import Desk
from engine.params import Params


def clusters(arguments: argparse.Namespace) -> Answer:
    """The tree cut at the threshold in use."""
    params = params_of(arguments)
    opened = Desk(arguments.db).open(arguments.universe)
    market = pipeline.market_state(opened.grid, params)
    result = pipeline.analyse(opened.grid, params, market.regime)
    tails, unknown = _tails(result, market, params)
    listed: list[dict[str, Any]] = [
        {
            "id": c.id,
            "label": c.label,
            "name": c.name,
            "members": list(c.members),
            "mean_correlation": c.mean_correlation,
            "fragility": tails.get(c.id, (None, None))[0],
            "cvar_95": tails.get(c.id, (None, None))[1],
        }
        for c in result.cut.clusters
    ]
    document = {
        "as_of": result.panel.as_of.isoformat(),
        "snapshot_id": opened.snapshot.info.snapshot_id,
        "threshold": result.cut.threshold,
        "threshold_reason": result.cut.reason,
        "linkage": result.tree.method,
        "horizon_days": result.panel.horizon,
        "n_assets": len(result.panel.symbols),
        "n_clusters": len(listed),
        "clusters": listed,
    }
    rows = [
        (c["id"], c["name"], len(c["members"]), fmt.number(c["mean_correlation"]),
         fmt.number(c["fragility"]), fmt.percent(c["cvar_95"]), fmt.listing(c["members"], 8))
        for c in listed
    ]  # fmt: skip
    text = (
        f"As of {result.panel.as_of}, {result.tree.method} linkage, "
        f"t = {fmt.threshold(result.cut.threshold)} ({result.cut.reason}): "
        f"{fmt.count(len(listed), 'cluster')} of {fmt.count(len(result.panel.symbols), 'asset')}\n"
        + table_text(
            ("id", "name", "size", f"mean {named('ρ')}", "fragility", "CVaR 95 %", "members"), rows
        )
    )
    return Answer(document, text, (*notices(opened), *result.panel.notes, *unknown))


def _tails(
    result: pipeline.Analysis, market: pipeline.Market, params: Params
) -> tuple[dict[Hashable, tuple[float, float]], tuple[str, ...]]:
    """Fragility and CVaR of each cluster by id, NaN = unknown; or none, and why."""
    try:
        risk = pipeline.assess_risk(
            result.panel, result.correlation, market.basket, params
        )  # fmt: skip
        found = pipeline.cluster_fragility(result.panel, result.cut, risk, params)
    except InputError as error:  # too little to measure a tail by, but the clusters stand
        return {}, (f"No fragility: {error}",)
    pairs = zip(found.score.tolist(), found.measures["cvar_95"].tolist(), strict=True)
    return dict(zip(found.names, pairs, strict=True)), ()
