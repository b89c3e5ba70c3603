"""The command fragility."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from engine import pipeline
from engine.cli.answer import Answer, notices, table_text
from engine.cli.arguments.shared import params_of
from engine.core import format as fmt
from engine.desk import Desk

_MEASURES = ("cvar_95", "skewness", "tail_ratio", "max_drawdown", "co_cvar_95")


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
