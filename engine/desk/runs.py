"""Runs between the pipeline, which computes them, and the store, which keeps them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from engine import pipeline
from engine.allocation.evidence import Audit, Record
from engine.core.canonical import RUN_1
from engine.core.words import CASH
from engine.market.grid import Grid
from engine.params import Params, preset_of
from engine.store import NewRun, RunWeight, Snapshot, StoredRun


@dataclass(frozen=True)
class Opened:
    """A universe as its latest snapshot has it, ready for the pipeline."""

    snapshot: Snapshot
    grid: Grid


@dataclass(frozen=True)
class Saved:
    """A run as stored, and the portfolio that was computed for it."""

    run: StoredRun
    portfolio: pipeline.Portfolio
    opened: Opened


@dataclass(frozen=True)
class Audited:
    """An audit, and the run it is of."""

    audit: Audit
    run: StoredRun

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be known beside the checks: a run of earlier rules may have other weights for
        that alone."""
        version = self.run.result.get("rules", 1)
        if version == pipeline.RULES:
            return ()
        return (
            f"The run {self.run.run_id} was made under earlier rules (version {version}, now "
            f"{pipeline.RULES}): its weights may differ for that alone.",
        )


def new_run(
    opened: Opened, params: Params, portfolio: pipeline.Portfolio, waived: tuple[str, ...]
) -> NewRun:
    """A portfolio of `opened` as a run."""
    result, cut = portfolio.allocation, portfolio.analysis.cut
    rows = {
        symbol: (portfolio.inputs.cluster_ids[label], int(group), float(share))
        for symbol, label, group, share in zip(
            result.symbols, cut.labels, result.groups, result.intra_weights, strict=True
        )
    }
    weights = pipeline.weights_of(portfolio)
    record = pipeline.record_of(params, portfolio)
    return NewRun(
        universe=opened.snapshot.info.name,
        snapshot_id=opened.snapshot.info.snapshot_id,
        as_of=portfolio.analysis.panel.as_of,
        profile=result.profile,
        preset=preset_of(Params.from_json(record)),
        regime=portfolio.market.regime.state,
        threshold=cut.threshold,
        linkage=portfolio.analysis.tree.method,
        status=result.status,
        params=record,
        result=pipeline.run_result(portfolio, waived),
        weights=tuple(RunWeight(s, w, *rows.get(s, ())) for s, w in weights.items()),
    )


def figures_of(run: NewRun) -> dict[str, Any]:
    """What a run states beside its weights, as plain values that were through JSON."""
    return {
        "as of": run.as_of.isoformat(),
        "profile": run.profile,
        "preset": run.preset,
        "regime shown": run.regime,
        "t": run.threshold,
        "linkage": run.linkage,
        **json.loads(RUN_1.text(run.result)),
        "row": {w.symbol: [w.cluster_id, w.group_id, w.intra] for w in run.weights},
    }


def record_of(run: StoredRun) -> Record:
    """A stored run as an audit sees it."""
    return Record(
        weights=run.weight_of(),
        clusters={w.symbol: w.cluster_id for w in run.weights if w.symbol != CASH},
        threshold=run.threshold,
        regime=run.regime,
        status=run.status,
        waivers=run.waivers,
        faults=run.faults,
        figures=figures_of(run),
    )
