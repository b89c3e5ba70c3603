"""Systemic groups: coarse clusters that do not move with the threshold."""

from __future__ import annotations

import math

import numpy as np

from engine.analytics.clusters import UNKNOWN, cluster_names
from engine.analytics.tree import build_tree, partition_of

# The study in DESIGN section 7 found 8 to 12 Ward clusters best on mixed universes.
MOST_GROUPS = 12
FEWEST_GROUPS = 5
ASSETS_A_GROUP = 5


def n_groups(n: int) -> int:
    """min(12, max(5, ⌈N/5⌉)), and never more than there are assets."""
    return min(n, MOST_GROUPS, max(FEWEST_GROUPS, math.ceil(n / ASSETS_A_GROUP)))


def systemic_groups(
    symbols: tuple[str, ...],
    correlation: np.ndarray,
    sectors: tuple[str, ...],
    classes: tuple[str, ...],
    kind: str,
) -> tuple[np.ndarray, dict[int, str]]:
    """The group of each asset, and the groups' names.

    Args:
        symbols: N, sorted.
        correlation: N×N without NaN.
        kind: "ward": a Ward tree of the correlation distance, cut into `n_groups`; ids are those of
            the tree's nodes, so they do not hang on the threshold of any other tree. "sector": by
            sector, by class where none is known; ids count the names in alphabetical order.

    Returns N ids and id → name. The order of the input changes no group.
    """
    if kind == "sector":
        names = [_known(s) or _known(c) or UNKNOWN for s, c in zip(sectors, classes, strict=True)]
        numbers = {name: i + 1 for i, name in enumerate(sorted(set(names)))}
        return np.array([numbers[name] for name in names]), {i: n for n, i in numbers.items()}
    part = partition_of(build_tree(correlation, symbols, "ward"), n_groups(len(symbols)))
    members = [[symbols[i] for i in np.flatnonzero(part.labels == j)] for j in range(len(part))]
    names = cluster_names(
        members,
        symbols,
        dict(zip(symbols, sectors, strict=True)),
        dict(zip(symbols, classes, strict=True)),
    )
    ids = [int(i) for i in part.ids]
    return np.array(ids)[part.labels], dict(zip(ids, names, strict=True))


def _known(text: str) -> str:
    text = text.strip()
    return "" if text.lower() == UNKNOWN.lower() else text
