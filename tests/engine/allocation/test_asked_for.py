"""What is asked for is what is done, or is refused: caps, bounds, presets, short windows."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made import make_grid, mixed_grid, walk

from engine import pipeline
from engine.core.errors import EmptyUniverse, InputError
from engine.market.panel import build_panel
from engine.params import OWN, Params, chosen, preset, preset_of


def test_an_asset_cap_of_one_s_own_is_not_lifted() -> None:
    usual = pipeline.optimise(mixed_grid(), preset("evidence")).allocation
    assert usual.limits.query("kind == 'asset'")["upper"].max() == 2 / len(usual.symbols)
    own = pipeline.optimise(mixed_grid(), chosen("evidence", {"limits.asset_cap": 0.03})).allocation
    assert own.weights.max() <= 0.03 + 1e-8


def test_a_preset_s_threshold_is_no_ward_height() -> None:
    assert chosen("evidence", {"tree.linkage": "ward"}).tree.threshold is None
    assert chosen("evidence", {"tree.linkage": "ward", "tree.threshold": 1}).tree.threshold == 1
    assert chosen("evidence", {}).tree.threshold == 0.5


@pytest.mark.parametrize("bound", ["asset:NOPE=0", "asset:btc=0", "class:crpto=..5%"])
def test_a_bound_on_nothing_is_refused(bound: str) -> None:
    with pytest.raises(InputError, match="holds no"):
        pipeline.optimise(mixed_grid(), Params().with_settings({"limits.bounds": bound}))


def test_a_bound_goes_by_symbol_or_by_what_is_held() -> None:
    weights = [
        pipeline.optimise(
            mixed_grid(), Params().with_settings({"limits.bounds": f"asset:{name}=0"})
        ).allocation
        for name in ("JPY", "USDJPY")
    ]
    assert np.array_equal(weights[0].weights, weights[1].weights)
    assert weights[0].weights[weights[0].symbols.index("USDJPY")] == 0


def test_a_bound_on_what_a_filter_leaves_out_has_no_effect() -> None:
    settings = {"limits.bounds": "asset:BTC=0", "data.classes": "equity"}
    made = pipeline.optimise(mixed_grid(), Params().with_settings(settings)).allocation
    assert any("no effect" in note for note in made.notes)


def test_a_window_too_short_for_the_history_asked_for_is_said() -> None:
    holed = walk(1, 300)
    holed[-30] = np.nan
    grid = make_grid({"A": holed, "B": walk(2, 300)})
    settings = {"panel.lookback": 60, "panel.min_history": 60}
    panel = build_panel(grid, Params().data, Params().with_settings(settings).panel)
    assert panel.symbols == ("B",)
    assert any("lengthen the lookback" in note for note in panel.notes)
    short = make_grid({"A": holed})
    with pytest.raises(EmptyUniverse, match="Lengthen the lookback"):
        build_panel(short, Params().data, Params().with_settings(settings).panel)


def test_few_returns_behind_the_figures_are_said() -> None:
    settings = {"panel.lookback": 40, "panel.min_history": 20, "panel.horizon": 10}
    made = pipeline.optimise(mixed_grid(), Params().with_settings(settings)).allocation
    assert any("independent returns" in note for note in made.notes)
    usual = pipeline.optimise(mixed_grid(), Params()).allocation
    assert not any("independent returns" in note for note in usual.notes)


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "roadmap"),
        ({"tree.threshold": 0.3, "data.classes": "equity", "sweep.step": 0.05}, "roadmap"),
        ({"panel.lookback": 780}, OWN),
        ({"limits.cluster_cap": 1}, OWN),
        ({"tree.linkage": "ward"}, OWN),
        ({"limits.bounds": "asset:BTC=0"}, OWN),
    ],
)
def test_a_run_is_called_by_a_preset_only_if_it_is_one(settings: dict, name: str) -> None:
    assert preset_of(Params().with_settings(settings)) == name
