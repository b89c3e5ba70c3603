"""The panel as of a date: who is in, who is out and why, and the returns of those who are in.

No look-ahead by construction: everything is computed from `Grid.until(D)`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.core import format as fmt
from engine.core.errors import EmptyUniverse, InputError
from engine.core.words import CURRENCY_CLASS
from engine.market import lives as lv
from engine.market.calendar import last_weekday
from engine.market.grid import Grid, default_as_of
from engine.market.membership import pegged, reason_out
from engine.market.still import last_alive
from engine.market.valuation import base_of, base_values, without_rate
from engine.params import DataParams, PanelParams

# Days that a return spans where fixing times mix: a share closed in New York and a rate fixed in
# Frankfurt the same day share about a third of a day's news; over three days, most of it.
MIXED_HORIZON = 3
SHORT_SHARE = 0.8


@dataclass(frozen=True)
class Gap:
    """A hole of over `max_gap` sessions and the return across it, kept out of every moment."""

    symbol: str
    last_before: dt.date
    first_after: dt.date
    sessions_missed: int
    spanning_return: float


@dataclass(frozen=True)
class Panel:
    """What may be known on `as_of`, for the N members (sorted by symbol) over L weekdays.

    days: L, datetime64[D]. symbols, assets: N; `assets` is what is held (JPY for USDJPY).
    values: L×N adjusted values in the base currency, NaN = did not trade.
    returns: L×N simple one-step returns; a return after a hole spans it; NaN = did not trade.
    moment_returns: L×N overlapping `horizon`-day returns, for correlations and tail measures.
    table: every instrument of the universe, in or out: status `in` or the reason, with detail;
        `first`, `last`, `sessions` of its own closes, all else of its values in the base currency.
    gaps: holes that ended a life, members and others. notes: what else must be known, in words.
    """

    as_of: dt.date
    base_currency: str
    days: np.ndarray
    symbols: tuple[str, ...]
    assets: tuple[str, ...]
    values: np.ndarray
    returns: np.ndarray
    moment_returns: np.ndarray
    horizon: int
    table: pd.DataFrame
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]

    @property
    def members(self) -> pd.DataFrame:
        """Rows of `table` that are in, in the order of `symbols`."""
        return self.table[self.table["status"] == "in"].reset_index(drop=True)

    @property
    def out(self) -> pd.DataFrame:
        """Rows of `table` that are out."""
        return self.table[self.table["status"] != "in"].reset_index(drop=True)


def build_panel(
    grid: Grid, data: DataParams, params: PanelParams, *, allow_empty: bool = False
) -> Panel:
    """The panel as of `data.as_of` (default: `default_as_of`).

    Raises InputError for an as-of date before the first close or an asset class that does not
    exist, EmptyUniverse if nobody is left, with how many left for which reason; `allow_empty`
    gives a panel without members instead, whose table says why.
    """
    as_of = data.as_of or default_as_of(grid, params.max_gap)
    past = grid.until(as_of)
    _check_classes(grid, data.classes)
    days = past.days
    # Weekdays between the last close of all and as-of count as days on which nobody traded.
    lag = int(np.busday_count(days[-1], np.datetime64(last_weekday(as_of), "D")))

    base = base_of(data.base_currency, grid.instruments)
    selected = np.isin(past.instruments["asset_class"], data.classes or _classes(past))
    values, assets, status, notes = base_values(past, base, selected, params.max_gap)
    lives = lv.find_lives(values, params.max_gap)
    age = np.where(lives.last >= 0, days.size - 1 - lives.last + lag, -1)
    # Of a tail that does not move the age counts from its first close; a rate may be fixed.
    closes = np.isfinite(past.close)
    alive, last_close = last_alive(past.close), _last_close(closes)
    dead = (alive < last_close) & (age >= 0)
    dead &= (past.instruments["asset_class"] != CURRENCY_CLASS).to_numpy()
    age = np.where(dead, age + last_close - alive, age)
    length = max(params.lookback - lag, 1)
    returns = lv.span_returns(values, lives.start, length, 1)
    counts = np.isfinite(returns).sum(axis=0)
    spread = lv.deviation(returns, counts)
    span = np.minimum(days.size - 1 - np.maximum(lives.start, 0) + lag, params.lookback)

    roles = past.instruments["role"].to_numpy()
    for column in range(len(past.symbols)):
        reason = reason_out(
            role=roles[column],
            selected=bool(selected[column]),
            traded=bool(closes[:, column].any()),
            age=int(age[column]),
            n=int(counts[column]),
            spread=float(spread[column]),
            last=str(days[alive[column] if dead[column] else lives.last[column]]),
            dead=bool(dead[column]),
            params=params,
        )
        if reason and not (column in status and reason[0] not in ("benchmark", "not selected")):
            status[column] = reason
    if not params.include_pegs:
        status |= pegged(values, assets, status, lives.start, length, base, params)

    columns = np.array([c for c in range(len(past.symbols)) if c not in status], dtype=int)
    table = past.instruments.assign(
        asset=[assets.get(c, s) for c, s in enumerate(past.symbols)],
        status=[status[c][0] if c in status else "in" for c in range(len(past.symbols))],
        detail=[status[c][1] if c in status else "" for c in range(len(past.symbols))],
        first=_dates(days, lv.first_close(closes)),
        last=_dates(days, last_close),
        life_start=_dates(days, lives.start),
        sessions=closes.sum(axis=0),
        gaps=np.bincount([b[0] for b in lives.breaks], minlength=len(past.symbols)),
        age=age,
        n=counts,
        short=counts < SHORT_SHARE * params.lookback,
        missing_share=np.where(span > 0, 1.0 - counts / np.maximum(span, 1), np.nan),
        sessions_a_year=lv.observed_rate(counts, span),
        volatility=spread * np.sqrt(lv.observed_rate(counts, span)),
    )
    cut_short = table[(table["status"] == "short history") & (span >= params.lookback - lag)]
    if len(cut_short):
        notes.append(
            f"{fmt.count(len(cut_short), 'instrument')} with a longer history out, as the window "
            f"of {params.lookback} weekdays holds fewer than {params.min_history} of their "
            "returns: lengthen the lookback or lower panel.min_history."
        )
    if first := without_rate(table):
        notes.insert(0, first)
    if columns.size == 0 and not allow_empty:
        raise EmptyUniverse(_nobody_left(as_of, base, table))
    horizon = params.horizon or (MIXED_HORIZON if _fixings_mix(table, columns, notes) else 1)
    moments = returns if horizon == 1 else lv.span_returns(values, lives.start, length, horizon)
    table["n_effective"] = lv.effective_count(np.isfinite(moments).sum(axis=0), horizon)
    return Panel(
        as_of=as_of,
        base_currency=base,
        days=days[-returns.shape[0] :],
        symbols=tuple(past.symbols[c] for c in columns),
        assets=tuple(table["asset"].iloc[columns]),
        values=_frozen(values[-returns.shape[0] :, columns]),
        returns=_frozen(returns[:, columns]),
        moment_returns=_frozen(moments[:, columns]),
        horizon=horizon,
        table=table,
        gaps=_gaps(past, values, lives),
        notes=tuple(notes),
    )


def _frozen(array: np.ndarray) -> np.ndarray:
    out = np.ascontiguousarray(array)
    out.setflags(write=False)
    return out


def _classes(grid: Grid) -> list[str]:
    return sorted(set(grid.instruments["asset_class"]))


def _check_classes(grid: Grid, classes: tuple[str, ...]) -> None:
    known = _classes(grid)
    unknown = [c for c in classes if c not in known]
    if unknown:
        raise InputError(
            f"No asset class {', '.join(unknown)} in this universe: choose from {', '.join(known)}."
        )


def _fixings_mix(table: pd.DataFrame, columns: np.ndarray, notes: list[str]) -> bool:
    """Whether the members are fixed at different times; an unknown time equals its own kind."""
    members = table.iloc[columns]
    keys = members["fixing"].where(
        members["fixing"] != "", "unknown: " + members["asset_class"] + " " + members["exchange"]
    )
    unknown = members["asset_class"][members["fixing"] == ""].unique()
    if len(unknown):
        notes.append(f"Fixing time unknown: {', '.join(sorted(unknown))}.")
    return keys.nunique() > 1


def _dates(days: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """datetime64[D] of each row, NaT for −1."""
    return np.where(rows >= 0, days[rows], np.datetime64("NaT", "D")).astype("datetime64[s]")


def _last_close(closes: np.ndarray) -> np.ndarray:
    return np.where(closes.any(axis=0), len(closes) - 1 - closes[::-1].argmax(axis=0), -1)


def _gaps(past: Grid, values: np.ndarray, lives: lv.Lives) -> tuple[Gap, ...]:
    return tuple(
        Gap(
            symbol=past.symbols[column],
            last_before=past.days[before].astype(object),
            first_after=past.days[after].astype(object),
            sessions_missed=after - before - 1,
            spanning_return=float(values[after, column] / values[before, column] - 1.0),
        )
        for column, before, after in lives.breaks
    )


def _nobody_left(as_of: dt.date, base: str, table: pd.DataFrame) -> str:
    reasons = ", ".join(f"{n} {reason}" for reason, n in table["status"].value_counts().items())
    last = table["last"].max()
    known = "" if pd.isna(last) else f" Last close: {pd.Timestamp(last).date()}."
    return f"No asset is left as of {as_of} in {base}: {reasons}.{known} " + (
        "Lengthen the lookback or lower panel.min_history."
        if (table["status"] == "short history").any()
        else "Choose another date, more classes or another base currency."
    )
