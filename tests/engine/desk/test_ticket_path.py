"""From holdings to a plan, its ticket, its files, the fills, the ledger, and the next state."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable
from decimal import Decimal as D
from types import SimpleNamespace

from ticket_examples import INSTRUMENTS, ticket_of

from engine.params.trading import TradeParams
from engine.trading.book import Market
from engine.trading.exports import export
from engine.trading.exports.filled import planned_fills
from engine.trading.exports.fills import check_fills
from engine.trading.exports.reimport import reimport
from engine.trading.state import state_at
from engine.trading.tickets.document import from_document
from engine.trading.trades import trade_plan

SYMBOLS = ("AAPL", "BRK.B", "VOD", "USDJPY", "EURUSD", "EURGBP", "BTC-USD")
CLASSES = {symbol: INSTRUMENTS[symbol].asset_class for symbol in SYMBOLS}
DAY = dt.date(2022, 6, 30)


def entry(seq: int, kind: str, payload: dict) -> SimpleNamespace:
    """As a ledger keeps it: what went through JSON."""
    return SimpleNamespace(
        portfolio="main", seq=seq, kind=kind, effective_date=DAY, hash=str(seq),
        payload=json.loads(json.dumps(payload)),
    )  # fmt: skip


def draw_prices(draw: random.Random) -> dict[str, D]:
    prices = {s: D(draw.randrange(100, 50_000)).scaleb(-2) for s in SYMBOLS}
    rate = draw.randrange(80, 160)
    return prices | {"USDJPY": D(f"{1 / rate:.12g}"), "EURUSD": D("1.05"), "EURGBP": D("1.21")}


def test_what_was_planned_is_what_is_held(campaign: Callable[[int, int], int]) -> None:
    """State after planned fills = the plan's cash and holdings, exactly; files give the ticket."""
    traded = 0
    for seed in range(campaign(25, 500)):
        draw = random.Random(seed)
        prices = draw_prices(draw)
        held = {s: D(draw.randrange(0, 5000)) for s in SYMBOLS if draw.random() < 0.6}
        held = {s: q for s, q in held.items() if q}
        shares = [draw.random() for _ in SYMBOLS]
        target = {s: x / sum(shares) for s, x in zip(SYMBOLS, shares, strict=True)}
        if seed % 3 == 0:
            target = {s: w for s, w in target.items() if draw.random() < 0.7}
        params = TradeParams(lots=draw.choice(("whole", "fractional")))
        first = entry(1, "create", {"base_currency": "USD", "cash": "250000.00"})
        rows = [{"symbol": s, "quantity": str(q)} for s, q in held.items()]
        entries = [first, entry(2, "holdings", {"positions": rows})]
        state = state_at(entries, DAY)
        market = Market(prices, CLASSES)
        plan = trade_plan(state.quantities, state.cash, target, market, params)
        ticket = ticket_of(plan, drift_before=None, drift_left=None)  # type: ignore[arg-type]
        traded += len(ticket.lines)
        for kind in ("csv", "json"):
            assert reimport(export(ticket, kind).data, kind, original=ticket) == ticket
        assert float(ticket.drift_left) <= float(ticket.drift_before) + 1e-6
        if not ticket.lines:
            continue
        fills = planned_fills(ticket)
        after = state_at([*entries, entry(3, "ticket", fills.payload())], DAY)
        assert after.cash == plan.cash_after
        expected = dict(state.quantities)
        for line in plan.lines:
            sign = 1 if line.side == "BUY" else -1
            expected[line.symbol] = expected.get(line.symbol, D(0)) + sign * line.quantity
        assert after.quantities == {s: q for s, q in expected.items() if q}
    assert traded > 50


def test_market_fills_move_the_state_by_the_money_of_the_order() -> None:
    """Yen bought by selling dollars at another rate, partly: dollars out, yen in, to the cent."""
    first = entry(1, "create", {"base_currency": "USD", "cash": "1000000.00"})
    state = state_at([first], DAY)
    market = Market({"USDJPY": D("0.0066")}, {"USDJPY": "fx"})
    plan = trade_plan({}, state.cash, {"USDJPY": 0.25}, market, TradeParams())
    ticket = ticket_of(plan)  # type: ignore[arg-type]
    order = ticket.lines[0]
    assert (order.market_symbol, order.market_side) == ("USDJPY", "SELL")
    done = check_fills(
        ticket,
        [
            {"symbol": "USDJPY", "side": "SELL", "quantity": "100000", "price": "151.47"},
            {
                "symbol": "USDJPY",
                "side": "SELL",
                "quantity": "33.33",
                "price": "151.61",
                "fee": "2",
            },
        ],
    )
    after = state_at([first, entry(2, "ticket", done.payload())], DAY)
    assert after.cash == D("1000000.00") - D("100000") - D("33.33") - D("2")
    assert after.quantities == {"USDJPY": D("100000") * D("151.47") + D("33.33") * D("151.61")}
    assert done.unfilled[0].left == order.market_quantity - D("100033.33")


def test_the_store_keeps_the_document_as_it_is() -> None:
    """A ticket goes into the store as plain values and comes back with its checksum."""
    market = Market({"AAPL": D("136.72")}, {"AAPL": "equity"})
    plan = trade_plan({}, D("10000.00"), {"AAPL": 0.5}, market, TradeParams())
    ticket = ticket_of(plan)  # type: ignore[arg-type]
    document = json.loads(export(ticket, "json").data)
    for name in ("format", "checks"):
        del document[name]
    assert from_document(document) == ticket
