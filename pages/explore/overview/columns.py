"""Columns of the tables on the page Overview."""

from __future__ import annotations

from pages.shared import column

UNIVERSE_COLUMNS = column.IDENTITY | column.HISTORY | {
    "path": column.path("path in the window", width="medium"),
    "first": column.day("first close"),
    "last": column.day("last close"),
    "short": column.tick("short", help="Under 0.8 of the lookback"),
    "exchange": column.text("exchange"),
    "currency": column.text("currency"),
    "fixing": column.text("fixed at"),
}  # fmt: skip
OUT_COLUMNS = column.IDENTITY | {
    "reason": column.text("reason"),
    "detail": column.text("detail", width="large"),
    "first": column.day("first close"),
    "last": column.day("last close"),
    "n": column.identity("returns"),
}
GAP_COLUMNS = {
    "symbol": column.text("symbol"),
    "last_before": column.day("last close before"),
    "first_after": column.day("first close after"),
    "missed": column.identity("sessions missed"),
    "return": column.percent("return across", digits=1),
}
INGEST_COLUMNS = column.LOAD | {
    name: column.count(name)
    for name in ("rows", "stored", "unchanged", "revised", "quarantined")
} | {
    "by": column.text("by", help="Who stored it, where sign-in tells"),
    "snapshot_id": column.text("snapshot", width=110),
}  # fmt: skip
