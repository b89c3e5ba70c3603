"""The whole portfolio at every threshold, as tables."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from engine.pipeline.whatif import Cliff, Point

_PARTS = ("volatility", "cvar_95", "cash", "turnover")


def whatif_table(points: Sequence[Point]) -> pd.DataFrame:
    """One row a threshold; shares in %, cost in basis points, what is not known is missing."""
    return pd.DataFrame(
        [
            {
                "threshold": p.threshold, "n_clusters": p.n_clusters,
                **{k: None if (v := getattr(p, k)) is None else 100 * v for k in _PARTS},
                "cost": None if p.cost is None else 1e4 * p.cost,
                "effective": p.effective, "effective_bets": p.effective_bets, "names": p.names,
                "why": p.cash_reason or p.reason,
            }
            for p in points
        ]
    )  # fmt: skip


def cliff_table(cliffs: Sequence[Cliff]) -> pd.DataFrame:
    """One row a cliff: its height, the two clusters, what it does."""
    return pd.DataFrame(
        [(c.at, c.joins[0], c.joins[1], c.what, 100 * c.size) for c in cliffs],
        columns=["at", "one", "other", "what", "size"],
    )
