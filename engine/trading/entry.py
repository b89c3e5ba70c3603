"""What a kind of ledger entry is: what it does to what is held, and how it is asked for.

Each kind is one module in `engine.trading.entries` with one `EntryType`, from which follow the
state, the command line's options and the forms of the page Drift.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from engine.core.errors import InputError
from engine.core.words import EntryKind
from engine.trading.money import DayRates
from engine.trading.tradable import Tradable

Payload = Mapping[str, Any]
Given = Mapping[str, Any]


class LedgerEntry(Protocol):
    """What is read of an entry of the ledger."""

    @property
    def portfolio(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def effective_date(self) -> dt.date: ...
    @property
    def payload(self) -> Payload: ...
    @property
    def hash(self) -> str: ...


# Units by symbol that entries come to at the end of a day; nothing before their first.
HeldAt = Callable[[Sequence[LedgerEntry], dt.date], Mapping[str, Decimal]]


@dataclass
class Account:
    """What a portfolio holds while its entries are applied.

    cash: of the base currency; foreign: that of others, by code.
    """

    base_currency: str = ""
    cash: Decimal = Decimal(0)
    held: dict[str, Decimal] = field(default_factory=dict)
    notional: dict[str, bool] = field(default_factory=dict)
    foreign: dict[str, Decimal] = field(default_factory=dict)

    def pay_in(self, currency: str, amount: Decimal) -> None:
        """Money that comes in, or goes out below 0; "" is the base currency."""
        if currency in ("", self.base_currency):
            self.cash += amount
        else:
            self.foreign[currency] = self.foreign.get(currency, Decimal(0)) + amount

    def add(self, symbol: str, quantity: Decimal, where: str, notional: bool | None = None) -> None:
        """Units of a symbol, taken away below 0. Raises InputError where fewer are held."""
        before = self.held.get(symbol, Decimal(0))
        if before + quantity < 0:
            raise InputError(
                f"{where} takes {-quantity} {symbol} where {before} are held: correct the quantity."
            )
        self.held[symbol] = before + quantity
        if notional is not None:
            self.notional[symbol] = notional


class FieldKind(StrEnum):
    """What is typed into a field; decides the option and the control that it gets.

    rows: all that is held, as (symbol, units). changes: units to add, as (symbol, units). currency,
    rate: in what the amount is, and at which rate it is taken. listed: any symbol of the universe,
    where `symbol` is one that is held.
    """

    AMOUNT = "amount"
    SYMBOL = "symbol"
    LISTED = "listed"
    RATIO = "ratio"
    TEXT = "text"
    ROWS = "rows"
    CHANGES = "changes"
    CURRENCY = "currency"
    RATE = "rate"

    @property
    def of_units(self) -> bool:
        """Whether it is rows of symbols and units."""
        return self in (FieldKind.ROWS, FieldKind.CHANGES)

    @property
    def about(self) -> bool:
        """Whether it says something of the others, and is no entry by itself."""
        return self in (FieldKind.TEXT, FieldKind.CURRENCY, FieldKind.RATE)


@dataclass(frozen=True)
class Field:
    """One thing that is asked for.

    label, placeholder: on the page. help: of the option. missing: what is said where it is required
    and not given; "" = whoever asks has words of his own, as he knows what he calls it.
    """

    name: str
    kind: FieldKind
    label: str
    help: str
    placeholder: str = ""
    required: bool = False
    missing: str = ""


HELD_SYMBOL = Field("symbol", FieldKind.SYMBOL, "Symbol", "of what", "held", required=True)


@dataclass(frozen=True, eq=False)
class Known:
    """What an entry is built from beside its fields.

    held: symbols held at the end of all entries, looked up when it is called. rates: of `day`, from
    which it counts. units_on: what is held as a day begins.
    """

    universe: str
    base_currency: str
    tradables: Mapping[str, Tradable]
    held: Callable[[], Collection[str]]
    rates: DayRates
    day: dt.date = dt.date.max
    units_on: Callable[[dt.date], Mapping[str, Decimal]] = lambda day: {}


@dataclass(frozen=True, eq=False)
class EntryType:
    """A kind of entry.

    apply: its effect: account, payload, and the words that a refusal starts with; raises InputError
    for a payload that does not read. words: a payload in the table of entries.

    fields: what is asked for; build: the payload from them, checked. told: what is said once it is
    recorded: fields, portfolio, currency and day by their names in braces.
    check: what must hold of the ledger with this entry as its last; raises InputError.

    order: within its day the smallest first, then as they were written. implements: the weights
    after it are those that were meant. flow: it brings or takes money or units, which is no change
    of prices. final: why it cannot be undone, "" = it can.
    """

    kind: EntryKind
    label: str
    apply: Callable[[Account, Payload, str], None]
    words: Callable[[Payload], str]
    fields: tuple[Field, ...] = ()
    build: Callable[[Given, Known], dict[str, Any]] | None = None
    told: str = "The {kind} of {portfolio} is recorded on {day}."
    check: Callable[[Sequence[LedgerEntry], HeldAt], None] | None = None
    order: int = 0
    implements: bool = False
    flow: bool = False
    final: str = ""

    @property
    def in_any_currency(self) -> bool:
        """Whether its amount may be in another currency than the portfolio's."""
        return any(one.kind is FieldKind.CURRENCY for one in self.fields)

    @property
    def undoable(self) -> bool:
        """Whether an entry of this kind can be taken back."""
        return not self.final

    def require(self, given: Given) -> None:
        """Raises InputError for what is required and not given. A blank text of a field without a
        sentence is left to `build`, whose reader says what it is not."""
        for one in self.fields:
            value = given.get(one.name)
            if one.required and one.missing and is_blank(value):
                raise InputError(one.missing)
            if one.required and value is None:
                raise InputError(f"An entry of kind {self.kind} needs its {one.name}.")

    def payload(self, given: Given, known: Known) -> dict[str, Any]:
        """The payload of what was given, by the fields' names. Raises InputError naming what is
        missing or does not fit."""
        if self.build is None or not self.kind.by_hand:
            raise InputError(f"An entry of kind {self.kind} is not written by hand.")
        if other := [name for name in given if name not in {one.name for one in self.fields}]:
            raise InputError(f"An entry of kind {self.kind} has no {other[0][:40]!r}.")
        self.require(given)
        return self.build(given, known)


def is_blank(value: Any) -> bool:
    """Whether nothing was given: none, no rows, a text of blanks."""
    return value is None or value == () or value == [] or not str(value).strip()
