"""Who may enter a panel, and the one reason why each other instrument may not."""

from __future__ import annotations

import numpy as np

from engine.core.format import count
from engine.market import lives as lv
from engine.market.currencies import find_pegs
from engine.market.valuation import Status
from engine.params import PanelParams

PEG_ANCHORS = ("USD", "EUR")


def reason_out(
    *, role: str, selected: bool, traded: bool, age: int, n: int, spread: float, last: str,
    dead: bool,
    params: PanelParams,
) -> tuple[str, str] | None:  # fmt: skip
    """Why an instrument is out, the first that holds; None if it is in.

    age: weekdays since the close of `last`; dead: since which its closes are the same.
    """
    if role == "benchmark":
        return "benchmark", "compared with, not allocated to"
    if not selected:
        return "not selected", "its asset class is filtered out"
    if not traded or age < 0:
        return "no price", "no close on or before the as-of date"
    if dead and age > params.stale_after:
        return "stale", f"its closes have not moved since {last}, for {age} weekdays"
    if age > params.max_gap:
        return "ended", f"last close {last}"
    if age > params.stale_after:
        return "stale", f"last close {last}, {age} weekdays old"
    if n < params.min_history:
        return "short history", f"{count(n, 'return')} of the {params.min_history} needed"
    # A constant price leaves rounding dust of the order of the machine epsilon.
    if not spread > 1e-12:
        return "constant", "its value did not move in the window"
    return None


def pegged(
    values: np.ndarray, assets: dict[int, str], status: Status, start: np.ndarray, length: int,
    base: str, params: PanelParams,
) -> Status:  # fmt: skip
    """Column → (reason, detail) of the currencies that a peg keeps out.

    values: T×N in the base currency. assets: column → currency. status: who is out already.
    """
    columns = {currency: c for c, currency in assets.items()}
    live = {currency: c for currency, c in columns.items() if c not in status}
    volatilities: dict[str, dict[str, float]] = {}
    # The base goes first: what hangs on it is out, also where it hangs on USD or EUR itself.
    for anchor in dict.fromkeys((base, *PEG_ANCHORS)):
        if anchor != base and anchor not in columns:
            continue
        unit = 1.0 if anchor == base else values[:, [columns[anchor]]]
        chosen = [c for currency, c in live.items() if currency != anchor]
        relative = values[:, chosen] / unit
        returns = lv.span_returns(relative, np.maximum(start[chosen], 0), length, 1)
        counts = np.isfinite(returns).sum(axis=0)
        first = np.where(np.isfinite(relative).any(axis=0), np.isfinite(relative).argmax(axis=0), 0)
        begin = np.maximum(start[chosen], first)
        rate = lv.observed_rate(counts, np.minimum(values.shape[0] - 1 - begin, length))
        spread = lv.deviation(returns, counts) * np.sqrt(rate)
        enough = counts >= params.min_history
        volatilities[anchor] = {
            assets[c]: float(spread[i]) for i, c in enumerate(chosen) if enough[i]
        }
    out = find_pegs(volatilities, set(live), base, params.peg_volatility)
    return {columns[currency]: ("pegged", why) for currency, why in out.items()}
