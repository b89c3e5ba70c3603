"""Whether a portfolio keeps every rule, from evidence that was recomputed apart from it.

Sums, extremes and comparisons are made anew here, and not taken from the allocation's own table of
limits. What cannot be computed or found is a failed check; no check is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from engine.allocation.bounds import Bound, parse_bounds
from engine.allocation.evidence import Audit, Check, Evidence, Record
from engine.allocation.limits import budget_of, class_of
from engine.allocation.stated import TOLERANCE, differing
from engine.core.errors import CutlineError
from engine.core.format import count, listing, number, percent
from engine.core.words import CASH, UNKNOWN_CLASS

SECTOR = "sector"  # sectors that are not known, listed by every run
SOLVED = "solved"
METADATA = "metadata"  # the waiver for held assets without a class


def audit(evidence: Evidence | None, record: Record | None = None, reason: str = "") -> Audit:
    """Every check, of what is on record or, without a record, of the evidence's own weights.

    evidence: None = it could not be recomputed, for `reason`: each check that needs it fails. A
    fresh portfolio has nothing on record to compare with; its unknown sectors are those it would
    record.
    """
    weights = _weights(evidence, record)
    checks = [Check("recomputed", evidence is not None, *_recomputed(evidence, reason))]
    checks += [_solver(evidence, record), *_shape(evidence, weights)]
    if evidence is None:
        checks += [_not_there(name, reason) for name in _NEED_EVIDENCE]
    else:
        w = np.array([_number(weights.get(symbol)) for symbol in evidence.symbols])
        checks += [
            *_limits(evidence, w), *_bounds(evidence, w), *_threshold(evidence, record),
            *_held(evidence, w, record),
        ]  # fmt: skip
    if record is not None:
        checks += [
            _not_there("stored weights", reason) if evidence is None
            else _same(evidence, record),
            _not_there("stored figures", reason) if evidence is None
            else _figures(evidence, record),
            Check("checksum", not record.faults, float(len(record.faults)), 0.0,
                  "; ".join(record.faults)),
        ]  # fmt: skip
    return Audit(all(check.passed for check in checks), tuple(checks))


_NEED_EVIDENCE = (
    *("asset limit", "cluster limit", "group limit", "class limit", "own bounds", "threshold"),
    *("labels", "regime", "history", "freshness", "asset class", "sector"),
)


def unknown_metadata(
    symbols: Iterable[str], classes: Iterable[str], sectors: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The symbols whose class is not known, and those whose sector is not."""
    rows = list(zip(symbols, classes, sectors, strict=True))
    return (
        tuple(s for s, c, _ in rows if class_of(c) == UNKNOWN_CLASS),
        tuple(s for s, _, sector in rows if sector.strip().lower() in ("", UNKNOWN_CLASS)),
    )


def _not_there(name: str, reason: str) -> Check:
    return Check(name, False, None, None, reason or "It could not be recomputed.")


def _recomputed(evidence: Evidence | None, reason: str) -> tuple[str | None, str, str]:
    return (None, "yes", reason) if evidence is None else ("yes", "yes", "")


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _weights(evidence: Evidence | None, record: Record | None) -> dict[str, float | None]:
    if record is not None:
        return dict(record.weights)
    if evidence is None:
        return {}
    own: dict[str, float | None] = {}
    for symbol, weight in zip(evidence.symbols, evidence.weights, strict=True):
        own[symbol] = float(weight)
    return own | ({CASH: evidence.cash} if evidence.cash else {})


def _solver(evidence: Evidence | None, record: Record | None) -> Check:
    found = [] if evidence is None else [evidence.status]
    found += [] if record is None else [record.status]
    good = evidence is not None and all(status == SOLVED for status in found)
    detail = "" if evidence is not None else "The solver did not run now."
    return Check("solver", good, ", ".join(dict.fromkeys(found)) or None, SOLVED, detail)


def _shape(evidence: Evidence | None, weights: Mapping[str, float | None]) -> list[Check]:
    """Nothing missing, nothing strange, none negative, all of the money."""
    known = {symbol: value for symbol, value in weights.items() if value is not None}
    broken = [s for s, v in weights.items() if v is None or not math.isfinite(v)]
    wanted = set(evidence.symbols) if evidence is not None else set()
    absent = sorted(wanted - set(weights))
    foreign = sorted(set(weights) - wanted - {CASH}) if evidence is not None else []
    wrong = [*broken, *absent, *foreign]
    parts = [
        f"{what}: {listing(names)}"
        for what, names in (
            ("no number", broken), ("not there", absent), ("not a member", foreign),
        ) if names
    ]  # fmt: skip
    if evidence is None or not weights:
        parts.append("who takes part is not known")
    complete = evidence is not None and bool(weights) and not wrong
    low = min(known, key=lambda s: known[s], default=None)
    least = None if low is None else known[low]
    total = math.fsum(known.values()) if known else None
    return [
        Check("weights present", complete, float(len(wrong)), 0.0, "; ".join(parts)),
        Check("sign", least is not None and least >= 0, least, 0.0,
              "" if least is not None and least >= 0 else f"{low or 'nothing'} is below zero"),
        Check("sum", total is not None and not broken and abs(total - 1.0) <= TOLERANCE, total, 1.0,
              "with CASH"),
    ]  # fmt: skip


def _limit(name: str, sums: Mapping[str, float], limit: float) -> Check:
    """The largest of some sums against one limit; those that pass it (or are unknown) by name."""
    if not sums:
        return Check(name, False, None, limit, "There is nothing to measure.")
    over = [f"{s} {percent(v)}" for s, v in sums.items() if not v <= limit + TOLERANCE]
    values = list(sums.values())
    value = math.nan if any(math.isnan(v) for v in values) else max(values)
    return Check(name, not over, None if math.isnan(value) else value, limit, listing(over))


def _limits(e: Evidence, w: np.ndarray) -> list[Check]:
    classes = np.array([class_of(name) for name in e.classes])
    cap = min(1.0, max(e.limits.asset_cap, e.limits.asset_cap_names / len(e.symbols)))
    clusters = {f"cluster {i}": float(w[e.labels == k].sum()) for k, i in enumerate(e.cluster_ids)}
    groups = {
        f"group {g} ({e.group_names.get(int(g), '?')})": float(w[e.groups == g].sum())
        for g in np.unique(e.groups)
    }
    return [
        _limit("asset limit", dict(zip(e.symbols, w.tolist(), strict=True)), cap),
        _limit("cluster limit", clusters, e.limits.cluster_cap),
        _limit("group limit", groups, e.limits.group_cap),
        *(
            _limit(f"class limit: {name}", {name: float(w[classes == name].sum())},
                   budget_of(name, e.multiplier, e.limits))
            for name in sorted(set(classes.tolist()))
        ),
    ]  # fmt: skip


def _bounds(e: Evidence, w: np.ndarray) -> list[Check]:
    try:
        bounds = parse_bounds(e.limits.bounds)
    except CutlineError as error:
        return [Check("own bounds", False, None, None, str(error))]
    if not bounds:
        return [Check("own bounds", True, 0.0, 0.0, "none is set")]
    return [_bound(e, w, bound) for bound in bounds]


def _bound(e: Evidence, w: np.ndarray, bound: Bound) -> Check:
    names_by_kind: dict[str, list[tuple[str, ...]]] = {
        "asset": [(s,) for s in e.symbols],
        "class": [(class_of(c),) for c in e.classes],
        "cluster": [(str(e.cluster_ids[k]),) for k in e.labels],
        "group": [(str(g), e.group_names.get(int(g), "")) for g in e.groups],
    }
    value = float(w[[bound.name in own for own in names_by_kind[bound.kind]]].sum())
    good = bound.lower - TOLERANCE <= value <= bound.upper + TOLERANCE
    limit = bound.lower if value < bound.lower - TOLERANCE else bound.upper
    return Check(
        f"own bound {bound.label}", good, None if math.isnan(value) else value, limit,
        f"{percent(bound.lower)} to {percent(bound.upper)}",
    )  # fmt: skip


def _threshold(e: Evidence, record: Record | None) -> list[Check]:
    """t shown = t used = t asked for, and the clusters are those of that cut."""
    shown = e.threshold if record is None else record.threshold
    used = shown == e.threshold == e.asked
    detail = "" if used else (
        f"shown {number(shown, 3)}, used {number(e.threshold, 3)}, asked for {number(e.asked, 3)}"
    )  # fmt: skip
    ids = {s: e.cluster_ids[k] for s, k in zip(e.symbols, e.labels, strict=True)}
    moved = [s for s, a, b in zip(e.symbols, e.labels, e.recut, strict=True) if a != b]
    if record is not None:
        moved += [s for s in e.symbols if record.clusters.get(s) != ids[s] and s not in moved]
    regime = e.regime if record is None else record.regime
    return [
        Check("threshold", used, shown, e.asked, detail),
        Check("labels", not moved, float(len(moved)), 0.0, listing(moved)),
        Check("regime", regime == e.regime, regime, e.regime),
    ]


def _held(e: Evidence, w: np.ndarray, record: Record | None) -> list[Check]:
    """What is held has a past, trades, and is known for what it is."""
    held = [i for i in range(len(e.symbols)) if w[i] != 0]  # an unknown weight counts as held
    of = {name: [getattr(e, name)[i] for i in held] for name in ("symbols", "classes", "sectors")}
    n, ages = e.observations[held], e.ages[held]
    short = [f"{e.symbols[i]} {e.observations[i]:g}" for i in held
             if not e.observations[i] >= e.min_history]  # fmt: skip
    stale = [f"{e.symbols[i]} {e.ages[i]:g}" for i in held if not 0 <= e.ages[i] <= e.stale_after]
    classless, sectorless = unknown_metadata(*of.values())
    waived = {} if record is None else {k: set(v) for k, v in record.waivers.items()}
    # Nothing is recorded yet of a fresh portfolio: its record will list the sectors.
    open_class = [s for s in classless if s not in waived.get(METADATA, ())]
    open_sector = [s for s in sectorless if record is not None and s not in waived.get(SECTOR, ())]
    return [
        Check("history", not short, float(n.min()) if held else 0.0, float(e.min_history),
              listing(short) if held else "nothing is held"),
        Check("freshness", not stale, float(ages.max()) if held else 0.0, float(e.stale_after),
              listing(stale) if held else "nothing is held"),
        Check("asset class", not open_class, float(len(open_class)), 0.0,
              _metadata(open_class, classless)),
        Check("sector", not open_sector, float(len(open_sector)), 0.0,
              _metadata(open_sector, sectorless)),
    ]  # fmt: skip


def _metadata(unwaived: list[str], unknown: tuple[str, ...]) -> str:
    if unwaived:
        return f"UNKNOWN without a waiver: {listing(unwaived)}"
    return f"UNKNOWN on record: {listing(unknown)}" if unknown else ""


def _figures(e: Evidence, record: Record) -> Check:
    """Stored headers, figures and rows against those recomputed; every one that differs by name."""
    if e.figures is None and record.figures is None:
        return Check("stored figures", True, 0.0, 0.0, "none is on record")
    wrong = list(differing(record.figures, e.figures))
    return Check("stored figures", not wrong, float(len(wrong)), 0.0, listing(wrong))


def _same(e: Evidence, record: Record) -> Check:
    """Stored weights against those recomputed, CASH included; every symbol that differs by name."""
    now = dict(zip(e.symbols, e.weights.tolist(), strict=True)) | {CASH: e.cash}
    stored = {CASH: 0.0} | dict(record.weights)
    gaps = {s: abs(_number(stored.get(s)) - now.get(s, math.nan)) for s in sorted({*now, *stored})}
    wrong = [s for s, gap in gaps.items() if not gap <= TOLERANCE]
    named = [f"{s} {number(stored.get(s), 9)}, not {number(now.get(s), 9)}" for s in wrong]
    worst = max((gap for gap in gaps.values() if not math.isnan(gap)), default=math.nan)
    detail = f"{count(len(wrong), 'symbol')}: {listing(named, len(named))}" if wrong else ""
    return Check(
        "stored weights", not wrong, None if math.isnan(worst) else worst, TOLERANCE, detail
    )
