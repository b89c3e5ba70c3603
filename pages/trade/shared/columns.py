"""Columns of the tables on the page Drift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pages.shared import column


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
    "asset": column.text("asset", help="What is held", pinned=True, width=70),
    "symbol": column.text("symbol", help="As stored", width=80),
}
# In points, as said above the table: it stands in a narrow column.
CAUSE_COLUMNS = {
    "asset": column.text("asset", help="What is held", pinned=True, width=58),
    "symbol": column.text("symbol", help="As stored", width=74),
    "price": column.dressed("price", "Points: last less held, prices moved the weight", width=58),
    "flows": column.dressed(
        "flows", "Points: cash in and out, dividends, fees and corrections", width=52
    ),
    "clusters": column.dressed(
        "clusters", "Points: what new clusters alone changed in the target", width=62
    ),
    "targets": column.dressed(
        "targets", "Points: what new data changed under the old clusters", width=60
    ),
    "drift": column.dressed("drift", "Points: the sum of these", width=58),
}
GROUP_COLUMNS = {
    "name": column.text("name", width=200),
    "last": column.percent("last"),
    "held": column.percent("held"),
    "target": column.percent("target"),
    "drift": column.dressed("drift, points"),
    "money": column.dressed("in money"),
}
HISTORY_COLUMNS = {
    "date": column.day("date"),
    "turnover": column.percent("turnover to the target"),
    "flows": column.percent(
        "flows", "What cash in and out, dividends, fees and corrections moved: in no status"
    ),
    "largest": column.percent("largest drift", "Of one asset"),
    "status": column.text("status"),
    "value": column.dressed("value"),
}
PROBLEM_COLUMNS = _NAMES | {
    "problem": column.text("what is wrong"),
    "rule": column.text("rule", help="sell, freeze or hold; not weighed: no price, so in no sum"),
    "held": column.percent("held"),
    "detail": column.text("in words", width="large"),
}
# The reason stands before what a narrow window may cut off.
PLAN_COLUMNS = {
    "asset": column.text("asset", help="What is held", pinned=True, width=60),
    "symbol": column.text("symbol", help="As stored", width=72),
    "side": column.text("side", width=48),
    "quantity": column.text("quantity", help="Units, exact", width=98),
    "value": column.dressed("value", "Base currency", width=78),
    "reason": column.text("reason", width=330),
    "before": column.percent("before", width=72),
    "after": column.percent("after", width=62),
    "volume": column.percent("of daily volume", "Of the average; where volume is known", width=130),
    "cost": column.number("cost", 2, help="Spread and fee", width=60),
    "price": column.price("price", help="Base currency a unit", width=80),
}
UNTRADED_COLUMNS = _NAMES | {"reason": column.text("why it is not traded", width="large")}
EFFECT_COLUMNS = {
    "way": column.text("way of trading", width=190),
    "turnover": column.percent("turnover"),
    "cost": column.dressed("cost", "Base currency"),
    "bps": column.number("cost, bps", 2, help="Of the value"),
    "remains": column.percent("drift that remains"),
    "trades": column.identity("trades"),
}
ENTRY_COLUMNS = {
    "seq": column.identity("entry", width=50),
    "kind": column.text("kind"),
    "effective": column.day("effective"),
    "written": column.moment("written"),
    "by": column.text("by"),
    "what": column.text("what", width="large"),
    "hash": column.text("hash", width=110),
}


def drift(currency: str, most: float) -> dict[str, Any]:
    """The drift table. most: the largest weight in it, in %, for its bars."""
    top = max(most, 0.01)
    # What to do stands before what a narrow window cuts off.
    return _NAMES | {
        "action": column.text("action", width=60),
        "drift": column.dressed("drift, points", "Target less held; above 0: to buy", width=88),
        "money": column.dressed(f"drift, {currency}", width=90),
        "held": column.bar("held, %", top, width=100),
        "target": column.bar("target, %", top, width=100),
        "last": column.percent("last", "When last implemented", width=62),
        "cluster": column.text("cluster", width=130),
        "class": column.text("class", width=60),
        "note": column.text("note", width=140),
    }
