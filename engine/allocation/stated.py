"""What is on record of a portfolio beside its weights, against what is recomputed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.core.format import UNKNOWN

TOLERANCE = 1e-8
# Sentences, whose words may be bettered; the solver that came first; and waivers, which have checks
# of their own (whether a weight of 1e-17 is held hangs on the machine).
_PASSED_OVER = frozenset(
    {"cash_reason", "multiplier_reason", "notes", "reason", "solver", "threshold_reason", "waivers"}
)


def differing(stated: Any, found: Any, place: str = "") -> Iterator[str]:
    """Where two documents of plain values differ: numbers by more than 1e-8 (of their size, above
    1), all else at all; sentences are passed over. Each as "place stated, not found"."""
    if isinstance(stated, Mapping) and isinstance(found, Mapping):
        for key in [*found, *(k for k in stated if k not in found)]:
            if key not in _PASSED_OVER:
                yield from differing(
                    stated.get(key), found.get(key), f"{place} {key}" if place else str(key)
                )
    elif isinstance(stated, list | tuple) and isinstance(found, list | tuple):
        if len(stated) != len(found):
            yield f"{place} {len(stated)} long, not {len(found)}"
        for number, (one, other) in enumerate(zip(stated, found, strict=False), start=1):
            yield from differing(one, other, f"{place} {_name(other) or number}")
    elif not _same(stated, found):
        yield f"{place} {_shown(stated)}, not {_shown(found)}"


def _same(stated: Any, found: Any) -> bool:
    if _is_number(stated) and _is_number(found):
        return bool(abs(stated - found) <= TOLERANCE * max(1.0, abs(found)))
    return type(stated) is type(found) and bool(stated == found)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _name(value: Any) -> str:
    return str(value.get("name", "")) if isinstance(value, Mapping) else ""


def _shown(value: Any) -> str:
    if value is None:
        return UNKNOWN
    return f"{value:.9g}" if isinstance(value, float) else str(value)[:40]
