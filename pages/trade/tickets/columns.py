"""Columns of the tables on the page Tickets."""

from __future__ import annotations

from pages.shared import column

NOTIONAL = column.tick(
    "notional", help="Only adjusted prices are known: the quantity is no number of shares"
)
DRAFT_COLUMNS = {
    "asset": column.text("asset", width=65, pinned=True),
    "symbol": column.text("symbol", help="As stored", width=78),
    "proposed": column.text("proposed", help="What the plan trades", width=140),
    # As text: a cell for numbers makes 12500 of 125,00.
    "trade": column.text(
        "trade, units ✎", alignment="right", width=115,
        help="To be edited: bought above 0, sold below 0; 0 leaves it as it is",
    ),
    "value": column.count("value", width=88, help="Of what is proposed; base currency"
    ),
    "volume": column.percent("of daily volume", "Of what is proposed; – where volume is not known"),
    "before": column.percent("held", width=62),
    "target": column.percent("target", width=66),
    "reason": column.text("reason", width=270),
    "price": column.price("price", help="Base currency for one unit of the asset"),
    "held": column.count("held, units"),
    "class": column.text("class"),
    "notional": NOTIONAL,
}  # fmt: skip
CAP_COLUMNS = {
    "state": column.text("state"),
    "kind": column.text("kind"),
    "name": column.text("name", width=200),
    "before": column.percent("before"),
    "after": column.percent("after"),
    "target": column.percent("at the target"),
    "lower": column.percent("at least"),
    "upper": column.percent("at most"),
    "room": column.percent("room", "To the nearer side; negative: passed"),
}
LIST_COLUMNS = {
    "ticket": column.text("ticket"),
    "state": column.text("state"),
    "proposed_at": column.moment("proposed"),
    "by": column.text("by"),
    "as_of": column.day("as of"),
    "orders": column.identity("orders"),
    "cost": column.number("estimated cost", 2, help="Base currency"),
    "drift_before": column.percent("drift before"),
    "drift_left": column.percent("drift left"),
    "override": column.text(
        "override", width="medium", help="Why it was approved against an objection"
    ),
}
ORDER_COLUMNS = {
    "order": column.text("order", help="As the market takes it", width=120, pinned=True),
    "order_quantity": column.text(
        "order quantity", help="Of the pair's first currency; exact", width=115
    ),
    "value": column.dressed("value", "Base currency", width=85),
    "cost": column.number("cost", 2, help="Estimated; base currency", width=65),
    "reason": column.text("reason", width=270),
    "asset": column.text("asset", width=65),
    "side": column.text("side", help="Of the asset", width=50),
    "quantity": column.text("quantity", help="Units of the asset; exact", width=110),
    "price": column.price("price", help="Base currency for one unit of the asset", width=85),
    "class": column.text("class", width=60),
    "notional": NOTIONAL,
}
LEFT_COLUMNS = {
    "asset": column.text("asset"),
    "symbol": column.text("symbol"),
    "reason": column.text("reason", width="large"),
}
EVENT_COLUMNS = {
    "at": column.moment("at", seconds=True),
    "state": column.text("state"),
    "by": column.text("by"),
    "what": column.text("what", width="large"),
    "hash": column.text("hash", help="Its first digits; each holds the one before"),
}
FORM_COLUMNS = {
    "symbol": column.text("order"),
    "side": column.text("side"),
    "quantity": column.text("quantity ✎", help="Empty or 0: not filled"),
    "price": column.text(
        "price ✎", help="As quoted: of a currency the pair's rate, else the "
        "base currency",
    ),
    "fee": column.text("fee ✎", help="Base currency; empty: none"),
}  # fmt: skip
FILL_COLUMNS = {
    "asset": column.text("asset"),
    "side": column.text("side"),
    "quantity": column.text("quantity", help="Units of the asset"),
    "price": column.price("price", help="Base currency for one unit of the asset"),
    "value": column.count("value", "Without the fee; base currency"),
    "fee": column.number("fee", 2, help="Base currency"),
}
