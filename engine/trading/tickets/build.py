"""A plan of trades as a ticket: each trade as the order that the market takes, reconciled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from engine.core.amounts import CENT, exact_text
from engine.core.currencies import currency_of_cash
from engine.core.errors import InputError
from engine.core.words import Side
from engine.trading.market_pair import market_pair
from engine.trading.tickets.ticket import (
    ID_DIGITS,
    SIDES,
    Ticket,
    TicketLine,
    Untraded,
    checksum_of,
)
from engine.trading.tradable import (
    CURRENCY_CLASS,
    Plan,
    PlannedTrade,
    Tradable,
    pairs_of,
    refusals,
)


def build_ticket(
    plan: Plan,
    instruments: Mapping[str, Tradable],
    *,
    portfolio: str,
    universe: str,
    created_at: dt.datetime,
    by: str,
    run_id: str,
    snapshot_id: str,
    as_of: dt.date,
    base_currency: str,
    ledger_head: str,
    store_head: str = "",
    drift_before: Decimal | None = None,
    drift_left: Decimal | None = None,
    ticket_id: str = "",
) -> Ticket:
    """A plan as a ticket, in the plan's order; without an id it is named by its content.

    created_at: with a time zone. drift_*: by default the plan's own drift_before and drift_after,
    if it has them, to 6 decimals. Raises InputError that names every line that cannot be traded
    (`refusals`), a line whose amounts do not fit, or says that the cash does not reconcile to the
    cent: cash after = before − bought + sold − costs.
    """
    if created_at.tzinfo is None:
        raise InputError("The ticket's time has no time zone: give it in UTC.")
    if refused := refusals(plan, instruments, base_currency):
        names = "; ".join(f"{symbol} {reason}" for symbol, reason in refused)
        raise InputError(f"Not tradable: {names}. Leave them out of the trades.")
    lines = ticket_lines(plan, instruments, base_currency)
    _reconcile(plan, lines)
    ticket = Ticket(
        ticket_id=ticket_id, portfolio=portfolio, universe=universe,
        created_at=created_at.astimezone(dt.UTC), by=by, run_id=run_id, snapshot_id=snapshot_id,
        as_of=as_of, base_currency=base_currency, lines=lines,
        untraded=tuple(_untraded(item) for item in plan.untraded),
        cash_before=plan.cash_before, cash_after=plan.cash_after, estimated_cost=plan.cost,
        ledger_head=ledger_head, store_head=store_head,
        cash_in_before=cash_text(getattr(plan, "cash_of_before", {})),
        cash_in_after=cash_text(getattr(plan, "cash_of_after", {})),
        drift_before=_drift(plan, "drift_before") if drift_before is None else drift_before,
        drift_left=_drift(plan, "drift_after") if drift_left is None else drift_left,
    )  # fmt: skip
    if not ticket_id:
        ticket = replace(ticket, ticket_id="T" + checksum_of(ticket)[:ID_DIGITS])
    return replace(ticket, checksum=checksum_of(ticket))


def ticket_lines(
    plan: Plan, instruments: Mapping[str, Tradable], base_currency: str
) -> tuple[TicketLine, ...]:
    """The trades of a plan as lines, in its order. What changes money of a currency is one line a
    pair, with what is traded of that currency as an asset.

    Raises InputError naming a line whose amounts do not fit, or a currency of which the two come to
    nothing together.
    """
    pairs = pairs_of(instruments)
    paid: Mapping[str, tuple[str, Decimal, Decimal]] = getattr(plan, "paid", {})
    out: list[TicketLine] = []
    for trade in plan.lines:
        code = currency_of_cash(trade.symbol)
        symbol = pairs.get(code, "") if code else trade.symbol
        line = _line(trade, symbol, instruments[symbol], base_currency)
        if trade.symbol in paid:
            settled, amount, value = paid[trade.symbol]
            line = replace(line, settled=settled, settled_amount=amount, settled_value=value)
        if code:
            line = replace(line, to_cash=line.signed)
            if (at := next((i for i, x in enumerate(out) if x.symbol == symbol), None)) is not None:
                out[at] = _together(out[at], line, base_currency)
                continue
        out.append(line)
    return tuple(out)


def _together(asset: TicketLine, cash: TicketLine, base_currency: str) -> TicketLine:
    """A currency traded as an asset and for its cash, as one order."""
    signed = asset.signed + cash.signed
    value = abs(signed) * (asset.price or Decimal(0))
    if value < CENT:
        raise InputError(
            f"What is traded of {asset.asset} and of its cash come to nothing together: leave one "
            "out."
        )
    side = Side.BUY if signed > 0 else Side.SELL
    pair = market_pair(asset.asset, base_currency)
    quantity = abs(signed)
    return replace(
        asset, side=side.value, quantity=quantity, value=value, cost=asset.cost + cash.cost,
        market_side=pair.side(side.value), to_cash=cash.to_cash,
        market_quantity=value.quantize(CENT) if pair.inverted else quantity,
        reason=f"{asset.reason}; {cash.reason}",
    )  # fmt: skip


def _line(trade: PlannedTrade, name: str, known: Tradable, base_currency: str) -> TicketLine:
    if trade.side not in SIDES:
        raise InputError(f"{trade.symbol}: the side {trade.side!r} is neither BUY nor SELL.")
    if trade.quantity <= 0 or trade.value < CENT or trade.cost < 0:
        raise InputError(
            f"{trade.symbol}: quantity {trade.quantity}, value {trade.value} and cost {trade.cost} "
            "are no trade: it needs a quantity, a cent or more of value, and no cost below 0."
        )
    symbol, side, amount = name, trade.side, trade.quantity
    currency = known.currency or base_currency
    if known.asset_class == CURRENCY_CLASS:
        pair = market_pair(known.asset, base_currency)
        symbol, side, currency = pair.symbol, pair.side(trade.side), pair.quote
        # The pair's base is then the base currency: the order is the money that changes hands.
        amount = trade.value.quantize(CENT) if pair.inverted else trade.quantity
    return TicketLine(
        symbol=name, asset=known.asset, market_symbol=symbol, market_side=side,
        market_quantity=amount, side=trade.side, quantity=trade.quantity, price=trade.price,
        currency=currency, value=trade.value, cost=trade.cost, reason=trade.reason,
        asset_class=known.asset_class, notional=known.notional, exchange=known.exchange,
        quoted=known.quoted,
    )  # fmt: skip


def _untraded(item: Any) -> Untraded:
    if hasattr(item, "symbol"):
        return Untraded(item.symbol, item.reason)
    return Untraded(*item)


def _drift(plan: Plan, name: str) -> Decimal | None:
    value = getattr(plan, name, None)
    return None if value is None else Decimal(f"{value:.6f}")


def _reconcile(plan: Plan, lines: tuple[TicketLine, ...]) -> None:
    moved = sum((_money_in(x) for x in lines), Decimal(0))
    expected = plan.cash_before + moved - plan.cost - getattr(plan, "rounded", Decimal(0))
    if abs(expected - plan.cash_after) >= CENT:
        raise InputError(
            f"The cash does not reconcile: {plan.cash_before} before, {moved} from trades and "
            f"{plan.cost} of costs leave {expected}, not {plan.cash_after}."
        )


def _money_in(line: TicketLine) -> Decimal:
    """What a line adds to all cash, costs apart."""
    if line.to_cash and line.price is not None:
        return -line.units * line.price
    return -line.value * Side(line.side).sign


def cash_text(by_currency: Mapping[str, Decimal]) -> str:
    """Cash by currency as text, to the cent; "" where all is base currency."""
    if len(by_currency) < 2:
        return ""
    return "; ".join(
        f"{code} {exact_text(amount.quantize(CENT))}" for code, amount in by_currency.items()
    )
