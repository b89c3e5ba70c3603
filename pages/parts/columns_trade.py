"""Columns of the tables on the page Drift."""

from __future__ import annotations

from typing import Any

import streamlit as st

_text, _number = st.column_config.TextColumn, st.column_config.NumberColumn
_date = st.column_config.DateColumn


def _percent(label: str, help: str = "", digits: int = 2) -> Any:
    return _number(f"{label}, %", format=f"%.{digits}f", help=help or None)


def _points(label: str, help: str = "") -> Any:
    return _number(f"{label}, points", format="%+.2f", help=help or None)


_NAMES = {
    "asset": _text("asset", help="What is held", pinned=True),
    "symbol": _text("symbol", help="As stored"),
}
CAUSE_COLUMNS = _NAMES | {
    "price": _points("price", "Last less held: prices moved the weight"),
    "clusters": _points("clusters", "What new clusters alone changed in the target"),
    "targets": _points("targets", "What new data changed under the old clusters"),
    "drift": _points("drift", "The sum of the three"),
}
GROUP_COLUMNS = {
    "name": _text("name", width=200),
    "last": _percent("last"),
    "held": _percent("held"),
    "target": _percent("target"),
    "drift": _points("drift"),
    "money": _number("in money", format="localized"),
}
HISTORY_COLUMNS = {
    "date": _date("date", format="YYYY-MM-DD"),
    "turnover": _percent("turnover to the target"),
    "largest": _percent("largest drift", "Of one asset"),
    "status": _text("status"),
    "value": _number("value", format="localized"),
}
PROBLEM_COLUMNS = _NAMES | {
    "problem": _text("what is wrong"),
    "rule": _text("rule", help="sell, freeze or hold; not weighed: no price, so in no sum"),
    "held": _percent("held"),
    "detail": _text("in words", width="large"),
}
PLAN_COLUMNS = _NAMES | {
    "class": _text("class"),
    "side": _text("side"),
    "quantity": _text("quantity", help="Units, exact"),
    "price": _number("price", format="%.6g", help="Base currency a unit"),
    "value": _number("value", format="localized"),
    "cost": _number("cost", format="%.2f", help="Spread and fee"),
    "before": _percent("before"),
    "after": _percent("after"),
    "volume": _percent("of daily volume", "Of the average; where volume is known", 1),
    "reason": _text("reason", width="large"),
}
UNTRADED_COLUMNS = _NAMES | {"reason": _text("why it is not traded", width="large")}
EFFECT_COLUMNS = {
    "way": _text("way of trading", width=190),
    "turnover": _percent("turnover"),
    "cost": _number("cost", format="localized"),
    "bps": _number("cost, bps", format="%.2f", help="Of the value"),
    "remains": _percent("drift that remains"),
    "trades": _number("trades", format="%d"),
}
ENTRY_COLUMNS = {
    "seq": _number("entry", format="%d", width=50),
    "kind": _text("kind"),
    "effective": _date("effective", format="YYYY-MM-DD"),
    "written": st.column_config.DatetimeColumn("written, UTC", format="YYYY-MM-DD HH:mm"),
    "by": _text("by"),
    "what": _text("what", width="large"),
    "hash": _text("hash", width=110),
}


def drift(currency: str, most: float) -> dict[str, Any]:
    """The drift table. most: the largest weight in it, in %, for its bars."""
    bar = st.column_config.ProgressColumn
    top = max(most, 0.01)
    return _NAMES | {
        "class": _text("class"),
        "cluster": _text("cluster", width=150),
        "last": _percent("last", "When last implemented"),
        "held": bar("held, %", format="%.2f", min_value=0.0, max_value=top, width=110),
        "target": bar("target, %", format="%.2f", min_value=0.0, max_value=top, width=110),
        "drift": _points("drift", "Target less held; above 0: to buy"),
        "money": _number(f"drift, {currency}", format="localized"),
        "action": _text("action"),
        "note": _text("note", width="medium"),
    }
