"""The market's own move, against a loop over days."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made import weekday_index

from engine.market.basket import Basket
from engine.market.move import market_returns

NAN = np.nan


def basket(returns: np.ndarray) -> Basket:
    rows, columns = returns.shape
    days = weekday_index(rows).to_numpy().astype("datetime64[D]")
    return Basket("made", tuple(f"S{i}" for i in range(columns)), days, returns, "")


def looped(returns: np.ndarray, horizon: int) -> list[float]:
    """An index that stands still where nobody trades, and its ratios on days that trade."""
    levels, out = [], []
    for row, day in enumerate(returns):
        traded = [r for r in day if np.isfinite(r)]
        before = levels[-1] if levels else 1.0
        levels.append(before * (1 + sum(traded) / len(traded)) if traded else before)
        out.append(levels[row] / levels[row - horizon] - 1 if traded and row >= horizon else NAN)
    return out


def test_by_hand() -> None:
    """The second day has one member, the third none: the fourth spans it."""
    returns = np.array([[NAN, NAN], [0.1, NAN], [NAN, NAN], [0.2, 0.4], [-0.5, 0.0]])
    made = basket(returns)
    one = market_returns(made, made.days, 1)
    assert one == pytest.approx([NAN, 0.1, NAN, 0.3, -0.25], nan_ok=True)
    two = market_returns(made, made.days, 2)
    assert two == pytest.approx([NAN, NAN, NAN, 0.3, 1.3 * 0.75 - 1], nan_ok=True)


@pytest.mark.parametrize("horizon", [1, 3, 5])
@pytest.mark.parametrize("seed", range(3))
def test_is_that_of_a_loop_with_holes_and_holidays(seed: int, horizon: int) -> None:
    rng = np.random.default_rng(seed)
    returns = rng.normal(0, 0.02, (80, 4))
    returns[rng.random((80, 4)) < 0.3] = NAN
    returns[[0, 20, 33, 34, 60]] = NAN
    made = basket(returns)
    wanted = np.array(looped(returns, horizon))
    assert np.isnan(wanted[[20, 33, 34, 60]]).all()
    assert market_returns(made, made.days, horizon) == pytest.approx(wanted, nan_ok=True)
    some = np.array([4, 20, 21, 35, 79])
    assert market_returns(made, made.days[some], horizon) == pytest.approx(
        wanted[some], nan_ok=True
    )
