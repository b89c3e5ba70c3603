"""What stands in the payload of an entry, read; a refusal says where and of what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.core.amounts import parse_amount
from engine.core.errors import InputError
from engine.core.words import CASH
from engine.trading.entry import Account, Payload


def symbol_in(row: Payload, where: str) -> str:
    """The symbol of an asset."""
    symbol = str(row.get("symbol", "")).strip()
    if not symbol or symbol == CASH:
        raise InputError(f"{where} needs the symbol of an asset.")
    return symbol


def number_in(row: Payload, name: str, where: str, default: str | None = None) -> Decimal:
    """A number by its name; none: the default, if there is one."""
    value = row.get(name)
    if value is None and default is not None:
        return Decimal(default)
    if isinstance(value, float):  # its decimals are not what was written
        raise InputError(f"{where}: {name} is {value!r}: the ledger holds decimals as text.")
    return parse_amount(value, f"{where}: {name}")


def rows_in(payload: Payload, name: str, where: str) -> list[Mapping[str, Any]]:
    """A list of rows by its name."""
    rows = payload.get(name)
    if not isinstance(rows, list | tuple) or not all(isinstance(r, Mapping) for r in rows):
        raise InputError(f"{where} needs {name}, a list of rows.")
    return list(rows)


def ratio_in(payload: Payload, where: str) -> tuple[Decimal, Decimal]:
    """New units and old units: 1:3 as one number would not be exact."""
    new, _, old = re.sub(r"[:/]", ":", str(payload.get("ratio", ""))).partition(":")
    parts = parse_amount(new, f"{where}: ratio"), parse_amount(old or "1", f"{where}: ratio")
    if min(parts) <= 0:
        raise InputError(f"{where} has the ratio {payload.get('ratio')!r}: give it as 4 or 3:2.")
    return parts


def add_row(account: Account, row: Payload, quantity: Decimal, where: str) -> None:
    """Add units of a row's symbol, and whether they are notional if the row says so."""
    notional = bool(row["notional"]) if "notional" in row else None
    account.add(symbol_in(row, where), quantity, where, notional)
