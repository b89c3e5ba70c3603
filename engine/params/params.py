"""Every knob, in frozen groups, one a stage: default, range, unit and meaning.

`Params` is the only way in which a choice reaches the engine. It is hashable (a cache key), goes
to JSON and back without loss, and refuses what is out of range in one sentence.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import reprlib
from dataclasses import dataclass, field
from typing import Any

from engine.core.errors import ParamError
from engine.core.knobs import check_group, coerce, hints_of, knob, names_of, texts_of

LINKAGES = ("average", "complete", "single", "ward")
REGIME_MODES = ("steps", "continuous")
LAYERS = ("two", "single")
PROFILES = ("min_variance", "max_sharpe", "risk_parity", "min_cvar", "hrp", "blend")
PENALTY_KINDS = ("cluster_cvar", "portfolio_cvar", "score")
GROUP_KINDS = ("ward", "sector")
# Distances of correlations end at 1; Ward heights grow with the root of the number of assets.
HIGHEST_THRESHOLD = 100.0
SEED_THRESHOLDS = {"CRISIS": 0.3, "NORMAL": 0.4, "QUIET": 0.5}


@dataclass(frozen=True)
class DataParams:
    """Which part of the universe, seen from when, in which money."""

    as_of: dt.date | None = knob(None, "Last day that may be known; none: the universe's default")
    classes: tuple[str, ...] = knob((), "Asset classes that take part; none named: all")
    base_currency: str = knob("USD", "Currency in which returns are measured", unit="ISO 4217")

    def __post_init__(self) -> None:
        # What means the same is equal: one cache key, whoever wrote it and however.
        normal = {
            "as_of": self.as_of.date() if isinstance(self.as_of, dt.datetime) else self.as_of,
            "classes": names_of("data.classes", self.classes),
            "base_currency": str(self.base_currency).upper(),
        }
        for name, value in normal.items():
            object.__setattr__(self, name, value)
        code = self.base_currency
        if not (len(code) == 3 and code.isascii() and code.isalpha()):
            raise ParamError(
                f"data.base_currency = {reprlib.repr(code)} is not a three-letter currency code."
            )


@dataclass(frozen=True)
class PanelParams:
    """How prices become returns, and who may enter."""

    lookback: int = knob(200, "Length of the window", low=20, high=2600, unit="weekdays")
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

    linkage: str = knob("average", "Linkage method", choices=LINKAGES)
    threshold: float | None = knob(
        None,
        "Cut: components whose merges are at or below it; none: auto, the regime's",
        low=0.0,
        high=HIGHEST_THRESHOLD,
    )


@dataclass(frozen=True)
class SweepParams:
    """The thresholds that a sweep visits."""

    start: float = knob(0.10, "First threshold", low=0.0, high=HIGHEST_THRESHOLD)
    stop: float = knob(0.90, "Last threshold, included", low=0.0, high=HIGHEST_THRESHOLD)
    step: float = knob(0.01, "Distance between two thresholds", low=0.001, high=1.0)


@dataclass(frozen=True)
class RegimeParams:
    """How the state of the market is told, on a basket that no filter changes."""

    basket: tuple[str, ...] = knob((), "Symbols of the market basket; none named: its shares")
    mode: str = knob("steps", "Threshold by state, or in between by score", choices=REGIME_MODES)
    short_days: int = knob(
        10, "Recent sessions, against the lookback's", low=5, high=60, unit="sessions"
    )
    lookback: int = knob(200, "Sessions of what is usual", low=60, high=1040, unit="sessions")
    hold_days: int = knob(
        10, "Sessions below a cut-off before the state falls", low=0, high=60, unit="sessions"
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "basket", texts_of("regime.basket", self.basket))


@dataclass(frozen=True)
class FragilityParams:
    """When a tail can be spoken of."""

    min_observations: int = knob(60, "Returns under which fragility is unknown", low=20, high=2600)
    trail_days: int = knob(120, "Window of CVaR over time", low=20, high=1040, unit="sessions")


@dataclass(frozen=True)
class WithinParams:
    """Layer 2: weights inside a cluster."""

    alpha: float = knob(0.5, "Share of inverse variance; the rest momentum rank", low=0.0, high=1.0)
    momentum_days: int = knob(126, "Window of momentum", low=20, high=520, unit="sessions")


@dataclass(frozen=True)
class SentimentParams:
    """How far the trend of the G8 currencies scales the budgets of equity and crypto."""

    kappa: float = knob(1.0, "Strength of the FX multiplier; 0: off", low=0.0, high=1.0)


@dataclass(frozen=True)
class AllocationParams:
    """Layer 1: the objective across clusters, or across assets at once."""

    layers: str = knob("two", "Clusters then assets, or assets at once", choices=LAYERS)
    profile: str = knob("min_variance", "Objective", choices=PROFILES)
    penalty: float = knob(0.5, "Strength λ of the fragility penalty", low=0.0, high=10.0)
    penalty_kind: str = knob("cluster_cvar", "What the penalty measures", choices=PENALTY_KINDS)
    cash_rate: float = knob(0.0, "Return of cash a year", low=-0.1, high=0.5)


@dataclass(frozen=True)
class LimitParams:
    """Limits on weights; they also decide at which thresholds all money can be invested."""

    cluster_cap: float = knob(0.25, "Largest weight of a cluster", low=0.01, high=1.0)
    asset_cap: float = knob(0.10, "Largest weight of an asset", low=0.001, high=1.0)
    asset_cap_names: float = knob(
        0.0, "The asset cap is at least this many equal weights; 0: off", low=0.0, high=50.0
    )
    group_cap: float = knob(0.25, "Largest weight of a systemic group", low=0.01, high=1.0)
    groups: str = knob("ward", "What makes a systemic group", choices=GROUP_KINDS)
    equity_budget: float = knob(1.0, "Most in equity, times the FX multiplier", low=0.0, high=1.0)
    crypto_budget: float = knob(0.20, "Most in crypto, times the FX multiplier", low=0.0, high=1.0)
    fx_budget: float = knob(0.25, "Most in currencies", low=0.0, high=1.0)
    other_budget: float = knob(1.0, "Most in each other class", low=0.0, high=1.0)
    bounds: tuple[str, ...] = knob((), "Own bounds, as asset:AAPL=0.02..0.05 or class:fx=..10%")

    def __post_init__(self) -> None:
        object.__setattr__(self, "bounds", texts_of("limits.bounds", self.bounds))


@dataclass(frozen=True)
class Params:
    """All groups together. Frozen: use `replace` or `with_settings` for another."""

    data: DataParams = field(default_factory=DataParams)
    panel: PanelParams = field(default_factory=PanelParams)
    correlation: CorrelationParams = field(default_factory=CorrelationParams)
    tree: TreeParams = field(default_factory=TreeParams)
    sweep: SweepParams = field(default_factory=SweepParams)
    regime: RegimeParams = field(default_factory=RegimeParams)
    fragility: FragilityParams = field(default_factory=FragilityParams)
    within: WithinParams = field(default_factory=WithinParams)
    sentiment: SentimentParams = field(default_factory=SentimentParams)
    allocation: AllocationParams = field(default_factory=AllocationParams)
    limits: LimitParams = field(default_factory=LimitParams)

    def __post_init__(self) -> None:
        for name, kind in _GROUPS.items():
            group = getattr(self, name)
            if not isinstance(group, kind):
                raise ParamError(f"{name} is a {type(group).__name__}, not a {kind.__name__}.")
            check_group(name, group)
        if self.panel.min_history > self.panel.lookback:
            raise ParamError(
                f"panel.min_history = {self.panel.min_history} exceeds panel.lookback = "
                f"{self.panel.lookback}: no asset could enter; lower one or raise the other."
            )
        if self.sweep.stop < self.sweep.start:
            raise ParamError(
                f"sweep.stop = {self.sweep.stop} is below sweep.start = {self.sweep.start}."
            )

    def with_settings(self, settings: dict[str, Any]) -> Params:
        """Another Params with `group.knob` keys set; values may be text.

        Raises ParamError naming the key if it is unknown or its value does not fit.
        """
        changed: dict[str, dict[str, Any]] = {}
        for key, value in settings.items():
            kind = _kind_of(key)
            group_name, _, knob_name = key.partition(".")
            changed.setdefault(group_name, {})[knob_name] = coerce(key, value, kind)
        groups = {
            name: dataclasses.replace(getattr(self, name), **values)
            for name, values in changed.items()
        }
        return dataclasses.replace(self, **groups)

    def to_json(self) -> dict[str, dict[str, Any]]:
        """Nested plain values: dates as ISO text, tuples as lists."""

        def plain(value: Any) -> Any:
            if isinstance(value, dt.date):
                return value.isoformat()
            return list(value) if isinstance(value, tuple) else value

        return {
            group.name: {
                knob_.name: plain(getattr(getattr(self, group.name), knob_.name))
                for knob_ in dataclasses.fields(getattr(self, group.name))
            }
            for group in dataclasses.fields(self)
        }

    @staticmethod
    def from_json(document: dict[str, dict[str, Any]]) -> Params:
        """The inverse of `to_json`; absent knobs take their default.

        Raises ParamError for another shape, an unknown knob or a value that does not fit.
        """
        if not isinstance(document, dict) or not all(
            isinstance(k, dict) for k in document.values()
        ):
            raise ParamError("Parameters are an object of groups, each an object of its knobs.")
        return Params().with_settings(
            {f"{g}.{k}": value for g, knobs in document.items() for k, value in knobs.items()}
        )


_GROUPS: dict[str, type] = {
    "data": DataParams,
    "panel": PanelParams,
    "correlation": CorrelationParams,
    "tree": TreeParams,
    "sweep": SweepParams,
    "regime": RegimeParams,
    "fragility": FragilityParams,
    "within": WithinParams,
    "sentiment": SentimentParams,
    "allocation": AllocationParams,
    "limits": LimitParams,
}

PRESETS: dict[str, dict[str, Any]] = {
    "roadmap": {},
    # What a walk-forward study found to hold (docs/allocation.md): clusters are only constraints
    # there, and t = 0.5 is the cut at which they are drawn.
    "evidence": {
        "tree.threshold": 0.5,
        "allocation.layers": "single",
        "allocation.penalty": 0.0,
        "limits.asset_cap": 0.05,
        "limits.asset_cap_names": 2.0,
        "within.alpha": 1.0,
        "sentiment.kappa": 0.0,
    },
}


def preset(name: str) -> Params:
    """The parameters of a preset. Raises ParamError for an unknown name."""
    if name not in PRESETS:
        raise ParamError(f"Unknown preset {name!r}: choose {' or '.join(PRESETS)}.")
    return Params().with_settings(PRESETS[name])


def chosen(name: str, settings: dict[str, Any]) -> Params:
    """A preset with settings of one's own. An asset cap among them is not lifted to so many equal
    weights; a preset's threshold, no Ward height, gives way to auto there."""
    if "limits.asset_cap" in settings:
        settings = {"limits.asset_cap_names": 0.0} | settings
    if settings.get("tree.linkage") == "ward":
        settings = {"tree.threshold": None} | settings
    return preset(name).with_settings(settings)


def all_knobs() -> list[tuple[str, dataclasses.Field]]:
    """Every `group.knob` with its field, in order."""
    return [
        (f"{group_name}.{f.name}", f)
        for group_name, group in _GROUPS.items()
        for f in dataclasses.fields(group)
    ]


def _kind_of(key: str) -> Any:
    group_name, _, knob_name = key.partition(".")
    group = _GROUPS.get(group_name)
    hints = hints_of(group) if group else {}
    if knob_name not in hints:
        known = ", ".join(known for known, _ in all_knobs())
        raise ParamError(f"Unknown parameter {reprlib.repr(key)}: choose one of {known}.")
    return hints[knob_name]
