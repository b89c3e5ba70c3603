"""Scenarios: what is missing is what the class says plus an own residual; the rest stays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics.scenarios import MIN_FIT, Scenarios, build_scenarios
from engine.analytics.tails import cvar
from engine.core.errors import EmptyUniverse, InputError

NAN = np.nan


def weekdays(rows: int) -> np.ndarray:
    first = np.datetime64("2024-01-01", "D")
    return np.busday_offset(first, np.arange(rows))


def names(n: int) -> tuple[str, ...]:
    return tuple(f"S{i:02d}" for i in range(n))


def sample(rows: int, columns: int, seed: int, missing: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    returns = 0.01 * (rng.standard_normal((rows, 1)) + rng.standard_t(4, (rows, columns)))
    returns[rng.random((rows, columns)) < missing] = NAN
    return returns


def standard(returns: np.ndarray) -> np.ndarray:
    """Columns in units of their own deviation."""
    return (returns - np.nanmean(returns, axis=0)) / np.nanstd(returns, axis=0)


def build(returns: np.ndarray, classes: str | None = None, **more) -> Scenarios:
    """Classes as one letter a column; none given: all of class a."""
    rows, columns = returns.shape
    kinds = tuple(classes or "a" * columns)
    given_ = {"symbols": names(columns), "horizon": 1} | more
    return build_scenarios(returns, weekdays(rows), classes=kinds, **given_)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 60),
    columns=st.integers(1, 12),
    kinds=st.integers(1, 4),
    missing=st.sampled_from([0.0, 0.05, 0.5, 0.9]),
    seed=st.integers(0, 10_000),
)
def test_complete_and_what_was_seen_is_untouched(rows, columns, kinds, missing, seed):
    returns = sample(rows, columns, seed, missing)
    returns[0] = 0.01  # nobody is without any return
    result = build(returns, "".join("abcd"[i % kinds] for i in range(columns)), seed=seed)
    traded = np.isfinite(returns).any(axis=1)
    seen = np.isfinite(returns[traded])
    assert np.isfinite(result.returns).all()
    assert (result.returns >= -1).all()
    np.testing.assert_array_equal(result.imputed, ~seen)
    np.testing.assert_array_equal(result.returns[seen], returns[traded][seen])
    np.testing.assert_array_equal(result.days, weekdays(rows)[traded])
    np.testing.assert_allclose(result.imputed_share, 1 - seen.mean(axis=0), atol=1e-15)
    for array in (result.days, result.returns, result.imputed):
        assert not array.flags.writeable


def test_without_noise_the_truth_comes_back():
    # Each is a multiple of one factor, so the regression on the others is exact.
    factor = sample(80, 1, 1)[:, 0]
    truth = factor[:, None] * np.array([1.0, 2.0, 0.5]) + np.array([0.001, 0.0, -0.002])
    holed = truth.copy()
    holed[[3, 40], 2] = NAN
    holed[60:, 2] = NAN
    np.testing.assert_allclose(build(holed).returns, truth, atol=1e-12)
    # Where the others have holes too, their units come from other days: nearly.
    holed[5, 1] = holed[[4, 41], 0] = NAN
    error = np.abs(build(holed).returns - truth)
    assert 0 < error.max() < 0.05 * truth.std(axis=0).min()


def test_a_factor_means_the_same_whoever_is_missing():
    # Nearly one factor, volatilities 1, 1 and 30: without common units the mean of the others
    # would be 15 times as large on days on which the third trades.
    rng = np.random.default_rng(20)
    truth = 0.01 * (rng.standard_normal((300, 1)) + 0.1 * rng.standard_normal((300, 3)))
    truth *= np.array([1.0, 1.0, 30.0])
    holed = truth.copy()
    holed[::2, 2] = NAN
    holed[::3, 0] = NAN
    error = (build(holed).returns - truth)[::3, 0]
    assert error.std() < 0.25 * truth[:, 0].std()


def test_a_missing_return_is_the_fit_plus_an_own_residual():
    returns = sample(120, 4, 2)
    returns[70:, 3] = NAN
    result = build(returns)
    factor = standard(returns)[:, :3].mean(axis=1)
    slope, constant = np.polyfit(factor[:70], returns[:70, 3], 1)
    residuals = (returns[:70, 3] - constant - slope * factor[:70]) * np.sqrt(70 / 68)
    drawn = result.returns[70:, 3] - constant - slope * factor[70:]
    distance = np.abs(drawn[:, None] - residuals[None, :])
    assert distance.min(axis=1).max() < 1e-12
    assert len(set(distance.argmin(axis=1).tolist())) > 20  # many different ones


def test_a_class_that_is_missing_as_a_whole_moves_together():
    # b are multiples of one factor, that of a is another's; on holidays of b only a trades.
    a, b = sample(150, 3, 3), sample(150, 1, 4)
    returns = np.column_stack([a, b * np.array([1.0, 2.0, 3.0])])
    holidays = np.arange(10, 150, 10)
    returns[holidays, 3:] = NAN
    result = build(returns, "aaabbb").returns[holidays]
    assert (result[:, 3:] != 0).all()
    np.testing.assert_allclose(result[:, 4], 2 * result[:, 3], atol=1e-12)
    np.testing.assert_allclose(result[:, 5], 3 * result[:, 3], atol=1e-12)
    assert np.ptp(result[:, 3]) > 0.005


def test_a_class_follows_the_others_on_its_holidays():
    market = sample(200, 1, 5)
    rng = np.random.default_rng(5)
    returns = market + 0.001 * rng.standard_normal((200, 6))
    truth = returns.copy()
    holidays = np.arange(5, 200, 7)
    returns[holidays, 3:] = NAN
    returns[holidays[::2], 2] = NAN
    result = build(returns, "aaabbc").returns
    for column in (3, 5):  # of a class of two, and of a class of one
        assert np.corrcoef(result[holidays, column], truth[holidays, column])[0, 1] > 0.9


def test_too_short_takes_its_class_and_the_class_too_short_its_own():
    returns = sample(100, 5, 6)
    returns[MIN_FIT - 1 :, 2] = NAN
    result = build(returns, "aaabb")
    assert result.notes == (
        "Imputed: 16.2 % of all returns.",
        "More than half imputed: S02.",
        "Too short for a regression, imputed from the class's residuals: S02.",
    )
    units = standard(returns)
    factor = units[:, :2].mean(axis=1)
    fits, residuals = [], []
    for i in (0, 1):
        # On the first days the short one counts in the factor of the others.
        rest = np.nanmean(units[:, [1 - i, 2]], axis=1)
        fits.append(np.polyfit(rest, returns[:, i], 1))
        residuals.append((returns[:, i] - np.polyval(fits[i], rest)) * np.sqrt(100 / 98))
    slope, constant = np.mean(fits, axis=0)
    drawn = result.returns[MIN_FIT - 1 :, 2] - constant - slope * factor[MIN_FIT - 1 :]
    assert np.abs(drawn[:, None] - np.concatenate(residuals)[None, :]).min(axis=1).max() < 1e-12

    returns[MIN_FIT - 1 :, 1] = NAN
    returns[: MIN_FIT - 1, 0] = NAN
    lonely = build(returns, "abbcd")
    assert any("own returns: S01, S02" in note for note in lonely.notes)
    assert set(lonely.returns[MIN_FIT - 1 :, 2]) <= set(returns[: MIN_FIT - 1, 2])


def test_the_spread_is_kept_where_zeros_would_lose_it():
    ratios, zeros, tails = [], [], []
    for seed in range(30):
        truth = sample(400, 6, 100 + seed)
        holed = truth.copy()
        holed[np.random.default_rng(seed).random(truth.shape) < 0.4] = NAN
        result = build(holed, seed=seed).returns
        ratios.append(result.var(axis=0) / truth.var(axis=0))
        zeros.append(np.nan_to_num(holed).var(axis=0) / truth.var(axis=0))
        tails.append(cvar(result) / cvar(truth))
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.03)
    assert np.mean(tails) == pytest.approx(1.0, abs=0.03)
    assert np.mean(zeros) < 0.65


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), missing=st.sampled_from([0.05, 0.5]))
def test_order_of_columns_only_reorders(seed, missing):
    rng = np.random.default_rng(seed)
    returns = sample(50, 8, seed, missing)
    returns[0] = 0.01
    order = rng.permutation(8)
    kinds = "aabbbacc"
    plain = build(returns, kinds)
    other = build(
        returns[:, order],
        "".join(kinds[i] for i in order),
        symbols=tuple(np.array(names(8))[order]),
    )
    np.testing.assert_array_equal(other.returns, plain.returns[:, order])


def test_who_joins_another_class_changes_nothing():
    returns = sample(100, 4, 7, 0.1)
    returns[:, 0] = sample(100, 1, 8)[:, 0]  # somebody of the class always trades
    alone = build(returns)
    joined = build(np.column_stack([returns, sample(100, 3, 9, 0.3)]), "aaaabbc")
    np.testing.assert_array_equal(joined.returns[:, :4], alone.returns)


def test_a_longer_window_draws_the_same_on_the_same_days():
    # The own returns of S01 all lie in both windows, so only the draws could differ.
    returns = sample(90, 2, 10)
    returns[:, 1] = NAN
    returns[60:70, 1] = sample(10, 1, 11)[:, 0]
    days = weekdays(90)
    whole = build_scenarios(returns, days, names(2), ("a", "b"), 1)
    recent = build_scenarios(returns[40:], days[40:], names(2), ("a", "b"), 1)
    np.testing.assert_array_equal(whole.returns[40:], recent.returns)


def test_draws_are_spread_evenly_and_seeded():
    rows = 4000
    returns = np.full((rows, 3), NAN)
    returns[:, 0] = sample(rows, 1, 12)[:, 0]
    returns[:10, 1:] = np.arange(1, 11)[:, None] / 100
    first = build(returns, "abc")
    counts = np.unique(first.returns[10:, 1], return_counts=True)[1]
    assert len(counts) == 10
    expected = (rows - 10) / 10
    assert ((counts - expected) ** 2 / expected).sum() < 27.9  # χ² with 9 degrees, p = 0.001
    same_day = (first.returns[10:, 1] == first.returns[10:, 2]).mean()
    assert same_day == pytest.approx(0.1, abs=0.02)  # the two draw independently
    again, other = build(returns, "abc"), build(returns, "abc", seed=1)
    np.testing.assert_array_equal(first.returns, again.returns)
    assert (first.returns != other.returns)[10:, 1].mean() > 0.8


def test_days_on_which_nobody_traded_are_dropped():
    returns = sample(40, 2, 13)
    returns[[0, 7]] = NAN
    result = build(returns)
    assert result.notes == ("Nobody traded on 2 days: left out.",)
    assert result.returns.shape == (38, 2)
    assert not result.imputed.any()


def test_a_factor_that_does_not_move_explains_nothing():
    returns = np.column_stack([sample(50, 1, 14)[:, 0], np.full(50, 0.01)])
    returns[40:, 0] = NAN
    for kinds in ("aa", "ab"):
        result = build(returns, kinds)
        assert set(result.returns[40:, 0]) <= set(returns[:40, 0])
        assert "own returns: S00." in result.notes[-1]  # the other has nothing to impute
    more = build(np.column_stack([returns, sample(50, 2, 17)]), "aaaa")
    assert len(more.notes) == 1  # nor is it too short for anything


@pytest.mark.parametrize(("known", "short"), [(MIN_FIT - 1, True), (MIN_FIT, False)])
def test_how_many_days_are_enough_for_a_regression(known, short):
    returns = sample(2 * known, 3, 18)
    returns[known:, 2] = NAN
    notes = build(returns).notes
    assert any("Too short" in note for note in notes) == short
    assert not any("half" in note for note in notes)  # exactly half is not more
    # Of a class as a whole: members that are multiples, so that its own days come back if no
    # regression on the others says more.
    both = sample(60, 1, 19) * np.array([1.0, 2.0])
    both[40:] = NAN
    other = sample(60, 1, 20)
    other[: 40 - known] = NAN
    drawn = build(np.column_stack([other, both]), "abb").returns[40:, 1]
    off = np.abs(drawn[:, None] - both[None, :40, 0]).min(axis=1)
    assert (off.max() < 1e-12) == short


def test_two_classes_that_are_missing_draw_for_themselves():
    # Members of a class are multiples, so that nothing but the draw of its factor is random.
    first, second = sample(400, 1, 22), sample(400, 1, 23)
    returns = np.column_stack([sample(400, 1, 21), first, 2 * first, second, 2 * second])
    returns[200:, 1:] = NAN
    made = build(returns, "abbcc").returns[200:]
    assert abs(np.corrcoef(made[:, 1], made[:, 3])[0, 1]) < 0.3


def test_no_price_falls_below_zero():
    # Three times the other, exactly: where that loses 40 % the regression says −120 %.
    factor = sample(80, 1, 16)[:, 0]
    factor[[30, 50]] = -0.4, -0.2
    returns = np.column_stack([factor, 3 * factor])
    returns[[30, 50], 1] = NAN
    result = build(returns).returns
    assert result[30, 1] == -1
    assert result[50, 1] == pytest.approx(-0.6)


def test_input_errors():
    returns = sample(10, 2, 15)
    with pytest.raises(EmptyUniverse):
        build(np.empty((10, 0)), "")
    with pytest.raises(InputError, match="come twice: A"):
        build(returns, symbols=("A", "A"))
    with pytest.raises(InputError, match="a symbol and a class"):
        build(returns, "a")
    with pytest.raises(InputError, match="infinite: S01"):
        build(np.column_stack([returns[:, 0], np.full(10, np.inf)]))
    with pytest.raises(InputError, match="No return at all: S01"):
        build(np.column_stack([returns[:, 0], np.full(10, NAN)]))
    with pytest.raises(InputError, match="not complete"):
        Scenarios(("A",), weekdays(1), np.array([[NAN]]), np.zeros((1, 1), bool), 1)
