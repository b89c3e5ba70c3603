"""What needs attention among the series of a universe."""

from __future__ import annotations

from engine.core import format as fmt
from engine.core.words import UNKNOWN_CLASS
from engine.market.panel import Panel


def health(panel: Panel, lookback: int) -> tuple[list[dict], list[str]]:
    """State of every series at the as-of date, and what needs attention, in words.

    An ended series is listed, not a problem, unless nothing of its class is left.
    """
    table = panel.table
    listed = [
        {
            "symbol": row.symbol,
            "first": None if row.first != row.first else row.first.date().isoformat(),
            "last": None if row.last != row.last else row.last.date().isoformat(),
            "sessions": int(row.sessions),
            "gaps": int(row.gaps),
            "stale": row.status == "stale",
            "ended": row.status == "ended",
            "lookback": int(min(row.n, lookback)),
            "status": row.status,
            "detail": row.detail,
        }
        for row in table.itertuples()
    ]
    problems = [
        f"{row.symbol}: {row.status}, {row.detail}."
        for row in table.itertuples()
        if row.status in ("stale", "no rate", "constant")
    ]
    taking_part = table[~table["status"].isin(["benchmark", "not selected"])]
    for name, group in taking_part.groupby("asset_class"):
        if (group["status"] != "in").all():
            reasons = group["status"].value_counts()
            why = ", ".join(f"{n} {reason}" for reason, n in reasons.items())
            problems.append(f"Nothing of class {name} is live: {why}.")
    unnamed = taking_part.loc[taking_part["asset_class"] == UNKNOWN_CLASS, "symbol"]
    if len(unnamed):
        problems.append(f"Asset class unknown: {fmt.listing(list(unnamed))}.")
    return listed, problems
