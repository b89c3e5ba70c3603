"""Falls replayed, shocks by class, correlations of one."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest
from hand_made import make_grid, walk, weekday_index
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import pipeline
from engine.core.errors import InputError
from engine.market.grid import Grid
from engine.params import DataParams, PanelParams
from engine.research import stress as s
from engine.sources.drawdowns import drawdowns

DAYS = weekday_index(300)


def window(first: int, last: int, name: str = "w") -> s.Window:
    return s.Window(name, DAYS[first].date(), DAYS[last].date())


def universe(late: int = 60) -> Grid:
    c = walk(3, 300)
    c[:late] = np.nan
    return make_grid({"A": walk(1, 300), "B": walk(2, 300), "C": c})


def replay(grid: Grid, weights: list[float], *windows: s.Window) -> tuple[s.Replay, ...]:
    panel = pipeline.build_panel(grid, DataParams(), PanelParams())
    return s.replay(grid, panel, np.array(weights), 10, windows)


def test_the_windows_are_those_of_the_committed_table() -> None:
    table = drawdowns()
    starts, ends = set(table["start"].dt.date), set(table["end"].dt.date)
    assert all(w.start in starts and w.end in ends for w in s.WINDOWS)
    assert [w.name for w in s.WINDOWS] == ["2008", "2011", "2020", "2022"]


def test_a_replay_by_hand() -> None:
    grid = universe()
    (found,) = replay(grid, [0.5, 0.3, 0.0], window(20, 50))
    closes = grid.close
    wanted = 0.5 * (closes[50, 0] / closes[20, 0] - 1) + 0.3 * (closes[50, 1] / closes[20, 1] - 1)
    assert found.total == pytest.approx(wanted)
    assert (found.known, found.unknown) == (pytest.approx(1.0), ())
    path = 0.5 * closes[20:51, 0] / closes[20, 0] + 0.3 * closes[20:51, 1] / closes[20, 1] + 0.2
    assert found.worst == pytest.approx((path / np.maximum.accumulate(path) - 1).min())


def test_who_has_no_prices_is_unknown_and_never_made_up() -> None:
    grid = universe()
    early, late = replay(grid, [0.4, 0.2, 0.4], window(20, 50), window(80, 120))
    assert early.unknown == ("C",)
    assert early.total is None
    assert early.known == pytest.approx(0.6)
    assert early.added == pytest.approx(early.part * 0.6)
    assert late.total == pytest.approx(late.added)
    assert late.unknown == ()


def test_a_long_hole_inside_makes_an_asset_unknown_and_a_short_one_does_not() -> None:
    for hole, unknown in ((8, ()), (15, ("A",))):
        closes = {"A": walk(1, 300), "B": walk(2, 300)}
        closes["A"][30 : 30 + hole] = np.nan
        (found,) = replay(make_grid(closes), [0.5, 0.5], window(20, 60))
        assert found.unknown == unknown


def test_a_window_outside_of_what_is_known_is_unknown() -> None:
    before = s.Window("old", dt.date(2008, 1, 2), dt.date(2009, 1, 2))
    after = s.Window("new", DAYS[280].date(), DAYS[299].date() + dt.timedelta(30))
    for found in replay(universe(), [0.5, 0.3, 0.1], before, after):
        assert (found.total, found.part, found.worst) == (None, None, None)
        assert found.known == pytest.approx(0.1)  # cash
        assert found.unknown == ("A", "B", "C")


def test_nothing_after_the_as_of_date_is_read() -> None:
    grid, row = universe(), 150
    panel = pipeline.build_panel(
        grid, DataParams(as_of=DAYS[row].date()), PanelParams(lookback=100, min_history=20)
    )
    closes = grid.close.copy()
    closes[row + 1 :] = 7.0
    broken = dataclasses.replace(grid, close=closes)
    w = np.array([0.5, 0.3, 0.2])
    windows = (window(100, 140), window(140, 200))
    one, two = s.replay(grid, panel, w, 10, windows), s.replay(broken, panel, w, 10, windows)
    assert one[0].total == two[0].total is not None
    assert one[1].total is two[1].total is None


def test_weights_must_fit() -> None:
    with pytest.raises(InputError, match="3 members"):
        replay(universe(), [1.0], window(20, 50))


def test_shocks_by_hand() -> None:
    table = s.shock(["a", "b", "a"], np.array([0.2, 0.5, 0.1]), {"a": -0.5})
    assert list(table["class"]) == ["b", "a"]
    assert list(table["added"]) == pytest.approx([0.0, -0.15])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_together_is_never_less_than_now(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scenarios = rng.standard_t(4, (80, 5)) * rng.uniform(0.005, 0.03, 5)
    w = rng.dirichlet(np.ones(5)) * rng.uniform(0.3, 1)
    found = s.all_together(w, np.cov(scenarios.T), scenarios)
    assert found.volatility >= found.volatility_now - 1e-12
    assert found.cvar_95 >= found.cvar_now - 1e-12


def test_of_a_single_holding_nothing_changes() -> None:
    scenarios = np.random.default_rng(1).normal(0, 0.01, (100, 2))
    found = s.all_together(np.array([0.7, 0.0]), np.cov(scenarios.T), scenarios)
    assert found.volatility == pytest.approx(found.volatility_now)
    assert found.cvar_95 == pytest.approx(found.cvar_now)


@pytest.mark.parametrize(("missing", "unknown"), [(10, ()), (11, ("A",))])
def test_the_last_close_of_a_window_may_be_as_old_as_the_longest_gap(
    missing: int, unknown: tuple[str, ...]
) -> None:
    """A hole that only ends after the window: what it meets then is not known inside."""
    closes = {"A": walk(1, 300), "B": walk(2, 300)}
    closes["A"][61 - missing : 61] = np.nan
    (found,) = replay(make_grid(closes), [0.5, 0.5], window(20, 60))
    assert found.unknown == unknown
    if not unknown:
        a, b = (closes[name][row] / closes[name][20] - 1 for name, row in (("A", 50), ("B", 60)))
        assert found.total == pytest.approx(0.5 * a + 0.5 * b)


@pytest.mark.parametrize(("missing", "unknown"), [(10, ()), (11, ("A",))])
def test_the_first_close_of_a_window_may_be_as_old_as_the_longest_gap(
    missing: int, unknown: tuple[str, ...]
) -> None:
    closes = {"A": walk(1, 300), "B": walk(2, 300)}
    closes["A"][21 - missing : 21] = np.nan
    (found,) = replay(make_grid(closes), [0.5, 0.5], window(20, 60))
    assert found.unknown == unknown
    if not unknown:
        a, b = (closes[name][60] / closes[name][row] - 1 for name, row in (("A", 10), ("B", 20)))
        assert found.total == pytest.approx(0.5 * a + 0.5 * b)
