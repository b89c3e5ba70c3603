"""The allocation as a whole: limits, cash, determinism, order, words."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
from portfolio_problems import free, made_inputs, permuted, settings

from engine.allocation import allocate as module
from engine.allocation import solvers
from engine.allocation.allocate import Allocation, allocate
from engine.allocation.inputs import Inputs
from engine.allocation.profiles.kind import ProfileType
from engine.analytics.tails import cvar
from engine.core.errors import InputError, NoPortfolio, SolverFailed
from engine.params import PENALTY_KINDS, PROFILES, Params, preset

LAYERS = ("two", "single")
PASSED = 1e-8
Campaign = Callable[[int, int], int]


def every_limit(inputs: Inputs, params: Params, result: Allocation) -> list[tuple[str, float]]:
    """What each limit is passed by, from the definitions and nothing of ours."""
    w, limits = result.weights, params.limits
    cap = max(limits.asset_cap, limits.asset_cap_names / len(w))
    out = [("asset", float(w.max() - cap)), ("sign", float(-w.min()))]
    for labels, most in ((inputs.labels, limits.cluster_cap), (result.groups, limits.group_cap)):
        out += [(f"{j}", float(w[labels == j].sum() - most)) for j in np.unique(labels)]
    m = inputs.multiplier
    budgets = {
        "equity": limits.equity_budget * m, "crypto": limits.crypto_budget * m,
        "fx": limits.fx_budget, "bond": limits.other_budget,
    }  # fmt: skip
    classes = np.array(inputs.classes)
    return out + [(c, float(w[classes == c].sum() - most)) for c, most in budgets.items()]


def test_limits_hold_for_every_profile(campaign: Campaign) -> None:
    cash = bound = 0
    for seed in range(campaign(40, 2000)):
        kind = PENALTY_KINDS[seed % 3]
        inputs = made_inputs(seed, t=80)
        for i, profile in enumerate(PROFILES):
            params = settings(
                allocation__profile=profile, allocation__layers=LAYERS[(seed + i) % 2],
                allocation__penalty_kind=kind, limits__groups=("ward", "sector")[seed // 2 % 2],
                limits__asset_cap=(0.1, 0.05, 0.2)[seed % 3],
            )  # fmt: skip
            result = allocate(inputs, params)
            worst = max(every_limit(inputs, params, result), key=lambda limit: limit[1])
            assert worst[1] <= PASSED, (seed, profile, worst)
            assert abs(math.fsum(result.weights) + result.cash - 1) < 1e-14
            assert result.cash >= 0
            assert not ((result.weights > 0) & (result.weights < 1e-9)).any()
            assert (result.cash_reason != "") == (result.cash > 0)
            assert result.status == "solved"
            assert result.limits["slack"].min() >= -PASSED
            cash += result.cash > 0
            bound += bool(result.binding)
    assert cash > 8 and bound > 200, "the problems are hard enough to show something"


def test_the_parts_agree_with_the_weights() -> None:
    inputs = made_inputs(3)
    for layers in LAYERS:
        result = allocate(inputs, settings(allocation__layers=layers))
        w = result.weights
        sums = [w[inputs.labels == k].sum() for k in range(len(inputs.cluster_ids))]
        assert result.cluster_weights == pytest.approx(sums, abs=1e-15)
        assert result.intra_weights * result.cluster_weights[inputs.labels] == pytest.approx(
            w, abs=1e-12
        )
        assert result.group_weights == pytest.approx(
            {g: w[result.groups == g].sum() for g in result.group_names}
        )
        assert result.volatility == pytest.approx(np.sqrt(w @ inputs.covariance @ w))
        assert result.cvar_95 == pytest.approx(cvar(inputs.scenarios @ w))
        assert result.expected_excess == pytest.approx(inputs.mean @ w)
        assert not w.flags.writeable


def test_cash_is_what_the_limits_leave_and_no_more() -> None:
    """Only currencies: 25 % of them, and the rest is cash."""
    inputs = made_inputs(4, n=20)
    inputs = dataclasses.replace(inputs, classes=("fx",) * 20)
    result = allocate(inputs, settings(limits__group_cap=1.0))
    assert result.cash == pytest.approx(0.75, abs=1e-8)
    assert "class fx at most 25.0 %" in result.cash_reason
    assert "25.0 % be invested" in result.cash_reason
    assert [b.name for b in result.binding if b.kind == "class"] == ["fx"]


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_can_be_invested(profile: str) -> None:
    inputs = dataclasses.replace(made_inputs(5, n=10), classes=("crypto",) * 10)
    result = allocate(inputs, settings(limits__crypto_budget=0, allocation__profile=profile))
    assert result.cash == 1
    assert not result.weights.any()
    assert result.solver == "none"
    assert "class crypto at most 0.0 %" in result.cash_reason


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("layers", LAYERS)
def test_exactly_all_can_be_invested(profile: str, layers: str) -> None:
    """Ten assets of 10 % each: one point is left, and no cash."""
    inputs = made_inputs(6, n=10, threshold=0.0, multiplier=1.0)
    inputs = dataclasses.replace(inputs, classes=("bond",) * 10, mean=np.full(10, 0.03))
    params = settings(allocation__profile=profile, allocation__layers=layers, limits__group_cap=1.0)
    result = allocate(inputs, params)
    assert result.weights == pytest.approx(np.full(10, 0.1), abs=1e-8)
    assert result.cash == 0


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("layers", LAYERS)
def test_order_changes_nothing(profile: str, layers: str) -> None:
    inputs = made_inputs(8)
    rng = np.random.default_rng(1)
    assets = rng.permutation(len(inputs.symbols))
    clusters = rng.permutation(len(inputs.cluster_ids))
    params = settings(allocation__profile=profile, allocation__layers=layers)
    one, other = (allocate(i, params) for i in (inputs, permuted(inputs, assets, clusters)))
    assert other.weights.tobytes() == one.weights[assets].tobytes()
    assert other.intra_weights.tobytes() == one.intra_weights[assets].tobytes()
    assert other.cluster_weights.tobytes() == one.cluster_weights[clusters].tobytes()
    assert list(other.groups) == list(one.groups[assets])
    assert other.binding == one.binding


@pytest.mark.parametrize("profile", PROFILES)
def test_the_same_inputs_give_the_same_bits(profile: str) -> None:
    params = settings(allocation__profile=profile, allocation__penalty_kind="portfolio_cvar")
    first, second = (allocate(made_inputs(9), params) for _ in range(2))
    assert first.weights.tobytes() == second.weights.tobytes()
    assert first.cvar_95 == second.cvar_95


def test_duplicates_share_evenly() -> None:
    """Two assets that are the same: a singular covariance, and no reason to prefer either."""
    inputs = made_inputs(10, n=12)
    twin = np.r_[np.arange(12), 11]
    doubled = dataclasses.replace(
        inputs, symbols=(*inputs.symbols, "S999"), classes=(*inputs.classes, inputs.classes[-1]),
        sectors=(*inputs.sectors, inputs.sectors[-1]), labels=inputs.labels[twin],
        covariance=inputs.covariance[np.ix_(twin, twin)], scenarios=inputs.scenarios[:, twin],
        mean=inputs.mean[twin], momentum=inputs.momentum[twin],
        asset_fragility=inputs.asset_fragility[twin],
        linkage_correlation=inputs.linkage_correlation[np.ix_(twin, twin)],
    )  # fmt: skip
    for profile in ("min_variance", "risk_parity", "max_sharpe"):
        params = settings(allocation__layers="single", allocation__profile=profile)
        w = allocate(doubled, params.with_settings({"allocation.penalty": 0})).weights
        assert w[-1] == pytest.approx(w[-2], abs=1e-6)


def test_presets_differ_as_they_say() -> None:
    inputs = made_inputs(11, n=30)
    roadmap, evidence = (allocate(inputs, preset(name)) for name in ("roadmap", "evidence"))
    assert (roadmap.layers, evidence.layers) == ("two", "single")
    assert evidence.penalty == 0
    assert evidence.weights.max() <= 2 / 30 + PASSED
    assert roadmap.weights.max() > 2 / 30


def test_the_multiplier_scales_equity_and_crypto_only() -> None:
    inputs = made_inputs(12, n=40, multiplier=0.5)
    for layers in LAYERS:
        table = allocate(inputs, settings(allocation__layers=layers)).limits
        upper = table[table.kind == "class"].set_index("name")["upper"]
        assert upper["equity"] == 0.5
        assert upper["crypto"] == 0.1
        assert upper["fx"] == 0.25
        assert upper["bond"] == 1.0


def test_each_knob_moves_some_weight() -> None:
    inputs = made_inputs(16, n=36, multiplier=1.0)
    base = settings(limits__fx_budget=1.0, limits__crypto_budget=1.0)
    changed = {
        "allocation.layers": "single", "allocation.profile": "hrp", "allocation.penalty": 3,
        "allocation.penalty_kind": "score", "within.alpha": 1.0, "limits.cluster_cap": 0.06,
        "limits.asset_cap": 0.04, "limits.asset_cap_names": 8, "limits.group_cap": 0.12,
        "limits.groups": "sector", "limits.equity_budget": 0.3, "limits.crypto_budget": 0.0,
        "limits.fx_budget": 0.0, "limits.other_budget": 0.0,
        "limits.bounds": "class:bond=..1%",
    }  # fmt: skip
    plain = allocate(inputs, base).weights
    for key, value in changed.items():
        other = allocate(inputs, base.with_settings({key: value})).weights
        assert np.abs(other - plain).max() > 1e-4, key


# --- the manager's own bounds -------------------------------------------------------------------
def test_random_bounds_hold_or_are_named(campaign: Campaign) -> None:
    held = named = 0
    for seed in range(campaign(30, 2000)):
        inputs, rng = made_inputs(800 + seed, t=60), np.random.default_rng(seed)
        texts = []
        for _ in range(int(rng.integers(1, 5))):
            kind = rng.choice(["asset", "cluster", "class"])
            names = {
                "asset": inputs.symbols, "cluster": inputs.cluster_ids, "class": inputs.classes
            }[kind]  # fmt: skip
            low, high = sorted(rng.uniform(0, 0.15, 2))
            texts.append(f"{kind}:{rng.choice(names)}={low:.4f}..{high:.4f}")
        params = settings(
            limits__bounds=tuple(texts), allocation__layers=LAYERS[seed % 2],
            allocation__profile=("min_variance", "risk_parity", "hrp")[seed % 3],
        )  # fmt: skip
        try:
            result = allocate(inputs, params)
        except NoPortfolio as error:
            assert any(text.partition("=")[0] in str(error) for text in texts), (seed, error)
            named += 1
            continue
        held += 1
        rows = result.limits[result.limits.kind == "bound"]
        assert len(rows) == len(texts)
        assert rows["slack"].min() >= -PASSED
        assert max(passed for _, passed in every_limit(inputs, params, result)) <= PASSED
    assert held > 15 and named > 5


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("layers", LAYERS)
def test_a_lock_holds(profile: str, layers: str) -> None:
    inputs = made_inputs(17, n=24, multiplier=1.0)
    symbol = inputs.symbols[5]
    params = settings(
        allocation__profile=profile, allocation__layers=layers, limits__bounds=f"asset:{symbol}=1%"
    )
    result = allocate(inputs, params)
    assert result.weights[5] == pytest.approx(0.01, abs=PASSED)
    mine = [b for b in result.binding if b.kind == "bound"]
    assert [(b.name, b.side, b.limit) for b in mine] == [(f"asset:{symbol}", "lower", 0.01)]


@pytest.mark.parametrize("profile", PROFILES)
def test_an_asset_held_at_zero_leaves_its_cluster_whole(profile: str) -> None:
    inputs = made_inputs(18, n=24)
    big = int(np.argmax(np.bincount(inputs.labels)))
    i = int(np.flatnonzero(inputs.labels == big)[0])
    params = settings(
        allocation__profile=profile, limits__bounds=f"asset:{inputs.symbols[i]}=0",
        limits__cluster_cap=1.0, limits__group_cap=1.0, limits__asset_cap=1.0,
        limits__crypto_budget=1.0, limits__fx_budget=1.0,
    )  # fmt: skip
    result = allocate(inputs, params)
    assert result.weights[i] == 0
    assert result.intra_weights[inputs.labels == big].sum() == pytest.approx(1)
    if profile in ("risk_parity", "hrp", "blend"):
        assert result.cluster_weights[big] > 0


# --- what cannot be solved is said --------------------------------------------------------------
def test_a_solver_that_gives_up_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """daqp and Clarabel return numbers whatever happens: only the status tells."""
    inputs = made_inputs(19)
    real = solvers.daqp.solve

    def lost(*args: object, **more: object) -> tuple:
        x, value, _, info = real(*args, **more)
        return x, value, -4, info

    monkeypatch.setattr(solvers.daqp, "solve", lost)
    expected = allocate(inputs, settings())
    assert expected.solver == "clarabel (daqp gave up with -4)"
    monkeypatch.setattr(solvers, "CLARABEL_ITERATIONS", 2)
    with pytest.raises(SolverFailed, match="Clarabel ended with"):
        allocate(inputs, settings())


def test_weights_past_a_limit_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = made_inputs(20)
    wrong = {"min_variance": ProfileType("wrong", lambda p: (np.eye(p.region.n)[0], "wrong"))}
    monkeypatch.setattr(module, "PROFILES", wrong)
    with pytest.raises(SolverFailed, match="pass a limit"):
        allocate(inputs, settings())
    nan = {"min_variance": ProfileType("nan", lambda p: (np.full(p.region.n, np.nan), "wrong"))}
    monkeypatch.setattr(module, "PROFILES", nan)
    with pytest.raises(SolverFailed):
        allocate(inputs, settings())


def test_one_asset_and_one_cluster() -> None:
    inputs = made_inputs(21, n=1)
    for profile in PROFILES:
        for layers in LAYERS:
            params = free(allocation__profile=profile, allocation__layers=layers)
            one = dataclasses.replace(inputs, mean=[0.05], multiplier=1.0, fragility=[np.nan])
            assert allocate(one, params).weights == [1.0]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("mean", np.zeros(3), "mean has the shape"),
        ("labels", np.zeros(12, dtype=int), "labels must name each"),
        ("multiplier", 1.5, "multiplier"),
        ("symbols", ("A",) * 12, "each once"),
        ("fragility", "out", "fragility lies in 0 to 1"),
        ("covariance", "hole", "covariance has no number for S001"),
        ("covariance", "flat", "No variance: S001"),
        ("scenarios", "hole", "scenarios has no number for S001"),
    ],
)
def test_inputs_that_do_not_fit(field: str, value: object, message: str) -> None:
    inputs = made_inputs(22, n=12)
    if isinstance(value, str):
        array = np.array(getattr(inputs, field))
        if value == "out":
            array[0] = 1.2
        elif value == "hole":
            array[1, 1] = np.nan
        else:
            array[1], array[:, 1] = 0, 0
        value = array
    with pytest.raises(InputError, match=message):
        dataclasses.replace(inputs, **{field: value})


def test_notes_say_what_was_assumed() -> None:
    inputs = made_inputs(23, n=14)
    fragility = inputs.fragility.copy()
    fragility[0] = np.nan
    mean = inputs.mean.copy()
    mean[2] = np.nan
    inputs = dataclasses.replace(inputs, fragility=fragility, mean=mean)
    notes = allocate(inputs, settings(allocation__penalty_kind="score")).notes
    assert any("Fragility unknown" in note and "Cluster 0" in note for note in notes)
    result = allocate(inputs, settings(allocation__profile="max_sharpe"))
    assert any("Expected return unknown" in n and inputs.symbols[2] in n for n in result.notes)
    assert (result.expected_excess is None) == bool(result.weights[2] > 0)
