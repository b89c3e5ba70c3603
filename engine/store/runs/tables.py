"""Runs and their weights in the tables: read whole, and only ever added."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from engine.core.canonical import RUN_1
from engine.core.words import Written
from engine.store.journal.links import note
from engine.store.runs.records import WEIGHT_COLUMNS, RunWeight, StoredRun

_COLUMNS = (
    *("run_id", "universe", "snapshot_id", "created_at", "who", "as_of", "profile", "preset"),
    *("regime", "threshold", "linkage", "status", "params", "result", "checksum"),
)
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM runs "


def add_run(connection: duckdb.DuckDBPyConnection, run: StoredRun) -> None:
    """Append a run and its weights; the caller holds the transaction."""
    connection.execute(
        f"INSERT INTO runs ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})",
        [
            run.run_id, run.universe, run.snapshot_id,
            run.created_at.astimezone(dt.UTC).replace(tzinfo=None), run.by, run.as_of, run.profile,
            run.preset, run.regime, run.threshold, run.linkage, run.status, RUN_1.text(run.params),
            RUN_1.text(run.result), run.checksum,
        ],
    )  # fmt: skip
    table = pa.table(
        {
            "run_id": pa.array([run.run_id] * len(run.weights), pa.string()),
            "symbol": pa.array([w.symbol for w in run.weights], pa.string()),
            "weight": pa.array([w.weight for w in run.weights], pa.float64()),
            "cluster_id": pa.array([w.cluster_id for w in run.weights], pa.int64()),
            "group_id": pa.array([w.group_id for w in run.weights], pa.int64()),
            "intra": pa.array([w.intra for w in run.weights], pa.float64()),
        }
    )
    connection.register("incoming_weights", table)
    connection.execute("INSERT INTO run_weights BY NAME SELECT * FROM incoming_weights")
    connection.unregister("incoming_weights")
    note(connection, Written.RUN, run.run_id, run.checksum)


def read_runs(
    connection: duckdb.DuckDBPyConnection, where: str = "", values: Sequence[Any] = ()
) -> tuple[StoredRun, ...]:
    """Runs with their weights, the latest first; `where` is one of this module's own literals."""
    rows = connection.execute(
        f"{_SELECT} {where} ORDER BY created_at DESC, run_id", values
    ).fetchall()
    weights = connection.execute(
        f"SELECT run_id, {', '.join(WEIGHT_COLUMNS)} FROM run_weights WHERE run_id IN "
        f"(SELECT run_id FROM runs {where}) ORDER BY run_id, symbol",
        values,
    ).fetchall()
    of_run: dict[str, list[RunWeight]] = {}
    for run_id, *values_of in weights:
        of_run.setdefault(run_id, []).append(RunWeight(*values_of))
    return tuple(_stored(row, tuple(of_run.get(row[0], ()))) for row in rows)


def _stored(row: tuple[Any, ...], weights: tuple[RunWeight, ...]) -> StoredRun:
    found = dict(zip(_COLUMNS, row, strict=True))
    by, at = found.pop("who"), found.pop("created_at").replace(tzinfo=dt.UTC)
    params, result = (_document(found.pop(name)) for name in ("params", "result"))
    return StoredRun(
        **found, created_at=at, by=by, params=params, result=result, weights=weights
    )  # fmt: skip


def _document(text: str) -> dict[str, Any]:
    """An object from JSON; empty for anything else, which the checksum then does not fit."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
