"""One function a command: ask the desk, word the answer."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from engine import pipeline
from engine.cli.arguments import params_of
from engine.core import format as fmt
from engine.core.errors import InputError
from engine.desk import Desk
from engine.params import Params
from engine.sources.simulation.simulate import SimulationSpec
from engine.store import IngestResult


@dataclass(frozen=True)
class Answer:
    """What a command has to say: as JSON, as text, and beside it on stderr."""

    document: dict[str, Any]
    text: str
    notes: tuple[str, ...] = ()
    exit_code: int = 0


def ingest(arguments: argparse.Namespace) -> Answer:
    """Store files."""
    desk = Desk(arguments.db)
    return _ingested(
        desk.ingest(arguments.prices, arguments.instruments, arguments.universe, by=arguments.by)
    )


def load_packaged(arguments: argparse.Namespace) -> Answer:
    """Store the packaged data; it always has its own universe."""
    if arguments.universe not in (None, "packaged"):
        raise InputError("The packaged data is always universe `packaged`: leave --universe out.")
    return _ingested(Desk(arguments.db).load_packaged(arguments.by))


def simulate(arguments: argparse.Namespace) -> Answer:
    """Store a simulated universe as sim-SEED."""
    spec = SimulationSpec(
        seed=arguments.seed, n_assets=arguments.assets, n_sessions=arguments.sessions
    )
    if arguments.universe not in (None, f"sim-{spec.seed}"):
        raise InputError(f"Seed {spec.seed} is universe sim-{spec.seed}: leave --universe out.")
    return _ingested(Desk(arguments.db).load_simulated(spec, arguments.by))


def health(arguments: argparse.Namespace) -> Answer:
    """State of every series; exit 1 if something needs attention."""
    params = params_of(arguments)
    opened = Desk(arguments.db).open(arguments.universe)
    panel = pipeline.build_panel(opened.grid, params.data, params.panel, allow_empty=True)
    assets, problems = pipeline.health(panel, params.panel.lookback)
    document = {
        "as_of": panel.as_of.isoformat(),
        "status": "no" if problems else "ok",
        "assets": assets,
        "problems": problems,
    }
    rows = [
        (a["symbol"], a["first"], a["last"], a["sessions"], a["gaps"], a["lookback"], a["status"])
        for a in assets
    ]
    table = table_text(("symbol", "first", "last", "sessions", "gaps", "lookback", "status"), rows)
    text = f"As of {panel.as_of}\n{table}\n{fmt.count(len(problems), 'problem')}"
    return Answer(
        document, text, (*notices(opened), *panel.notes, *problems), exit_code=1 if problems else 0
    )


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
        + table_text(("id", "name", "size", "mean ρ", "fragility", "CVaR 95 %", "members"), rows)
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
    headings = ("t", "clusters", "largest", "alone", "silhouette", "mean ρ")
    return f"As of {result.panel.as_of}\n{table_text(headings, rows)}\n{swept.suggestion.reason}"


def _ingested(result: IngestResult) -> Answer:
    text = (
        f"Universe {result.universe}: {fmt.count(result.symbols, 'symbol')}, "
        f"{fmt.count(result.rows, 'row')}: {result.stored:,} stored, "
        f"{result.unchanged:,} unchanged, "
        f"{result.revised:,} revised, {result.quarantined:,} quarantined. "
        f"Snapshot {result.snapshot_id[:12]}."
    )
    return Answer(dataclasses.asdict(result), text, (result.notice,) if result.notice else ())


def notices(opened: Any) -> tuple[str, ...]:
    """What the store has to say about the snapshot."""
    return (opened.snapshot.notice,) if opened.snapshot.notice else ()


def table_text(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Aligned columns: numbers right, words left."""
    cells = [[fmt.UNKNOWN if cell is None else str(cell) for cell in row] for row in rows]
    numeric = [
        all(_is_number(row[i]) or row[i] == fmt.UNKNOWN for row in cells)
        for i in range(len(headings))
    ]
    widths = [max(len(row[i]) for row in [list(headings), *cells]) for i in range(len(headings))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in [list(headings), *cells]
    )


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "", 1).lstrip("-").isdigit()
