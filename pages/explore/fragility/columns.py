"""Columns of the tables on the page Fragility."""

from __future__ import annotations

from pages.shared import column

_MEASURES = {
    "fragility": column.number("fragility", 2, help="0 to 1, relative"),
    "cvar_95": column.percent("CVaR 95", digits=1, help="Mean loss on the worst 5 % of days"),
    "skewness": column.number("skewness", 2),
    "tail_ratio": column.number("tail ratio", 2, help="|q05| / q95"),
    "max_drawdown": column.percent("drawdown", digits=1, help="Largest in the window"),
    "co_cvar_95": column.percent(
        "CoCVaR 95", digits=1, help="Mean loss on the market basket's worst 5 % of days"
    ),
    "n": column.identity("returns"),
}
ASSET_FRAGILITY_COLUMNS = {
    "asset": column.text("asset"),
    "symbol": column.text("symbol", help="As stored"),
    "name": column.text("name", width=190),
    "class": column.text("class"),
    "cluster_id": column.identity("cluster", width=50),
    "cluster": column.text("cluster name", width=140),
} | _MEASURES
CLUSTER_FRAGILITY_COLUMNS = {
    "id": column.identity("id", width=40),
    "name": column.text("name", width=150),
    "size": column.identity("size", width=44),
} | _MEASURES | {"members": column.text("members", width=400)}  # fmt: skip
# What a short table shows.
SHORT = ("asset", "cluster", "fragility", "cvar_95", "max_drawdown", "co_cvar_95")
CONTRIBUTION_COLUMNS = {
    "asset": column.text("asset"),
    "symbol": column.text("symbol", help="As stored"),
    "cluster": column.text("cluster", width=150),
    "weight": column.percent("weight", digits=2),
    "cvar": column.percent("adds to CVaR 95", digits=3, help="Below zero: it lowers the CVaR"),
    "share": column.percent("share", digits=1, help="Of the portfolio's CVaR"),
}
