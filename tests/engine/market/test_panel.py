"""Who is in a panel, who is out and why, and what the panel says of each."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hand_made import (
    NEW_YORK,
    fx,
    instrument_frame,
    make_grid,
    mixed_grid,
    price_frame,
    walk,
    weekday_index,
)

from engine.core.errors import EmptyUniverse, InputError
from engine.market.grid import build_grid
from engine.market.panel import Panel, build_panel
from engine.params import DataParams, PanelParams

NAN = np.nan
N = 100
PARAMS = PanelParams(lookback=60, min_history=20)
DATES = [d.date() for d in weekday_index(N)]


def holed(seed: int, *slices: slice) -> np.ndarray:
    values = walk(seed, N)
    for hole in slices:
        values[hole] = NAN
    return values


def row(panel: Panel, symbol: str) -> pd.Series:
    return panel.table.set_index("symbol").loc[symbol]


def build(
    closes: dict[str, np.ndarray], data: DataParams | None = None, params: PanelParams = PARAMS,
    **more: dict,
) -> Panel:  # fmt: skip
    return build_panel(make_grid(closes, **more), data or DataParams(as_of=DATES[-1]), params)


OUT = {
    "benchmark": ({"role": "benchmark"}, []),
    "not selected": ({"asset_class": "bond"}, []),
    "no price": ({}, [slice(None)]),
    "ended": ({}, [slice(-11, None)]),
    "stale": ({}, [slice(-6, None)]),
    "short history": ({}, [slice(None, -20)]),  # 20 closes are 19 returns
    "no rate": ({"currency": "CHF"}, []),
}


@pytest.mark.parametrize("reason", OUT)
def test_each_reason_to_be_out(reason: str) -> None:
    described, holes = OUT[reason]
    data = DataParams(as_of=DATES[-1], classes=("equity", "index"))
    closes = {"GOOD": walk(1, N), "ODD": holed(2, *holes)}
    panel = build(closes, data, ODD=described, INDEX={"asset_class": "index"})
    assert panel.symbols == ("GOOD",)
    assert row(panel, "ODD")["status"] == reason
    assert row(panel, "ODD")["detail"]
    assert set(panel.out["symbol"]) == {"ODD", "INDEX"}
    assert panel.members["symbol"].tolist() == ["GOOD"]


@pytest.mark.parametrize(
    ("holes", "status"),
    [
        ([slice(-5, None)], "in"),  # last close exactly 5 weekdays old
        ([slice(-6, None)], "stale"),
        ([slice(-10, None)], "stale"),
        ([slice(-11, None)], "ended"),
        ([slice(None, -21)], "in"),  # exactly 20 returns
        ([slice(-31, -20)], "short history"),  # an 11-session hole: the life is 20 closes long
        ([slice(-30, -20)], "in"),  # a 10-session hole is spanned
    ],
)
def test_where_the_lines_are_drawn(holes: list[slice], status: str) -> None:
    panel = build({"GOOD": walk(1, N), "ODD": holed(2, *holes)})
    assert row(panel, "ODD")["status"] == status


def test_a_constant_price_is_out() -> None:
    for level in (1.0, 0.1, 123.456):
        panel = build({"GOOD": walk(1, N), "FLAT": np.full(N, level)})
        assert row(panel, "FLAT")["status"] == "constant"


def test_lines_move_with_their_knobs() -> None:
    closes = {"GOOD": walk(1, N), "ODD": holed(2, slice(-6, None))}
    patient = PanelParams(lookback=60, min_history=20, stale_after=6)
    assert build(closes, params=patient).symbols == ("GOOD", "ODD")
    strict = PanelParams(lookback=60, min_history=60)
    assert row(build(closes, params=strict), "ODD")["status"] == "stale"


def test_ended_instruments_are_out_before_anything_about_their_history() -> None:
    panel = build({"GOOD": walk(1, N), "OLD": holed(2, slice(5, None))})
    assert row(panel, "OLD")["status"] == "ended"
    assert row(panel, "OLD")["detail"] == f"last close {DATES[4]}"


def test_as_of_before_the_first_close() -> None:
    with pytest.raises(InputError, match=r"2023-12-31.*2024-01-01"):
        build({"A": walk(1, N)}, DataParams(as_of=dt.date(2023, 12, 31)))


def test_as_of_on_a_weekend_is_the_friday() -> None:
    closes = {"A": walk(1, N), "B": walk(2, N)}
    friday, saturday, sunday = (dt.date(2024, 5, d) for d in (3, 4, 5))
    first = build(closes, DataParams(as_of=friday))
    for day in (saturday, sunday):
        panel = build(closes, DataParams(as_of=day))
        assert panel.as_of == day
        assert panel.days[-1] == np.datetime64(friday)
        np.testing.assert_array_equal(panel.returns, first.returns)
        pd.testing.assert_frame_equal(panel.table, first.table)


def test_as_of_beyond_the_last_close() -> None:
    """Weekdays without any close count as well: ages grow, nothing is made up."""
    closes = {"A": walk(1, N), "B": walk(2, N)}
    end = DATES[-1]  # Friday 2024-05-17
    assert end.isoweekday() == 5
    later = build(closes, DataParams(as_of=end + dt.timedelta(days=5)))  # three weekdays on
    assert later.symbols == ("A", "B")
    assert row(later, "A")["age"] == 3
    assert row(later, "A")["n"] == 57
    assert row(later, "A")["missing_share"] == pytest.approx(3 / 60)
    assert later.returns.shape == (57, 2)
    with pytest.raises(EmptyUniverse, match="2 stale"):
        build(closes, DataParams(as_of=end + dt.timedelta(days=10)))
    with pytest.raises(EmptyUniverse, match=f"2 ended.*Last close: {end}"):
        build(closes, DataParams(as_of=dt.date(2099, 1, 1)))


def test_unknown_class_names_those_that_exist() -> None:
    closes = {"A": walk(1, N), "E": walk(2, N)}
    with pytest.raises(InputError, match=r"No asset class stonks.*equity, fx"):
        build(closes, DataParams(as_of=DATES[-1], classes=("equity", "stonks")), E=fx())


def test_nobody_left_says_why() -> None:
    closes = {"A": holed(1, slice(None, -10)), "B": holed(2, slice(-8, None))}
    with pytest.raises(EmptyUniverse) as caught:
        build(closes)
    assert "1 short history" in str(caught.value)
    assert "1 stale" in str(caught.value)


def test_n_missing_share_and_short() -> None:
    closes = {
        "FULL": walk(1, N),
        "HOLED": holed(2, slice(-50, -47), slice(-20, -18)),  # 5 of 60 missing
        "YOUNG": holed(3, slice(None, -41)),  # 40 returns, none missing
        "EDGE": holed(4, slice(None, -49)),  # 48 returns: exactly 0.8 of 60
    }
    panel = build(closes)
    got = panel.table.set_index("symbol")[["n", "short", "missing_share", "sessions", "gaps"]]
    assert got["n"].to_dict() == {"FULL": 60, "HOLED": 55, "YOUNG": 40, "EDGE": 48}
    assert got["short"].to_dict() == {"FULL": False, "HOLED": False, "YOUNG": True, "EDGE": False}
    assert got["missing_share"].to_dict() == pytest.approx(
        {"FULL": 0, "HOLED": 5 / 60, "YOUNG": 0, "EDGE": 0}
    )
    assert got["sessions"].to_dict() == {"FULL": 100, "HOLED": 95, "YOUNG": 41, "EDGE": 49}
    assert (got["gaps"] == 0).all()


def test_volatility_is_annualised_by_the_observed_rate() -> None:
    """A share without every tenth weekday: the variance of a year is the same."""
    values = walk(1, N)
    values[5::10] = NAN
    panel = build({"FULL": walk(2, N), "HOLED": values})
    for symbol in ("FULL", "HOLED"):
        series = pd.Series(walk(2, N) if symbol == "FULL" else values)[-61:].dropna()
        steps = series.pct_change().dropna()
        per_year = 261 * len(steps) / 60
        assert row(panel, symbol)["volatility"] == pytest.approx(steps.std() * np.sqrt(per_year))
    assert row(panel, "FULL")["volatility"] == pytest.approx(0.01 * np.sqrt(261), rel=0.25)


def test_a_break_is_on_record_and_leaves_every_moment() -> None:
    """As FISV: two lives, the second at twice the level."""
    values = holed(1, slice(20, 50))
    values[50:] *= 2
    panel = build({"GOOD": walk(2, N), "SPLIT": values})
    (gap,) = panel.gaps
    assert (gap.symbol, gap.sessions_missed) == ("SPLIT", 30)
    assert (gap.last_before, gap.first_after) == (DATES[19], DATES[50])
    assert gap.spanning_return == pytest.approx(values[50] / values[19] - 1)
    told = row(panel, "SPLIT")
    assert (told["n"], told["gaps"], told["status"]) == (49, 1, "in")
    assert told["life_start"].date() == DATES[50]
    assert np.abs(panel.returns[:, 1][np.isfinite(panel.returns[:, 1])]).max() < 0.1


@pytest.mark.parametrize(
    ("other", "horizon"),
    [
        ({"asset_class": "fx", "fixing": "14:15 Europe/Berlin"}, 3),
        ({"asset_class": "equity"}, 1),
        ({"asset_class": "bond"}, 1),  # another class fixed at the same time
        ({"fixing": ""}, 3),  # unknown is not known to be the same
    ],
)
def test_the_horizon_follows_fixing_times(other: dict, horizon: int) -> None:
    panel = build({"A": walk(1, N), "B": walk(2, N)}, B=other)
    assert panel.horizon == horizon
    if horizon == 1:
        np.testing.assert_array_equal(panel.moment_returns, panel.returns)
        assert row(panel, "A")["n_effective"] == 60
    else:
        values = walk(1, N)
        direct = values[3:] / values[:-3] - 1
        np.testing.assert_allclose(panel.moment_returns[:, 0], direct[-60:], rtol=1e-12)
        assert row(panel, "A")["n_effective"] == pytest.approx(60 * 9 / 19)
    assert panel.returns.shape == (60, 2)


def test_only_members_decide_the_horizon() -> None:
    closes = {"A": walk(1, N), "B": holed(2, slice(-8, None))}
    assert build(closes, B={"fixing": "00:00 UTC"}).horizon == 1


def test_unknown_fixing_of_one_class_is_one_kind_and_noted() -> None:
    closes = {"A": walk(1, N), "B": walk(2, N)}
    panel = build(closes, A={"fixing": ""}, B={"fixing": ""})
    assert panel.horizon == 1
    assert "Fixing time unknown: equity." in panel.notes
    two = build(closes, A={"fixing": ""}, B=fx(fixing=""))
    assert two.horizon == 3
    crypto = build(closes, A={"fixing": ""}, B={"fixing": "", "asset_class": "crypto"})
    assert crypto.horizon == 3
    assert "Fixing time unknown: crypto, equity." in crypto.notes


@pytest.mark.parametrize("horizon", [1, 2, 5])
def test_a_horizon_that_is_asked_for_is_taken(horizon: int) -> None:
    params = PanelParams(lookback=60, min_history=20, horizon=horizon)
    panel = build({"A": walk(1, N), "B": walk(2, N)}, params=params, B={"fixing": "00:00 UTC"})
    assert panel.horizon == horizon
    values = walk(1, N)
    direct = values[horizon:] / values[:-horizon] - 1
    np.testing.assert_allclose(panel.moment_returns[:, 0], direct[-60:], rtol=1e-12)


def test_adjusted_closes_give_the_returns() -> None:
    """A 2-for-1 split on row 70: the traded close halves, the adjusted one does not."""
    adjusted = pd.DataFrame({"A": walk(1, N), "B": walk(2, N)}, index=weekday_index(N))
    traded = adjusted.copy()
    traded.loc[traded.index[:70], "A"] *= 2
    table = instrument_frame(A={"fixing": NEW_YORK}, B={})
    data = DataParams(as_of=DATES[-1])
    panel = build_panel(build_grid(price_frame(traded, adjusted), table), data, PARAMS)
    wanted = adjusted["A"].pct_change().to_numpy()[-60:]
    np.testing.assert_allclose(panel.returns[:, 0], wanted, rtol=1e-12)
    assert panel.notes == ()

    # One adjusted close is missing: a mixture would jump, so closes as traded are used and named.
    adjusted.iloc[60, 0] = NAN
    panel = build_panel(build_grid(price_frame(traded, adjusted), table), data, PARAMS)
    wanted = traded["A"].pct_change().to_numpy()[-60:]
    np.testing.assert_allclose(panel.returns[:, 0], wanted, rtol=1e-12)
    assert panel.notes == ("Adjusted closes incomplete, closes as traded used: A.",)


def test_the_order_of_input_changes_nothing() -> None:
    grid = mixed_grid()
    prices = price_frame(pd.DataFrame(grid.close, index=grid.days, columns=grid.symbols))
    rng = np.random.default_rng(3)
    shuffled = prices.iloc[rng.permutation(len(prices))]
    table = grid.instruments.iloc[rng.permutation(len(grid.symbols))]
    first, second = (
        build_panel(build_grid(p, t), DataParams(), PanelParams())
        for p, t in ((prices, grid.instruments), (shuffled, table))
    )
    assert first.symbols == second.symbols
    np.testing.assert_array_equal(first.moment_returns, second.moment_returns)
    pd.testing.assert_frame_equal(first.table, second.table)


def test_shapes_and_order() -> None:
    panel = build_panel(mixed_grid(), DataParams(), PanelParams())
    n = len(panel.symbols)
    assert list(panel.symbols) == sorted(panel.symbols) == panel.members["symbol"].tolist()
    assert panel.days.shape == (200,)
    for array in (panel.values, panel.returns, panel.moment_returns):
        assert array.shape == (200, n)
        assert not array.flags.writeable
    assert (np.isfinite(panel.returns).sum(axis=0) == panel.members["n"]).all()
    assert (panel.members["n"] >= 60).all()
    assert len(panel.table) == 18
    assert len(panel.members) + len(panel.out) == 18


def test_a_window_longer_than_history() -> None:
    params = PanelParams(lookback=500, min_history=20)
    panel = build({"A": walk(1, N), "B": walk(2, N)}, params=params)
    assert panel.returns.shape == (N, 2)
    assert row(panel, "A")["n"] == N - 1
    assert row(panel, "A")["missing_share"] == 0
    assert row(panel, "A")["short"]
