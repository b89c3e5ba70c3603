"""A plan of trades, and ways of trading beside each other, as figures and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from engine.core import format as fmt
from engine.research.drift import Effect
from engine.tables.drift import UNKNOWN_NAME, money
from engine.tables.summary import Figure
from engine.trading.trades import TradePlan


def plan_figures(plan: TradePlan, currency: str) -> tuple[Figure, ...]:
    """What the trades come to, in a row of figures."""
    bps = 1e4 * float(plan.cost / plan.value_before)
    return (
        Figure("trades", fmt.count(len(plan.lines)), _rounding(plan)),
        Figure("turnover", fmt.percent(plan.turnover, 2), "One-way, CASH included"),
        Figure(
            f"cost, {currency}", money(plan.cost), f"{fmt.number(bps, 2)} bps of the value"
        ),
        Figure("drift now", fmt.percent(plan.drift_before, 2), "½ Σ|target − held|"),
        Figure("drift that remains", fmt.percent(plan.drift_after, 2), "After these trades"),
        Figure(f"cash after, {currency}", money(plan.cash_after)),
    )  # fmt: skip


def plan_table(
    plan: TradePlan, assets: Mapping[str, str], classes: Mapping[str, str]
) -> pd.DataFrame:
    """One row a trade; weights in %, quantities as exact text."""
    return pd.DataFrame(
        [
            {
                "asset": assets.get(x.symbol, x.symbol), "symbol": x.symbol,
                "class": classes.get(x.symbol, UNKNOWN_NAME), "side": x.side,
                "quantity": f"{x.quantity:,f}", "price": float(x.price),
                "value": round(float(x.value), 2),
                "cost": float(x.cost), "before": 100 * x.weight_before,
                "after": 100 * x.weight_after, "volume": _percent(x.volume_share),
                "reason": x.reason,
            }
            for x in plan.lines
        ],
        columns=[
            "asset", "symbol", "class", "side", "quantity", "price", "value", "cost", "before",
            "after", "volume", "reason",
        ],
    )  # fmt: skip


def untraded_table(plan: TradePlan, assets: Mapping[str, str]) -> pd.DataFrame:
    """One row a symbol that is not traded, with its reason."""
    rows = [(assets.get(s, s), s, reason) for s, reason in plan.untraded]
    return pd.DataFrame(rows, columns=["asset", "symbol", "reason"])


def effect_table(effects: Sequence[Effect]) -> pd.DataFrame:
    """One row a way of trading; turnover and what remains in %."""
    return pd.DataFrame(
        [
            (e.name, 100 * e.turnover, float(e.cost), e.bps, 100 * e.remains, e.lines)
            for e in effects
        ],
        columns=["way", "turnover", "cost", "bps", "remains", "trades"],
    )


def _rounding(plan: TradePlan) -> str:
    """Which way of rounding was used, beside the other."""
    others = ", ".join(f"{name} misses {fmt.percent(t, 3)}" for name, t in plan.tracking.items())
    return f"Lots: {plan.rounding}" + (f" ({others})" if others else "")


def _percent(value: float | None) -> float:
    return np.nan if value is None else 100 * value
