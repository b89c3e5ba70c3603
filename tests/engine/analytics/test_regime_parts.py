"""The raw parts against plain definitions written out, and what must not change them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics.regime import parts as rp

SHORT, LOOKBACK = 10, 100


def block(seed: int, size: int, n: int, holes: float = 0.0) -> np.ndarray:
    """size×n returns with one common factor, some of them missing."""
    rng = np.random.default_rng(seed)
    out = 0.01 * (rng.normal(size=(size, 1)) + rng.normal(size=(size, n)))
    out[rng.random(out.shape) < holes] = np.nan
    return out


def decayed(returns: np.ndarray) -> np.ndarray:
    """Pairwise exponentially weighted second moments up to the last row, by definition."""
    age = np.arange(len(returns))[::-1]
    weight = 0.5 ** (age / (LOOKBACK / 2))
    n = returns.shape[1]
    out = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            both = np.isfinite(returns[:, i]) & np.isfinite(returns[:, j])
            w = weight[both]
            out[i, j] = (w * returns[both, i] * returns[both, j]).sum() / w.sum()
    return out


@pytest.mark.parametrize("holes", [0.0, 0.04])
def test_window_correlation_is_the_mean_of_pandas_correlations(holes: float) -> None:
    returns = block(1, 60, 7, holes)
    got = rp.window_correlation(returns, SHORT)
    assert np.isnan(got[: SHORT - 1]).all()
    for row in (SHORT - 1, 25, 59):
        frame = pd.DataFrame(returns[row - SHORT + 1 : row + 1])
        matrix = frame.corr(min_periods=8).to_numpy()
        wanted = np.nanmean(matrix[~np.eye(7, dtype=bool)])
        assert got[row] == pytest.approx(wanted, abs=1e-12)


def test_window_correlation_of_copies_is_one_and_of_opposites_minus_one() -> None:
    x = block(2, 30, 1)
    assert rp.window_correlation(np.hstack([x, 3 * x]), SHORT)[-1] == pytest.approx(1.0)
    assert rp.window_correlation(np.hstack([x, -x]), SHORT)[-1] == pytest.approx(-1.0)


def test_who_did_not_move_is_left_out_of_the_mean_correlation() -> None:
    returns = block(3, 30, 5)
    still = returns.copy()
    still[:, 4] = 0.003
    wanted = rp.window_correlation(returns[:, :4], SHORT)
    assert rp.window_correlation(still, SHORT) == pytest.approx(wanted, nan_ok=True)
    still[:, 2:] = 0.0
    assert np.isnan(rp.window_correlation(still, SHORT)).all(), "one pair of ten is no basket"


@pytest.mark.parametrize("lag", [0, 7])
def test_trailing_is_pandas_rolling(lag: int) -> None:
    rng = np.random.default_rng(4)
    values = 1000.0 + rng.normal(size=300)
    values[rng.random(300) < 0.1] = np.nan
    mean, spread = rp.trailing(values, 50, 20, lag)
    rolling = pd.Series(values).shift(lag).rolling(50, min_periods=20)
    assert mean == pytest.approx(rolling.mean().to_numpy(), nan_ok=True, abs=1e-9)
    assert spread == pytest.approx(rolling.std(ddof=0).to_numpy(), nan_ok=True, abs=1e-9)


@pytest.mark.parametrize("holes", [0.0, 0.04])
def test_absorption_and_turbulence_by_definition(holes: float) -> None:
    returns = block(5, 140, 6, holes)
    present = np.isfinite(returns)
    absorbed, distance = rp._absorption_and_turbulence(
        np.where(present, returns, 0.0), present, LOOKBACK, 30
    )
    for row in (90, 139):
        second = decayed(returns[: row + 1])
        scale = np.sqrt(np.diag(second))
        values = np.linalg.eigvalsh(second / np.outer(scale, scale))
        wanted = values[-2:].sum() / np.maximum(values, 0).sum()
        assert absorbed[row] == pytest.approx(wanted, rel=1e-9)

        before = decayed(returns[:row])
        scale = np.sqrt(np.diag(before))
        shrunk = (1 - rp.RIDGE) * before / np.outer(scale, scale) + rp.RIDGE * np.eye(6)
        there = np.flatnonzero(present[row])
        z = returns[row, there] / scale[there]
        wanted = z @ np.linalg.inv(shrunk[np.ix_(there, there)]) @ z / there.size
        assert distance[row] == pytest.approx(wanted, rel=1e-9)


def test_parts_by_hand_on_quiet_then_loud() -> None:
    """Alternating returns: 1 % for long, then 3 %: the volatility ratio is 3, and nothing else."""
    signs = np.where(np.arange(400) % 2, 1.0, -1.0)[:, None]
    own = np.random.default_rng(6).normal(0, 1e-5, (400, 8))
    size = np.where(np.arange(400) < 390, 0.01, 0.03)[:, None]
    parts, members = rp.raw_parts(signs * size + own, SHORT, LOOKBACK)
    assert parts["volatility"][-1] == pytest.approx(3.0, rel=1e-3)
    assert parts["volatility"][-11] == pytest.approx(1.0, rel=1e-3)
    assert members[-1] == 8


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    returns = block(7, 300, 5, 0.02)
    whole, _ = rp.raw_parts(returns, SHORT, LOOKBACK)
    monkeypatch.setattr(rp, "CHUNK", 37)
    parts, _ = rp.raw_parts(returns, SHORT, LOOKBACK)
    for name in rp.NAMES:
        assert parts[name] == pytest.approx(whole[name], rel=1e-9, nan_ok=True)
        assert np.isfinite(whole[name]).sum() > 100


def test_members_are_compared_with_their_own_past() -> None:
    """A newcomer that is a stranger to the rest changes no correlation until it is a member."""
    returns = block(8, 500, 6)
    stranger = np.random.default_rng(9).normal(0, 0.01, 500)
    stranger[:300] = np.nan
    with_it = np.column_stack([returns, stranger])
    alone, _ = rp.raw_parts(returns, SHORT, LOOKBACK)
    joined, members = rp.raw_parts(with_it, SHORT, LOOKBACK)
    entry = int(np.flatnonzero(members == 7)[0])
    assert entry % rp.REVIEW_SESSIONS == 0
    assert entry >= 300 + rp.PRESENT * LOOKBACK
    for name in rp.NAMES:
        assert joined[name][:entry] == pytest.approx(alone[name][:entry], nan_ok=True)
    # Its past was part of the yardstick at once: the parts do not jump to an extreme.
    assert abs(joined["correlation"][entry] - alone["correlation"][entry]) < 1.0


def test_an_ended_member_leaves_at_the_next_review() -> None:
    returns = block(10, 400, 6)
    returns[260:, 5] = np.nan
    _, members = rp.raw_parts(returns, SHORT, LOOKBACK)
    assert members[260] == 6
    assert (members[5 * rp.REVIEW_SESSIONS :] == 5).all()


def test_sessions_need_two_members_and_half_of_those_alive() -> None:
    returns = block(11, 40, 6)
    returns[5] = np.nan  # a holiday
    returns[6, 1:] = np.nan  # one trades
    returns[7, 2:] = np.nan  # two of six trade
    returns[8, 3:] = np.nan  # three of six
    returns[20:, 2:] = np.nan  # four end: alive for ten rows more
    sessions = rp.session_rows(returns)
    assert sessions[:10].tolist() == [True] * 5 + [False] * 3 + [True] * 2
    assert not sessions[20:29].any()
    assert sessions[29:].all()


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    scale=st.floats(1e-3, 1e3),
    holes=st.sampled_from([0.0, 0.03]),
)
def test_scale_and_order_do_not_matter(seed: int, scale: float, holes: float) -> None:
    returns = block(seed, 200, 5, holes)
    order = np.random.default_rng(seed).permutation(5)
    plain, _ = rp.raw_parts(returns, SHORT, LOOKBACK)
    other, _ = rp.raw_parts(scale * returns[:, order], SHORT, LOOKBACK)
    for name in rp.NAMES:
        assert other[name] == pytest.approx(plain[name], rel=1e-6, abs=1e-6, nan_ok=True)


def test_too_little_gives_unknown_not_an_error() -> None:
    for shape in ((0, 5), (5, 5), (400, 1), (400, 0)):
        parts, members = rp.raw_parts(np.full(shape, 0.01), SHORT, LOOKBACK)
        assert all(np.isnan(values).all() for values in parts.values())
        assert len(members) == shape[0]
    still, _ = rp.raw_parts(np.zeros((400, 5)), SHORT, LOOKBACK)
    assert all(np.isnan(values).all() for values in still.values())
