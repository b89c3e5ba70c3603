"""Caches of the pages: a key changes with whatever the stage depends on, and with nothing else."""

from __future__ import annotations

import inspect

import pytest
from hand_made import make_grid, walk

from engine.desk import Opened
from engine.params import Params, all_knobs
from pages.parts import data

OTHER = {
    "data.as_of": "2024-02-01", "data.classes": "equity", "data.base_currency": "EUR",
    "panel.lookback": 210, "panel.min_history": 61, "panel.max_gap": 11, "panel.stale_after": 6,
    "panel.horizon": 2, "panel.include_pegs": True, "panel.peg_volatility": 0.03,
    "correlation.shrink": False, "tree.linkage": "single", "tree.threshold": 0.5,
    "sweep.start": 0.2, "sweep.stop": 0.8, "sweep.step": 0.02,
    "limits.cluster_cap": 0.3, "limits.asset_cap": 0.2, "limits.asset_cap_names": 2,
    "limits.group_cap": 0.3, "limits.groups": "sector", "limits.equity_budget": 0.9,
    "limits.crypto_budget": 0.1, "limits.fx_budget": 0.3, "limits.other_budget": 0.9,
    "limits.bounds": "asset:AAPL=0.02..0.05", "regime.basket": "AAPL", "regime.mode": "continuous",
    "regime.short_days": 11, "regime.lookback": 210, "regime.hold_days": 5,
    "fragility.min_observations": 61, "fragility.trail_days": 121, "within.alpha": 0.6,
    "within.momentum_days": 100, "sentiment.kappa": 0.5, "allocation.layers": "single",
    "allocation.profile": "hrp", "allocation.penalty": 1.0, "allocation.penalty_kind": "score",
    "allocation.cash_rate": 0.01,
}  # fmt: skip
# Stage → the groups or knobs it depends on, its own and those of the stages before it.
STAGES = {
    data.PANEL: ("data.", "panel."),
    data.CORRELATION: ("data.", "panel.", "correlation."),
    data.TREE: ("data.", "panel.", "correlation.", "tree.linkage"),
    data.MARKET: ("data.as_of", "panel.max_gap", "regime."),
    data.FX: ("data.as_of", "panel.max_gap", "sentiment."),
    data.RISK: (
        "data.",
        "panel.",
        "correlation.",
        "regime.basket",
        "fragility.min_observations",
        "within.momentum_days",
        "allocation.cash_rate",
    ),
    data.CLUSTER_RISK: (
        "data.",
        "panel.",
        "correlation.",
        "tree.",
        "regime.",
        "fragility.min_observations",
        "within.",
        "allocation.cash_rate",
    ),
    data.PORTFOLIO: (
        "data.",
        "panel.",
        "correlation.",
        "tree.",
        "regime.",
        "fragility.min_observations",
        "within.",
        "sentiment.",
        "allocation.",
        "limits.",
    ),
    data.SWEEP: ("data.", "panel.", "correlation.", "tree.linkage", "sweep.", "limits."),
}


class _Info:
    snapshot_id = "abc"


class _Snapshot:
    info = _Info()


def view(**settings: object) -> data.View:
    grid = make_grid({"A": walk(1, 50)})
    return data.View(Opened(_Snapshot(), grid), Params().with_settings(settings))  # type: ignore[arg-type]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("knob", [key for key, _ in all_knobs()])
def test_a_key_changes_with_what_its_stage_depends_on(stage: tuple[str, ...], knob: str) -> None:
    assert OTHER[knob] is not None, "give every knob another value here"
    depends = knob.startswith(STAGES[stage])
    assert (view(**{knob: OTHER[knob]}).key(*stage) != view().key(*stage)) == depends


def test_cached_stages_are_keyed_by_text_alone() -> None:
    # Streamlit samples large arguments when it hashes them: only names and flags may be hashed.
    cached = {
        name: function
        for name, function in vars(data).items()
        if type(function).__name__ == "CachedFunc"
    }
    assert {"_panel", "_correlation", "_tree", "_swept", "_portfolio"} <= set(cached)
    for name, function in cached.items():
        for argument in inspect.signature(function).parameters.values():
            hashed = not argument.name.startswith("_")
            assert not hashed or argument.annotation in {"str", "int", "bool"}, name
