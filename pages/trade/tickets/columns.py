"""Columns of the tables on the page Tickets."""

from __future__ import annotations

import streamlit as st

_text, _number = st.column_config.TextColumn, st.column_config.NumberColumn
_time = st.column_config.DatetimeColumn
_AMOUNT = "%.2f"


def _percent(label: str, help: str = "", digits: int = 2, width: int | None = None) -> object:
    return _number(f"{label}, %", format=f"%.{digits}f", help=help or None, width=width)


def _dressed(label: str, help: str = "", width: int | None = None) -> object:
    """A number that `tables.drift.dressed` writes out: a format here would win over it."""
    return _number(label, help=help or None, width=width)


def _money(label: str, help: str = "") -> object:
    return _number(label, format="localized", help=help or "Base currency")


DRAFT_COLUMNS = {
    "asset": _text("asset", width=65, pinned=True),
    "symbol": _text("symbol", help="As stored", width=78),
    "proposed": _text("proposed", help="What the plan trades", width=140),
    # As text: a cell for numbers makes 12500 of 125,00.
    "trade": _text(
        "trade, units ✎", alignment="right", width=115,
        help="To be edited: bought above 0, sold below 0; 0 leaves it as it is",
    ),
    "value": _number(
        "value", format="localized", width=88, help="Of what is proposed; base currency"
    ),
    "volume": _percent("of daily volume", "Of what is proposed; – where volume is not known"),
    "before": _percent("held", width=62),
    "target": _percent("target", width=66),
    "reason": _text("reason", width=270),
    "price": _number("price", format="%.6g", help="Base currency for one unit of the asset"),
    "held": _number("held, units", format="localized"),
    "class": _text("class"),
}  # fmt: skip
CAP_COLUMNS = {
    "state": _text("state"),
    "kind": _text("kind"),
    "name": _text("name", width=200),
    "before": _percent("before"),
    "after": _percent("after"),
    "target": _percent("at the target"),
    "lower": _percent("at least"),
    "upper": _percent("at most"),
    "room": _percent("room", "To the nearer side; negative: passed"),
}
LIST_COLUMNS = {
    "ticket": _text("ticket"),
    "state": _text("state"),
    "proposed_at": _time("proposed, UTC", format="YYYY-MM-DD HH:mm"),
    "by": _text("by"),
    "as_of": st.column_config.DateColumn("as of", format="YYYY-MM-DD"),
    "orders": _number("orders", format="%d"),
    "cost": _number("estimated cost", format="%.2f", help="Base currency"),
    "drift_before": _percent("drift before"),
    "drift_left": _percent("drift left"),
    "override": _text("override", width="medium", help="Why it was approved against an objection"),
}
ORDER_COLUMNS = {
    "order": _text("order", help="As the market takes it", width=120, pinned=True),
    "order_quantity": _text(
        "order quantity", help="Of the pair's first currency; exact", width=115
    ),
    "value": _dressed("value", "Base currency", 85),
    "cost": _number("cost", format="%.2f", help="Estimated; base currency", width=65),
    "reason": _text("reason", width=270),
    "asset": _text("asset", width=65),
    "side": _text("side", help="Of the asset", width=50),
    "quantity": _text("quantity", help="Units of the asset; exact", width=110),
    "price": _number(
        "price", format="%.6g", help="Base currency for one unit of the asset", width=85
    ),
    "class": _text("class", width=60),
    "notional": st.column_config.CheckboxColumn(
        "notional", help="Only adjusted prices are known: the quantity is no number of shares"
    ),
}
LEFT_COLUMNS = {
    "asset": _text("asset"),
    "symbol": _text("symbol"),
    "reason": _text("reason", width="large"),
}
EVENT_COLUMNS = {
    "at": _time("at, UTC", format="YYYY-MM-DD HH:mm:ss"),
    "state": _text("state"),
    "by": _text("by"),
    "what": _text("what", width="large"),
    "hash": _text("hash", help="Its first digits; each holds the one before"),
}
FORM_COLUMNS = {
    "symbol": _text("order"),
    "side": _text("side"),
    "quantity": _text("quantity ✎", help="Empty or 0: not filled"),
    "price": _text(
        "price ✎", help="As quoted: of a currency the pair's rate, else the "
        "base currency",
    ),
    "fee": _text("fee ✎", help="Base currency; empty: none"),
}  # fmt: skip
FILL_COLUMNS = {
    "asset": _text("asset"),
    "side": _text("side"),
    "quantity": _text("quantity", help="Units of the asset"),
    "price": _number("price", format="%.6g", help="Base currency for one unit of the asset"),
    "value": _money("value", "Without the fee; base currency"),
    "fee": _number("fee", format="%.2f", help="Base currency"),
}
