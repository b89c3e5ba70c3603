"""Columns of the tables on the pages Regime and Fragility."""

from __future__ import annotations

import streamlit as st

from pages.shared.blocks import RHO

_text, _number = st.column_config.TextColumn, st.column_config.NumberColumn

COMPONENT_COLUMNS = {
    "part": _text("part"),
    "value": _number("value", format="%.2f"),
    "score": st.column_config.ProgressColumn(
        "score", format="%.2f", min_value=0.0, max_value=1.0, help="0 usual, 1 as in a crisis"
    ),
    "meaning": _text("meaning", width="large"),
}
FORETELL_COLUMNS = {
    "period": _text("period"),
    "target": _text("what was foretold"),
    "predictor": _text("by"),
    "correlation": _number("rank correlation", format=RHO),
    "low": _number("95 % from", format=RHO),
    "high": _number("to", format=RHO),
    "n": _number("sessions", format="localized", help="They overlap"),
}
SCORING_COLUMNS = {
    "period": _text("period"),
    "sessions": _number("sessions", format="localized", help="With a known state"),
    "in_fall": _number("in a fall, %", format="%.1f", help="By chance precision would equal it"),
    "flagged": _number("in CRISIS, %", format="%.1f", help="By chance recall would equal it"),
    "recall": _number("recall, %", format="%.1f", help="Of the sessions in a fall, in CRISIS"),
    "precision": _number(
        "precision, %", format="%.1f", help="Of the sessions in CRISIS, in a fall"
    ),
    "falls": _number("falls", format="%d"),
    "caught": _number("caught", format="%d", help="With a CRISIS before the lowest close"),
    "delay": _number("first on session", format="%.1f", help="Median; 1 is the first of the fall"),
}
STRENGTH_COLUMNS = {
    "currency": _text("currency"),
    "kind": _text("group"),
    "strength": _number("strength", format="%.2f", help="Trend against the others, deviations"),
}
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
