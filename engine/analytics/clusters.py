"""What a partition's clusters are called, hold and have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.analytics.correlation import Correlation
from engine.analytics.tree import Tree
from engine.core.errors import InputError
from engine.core.format import listing

UNKNOWN = "Unknown"
# A name needs this share of the members …
NAME_SHARE = 0.6
# … and, from this size on, a share that chance alone gives less often than this.
CHANCE_FROM = 3
CHANCE_LEVEL = 0.01
# Class names that are not words.
ABBREVIATIONS = {"fx": "FX", "etf": "ETF"}


@dataclass(frozen=True)
class Cluster:
    """One cluster of a cut.

    id: of the tree's node, the same at every threshold; label: in the labels of this cut.
    members: sorted symbols. color: rank for a palette, -1 (grey) for a single asset.
    mean_correlation, lowest_correlation: over its pairs; None for a single asset.
    """

    id: int
    label: int
    name: str
    members: tuple[str, ...]
    color: int
    mean_correlation: float | None
    lowest_correlation: float | None

    def __post_init__(self) -> None:
        if not self.members or list(self.members) != sorted(set(self.members)):
            raise InputError(f"Cluster {self.id} needs members, sorted and each once.")
        if (self.mean_correlation is None) != (len(self.members) == 1):
            raise InputError(f"Cluster {self.id}: a mean correlation needs two members.")

    @property
    def size(self) -> int:
        return len(self.members)


def describe(
    tree: Tree,
    correlation: Correlation,
    labels: np.ndarray,
    sectors: Mapping[str, str],
    classes: Mapping[str, str],
) -> tuple[Cluster, ...]:
    """The clusters of a cut, largest first, of equals the one with the smallest symbol first.

    Args:
        labels: N, in the order of `tree.symbols`; a cut of this tree.
        sectors, classes: symbol to text; absent, "" or "unknown" means not known.

    Raises InputError if the labels are no cut of the tree or a symbol has no correlation.

    Invariant: the members of all clusters are the tree's symbols, each once.
    """
    n = len(tree.symbols)
    labels = np.asarray(labels)
    if labels.shape != (n,):
        raise InputError(f"{n} assets need {n} labels, not {labels.shape}.")
    matrix = correlation.matrix_for(tree.symbols)
    groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    ids = _ids(tree, groups)
    names = cluster_names(
        [[tree.symbols[i] for i in group] for group in groups], tree.symbols, sectors, classes
    )
    clusters = []
    for group, node_id, name in zip(groups, ids, names, strict=True):
        # Most groups are single assets, for which the two calls below would only take time.
        pairs = (
            matrix[np.ix_(group, group)][np.triu_indices(len(group), 1)]
            if len(group) > 1
            else matrix[:0, 0]
        )
        clusters.append(
            Cluster(
                id=node_id,
                label=int(labels[group[0]]),
                name=name,
                members=tuple(tree.symbols[i] for i in group),
                color=int(tree.color_ranks[node_id - 1]) if len(group) > 1 else -1,
                mean_correlation=float(pairs.mean()) if len(pairs) else None,
                lowest_correlation=float(pairs.min()) if len(pairs) else None,
            )
        )
    return tuple(sorted(clusters, key=lambda c: (-c.size, c.members[0])))


def cluster_names(
    groups: Sequence[Sequence[str]],
    universe: Sequence[str],
    sectors: Mapping[str, str],
    classes: Mapping[str, str],
) -> list[str]:
    """A name for each group of symbols, from what is known of its members.

    The sector that at least 60 % of the members have (a member without one counts against it) if,
    from three members on, so many by chance have a probability under 0.01 (hypergeometric, against
    the universe). Else the class by the same rule. Else, where all members go by one label, that
    label; else "Mixed: A / B" with the two most frequent. A member goes by its sector; without one
    by its class, or as Unknown where others of its class have a sector.

    The same members in the same universe have the same name.
    """
    sector = {s: _known(sectors.get(s)) for s in universe}
    kind = {s: _class_title(classes.get(s)) for s in universe}
    with_sectors = {kind[s] for s in universe if sector[s]}

    def label(symbol: str) -> str:
        if sector[symbol]:
            return sector[symbol]
        return UNKNOWN if kind[symbol] in with_sectors else kind[symbol] or UNKNOWN

    by_sector = _winners(groups, sector)
    by_class = _winners(groups, kind)
    names = []
    for group, of_sector, of_class in zip(groups, by_sector, by_class, strict=True):
        common = _ranked(label(symbol) for symbol in group)
        mixed = common[0] if len(common) == 1 else f"Mixed: {common[0]} / {common[1]}"
        names.append(of_sector or of_class or mixed)
    return names


def _winners(groups: Sequence[Sequence[str]], label: Mapping[str, str]) -> list[str]:
    """For each group the label that names it, "" if none does."""
    population = Counter(label.values())
    tests = []
    for group in groups:
        counts = Counter(label[symbol] for symbol in group if label[symbol])
        best = min(counts, key=lambda name: (-counts[name], name), default="")
        tests.append((best, counts[best], len(group)))
    found = np.array([t[1] for t in tests])
    size = np.array([t[2] for t in tests])
    all_of_it = np.array([population[t[0]] for t in tests])
    # Here and not above: it takes half a second to load.
    from scipy.stats import hypergeom

    chance = hypergeom.sf(found - 1, len(label), all_of_it, size)
    # 0.6·5 is 3.0000000000000004 in floats: allow for that.
    wins = (found >= NAME_SHARE * size - 1e-9) & ((size < CHANCE_FROM) | (chance < CHANCE_LEVEL))
    return [t[0] if won else "" for t, won in zip(tests, wins, strict=True)]


def _ids(tree: Tree, groups: Sequence[np.ndarray]) -> list[int]:
    """The id of the node above exactly these leaves, for each group."""
    position = np.argsort(tree.order)
    nodes = {
        (first, size): node_id
        for first, size, node_id in zip(
            tree.first.tolist(), tree.size.tolist(), tree.node_ids.tolist(), strict=True
        )
    }
    ids = []
    for group in groups:
        first, last = int(position[group].min()), int(position[group].max())
        node_id = nodes.get((first, len(group)))
        if node_id is None or last - first + 1 != len(group):
            members = listing([tree.symbols[i] for i in group])
            raise InputError(f"{members} are no branch of this tree: take the labels from a cut.")
        ids.append(node_id)
    return ids


def _ranked(labels: Iterable[str]) -> list[str]:
    counts = Counter(labels)
    return sorted(counts, key=lambda name: (-counts[name], name))


def _known(text: str | None) -> str:
    text = (text or "").strip()
    return "" if text.lower() == UNKNOWN.lower() else text


def _class_title(text: str | None) -> str:
    text = _known(text)
    return ABBREVIATIONS.get(text.lower(), text[:1].upper() + text[1:])
