"""The command health."""

from __future__ import annotations

import argparse

from engine import pipeline
from engine.cli.answer import Answer, notices, table_text
from engine.cli.arguments.shared import params_of
from engine.cli.exclusions import excluded_of
from engine.core import format as fmt
from engine.desk import Desk


def health(arguments: argparse.Namespace) -> Answer:
    """State of every series; exit 1 if something needs attention."""
    params = params_of(arguments)
    desk = Desk(arguments.db)
    opened = desk.open(arguments.universe)
    panel = pipeline.build_panel(opened.grid, params.data, params.panel, allow_empty=True)
    assets, problems = pipeline.health(panel, params.panel.lookback)
    warnings, excluded = desk.odd(opened), excluded_of(desk, opened.snapshot.info.name)
    document = {
        "as_of": panel.as_of.isoformat(),
        "status": "no" if problems else "ok",
        "assets": assets,
        "problems": problems,
        "warnings": [one.plain() for one in warnings],
        "excluded": excluded,
    }
    rows = [
        (a["symbol"], a["first"], a["last"], a["sessions"], a["gaps"], a["lookback"], a["status"])
        for a in assets
    ]
    table = table_text(("symbol", "first", "last", "sessions", "gaps", "lookback", "status"), rows)
    text = (
        f"As of {panel.as_of}\n{table}\n{fmt.count(len(problems), 'problem')}; "
        f"{fmt.count(len(warnings))} look wrong, {fmt.count(len(excluded))} excluded by hand"
    )
    said = (*notices(opened), *panel.notes, *problems, *(one.words() for one in warnings))
    return Answer(document, text, said, exit_code=1 if problems else 0)
