"""Exact decimals as text and back: one text a value, whatever it was written as."""

from __future__ import annotations

import decimal
import re
from decimal import Decimal
from typing import Any

from engine.core.errors import InputError

# Bounds on what is read: 10 to the 99999 would be a text of 99999 digits.
_NUMBER = re.compile(
    r"[+-]?([0-9]{1,30}(\.[0-9]{0,60})?|\.[0-9]{1,60})([eE][+-]?[0-9]{1,2})?", re.ASCII
)
_LARGEST = 100  # digits before or after the point that are written
# So the product of two amounts is exact in the 60 digits of `costs.exact`.
DIGITS = 30
_TOO_MUCH = Decimal(10) ** 18  # no sum of money
CENT = Decimal("0.01")


def exact_text(value: Decimal) -> str:
    """A number in full: no exponent, no trailing zeros, no -0; equal values give equal text.

    Raises InputError for NaN, infinity and numbers of over 100 digits.
    """
    if not value.is_finite() or abs(value.adjusted()) > _LARGEST:
        raise InputError(f"The amount {value} cannot be written in full: give a plain number.")
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def parse_amount(value: Any, what: str) -> Decimal:
    """A Decimal of a text, whole number or Decimal, of at most 30 digits and below 10 to the 18.

    Raises InputError that starts with `what`.

    A float is taken as the shortest text that means it: what a person typed into a form.
    """
    if isinstance(value, bool):
        raise InputError(f"{what} is {value}, no number.")
    text = repr(value) if isinstance(value, float) else str(value).strip()
    if not _NUMBER.fullmatch(text):
        shown = text if len(text) <= 40 else text[:40] + "…"
        raise InputError(f"{what} is {shown!r}, no plain number such as 1234.5.")
    number = Decimal(text)
    digits = number.normalize(decimal.Context(prec=_LARGEST)).as_tuple().digits
    if len(digits) > DIGITS or abs(number) >= _TOO_MUCH:
        raise InputError(
            f"{what} is {text[:40]!r}: give at most {DIGITS} digits, and less than 10 to the 18."
        )
    return number
