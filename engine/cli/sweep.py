"""The command sweep."""

from __future__ import annotations

import argparse

from engine import pipeline
from engine.cli.answer import Answer, notices, table_text
from engine.cli.arguments.shared import params_of
from engine.core import format as fmt
from engine.core.symbols import named
from engine.desk import Desk


def sweep(arguments: argparse.Namespace) -> Answer:
    """The tree at every threshold."""
    params = params_of(arguments)
    opened = Desk(arguments.db).open(arguments.universe)
    result = pipeline.analyse(opened.grid, params)
    swept = pipeline.sweep_tree(result.correlation, result.tree, params)
    document = pipeline.sweep_document(result, swept)
    return Answer(document, sweep_text(result, swept), (*notices(opened), *result.panel.notes))


def sweep_text(result: pipeline.Analysis, swept: pipeline.Swept) -> str:
    """As-of date, one line a threshold, and the reason of the suggested one."""
    s = swept.sweep
    rows = [
        (fmt.threshold(t), k, largest, alone, fmt.number(width), fmt.number(rho))
        for t, k, largest, alone, width, rho in zip(
            s.thresholds.tolist(), s.n_clusters, s.largest, s.singletons,
            s.silhouette, s.mean_correlation, strict=True,
        )
    ]  # fmt: skip
    headings = ("t", "clusters", "largest", "alone", "silhouette", f"mean {named('ρ')}")
    return f"As of {result.panel.as_of}\n{table_text(headings, rows)}\n{swept.suggestion.reason}"
