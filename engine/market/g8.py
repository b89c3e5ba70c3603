"""Values of the G8 currencies from the pairs that a universe holds, however they are quoted."""

from __future__ import annotations

import numpy as np

from engine.market.currencies import Pair, liquidity_rank, parse_pair
from engine.market.grid import Grid

G8 = ("USD", "EUR", "JPY", "GBP", "CHF", "AUD", "NZD", "CAD")


def g8_values(grid: Grid) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """(T days, C currencies of the G8 that the pairs link, T×C log values).

    Each day's values solve log rate = value of the base less value of the quote over all pairs
    fixed that day, by least squares: chains (EURJPY with EURUSD) and redundant crosses both work.
    They are relative to one of the currencies, which has 0; which one may differ from day to day,
    so only differences between currencies mean anything. NaN = not linked that day; of several
    groups without a link the one with most of the G8 counts (ties: the more traded currency).

    No value depends on another day, so nothing can look ahead.
    """
    pairs = _useful(
        [
            Pair(column, symbol, *legs)
            for column, (symbol, kind, role) in enumerate(
                zip(
                    grid.symbols, grid.instruments["asset_class"], grid.instruments["role"],
                    strict=True,
                )
            )
            if kind == "fx" and role != "benchmark" and (legs := parse_pair(symbol))
        ]
    )  # fmt: skip
    nodes = sorted({leg for pair in pairs for leg in (pair.base, pair.quote)}, key=liquidity_rank)
    codes = tuple(code for code in G8 if code in nodes)
    values = np.full((len(grid.days), len(nodes)), np.nan)
    if pairs:
        rates = np.log(grid.close[:, [pair.column for pair in pairs]])
        patterns, which = np.unique(np.isfinite(rates), axis=0, return_inverse=True)
        for number, pattern in enumerate(patterns):
            rows = np.flatnonzero(which.ravel() == number)
            # Dead ends anew: what counts is who is fixed on these days.
            used = _useful([pairs[i] for i in np.flatnonzero(pattern)])
            linked = _largest_group(used, nodes)
            if not linked:
                continue
            edges = [pair for pair in used if pair.base in linked]
            incidence = np.zeros((len(edges), len(linked)))
            for line, pair in enumerate(edges):
                incidence[line, linked.index(pair.base)] = 1.0
                incidence[line, linked.index(pair.quote)] = -1.0
            fixed = rates[rows][:, [pairs.index(pair) for pair in edges]]
            # The most traded currency of the group is the unit: its column is left out.
            solved = fixed @ np.linalg.pinv(incidence[:, 1:]).T
            columns = np.array([nodes.index(code) for code in linked])
            values[rows[:, None], columns] = np.column_stack([np.zeros(len(rows)), solved])
    return grid.days, codes, values[:, [nodes.index(code) for code in codes]]


def _useful(pairs: list[Pair]) -> list[Pair]:
    """Pairs that can lie on a chain between two of the G8: no dead ends."""
    while True:
        degree: dict[str, set[str]] = {}
        for pair in pairs:
            degree.setdefault(pair.base, set()).add(pair.quote)
            degree.setdefault(pair.quote, set()).add(pair.base)
        kept = [
            pair
            for pair in pairs
            if all(leg in G8 or len(degree[leg]) > 1 for leg in (pair.base, pair.quote))
        ]
        if len(kept) == len(pairs):
            return kept
        pairs = kept


def _largest_group(pairs: list[Pair], nodes: list[str]) -> list[str]:
    """Currencies that hang together through `pairs`, most traded first; of several the best."""
    groups: list[set[str]] = []
    for pair in pairs:
        touching = [group for group in groups if group & {pair.base, pair.quote}]
        groups = [group for group in groups if group not in touching]
        groups.append({pair.base, pair.quote}.union(*touching))
    if not groups:
        return []
    best = max(groups, key=lambda g: (len(g & set(G8)), -min(nodes.index(code) for code in g)))
    return sorted(best, key=nodes.index)
