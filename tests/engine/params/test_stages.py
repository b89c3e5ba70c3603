"""What a stage is handed, and that the keys of caches hold all of it."""

from __future__ import annotations

from typing import Any

import pytest
from hand_made import mixed_grid

from engine import pipeline
from engine.core.knobs import UNSET
from engine.market.grid import Grid
from engine.params import PanelParams, Params, TreeParams, all_knobs, first_values, knob_of
from engine.params.stages import LinkageKnob, Stage, key_of, knobs_in, reads, stage
from engine.pipeline import keys
from engine.pipeline.over_time import clusters_over_time
from engine.pipeline.record import record_of


@stage
def example(first: int, second: int = 2, *, linkage: LinkageKnob, panel: PanelParams) -> Any:
    """What came in."""
    return first, second, linkage, panel


def test_a_stage_is_handed_what_its_signature_names() -> None:
    assert example.reads == {"linkage": "tree.linkage", "panel": "panel"}
    params = Params().with_settings({"tree.linkage": "single", "panel.lookback": 300})
    assert example(1, params) == (1, 2, "single", params.panel)
    assert example(params, 1, second=3)[:2] == (1, 3)
    with pytest.raises(TypeError, match="linkage"):
        example(1)


def test_a_key_holds_each_knob_once() -> None:
    assert key_of(example) == ("tree.linkage", "panel")
    assert key_of(("panel.max_gap", "tree"), example) == ("tree", "panel")
    assert knobs_in(("tree", "panel.max_gap")) == {
        *(f"tree.{name}" for name in TreeParams.__dataclass_fields__), "panel.max_gap",
    }  # fmt: skip


class Watched(Params):
    """Notes what is read of it."""

    def at(self, key: str) -> Any:
        seen.update(knobs_in((key,)))
        return super().at(key)


seen: set[str] = set()


@pytest.fixture(scope="module")
def grid() -> Grid:
    return mixed_grid()


def test_a_stage_and_those_before_it_read_only_what_their_key_holds(grid: Grid) -> None:
    """Everything is handed through `Params.at`: nothing else can be read in a stage."""
    params = Watched()
    before: set[str] = set()

    def read_by(key: tuple[str, ...], run: Any) -> Any:
        seen.clear()
        found = run()
        assert seen <= knobs_in(key)
        before.update(seen)
        return found

    panel = pipeline.build_panel(grid, params.data, params.panel)
    market = read_by(keys.MARKET, lambda: pipeline.market_state(grid, params))
    read_by(keys.BASKET, lambda: pipeline.basket_of(grid, params))
    fx = read_by(keys.FX, lambda: pipeline.fx_sentiment(grid, params))
    correlation = read_by(keys.CORRELATION, lambda: pipeline.correlate(panel, params))
    tree = read_by(keys.TREE, lambda: pipeline.grow(correlation, params))
    read_by(keys.SWEEP, lambda: pipeline.sweep_tree(correlation, tree, params))
    cut = read_by(
        keys.CUT, lambda: pipeline.cut_tree(panel, correlation, tree, market.regime, params)
    )
    risk = read_by(
        keys.RISK, lambda: pipeline.assess_risk(panel, correlation, market.basket, params)
    )
    fragile = read_by(
        keys.CLUSTER_RISK, lambda: pipeline.cluster_fragility(panel, cut, risk, params)
    )
    intra = read_by(keys.CLUSTER_RISK, lambda: pipeline.within_clusters(cut, risk, params))
    read_by(keys.OVER_TIME, lambda: clusters_over_time(grid, panel, cut, intra, params))
    analysis = pipeline.Analysis(panel, correlation, tree, cut)
    read_by(
        keys.PORTFOLIO,
        lambda: pipeline.allocated(analysis, market, fx, risk, fragile, params),
    )
    # And what no stage reads is in no key of theirs.
    assert knobs_in(keys.PORTFOLIO) <= before | knobs_in(("data", "panel"))


def test_a_stage_that_reads_more_than_its_key_is_found(grid: Grid) -> None:
    @stage
    def greedy(*, panel: PanelParams, tree: TreeParams) -> None:
        """Reads a group that the key of trees lacks."""

    seen.clear()
    greedy(Watched())
    assert not seen <= knobs_in(keys.TREE)


def test_every_stage_takes_its_own_groups_and_none_takes_them_all() -> None:
    stages = [v for v in vars(pipeline).values() if isinstance(v, Stage)]
    assert len(stages) >= 10
    for found in stages:
        assert found.reads, found
        assert Params not in found.function.__annotations__.values()
    assert reads(pipeline.build_panel) == {"data": "data", "params": "panel"}


# What a run of the first version of Cutline has on record of its parameters. Never add to it: what
# came later has a `first` value, and is left out there.
FIRST = """
data: as_of classes base_currency
panel: lookback min_history max_gap stale_after horizon include_pegs peg_volatility
correlation: shrink
tree: linkage threshold
sweep: start stop step
regime: basket mode short_days lookback hold_days
fragility: min_observations trail_days
within: alpha momentum_days
sentiment: kappa
allocation: layers profile penalty penalty_kind cash_rate
limits: cluster_cap asset_cap asset_cap_names group_cap groups equity_budget crypto_budget fx_budget
    other_budget bounds
"""


def first_knobs() -> set[str]:
    out, group = set(), ""
    for word in FIRST.split():
        if word.endswith(":"):
            group = word[:-1]
        else:
            out.add(f"{group}.{word}")
    return out


def recorded(made: pipeline.Portfolio, params: Params) -> dict[str, Any]:
    return {
        f"{group}.{name}": value
        for group, knobs in record_of(params, made).items()
        for name, value in knobs.items()
    }


def test_a_record_names_a_run_by_what_its_weights_depend_on(grid: Grid) -> None:
    made = pipeline.optimise(grid, Params())
    usual = recorded(made, Params())
    assert set(usual) == first_knobs()
    # No weight depends on these: the same run.
    for key, value in {
        "trade.phi": 0.5, "drift.left_rule": "hold", "sweep.step": 0.02, "fragility.trail_days": 60,
    }.items():  # fmt: skip
        assert recorded(made, Params().with_settings({key: value})) == usual, key
    moved = recorded(made, Params().with_settings({"regime.t_crisis": 0.2}))
    assert moved == usual | {"regime.t_crisis": 0.2}


def test_what_came_after_the_first_runs_has_a_first_value() -> None:
    for key, field in all_knobs():
        later = key not in first_knobs() and not key.startswith(("drift.", "trade."))
        assert (field.metadata["first"] is not UNSET) == later, key


def test_an_old_record_means_what_it_meant(monkeypatch: pytest.MonkeyPatch, grid: Grid) -> None:
    """Whatever the default is by now."""
    made = pipeline.optimise(grid, Params())
    record = record_of(Params(), made)
    monkeypatch.setattr(knob_of("regime.t_crisis"), "default", 0.25)
    assert first_values()["regime.t_crisis"] == 0.3
    assert Params.from_json(record).regime.t_crisis == 0.3
