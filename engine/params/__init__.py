"""Every knob, in frozen groups; presets; the one rule that merges preset and own choices."""

from engine.params.groups import (
    GROUP_KINDS,
    HIGHEST_THRESHOLD,
    LAYERS,
    LINKAGES,
    PENALTY_KINDS,
    PROFILES,
    REGIME_MODES,
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
from engine.params.params import Params, all_knobs, first_values, knob_of
from engine.params.presets import (
    DEFAULT,
    OWN,
    PRESETS,
    base_of,
    chosen,
    describe,
    of_run,
    preset,
    preset_of,
)
from engine.params.trading import DriftParams, TradeParams

__all__ = [
    "DEFAULT", "GROUP_KINDS", "HIGHEST_THRESHOLD", "LAYERS", "LINKAGES", "OWN", "PENALTY_KINDS",
    "PRESETS", "PROFILES", "REGIME_MODES", "AllocationParams", "CorrelationParams",
    "DataParams", "DriftParams", "FragilityParams", "LimitParams", "PanelParams", "Params",
    "RegimeParams", "SentimentParams", "SweepParams", "TradeParams", "TreeParams", "WithinParams",
    "all_knobs", "base_of", "chosen", "describe", "first_values", "knob_of", "of_run", "preset",
    "preset_of",
]  # fmt: skip
