"""What an allocation is made of, checked once."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from engine.core.errors import InputError
from engine.core.format import listing


@dataclass(frozen=True, eq=False)
class Inputs:
    """Everything that weights depend on but the parameters. N assets, K clusters, T scenarios.

    classes, sectors: N texts; "" or "unknown" means not known.
    labels: N positions in `cluster_ids`; every cluster has a member.
    covariance: N×N, annual, positive semidefinite, without NaN.
    scenarios: T×N returns over `horizon` days, complete.
    mean: N annual mean returns less the cash rate; NaN = unknown.
    momentum: N, any unit (only ranks count); NaN = unknown.
    fragility: K, asset_fragility: N; in [0, 1], NaN = unknown.
    linkage_correlation: N×N, that of the tree; the systemic groups are cut from it.
    annual_sessions: returns a year; multiplier: m of the FX sentiment, in [0, 1].
    Arrays are copied and read-only.

    Raises InputError naming the field, and the symbols where it is about some.
    """

    symbols: tuple[str, ...]
    classes: tuple[str, ...]
    sectors: tuple[str, ...]
    labels: np.ndarray
    cluster_ids: tuple[int, ...]
    cluster_names: tuple[str, ...]
    covariance: np.ndarray
    scenarios: np.ndarray
    horizon: int
    mean: np.ndarray
    momentum: np.ndarray
    fragility: np.ndarray
    asset_fragility: np.ndarray
    linkage_correlation: np.ndarray
    annual_sessions: float = 252.0
    multiplier: float = 1.0

    def __post_init__(self) -> None:
        for name in ("symbols", "classes", "sectors", "cluster_ids", "cluster_names"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        n, k = len(self.symbols), len(self.cluster_ids)
        if n == 0 or len(set(self.symbols)) != n or len(set(self.cluster_ids)) != k:
            raise InputError("An allocation needs symbols and clusters, each once.")
        shapes = {
            "labels": (n,), "covariance": (n, n), "scenarios": (len(self.scenarios), n),
            "mean": (n,), "momentum": (n,), "fragility": (k,), "asset_fragility": (n,),
            "linkage_correlation": (n, n),
        }  # fmt: skip
        for name, shape in shapes.items():
            kind = np.int64 if name == "labels" else np.float64
            array = np.array(getattr(self, name), dtype=kind, order="C")
            if array.shape != shape:
                raise InputError(f"{name} has the shape {array.shape}, not {shape}.")
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        for name, wanted in (("classes", n), ("sectors", n), ("cluster_names", k)):
            if len(getattr(self, name)) != wanted:
                raise InputError(f"{name} has {len(getattr(self, name))} entries, not {wanted}.")
        if not np.array_equal(np.unique(self.labels), np.arange(k)):
            raise InputError(f"The labels must name each of the {k} clusters, and no others.")
        self._check_numbers()

    def _check_numbers(self) -> None:
        if len(self.scenarios) < 2:
            raise InputError("Fewer than two scenarios: load a longer history.")
        for name in ("covariance", "scenarios", "linkage_correlation"):
            bad = ~np.isfinite(getattr(self, name)).all(axis=0)
            if bad.any():
                raise InputError(f"{name} has no number for {self._named(bad)}.")
        flat = ~(np.diag(self.covariance) > 0)
        if flat.any():
            raise InputError(f"No variance: {self._named(flat)}. Leave them out.")
        if np.abs(self.covariance - self.covariance.T).max() > 1e-9 * self.covariance.max():
            raise InputError("The covariance is not symmetric.")
        for name in ("fragility", "asset_fragility"):
            known = getattr(self, name)[~np.isnan(getattr(self, name))]
            if ((known < 0) | (known > 1)).any():
                raise InputError(f"{name} lies in 0 to 1.")
        if not 0 <= self.multiplier <= 1:
            raise InputError(f"The FX multiplier is {self.multiplier}, outside 0 to 1.")
        if self.horizon < 1 or not self.annual_sessions > 0:
            raise InputError("A scenario spans at least one day, and a year some sessions.")

    def _named(self, which: np.ndarray) -> str:
        return listing([self.symbols[i] for i in np.flatnonzero(which)])


def in_order(inputs: Inputs) -> tuple[Inputs, np.ndarray, np.ndarray]:
    """The same with symbols sorted and clusters in the order of their first symbol.

    Also the positions that were taken: N of assets, K of clusters. Solvers see one order whatever
    came in, so a permutation of the input permutes the weights and changes no bit of them.
    """
    assets = np.array(sorted(range(len(inputs.symbols)), key=inputs.symbols.__getitem__))
    labels = inputs.labels[assets]
    _, firsts = np.unique(labels, return_index=True)
    clusters = np.argsort(firsts)
    rank = np.argsort(clusters)

    def taken(name: str, value: object) -> object:
        if name == "labels":
            return rank[labels]
        if name in ("covariance", "linkage_correlation"):
            return np.asarray(value)[np.ix_(assets, assets)]
        if name == "scenarios":
            return np.asarray(value)[:, assets]
        if name in ("cluster_ids", "cluster_names"):
            return tuple(value[i] for i in clusters)  # type: ignore[index]
        if name == "fragility":
            return np.asarray(value)[clusters]
        if name in ("symbols", "classes", "sectors"):
            return tuple(value[i] for i in assets)  # type: ignore[index]
        if name in ("mean", "momentum", "asset_fragility"):
            return np.asarray(value)[assets]
        return value

    return (
        Inputs(**{f.name: taken(f.name, getattr(inputs, f.name)) for f in fields(inputs)}),  # type: ignore[arg-type]
        assets,
        clusters,
    )
