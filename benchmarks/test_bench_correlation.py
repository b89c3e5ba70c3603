"""Pairwise correlation with holes, and the repair, each against its usual alternative."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.analytics.blas import one_thread
from engine.analytics.correlation import pairwise_correlation
from engine.analytics.psd import repair

TASK = "Correlation, 5 % missing"
REPAIR = "Repair of that matrix"


def test_engine(case, measure):
    def call():
        with one_thread():
            return pairwise_correlation(case.returns)

    measure(TASK, "engine", call)


def test_pandas(case, measure):
    frame = pd.DataFrame(case.returns)
    expected = measure(TASK, "DataFrame.corr", frame.corr, rounds=5)
    np.testing.assert_allclose(pairwise_correlation(case.returns)[0], expected, rtol=0, atol=1e-12)


def test_repair(case, measure):
    raw = pairwise_correlation(case.returns)[0]

    def call():
        with one_thread():
            return repair(raw)

    measure(REPAIR, "engine", call)


def test_repair_higham(case, measure):
    raw = pairwise_correlation(case.returns)[0]

    def call():
        with one_thread():
            return higham(raw)

    measure(REPAIR, "Higham 2002", call, rounds=3)


def higham(matrix: np.ndarray, tolerance: float = 1e-4) -> np.ndarray:
    """The nearest correlation matrix by alternating projections (Higham 2002, algorithm 3.3).

    The tolerance is loose on purpose: a tighter one moves entries by less than 1e-4 and takes
    longer still.
    """
    correction, current = np.zeros_like(matrix), matrix
    while True:
        shifted = current - correction
        values, vectors = np.linalg.eigh(shifted)
        semidefinite = (vectors * np.maximum(values, 0)) @ vectors.T
        correction = semidefinite - shifted
        current = semidefinite.copy()
        np.fill_diagonal(current, 1.0)
        if np.linalg.norm(current - semidefinite) <= tolerance * np.linalg.norm(current):
            return current
