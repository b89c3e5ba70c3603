"""Columns of the tables on the page Allocation."""

from __future__ import annotations

from typing import Any

import streamlit as st

_text, _number = st.column_config.TextColumn, st.column_config.NumberColumn
_date = st.column_config.DateColumn


def _percent(label: str, help: str = "", digits: int = 2) -> Any:
    return _number(f"{label}, %", format=f"%.{digits}f", help=help or None)


_SHARES = {
    "risk_share": _percent("of volatility", "Its part of the whole's; negative: it diversifies", 1),
    "cvar_share": _percent("of CVaR", "Its part of the whole's CVaR 95", 1),
    "fragility": _number("fragility", format="%.2f", help="Mean percentile, 1 = most fragile"),
}
HOLDING_COLUMNS = {
    "colour": _text("", width=24, help="Cluster, as in the charts; grey: alone"),
    "asset": _text("asset", help="What is held"),
    "symbol": _text("symbol", help="As stored"),
    "weight": _percent("weight"),
    "cluster": _number("cluster", format="%d"),
    "cluster_name": _text("cluster's name", width=140),
    "class": _text("class"),
    "intra": _percent("of its cluster", "Two layers: v of layer 2; one layer: what came out", 1),
    **_SHARES,
    "momentum_rank": _number("momentum rank", format="%d", help="1 = best of its cluster"),
    "momentum": _percent("momentum", "Log return a year", 1),
    "imputed": _percent("imputed", "Share of its scenarios that was not observed", 1),
    "name": _text("name", width=180),
    "sector": _text("sector", width=140),
}
CLUSTER_WEIGHT_COLUMNS = {
    "id": _number("id", format="%d", width=48),
    "name": _text("name", width=150),
    "size": _number("members", format="%d"),
    "held": _number("held", format="%d"),
    "weight": _percent("weight"),
    **_SHARES,
}
BINDING_COLUMNS = {
    "kind": _text("kind", help="bound: the manager's own"),
    "name": _text("name", width=200),
    "value": _percent("value"),
    "limit": _percent("limit"),
    "side": _text("side"),
}
LIMIT_COLUMNS = {
    "kind": _text("kind"),
    "name": _text("name", width=200),
    "value": _percent("value"),
    "lower": _percent("at least"),
    "upper": _percent("at most"),
    "slack": _percent("room", "To the nearer side"),
}
COMPARISON_COLUMNS = {
    "portfolio": _text("portfolio"),
    "volatility": _percent("volatility", "A year", 1),
    "cvar_95": _percent("CVaR 95", "Over the returns' horizon"),
    "effective": _number("effective holdings", format="%.1f"),
    "largest": _percent("largest weight", "", 1),
    "cash": _percent("cash", "", 1),
    "turnover": _percent("turnover", "One-way, to get there from the portfolio set above", 1),
    "note": _text("why there is none", width="large"),
}
REPLAY_COLUMNS = {
    "window": _text("fall"),
    "from": _date("from", format="YYYY-MM-DD", help="Highest S&P 500 close"),
    "to": _date("to", format="YYYY-MM-DD", help="Lowest"),
    "known": _percent("weights known", "With prices through the window; cash is known", 1),
    "total": _percent("return", "Of the whole; only where all of it is known", 1),
    "added": _percent("known part adds", "To the whole's return", 1),
    "part": _percent("known part alone", "Its own return", 1),
    "worst": _percent("deepest fall", "Of the known part alone, inside the window", 1),
    "unknown": _text("unknown", width="large", help="Held, but without prices through the window"),
}
SHOCK_COLUMNS = {
    "class": _text("class"),
    "weight": _percent("weight"),
    "shock": _percent("shock", "", 0),
    "added": _percent("adds"),
}


def side_by_side(names: list[str]) -> dict[str, Any]:
    """One column of weights a portfolio."""
    return {"asset": _text("asset"), "symbol": _text("symbol")} | {
        name: _number(f"{name}, %", format="%.2f") for name in names
    }


def between(names: list[str]) -> dict[str, Any]:
    """Turnover between portfolios."""
    return {"portfolio": _text("from")} | {
        name: _number(f"to {name}, %", format="%.1f") for name in names
    }


ACTIVE_COLUMNS = {
    "asset": _text("asset"),
    "symbol": _text("symbol"),
    "weight": _percent("weight"),
    "benchmark": _percent("benchmark"),
    "active": _number("active, points", format="%+.2f"),
}


def change(causes: tuple[str, ...]) -> dict[str, Any]:
    """Before, each cause, after."""
    points = {c: _number(f"{c}, points", format="%+.2f") for c in causes}
    return (
        {"asset": _text("asset"), "symbol": _text("symbol"), "before": _percent("before")}
        | points
        | {"after": _percent("now"), "change": _number("change, points", format="%+.2f")}
    )
