"""Columns of the tables on the page Drift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

_text, _number = st.column_config.TextColumn, st.column_config.NumberColumn
_date = st.column_config.DateColumn


def _percent(label: str, help: str = "", digits: int = 2, width: int | None = None) -> Any:
    return _number(f"{label}, %", format=f"%.{digits}f", help=help or None, width=width)


def _dressed(label: str, help: str = "", width: int | None = None) -> Any:
    """A number that `tables.drift.dressed` writes out: a format here would win over it."""
    return _number(label, help=help or None, width=width)


def _points(label: str, help: str = "", width: int | None = None) -> Any:
    return _dressed(f"{label}, points", help, width)


def seen(table: pd.DataFrame, columns: Mapping[str, Any]) -> list[str]:
    """The columns to be shown at first, in the order of `columns`; the table's menu has all.

    Not a symbol that only repeats the asset, nor notes and volumes of which there are none.
    """
    out = [c for c in columns if c in table.columns]
    if {"asset", "symbol"} <= set(out) and (table["asset"] == table["symbol"]).all():
        out.remove("symbol")
    if "note" in out and not table["note"].astype(bool).any():
        out.remove("note")
    if "volume" in out and table["volume"].isna().all():
        out.remove("volume")
    return out


_NAMES = {
    "asset": _text("asset", help="What is held", pinned=True, width=70),
    "symbol": _text("symbol", help="As stored", width=80),
}
# In points, as said above the table: it stands in a narrow column.
CAUSE_COLUMNS = {
    "asset": _text("asset", help="What is held", pinned=True, width=58),
    "symbol": _text("symbol", help="As stored", width=74),
    "price": _dressed("price", "Points: last less held, prices moved the weight", 58),
    "clusters": _dressed("clusters", "Points: what new clusters alone changed in the target", 62),
    "targets": _dressed("targets", "Points: what new data changed under the old clusters", 60),
    "drift": _dressed("drift", "Points: the sum of the three", 58),
}
GROUP_COLUMNS = {
    "name": _text("name", width=200),
    "last": _percent("last"),
    "held": _percent("held"),
    "target": _percent("target"),
    "drift": _points("drift"),
    "money": _dressed("in money"),
}
HISTORY_COLUMNS = {
    "date": _date("date", format="YYYY-MM-DD"),
    "turnover": _percent("turnover to the target"),
    "largest": _percent("largest drift", "Of one asset"),
    "status": _text("status"),
    "value": _dressed("value"),
}
PROBLEM_COLUMNS = _NAMES | {
    "problem": _text("what is wrong"),
    "rule": _text("rule", help="sell, freeze or hold; not weighed: no price, so in no sum"),
    "held": _percent("held"),
    "detail": _text("in words", width="large"),
}
# The reason stands before what a narrow window may cut off.
PLAN_COLUMNS = {
    "asset": _text("asset", help="What is held", pinned=True, width=60),
    "symbol": _text("symbol", help="As stored", width=72),
    "side": _text("side", width=48),
    "quantity": _text("quantity", help="Units, exact", width=98),
    "value": _dressed("value", "Base currency", width=78),
    "reason": _text("reason", width=330),
    "before": _percent("before", width=72),
    "after": _percent("after", width=62),
    "volume": _percent("of daily volume", "Of the average; where volume is known", 2, 130),
    "cost": _number("cost", format="%.2f", help="Spread and fee", width=60),
    "price": _number("price", format="%.6g", help="Base currency a unit", width=80),
}
UNTRADED_COLUMNS = _NAMES | {"reason": _text("why it is not traded", width="large")}
EFFECT_COLUMNS = {
    "way": _text("way of trading", width=190),
    "turnover": _percent("turnover"),
    "cost": _dressed("cost", "Base currency"),
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
    # What to do stands before what a narrow window cuts off.
    return _NAMES | {
        "action": _text("action", width=60),
        "drift": _points("drift", "Target less held; above 0: to buy", 88),
        "money": _dressed(f"drift, {currency}", width=90),
        "held": bar("held, %", format="%.2f", min_value=0.0, max_value=top, width=100),
        "target": bar("target, %", format="%.2f", min_value=0.0, max_value=top, width=100),
        "last": _percent("last", "When last implemented", width=62),
        "cluster": _text("cluster", width=130),
        "class": _text("class", width=60),
        "note": _text("note", width=140),
    }
