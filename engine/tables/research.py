"""Comparisons, stress and changes of a portfolio as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from engine.core import format as fmt
from engine.core.ordering import EQUAL, by_size, rows_by_size
from engine.core.symbols import named
from engine.core.words import CASH
from engine.research.benchmark import Tracking
from engine.research.change import CAUSES, Change
from engine.research.compare import Measured
from engine.research.stress import OneForAll, Replay
from engine.tables.summary import Figure


def comparison_table(
    measured: Sequence[Measured], refused: Mapping[str, str], first: str
) -> pd.DataFrame:
    """One row a portfolio, in %; those without one with the reason.

    refused: name → why there is none. first: the name of what turnover is counted from.
    """
    rows = [
        {
            "portfolio": m.name, "volatility": 100 * m.volatility, "cvar_95": 100 * m.cvar_95,
            "effective": m.effective, "largest": 100 * m.largest, "cash": 100 * m.cash,
            "turnover": 100 * m.turnover, "note": "",
        }
        for m in measured
    ]  # fmt: skip
    rows += [{"portfolio": name, "note": why} for name, why in refused.items()]
    columns = [
        "portfolio", "volatility", "cvar_95", "effective", "largest", "cash", "turnover", "note",
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    order = table["portfolio"].map(lambda name: name != first)
    return table.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def between_table(measured: Sequence[Measured], turnover: np.ndarray) -> pd.DataFrame:
    """One row a portfolio, one column each: one-way turnover from the one to the other, in %."""
    names = [m.name for m in measured]
    table = pd.DataFrame(100 * turnover, columns=names)
    table.insert(0, "portfolio", names)
    return table


def side_by_side(
    symbols: Sequence[str], assets: Mapping[str, str], measured: Sequence[Measured]
) -> pd.DataFrame:
    """One row an asset that any of them holds, and CASH; weights in %, one column a portfolio."""
    table = pd.DataFrame({m.name: 100 * m.weights for m in measured})
    table.insert(0, "asset", [assets[s] for s in symbols])
    table.insert(1, "symbol", list(symbols))
    names = [m.name for m in measured]
    table = table[(table[names] > 0).any(axis=1)]
    table = rows_by_size(table, names[0], equal=100 * EQUAL)
    cash = pd.DataFrame(
        [{"asset": CASH, "symbol": CASH} | {m.name: 100 * m.cash for m in measured}]
    )
    return pd.concat([table, cash], ignore_index=True)


def active_table(
    symbols: Sequence[str],
    assets: Mapping[str, str],
    weights: np.ndarray,
    benchmark: np.ndarray,
) -> pd.DataFrame:
    """One row an asset of either, and CASH, the largest difference first; in %."""
    table = pd.DataFrame(
        {
            "asset": [*(assets[s] for s in symbols), CASH],
            "symbol": [*symbols, CASH],
            "weight": 100 * np.append(weights, max(0.0, 1 - weights.sum())),
            "benchmark": 100 * np.append(benchmark, max(0.0, 1 - benchmark.sum())),
        }
    )
    table["active"] = table["weight"] - table["benchmark"]
    table = table[(table["weight"] > 0) | (table["benchmark"] > 0)]
    order = by_size(table["active"].abs(), table["symbol"], equal=100 * EQUAL)
    return table.iloc[order].reset_index(drop=True)


def tracking_figures(
    tracking: Tracking, active_share: float | None, benchmark: str
) -> tuple[Figure, ...]:
    """Tracking in a row of figures."""
    seen = f"Today's weights held on {fmt.count(tracking.days, 'common day')} of the window"
    known = "" if tracking.ex_ante is not None else "The weights inside it are not known"
    return (
        Figure("benchmark", benchmark),
        Figure("tracking error, ex post", fmt.percent(tracking.ex_post), f"A year. {seen}"),
        Figure(
            "tracking error, ex ante",
            fmt.percent(tracking.ex_ante),
            known or "A year: √(a'Σa) of the active weights",
        ),
        Figure("active share", fmt.percent(active_share), known or "½ Σ|active weights|"),
        Figure("difference a year", fmt.percent(tracking.difference), f"Mean return. {seen}"),
        Figure("beta", fmt.number(tracking.beta), seen),
        Figure("correlation", fmt.number(tracking.correlation), seen),
    )


def replay_table(replays: Sequence[Replay], assets: Mapping[str, str]) -> pd.DataFrame:
    """One row a window; in %, nothing where it is not known."""
    return pd.DataFrame(
        [
            {
                "window": r.window.name, "from": r.window.start, "to": r.window.end,
                "known": 100 * r.known, "total": _percent(r.total),
                "added": _percent(None if r.part is None else r.added),
                "part": _percent(r.part), "worst": _percent(r.worst),
                "unknown": ", ".join(assets[s] for s in r.unknown),
            }
            for r in replays
        ]
    )  # fmt: skip


def shock_table(shocks: pd.DataFrame) -> pd.DataFrame:
    """One row a class; in %."""
    columns = {name: 100 * shocks[name] for name in ("weight", "shock", "added")}
    return shocks.assign(**columns)


def together_figures(one: OneForAll, horizon: int) -> tuple[Figure, ...]:
    """ρ → 1 in a row of figures."""
    over = fmt.count(horizon, "day")
    gain = one.volatility / one.volatility_now if one.volatility_now else None
    return (
        Figure(
            f"volatility, {named('ρ')} → 1", fmt.percent(one.volatility),
            f"Now {fmt.percent(one.volatility_now)}",
        ),
        Figure(
            f"CVaR 95 over {over}, {named('ρ')} → 1", fmt.percent(one.cvar_95, 2),
            f"Every asset on its worst days at once; now {fmt.percent(one.cvar_now, 2)}",
        ),
        Figure("of today's volatility", f"{fmt.number(gain, 1)} ×", "What diversifies now"),
    )  # fmt: skip


def change_table(change: Change, assets: Mapping[str, str]) -> pd.DataFrame:
    """One row a symbol whose weight moved at any step, the largest change first; in points of %."""
    table = change.table.copy()
    moved = (table[list(change.causes)].abs() > 1e-9).any(axis=1)
    table = table[moved].reset_index(drop=True)
    for name in ("before", *change.causes, "after", "change"):
        table[name] = 100 * table[name]
    table.insert(0, "asset", [assets.get(s, s) for s in table["symbol"]])
    return table


def causes_told() -> str:
    """The causes in their order, each with what it is."""
    return "; ".join(f"{name}: {meaning}" for name, meaning in CAUSES.items())


def _percent(value: float | None) -> float:
    return np.nan if value is None else 100 * value
