"""Tickets by hand, shared by the tests of tickets, exports and fills."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal as D

from engine.trading.tickets.build import build_ticket
from engine.trading.tickets.ticket import Ticket
from engine.trading.tradable import Tradable


@dataclass(frozen=True)
class Trade:
    symbol: str
    side: str
    quantity: D
    price: D | None
    value: D
    cost: D
    reason: str = "rebalance"


@dataclass(frozen=True)
class Plan:
    lines: tuple[Trade, ...]
    cash_before: D
    cash_after: D
    cost: D
    untraded: tuple[tuple[str, str], ...] = field(default=())


INSTRUMENTS = {
    x.symbol: x
    for x in (
        Tradable("AAPL", "AAPL", "equity", "USD", notional=True),
        Tradable("BRK.B", "BRK.B", "equity", "USD"),
        Tradable("VOD", "VOD", "equity", "GBP", exchange="XLON", quoted="GBp"),
        Tradable("USDJPY", "JPY", "fx"),
        Tradable("EURUSD", "EUR", "fx"),
        Tradable("EURGBP", "GBP", "fx"),  # values the pound through the euro
        Tradable("BTC-USD", "BTC-USD", "crypto", "USD"),
        Tradable("GOLD", "GOLD", "commodity", "USD"),
        Tradable("^GSPC", "^GSPC", "index", "USD", role="benchmark"),
        Tradable("VIX", "VIX", "index", "USD"),
        Tradable("=HYPER()", "=HYPER()", "equity", "USD"),
        Tradable("<b>X</b>", "<b>X</b>", "unknown", ""),
    )
}


def plan_of(
    *trades: Trade, cash: D = D("100000.00"), untraded: tuple[tuple[str, str], ...] = ()
) -> Plan:
    """A plan whose cash follows from its trades."""
    cost = sum((t.cost for t in trades), D(0))
    moved = sum((t.value if t.side == "SELL" else -t.value for t in trades), D(0))
    return Plan(trades, cash, cash + moved - cost, cost, untraded)


def ticket_of(plan: Plan, **changes: object) -> Ticket:
    given: dict[str, object] = {
        "portfolio": "main",
        "universe": "packaged",
        "created_at": dt.datetime(2022, 6, 30, 14, 5, 6, 789, tzinfo=dt.UTC),
        "by": "anna",
        "run_id": "0123456789abcdef",
        "snapshot_id": "5" * 64,
        "as_of": dt.date(2022, 6, 30),
        "base_currency": "USD",
        "ledger_head": "a" * 64,
        "drift_before": D("0.25"),
        "drift_left": D("0.0125"),
    }
    return build_ticket(plan, INSTRUMENTS, **(given | changes))  # type: ignore[arg-type]


# 1,000,000 JPY at 0.0066 USD are 6,600 USD; 2,000 EUR at 1.05 are 2,100.
AAPL = Trade("AAPL", "BUY", D("12.5"), D("136.72"), D("1709.00"), D("0.85"), "under target")
BRK = Trade("BRK.B", "SELL", D("3"), D("273.02"), D("819.06"), D("0.41"), "full exit")
YEN = Trade("USDJPY", "BUY", D("1000000"), D("0.0066"), D("6600.00"), D("0.66"), "under target")
EUR = Trade("EURUSD", "BUY", D("2000"), D("1.05"), D("2100.00"), D("0.21"), "under target")
POUND = Trade("EURGBP", "SELL", D("150.25"), D("1.22"), D("183.305"), D("0.02"), "over target")
UNTRADED = (("KO", "inside its band"), ("PG", "@do not sell, =1+1"))


def example() -> Ticket:
    """Shares and currencies, bought and sold."""
    return ticket_of(plan_of(AAPL, BRK, YEN, EUR, POUND, untraded=UNTRADED))
