"""What an audit looks at, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.params import LimitParams


@dataclass(frozen=True)
class Check:
    """One rule. value: what was found (None = could not be), limit: what it may be; detail: who, or
    why not."""

    name: str
    passed: bool
    value: float | str | None
    limit: float | str | None
    detail: str = ""


@dataclass(frozen=True)
class Audit:
    """All rules; passed only if each is."""

    passed: bool
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if not check.passed)


@dataclass(frozen=True, eq=False)
class Evidence:
    """A portfolio as recomputed, and what it may be measured by. N assets, K clusters.

    classes, sectors: N texts, "" or "unknown" = not known. labels: N positions in `cluster_ids`.
    groups: N ids. multiplier: m of the FX sentiment. observations: N returns in the window; ages: N
    weekdays since the last close, negative = not known.
    threshold: the cut in use; asked: what the parameters ask for, the regime's t where auto.
    recut: N labels of the tree cut anew at `asked`. figures: headers, figures and rows as a record
    states them, None = not asked for.
    """

    symbols: tuple[str, ...]
    weights: np.ndarray
    cash: float
    classes: tuple[str, ...]
    sectors: tuple[str, ...]
    labels: np.ndarray
    cluster_ids: tuple[int, ...]
    groups: np.ndarray
    group_names: Mapping[int, str]
    multiplier: float
    limits: LimitParams
    regime: str
    threshold: float
    asked: float
    recut: np.ndarray
    observations: np.ndarray
    min_history: int
    ages: np.ndarray
    stale_after: int
    status: str
    figures: Mapping[str, Any] | None = None


@dataclass(frozen=True, eq=False)
class Record:
    """A portfolio as it stands on record. Each mapping is by symbol.

    weights: CASH included; None or NaN = not there. clusters: ids. threshold, regime, status: as
    shown then. waivers: symbols by kind, `metadata` (no class), `sector`. faults: in what the
    record is not as it was written, in words. figures: as those of `Evidence`.
    """

    weights: Mapping[str, float | None]
    clusters: Mapping[str, int | None]
    threshold: float
    regime: str
    status: str
    waivers: Mapping[str, Iterable[str]]
    faults: tuple[str, ...] = ()
    figures: Mapping[str, Any] | None = None
