"""The command whatif: the whole portfolio at every threshold."""

from __future__ import annotations

import argparse
from typing import Any

from engine.cli.answer import Answer, notices, table_text
from engine.cli.arguments.shared import add_optimize_knobs, add_sweep, params_of
from engine.core import format as fmt
from engine.core.errors import InputError
from engine.desk import Desk
from engine.desk.whatif import Asked
from engine.params import Params, knob_of
from engine.pipeline.goals import Goal, goals_of, met
from engine.pipeline.whatif import Cliff, Point, cliffs

_OF_POINTS = (
    "n_clusters", "status", "volatility", "cvar_95", "cash", "cash_reason", "turnover", "cost",
    "effective", "effective_bets", "names",
)  # fmt: skip
_MOST_VALUES = 9


def add_whatif(parser: argparse.ArgumentParser) -> None:
    """Options of `whatif`, beside those of `optimize`."""
    add_optimize_knobs(parser)
    add_sweep(parser)
    parser.add_argument(
        "--against", metavar="PORTFOLIO|cash|RUN", help="what turnover and cost are measured from"
    )
    parser.add_argument(
        "--goal",
        metavar="MEASURE<=VALUE,…",
        help="which thresholds meet these; <= or >=, between commas",
    )
    parser.add_argument(
        "--knob", metavar="group.knob=A,B,C", help="the same at each value of another knob"
    )


def whatif(arguments: argparse.Namespace) -> Answer:
    """Weights, tail risk, cash, turnover and cost at every threshold, and where they jump."""
    goals = goals_of(arguments.goal) if arguments.goal else ()
    params, desk = params_of(arguments), Desk(arguments.db)
    if arguments.knob:
        return _by_knob(arguments, desk, params, goals)
    asked = desk.whatif(arguments.universe, params, arguments.against)
    document, text = _answered(asked, goals)
    notes = (*notices(asked.opened), *asked.on.analysis.panel.notes)
    return Answer(document, text, notes)


def _by_knob(
    arguments: argparse.Namespace, desk: Desk, params: Params, goals: tuple[Goal, ...]
) -> Answer:
    key, equals, text = arguments.knob.partition("=")
    values = [v.strip() for v in text.split(",") if v.strip()]
    if not equals or not 1 <= len(values) <= _MOST_VALUES:
        raise InputError(
            f"--knob {arguments.knob[:40]}: write it as group.knob=A,B, of at most {_MOST_VALUES}."
        )
    knob_of(key.strip())  # refuses what is none
    blocks, texts = [], []
    for value in values:
        asked = desk.whatif(
            arguments.universe, params.with_settings({key.strip(): value}), arguments.against
        )
        document, told = _answered(asked, goals)
        blocks.append({"value": value, **document})
        texts.append(f"{key.strip()} = {value}\n{told}")
    return Answer({"knob": key.strip(), "blocks": blocks}, "\n\n".join(texts), ())


def _answered(asked: Asked, goals: tuple[Goal, ...]) -> tuple[dict[str, Any], str]:
    points = tuple(asked.points())
    jumps = cliffs(asked.on, points)
    document: dict[str, Any] = {
        "as_of": asked.on.analysis.panel.as_of.isoformat(),
        "snapshot_id": asked.opened.snapshot.info.snapshot_id,
        "against": asked.against,
        "thresholds": [p.threshold for p in points],
        **{name: [getattr(p, name) for p in points] for name in _OF_POINTS},
        "reasons": [p.reason for p in points],
        "cvar_by_cluster": [{str(k): v for k, v in p.cvar_by_cluster.items()} for p in points],
        "slack": [dict(p.slack) for p in points],
        "binding": [list(p.binding) for p in points],
        "clusters": [
            [{"id": c.id, "name": c.name, "members": list(c.members)} for c in p.clusters.values()]
            for p in points
        ],
        "weights": [dict(p.weights) for p in points],
        "cliffs": [
            {"at": c.at, "joins": list(c.joins), "what": c.what, "size": c.size} for c in jumps
        ],
    }
    lines = [f"As of {document['as_of']}, against {asked.against}", _table(points), *_told(jumps)]
    if goals:
        found = met(asked.on, points, goals)
        document |= {
            "meets": list(found.meets), "nearest": found.nearest, "misses": found.misses,
            "shadow_prices": found.prices,
        }  # fmt: skip
        met_at = fmt.listing([fmt.threshold(t) for t in found.meets], 20)
        lines.append(f"Goals are met at {met_at}." if found.meets else found.words())
    return document, "\n".join(lines)


def _table(points: tuple[Point, ...]) -> str:
    rows = [
        (fmt.threshold(p.threshold), p.n_clusters, fmt.percent(p.volatility),
         fmt.percent(p.cvar_95, 2), fmt.percent(p.cash), fmt.percent(p.turnover),
         "" if p.cost is None else fmt.number(1e4 * p.cost, 1), fmt.number(p.effective, 1),
         p.names if p.names is not None else p.reason)
        for p in points
    ]  # fmt: skip
    headings = ("t", "clusters", "volatility", "CVaR 95", "cash", "turnover", "cost, bps",
                "effective", "names")  # fmt: skip
    return table_text(headings, rows)


def _told(jumps: tuple[Cliff, ...]) -> list[str]:
    return [f"At {c.at:.4f} {c.joins[0]} joins {c.joins[1]}: {c.what}." for c in jumps]
