"""Presets, and the one rule that merges a preset with a person's own choices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.errors import ParamError
from engine.core.knobs import allowed, written
from engine.core.words import Linkage
from engine.params.params import Params, all_knobs, hint_of, knob_of

DEFAULT = "roadmap"
PRESETS: dict[str, dict[str, Any]] = {
    "roadmap": {},
    # What a walk-forward study found to hold (docs/allocation.md): clusters are only constraints
    # there, t = 0.5 is the cut at which they are drawn, and half of the way is traded.
    "evidence": {
        "tree.threshold": 0.5,
        "allocation.layers": "single",
        "allocation.penalty": 0.0,
        "limits.asset_cap": 0.05,
        "limits.asset_cap_names": 2.0,
        "within.alpha": 1.0,
        "sentiment.kappa": 0.0,
        "trade.phi": 0.5,
    },
}
# What parameters are called that are no preset's.
OWN = "own"
# What is looked at, not how the portfolio is built; and what no weight depends on.
_LOOKED_AT = ("tree.threshold", "data.as_of", "data.classes")
# What a run may say for a knob that is at its default: the base currency that was one's.
_SAME = {"data.base_currency": "USD"}
_NO_WEIGHT = ("sweep.", "drift.", "trade.")


def preset(name: str) -> Params:
    """The parameters of a preset. Raises ParamError for an unknown name."""
    return chosen(name, {})


def chosen(name: str, settings: Mapping[str, Any]) -> Params:
    """A preset with settings of one's own, `group.knob` → value or text; every way in which
    somebody chooses (command line, address, control) ends here.

    What follows from a choice: an asset cap of one's own is not lifted to so many equal weights;
    the preset's threshold, a distance of correlations, gives way to auto where the linkage chosen
    has other heights. A setting of these knobs themselves wins.

    Raises ParamError for an unknown preset, knob, or value that does not fit.
    """
    if name not in PRESETS:
        raise ParamError(f"Unknown preset {name!r}: choose {' or '.join(PRESETS)}.")
    own = dict(settings)
    if "limits.asset_cap" in own:
        own.setdefault("limits.asset_cap_names", 0.0)
    if not heights_are_distances(own.get("tree.linkage", Linkage.AVERAGE)):
        own.setdefault("tree.threshold", None)
    return Params().with_settings(PRESETS[name] | own)


def heights_are_distances(linkage: Any) -> bool:
    """Of a linkage by name; a word that is none of them is refused where it is set."""
    try:
        return Linkage(linkage).heights_are_distances
    except ValueError:
        return True


def describe(key: str) -> str:
    """A `group.knob` in a line: its meaning, what it may be, its default and what presets set."""
    one = knob_of(key)
    unit = f" {one.metadata['unit']}" if one.metadata["unit"] else ""
    others = [f"; {name} {written(s[key])}" for name, s in PRESETS.items() if key in s]
    default = written(one.default) or "none named"
    return (
        f"{one.metadata['meaning']} [{key}: {allowed(one, hint_of(key))}{unit}; "
        f"default {default}{''.join(others)}]"
    )


def preset_of(params: Params) -> str:
    """The preset whose weights these parameters make, cut, date and classes apart; `OWN` if
    none."""
    keys = [
        key for key, _ in all_knobs() if key not in _LOOKED_AT and not key.startswith(_NO_WEIGHT)
    ]
    for name in PRESETS:
        base = preset(name)
        if all(params.at(k) in (base.at(k), _SAME.get(k, base.at(k))) for k in keys):
            return name
    return OWN


def base_of(params: Params) -> str:
    """The preset that parameters were most likely made from: of whose own settings they have the
    most. Ties go to the default."""

    differing = {k for p in PRESETS.values() for k in p if not k.startswith(_NO_WEIGHT)}

    def shared(name: str) -> tuple[int, bool]:
        base = preset(name)
        return sum(params.at(k) == base.at(k) for k in differing), name == DEFAULT

    return max(PRESETS, key=shared)


def of_run(record: Mapping[str, Any], trading: Mapping[str, Any]) -> Params:
    """The parameters of a stored run, traded as its preset says, and with own `drift.` and `trade.`
    settings. Raises ParamError."""
    made = Params.from_json(dict(record))
    return made.with_groups(chosen(base_of(made), trading), ("drift", "trade"))
