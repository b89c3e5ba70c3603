"""The whole portfolio at every threshold: each point is the portfolio there, cliffs in place."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hand_made import mixed_universe
from hypothesis import given
from hypothesis import strategies as st

from engine import pipeline
from engine.cli.main import main
from engine.core.errors import InputError
from engine.desk import Desk
from engine.desk.whatif import cost_between
from engine.market.grid import Grid, build_grid
from engine.params import Params
from engine.params.trading import TradeParams
from engine.pipeline import whatif as sweeps
from engine.pipeline.goals import goals_of, met

BASE = {
    "sweep.start": 0.3, "sweep.stop": 0.7, "sweep.step": 0.1, "limits.asset_cap": 0.15,
    "limits.asset_cap_names": 0, "limits.cluster_cap": 0.3,
}  # fmt: skip


@pytest.fixture(scope="module")
def grid() -> Grid:
    return build_grid(*mixed_universe())


def setting(grid: Grid, **more: object) -> sweeps.Setting:
    settings = BASE | {k.replace("__", "."): v for k, v in more.items()}
    return sweeps.setting(grid, Params().with_settings(settings))


@pytest.mark.parametrize(
    "more",
    [
        {}, {"allocation__layers": "single"}, {"allocation__profile": "min_cvar"},
        {"allocation__profile": "hrp"}, {"allocation__profile": "equal_weight"},
        {"allocation__penalty_kind": "portfolio_cvar", "allocation__penalty": 1.0},
        {"allocation__penalty_kind": "score", "allocation__penalty": 1.0},
        {"tree__linkage": "ward"},
    ],
    ids=lambda more: "-".join(map(str, more.values())) or "roadmap",
)  # fmt: skip
def test_each_point_is_the_portfolio_there(grid: Grid, more: dict[str, object]) -> None:
    on = setting(grid, **more)
    points = list(sweeps.whatif(on))
    for point in points[:: max(1, len(points) // 4)]:
        params = on.params.with_settings({"tree.threshold": point.threshold})
        alone = pipeline.optimise(grid, params)
        assert point.weights == {s: w for s, w in pipeline.weights_of(alone).items() if w > 0}
        assert (point.cvar_95, point.volatility) == (
            alone.allocation.cvar_95, alone.allocation.volatility,
        )  # fmt: skip
        assert (point.cash, point.cash_reason) == (
            alone.allocation.cash, alone.allocation.cash_reason,
        )  # fmt: skip
        assert math.fsum(point.cvar_by_cluster.values()) == pytest.approx(point.cvar_95)
        assert math.fsum(point.weights.values()) == pytest.approx(1)
        assert point.names == sum(s != "CASH" for s in point.weights)


def test_equal_cuts_are_solved_once(grid: Grid, monkeypatch: pytest.MonkeyPatch) -> None:
    on = setting(grid, sweep__step=0.005)
    solved = []
    real = sweeps.portfolio_at
    monkeypatch.setattr(sweeps, "portfolio_at", lambda on, t: solved.append(t) or real(on, t))
    points = list(sweeps.whatif(on))
    assert len(points) == 81
    assert len(solved) == len({p.n_clusters for p in points}) < 30
    assert [p.threshold for p in points] == sorted({p.threshold for p in points})


def test_turnover_and_cost_are_against_what_is_held(grid: Grid) -> None:
    on = setting(grid)
    held = {"ENE0": 0.5, "CASH": 0.5}
    cost = cost_between({"ENE0": "equity", "BTC": "crypto"}, TradeParams())
    for point in sweeps.whatif(on, held, cost):
        names = {*held, *point.weights}
        gone = sum(abs(held.get(s, 0) - point.weights.get(s, 0)) for s in names) / 2
        assert point.turnover == pytest.approx(gone)
        assert point.cost == cost(held, point.weights)
    # 40 % of shares at 3 bps and 10 % of coins at 15; cash at nothing.
    moved = cost({"ENE0": 0.5, "CASH": 0.5}, {"ENE0": 0.1, "BTC": 0.1, "CASH": 0.8})
    assert moved == pytest.approx((0.4 * 3 + 0.1 * 15) / 1e4)


def test_a_cliff_is_at_the_merge_that_makes_it(grid: Grid) -> None:
    on = setting(grid, sweep__start=0.1, sweep__stop=0.9, sweep__step=0.1)
    points = tuple(sweeps.whatif(on))
    found = sweeps.cliffs(on, points)
    assert found
    heights = on.analysis.tree.heights
    for cliff in found:
        assert np.isclose(heights, cliff.at, rtol=0, atol=1e-12).sum() >= 1
        below, above = (sweeps.point_at(on, t, 0) for t in (cliff.at - 1e-3, cliff.at + 1e-3))
        if len(heights[abs(heights - cliff.at) < 1e-3]) == 1:
            assert sweeps.jump(below, above) == pytest.approx(cliff.size, abs=1e-9)
        assert cliff.size >= min(sweeps.CLIFF_CASH, sweeps.CLIFF_TURNOVER)
        assert all(cliff.joins)
    assert [c.at for c in found] == sorted(c.at for c in found)
    assert not sweeps.cliffs(on, (points[0], points[0]))


def test_where_there_is_no_portfolio_the_reason_stands(grid: Grid) -> None:
    on = setting(grid, limits__bounds="asset:ENE0=0.2..0.3")  # over its cap of 15 %
    points = list(sweeps.whatif(on))
    assert {p.status for p in points} == {"no"}
    assert all(p.reason and p.cvar_95 is None and not p.weights for p in points)
    assert not sweeps.cliffs(on, tuple(points))


@given(st.integers(2, 8), st.integers(0, 1000))
def test_effective_bets_of_equal_risks(n: int, seed: int) -> None:
    """n uncorrelated risks of one size are n bets, a single one is one, and none are none."""
    assert sweeps.effective_bets(np.full(n, 1 / n), np.eye(n)) == pytest.approx(n)
    assert sweeps.effective_bets(np.eye(n)[0], np.eye(n)) == pytest.approx(1)
    assert sweeps.effective_bets(np.zeros(n), np.eye(n)) is None
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(n, n + 2))
    bets = sweeps.effective_bets(rng.dirichlet(np.ones(n)), root @ root.T)
    assert bets is not None
    assert 1 - 1e-9 <= bets <= n + 1e-9


def test_goals(grid: Grid) -> None:
    on = setting(grid)
    points = list(sweeps.whatif(on, sweeps.of_cash()))
    level = sorted(p.cvar_95 for p in points)[1]
    found = met(on, points, goals_of(f"cvar_95<={level},turnover<=1"))
    assert found.meets == tuple(p.threshold for p in points if p.cvar_95 <= level)
    none = met(on, points, goals_of("cvar_95<=0.0001, names>=3"))
    assert none.meets == ()
    best = next(p for p in points if p.threshold == none.nearest)
    assert best.cvar_95 == min(p.cvar_95 for p in points)
    assert none.misses == {"cvar_95": pytest.approx(best.cvar_95 - 0.0001)}
    for knob, changed in none.prices.items():
        raised = on.params.with_settings({knob: on.params.at(knob) + 0.01})
        alone = pipeline.optimise(grid, raised.with_settings({"tree.threshold": best.threshold}))
        assert changed["cvar_95"] == pytest.approx(alone.allocation.cvar_95 - best.cvar_95)
    assert met(on, points, goals_of("cost<=1")).nearest is None  # against nothing


@pytest.mark.parametrize("text", ["cvar<=1", "cash<0.1", "cash<=x", "", "cash<=0.1;names>=3"])
def test_goals_that_do_not_read_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="does not read"):
        goals_of(text)


def test_by_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prices, table = mixed_universe()
    prices.to_csv(tmp_path / "p.csv", index=False)
    table.to_csv(tmp_path / "i.csv", index=False)
    desk = Desk(tmp_path / "x.duckdb")
    desk.ingest(tmp_path / "p.csv", tmp_path / "i.csv", universe="own")
    desk.portfolios.create("book", "own", "USD", cash="1000")
    run = desk.save_run("own", Params())
    sets = [f"--set={k}={v}" for k, v in BASE.items()]

    def ask(*more: str) -> tuple[int, dict]:
        code = main(["whatif", *sets, *more, "--db", str(desk.store.path), "--json"])
        out = capsys.readouterr().out
        return code, json.loads(out) if out else {}

    code, found = ask("--against", "book", "--goal", "cash<=0.9")
    assert code == 0
    m = len(found["thresholds"])
    assert m == 5
    for key in ("n_clusters", "status", "volatility", "cvar_95", "cvar_by_cluster", "cash", "names",
                "cash_reason", "turnover", "cost", "effective", "effective_bets", "slack",
                "binding", "weights", "clusters"):  # fmt: skip
        assert len(found[key]) == m, key
    assert found["meets"] == found["thresholds"]
    assert found["turnover"][0] == pytest.approx(1 - found["cash"][0])
    code, of_run = ask("--against", run.run_id)
    assert of_run["against"] == f"the run {run.run_id}"
    code, blocks = ask("--knob", "within.alpha=0,1")
    assert [b["value"] for b in blocks["blocks"]] == ["0", "1"]
    assert blocks["blocks"][0]["weights"] != blocks["blocks"][1]["weights"]
    for wrong in (["--against", "nobody"], ["--knob", "within.alpha"], ["--knob", "a.b=1"],
                  ["--goal", "cash"]):  # fmt: skip
        assert ask(*wrong)[0] == 2
    assert main(["whatif", *sets, "--db", str(desk.store.path)]) == 0
    assert "CVaR 95" in capsys.readouterr().out
