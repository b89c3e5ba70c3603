"""What looks wrong of series beside each other: twins, a day that all lack, a shift in time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.core.format import count, listing
from engine.market.oddities.kinds import Oddity, OddKind

_TWINS = 0.975
_ENOUGH = 60  # common returns
_PAIRS_OF = 2000  # symbols; of more, pairs are not looked at
_MISSING_PART, _MISSING_OF, _MISSING_YEARS = 0.95, 5, 3
_HOLIDAY = 10  # days of the year, by which a holiday of another year is off: Easter moves
_SHIFT_LEAST, _SHIFT_LEAD = 0.5, 0.3
_PEGGED = 0.15


def together(prices: pd.DataFrame, kinds: dict[str, str]) -> list[Oddity]:
    """Oddities that show beside others of the class.

    prices: the prices frame. Correlations are of daily log returns on weekdays, over at least
    _ENOUGH common days.
    """
    dates = prices["date"].to_numpy().astype("datetime64[D]")
    work = prices[np.is_busday(dates)]
    closes = work.set_index(["date", "symbol"])["close"].unstack()  # noqa: PD010 - keys are unique
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = np.log(closes).diff()
    of_class = pd.Series([kinds.get(s, "") for s in closes.columns], index=closes.columns)
    found = [*_missing(closes, of_class), *_pegged(returns, of_class)]
    if 2 <= closes.shape[1] <= _PAIRS_OF:
        found += [*_twins(returns), *_shifted(returns, of_class)]
    return found


def _twins(returns: pd.DataFrame) -> list[Oddity]:
    """Series that move as one: the same asset twice takes its weight twice."""
    names = returns.columns
    same = np.triu(_correlations(returns.to_numpy()), 1)
    out = []
    for one, other in zip(*np.nonzero(same > _TWINS), strict=True):
        out.append(Oddity(
            OddKind.TWINS, str(names[one]), None,
            f"moves as {names[other]} does (correlation {same[one, other]:.4f}): the same asset "
            "twice?",
        ))  # fmt: skip
    return out[:_PAIRS_OF]


def _missing(closes: pd.DataFrame, of_class: pd.Series) -> list[Oddity]:
    """Weekdays on which other classes have closes and nearly none of a class, between its first and
    its last, and in no other year about that time, as holidays: a day that a file left out."""
    out: list[Oddity] = []
    if not len(closes) or (closes.index[-1] - closes.index[0]).days < 365 * _MISSING_YEARS:
        return out
    for kind, members in of_class.groupby(of_class).groups.items():
        if len(members) < _MISSING_OF:
            continue
        there = closes[members].notna()
        begun = there.cummax() & there[::-1].cummax()[::-1]
        part = there.sum(axis=1) / begun.sum(axis=1).clip(lower=1)
        alive = begun.sum(axis=1) >= _MISSING_OF
        gone = part.index[(part < 1 - _MISSING_PART) & alive]
        gone = gone[~_every_year(gone)]
        if len(gone):
            shown = listing([d.date().isoformat() for d in gone])
            out.append(Oddity(
                OddKind.MISSING, str(kind) or "unknown", gone[0].date(),
                f"{count(len(gone), 'weekday')} without closes of the class: {shown}",
            ))  # fmt: skip
    return out


def _every_year(gone: pd.DatetimeIndex) -> np.ndarray:
    """Of each day, whether another year lacks one about that time."""
    of_year, year = gone.day_of_year.to_numpy(), gone.year.to_numpy()
    apart = np.abs(of_year[:, None] - of_year[None, :])
    near = np.minimum(apart, 365 - apart) <= _HOLIDAY
    return (near & (year[:, None] != year[None, :])).any(axis=1)


def _pegged(returns: pd.DataFrame, of_class: pd.Series) -> list[Oddity]:
    """Series that move less than a part of what their class does at the median: minimum variance
    would hold nothing else."""
    spread = returns.std()
    usual = spread.groupby(of_class).transform("median")
    many = of_class.groupby(of_class).transform("size") >= _MISSING_OF
    low = spread.index[(spread < _PEGGED * usual) & (spread > 0) & many]
    return [
        Oddity(OddKind.PEGGED, str(s), None,
               f"its moves are {spread[s] / usual[s]:.0%} of those of its class: pegged?")
        for s in low
    ]  # fmt: skip


def _shifted(returns: pd.DataFrame, of_class: pd.Series) -> list[Oddity]:
    """Series that move with the others of their class a day later or earlier, and not with them on
    the day: bars that were moved by a time zone."""
    out = []
    for _, members in of_class.groupby(of_class).groups.items():
        if len(members) < 3:
            continue
        own = returns[members].to_numpy()
        known = np.isfinite(own)
        n = known.sum(axis=1, keepdims=True) - known
        total = np.where(known, own, 0.0).sum(axis=1, keepdims=True)
        others = (total - np.where(known, own, 0.0)) / np.maximum(n, 1)
        others[n < 2] = np.nan
        at = {k: _by_column(own, _moved(others, k)) for k in (-1, 0, 1)}
        late = np.where(_or_least(at[1]) > _or_least(at[-1]), 1, -1)
        most = np.where(late == 1, at[1], at[-1])
        found = (most > _SHIFT_LEAST) & (most > np.nan_to_num(at[0]) + _SHIFT_LEAD)
        for i in np.flatnonzero(found):
            when = "later" if late[i] == 1 else "earlier"
            out.append(Oddity(
                OddKind.SHIFT, str(members[i]), None,
                f"moves with its class a day {when} (correlation {most[i]:.2f}; on the day "
                f"{at[0][i]:.2f}): bars of another day?",
            ))  # fmt: skip
    return out


def _or_least(values: np.ndarray) -> np.ndarray:
    return np.nan_to_num(values, nan=-1.0)


def _moved(values: np.ndarray, k: int) -> np.ndarray:
    """Rows k days later; what is not known is NaN."""
    out = np.full_like(values, np.nan)
    if k > 0:
        out[k:] = values[:-k]
    elif k < 0:
        out[:k] = values[-k:]
    else:
        out[:] = values
    return out


def _by_column(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """N correlations, each of the days on which both are known; NaN of under _ENOUGH days."""
    both = np.isfinite(x) & np.isfinite(y)
    n = both.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        x, y = (np.where(both, v - np.where(both, v, 0.0).sum(axis=0) / n, 0.0) for v in (x, y))
        found = (x * y).sum(axis=0) / np.sqrt((x * x).sum(axis=0) * (y * y).sum(axis=0))
    return np.where(n >= _ENOUGH, found, np.nan)


def _correlations(returns: np.ndarray) -> np.ndarray:
    """N×N correlations, each of the days on which both are known; NaN of under _ENOUGH days."""
    known = np.isfinite(returns)
    there = known.astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        x = np.where(
            known, returns - np.where(known, returns, 0.0).sum(axis=0) / there.sum(axis=0), 0.0
        )
        n = there.T @ there
        of_x = x.T @ there
        spread = (x * x).T @ there - of_x**2 / n
        found = (x.T @ x - of_x * of_x.T / n) / np.sqrt(spread * spread.T)
    return np.where(n >= _ENOUGH, found, np.nan)
