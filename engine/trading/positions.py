"""What is held, as somebody states it, checked against the universe."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from engine.core.amounts import exact_text, parse_amount
from engine.core.errors import InputError
from engine.core.words import CASH
from engine.trading.tradable import Tradable


def checked_positions(
    rows: Iterable[tuple[str, Any]],
    tradables: Mapping[str, Tradable],
    universe: str,
    base_currency: str,
) -> list[dict[str, Any]]:
    """Rows (symbol, quantity) as the ledger has them; a currency also by its own code.

    Raises InputError naming what is not in the universe, is there twice, cannot be held, or has no
    quantity.
    """
    out: dict[str, dict[str, Any]] = {}
    for given, quantity in rows:
        symbol = symbol_of(given, tradables)
        known = _holdable(symbol, tradables, universe, base_currency)
        if symbol in out:
            raise InputError(f"{symbol} is there twice: add the two quantities up.")
        units = parse_amount(quantity, f"The quantity of {symbol}")
        if units < 0:
            raise InputError(f"The quantity of {symbol} is {units}: only what is owned is held.")
        if units:
            out[symbol] = {
                "symbol": symbol, "quantity": exact_text(units), "notional": known.notional,
            }  # fmt: skip
    return list(out.values())


def checked_changes(
    rows: Iterable[tuple[str, Any]],
    tradables: Mapping[str, Tradable],
    universe: str,
    base_currency: str,
    held: Collection[str],
) -> list[dict[str, Any]]:
    """Rows (symbol, units to add) as the ledger has them, none of 0.

    What is held may be corrected though it left the universe since. Raises InputError as
    `checked_positions`, but for two rows of one symbol, which add up.
    """
    out = []
    for given, quantity in rows:
        symbol = symbol_of(given, tradables)
        units = parse_amount(quantity, f"The quantity of {symbol}")
        row: dict[str, Any] = {"symbol": symbol, "quantity": exact_text(units)}
        if symbol not in held:
            row["notional"] = _holdable(symbol, tradables, universe, base_currency).notional
        if units:
            out.append(row)
    return out


def symbol_of(given: Any, tradables: Mapping[str, Tradable]) -> str:
    """The symbol that is meant: as stored, or a currency by its own code in any letters; what is
    not known stays as it is."""
    name = str(given).strip()
    if name in tradables:
        return name
    return {t.asset: s for s, t in tradables.items() if t.asset}.get(name.upper(), name)


def known_symbol(
    given: Any, tradables: Mapping[str, Tradable], universe: str, held: Collection[str]
) -> str:
    """As `symbol_of`. Raises InputError for what is neither in the universe nor held."""
    symbol = symbol_of(given, tradables)
    if symbol not in tradables and symbol not in held:
        raise _unknown(symbol, universe)
    return symbol


def holdable_symbol(
    given: Any, tradables: Mapping[str, Tradable], universe: str, base_currency: str
) -> Tradable:
    """What is meant by a symbol of the universe that can be held. Raises InputError else."""
    return _holdable(symbol_of(given, tradables), tradables, universe, base_currency)


def _unknown(symbol: str, universe: str) -> InputError:
    return InputError(f"{symbol[:40]!r} is not in {universe}: give a symbol as listed there.")


def _holdable(
    symbol: str, tradables: Mapping[str, Tradable], universe: str, base_currency: str
) -> Tradable:
    if symbol == CASH:
        raise InputError(f"{CASH} is no asset: give the cash apart.")
    known = tradables.get(symbol)
    if known is None:
        raise _unknown(symbol, universe)
    if known.role != "asset" or not known.asset or known.asset == base_currency:
        why = f"is a {known.role}" if known.role != "asset" else "stands for no currency here"
        raise InputError(f"{symbol} {why}: it cannot be held.")
    return known
