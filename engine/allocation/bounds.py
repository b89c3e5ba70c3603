"""The portfolio manager's own bounds, as text."""

from __future__ import annotations

import math
import reprlib
from dataclasses import dataclass

from engine.core.errors import ParamError

KINDS = ("asset", "cluster", "class", "group")


@dataclass(frozen=True)
class Bound:
    """lower ≤ weight of `kind` `name` ≤ upper; a lock where both are equal."""

    kind: str
    name: str
    lower: float
    upper: float

    @property
    def label(self) -> str:
        return f"{self.kind}:{self.name}"


def parse_bounds(texts: tuple[str, ...]) -> tuple[Bound, ...]:
    """Bounds from texts such as `asset:AAPL=0.02..0.05`, `class:crypto=5%..`, `asset:MSFT=4%`.

    Left of the last "=" the kind (asset, cluster, class, group) and the name; right of it
    `low..high`, one side of which may be missing, or one number that locks. Numbers are fractions,
    or percent with the sign.

    Raises ParamError for what does not read so, lies outside 0 to 100 %, or has low above high.
    """
    return tuple(_parse(text) for text in texts)


def _parse(text: str) -> Bound:
    target, equals, span = text.rpartition("=")
    kind, colon, name = (part.strip() for part in target.partition(":"))
    kind = kind.lower()
    if not (equals and colon and name and kind in KINDS):
        raise _unreadable(text)
    if ".." in span:
        low, _, high = span.partition("..")
        if not low.strip() and not high.strip():
            raise _unreadable(text)
        lower = _number(text, low) if low.strip() else 0.0
        upper = _number(text, high) if high.strip() else 1.0
    else:
        lower = upper = _number(text, span)
    if lower > upper:
        raise ParamError(f"limits.bounds: {reprlib.repr(text)} has its low side above its high.")
    return Bound(kind, name.lower() if kind == "class" else name, lower, upper)


def _number(text: str, part: str) -> float:
    part = part.strip()
    is_percent = part.endswith("%")
    try:
        value = float(part.removesuffix("%"))
    except ValueError as error:
        raise _unreadable(text) from error
    value = value / 100 if is_percent else value
    if not (math.isfinite(value) and 0 <= value <= 1):
        raise ParamError(
            f"limits.bounds: {reprlib.repr(text)} is outside 0 to 1; percent need their sign."
        )
    return value


def _unreadable(text: str) -> ParamError:
    return ParamError(
        f"limits.bounds: {reprlib.repr(text)} does not read as kind:name=low..high, as in "
        "asset:AAPL=2%..5%, class:crypto=..10%, cluster:7=..20%, group:3=5%.. or asset:MSFT=4%."
    )
