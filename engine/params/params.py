"""All groups of knobs together: the only way in which a choice reaches the engine.

`Params` is hashable, goes to JSON and back without loss, and refuses what is out of range in one
sentence.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import operator
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from engine.core.errors import ParamError
from engine.core.knobs import UNSET, check_group, coerce, hints_of
from engine.params.groups import (
    AllocationParams,
    CorrelationParams,
    DataParams,
    FragilityParams,
    LimitParams,
    PanelParams,
    RegimeParams,
    SentimentParams,
    SweepParams,
    TreeParams,
    WithinParams,
)
from engine.params.trading import DriftParams, TradeParams

Document = dict[str, dict[str, Any]]


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
    drift: DriftParams = field(default_factory=DriftParams)
    trade: TradeParams = field(default_factory=TradeParams)

    GROUPS: ClassVar[dict[str, type]] = {
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
        "drift": DriftParams,
        "trade": TradeParams,
    }

    def __post_init__(self) -> None:
        for name, kind in self.GROUPS.items():
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

    def at(self, key: str) -> Any:
        """The value of a `group.knob`, or a whole `group`."""
        return operator.attrgetter(key)(self)

    def with_settings(self, settings: Mapping[str, Any]) -> Params:
        """Another Params with `group.knob` keys set; values may be text. Own choices on a preset
        go through `presets.chosen`, which knows what follows from them.

        Raises ParamError naming the key if it is unknown or its value does not fit.
        """
        changed: dict[str, dict[str, Any]] = {}
        for key, value in settings.items():
            kind = hint_of(key)
            group_name, _, knob_name = key.partition(".")
            changed.setdefault(group_name, {})[knob_name] = coerce(key, value, kind)
        groups = {
            name: dataclasses.replace(getattr(self, name), **values)
            for name, values in changed.items()
        }
        return dataclasses.replace(self, **groups)

    def with_groups(self, other: Params, names: Iterable[str]) -> Params:
        """The same with whole groups of another."""
        return dataclasses.replace(self, **{name: getattr(other, name) for name in names})

    def to_json(self) -> Document:
        """Nested plain values: dates as ISO text, tuples as lists."""
        return {
            name: {f.name: _plain(self.at(f"{name}.{f.name}")) for f in dataclasses.fields(kind)}
            for name, kind in self.GROUPS.items()
        }

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> Params:
        """The inverse of `to_json`, also of a record.

        An absent knob takes its `first` value, which equals the behaviour when it was not there
        yet, else its default. Raises ParamError for another shape, an unknown knob or a value that
        does not fit.
        """
        if not isinstance(document, dict) or not all(
            isinstance(k, dict) for k in document.values()
        ):
            raise ParamError("Parameters are an object of groups, each an object of its knobs.")
        given = {f"{g}.{k}": value for g, knobs in document.items() for k, value in knobs.items()}
        return Params().with_settings(first_values() | given)


def all_knobs() -> list[tuple[str, dataclasses.Field]]:
    """Every `group.knob` with its field, in order."""
    return [
        (f"{group_name}.{f.name}", f)
        for group_name, group in Params.GROUPS.items()
        for f in dataclasses.fields(group)
    ]


def knob_of(key: str) -> dataclasses.Field:
    """The field of a `group.knob`, with its default and metadata. Raises ParamError."""
    hint_of(key)
    group_name, _, knob_name = key.partition(".")
    fields = {f.name: f for f in dataclasses.fields(Params.GROUPS[group_name])}
    return fields[knob_name]


def first_values() -> dict[str, Any]:
    """Knob → the value that equals the behaviour before it existed, of those that came later."""
    return {key: f.metadata["first"] for key, f in all_knobs() if f.metadata["first"] is not UNSET}


def _plain(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def hint_of(key: str) -> Any:
    """The type of a `group.knob`. Raises ParamError naming all there are."""
    group_name, _, knob_name = key.partition(".")
    group = Params.GROUPS.get(group_name)
    hints = hints_of(group) if group else {}
    if knob_name not in hints:
        known = ", ".join(known for known, _ in all_knobs())
        raise ParamError(f"Unknown parameter {reprlib.repr(key)}: choose one of {known}.")
    return hints[knob_name]
