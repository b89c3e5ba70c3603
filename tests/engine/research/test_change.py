"""Why weights changed: one thing at a time."""

from __future__ import annotations

import datetime as dt

import pytest
from hand_made import mixed_grid

from engine import pipeline
from engine.core.errors import InputError, NoPortfolio
from engine.params import Params
from engine.research import change as c

TODAY = dt.date(2025, 6, 30)


def test_stages_end_at_the_parameters_of_now_and_hold_t_at_first() -> None:
    before = Params().with_settings({"data.as_of": "2025-05-01", "allocation.penalty": 2.0})
    after = Params().with_settings(
        {"data.as_of": TODAY, "tree.threshold": 0.6, "limits.asset_cap": 0.2}
    )
    steps = dict(c.stages(before, 0.3, after, TODAY))
    assert list(steps) == list(c.CAUSES)
    assert steps["data"].data.as_of == TODAY
    assert steps["data"].tree.threshold == 0.3
    assert steps["data"].limits == before.limits
    assert steps["regime or threshold"].tree == after.tree
    assert steps["limits"].limits == after.limits
    assert steps["limits"].allocation == before.allocation
    assert steps["parameters"] == after


def test_causes_by_hand() -> None:
    a, b = Params(), Params().with_settings({"allocation.penalty": 1.0})
    made = {a: {"X": 0.5, "CASH": 0.5}, b: {"X": 0.2, "Y": 0.8}}
    found = c.explain({"X": 0.4, "Z": 0.6}, (("data", a), ("parameters", b)), made.__getitem__)
    rows = found.table.set_index("symbol")
    assert list(found.table["symbol"]) == ["Y", "Z", "X", "CASH"]
    assert dict(rows["data"]) == pytest.approx({"Y": 0, "Z": -0.6, "X": 0.1, "CASH": 0.5})
    assert dict(rows["change"]) == pytest.approx({"Y": 0.8, "Z": -0.6, "X": -0.2, "CASH": 0})
    assert found.turnover == pytest.approx({"data": 0.6, "parameters": 0.8, "all": 0.8})


def test_a_step_without_a_portfolio_joins_the_next_and_says_so() -> None:
    a, b = Params(), Params().with_settings({"allocation.penalty": 1.0})

    def weights(params: Params) -> dict[str, float]:
        if params == a:
            raise NoPortfolio("Too tight.")
        return {"X": 1.0}

    found = c.explain({"X": 0.5, "CASH": 0.5}, (("limits", a), ("parameters", b)), weights)
    assert found.causes == ("limits + parameters",)
    assert found.notes == ("Limits alone gives no portfolio: Too tight.",)
    with pytest.raises(NoPortfolio):
        c.explain({"X": 1.0}, (("limits", b), ("parameters", a)), weights)
    with pytest.raises(InputError):
        c.explain({"X": 1.0}, (), weights)


@pytest.mark.parametrize(
    ("setting", "cause"),
    [
        ({}, "data"),
        ({"tree.threshold": 0.75}, "regime or threshold"),
        ({"limits.asset_cap": 0.3, "limits.cluster_cap": 0.6}, "limits"),
        ({"allocation.profile": "hrp"}, "parameters"),
    ],
)
def test_on_a_real_pipeline_each_thing_is_its_own_cause(setting: dict, cause: str) -> None:
    grid = mixed_grid()
    then = grid.days[-30].astype(object) if cause == "data" else grid.last_day()
    before = Params().with_settings({"data.as_of": then})
    first = pipeline.optimise(grid, before)
    after = before.with_settings({"data.as_of": grid.last_day()} | setting)

    def weights(params: Params) -> dict[str, float]:
        return pipeline.weights_of(pipeline.optimise(grid, params))

    steps = c.stages(before, first.analysis.cut.threshold, after, grid.last_day())
    found = c.explain(pipeline.weights_of(first), steps, weights)
    parts = found.table[list(found.causes)].sum(axis=1)
    assert parts.to_numpy() == pytest.approx(found.table["change"].to_numpy(), abs=1e-12)
    assert found.table["change"].sum() == pytest.approx(0, abs=1e-9)
    assert found.turnover[cause] > 1e-3
    # The regime may move with the data, so only what was not touched must do nothing.
    quiet = set(c.CAUSES) - {cause, "regime or threshold" if cause == "data" else cause}
    assert all(found.turnover[other] < 1e-9 for other in quiet)
