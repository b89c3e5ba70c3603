"""The knobs from prices to weights, in frozen groups, one a stage."""

from __future__ import annotations

import datetime as dt
import reprlib
from dataclasses import dataclass

from engine.core.currencies import MINOR
from engine.core.errors import ParamError
from engine.core.knobs import knob, names_of, texts_of
from engine.core.symbols import named
from engine.core.words import (
    GroupKind,
    Layers,
    Linkage,
    PenaltyKind,
    Profile,
    RegimeMode,
    RegimeState,
    values_of,
)

LINKAGES = values_of(Linkage)
REGIME_MODES = values_of(RegimeMode)
LAYERS = values_of(Layers)
PROFILES = values_of(Profile)
PENALTY_KINDS = values_of(PenaltyKind)
GROUP_KINDS = values_of(GroupKind)
# Distances of correlations end at 1; Ward heights grow with the root of the number of assets.
HIGHEST_THRESHOLD = 100.0


@dataclass(frozen=True)
class DataParams:
    """Which part of the universe, seen from when, in which money."""

    as_of: dt.date | None = knob(None, "Last day that may be known; none: the universe's default")
    classes: tuple[str, ...] = knob((), "Asset classes that take part; none named: all")
    base_currency: str | None = knob(
        None, "Currency in which returns are measured; none: the one that all instruments share, "
        "else USD", unit="ISO 4217",
    )  # fmt: skip

    def __post_init__(self) -> None:
        code = "" if self.base_currency is None else str(self.base_currency).strip()
        if major := MINOR.get(code):
            raise ParamError(
                f"data.base_currency = {code} is a hundredth of {major}: write {major}."
            )
        # What means the same is equal: one cache key, whoever wrote it and however.
        normal = {
            "as_of": self.as_of.date() if isinstance(self.as_of, dt.datetime) else self.as_of,
            "classes": names_of("data.classes", self.classes),
            "base_currency": code.upper() or None,
        }
        for name, value in normal.items():
            object.__setattr__(self, name, value)
        if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
            raise ParamError(
                f"data.base_currency = {reprlib.repr(code)} is not a three-letter currency code."
            )


@dataclass(frozen=True)
class PanelParams:
    """How prices become returns, and who may enter."""

    # Under 80 weekdays holidays leave fewer than the 60 returns that an asset needs to enter.
    lookback: int = knob(
        200, "Length of the window", low=20, high=2600, unit="weekdays", shown=(80, 780), step=10
    )
    min_history: int = knob(60, "Returns that an asset needs to enter", low=10, high=2600)
    max_gap: int = knob(
        10, "Missing sessions after which a life ends", low=1, high=260, unit="weekdays"
    )
    stale_after: int = knob(
        5, "Age of the last close at which an asset is stale", low=1, high=260, unit="weekdays"
    )
    horizon: int = knob(
        0, "Days a return spans; 0: 1, or 3 where fixing times mix", low=0, high=21, unit="days"
    )
    include_pegs: bool = knob(False, "Keep currencies that are pegged to the base or each other")
    peg_volatility: float = knob(
        0.02, "Annual volatility under which a currency is pegged", low=0.0, high=0.2
    )


@dataclass(frozen=True)
class CorrelationParams:
    """How pairwise correlations with unequal histories become one matrix."""

    shrink: bool = knob(True, "Pull pairs with little overlap toward their classes' mean")


@dataclass(frozen=True)
class TreeParams:
    """The tree and where it is cut."""

    linkage: str = knob(Linkage.AVERAGE.value, "Linkage method", choices=LINKAGES)
    threshold: float | None = knob(
        None,
        "Cut: components whose merges are at or below it; none: auto, the regime's",
        low=0.0,
        high=HIGHEST_THRESHOLD,
        shown=(0.10, 0.90),
        step=0.01,
    )

    @property
    def heights_are_distances(self) -> bool:
        """See `Linkage.heights_are_distances`."""
        return Linkage(self.linkage).heights_are_distances


@dataclass(frozen=True)
class SweepParams:
    """The thresholds that a sweep visits."""

    start: float = knob(0.10, "First threshold", low=0.0, high=HIGHEST_THRESHOLD)
    stop: float = knob(0.90, "Last threshold, included", low=0.0, high=HIGHEST_THRESHOLD)
    step: float = knob(0.01, "Distance between two thresholds", low=0.001, high=1.0)


@dataclass(frozen=True)
class RegimeParams:
    """How the state of the market is told, on a basket that no filter changes, and its t."""

    basket: tuple[str, ...] = knob((), "Symbols of the market basket; none named: its shares")
    mode: str = knob(
        RegimeMode.STEPS.value, "Threshold by state, or in between by score", choices=REGIME_MODES
    )
    short_days: int = knob(
        10, "Recent sessions, against the lookback's", low=5, high=60, unit="sessions"
    )
    lookback: int = knob(200, "Sessions of what is usual", low=60, high=1040, unit="sessions")
    hold_days: int = knob(
        10, "Sessions below a cut-off before the state falls", low=0, high=60, unit="sessions"
    )
    # The audit's: the calmer the market, the fewer and larger the clusters.
    t_crisis: float = knob(0.3, "Threshold in CRISIS", low=0.0, high=1.0, step=0.01, first=0.3)
    t_normal: float = knob(0.4, "Threshold in NORMAL", low=0.0, high=1.0, step=0.01, first=0.4)
    t_quiet: float = knob(0.5, "Threshold in QUIET", low=0.0, high=1.0, step=0.01, first=0.5)

    def __post_init__(self) -> None:
        object.__setattr__(self, "basket", texts_of("regime.basket", self.basket))

    @property
    def thresholds(self) -> dict[str, float]:
        """State → its t, the most nervous first."""
        return {
            state.value: getattr(self, f"t_{state.value.lower()}")
            for state in reversed(RegimeState)
        }


@dataclass(frozen=True)
class FragilityParams:
    """When a tail can be spoken of."""

    min_observations: int = knob(60, "Returns under which fragility is unknown", low=20, high=2600)
    trail_days: int = knob(120, "Window of CVaR over time", low=20, high=1040, unit="sessions")


@dataclass(frozen=True)
class WithinParams:
    """Layer 2: weights inside a cluster."""

    alpha: float = knob(
        0.5, "Share of inverse variance; the rest momentum rank", low=0.0, high=1.0, step=0.05
    )
    momentum_days: int = knob(126, "Window of momentum", low=20, high=520, unit="sessions")


@dataclass(frozen=True)
class SentimentParams:
    """How far the trend of the G8 currencies scales the budgets of equity and crypto."""

    kappa: float = knob(1.0, "Strength of the FX multiplier; 0: off", low=0.0, high=1.0, step=0.05)


@dataclass(frozen=True)
class AllocationParams:
    """Layer 1: the objective across clusters, or across assets at once."""

    layers: str = knob(Layers.TWO.value, "Clusters then assets, or assets at once", choices=LAYERS)
    profile: str = knob(Profile.MIN_VARIANCE.value, "Objective", choices=PROFILES)
    penalty: float = knob(
        0.5,
        f"Strength of the fragility {named('λ')}",
        low=0.0,
        high=10.0,
        shown=(0.0, 3.0),
        step=0.05,
    )
    penalty_kind: str = knob(
        PenaltyKind.CLUSTER_CVAR.value, "What the penalty measures", choices=PENALTY_KINDS
    )
    cash_rate: float = knob(0.0, "Return of cash a year", low=-0.1, high=0.5)


def _share(default: float, meaning: str, low: float = 0.0) -> float:
    """A part of the whole."""
    return knob(default, meaning, low=low, high=1.0, step=0.01, percent=True)


@dataclass(frozen=True)
class LimitParams:
    """Limits on weights; they also decide at which thresholds all money can be invested."""

    cluster_cap: float = _share(0.25, "Largest weight of a cluster", low=0.01)
    asset_cap: float = _share(0.10, "Largest weight of an asset", low=0.001)
    asset_cap_names: float = knob(
        0.0, "The asset cap is at least this many equal weights; 0: off", low=0.0, high=50.0, step=1
    )
    group_cap: float = _share(0.25, "Largest weight of a systemic group", low=0.01)
    groups: str = knob(GroupKind.WARD.value, "What makes a systemic group", choices=GROUP_KINDS)
    equity_budget: float = _share(1.0, "Most in equity, times the FX multiplier")
    crypto_budget: float = _share(0.20, "Most in crypto, times the FX multiplier")
    fx_budget: float = _share(0.25, "Most in currencies")
    other_budget: float = _share(1.0, "Most in each other class")
    bounds: tuple[str, ...] = knob((), "Own bounds, as asset:AAPL=0.02..0.05 or class:fx=..10%")

    def __post_init__(self) -> None:
        object.__setattr__(self, "bounds", texts_of("limits.bounds", self.bounds))
