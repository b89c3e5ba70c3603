"""The state of a portfolio on a day, from the entries of its ledger, and its weights at prices.

What an entry's payload holds, and does, is said by its kind: `engine.trading.entries`.
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.core.amounts import exact_text
from engine.core.currencies import cash_in, is_cash
from engine.core.errors import InputError
from engine.core.words import CASH, EntryKind
from engine.trading.costs import exact
from engine.trading.entries import ENTRIES
from engine.trading.entry import Account, LedgerEntry
from engine.trading.standing import AnEntry, standing


@dataclass(frozen=True)
class Position:
    """Units held of a symbol; never negative. notional: exposure, not something in custody."""

    symbol: str
    quantity: Decimal
    notional: bool = False


@dataclass(frozen=True)
class State:
    """What is held at the end of a day. positions: by symbol, none of 0. cash: base currency;
    foreign: (code, amount) of other currencies, none of 0.

    head_hash: of the last of the entries that were used.
    """

    portfolio: str
    as_of: dt.date
    base_currency: str
    cash: Decimal
    positions: tuple[Position, ...]
    head_hash: str
    foreign: tuple[tuple[str, Decimal], ...] = ()

    @property
    def cash_by_currency(self) -> dict[str, Decimal]:
        """Cash of each currency, the base currency first."""
        return {self.base_currency: self.cash} | dict(self.foreign)

    @property
    def quantities(self) -> dict[str, Decimal]:
        """Symbol to units."""
        return {p.symbol: p.quantity for p in self.positions}


@dataclass(frozen=True)
class Valued:
    """A state at prices. values: money by symbol, CASH and that of other currencies (`cash_in`)
    included; weights: their shares of `value`.

    unpriced: held but without a price, in neither.
    """

    weights: dict[str, float]
    values: dict[str, Decimal]
    value: Decimal
    unpriced: tuple[str, ...]

    @property
    def cash(self) -> Decimal:
        """Cash of all currencies that have a rate, in base currency."""
        return sum((v for s, v in self.values.items() if is_cash(s)), Decimal(0))


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
    if not any(e.kind == EntryKind.CREATE for e in known):
        raise InputError("A portfolio starts with the entry that creates it: create it first.")
    portfolio, first = known[0].portfolio, min(e.effective_date for e in known)
    if first > date:
        raise InputError(
            f"Portfolio {portfolio} starts on {first}: choose that day or a later one."
        )
    # It may have been created after the day on which its first holdings count.
    used = [e for e in known if e.effective_date <= date or e.kind == EntryKind.CREATE]
    account = Account()
    with decimal.localcontext(exact()):
        for entry in sorted(standing(used), key=_order):
            _apply(account, entry)
    return State(
        portfolio=portfolio,
        as_of=date,
        base_currency=account.base_currency,
        cash=account.cash,
        positions=tuple(
            Position(s, q, account.notional.get(s, False))
            for s, q in sorted(account.held.items())
            if q
        ),
        head_hash=max(used, key=lambda e: e.seq).hash,
        foreign=tuple((code, amount) for code, amount in sorted(account.foreign.items()) if amount),
    )


def undoing(entries: Sequence[LedgerEntry]) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Units by symbol and cash by currency that take the last entry back on its own effective
    date."""
    day = entries[-1].effective_date
    now, then = state_at(entries, day), state_at(entries[:-1], day)
    held, wanted = now.quantities, then.quantities
    with decimal.localcontext(exact()):
        units = {
            s: wanted.get(s, Decimal(0)) - held.get(s, Decimal(0)) for s in sorted({*held, *wanted})
        }
        was, is_now = then.cash_by_currency, now.cash_by_currency
        cash = {
            code: was.get(code, Decimal(0)) - is_now.get(code, Decimal(0))
            for code in dict.fromkeys((*was, *is_now))
        }
        return {s: q for s, q in units.items() if q}, {c: v for c, v in cash.items() if v}


def held_at(entries: Sequence[LedgerEntry], date: dt.date) -> dict[str, Decimal]:
    """Units by symbol at the end of a day; none before the portfolio starts."""
    if date < min(e.effective_date for e in entries):
        return {}
    return state_at(entries, date).quantities


def implementing(entries: Iterable[AnEntry]) -> list[AnEntry]:
    """The entries that count and after which the weights are those that were meant, as holdings are
    stated or a ticket is filled: drift by price starts there."""
    return [e for e in standing(entries) if e.kind in ENTRIES and ENTRIES[e.kind].implements]


def last_implemented(entries: Iterable[LedgerEntry], date: dt.date) -> dt.date | None:
    """The last day up to `date` on which holdings were stated or a ticket was implemented; none:
    still from cash. *Last* weights are those of the state at its end, at its prices."""
    days = [e.effective_date for e in implementing(entries)]
    return max((d for d in days if d <= date), default=None)


def renamed(
    weights: Mapping[str, float], entries: Iterable[AnEntry], since: dt.date, date: dt.date
) -> dict[str, float]:
    """Weights of a day under the names that their symbols have on a later one."""
    out = dict(weights)
    for entry in sorted(standing(entries), key=_order):
        if entry.kind != EntryKind.RENAME or not since < entry.effective_date <= date:
            continue
        if (moved := out.pop(str(entry.payload["symbol"]), None)) is not None:
            to = str(entry.payload["to"])
            out[to] = out.get(to, 0.0) + moved
    return out


def without_flows(
    entries: Sequence[LedgerEntry], since: dt.date, date: dt.date, prices: Mapping[str, Decimal]
) -> Valued | None:
    """What would be held at the end of `date` had no money or units come or gone after `since`;
    None where none did, or where the rest cannot be without them (what was corrected in was
    traded, or what is left is worth nothing)."""
    known = standing(entries)
    kinds = {kind for kind, entry in ENTRIES.items() if entry.flow}
    flows = {e.seq for e in known if e.kind in kinds and since < e.effective_date <= date}
    if not flows:
        return None
    try:
        return value_at(state_at([e for e in known if e.seq not in flows], date), prices)
    except InputError:
        return None


def said_of(day: dt.date, state: State) -> tuple[str, ...]:
    """What must be known of something that was recorded for a day: that no market trades on it,
    that the cash is then below 0."""
    out = []
    if day.weekday() > 4:
        out.append(f"{day} is a {day:%A}: most markets do not trade then.")
    out += [
        f"The cash of {state.portfolio} is {exact_text(amount)} {code} on {state.as_of}, below 0."
        for code, amount in state.cash_by_currency.items()
        if amount < 0
    ]
    return tuple(out)


def value_at(state: State, prices: Mapping[str, Decimal]) -> Valued:
    """Values and weights at `prices`, symbol to money of the base currency a unit; those of
    currencies (`cash_in`) are their rates.

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
        for code, amount in state.foreign:
            if (rate := prices.get(name := cash_in(code, state.base_currency))) is None:
                unpriced.append(name)
            else:
                values[name] = amount * rate
        total = sum(values.values(), Decimal(0))
        if total <= 0:
            raise InputError(
                f"Portfolio {state.portfolio} is worth {total} {state.base_currency} on "
                f"{state.as_of}: weights need a positive value; record holdings or cash."
            )
        weights = {symbol: float(value / total) for symbol, value in values.items()}
    return Valued(weights, values, total, tuple(unpriced))


def _order(entry: LedgerEntry) -> tuple[bool, dt.date, int, int]:
    known = ENTRIES.get(entry.kind)
    return (
        entry.kind != EntryKind.CREATE, entry.effective_date, known.order if known else 0, entry.seq
    )  # fmt: skip


def _apply(account: Account, entry: LedgerEntry) -> None:
    where = f"Entry {entry.seq} of {entry.portfolio} ({entry.kind})"
    known = ENTRIES.get(entry.kind)
    if known is None:
        raise InputError(f"{where} is of a kind that is not known here.")
    known.apply(account, entry.payload, where)
