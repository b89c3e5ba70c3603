"""Made-up inputs of an allocation, from a seed."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from engine.allocation.inputs import Inputs
from engine.analytics.tree import build_tree, cut
from engine.params import Params

HORIZON = 3
SECTORS = ("Energy", "Financials", "Health Care", "Information Technology", "Utilities", "")


def made_inputs(
    seed: int, n: int | None = None, t: int = 160, threshold: float = 0.45, **changes: Any
) -> Inputs:
    """N assets of a factor model in three or four classes, clusters by the cut of their tree."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(14, 48)) if n is None else n
    blocks = rng.integers(0, max(3, n // 4), n)
    market, block = rng.standard_normal((t, 1)), rng.standard_normal((t, blocks.max() + 1))
    own = rng.standard_t(4, (t, n))
    loads = rng.uniform(0.1, 0.8, n)
    moves = loads * market + rng.uniform(0.6, 1.4) * block[:, blocks] + 0.5 * own
    volatility = np.exp(rng.normal(-1.5, 0.6, n))
    scenarios = moves / moves.std(axis=0) * volatility * np.sqrt(HORIZON / 252) + rng.normal(
        0.001, 0.002, n
    )
    correlation = 0.9 * np.corrcoef(moves.T) + 0.1 * np.eye(n)
    correlation = 0.5 * (correlation + correlation.T)
    np.fill_diagonal(correlation, 1.0)
    symbols = tuple(f"S{i:03d}" for i in range(n))
    labels = cut(build_tree(correlation, symbols), threshold)
    k = int(labels.max()) + 1
    fragility = rng.uniform(0, 1, k)
    fragility[rng.uniform(0, 1, k) < 0.05] = np.nan
    classes = rng.choice(["equity", "equity", "equity", "fx", "crypto", "bond"], n)
    classes[0] = "equity"
    values = {
        "symbols": symbols,
        "classes": tuple(classes.tolist()),
        "sectors": tuple(rng.choice(SECTORS, n).tolist()),
        "labels": labels,
        "cluster_ids": tuple(int(i) for i in rng.permutation(10 * k)[:k]),
        "cluster_names": tuple(f"Cluster {i}" for i in range(k)),
        "covariance": correlation * np.outer(volatility, volatility),
        "scenarios": scenarios,
        "horizon": HORIZON,
        "mean": rng.normal(0.04, 0.06, n),
        "momentum": np.where(rng.uniform(0, 1, n) < 0.05, np.nan, rng.normal(0, 0.2, n)),
        "fragility": fragility,
        "asset_fragility": rng.uniform(0, 1, n),
        "linkage_correlation": correlation,
        "multiplier": float(rng.choice([1.0, 0.8, 0.5])),
    }
    return Inputs(**{**values, **changes})


def permuted(inputs: Inputs, assets: np.ndarray, clusters: np.ndarray) -> Inputs:
    """The same inputs with assets and clusters in another order."""
    i, k = assets, clusters
    rank = np.argsort(k)
    return dataclasses.replace(
        inputs,
        symbols=[inputs.symbols[j] for j in i], classes=[inputs.classes[j] for j in i],
        sectors=[inputs.sectors[j] for j in i], labels=rank[inputs.labels[i]],
        cluster_ids=[inputs.cluster_ids[j] for j in k],
        cluster_names=[inputs.cluster_names[j] for j in k],
        covariance=inputs.covariance[np.ix_(i, i)], scenarios=inputs.scenarios[:, i],
        mean=inputs.mean[i], momentum=inputs.momentum[i], fragility=inputs.fragility[k],
        asset_fragility=inputs.asset_fragility[i],
        linkage_correlation=inputs.linkage_correlation[np.ix_(i, i)],
    )  # fmt: skip


def settings(**values: Any) -> Params:
    """Params from `group__knob=value`."""
    return Params().with_settings({k.replace("__", "."): v for k, v in values.items()})


def free(**values: Any) -> Params:
    """Params without limits: every cap at 100 %."""
    caps = ("cluster_cap", "asset_cap", "group_cap", "crypto_budget", "fx_budget")
    return settings(**{f"limits__{cap}": 1.0 for cap in caps}, **values)
