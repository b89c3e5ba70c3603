"""The same money under other rules, and against a benchmark."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made import make_grid, mixed_grid, walk
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skfolio.measures import effective_number_assets

from engine import pipeline
from engine.core.errors import InputError
from engine.core.weights import effective_number, one_way
from engine.params import PRESETS, DataParams, PanelParams, Params
from engine.research import benchmark as b
from engine.research import compare as c
from engine.research.holdings import by_cluster, holdings

weights = arrays(float, 6, elements=st.floats(0, 1)).map(lambda x: x / max(1.0, x.sum()))


@pytest.fixture(scope="module")
def made() -> pipeline.Portfolio:
    return pipeline.optimise(mixed_grid(), Params())


def test_measures_by_hand() -> None:
    covariance = np.diag([0.04, 0.01])
    scenarios = np.array([[0.01, 0.0]] * 19 + [[-0.1, 0.02]])
    half = np.array([0.5, 0.3])
    a, e = c.measure([("a", half), ("e", c.equal_weights(2))], covariance, scenarios)
    assert a.cash == pytest.approx(0.2)
    assert a.volatility == pytest.approx(np.sqrt(0.25 * 0.04 + 0.09 * 0.01))
    assert a.cvar_95 == pytest.approx(0.05 - 0.006)
    assert a.effective == pytest.approx(0.64 / 0.34)
    assert (a.largest, a.turnover) == (0.5, 0.0)
    assert e.turnover == pytest.approx(0.2)  # from cash into the second
    assert c.turnovers([a, e]) == pytest.approx(np.array([[0, 0.2], [0.2, 0]]))


def test_without_a_first_portfolio_turnover_is_unknown_and_weights_must_fit() -> None:
    one = np.eye(2)
    (e,) = c.measure([("none", None), ("e", c.equal_weights(2))], one, np.eye(3, 2))
    assert np.isnan(e.turnover)
    with pytest.raises(InputError, match="short"):
        c.measure([("short", np.ones(1))], one, np.eye(3, 2))
    assert np.isnan(effective_number(np.zeros(3)))


@given(weights)
def test_effective_number_is_skfolio_s_of_what_is_invested(w: np.ndarray) -> None:
    if w.sum() > 1e-3:
        assert effective_number(w) == pytest.approx(effective_number_assets(w / w.sum()))


@given(weights, weights, weights)
def test_turnover_is_a_distance(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> None:
    assert c.turnover(x, y) == pytest.approx(c.turnover(y, x))
    assert c.turnover(x, x) == 0
    assert c.turnover(x, y) <= c.turnover(x, z) + c.turnover(z, y) + 1e-12
    assert -1e-12 <= c.turnover(x, y) <= 1 + 1e-12


def test_turnover_between_runs_counts_who_came_and_went() -> None:
    before, after = {"A": 0.6, "CASH": 0.4}, {"B": 0.5, "A": 0.5}
    assert one_way(before, after) == pytest.approx(0.5)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_keeps_the_data_and_own_bounds(name: str) -> None:
    params = Params().with_settings(
        {"panel.lookback": 150, "limits.bounds": ("asset:A=..5%",), "allocation.penalty": 2.0,
         "tree.linkage": "ward", "data.classes": "fx"}
    )  # fmt: skip
    other = c.under(params, name)
    assert (other.data, other.panel) == (params.data, params.panel)
    assert other.limits.bounds == params.limits.bounds
    wanted = Params().with_settings(PRESETS[name])
    assert (other.tree, other.allocation) == (wanted.tree, wanted.allocation)


def test_the_plain_one_has_no_clusters_in_it(made: pipeline.Portfolio) -> None:
    plain = c.alternatives(Params())["Plain"]
    kinds = pipeline.optimise(mixed_grid(), plain)
    other_cut = pipeline.optimise(mixed_grid(), plain.with_settings({"tree.threshold": 0.9}))
    assert kinds.allocation.weights == pytest.approx(other_cut.allocation.weights, abs=1e-9)
    assert {x.kind for x in kinds.allocation.binding} <= {"asset", "class"}


def test_measures_agree_with_the_allocation(made: pipeline.Portfolio) -> None:
    risk, own = made.risk, made.allocation
    (m,) = c.measure([("x", own.weights)], risk.covariance.matrix, risk.scenarios.returns)
    assert m.volatility == pytest.approx(own.volatility)
    assert m.cvar_95 == pytest.approx(own.cvar_95)
    assert m.cash == pytest.approx(own.cash, abs=1e-12)


def test_holdings_add_up(made: pipeline.Portfolio) -> None:
    held = holdings(made)
    clusters = by_cluster(made, held)
    for column in ("risk_share", "cvar_share"):
        assert held[column].sum() == pytest.approx(1)
        assert clusters[column].sum() == pytest.approx(1)
    by_id = dict(zip(made.allocation.cluster_ids, made.allocation.cluster_weights, strict=True))
    assert dict(zip(clusters["id"], clusters["weight"], strict=True)) == pytest.approx(by_id)
    best = held.loc[held.groupby("cluster")["momentum"].idxmax(), "momentum_rank"]
    assert set(best) == {1.0}


def test_tracking_of_itself_and_by_hand() -> None:
    rng = np.random.default_rng(3)
    own = rng.normal(0, 0.01, 261)
    same = b.track(own, own, 1)
    assert (same.ex_post, same.days) == (0, 261)
    assert (same.beta, same.correlation) == pytest.approx((1, 1))
    other = rng.normal(0, 0.01, 261)
    other[::5] = np.nan
    found = b.track(own, other, 1)
    gap = (own - other)[np.isfinite(other)]
    years = 260 / 261  # from the first to the last common day there are 260 weekdays
    per_year = np.isfinite(other).sum() / (years * 261 - 1) * 261
    assert found.ex_post == pytest.approx(gap.std(ddof=1) * np.sqrt(per_year))
    assert found.days == np.isfinite(other).sum()


def test_too_few_days_or_no_move_is_unknown() -> None:
    own = np.linspace(-0.01, 0.01, 100)
    few = np.where(np.arange(100) < b.LEAST_DAYS - 1, own, np.nan)
    assert b.track(own, few, 1).ex_post is None
    assert b.track(own, np.zeros(100), 1).beta is None


def test_ex_ante_of_two_assets() -> None:
    covariance = np.array([[0.04, 0.0], [0.0, 0.09]])
    assert b.ex_ante(np.array([0.1, -0.1]), covariance) == pytest.approx(np.sqrt(0.0013))


def test_a_benchmark_s_returns_are_its_own_and_end_at_the_date() -> None:
    grid = make_grid(
        {"A": walk(1, 300), "B": walk(2, 300), "I": walk(3, 300)}, I={"role": "benchmark"}
    )
    assert b.benchmarks(grid) == ("I",)
    as_of = grid.days[-20].astype(object)
    panel = pipeline.build_panel(grid, DataParams(as_of=as_of), PanelParams())
    found = b.benchmark_returns(grid, panel, "I", 10)
    closes = grid.close[:, grid.symbols.index("I")]
    last = len(grid.days) - 20
    assert found[-1] == pytest.approx(closes[last] / closes[last - 1] - 1)
    assert len(found) == len(panel.days)
    with pytest.raises(InputError, match="NONE"):
        b.benchmark_returns(grid, panel, "NONE", 10)
