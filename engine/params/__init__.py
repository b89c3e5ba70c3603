"""Every knob, in frozen groups; presets; the one rule that merges preset and own choices."""

from engine.params.params import (
    GROUP_KINDS,
    HIGHEST_THRESHOLD,
    LAYERS,
    LINKAGES,
    PENALTY_KINDS,
    PRESETS,
    PROFILES,
    REGIME_MODES,
    SEED_THRESHOLDS,
    AllocationParams,
    CorrelationParams,
    DataParams,
    FragilityParams,
    LimitParams,
    PanelParams,
    Params,
    RegimeParams,
    SentimentParams,
    SweepParams,
    TreeParams,
    WithinParams,
    all_knobs,
    chosen,
    preset,
)

__all__ = [
    "GROUP_KINDS", "HIGHEST_THRESHOLD", "LAYERS", "LINKAGES", "PENALTY_KINDS", "PRESETS",
    "PROFILES", "REGIME_MODES", "SEED_THRESHOLDS", "AllocationParams", "CorrelationParams",
    "DataParams", "FragilityParams", "LimitParams", "PanelParams", "Params", "RegimeParams",
    "SentimentParams", "SweepParams", "TreeParams", "WithinParams", "all_knobs", "chosen",
    "preset",
]  # fmt: skip
