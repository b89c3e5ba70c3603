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
