"""Columns of the tables on the page Clusters."""

from __future__ import annotations

from engine.core.symbols import named
from pages.shared import column

CLUSTER_COLUMNS = {
    "colour": column.text("", width=24, help="As in the charts; grey: alone"),
    "id": column.identity("id", width=40, help="Kept at every threshold"),
    "name": column.text("name", width=150),
    "size": column.identity("size", width=44),
    "mean_rho": column.correlation(named("ρ"), "Mean over all pairs inside", width=92),
    "lowest_rho": column.correlation("lowest", "Correlation of the pair least alike", width=60),
    "members": column.text("members", width=400),
}
MEMBER_COLUMNS = column.IDENTITY | column.HISTORY | {
    "rho": column.correlation(f"mean {named('ρ')}", help="With the other members"),
    "change": column.percent("window", digits=1, help="Change of value in the window"),
}  # fmt: skip
