"""What today's weights would do in falls of the past, under shocks, and all moving as one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.analytics.contributions import risk_contributions
from engine.analytics.tails import cvar
from engine.core.errors import InputError
from engine.core.ordering import by_size, rows_by_size
from engine.market.grid import Grid
from engine.market.lives import find_lives, previous_row
from engine.market.panel import Panel
from engine.market.valuation import base_values


@dataclass(frozen=True)
class Window:
    """A fall of the S&P 500, from its highest close to its lowest."""

    name: str
    start: dt.date
    end: dt.date


# Days of the highest and the lowest S&P 500 close (engine/sources/drawdowns.csv; 2008: both legs).
WINDOWS = (
    Window("2008", dt.date(2007, 10, 9), dt.date(2009, 3, 9)),
    Window("2011", dt.date(2011, 4, 29), dt.date(2011, 10, 3)),
    Window("2020", dt.date(2020, 2, 19), dt.date(2020, 3, 23)),
    Window("2022", dt.date(2022, 1, 3), dt.date(2022, 10, 12)),
)


@dataclass(frozen=True, eq=False)
class Replay:
    """Today's weights bought at the start of a window and left alone until its end.

    known: share of the whole that has prices through the window; cash is known, and earns nothing.
    total: return of the whole; None unless all of it is known. added: what the known part adds to
    it. part: return of the known part by itself; None where nothing that is held is known.
    worst: deepest fall of the known part by itself inside the window, ≤ 0; None as `part`.
    unknown: held symbols without prices through the window, the heaviest first.
    """

    window: Window
    known: float
    total: float | None
    added: float
    part: float | None
    worst: float | None
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class OneForAll:
    """The same weights if all correlations went to one, beside what they are now.

    volatility: Σ w σ. cvar_95: Σ w CVaR, of assets that all have their worst days together.
    """

    volatility: float
    cvar_95: float
    volatility_now: float
    cvar_now: float


def replay(
    grid: Grid,
    panel: Panel,
    weights: np.ndarray,
    max_gap: int,
    windows: Sequence[Window] = WINDOWS,
) -> tuple[Replay, ...]:
    """The windows, one by one, with members' own prices; nothing is made up for who has none.

    weights: N of the panel's members, without cash. max_gap: missing weekdays after which a price
    is none any more; at the start and the end a close may be that old, and a longer hole in between
    makes an asset unknown. Values are adjusted, in the panel's base currency; a day without a close
    stands still. Nothing after the panel's as-of date is read: a window that ends later is unknown.
    Raises InputError for weights that do not fit.
    """
    if weights.shape != (len(panel.symbols),):
        raise InputError(f"{len(panel.symbols)} members need as many weights, not {weights.shape}.")
    past = grid.until(panel.as_of)
    held = np.flatnonzero(weights > 0)
    place = {symbol: column for column, symbol in enumerate(past.symbols)}
    columns = np.array([place[panel.symbols[i]] for i in held], dtype=int)
    selected = np.isin(past.symbols, panel.symbols)
    own = base_values(past, panel.base_currency, selected, max_gap)[0][:, columns]
    symbols = np.array(panel.symbols, dtype=object)[held]
    return tuple(
        _replay(w, past.days, own, weights[held], symbols, panel.as_of, max_gap) for w in windows
    )


def _replay(
    window: Window,
    days: np.ndarray,
    values: np.ndarray,
    weights: np.ndarray,
    symbols: np.ndarray,
    as_of: dt.date,
    max_gap: int,
) -> Replay:
    cash = max(0.0, 1.0 - float(weights.sum()))
    paths = _paths(window, days, values, as_of, max_gap)
    known = np.zeros(len(weights), bool) if paths is None else np.isfinite(paths).all(axis=0)
    heaviest = by_size(weights[~known], symbols[~known])
    unknown = tuple(symbols[~known][heaviest])
    share = float(weights[known].sum()) + cash
    if paths is None or not known.any():
        return Replay(window, share, None, 0.0, None, None, unknown)
    worth = paths[:, known] @ weights[known] + cash
    peak = np.maximum.accumulate(worth)
    added = float(worth[-1] - worth[0])
    whole = added if not unknown else None
    return Replay(
        window, share, whole, added, added / share, float((worth / peak - 1).min()), unknown
    )


def _paths(
    window: Window, days: np.ndarray, values: np.ndarray, as_of: dt.date, max_gap: int
) -> np.ndarray | None:
    """Values over the window as multiples of those at its start; a column with NaN is unknown.

    None where the window is not wholly inside what is known.
    """
    start, end = np.datetime64(window.start, "D"), np.datetime64(window.end, "D")
    if window.end > as_of or start < days[0] or end > days[-1]:
        return None
    first = int(np.searchsorted(days, start))
    last = int(np.searchsorted(days, end, side="right")) - 1
    low = max(0, first - max_gap)
    part = values[low : last + 1]
    at = previous_row(np.isfinite(part))[first - low :]
    age = np.arange(first - low, last - low + 1)[:, None] - at
    fresh = (at >= 0) & (age <= max_gap)
    paths = np.where(fresh, part[np.maximum(at, 0), np.arange(part.shape[1])], np.nan)
    # The other side of a hole may be another life: a split unknown, another company.
    broken = [column for column, _, row in find_lives(part, max_gap).breaks if row > first - low]
    paths[:, broken] = np.nan
    return paths / paths[0]


def shock(classes: Sequence[str], weights: np.ndarray, shocks: Mapping[str, float]) -> pd.DataFrame:
    """One row a class: class, weight, shock, added (their product), the heaviest class first.

    classes: N. shocks: class → return of all of it at once; a class without one does not move.
    """
    table = pd.DataFrame({"class": list(classes), "weight": weights})
    table = table.groupby("class", as_index=False)["weight"].sum()
    table["shock"] = [float(shocks.get(name, 0.0)) for name in table["class"]]
    table["added"] = table["weight"] * table["shock"]
    return rows_by_size(table, "weight", "class")


def all_together(weights: np.ndarray, covariance: np.ndarray, scenarios: np.ndarray) -> OneForAll:
    """Volatility and CVaR if ρ → 1, each asset's own risk unchanged.

    weights: N. covariance: N×N annual. scenarios: T×N complete.
    Invariant: neither is below what it is now (both measures are subadditive for weights ≥ 0).
    """
    each = np.asarray(cvar(scenarios))
    return OneForAll(
        volatility=float(weights @ np.sqrt(np.diag(covariance))),
        cvar_95=float(weights @ each),
        volatility_now=float(risk_contributions(weights, covariance).sum()),
        cvar_now=float(cvar(scenarios @ weights)),
    )
