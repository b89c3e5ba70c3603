"""The state of a portfolio on a day, from the entries of its ledger, and its weights at prices.

What an entry's payload holds, by kind (numbers as text; see `state_at`):

    create      base_currency[, cash]
    holdings    positions: [{symbol, quantity[, notional]}][, cash]
    cash        amount, positive in, negative out
    ticket      fills: [{symbol, side, quantity, price, fee[, value][, notional]}]; value: the
                money that changed hands where it is not quantity · price (a rate quoted inversely)
    split       symbol, ratio: new units for one old one, "4", "3/2" or "3:2"[, cash for fractions]
    dividend    symbol, per_unit; or amount
    correction  [positions: [{symbol, quantity to add}]][, cash to add][, undoes: number of the
                entry before it, which it takes back]
"""

from __future__ import annotations

import datetime as dt
import decimal
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from engine.core.amounts import parse_amount
from engine.core.errors import InputError
from engine.core.words import CASH, Side, values_of
from engine.trading.costs import exact
from engine.trading.standing import LedgerEntry, standing

# Kinds after which the weights are those that were meant: drift by price starts there.
IMPLEMENTED = ("holdings", "ticket")
FINEST = Decimal("1e-12")


@dataclass(frozen=True)
class Position:
    """Units held of a symbol; never negative. notional: exposure, not something in custody."""

    symbol: str
    quantity: Decimal
    notional: bool = False


@dataclass(frozen=True)
class State:
    """What is held at the end of a day. positions: by symbol, none of 0. cash: base currency.

    head_hash: of the last of the entries that were used.
    """

    portfolio: str
    as_of: dt.date
    base_currency: str
    cash: Decimal
    positions: tuple[Position, ...]
    head_hash: str

    @property
    def quantities(self) -> dict[str, Decimal]:
        """Symbol to units."""
        return {p.symbol: p.quantity for p in self.positions}


@dataclass(frozen=True)
class Valued:
    """A state at prices. values: money by symbol, CASH included; weights: their shares of `value`.

    unpriced: held but without a price, in neither.
    """

    weights: dict[str, float]
    values: dict[str, Decimal]
    value: Decimal
    unpriced: tuple[str, ...]


@dataclass
class _Book:
    """A state while entries are applied."""

    base_currency: str = ""
    cash: Decimal = Decimal(0)
    held: dict[str, Decimal] = field(default_factory=dict)
    notional: dict[str, bool] = field(default_factory=dict)


def state_at(entries: Iterable[LedgerEntry], date: dt.date) -> State:
    """The state at the end of `date`: entries with an effective date up to it, in order of
    effective date, then of `seq`; `create` comes first, whatever its date, and a split first of its
    day, whose trades and prices are after it. An entry that was undone and the one that undid it
    count as if neither were there.

    Exact: nothing is rounded but units after a split that does not come out even. Cash
    may be negative, a position may not.

    Raises InputError naming portfolio and entry: none up to then, not created, a payload that
    cannot be read, more sold than held.
    """
    known = list(entries)
    if not any(e.kind == "create" for e in known):
        raise InputError("A portfolio starts with the entry that creates it: create it first.")
    portfolio, first = known[0].portfolio, min(e.effective_date for e in known)
    if first > date:
        raise InputError(
            f"Portfolio {portfolio} starts on {first}: choose that day or a later one."
        )
    # It may have been created after the day on which its first holdings count.
    used = [e for e in known if e.effective_date <= date or e.kind == "create"]
    book = _Book()
    with decimal.localcontext(exact()):
        for entry in sorted(standing(used), key=_order):
            _apply(book, entry)
    return State(
        portfolio=portfolio,
        as_of=date,
        base_currency=book.base_currency,
        cash=book.cash,
        positions=tuple(
            Position(s, q, book.notional.get(s, False)) for s, q in sorted(book.held.items()) if q
        ),
        head_hash=max(used, key=lambda e: e.seq).hash,
    )


def undoing(entries: Sequence[LedgerEntry]) -> tuple[dict[str, Decimal], Decimal]:
    """Units by symbol and cash that take the last entry back on its own effective date."""
    day = entries[-1].effective_date
    now, then = state_at(entries, day), state_at(entries[:-1], day)
    held, wanted = now.quantities, then.quantities
    with decimal.localcontext(exact()):
        units = {
            s: wanted.get(s, Decimal(0)) - held.get(s, Decimal(0)) for s in sorted({*held, *wanted})
        }
        return {s: q for s, q in units.items() if q}, then.cash - now.cash


def last_implemented(entries: Iterable[LedgerEntry], date: dt.date) -> dt.date | None:
    """The last day up to `date` on which holdings were stated or a ticket was implemented; none:
    still from cash. *Last* weights are those of the state at its end, at its prices."""
    days = [e.effective_date for e in standing(entries) if e.kind in IMPLEMENTED]
    return max((d for d in days if d <= date), default=None)


def value_at(state: State, prices: Mapping[str, Decimal]) -> Valued:
    """Values and weights at `prices`, symbol to money of the base currency a unit.

    Weights sum to 1; they are floats, values are exact. Raises InputError where a price is not
    positive, or where the whole is worth nothing.
    """
    values: dict[str, Decimal] = {}
    unpriced = []
    with decimal.localcontext(exact()):
        for position in state.positions:
            price = prices.get(position.symbol)
            if price is None:
                unpriced.append(position.symbol)
                continue
            if not price > 0:
                raise InputError(f"The price of {position.symbol} is {price}: it must be positive.")
            values[position.symbol] = position.quantity * price
        values[CASH] = state.cash
        total = sum(values.values(), Decimal(0))
        if total <= 0:
            raise InputError(
                f"Portfolio {state.portfolio} is worth {total} {state.base_currency} on "
                f"{state.as_of}: weights need a positive value; record holdings or cash."
            )
        weights = {symbol: float(value / total) for symbol, value in values.items()}
    return Valued(weights, values, total, tuple(unpriced))


def _order(entry: LedgerEntry) -> tuple[bool, dt.date, bool, int]:
    return entry.kind != "create", entry.effective_date, entry.kind != "split", entry.seq


def _apply(book: _Book, entry: LedgerEntry) -> None:
    where = f"Entry {entry.seq} of {entry.portfolio} ({entry.kind})"
    payload = entry.payload
    if entry.kind == "create":
        book.base_currency = str(payload.get("base_currency", ""))
        book.cash += _number(payload, "cash", where, "0")
    elif entry.kind == "holdings":
        book.held = {}
        for row in _rows(payload, "positions", where):
            _add(book, row, _number(row, "quantity", where), where)
        if payload.get("cash") is not None:
            book.cash = _number(payload, "cash", where)
    elif entry.kind == "cash":
        book.cash += _number(payload, "amount", where)
    elif entry.kind == "ticket":
        for row in _rows(payload, "fills", where):
            _fill(book, row, where)
    elif entry.kind == "split":
        symbol = _symbol(payload, where)
        ratio, old = _ratio(payload, where)
        book.held[symbol] = _divided(book.held.get(symbol, Decimal(0)) * ratio, old)
        book.cash += _number(payload, "cash", where, "0")
    elif entry.kind == "dividend":
        if payload.get("per_unit") is not None:
            held = book.held.get(_symbol(payload, where), Decimal(0))
            book.cash += held * _number(payload, "per_unit", where)
        else:
            book.cash += _number(payload, "amount", where)
    elif entry.kind == "correction":
        for row in _rows(payload, "positions", where) if "positions" in payload else ():
            _add(book, row, _number(row, "quantity", where), where)
        book.cash += _number(payload, "cash", where, "0")
    else:
        raise InputError(f"{where} is of a kind that is not known here.")


def _fill(book: _Book, row: Mapping[str, Any], where: str) -> None:
    side = str(row.get("side", "")).upper()
    quantity, price = _number(row, "quantity", where), _number(row, "price", where)
    if side not in values_of(Side) or quantity < 0 or price < 0:
        raise InputError(
            f"{where} has a fill of {_symbol(row, where)} that is none: it needs side BUY or SELL, "
            "and quantity and price that are not negative."
        )
    signed = quantity if side == Side.BUY else -quantity
    _add(book, row, signed, where)
    value = quantity * price if row.get("value") is None else _number(row, "value", where)
    if value < 0:
        raise InputError(f"{where} has a fill of {_symbol(row, where)} with a value below 0.")
    book.cash -= (value if side == Side.BUY else -value) + _number(row, "fee", where, "0")


def _add(book: _Book, row: Mapping[str, Any], quantity: Decimal, where: str) -> None:
    symbol = _symbol(row, where)
    before = book.held.get(symbol, Decimal(0))
    if before + quantity < 0:
        raise InputError(
            f"{where} takes {-quantity} {symbol} where {before} are held: correct the quantity."
        )
    book.held[symbol] = before + quantity
    if "notional" in row:
        book.notional[symbol] = bool(row["notional"])


def _divided(units: Decimal, old: Decimal) -> Decimal:
    """A split's new units; what does not come out even is cut after 12 decimals."""
    new = units / old
    # As fractions: a quotient that was rounded, times `old`, may round to the units again.
    even = Fraction(new) * Fraction(old) == Fraction(units)
    return new if even else new.quantize(FINEST, decimal.ROUND_DOWN)


def _symbol(row: Mapping[str, Any], where: str) -> str:
    symbol = str(row.get("symbol", "")).strip()
    if not symbol or symbol == CASH:
        raise InputError(f"{where} needs the symbol of an asset.")
    return symbol


def _number(row: Mapping[str, Any], name: str, where: str, default: str | None = None) -> Decimal:
    value = row.get(name)
    if value is None and default is not None:
        return Decimal(default)
    if isinstance(value, float):  # its decimals are not what was written
        raise InputError(f"{where}: {name} is {value!r}: the ledger holds decimals as text.")
    return parse_amount(value, f"{where}: {name}")


def _rows(payload: Mapping[str, Any], name: str, where: str) -> list[Mapping[str, Any]]:
    rows = payload.get(name)
    if not isinstance(rows, list | tuple) or not all(isinstance(r, Mapping) for r in rows):
        raise InputError(f"{where} needs {name}, a list of rows.")
    return list(rows)


def _ratio(payload: Mapping[str, Any], where: str) -> tuple[Decimal, Decimal]:
    """New units and old units: 1:3 as one number would not be exact."""
    new, _, old = re.sub(r"[:/]", ":", str(payload.get("ratio", ""))).partition(":")
    parts = parse_amount(new, f"{where}: ratio"), parse_amount(old or "1", f"{where}: ratio")
    if min(parts) <= 0:
        raise InputError(f"{where} has the ratio {payload.get('ratio')!r}: give it as 4 or 3:2.")
    return parts
