"""Tickets, their lines, limits, fills and events, as figures and tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from engine.core import format as fmt
from engine.core.amounts import exact_text, parse_amount
from engine.core.currencies import currency_of_cash, is_cash
from engine.core.words import UNKNOWN_CLASS, Side, values_of
from engine.research.caps import AT, OVER, ROUNDED, Cap
from engine.store import StoredTicket
from engine.tables.summary import Figure
from engine.trading.exports.filled import Fills
from engine.trading.tickets.ticket import Ticket, TicketLine
from engine.trading.trades import TradePlan

SHORT = 12  # digits of a hash on the screen; the whole one is in the help and on the exports
_PRICE_DIGITS = 12


def money(value: Decimal) -> str:
    """An amount to the cent, with thousands."""
    return f"{value:,.2f}"


def draft_table(
    plan: TradePlan, held: Mapping[str, Decimal], target: Mapping[str, float],
    assets: Mapping[str, str], classes: Mapping[str, str], prices: Mapping[str, Decimal],
    notional: Collection[str] = (),
) -> pd.DataFrame:  # fmt: skip
    """One row a symbol that is traded or could be, to be edited: `trade` in units, sold below 0,
    as exact text that `edited_trades` reads back.

    First the trades in the plan's order, then what is left as it is; without what has no price.
    Weights in %. proposed: as the plan has it, exact, "–" for none; value and volume (% of the
    average a day) are of it, missing where nothing is proposed or no volume is known. notional:
    whether units are of adjusted closes.
    """
    lines = {x.symbol: x for x in plan.lines}
    rest = [(s, why) for s, why in plan.untraded if s in prices]
    rows = []
    for symbol, reason in [*((x.symbol, x.reason) for x in plan.lines), *rest]:
        line = lines.get(symbol)
        signed = Decimal(0) if line is None else line.quantity * Side(line.side).sign
        price = prices[symbol] if line is None else line.price
        owned = _owned(plan, held, symbol)
        weight = float(owned * price / plan.value_before)
        rows.append(
            {
                "asset": assets.get(symbol, symbol), "symbol": symbol,
                "class": classes.get(symbol, "") or UNKNOWN_CLASS,
                "held": float(owned), "notional": symbol in notional, "before": 100 * weight,
                "target": 100 * target.get(symbol, 0.0), "price": float(price),
                "proposed": fmt.UNKNOWN if line is None else f"{line.side} {line.quantity:,f}",
                "trade": exact_text(signed), "reason": reason,
                "value": np.nan if line is None else float(round(line.value)),
                "volume": np.nan if line is None or line.volume_share is None
                else 100 * line.volume_share,
            }
        )  # fmt: skip
    columns = ("asset", "symbol", "proposed", "trade", "value", "volume", "before", "target")
    return pd.DataFrame(rows, columns=[*columns, "reason", "price", "held", "class", "notional"])


def _owned(plan: TradePlan, held: Mapping[str, Decimal], symbol: str) -> Decimal:
    code = currency_of_cash(symbol)
    return plan.cash_of_before.get(code, Decimal(0)) if code else held.get(symbol, Decimal(0))


def edited_trades(plan: TradePlan, draft: pd.DataFrame, rows: Iterable[int]) -> dict[str, Decimal]:
    """Symbol → units, sold below 0: the plan's, but in these rows the draft's; empty is 0.

    Raises InputError naming the symbol whose trade is no amount.
    """
    trades = signed_trades(plan)
    for row in rows:
        symbol, text = draft["symbol"].iloc[row], _text(draft["trade"].iloc[row])
        trades[symbol] = parse_amount(text or "0", f"The trade of {symbol}")
    return trades


def signed_trades(plan: TradePlan) -> dict[str, Decimal]:
    """Symbol → units of a plan's trades, sold below 0; what changes money follows from them."""
    return {
        x.symbol: x.quantity if x.side == Side.BUY else -x.quantity
        for x in plan.lines
        if not is_cash(x.symbol)
    }


def cap_table(caps: Sequence[Cap]) -> pd.DataFrame:
    """One row a limit, the least room first; in %."""
    return pd.DataFrame(
        [
            (c.state, c.kind, c.name, *(100 * v for v in (
                c.before, c.after, c.target, c.lower, c.upper)), _room(c.room))
            for c in caps
        ],
        columns=["state", "kind", "name", "before", "after", "target", "lower", "upper", "room"],
    )  # fmt: skip


def cap_figures(caps: Sequence[Cap]) -> tuple[Figure, ...]:
    """How many limits are passed or reached."""
    over = [f"{c.kind} {c.name}" for c in caps if c.state == OVER]
    at = [f"{c.kind} {c.name}" for c in caps if c.state == AT]
    at += [f"{c.kind} {c.name} ({ROUNDED})" for c in caps if c.state == ROUNDED]
    return (
        Figure("limits passed", fmt.count(len(over)), fmt.listing(over) or "None after the trades"),
        Figure("limits reached", fmt.count(len(at)), fmt.listing(at) or "None after the trades"),
    )


def ticket_summary(ticket: Ticket, stored: StoredTicket) -> tuple[Figure, ...]:
    """A ticket in a row of figures."""
    bought, sold = (
        sum((x.value for x in ticket.lines if x.side == side), Decimal(0))
        for side in values_of(Side)
    )
    currency = ticket.base_currency
    by = f" by {stored.by}" if stored.by else ""
    return (
        Figure("state", stored.state, f"Proposed {stored.proposed_at:%Y-%m-%d %H:%M} UTC{by}"),
        Figure("as of", fmt.day(ticket.as_of), f"Run {ticket.run_id or fmt.UNKNOWN}"),
        Figure("expires, UTC", _minute(stored.expires_at), "Not approved after it"),
        Figure("orders", fmt.count(len(ticket.lines))),
        Figure(f"bought, {currency}", money(bought)),
        Figure(f"sold, {currency}", money(sold)),
        Figure(f"estimated cost, {currency}", money(ticket.estimated_cost)),
        Figure(f"cash after, {currency}", money(ticket.cash_after),
               ticket.cash_in_after or f"{money(ticket.cash_before)} before"),
        Figure("drift before", _share(ticket.drift_before), "½ Σ|target − held|, CASH included"),
        Figure("drift left", _share(ticket.drift_left), "After its trades"),
        Figure("checksum", ticket.checksum[:SHORT], ticket.checksum),
        Figure("ledger head", ticket.ledger_head[:SHORT], ticket.ledger_head),
        *([Figure("head of the store", ticket.store_head[:SHORT], ticket.store_head)]
          if ticket.store_head else []),
    )  # fmt: skip


def ticket_list(pairs: Sequence[tuple[Ticket, StoredTicket]]) -> pd.DataFrame:
    """One row a ticket, in the order given; drift in %."""
    rows = [
        {
            "ticket": stored.ticket_id, "state": stored.state,
            "proposed_at": stored.proposed_at.replace(tzinfo=None), "by": stored.by,
            "as_of": ticket.as_of, "orders": len(ticket.lines),
            "cost": float(ticket.estimated_cost), "drift_before": _percent(ticket.drift_before),
            "drift_left": _percent(ticket.drift_left), "override": stored.override,
        }
        for ticket, stored in pairs
    ]  # fmt: skip
    return pd.DataFrame(rows)


def order_table(ticket: Ticket, assets: Mapping[str, str]) -> pd.DataFrame:
    """One row a line: the order as the market takes it, and what it does; quantities exact."""
    return pd.DataFrame(
        [
            {
                "order": f"{x.market_side} {x.market_symbol}",
                "order_quantity": exact_text(x.market_quantity),
                "asset": assets.get(x.symbol, x.asset), "side": x.side,
                "quantity": exact_text(x.quantity),
                "price": np.nan if x.price is None else float(x.price),
                "value": float(x.value), "cost": float(x.cost), "class": x.asset_class,
                "notional": x.notional, "reason": x.reason,
            }
            for x in ticket.lines
        ],
        columns=["order", "order_quantity", "asset", "side", "quantity", "price", "value", "cost",
                 "class", "notional", "reason"],
    )  # fmt: skip


def left_alone(ticket: Ticket, assets: Mapping[str, str]) -> pd.DataFrame:
    """One row a symbol that the ticket does not trade, with its reason."""
    rows = [(assets.get(u.symbol, u.symbol), u.symbol, u.reason) for u in ticket.untraded]
    return pd.DataFrame(rows, columns=["asset", "symbol", "reason"])


def event_table(stored: StoredTicket) -> pd.DataFrame:
    """One row an event of a ticket's life, the first one first."""
    return pd.DataFrame(
        [
            (e.wall_time.replace(tzinfo=None), e.state, e.by, _told(e.payload), e.hash[:SHORT])
            for e in stored.events
        ],
        columns=["at", "state", "by", "what", "hash"],
    )


def fill_form(ticket: Ticket) -> pd.DataFrame:
    """One row an order, as the market trades it, filled as planned; quantity and price are text.

    A currency's price is the rate as quoted, to 12 digits.
    """
    rows = [
        (x.market_symbol, x.market_side, exact_text(x.market_quantity), _market_price(x),
         exact_text(x.cost))
        for x in ticket.lines
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["symbol", "side", "quantity", "price", "fee"])


def fill_rows(ticket: Ticket, form: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows for `check_fills` of an edited `fill_form`.

    A row as it was planned is given in units of the asset: the rate has 12 digits only, and what
    is sold whole must not be a hair more than what is held.
    """
    planned, rows = fill_form(ticket), []
    for line, was, now in zip(
        ticket.lines, planned.to_dict("records"), form.to_dict("records"), strict=True
    ):
        same = all(_text(was[c]) == _text(now[c]) for c in ("quantity", "price"))
        if same and line.price is not None and line.inverted:
            now = {
                "symbol": line.asset, "side": line.side, "quantity": line.quantity,
                "price": line.price, "fee": now["fee"],
            }  # fmt: skip
        rows.append({str(k): v for k, v in now.items()})
    return rows


def fill_table(fills: Fills, assets: Mapping[str, str]) -> pd.DataFrame:
    """One row a fill as the ledger takes it: units of the asset, money of the base currency."""
    return pd.DataFrame(
        [
            (assets.get(f.symbol, f.symbol), f.side, exact_text(f.quantity), float(f.price),
             float(f.value), float(f.fee))
            for f in fills.fills
        ],
        columns=["asset", "side", "quantity", "price", "value", "fee"],
    )  # fmt: skip


def fill_figures(fills: Fills, ticket: Ticket) -> tuple[Figure, ...]:
    """What fills come to, beside what was planned."""
    fees = sum((f.fee for f in fills.fills), Decimal(0))
    left = [f"{o.market_side} {exact_text(o.left)} {o.market_symbol}" for o in fills.unfilled]
    currency = ticket.base_currency
    return (
        Figure("fills", fmt.count(len(fills.fills))),
        Figure("left open", fmt.count(len(left)), fmt.listing(left) or "Every order is filled"),
        Figure(f"cash moves, {currency}", money(fills.cash_moved),
               f"{money(ticket.cash_after - ticket.cash_before)} planned"),
        Figure(f"fees, {currency}", money(fees), f"{money(ticket.estimated_cost)} planned"),
    )  # fmt: skip


def _market_price(line: TicketLine) -> str:
    if line.price is None:
        return ""
    price = 1 / line.price if line.inverted else line.price
    # A stored close may have more digits than a form has room for; a rate that is turned over has
    # no end of them.
    return exact_text(Decimal(f"{price:.{_PRICE_DIGITS}g}")) if line.inverted else exact_text(price)


def _told(payload: Mapping[str, Any]) -> str:
    """What an event's payload says, in a few words."""
    parts = [
        f"{words} {payload[name]}".strip()
        for name, words in (
            ("note", ""), ("override", "override:"), ("reason", "reason:"),
            ("entry_seq", "ledger entry"),
            ("source_run", "run"), ("at", "expired at"),
        )
        if payload.get(name)
    ]  # fmt: skip
    if payload.get("objections"):
        parts.append(f"against it: {'; '.join(payload['objections'])}")
    if payload.get("audit_passed"):
        parts.append("audit passed")
    return ", ".join(parts)


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value).strip()


def _percent(value: Decimal | None) -> float:
    return np.nan if value is None else 100 * float(value)


def _room(value: float) -> float:
    """In %; what would be shown as minus zero is none."""
    return 0.0 if abs(value) < 5e-5 else 100 * value


def _minute(at: dt.datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M}"


def _share(value: Decimal | None) -> str:
    return fmt.percent(None if value is None else float(value), 2)
