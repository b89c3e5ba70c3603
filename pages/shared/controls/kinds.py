"""How the value of a control is read from the address, written to it, and handed to the engine."""

from __future__ import annotations

import datetime as dt
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.allocation.bounds import parse_bounds
from engine.core.amounts import parse_amount
from engine.core.errors import InputError, ParamError
from engine.core.knobs import hints_of
from engine.core.listed import join_names, split_names
from engine.params import Params, knob_of
from engine.params.trading import floors_of

BETWEEN = ";"
# Beyond these a hundredfold of a fraction, and back, is noise: 100 × 0.07 is 7.000000000000001.
SHOWN_DIGITS, FRACTION_DIGITS = 7, 9


def number_text(value: float) -> str:
    """A number without needless digits."""
    return f"{value:.10g}"


@dataclass(frozen=True)
class Kind:
    """Text, which is the same on screen, in the address and for the engine."""

    def parse(self, text: str) -> Any:
        """The value that the address asks for. Raises ValueError for what cannot be used."""
        return text

    def text(self, value: Any) -> str:
        """The value in the address; "" is left out of it."""
        return str(value)

    def shown(self, value: Any) -> Any:
        """A knob's value as the control has it."""
        return value

    def setting(self, value: Any) -> Any:
        """The control's value as the knob has it."""
        return value


@dataclass(frozen=True)
class Choice(Kind):
    """One of several words."""

    options: tuple[str, ...]

    def parse(self, text: str) -> str:
        return self.options[self.options.index(text)]


@dataclass(frozen=True)
class Switch(Kind):
    """On or off."""

    def parse(self, text: str) -> bool:
        return ("on", "off").index(text) == 0

    def text(self, value: bool) -> str:
        return "on" if value else "off"


@dataclass(frozen=True)
class Number(Kind):
    """A number between two others, all in the unit of the screen.

    percent: it is a fraction for the engine. rounds: what lies between two steps is taken to the
    nearest, as a slider has no place for it.
    """

    low: float
    high: float
    step: float
    whole: bool = False
    percent: bool = False
    rounds: bool = False
    write: Callable[[float], str] = number_text

    def parse(self, text: str) -> float:
        try:
            return self.read(text, "It")
        except InputError as error:
            raise ValueError(str(error)) from error

    def read(self, text: str, what: str) -> float:
        """The number that a text says. Raises InputError that starts with `what`."""
        value = float(parse_amount(text, what))
        if not self.low <= value <= self.high:
            span = f"{number_text(self.low)} to {number_text(self.high)}"
            raise InputError(f"{what} is {text.strip()}: give a number from {span}.")
        if self.rounds:
            value = self.low + round((value - self.low) / self.step) * self.step
            value = round(min(value, self.high), 10)
        if self.whole and value != int(value):
            raise InputError(f"{what} is {text.strip()}: give a whole number.")
        return int(value) if self.whole else value

    def text(self, value: float) -> str:
        return str(value) if self.whole else self.write(value)

    def shown(self, value: float) -> float:
        return round(100 * value, SHOWN_DIGITS) if self.percent else value

    def setting(self, value: float) -> float:
        return round(value / 100, FRACTION_DIGITS) if self.percent else value


@dataclass(frozen=True)
class Names(Kind):
    """Several names. known: all there are, where that is known; none: the word for no name, where
    the address must not leave it out; sorts: whatever the order in which they were chosen."""

    between: str = BETWEEN
    known: frozenset[str] | None = None
    none: str = ""
    sorts: bool = False

    def parse(self, text: str) -> list[str]:
        parted = split_names(text) if self.between == "," else text.split(self.between)
        names = [] if text == self.none else [n for n in parted if n]
        if self.known is not None and not self.known.issuperset(names):
            raise ValueError(text)
        return names

    def text(self, value: list[str]) -> str:
        names = sorted(value) if self.sorts else value
        joined = join_names(names) if self.between == "," else self.between.join(names)
        return (joined if names else "") or self.none

    def shown(self, value: tuple[str, ...]) -> list[str]:
        return list(value)

    def setting(self, value: list[str]) -> tuple[str, ...]:
        return tuple(value)


@dataclass(frozen=True)
class Day(Kind):
    """A date between two others."""

    first: dt.date = dt.date.min
    last: dt.date = dt.date.max

    def parse(self, text: str) -> dt.date:
        day = dt.date.fromisoformat(text)
        if not self.first <= day <= self.last:
            raise ValueError(text)
        return day

    def text(self, value: dt.date) -> str:
        return value.isoformat()


@dataclass(frozen=True)
class Bounds(Kind):
    """Bounds of one's own, as `engine.allocation.bounds` reads them."""

    def parse(self, text: str) -> tuple[str, ...]:
        bounds = tuple(part.strip() for part in text.split(BETWEEN) if part.strip())
        try:
            parse_bounds(bounds)
        except ParamError as error:
            raise ValueError(str(error)) from error
        return bounds

    def text(self, value: tuple[str, ...]) -> str:
        return BETWEEN.join(value)


@dataclass(frozen=True)
class Floors(Kind):
    """Cash kept in other currencies, as EUR:10000."""

    def parse(self, text: str) -> list[str]:
        floors = [part.strip() for part in text.split(BETWEEN) if part.strip()]
        try:
            floors_of(floors)
        except ParamError as error:
            raise ValueError(str(error)) from error
        return floors

    def text(self, value: list[str]) -> str:
        return BETWEEN.join(value)

    def shown(self, value: tuple[str, ...]) -> list[str]:
        return list(value)

    def setting(self, value: list[str]) -> tuple[str, ...]:
        return tuple(value)


@dataclass(frozen=True)
class Read(Kind):
    """Whatever these two functions make of it."""

    read: Callable[[str], Any]
    write: Callable[[Any], str] = str

    def parse(self, text: str) -> Any:
        return self.read(text)

    def text(self, value: Any) -> str:
        return self.write(value)


def kind_of(knob: str, rounds: bool, write: Callable[[float], str]) -> Kind:
    """How a `group.knob` is chosen: what it says of itself decides."""
    group, _, name = knob.partition(".")
    meta, hint = knob_of(knob).metadata, hints_of(Params.GROUPS[group])[name]
    if meta["choices"]:
        return Choice(meta["choices"])
    if hint is bool:
        return Switch()
    if typing.get_origin(hint) is tuple:
        return Names()
    if hint is int:
        low, high, step = (int(v) for v in (*meta["shown"], meta["step"]))
    else:
        times = 100.0 if meta["percent"] else 1.0
        low, high, step = (
            round(times * v, SHOWN_DIGITS) for v in (*meta["shown"], meta["step"])
        )  # fmt: skip
    return Number(low, high, step, hint is int, meta["percent"], rounds, write)
