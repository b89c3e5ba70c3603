"""Columns of the tables on the page Allocation."""

from __future__ import annotations

from typing import Any

from pages.shared import column

_SHARES = {
    "risk_share": column.percent(
        "of volatility", "Its part of the whole's; negative: it diversifies", 1
    ),
    "cvar_share": column.percent("of CVaR", "Its part of the whole's CVaR 95", 1),
    "fragility": column.number("fragility", 2, help="Mean percentile, 1 = most fragile"),
}
HOLDING_COLUMNS = {
    "colour": column.text("", width=24, help="Cluster, as in the charts; grey: alone"),
    "asset": column.text("asset", help="What is held"),
    "symbol": column.text("symbol", help="As stored"),
    "weight": column.percent("weight"),
    "cluster": column.identity("cluster"),
    "cluster_name": column.text("cluster's name", width=140),
    "class": column.text("class"),
    "intra": column.percent(
        "of its cluster", "Two layers: v of layer 2; one layer: what came out", 1
    ),
    **_SHARES,
    "momentum_rank": column.identity("momentum rank", help="1 = best of its cluster"),
    "momentum": column.percent("momentum", "Log return a year", 1),
    "imputed": column.percent("imputed", "Share of its scenarios that was not observed", 1),
    "name": column.text("name", width=180),
    "sector": column.text("sector", width=140),
}
CLUSTER_WEIGHT_COLUMNS = {
    "id": column.identity("id", width=48),
    "name": column.text("name", width=150),
    "size": column.identity("members"),
    "held": column.identity("held"),
    "weight": column.percent("weight"),
    **_SHARES,
}
BINDING_COLUMNS = {
    "kind": column.text("kind", help="bound: the manager's own"),
    "name": column.text("name", width=200),
    "value": column.percent("value"),
    "limit": column.percent("limit"),
    "side": column.text("side"),
}
LIMIT_COLUMNS = {
    "kind": column.text("kind"),
    "name": column.text("name", width=200),
    "value": column.percent("value"),
    "lower": column.percent("at least"),
    "upper": column.percent("at most"),
    "slack": column.percent("room", "To the nearer side"),
}
COMPARISON_COLUMNS = {
    "portfolio": column.text("portfolio"),
    "volatility": column.percent("volatility", "A year", 1),
    "cvar_95": column.percent("CVaR 95", "Over the returns' horizon"),
    "effective": column.number("effective holdings", 1),
    "largest": column.percent("largest weight", "", 1),
    "cash": column.percent("cash", "", 1),
    "turnover": column.percent("turnover", "One-way, to get there from the portfolio set above", 1),
    "note": column.text("why there is none", width="large"),
}
REPLAY_COLUMNS = {
    "window": column.text("fall"),
    "from": column.day("from", help="Highest S&P 500 close"),
    "to": column.day("to", help="Lowest"),
    "known": column.percent("weights known", "With prices through the window; cash is known", 1),
    "total": column.percent("return", "Of the whole; only where all of it is known", 1),
    "added": column.percent("known part adds", "To the whole's return", 1),
    "part": column.percent("known part alone", "Its own return", 1),
    "worst": column.percent("deepest fall", "Of the known part alone, inside the window", 1),
    "unknown": column.text(
        "unknown", width="large", help="Held, but without prices through the window"
    ),
}
SHOCK_COLUMNS = {
    "class": column.text("class"),
    "weight": column.percent("weight"),
    "shock": column.percent("shock", "", 0),
    "added": column.percent("adds"),
}


def side_by_side(names: list[str]) -> dict[str, Any]:
    """One column of weights a portfolio."""
    return {"asset": column.text("asset"), "symbol": column.text("symbol")} | {
        name: column.percent(name) for name in names
    }


def between(names: list[str]) -> dict[str, Any]:
    """Turnover between portfolios."""
    return {"portfolio": column.text("from")} | {
        name: column.percent(f"to {name}", digits=1) for name in names
    }


ACTIVE_COLUMNS = {
    "asset": column.text("asset"),
    "symbol": column.text("symbol"),
    "weight": column.percent("weight"),
    "benchmark": column.percent("benchmark"),
    "active": column.points("active"),
}


def change(causes: tuple[str, ...]) -> dict[str, Any]:
    """Before, each cause, after."""
    points = {c: column.points(c) for c in causes}
    return (
        {
            "asset": column.text("asset"),
            "symbol": column.text("symbol"),
            "before": column.percent("before"),
        }
        | points
        | {"after": column.percent("now"), "change": column.points("change")}
    )
