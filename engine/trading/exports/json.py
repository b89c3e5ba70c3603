"""The ticket as JSON: the document, decimals as text, and a check for each part."""

from __future__ import annotations

import json
from typing import Any

from engine.core.errors import InputError
from engine.trading.exports.checks import KINDS, Parts, Record, field_checks, record_checks
from engine.trading.exports.kind import ExportType
from engine.trading.tickets.ticket import FORMAT, Ticket, to_document


def write_json(ticket: Ticket) -> bytes:
    """UTF-8 with an indent of two; keys format, checks and those of the document."""
    checks: dict[str, Any] = {"fields": field_checks(ticket)}
    for kind in KINDS:
        symbols = [item.symbol for item in getattr(ticket, kind)]
        checks[kind] = [
            {"symbol": symbol, "check": check}
            for symbol, check in zip(symbols, record_checks(ticket, kind), strict=True)
        ]
    whole = {"format": FORMAT, **to_document(ticket), "checks": checks}
    return (json.dumps(whole, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def read_json(data: bytes) -> Parts:
    """A file of `write_json` taken apart. Raises InputError that says what does not read."""
    try:
        whole = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_each_once)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"The ticket file is no readable JSON: {error}.") from error
    except (RecursionError, ValueError) as error:
        raise InputError("The ticket file is no readable JSON: it holds too much.") from error
    if not isinstance(whole, dict) or whole.pop("format", None) != FORMAT:
        raise InputError(f"The ticket file is not of the format {FORMAT!r}: export it again.")
    checks = whole.pop("checks", None)
    lists = {kind: whole.pop(kind, None) for kind in KINDS}
    if not isinstance(checks, dict) or not isinstance(checks.get("fields"), dict):
        raise InputError("The ticket file was altered: its checks are missing.")
    records, counts = {}, {}
    for kind, items in lists.items():
        own = checks.get(kind)
        if not isinstance(own, list) or not isinstance(items, list):
            raise InputError(f"The ticket file was altered: its {kind} or their checks are gone.")
        records[kind] = _paired(kind, items, own)
        counts[kind] = len(own)
    fields = {name: (value, str(checks["fields"].get(name))) for name, value in whole.items()}
    return Parts(fields, records, counts)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON lets a key come twice and readers differ in which they take."""
    if len({key for key, _ in pairs}) < len(pairs):
        raise InputError("The ticket file was altered: a field is in it twice.")
    return dict(pairs)


def _paired(kind: str, items: list[Any], checks: list[Any]) -> tuple[Record, ...]:
    """Each record with the number at which the check of its symbol stands, so that one taken out
    does not shift the others; a symbol without a check comes after all of them."""
    free: dict[str, list[int]] = {}
    for number, entry in enumerate(checks, start=1):
        if not isinstance(entry, dict):
            raise InputError("The ticket file was altered: its checks do not read.")
        free.setdefault(str(entry.get("symbol")), []).append(number)
    out = []
    for place, content in enumerate(items, start=1):
        if not isinstance(content, dict):
            raise InputError(
                f"The ticket file was altered: number {place} of its {kind} does not read."
            )
        numbers = free.get(str(content.get("symbol")), [])
        number = numbers.pop(0) if numbers else len(checks) + 1
        check = checks[number - 1].get("check") if number <= len(checks) else None
        out.append(Record(number, content, str(check)))
    return tuple(out)


EXPORT = ExportType("JSON", ".json", "application/json", lambda ticket, _: write_json(ticket))
