"""Every knob: what it refuses, in which words, its way to JSON and back, what it moves."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

import numpy as np
import pytest
from hand_made import mixed_grid
from hypothesis import given
from hypothesis import strategies as st
from packaged_db import packaged_grid

from engine import pipeline
from engine.analytics.regime import states
from engine.core.errors import InputError, ParamError
from engine.market.grid import Grid
from engine.params import (
    LINKAGES,
    PRESETS,
    REGIME_MODES,
    DataParams,
    PanelParams,
    Params,
    RegimeParams,
    TreeParams,
    all_knobs,
    preset,
)

KNOBS = dict(all_knobs())
RANGED = [key for key, knob in KNOBS.items() if knob.metadata["low"] is not None]

# A value that must move some output on `mixed_grid`. A knob without one fails its test.
MOVES = {
    "data.as_of": "2025-05-14",
    "data.classes": "equity,crypto",
    "data.base_currency": "EUR",
    "panel.lookback": 150,
    "panel.min_history": 100,
    "panel.max_gap": 30,
    "panel.stale_after": 2,
    "panel.horizon": 5,
    "panel.include_pegs": True,
    "panel.peg_volatility": 0.05,
    "correlation.shrink": False,
    "tree.linkage": "ward",
    "tree.threshold": 0.6,
    "sweep.start": 0.3,
    "sweep.stop": 0.7,
    "sweep.step": 0.05,
    "regime.basket": "ENE0,FIN0,UTI0",
    "regime.mode": "continuous",
    "regime.short_days": 20,
    "regime.lookback": 120,
    "regime.hold_days": 0,
    "fragility.min_observations": 199,
    "fragility.trail_days": 60,
    "within.alpha": 0.9,
    "within.momentum_days": 40,
    "sentiment.kappa": 0.0,
    "allocation.layers": "single",
    "allocation.profile": "hrp",
    "allocation.penalty": 3.0,
    "allocation.penalty_kind": "score",
    "allocation.cash_rate": 0.05,
    "limits.cluster_cap": 0.02,
    "limits.asset_cap": 0.02,
    "limits.asset_cap_names": 6.0,
    "limits.group_cap": 0.1,
    "limits.groups": "sector",
    "limits.equity_budget": 0.1,
    "limits.crypto_budget": 0.01,
    "limits.fx_budget": 0.01,
    "limits.other_budget": 0.01,
    "limits.bounds": "class:crypto=0.03..0.05",
}


# Tested on grids of their own below; what is traded, with drift and trades.
ELSEWHERE = (
    "sentiment.kappa", "limits.other_budget", "fragility.trail_days", "regime.t_crisis",
    "regime.t_normal", "regime.t_quiet", *(k for k in KNOBS if k.startswith(("drift.", "trade."))),
)  # fmt: skip


@pytest.fixture(scope="module")
def grid() -> Grid:
    return mixed_grid()


@pytest.fixture(scope="module")
def other_class(grid: Grid) -> Grid:
    """The same with a class that has no budget of its own."""
    classes = grid.instruments["asset_class"].replace("crypto", "commodity")
    return dataclasses.replace(grid, instruments=grid.instruments.assign(asset_class=classes))


def test_the_budget_of_other_classes_moves_weights(other_class: Grid) -> None:
    usual = outputs(other_class, Params())
    moved = outputs(other_class, Params().with_settings({"limits.other_budget": 0.01}))
    assert moved["weights"] != usual["weights"]


def outputs(grid: Grid, params: Params) -> dict[str, str]:
    """Everything that a person may see, stage by stage, as comparable text."""
    whole = pipeline.optimise(grid, params)
    result, regime = whole.analysis, whole.market
    swept = pipeline.sweep_tree(result.correlation, result.tree, params)
    return {
        "as_of": str(result.panel.as_of),
        "panel": result.panel.table.to_csv(),
        "returns": result.panel.moment_returns.tobytes().hex(),
        "correlation": result.correlation.matrix.tobytes().hex(),
        "tree": result.tree.linkage.tobytes().hex(),
        "cut": repr((result.cut.threshold, result.cut.clusters)),
        "sweep": repr((swept.sweep.thresholds.tolist(), swept.sweep.n_clusters.tolist())),
        "suggestion": repr((swept.suggestion.threshold, swept.suggestion.reason)),
        "regime": repr((regime.basket.symbols, regime.history.held.tolist(), regime.regime)),
        "fragility": whole.clusters.measures.to_csv() + whole.risk.assets.measures.to_csv(),
        "risk": repr((whole.risk.momentum.tolist(), whole.risk.mean.mean.tolist())),
        "within": repr(whole.intra.tolist()),
        "sentiment": repr((whole.sentiment.multiplier, whole.sentiment.reason)),
        "weights": repr((whole.allocation.weights.tolist(), whole.allocation.limits.to_csv())),
    }


@pytest.fixture(scope="module")
def usual(grid: Grid) -> dict[str, str]:
    return outputs(grid, Params())


@pytest.fixture(scope="module")
def crisis() -> Grid:
    """Real currencies and shares up to a day on which safe currencies had risen."""
    return packaged_grid().until(dt.date(2020, 3, 20))


def test_the_fx_knob_moves_the_budgets(crisis: Grid) -> None:
    usual = outputs(crisis, Params())
    moved = outputs(crisis, Params().with_settings({"sentiment.kappa": MOVES["sentiment.kappa"]}))
    changed = {stage for stage in usual if moved[stage] != usual[stage]}
    assert changed == {"sentiment", "weights"}


@pytest.mark.parametrize(("state", "held"), [("crisis", 0.9), ("normal", 0.3), ("quiet", 0.0)])
def test_each_state_has_the_threshold_of_its_knob(state: str, held: float) -> None:
    moved = RegimeParams(**{f"t_{state}": 0.77})
    assert moved.thresholds == RegimeParams().thresholds | {state.upper(): 0.77}
    for mode in REGIME_MODES:
        at = [
            states._thresholds(np.array([held]), dataclasses.replace(p, mode=mode))[0]
            for p in (RegimeParams(), moved)
        ]
        assert at[0] != at[1]
    assert states._thresholds(np.array([held]), moved)[0] == 0.77


def test_the_threshold_in_use_is_the_states(crisis: Grid) -> None:
    result = pipeline.analyse(crisis, Params().with_settings({"regime.t_crisis": 0.25}))
    assert result.cut.threshold == 0.25


@pytest.mark.parametrize("key", [key for key in KNOBS if key not in ELSEWHERE])
def test_no_knob_is_dead(key: str, grid: Grid, usual: dict[str, str]) -> None:
    assert key in MOVES, f"{key} is new: give it a value that must move something"
    params = Params().with_settings({key: MOVES[key]})
    assert params != Params()
    moved = outputs(grid, params)
    assert any(moved[stage] != usual[stage] for stage in usual)


def test_later_knobs_leave_earlier_stages_alone(grid: Grid, usual: dict[str, str]) -> None:
    """A cut moves neither tree nor panel: what a cache may keep when a slider moves."""
    moved = outputs(grid, Params().with_settings({"tree.threshold": 0.6}))
    changed = {stage for stage in usual if moved[stage] != usual[stage]}
    assert changed == {"cut", "fragility", "within", "weights"}


@pytest.mark.parametrize("key", RANGED)
def test_out_of_range_names_the_knob(key: str) -> None:
    low, high = KNOBS[key].metadata["low"], KNOBS[key].metadata["high"]
    for value in (low - 1, high + 1, "nan", float("inf"), 10**400):
        with pytest.raises(ParamError, match=key) as caught:
            Params().with_settings({key: value})
        assert one_sentence(str(caught.value))


@pytest.mark.parametrize("key", RANGED)
def test_ends_of_a_range_are_allowed(key: str) -> None:
    others = {"panel.min_history": 10, "panel.lookback": 2600, "sweep.start": 0.0}
    others["sweep.stop"] = KNOBS["sweep.stop"].metadata["high"]
    others |= {"drift.rebalance_turnover": 0.0, "drift.urgent_turnover": 1.0}
    for value in (KNOBS[key].metadata["low"], KNOBS[key].metadata["high"]):
        allowed = {k: v for k, v in others.items() if k != key}
        if key == "panel.lookback":
            allowed["panel.min_history"] = 10
        group, name = key.split(".")
        made = Params().with_settings(allowed | {key: value})
        assert getattr(getattr(made, group), name) == value


@pytest.mark.parametrize("key", KNOBS)
def test_wrong_type_names_the_knob(key: str) -> None:
    with pytest.raises(ParamError, match=key) as caught:
        Params().with_settings({key: {"a": 1}.items()})
    assert one_sentence(str(caught.value))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("panel.lookback", "abc"),
        ("panel.lookback", "200.5"),
        ("panel.lookback", 200.5),
        ("panel.lookback", True),
        ("panel.lookback", None),
        ("panel.include_pegs", "perhaps"),
        ("panel.include_pegs", 2),
        ("tree.threshold", "0,4"),
        ("tree.threshold", True),
        ("tree.linkage", "median"),
        ("tree.linkage", 3),
        ("data.as_of", "2022-13-01"),
        ("data.as_of", "28.12.2022"),
        ("data.classes", 5),
        ("data.classes", [1, 2]),
        ("data.base_currency", "US"),
        ("data.base_currency", "ÄÖÜ"),
        ("data.base_currency", 840),
    ],
)
def test_values_that_do_not_fit(key: str, value: object) -> None:
    with pytest.raises(ParamError, match=key) as caught:
        Params().with_settings({key: value})
    assert one_sentence(str(caught.value))


@pytest.mark.parametrize(
    "key", ["panel.lookbak", "lookback", "", ".", "panel.", "panel.a.b", "x.y"]
)
def test_unknown_keys_are_refused(key: str) -> None:
    with pytest.raises(ParamError, match="Unknown parameter") as caught:
        Params().with_settings({key: 1})
    assert repr(key) in str(caught.value)
    assert "panel.lookback" in str(caught.value)


@pytest.mark.parametrize(
    "document", [[], "x", {"panel": 5}, {"panel": ["lookback"]}, {"no": {"x": 1}}]
)
def test_json_of_another_shape_is_refused(document: object) -> None:
    with pytest.raises(ParamError):
        Params.from_json(document)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Params(panel=PanelParams(lookback="200")),
        lambda: Params(panel=PanelParams(lookback=200.5)),
        lambda: Params(tree=TreeParams(threshold="0.4")),
        lambda: Params(data=DataParams(as_of="2022-12-28")),
        lambda: Params(data=DataParams(classes=["equity", 5])),
        lambda: Params(panel=DataParams()),
    ],
)
def test_groups_built_by_hand_are_checked_too(build: object) -> None:
    with pytest.raises(ParamError):
        build()


def test_knobs_that_contradict_each_other() -> None:
    with pytest.raises(ParamError, match=r"panel\.min_history = 60 exceeds panel\.lookback = 40"):
        Params().with_settings({"panel.lookback": 40})
    assert Params().with_settings({"panel.lookback": 40, "panel.min_history": 40})
    with pytest.raises(ParamError, match=r"sweep\.stop = 0\.5 is below sweep\.start = 0\.6"):
        Params().with_settings({"sweep.start": 0.6, "sweep.stop": "0.5"})


def test_what_means_the_same_is_equal() -> None:
    """One choice, one cache key."""
    first = Params().with_settings({"data.classes": "fx, equity,fx", "data.base_currency": "eur"})
    second = Params(data=DataParams(classes=("equity", "FX"), base_currency="EUR"))
    assert first == second
    assert hash(first) == hash(second)
    assert first.data.classes == ("equity", "fx")
    assert Params().with_settings({"tree.threshold": "auto"}) == Params()
    day = dt.datetime(2022, 12, 28, 17, 30)
    assert Params().with_settings({"data.as_of": day}).data.as_of == dt.date(2022, 12, 28)


def _values(key: str) -> st.SearchStrategy:
    meta = KNOBS[key].metadata
    special = {
        "data.as_of": st.none() | st.dates(),
        "data.classes": st.lists(st.text("abcxyz ", min_size=1, max_size=5), max_size=4),
        "data.base_currency": st.sampled_from(["USD", "EUR", "jpy"]),
        "tree.linkage": st.sampled_from(LINKAGES),
        "tree.threshold": st.none() | st.floats(0, 2),
        "panel.lookback": st.integers(1300, 2600),
        "panel.min_history": st.integers(10, 1300),
        "drift.rebalance_turnover": st.floats(0, 0.5),
        "drift.urgent_turnover": st.floats(0.5, 1),
        "sweep.start": st.floats(0, 1),
        "sweep.stop": st.floats(1, 2),
    }
    if key in special:
        return special[key]
    if meta["choices"]:
        return st.sampled_from(meta["choices"])
    if key == "drift.cash_floors":
        return st.sets(st.sampled_from(["EUR:1000", "JPY:0.5", " GBP : 12"])).map(sorted)
    if isinstance(KNOBS[key].default, tuple):
        return st.lists(st.text("aXyZ =.:", min_size=1, max_size=8), max_size=4)
    if isinstance(KNOBS[key].default, bool):
        return st.booleans()
    numbers = st.integers if isinstance(KNOBS[key].default, int) else st.floats
    return numbers(meta["low"], meta["high"])


@given(st.fixed_dictionaries({key: _values(key) for key in KNOBS}))
def test_json_round_trip(settings: dict[str, object]) -> None:
    params = Params().with_settings(settings)
    back = Params.from_json(json.loads(json.dumps(params.to_json(), allow_nan=False)))
    assert back == params
    assert hash(back) == hash(params)


def test_json_holds_every_knob_and_absent_ones_take_their_default() -> None:
    document = Params().to_json()
    assert {f"{g}.{k}" for g, knobs in document.items() for k in knobs} == set(KNOBS)
    assert Params.from_json({}) == Params()
    assert Params.from_json({"tree": {}}) == Params()


def test_params_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Params().tree.threshold = 0.3


def test_every_knob_says_what_it_means_and_its_default_fits() -> None:
    for key, knob in KNOBS.items():
        meta = knob.metadata
        assert meta["meaning"], key
        if meta["low"] is not None and knob.default is not None:
            assert meta["low"] <= knob.default <= meta["high"]


def test_presets() -> None:
    assert set(PRESETS) == {"roadmap", "evidence"}
    assert preset("roadmap") == Params()
    assert preset("roadmap").panel.lookback == 200
    assert preset("roadmap").tree.linkage == "average"
    assert preset("evidence").tree.threshold == 0.5
    with pytest.raises(ParamError, match="roadmap or evidence"):
        preset("nonsense")


def test_a_threshold_is_used_as_it_is_shown() -> None:
    given = Params().with_settings({"tree.threshold": 0.4000001})
    assert pipeline.threshold_of(None, given) == (0.4, "manual")
    finer = Params().with_settings({"tree.threshold": np.nextafter(0.555, 1)})
    assert pipeline.threshold_of(None, finer)[0] == 0.555
    with pytest.raises(InputError, match="no regime"):
        pipeline.threshold_of(None, Params())


def one_sentence(text: str) -> bool:
    """One line that ends as a sentence does."""
    return "\n" not in text and text.endswith(".") and len(text) < 400
