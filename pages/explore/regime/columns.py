"""Columns of the tables on the page Regime."""

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
