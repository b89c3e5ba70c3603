"""A portfolio with the clusters of another day: what part of a change new clusters alone made."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from engine.analytics.clusters import Cluster
from engine.params import Params
from engine.pipeline.build import Portfolio, allocated, cluster_fragility


def under_clusters(
    portfolio: Portfolio, cluster_of: Mapping[str, int], params: Params
) -> Portfolio:
    """The same data, allocated over the clusters that `cluster_of` names; params: those that the
    portfolio was made with.

    cluster_of: symbol to cluster id; a symbol without one is a cluster of its own. Raises what
    `allocate` raises.
    """
    analysis = portfolio.analysis
    symbols = analysis.panel.symbols
    fresh = 1 + max(cluster_of.values(), default=0)
    ids = [cluster_of.get(symbol, fresh + i) for i, symbol in enumerate(symbols)]
    order = list(dict.fromkeys(ids))
    labels = np.array([order.index(i) for i in ids])
    matrix = analysis.correlation.matrix_for(symbols)
    clusters = tuple(
        _cluster(i, label, np.flatnonzero(labels == label), symbols, matrix)
        for label, i in enumerate(order)
    )
    cut = dataclasses.replace(
        analysis.cut, reason="clusters of an earlier run", labels=labels, clusters=clusters
    )
    changed = dataclasses.replace(analysis, cut=cut)
    risk = portfolio.risk
    fragile = cluster_fragility(analysis.panel, cut, risk, params)
    return allocated(changed, portfolio.market, portfolio.sentiment, risk, fragile, params)


def _cluster(
    identity: int, label: int, rows: np.ndarray, symbols: tuple[str, ...], matrix: np.ndarray
) -> Cluster:
    pairs = matrix[np.ix_(rows, rows)][np.triu_indices(rows.size, 1)]
    known = pairs.size > 0
    return Cluster(
        id=identity,
        label=label,
        name=f"Cluster {identity}",
        members=tuple(sorted(symbols[row] for row in rows)),
        color=-1,
        mean_correlation=float(pairs.mean()) if known else None,
        lowest_correlation=float(pairs.min()) if known else None,
    )
