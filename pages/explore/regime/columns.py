"""Columns of the tables on the page Regime."""

from __future__ import annotations

from pages.shared import column

COMPONENT_COLUMNS = {
    "part": column.text("part"),
    "value": column.number("value", 2),
    "score": column.bar("score", 1.0, "0 usual, 1 as in a crisis"),
    "meaning": column.text("meaning", width="large"),
}
FORETELL_COLUMNS = {
    "period": column.text("period"),
    "target": column.text("what was foretold"),
    "predictor": column.text("by"),
    "correlation": column.correlation("rank correlation"),
    "low": column.correlation("95 % from"),
    "high": column.correlation("to"),
    "n": column.count("sessions", help="They overlap"),
}
SCORING_COLUMNS = {
    "period": column.text("period"),
    "sessions": column.count("sessions", help="With a known state"),
    "in_fall": column.percent("in a fall", digits=1, help="By chance precision would equal it"),
    "flagged": column.percent("in CRISIS", digits=1, help="By chance recall would equal it"),
    "recall": column.percent("recall", digits=1, help="Of the sessions in a fall, in CRISIS"),
    "precision": column.percent("precision", digits=1, help="Of the sessions in CRISIS, in a fall"),
    "falls": column.identity("falls"),
    "caught": column.identity("caught", help="With a CRISIS before the lowest close"),
    "delay": column.number("first on session", 1, help="Median; 1 is the first of the fall"),
}
STRENGTH_COLUMNS = {
    "currency": column.text("currency"),
    "kind": column.text("group"),
    "strength": column.number("strength", 2, help="Trend against the others, deviations"),
}
