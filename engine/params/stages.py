"""What a stage is handed: its own groups and knobs, read off its signature.

A stage is a function whose keyword-only arguments are groups (`regime: RegimeParams`) or single
knobs (`linkage: LinkageKnob`). It is called with a whole `Params` in their place and gets these
alone, so what it depends on, and with it the key of a cache, cannot be said wrong.
"""

from __future__ import annotations

import datetime as dt
import functools
import inspect
import typing
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from engine.params.params import Params, all_knobs

Result = TypeVar("Result")
Key = tuple[str, ...]


@dataclass(frozen=True)
class Knob:
    """Marks an argument as one knob: `Annotated[int, Knob("panel.max_gap")]`."""

    key: str


# The single knobs that stages take where their group holds what they must not depend on.
AsOfKnob = Annotated[dt.date | None, Knob("data.as_of")]
MaxGapKnob = Annotated[int, Knob("panel.max_gap")]
LookbackKnob = Annotated[int, Knob("panel.lookback")]
LinkageKnob = Annotated[str, Knob("tree.linkage")]
ThresholdKnob = Annotated[float | None, Knob("tree.threshold")]
BasketKnob = Annotated[tuple[str, ...], Knob("regime.basket")]
LeastObservationsKnob = Annotated[int, Knob("fragility.min_observations")]
AlphaKnob = Annotated[float, Knob("within.alpha")]
MomentumKnob = Annotated[int, Knob("within.momentum_days")]
CashRateKnob = Annotated[float, Knob("allocation.cash_rate")]


def reads(function: Callable[..., Any]) -> dict[str, str]:
    """Argument → the group or `group.knob` that it is handed."""
    groups = {kind: name for name, kind in Params.GROUPS.items()}
    hints = typing.get_type_hints(function, include_extras=True)
    found = {}
    for name in inspect.signature(function).parameters:
        hint = hints.get(name)
        knobs = [m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Knob)]
        if knobs:
            found[name] = knobs[0].key
        elif isinstance(hint, type) and hint in groups:
            found[name] = groups[hint]
    return found


def key_of(*parts: Stage[Any] | Callable[..., Any] | Key) -> Key:
    """What a chain of stages depends on, its own and those before it: groups and knobs, a knob only
    where its group is not there whole."""
    found: list[str] = []
    for part in parts:
        if isinstance(part, tuple):
            found += part
        else:
            found += reads(part.function if isinstance(part, Stage) else part).values()
    whole = {name for name in found if "." not in name}
    kept = [name for name in found if "." not in name or name.split(".")[0] not in whole]
    return tuple(dict.fromkeys(kept))


class Stage(Generic[Result]):
    """A function that is called with a `Params` and handed what it reads of it."""

    def __init__(self, function: Callable[..., Result]) -> None:
        self.function = function
        functools.update_wrapper(self, function)

    @functools.cached_property
    def reads(self) -> dict[str, str]:
        """See `reads`."""
        return reads(self.function)

    def __call__(self, *given: Any, **more: Any) -> Result:
        """Call it with its inputs and, anywhere among them, a Params."""
        inputs: list[Any] = []
        handed: dict[str, Any] = {}
        for value in given:
            if isinstance(value, Params):
                handed = {name: value.at(key) for name, key in self.reads.items()}
            else:
                inputs.append(value)
        return self.function(*inputs, **handed, **more)


def stage(function: Callable[..., Result]) -> Stage[Result]:
    """Make a stage of a function."""
    return Stage(function)


def knobs_in(key: Collection[str]) -> set[str]:
    """Every `group.knob` that a key holds."""
    known = [knob for knob, _ in all_knobs()]
    return {knob for knob in known if knob in key or knob.partition(".")[0] in key}
