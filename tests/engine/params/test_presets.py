"""The one merge of a preset and own choices, and what a run was made from."""

from __future__ import annotations

import pytest

from engine.core.errors import ParamError
from engine.params import DEFAULT, OWN, PRESETS, Params, base_of, chosen, of_run, preset, preset_of


def test_a_preset_carries_how_far_is_traded() -> None:
    assert preset("roadmap").trade.phi == 1.0
    assert preset("evidence").trade.phi == 0.5
    assert chosen("evidence", {"trade.phi": "0.25"}).trade.phi == 0.25


def test_an_asset_cap_of_ones_own_is_not_lifted() -> None:
    assert preset("evidence").limits.asset_cap_names == 2
    # Also where it equals the preset's: it was said.
    assert chosen("evidence", {"limits.asset_cap": 0.05}).limits.asset_cap_names == 0
    both = {"limits.asset_cap": 0.05, "limits.asset_cap_names": 3}
    assert chosen("evidence", both).limits.asset_cap_names == 3


def test_a_presets_threshold_is_no_ward_height() -> None:
    assert chosen("evidence", {"tree.linkage": "ward"}).tree.threshold is None
    assert chosen("evidence", {"tree.linkage": "single"}).tree.threshold == 0.5
    own = {"tree.linkage": "ward", "tree.threshold": 1.5}
    assert chosen("evidence", own).tree.threshold == 1.5


def test_what_is_no_preset_or_knob_is_refused() -> None:
    with pytest.raises(ParamError, match="Unknown preset 'x': choose roadmap or evidence"):
        chosen("x", {})
    with pytest.raises(ParamError, match=r"Unknown parameter 'limits\.x'"):
        chosen(DEFAULT, {"limits.x": 1})
    with pytest.raises(ParamError, match=r"tree\.linkage = 'median'"):
        chosen(DEFAULT, {"tree.linkage": "median"})


@pytest.mark.parametrize("name", PRESETS)
def test_a_run_is_traded_as_its_preset_says(name: str) -> None:
    made = preset(name)
    assert preset_of(made) == base_of(made) == name
    # Own choices on it make it nobody's preset, but it was still made from this one.
    changed = chosen(name, {"limits.cluster_cap": 0.2, "panel.lookback": 250})
    assert preset_of(changed) == OWN
    assert base_of(changed) == name
    weightless = changed.with_settings({"trade.phi": 0.9, "drift.left_rule": "hold"})
    record = {k: v for k, v in weightless.to_json().items() if k not in ("drift", "trade")}
    assert of_run(record, {}).trade == made.trade
    assert of_run(record, {}).limits == changed.limits
    assert of_run(record, {"trade.phi": 0.1}).trade.phi == 0.1
    assert of_run(record, {"drift.left_rule": "hold"}).drift.left_rule == "hold"


def test_trading_makes_no_other_preset() -> None:
    assert preset_of(chosen("roadmap", {"trade.phi": 0.5})) == "roadmap"
    assert base_of(Params()) == DEFAULT
