"""Columns of the tables on the page Fragility."""

from __future__ import annotations

import streamlit as st

_text, _number = st.column_config.TextColumn, st.column_config.NumberColumn

_MEASURES = {
    "fragility": _number("fragility", format="%.2f", help="0 to 1, relative"),
    "cvar_95": _number("CVaR 95, %", format="%.1f", help="Mean loss on the worst 5 % of days"),
    "skewness": _number("skewness", format="%.2f"),
    "tail_ratio": _number("tail ratio", format="%.2f", help="|q05| / q95"),
    "max_drawdown": _number("drawdown, %", format="%.1f", help="Largest in the window"),
    "co_cvar_95": _number(
        "CoCVaR 95, %", format="%.1f", help="Mean loss on the market basket's worst 5 % of days"
    ),
    "n": _number("returns", format="%d"),
}
ASSET_FRAGILITY_COLUMNS = {
    "asset": _text("asset"),
    "symbol": _text("symbol", help="As stored"),
    "name": _text("name", width=190),
    "class": _text("class"),
    "cluster_id": _number("cluster", format="%d", width=50),
    "cluster": _text("cluster name", width=140),
} | _MEASURES
CLUSTER_FRAGILITY_COLUMNS = {
    "id": _number("id", format="%d", width=40),
    "name": _text("name", width=150),
    "size": _number("size", format="%d", width=44),
} | _MEASURES | {"members": _text("members", width=400)}  # fmt: skip
# What a short table shows.
SHORT = ("asset", "cluster", "fragility", "cvar_95", "max_drawdown", "co_cvar_95")
CONTRIBUTION_COLUMNS = {
    "asset": _text("asset"),
    "symbol": _text("symbol", help="As stored"),
    "cluster": _text("cluster", width=150),
    "weight": _number("weight, %", format="%.2f"),
    "cvar": _number("adds to CVaR 95, %", format="%.3f", help="Below zero: it lowers the CVaR"),
    "share": _number("share, %", format="%.1f", help="Of the portfolio's CVaR"),
}
