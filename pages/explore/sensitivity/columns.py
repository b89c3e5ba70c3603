"""Columns of the tables on the page Sensitivity."""

from __future__ import annotations

from engine.core.symbols import named
from pages.shared import column

PAIR_COLUMNS = {
    "asset_a": column.text("asset A"),
    "asset_b": column.text("asset B"),
    "t": column.number("together from", 2,
        help="First threshold of the sweep at which one cluster holds both; t, or a Ward height",
    ),
    "height": column.number("merge at", 3, help="Height in the tree"),
    "rho": column.correlation(named("ρ")),
    "same_class": column.tick("same class"),
    "same_sector": column.tick("same sector", help="Empty: not known of both"),
}  # fmt: skip
SWEEP_COLUMNS = {
    "t": column.number(named("t"), 2),
    "clusters": column.identity("clusters"),
    "largest": column.identity("largest"),
    "alone": column.identity("alone"),
    "alone_share": column.percent("alone", digits=1),
    "mean_rho": column.correlation(f"mean {named('ρ')} inside"),
    "silhouette": column.number("silhouette", 3),
}
WHOLE_COLUMNS = {
    "threshold": column.number("threshold", 2),
    "n_clusters": column.identity("clusters"),
    "cvar_95": column.percent("CVaR 95"),
    "volatility": column.percent("volatility", digits=1),
    "cash": column.percent("cash", digits=1),
    "turnover": column.percent("turnover", digits=1),
    "cost": column.number("cost, bps", 1),
    "effective": column.number("effective holdings", 1),
    "effective_bets": column.number("effective bets", 1),
    "names": column.identity("names"),
    "why": column.text("why cash is left", width="large"),
}
CLIFF_COLUMNS = {
    "at": column.number("at", 4),
    "one": column.text("joins", width=170),
    "other": column.text("with", width=170),
    "what": column.text("what it does", width="large"),
    "size": column.percent("moves", digits=1),
}
