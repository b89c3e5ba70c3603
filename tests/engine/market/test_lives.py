"""Returns over holes, lives that end, k-day returns and what they are worth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.market import lives as lv

NAN = np.nan


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)[:, None]


def returns_of(values: np.ndarray, max_gap: int = 10, horizon: int = 1) -> np.ndarray:
    lives = lv.find_lives(values, max_gap)
    return lv.span_returns(values, lives.start, len(values), horizon)


def test_a_return_over_a_hole_is_stamped_on_the_day_that_trades() -> None:
    got = returns_of(column(100, 110, NAN, NAN, 121, 121))[:, 0]
    np.testing.assert_allclose(got, [NAN, 0.1, NAN, NAN, 0.1, 0.0], atol=1e-15)


@pytest.mark.parametrize(("missing", "ends"), [(9, False), (10, False), (11, True)])
def test_a_hole_of_exactly_max_gap_is_spanned_one_more_ends_the_life(
    missing: int, ends: bool
) -> None:
    values = column(100, 110, *[NAN] * missing, 220, 242)
    lives = lv.find_lives(values, max_gap=10)
    got = returns_of(values)[:, 0]
    assert lives.breaks == (((0, 1, missing + 2),) if ends else ())
    assert lives.start[0] == (missing + 2 if ends else 0)
    assert (lives.first[0], lives.last[0], lives.sessions[0]) == (0, missing + 3, 4)
    np.testing.assert_allclose(got[-1], 0.1)
    if ends:
        assert np.isnan(got[:-1]).all()  # earlier returns are gone with the spanning one
    else:
        np.testing.assert_allclose(got[[1, -2]], [0.1, 1.0])


def test_only_the_last_life_counts_and_all_breaks_are_on_record() -> None:
    values = column(1, 2, NAN, NAN, 3, NAN, NAN, NAN, 4, 5)
    lives = lv.find_lives(values, max_gap=1)
    assert lives.breaks == ((0, 1, 4), (0, 4, 8))
    assert lives.start[0] == 8
    assert np.isfinite(returns_of(values, max_gap=1)).sum() == 1


def test_a_series_without_a_close() -> None:
    lives = lv.find_lives(np.full((4, 1), NAN), 2)
    assert (lives.first[0], lives.last[0], lives.start[0], lives.sessions[0]) == (-1, -1, -1, 0)
    assert np.isnan(returns_of(np.full((4, 1), NAN))).all()


def test_k_day_returns_by_hand() -> None:
    values = column(100, 110, 121, 133.1, 146.41)
    np.testing.assert_allclose(
        returns_of(values, horizon=3)[:, 0], [NAN, NAN, NAN, 0.331, 0.331], rtol=1e-12
    )


def test_k_day_returns_reach_back_over_missing_days() -> None:
    """Base: the last close at or before three rows earlier."""
    values = column(100, NAN, 120, 130, NAN, 156, 160)
    got = returns_of(values, horizon=3)[:, 0]
    wanted = [NAN, NAN, NAN, 130 / 100 - 1, NAN, 156 / 120 - 1, 160 / 130 - 1]
    np.testing.assert_allclose(got, wanted, rtol=1e-12)
    # Row 4 has no close, so the base of row 7 would be row 3's.
    longer = np.vstack([values, [[170.0]]])
    np.testing.assert_allclose(returns_of(longer, horizon=3)[-1, 0], 170 / 130 - 1)


def test_k_day_returns_never_reach_into_an_earlier_life() -> None:
    values = column(1, 2, 3, NAN, NAN, 50, 60, 70, 80)
    got = returns_of(values, max_gap=1, horizon=3)[:, 0]
    np.testing.assert_allclose(got, [NAN] * 8 + [0.6])


def test_the_window_may_reach_back_for_its_first_base() -> None:
    values = column(100, 110, 121, 133.1)
    lives = lv.find_lives(values, 10)
    np.testing.assert_allclose(lv.span_returns(values, lives.start, 2, 1)[:, 0], [0.1, 0.1])
    np.testing.assert_allclose(lv.span_returns(values, lives.start, 2, 3)[:, 0], [NAN, 0.331])
    assert lv.span_returns(values, lives.start, 99, 1).shape == (4, 1)


prices = hnp.arrays(
    float,
    st.tuples(st.integers(1, 40), st.integers(1, 3)),
    elements=st.floats(0.5, 200) | st.just(NAN),
)


@given(prices, st.integers(1, 6))
def test_returns_of_a_life_multiply_to_its_last_over_its_first(
    values: np.ndarray, max_gap: int
) -> None:
    lives = lv.find_lives(values, max_gap)
    got = lv.span_returns(values, lives.start, len(values), 1)
    for n in range(values.shape[1]):
        if lives.last[n] < 0:
            assert np.isnan(got[:, n]).all()
            continue
        wanted = values[lives.last[n], n] / values[lives.start[n], n]
        assert np.nanprod(1 + got[:, n]) == pytest.approx(wanted, rel=1e-9)
        traded = np.isfinite(values[lives.start[n] :, n]).sum()
        assert np.isfinite(got[:, n]).sum() == traded - 1


@given(prices, st.integers(1, 6))
def test_against_pandas_series_by_series(values: np.ndarray, max_gap: int) -> None:
    """Reference: drop the missing days, cut at long holes, pct_change within the last piece."""
    lives = lv.find_lives(values, max_gap)
    got = lv.span_returns(values, lives.start, len(values), 1)
    for n in range(values.shape[1]):
        series = pd.Series(values[:, n]).dropna()
        piece = (series.index.to_series().diff() - 1 > max_gap).cumsum()
        last = series[piece == piece.max()]
        wanted = last.pct_change().reindex(range(len(values))).to_numpy()
        np.testing.assert_allclose(got[:, n], wanted, rtol=1e-12, atol=1e-12)
        assert len([b for b in lives.breaks if b[0] == n]) == piece.nunique() - 1 or series.empty


@given(prices, st.integers(1, 5))
def test_one_day_is_the_k_day_of_one(values: np.ndarray, k: int) -> None:
    """Where nothing is missing, a k-day return compounds k one-day returns."""
    full = np.where(np.isnan(values), 7.0, values)
    one, many = returns_of(full), returns_of(full, horizon=k)
    for row in range(k, len(full)):
        np.testing.assert_allclose(
            1 + many[row], np.prod(1 + one[row - k + 1 : row + 1], axis=0), rtol=1e-9
        )
    assert np.isnan(many[:k]).all()


def test_effective_count_in_closed_form() -> None:
    assert lv.effective_count(np.array([200.0]), 1)[0] == 200
    # k = 3: 1 + 2·((2/3)² + (1/3)²) = 19/9
    assert lv.effective_count(np.array([190.0]), 3)[0] == pytest.approx(190 * 9 / 19)
    for k in range(1, 22):
        growth = sum((1 - abs(j) / k) ** 2 for j in range(-k + 1, k))
        assert lv.effective_count(np.array([1.0]), k)[0] == pytest.approx(1 / growth)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_effective_count_is_that_of_white_noise(k: int) -> None:
    """Reference: of independent normals a correlation over n has the variance 1 / (n − 1)."""
    rng = np.random.default_rng(7)
    runs, n = 4000, 200
    noise = rng.normal(size=(2, runs, n + k - 1))
    sums = np.lib.stride_tricks.sliding_window_view(noise, k, axis=2).sum(axis=3)
    x, y = sums - sums.mean(axis=2, keepdims=True)
    rho = (x * y).sum(1) / np.sqrt((x * x).sum(1) * (y * y).sum(1))
    found = 1 / rho.var() + 1
    assert found == pytest.approx(lv.effective_count(np.array([n]), k)[0], rel=0.08)


def test_deviation_and_rate() -> None:
    returns = np.array([[0.01, NAN, NAN], [0.03, 0.02, NAN], [NAN, NAN, NAN], [-0.02, 0.05, 0.1]])
    counts = np.isfinite(returns).sum(axis=0)
    got = lv.deviation(returns, counts)
    np.testing.assert_allclose(got, pd.DataFrame(returns).std(ddof=1).to_numpy())
    assert np.isnan(got[2])
    rate = lv.observed_rate(np.array([200, 193, 0]), np.array([200, 200, 0]))
    np.testing.assert_allclose(rate, [261, 251.865, NAN], rtol=1e-6)
