"""What is held, as somebody states it, checked against the universe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.errors import InputError
from engine.portfolio.amounts import exact_text, parse_amount
from engine.portfolio.audit import CASH
from engine.portfolio.tradable import Tradable
from engine.store import PortfolioInfo


def checked_positions(
    rows: Iterable[tuple[str, Any]], tradables: Mapping[str, Tradable], info: PortfolioInfo
) -> list[dict[str, Any]]:
    """Rows (symbol, quantity) as the ledger has them; a currency also by its own code.

    Raises InputError naming what is not in the universe, is there twice, cannot be held, or has no
    quantity.
    """
    by_asset = {t.asset: s for s, t in tradables.items() if t.asset}
    out: dict[str, dict[str, Any]] = {}
    for given, quantity in rows:
        name = str(given).strip()
        symbol = name if name in tradables else by_asset.get(name.upper(), name)
        if symbol == CASH:
            raise InputError(f"{CASH} is no asset: give the cash apart.")
        known = tradables.get(symbol)
        if known is None:
            raise InputError(
                f"{name[:40]!r} is not in {info.universe}: give a symbol as listed there."
            )
        if known.role != "asset" or not known.asset or known.asset == info.base_currency:
            why = f"is a {known.role}" if known.role != "asset" else "stands for no currency here"
            raise InputError(f"{symbol} {why}: it cannot be held.")
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
