"""How much can be invested, and what stands in the way, in words."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from engine.allocation.limits import Limits
from engine.allocation.region import Region
from engine.allocation.solvers import linear_program
from engine.core.errors import NoPortfolio
from engine.core.format import listing, percent

# Nearer to 1 than this is 1: what the linear program leaves open.
WHOLE = 1e-9


def largest_total(region: Region, limits: Limits, layer: np.ndarray) -> tuple[float, str]:
    """S = min(1, max Σx under the limits), and why it is not 1 ("" if it is).

    Args:
        region: the limits in layer variables; layer: N×n, asset weights are layer · x.

    Under 1 the total stays 1e-9 below the largest, so that rounding leaves no solver without room.
    Raises NoPortfolio naming the limits that contradict each other.
    """
    if (region.lower <= region.upper).all():
        parts = _at_most_one(region)
        result = linear_program(-np.ones(region.n), **parts)
        if result.status == 0:
            most = float(-result.fun)
            if most >= 1.0 - WHOLE:
                return 1.0, ""
            return max(0.0, most - WHOLE), _why_cash(most, limits, layer)
    raise NoPortfolio(conflict(limits, layer))


def _at_most_one(region: Region) -> dict:
    below = region.row_lower > 0
    return {
        "A_ub": sparse.csr_matrix(
            np.vstack([np.ones((1, region.n)), region.rows, -region.rows[below]])
        ),
        "b_ub": np.concatenate([[1.0], region.row_upper, -region.row_lower[below]]),
        "bounds": np.column_stack([region.lower, region.upper]),
    }


def _why_cash(most: float, limits: Limits, layer: np.ndarray) -> str:
    """The limits that hold the total down: those with a price in the linear program."""
    a = limits.members @ layer
    below = limits.lower > 0
    result = linear_program(
        -np.ones(a.shape[1]),
        A_ub=sparse.csr_matrix(np.vstack([a, -a[below]])),
        b_ub=np.concatenate([limits.upper, -limits.lower[below]]),
    )
    marginals = result.ineqlin.marginals[: len(a)]
    # Broad limits say more than the many small ones beneath them.
    order = {"class": 0, "group": 1, "bound": 2, "cluster": 3, "asset": 4}
    priced = sorted(
        (row for row in range(len(a)) if marginals[row] < -WHOLE),
        key=lambda row: (order[limits.kinds[row]], row),
    )
    named = [f"{limits.label(row)} at most {percent(limits.upper[row])}" for row in priced]
    return f"The limits let {percent(most)} be invested: {listing(named)}."


def conflict(limits: Limits, layer: np.ndarray) -> str:
    """A smallest set of limits that cannot hold together, as a sentence.

    First a lower bound against one upper limit; else an irreducible set by a deletion filter over
    the support of the elastic program (Chinneck 2008).
    """
    a = limits.members @ layer
    uppers = [r for r in range(len(a)) if limits.upper[r] < 1.0]
    lowers = [r for r in range(len(a)) if limits.lower[r] > 0.0]
    fixed = _pair(limits, a, lowers, uppers)
    if fixed:
        return fixed
    rows = _irreducible(limits, a, lowers, uppers)
    words = [f"{limits.label(r)} wants at least {percent(limits.lower[r])}" for s, r in rows if s]
    caps = [f"{limits.label(r)} may hold at most {percent(limits.upper[r])}"
            for s, r in rows if not s and r >= 0]  # fmt: skip
    whole = "" if caps else f" together over {percent(1.0)}"
    if whole and sum(limits.lower[r] for s, r in rows if s) <= 1.0:
        whole = f", for which the fixed shares inside clusters need over {percent(1.0)}"
    sentence = f"These cannot hold together: {'; '.join(words + caps)}{whole}."
    used = [r for _, r in rows if r >= 0 and limits.members[r].sum() == 1]
    return sentence + _shares(limits, layer, used)


def _pair(limits: Limits, a: np.ndarray, lowers: list[int], uppers: list[int]) -> str:
    """One lower bound that one upper limit, or the whole, refuses: Ux ≥ r·Lx ≥ r·low > high."""
    for low in lowers:
        at = a[low] > 0
        if not at.any():
            return f"{limits.label(low)} wants at least {percent(limits.lower[low])}, but has none."
        most = float(a[low].max())
        if limits.lower[low] > most + WHOLE:
            return (
                f"{limits.label(low)} wants at least {percent(limits.lower[low])}, but the fixed "
                f"shares inside clusters let no portfolio hold over {percent(most)} of it: lower "
                "it, or take the single layer, which lets them move."
            )
        for high in sorted(uppers, key=lambda r: (limits.members[r].sum(), limits.upper[r])):
            demand = float((a[high, at] / a[low, at]).min()) * limits.lower[low]
            if demand <= limits.upper[high] + WHOLE:
                continue
            wants = f"{limits.label(low)} wants at least {percent(limits.lower[low])}"
            if (limits.members[high] == limits.members[low]).all():
                cap = f"its cap is {percent(limits.upper[high])}"
            elif demand > limits.lower[low] + WHOLE or demand < limits.lower[low] - WHOLE:
                cap = (
                    f"with the fixed shares inside its cluster that puts {percent(demand)} into "
                    f"{limits.label(high)}, which may hold at most {percent(limits.upper[high])}"
                )
            else:
                cap = f"{limits.label(high)} may hold at most {percent(limits.upper[high])}"
            return f"{wants}, {cap}: lower the one or raise the other."
    return ""


def _irreducible(
    limits: Limits, a: np.ndarray, lowers: list[int], uppers: list[int]
) -> list[tuple[bool, int]]:
    """(is a lower bound, row) of an infeasible set without infeasible parts; row -1: Σ ≤ 1."""
    sides = [(True, r) for r in lowers] + [(False, r) for r in uppers] + [(False, -1)]
    rows = np.array([-a[r] if low else (a[r] if r >= 0 else np.ones(a.shape[1]))
                     for low, r in sides])  # fmt: skip
    right = np.array([-limits.lower[r] if low else (limits.upper[r] if r >= 0 else 1.0)
                      for low, r in sides])  # fmt: skip
    count, n = rows.shape
    elastic = linear_program(
        np.concatenate([np.zeros(n), np.ones(count)]),
        A_ub=sparse.csr_matrix(np.hstack([rows, -np.eye(count)])),
        b_ub=right,
    )
    kept = [i for i in range(count) if elastic.ineqlin.marginals[i] < -WHOLE]
    # The many narrow limits go first: what is left is short and broad.
    for i in sorted(kept, key=lambda i: rows[i].astype(bool).sum()):
        fewer = [j for j in kept if j != i]
        if fewer and linear_program(np.zeros(n), A_ub=rows[fewer], b_ub=right[fewer]).status == 2:
            kept = fewer
    return [sides[i] for i in kept]


def _shares(limits: Limits, layer: np.ndarray, rows: list[int]) -> str:
    """The fixed shares inside a cluster, where two assets of one are in the conflict."""
    by_cluster: dict[int, list[int]] = {}
    for row in rows:
        asset = int(np.argmax(limits.members[row]))
        if layer.shape[0] != layer.shape[1]:
            by_cluster.setdefault(int(np.argmax(layer[asset])), []).append(row)
    out = ""
    for cluster, inside in by_cluster.items():
        assets = sorted({int(np.argmax(limits.members[row])) for row in inside})
        if len(assets) > 1:
            named = [f"{limits.names[a]} {percent(layer[a, cluster])}" for a in assets]
            out += (
                f" In two layers the shares inside a cluster are fixed ({', '.join(named)}): "
                "the single layer lets them move."
            )
    return out
