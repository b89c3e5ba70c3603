"""Layer 2: weights inside a cluster."""

from __future__ import annotations

import numpy as np

from engine.core.edges import ranks


def intra_weights(
    labels: np.ndarray,
    variance: np.ndarray,
    momentum: np.ndarray,
    alpha: float,
    excluded: np.ndarray | None = None,
) -> np.ndarray:
    """v = alpha · inverse variance + (1 - alpha) · momentum rank, inside each cluster.

    Args:
        labels: N positions 0 … K-1.
        variance: N, positive.
        momentum: N; rank / sum of ranks, best highest, ties shared. NaN = unknown: ranks as the
            median of what is known in its cluster.
        alpha: in [0, 1].
        excluded: N bool, or none. They get 0 and count for nothing; if they are a whole cluster,
            its others being none, they keep their weights (the limits then hold the cluster at 0).

    Returns N weights. Invariant: they are not negative and sum to 1 in each cluster.
    """
    out = np.zeros(len(labels))
    out_of_it = np.zeros(len(labels), dtype=bool) if excluded is None else excluded
    for label in range(int(labels.max()) + 1):
        group = np.flatnonzero(labels == label)
        if len(group) == 1:
            out[group] = 1.0
            continue
        kept = group[~out_of_it[group]]
        group = kept if len(kept) else group
        inverse = 1.0 / variance[group]
        values = momentum[group]
        unknown = np.isnan(values)
        if unknown.any():
            middle = 0.0 if unknown.all() else np.median(values[~unknown])
            values = np.where(unknown, middle, values)
        rank = ranks(values)
        mixed = alpha * inverse / inverse.sum() + (1.0 - alpha) * rank / rank.sum()
        out[group] = mixed / mixed.sum()
    return out


def layer_map(labels: np.ndarray, v: np.ndarray) -> np.ndarray:
    """V, N×K: asset weights are V times cluster weights."""
    out = np.zeros((len(labels), int(labels.max()) + 1))
    out[np.arange(len(labels)), labels] = v
    return out
