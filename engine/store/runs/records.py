"""A run as a record: what it holds, what names it, and the checksum over it.

A run is named by its content: universe, snapshot, parameters, date, waivers and weights. So the
same inputs under the same code give the same run, and other weights are another run.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from engine.core.canonical import RUN_1, utc_text
from engine.core.words import CASH

ID_DIGITS = 16
WEIGHT_COLUMNS = ("symbol", "weight", "cluster_id", "group_id", "intra")


@dataclass(frozen=True)
class RunWeight:
    """What a run says of one member, or of CASH (then cluster, group and share are None).

    weight: fraction of the whole; None = nothing on record. intra: share inside its cluster.
    """

    symbol: str
    weight: float | None
    cluster_id: int | None = None
    group_id: int | None = None
    intra: float | None = None


@dataclass(frozen=True)
class NewRun:
    """A portfolio to be stored: every member's weight, and CASH if there is any.

    params, result: plain values that go to JSON; `params` with the as-of date in use.
    waivers: what was knowingly let through, by kind, with the symbols; part of the identity.
    """

    universe: str
    snapshot_id: str
    as_of: dt.date
    profile: str
    preset: str
    regime: str
    threshold: float
    linkage: str
    status: str
    params: dict[str, Any]
    result: dict[str, Any]
    weights: tuple[RunWeight, ...]

    @property
    def waivers(self) -> dict[str, list[str]]:
        """Symbols by kind; what does not read so is none."""
        given = self.result.get("waivers")
        given = given if isinstance(given, dict) else {}
        return {kind: names for kind, names in given.items() if isinstance(names, list)}


@dataclass(frozen=True)
class StoredRun(NewRun):
    """A run as the tables have it: when (UTC) and by whom ("" = not known) it was stored."""

    run_id: str = ""
    created_at: dt.datetime = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    by: str = ""
    checksum: str = ""

    @property
    def cash(self) -> float:
        """The weight that is not invested."""
        return next((w.weight or 0.0 for w in self.weights if w.symbol == CASH), 0.0)

    def weight_of(self) -> dict[str, float | None]:
        """Symbol to weight, CASH if there is any."""
        return {w.symbol: w.weight for w in self.weights}

    @property
    def faults(self) -> tuple[str, ...]:
        """In what the tables are not as they were written, in words; empty if they are."""
        out = []
        if checksum_of(self) != self.checksum:
            out.append("the checksum does not fit what is stored")
        if run_id_of(self) != self.run_id:
            out.append("the run's id does not fit what is stored")
        return tuple(out)


def run_id_of(run: NewRun) -> str:
    """16 hex digits of the SHA-256 over what makes a run this one; weights to their last bit."""
    return RUN_1.digest(
        [
            run.universe, run.snapshot_id, run.as_of.isoformat(), RUN_1.text(run.params),
            RUN_1.text(run.waivers), _weight_texts(run, ("symbol", "weight")),
        ]
    )[:ID_DIGITS]  # fmt: skip


def checksum_of(run: StoredRun) -> str:
    """SHA-256 over everything that is stored of a run but the checksum."""
    return RUN_1.digest(
        [
            run.run_id, run.universe, run.snapshot_id, utc_text(run.created_at), run.by,
            run.as_of.isoformat(), run.profile, run.preset, run.regime, _text(run.threshold),
            run.linkage, run.status, RUN_1.text(run.params), RUN_1.text(run.result),
            _weight_texts(run, WEIGHT_COLUMNS),
        ]
    )  # fmt: skip


def _weight_texts(run: NewRun, names: tuple[str, ...]) -> list[list[str | None]]:
    """Rows in the order of the symbols, numbers to their last bit."""
    rows = sorted(run.weights, key=lambda w: w.symbol)
    return [[_text(getattr(row, name)) for name in names] for row in rows]


def _text(value: Any) -> str | None:
    if isinstance(value, float):
        return (value + 0.0).hex()  # -0.0 is 0.0
    return None if value is None else str(value)
