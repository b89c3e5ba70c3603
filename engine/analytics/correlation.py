"""One correlation matrix for tree and optimiser, from series of unequal length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.analytics.blas import one_thread
from engine.analytics.pairwise import pairwise_correlation, zero_variance
from engine.analytics.psd import is_psd, repair
from engine.core.errors import EmptyUniverse, InputError
from engine.core.format import listing

__all__ = ["Correlation", "estimate_correlation", "pairwise_correlation", "zero_variance"]

# A pair that shares this part of the target window keeps its own correlation untouched: weekdays
# less holidays leave about 193 of 200 sessions, so the whole window would be too much to ask.
FULL_OVERLAP = 0.8


@dataclass(frozen=True, eq=False)
class Correlation:
    """A correlation matrix with the record of how it came about.

    matrix: N×N, finite, exactly symmetric, diagonal exactly 1, in [-1, 1]; read-only.
    overlap: N×N common observations of each pair; read-only.
    raw_missing_pairs: pairs with no correlation of their own, which took the prior wholly.
    shrunk_pairs: pairs with some weight on the prior, those without a correlation included.
    repaired: whether negative eigenvalues were removed; largest_repair: largest |Δρ| in doing so.
    """

    symbols: tuple[str, ...]
    matrix: np.ndarray
    overlap: np.ndarray
    raw_missing_pairs: int = 0
    shrunk_pairs: int = 0
    repaired: bool = False
    largest_repair: float = 0.0

    def __post_init__(self) -> None:
        check_symbols(self.symbols)
        n = len(self.symbols)
        matrix = np.array(self.matrix, dtype=np.float64)
        overlap = np.array(self.overlap, dtype=np.int64)
        if matrix.shape != (n, n) or overlap.shape != (n, n):
            raise InputError(
                f"{n} symbols need {n}×{n} correlations and overlaps, not "
                f"{matrix.shape} and {overlap.shape}."
            )
        if not (np.abs(matrix) <= 1).all():  # also refuses NaN
            raise InputError("Correlations are missing or outside -1 to 1: estimate them first.")
        if not (np.diag(matrix) == 1).all() or not (matrix == matrix.T).all():
            raise InputError("A correlation matrix is symmetric with ones on its diagonal.")
        for name, array in (("matrix", matrix), ("overlap", overlap)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def matrix_for(self, symbols: Sequence[str]) -> np.ndarray:
        """The matrix in the order of `symbols`, some or all of them.

        Raises InputError naming a symbol that is not there.
        """
        if tuple(symbols) == self.symbols:
            return self.matrix
        position = {symbol: i for i, symbol in enumerate(self.symbols)}
        unknown = [symbol for symbol in symbols if symbol not in position]
        if unknown:
            raise InputError(f"No correlation for {listing(unknown)}: estimate with it included.")
        chosen = [position[symbol] for symbol in symbols]
        return self.matrix[np.ix_(chosen, chosen)]


def estimate_correlation(
    returns: np.ndarray,
    symbols: tuple[str, ...],
    classes: tuple[str, ...],
    target: int,
    shrink: bool = True,
) -> Correlation:
    """Pairwise correlations, shrunk by overlap toward a class prior, made positive semidefinite.

    Args:
        returns: T×N, simple returns; NaN = did not trade.
        symbols, classes: N each, in the order of the columns.
        target: length of the full window in sessions; the overlap at which a pair stands alone is
            0.8 of it.
        shrink: off keeps each pair's own correlation whatever its overlap. A pair that has none
            takes the prior all the same, and the repair stays on.

    A pair with n common observations has weight min(1, n / (0.8·target)) on its own correlation;
    the rest is on the mean correlation of the fully overlapping pairs of the same two classes, if
    there is none on that of all fully overlapping pairs, if there is none on 0.

    Raises:
        EmptyUniverse: no symbols.
        InputError: lengths that disagree; an infinite return; "zero variance: X, Y".

    Invariant: the result has no eigenvalue under -1e-10, and reordering the columns reorders it,
    bit for bit. Cost: `pairwise_correlation`, a Cholesky factorisation, and O(N³) if repaired.
    """
    returns = np.asarray(returns, dtype=np.float64)
    check_symbols(symbols)
    if returns.ndim != 2 or returns.shape[1] != len(symbols) or len(classes) != len(symbols):
        raise InputError(
            f"Returns of shape {returns.shape} need one symbol and one class a column, not "
            f"{len(symbols)} and {len(classes)}."
        )
    if target < 1:
        raise InputError(f"The target window of {target} sessions is under 1.")
    still = zero_variance(returns)
    if still.any():
        names = tuple(sorted(s for s, flat in zip(symbols, still, strict=True) if flat))
        raise InputError(f"zero variance: {listing(names)}; leave them out or widen the window.")

    with one_thread():
        return _estimate(returns, symbols, classes, target, shrink)


def check_symbols(symbols: Sequence[str]) -> None:
    """Raise EmptyUniverse if there are none, InputError naming those that come twice."""
    if len(symbols) == 0:
        raise EmptyUniverse("No assets are left: widen the filters or the window.")
    if len(set(symbols)) != len(symbols):
        twice = sorted({s for s in symbols if list(symbols).count(s) > 1})
        raise InputError(f"Symbols come twice: {listing(twice)}; each asset needs its own.")


def _estimate(
    returns: np.ndarray,
    symbols: tuple[str, ...],
    classes: tuple[str, ...],
    target: int,
    shrink: bool,
) -> Correlation:
    # Computed in symbol order: rounding in matrix products depends on the order of the columns.
    order = np.array(sorted(range(len(symbols)), key=symbols.__getitem__))
    back = np.argsort(order)
    raw, overlap = pairwise_correlation(returns[:, order])
    missing = np.isnan(raw)
    trust = np.minimum(1.0, overlap / (FULL_OVERLAP * target))
    full = (trust >= 1.0) & ~missing
    weight = np.where(missing, 0.0, trust if shrink else 1.0)
    np.fill_diagonal(weight, 1.0)
    np.fill_diagonal(raw, 1.0)
    np.fill_diagonal(missing, False)

    matrix = raw
    shrunk = int((weight < 1.0).sum()) // 2
    if shrunk:
        prior = _class_prior(raw, full, [classes[i] for i in order])
        matrix = weight * np.where(missing, 0.0, raw) + (1.0 - weight) * prior
        np.fill_diagonal(matrix, 1.0)

    # Complete data untouched is a Gram matrix, semidefinite by construction.
    complete = shrunk == 0 and int(overlap.min()) == len(returns)
    repaired = not complete and not is_psd(matrix)
    final = repair(matrix) if repaired else matrix
    return Correlation(
        symbols=tuple(symbols),
        matrix=final[np.ix_(back, back)],
        overlap=overlap[np.ix_(back, back)],
        raw_missing_pairs=int(missing.sum()) // 2,
        shrunk_pairs=shrunk,
        repaired=repaired,
        largest_repair=float(np.abs(final - matrix).max()) if repaired else 0.0,
    )


def _class_prior(raw: np.ndarray, full: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """N×N: for each pair the mean correlation of the full pairs of its two classes."""
    names, code = np.unique(np.asarray(classes, dtype=str), return_inverse=True)
    member = (code[:, None] == np.arange(len(names))).astype(np.float64)
    use = full.astype(np.float64)
    np.fill_diagonal(use, 0.0)
    pairs = member.T @ use @ member
    sums = member.T @ (use * np.where(full, raw, 0.0)) @ member
    fallback = sums.sum() / pairs.sum() if pairs.sum() else 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(pairs > 0, sums / pairs, fallback)
    mean = np.clip((mean + mean.T) / 2, -1.0, 1.0)
    return mean[np.ix_(code, code)]
