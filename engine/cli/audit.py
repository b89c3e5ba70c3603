"""The audit: of a stored run, or of every profile recomputed with the code at hand."""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from pathlib import Path
from typing import Any

from engine import pipeline
from engine.allocation.evidence import Check
from engine.cli.answer import Answer, table_text
from engine.core import format as fmt
from engine.core.errors import AnswerNo, InputError
from engine.desk import Desk


def audit(arguments: argparse.Namespace) -> Answer:
    """Every check; exit 1 if one fails."""
    if arguments.recompute:
        if arguments.run_id is not None:
            raise InputError("Audit a run or recompute everything: leave out --run or --recompute.")
        return _recomputed(arguments)
    found = Desk(arguments.db).audit_run(arguments.run_id, arguments.universe)
    run, checks = found.run, found.audit.checks
    document = {
        "run_id": run.run_id,
        "universe": run.universe,
        "snapshot_id": run.snapshot_id,
        "as_of": run.as_of.isoformat(),
        **_document(found.audit.passed, checks),
        **({"notes": list(found.notes)} if found.notes else {}),
    }
    text = f"Run {run.run_id} of {run.universe}, as of {run.as_of}\n" + _table(checks)
    failed = [f"{c.name}: {c.detail or 'failed'}" for c in found.audit.failed]
    said = f"{text}\n" + ("passed" if found.audit.passed else f"{_failed(failed)}")
    notes = (*found.notes, *failed)
    return Answer(document, said, notes, 0 if found.audit.passed else AnswerNo.exit_code)


def _recomputed(arguments: argparse.Namespace) -> Answer:
    """Without a universe: of the packaged data, in a store made for it and taken away."""
    if arguments.universe:
        cases = Desk(arguments.db).audit_code(arguments.universe)
    else:
        with tempfile.TemporaryDirectory() as folder:
            desk = Desk(Path(folder) / "audit.duckdb")
            desk.load_packaged()
            cases = desk.audit_code()
    checks = tuple(_case(case) for case in cases)
    passed = bool(checks) and all(check.passed for check in checks)
    failed = [f"{c.name}: {c.detail}" for c in checks if not c.passed]
    document = {
        "universe": arguments.universe or "packaged",
        **_document(passed, checks),
        "cases": [
            {"preset": c.preset, "profile": c.profile, "regime": c.regime,
             "threshold": c.threshold, "status": c.status, "reason": c.reason}
            for c in cases
        ],
    }  # fmt: skip
    rows = [
        (c.preset, c.profile, c.regime, fmt.threshold(c.threshold), c.status, check.detail)
        for c, check in zip(cases, checks, strict=True)
    ]
    headings = ("preset", "profile", "regime", "t", "status", "detail")
    said = f"{table_text(headings, rows)}\n" + (
        f"{fmt.count(len(cases), 'portfolio')}: no breach" if passed else _failed(failed)
    )
    return Answer(document, said, tuple(failed), 0 if passed else AnswerNo.exit_code)


def _case(case: pipeline.Case) -> Check:
    """A whole portfolio as one check: how many of its own failed."""
    wrong = () if case.audit is None else case.audit.failed
    return Check(
        f"{case.preset}/{case.profile}/{case.regime}",
        case.status != "failed",
        None if case.audit is None else float(len(wrong)),
        0.0,
        case.reason or "; ".join(f"{c.name}: {c.detail or 'failed'}" for c in wrong),
    )


def _document(passed: bool, checks: tuple[Check, ...]) -> dict[str, Any]:
    return {
        "status": "ok" if passed else "no",
        "passed": passed,
        "checks": [dataclasses.asdict(check) for check in checks],
    }


def _failed(failed: list[str]) -> str:
    return f"{fmt.count(len(failed), 'check')} failed"


def _table(checks: tuple[Check, ...]) -> str:
    rows = [
        (c.name, "passed" if c.passed else "FAILED", _shown(c.value), _shown(c.limit), c.detail)
        for c in checks
    ]
    return table_text(("check", "", "value", "limit", "detail"), rows)


def _shown(value: float | str | None) -> str:
    if isinstance(value, str):
        return value
    return fmt.UNKNOWN if value is None else f"{value:.6g}"
