"""Correlations of series with holes, each pair on the rows that both have."""

from __future__ import annotations

import numpy as np

from engine.core.errors import InputError

# Two points always correlate ±1: three are the fewest that say anything.
MIN_OVERLAP = 3
# A spread this far below the size of the values is rounding, not movement.
DUST = 1e-12
# Where the variance on the common rows is a smaller part than this of the second moment, the
# subtraction loses over three digits: such pairs are computed anew in two passes.
CANCELLATION = 1e-3


def zero_variance(returns: np.ndarray) -> np.ndarray:
    """Which columns do not move.

    Args:
        returns: T×N, simple returns; NaN = did not trade.

    Returns:
        N booleans: all values equal (up to rounding), or none at all.
    """
    returns = _checked(returns)
    present = ~np.isnan(returns)
    low = np.min(returns, axis=0, where=present, initial=np.inf)
    high = np.max(returns, axis=0, where=present, initial=-np.inf)
    size = np.max(np.abs(returns), axis=0, where=present, initial=0.0)
    return ~(high - low > DUST * size)


def pairwise_correlation(returns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pearson correlation of each pair on its common rows, and how many those are.

    Args:
        returns: T×N, simple returns; NaN = did not trade. Scale and offset of a column do not
            matter: columns are centred and scaled first.

    Returns:
        correlation: N×N, symmetric, in [-1, 1]; NaN where a pair has fewer than 3 common rows or
            one of the two does not move on them. Not positive semidefinite in general.
        overlap: N×N whole numbers; the diagonal counts a column's own values.

    Raises:
        InputError: `returns` is not two-dimensional or holds an infinite value.

    Equals `pandas.DataFrame.corr(min_periods=3)` to 1e-12. Cost: four matrix products, O(T·N²).
    """
    returns = _checked(returns)
    rows, columns = returns.shape
    present = ~np.isnan(returns)
    still = zero_variance(returns)
    centred = _standardised(returns, present)

    if present.all():
        overlap = np.full((columns, columns), rows)
        cross = centred.T @ centred
        scale = np.sqrt(np.diag(cross))
        with np.errstate(divide="ignore", invalid="ignore"):
            correlation = cross / scale[:, None] / scale[None, :]
    else:
        mask = present.astype(np.float64)
        overlap = np.rint(mask.T @ mask).astype(np.int64)
        total = centred.T @ mask  # [i, j]: sum of i over the rows it shares with j
        square = (centred * centred).T @ mask
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = total / overlap
            cross = centred.T @ centred - total * mean.T
            variance = square - total * mean
            correlation = cross / np.sqrt(variance * variance.T)
        poor = variance <= CANCELLATION * square
        poor |= poor.T
        poor[still, :] = poor[:, still] = False
        _recompute(correlation, returns, present, poor)

    correlation[overlap < MIN_OVERLAP] = np.nan
    correlation[still, :] = np.nan
    correlation[:, still] = np.nan
    np.clip(correlation, -1.0, 1.0, out=correlation)
    correlation = (correlation + correlation.T) / 2
    diagonal = np.diag_indices(columns)
    correlation[diagonal] = np.where(np.isnan(correlation[diagonal]), np.nan, 1.0)
    return correlation, overlap


def _checked(returns: np.ndarray) -> np.ndarray:
    returns = np.asarray(returns, dtype=np.float64)
    if returns.ndim != 2:
        raise InputError(f"Returns have {returns.ndim} dimensions, not 2 (sessions by assets).")
    if np.isinf(returns).any():
        columns = np.flatnonzero(np.isinf(returns).any(axis=0)).tolist()
        raise InputError(f"Returns are infinite in column {columns}: check the prices for zeros.")
    return returns


def _standardised(returns: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Columns less their mean, over their largest deviation; 0 where missing."""
    size = np.max(np.abs(returns), axis=0, where=present, initial=0.0)
    size[size == 0] = 1.0
    count = np.maximum(present.sum(axis=0), 1)
    # The mean of scaled values cannot overflow; the subtraction itself is done unscaled, where it
    # is exact for values close to each other.
    mean = np.where(present, returns / size, 0.0).sum(axis=0) / count * size
    values = returns - mean
    values[~present] = 0.0
    spread = np.abs(values).max(axis=0, initial=0.0)
    values /= np.where(spread == 0, 1.0, spread)
    return values


def _recompute(
    correlation: np.ndarray, returns: np.ndarray, present: np.ndarray, pairs: np.ndarray
) -> None:
    """Overwrite the marked pairs with two-pass correlations; NaN where one does not move."""
    for i in np.flatnonzero(pairs.any(axis=1)):
        others = np.flatnonzero(pairs[i, : i + 1])
        rows = present[:, i]
        common = present[np.ix_(rows, others)]
        mine = np.where(common, returns[rows, i][:, None], np.nan)
        theirs = np.where(common, returns[np.ix_(rows, others)], np.nan)
        still = zero_variance(mine) | zero_variance(theirs)
        a, b = _standardised(mine, common), _standardised(theirs, common)
        with np.errstate(divide="ignore", invalid="ignore"):
            rho = (a * b).sum(axis=0) / np.sqrt((a * a).sum(axis=0) * (b * b).sum(axis=0))
        rho[still] = np.nan
        correlation[i, others] = rho
        correlation[others, i] = rho
