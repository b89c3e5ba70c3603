"""A tail that does not move is as old as its first close."""

from __future__ import annotations

import numpy as np
from hand_made import make_grid, walk

from engine.market.panel import build_panel
from engine.market.still import UNCHANGED_RUN, last_alive
from engine.params import DataParams, PanelParams

N = 120


def slow(close: np.ndarray) -> int:
    """The same, a close after the other."""
    there = np.flatnonzero(np.isfinite(close))
    if not len(there):
        return -1
    last = close[there[-1]]
    tail = []
    for row in there[::-1]:
        if close[row] != last:
            break
        tail.append(row)
    whole = len(tail) == len(there)
    return int(tail[-1] if len(tail) >= UNCHANGED_RUN and not whole else there[-1])


def test_against_a_plain_loop() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        close = rng.integers(1, 3, (40, 6)).astype(float)
        close[rng.random(close.shape) < 0.2] = np.nan
        tail = rng.integers(0, 25, 6)
        for column, n in enumerate(tail):
            if n:
                close[-n:, column] = 5.0
        assert last_alive(close).tolist() == [slow(c) for c in close.T]
    assert last_alive(np.full((3, 2), np.nan)).tolist() == [-1, -1]


def test_a_dead_tail_is_stale() -> None:
    closes = {s: walk(n, N) for n, s in enumerate(("GOOD", "DEAD", "NEARLY", "FLAT"))}
    closes["DEAD"][-UNCHANGED_RUN:] = closes["DEAD"][-UNCHANGED_RUN]
    closes["NEARLY"][-UNCHANGED_RUN + 1 :] = closes["NEARLY"][-1]
    closes["FLAT"][:] = 7.0
    grid = make_grid(closes)
    table = build_panel(grid, DataParams(), PanelParams()).table.set_index("symbol")
    assert table["status"].to_dict() == {
        "GOOD": "in", "NEARLY": "in", "DEAD": "stale", "FLAT": "constant",
    }  # fmt: skip
    since = grid.days[-UNCHANGED_RUN]
    assert table.loc["DEAD", "detail"] == (
        f"its closes have not moved since {since}, for {UNCHANGED_RUN - 1} weekdays"
    )
    assert table.loc["DEAD", "last"] == grid.days[-1]
