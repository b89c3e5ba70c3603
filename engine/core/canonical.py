"""Values as one JSON text, and its hash: equal values, equal text, on every machine.

What was hashed can be checked only while its text stays what it was. So the ways to write are
formats with a name and a number: none is ever changed, a new way is a new number. All share how the
JSON is laid out (`compact`); they differ in what they take and what they make of it. What is new
takes `LEDGER_1`, the strictest, or a number of its own.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from engine.core.errors import InputError

_MOST_DIGITS = 60  # of a decimal, either side of its point: 1E+999999 is a megabyte of zeros
_MOST_CHARACTERS = 4_000_000  # a ticket of 10,000 lines


@dataclass(frozen=True)
class Format:
    """A way to write values. name: with its number; _text: a document as text."""

    name: str
    _text: Callable[[Any], str] = field(repr=False)

    def text(self, document: Any) -> str:
        """A document as JSON. What the format cannot write raises: see where it is defined."""
        return self._text(document)

    def digest(self, document: Any) -> str:
        """SHA-256 of the text, as 64 hexadecimal digits."""
        return hashlib.sha256(self._text(document).encode()).hexdigest()


def compact(document: Any) -> str:
    """Plain values as JSON: keys sorted, no blanks, letters as they are, no NaN (ValueError)."""
    return json.dumps(
        document, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )


def utc_text(at: dt.datetime) -> str:
    """A time with its zone as UTC, to the microsecond, the zone left out."""
    return at.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def _ledger_1(document: Any) -> str:
    if not isinstance(document, Mapping):
        raise InputError("What goes on record must be an object of named values.")
    text = compact(_exact(document, ""))
    if len(text) > _MOST_CHARACTERS:
        raise InputError(
            f"What goes on record is too long: at most {_MOST_CHARACTERS:,} characters of JSON."
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError("What goes on record holds characters that are not text.") from None
    return text


def _exact(value: Any, place: str) -> Any:
    if value is None or isinstance(value, bool | str) or type(value) is int:
        return value
    if isinstance(value, Decimal):
        if not value.is_finite() or abs(value.adjusted()) > _MOST_DIGITS:
            raise _not_exact(value, place)
        return format(value, "f")
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise _not_exact(value, place)
        return utc_text(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise InputError(f"What goes on record has a key that is not text{_at(place)}.")
        return {key: _exact(item, f"{place}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(item, f"{place}[{i}]") for i, item in enumerate(value)]
    raise _not_exact(value, place)


def _not_exact(value: Any, place: str) -> InputError:
    return InputError(
        f"What goes on record holds {str(value)[:40]!r} ({type(value).__name__}){_at(place)}: "
        "give amounts as finite decimals, times with their zone, the rest as text or whole numbers."
    )


def _at(place: str) -> str:
    return f" at {place.lstrip('.')}" if place else ""


def _run_1(document: Any) -> str:
    return compact(_finite(document))


def _finite(value: Any) -> Any:
    """NaN and infinity become null; tuples are lists and keys text, as JSON gives them back."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


# An object; decimals and dates as text, to the last digit. Refuses with InputError, naming the
# place, what has no exact text (a float, a decimal that is not finite or is out of all proportion,
# any other type), and what is too long.
LEDGER_1 = Format("ledger 1", _ledger_1)
# Any plain value, floats to their last bit; NaN and infinity are null, every key is text.
RUN_1 = Format("run 1", _run_1)
# Plain values as they are; a ticket has written out its amounts and times before.
TICKET_1 = Format("ticket 1", compact)
