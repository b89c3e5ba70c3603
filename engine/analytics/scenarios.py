"""One complete T×N matrix of scenarios: what is missing is imputed, seeded, and on record.

A missing return of a symbol is a + b·(class factor) + a draw from its own residuals. The class
factor of a day is the mean of the class's *other* members that traded, each in units of its own
deviation, so that it means the same whoever is missing that day. Which residual is drawn is a hash
of seed, symbol and day: it depends neither on who else is in nor on the window.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.analytics.correlation import check_symbols
from engine.analytics.pairwise import zero_variance
from engine.core import format as fmt
from engine.core.errors import InputError

# With two coefficients to fit, fewer days say too little about either.
MIN_FIT = 20
# A price does not fall below zero, whatever a regression says.
LOWEST = -1.0


@dataclass(frozen=True, eq=False)
class Scenarios:
    """T days of complete returns of N symbols; arrays are read-only.

    days: T datetime64[D]. returns: T×N finite simple returns over `horizon` days.
    imputed: T×N, which of them were not observed. notes: what must be known, in words.
    """

    symbols: tuple[str, ...]
    days: np.ndarray
    returns: np.ndarray
    imputed: np.ndarray
    horizon: int
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = (len(self.days), len(self.symbols))
        if self.returns.shape != shape or self.imputed.shape != shape:
            raise InputError(
                f"Scenarios of {shape[0]} days by {shape[1]} symbols do not fit returns of shape "
                f"{self.returns.shape}."
            )
        if not np.isfinite(self.returns).all():
            raise InputError("Scenarios are not complete: build them with build_scenarios.")
        for array in (self.days, self.returns, self.imputed):
            array.setflags(write=False)

    @property
    def imputed_share(self) -> np.ndarray:
        """N: share of each symbol's returns that is imputed."""
        return self.imputed.mean(axis=0)


def build_scenarios(
    moment_returns: np.ndarray,
    days: np.ndarray,
    symbols: Sequence[str],
    classes: Sequence[str],
    horizon: int,
    seed: int = 0,
) -> Scenarios:
    """Complete the returns of N symbols.

    Args:
        moment_returns: T×N simple returns over `horizon` days; NaN = did not trade.
        days: T datetime64[D]. symbols, classes: N each, in the order of the columns.
        seed: another one draws other residuals.

    Days on which nobody traded are dropped. Where all of a class of several members are missing,
    its factor is itself a regression on the mean of the other classes' factors and a draw of its
    residual: the members move together that day too. A class of one has that mean as its factor.
    With fewer than MIN_FIT days in common with its factor a symbol takes the mean coefficients of
    its class and draws from its pooled residuals; where nobody of the class has more, from its own
    returns. Residuals are scaled by √(n / (n − 2)) for the two coefficients.

    Raises:
        EmptyUniverse: no symbols. InputError: lengths that disagree, a symbol twice, an infinite
            return, a symbol without any return.

    Invariant: observed entries are untouched, and reordering the columns reorders the result, bit
    for bit. What imputation cannot keep: residuals of two symbols are independent on imputed days,
    and of one symbol from day to day even where returns overlap. Cost: O(T·N log T).
    """
    symbols, classes = tuple(symbols), tuple(classes)
    returns = np.array(moment_returns, dtype=np.float64)
    days = np.asarray(days).astype("datetime64[D]")
    _check(returns, days, symbols, classes)
    traded = np.isfinite(returns).any(axis=1)
    returns, days = returns[traded], days[traded]
    missing = np.isnan(returns)
    notes = []
    if dropped := int((~traded).sum()):
        notes.append(f"Nobody traded on {fmt.count(dropped, 'day')}: left out.")
    if missing.any():
        # Computed in symbol order: the rounding of a mean depends on the order of its terms.
        order = np.array(sorted(range(len(symbols)), key=symbols.__getitem__))
        ordered = [(symbols[i], classes[i]) for i in order]
        filled, pooled, own = _complete(returns[:, order], days, ordered, seed)
        returns[:, order] = filled
        notes += _notes(symbols, missing, pooled, own)
    return Scenarios(symbols, days, returns, missing, horizon, tuple(notes))


def _check(
    returns: np.ndarray, days: np.ndarray, symbols: tuple[str, ...], classes: tuple[str, ...]
) -> None:
    check_symbols(symbols)
    shape = (len(days), len(symbols))
    if returns.shape != shape or len(classes) != len(symbols):
        raise InputError(
            f"Returns of shape {returns.shape} need a day a row, a symbol and a class a column, "
            f"not {shape} and {len(classes)} classes."
        )
    if np.isinf(returns).any():
        bad = [s for s, c in zip(symbols, returns.T, strict=True) if np.isinf(c).any()]
        raise InputError(f"Returns are infinite: {fmt.listing(bad)}; check the prices for zeros.")
    empty = np.isnan(returns).all(axis=0)
    if empty.any():
        bad = [s for s, none in zip(symbols, empty, strict=True) if none]
        raise InputError(f"No return at all: {fmt.listing(bad)}; leave them out.")


def _notes(
    symbols: tuple[str, ...], missing: np.ndarray, pooled: list[str], own: list[str]
) -> list[str]:
    notes = [f"Imputed: {fmt.percent(float(missing.mean()))} of all returns."]
    share = missing.mean(axis=0)
    for words, names in (
        ("More than half imputed", [s for s, v in zip(symbols, share, strict=True) if v > 0.5]),
        ("Too short for a regression, imputed from the class's residuals", pooled),
        ("Too short for a regression, and the class too: imputed from own returns", own),
    ):
        if names:
            notes.append(f"{words}: {fmt.listing(sorted(names))}.")
    return notes


def _complete(
    returns: np.ndarray, days: np.ndarray, ordered: list[tuple[str, str]], seed: int
) -> tuple[np.ndarray, list[str], list[str]]:
    """The completed returns, and who took pooled residuals and who its own returns."""
    names = [symbol for symbol, _ in ordered]
    kinds = np.array([kind for _, kind in ordered])
    standard = _standardised(returns)
    means = {kind: _mean(standard[:, kinds == kind]) for kind in sorted(set(kinds.tolist()))}
    filled = returns.copy()
    pooled: list[str] = []
    own: list[str] = []
    for kind in means:
        mine = np.flatnonzero(kinds == kind)
        missing = np.isnan(returns[:, mine])
        if not missing.any():
            continue
        elsewhere = [mean for other, mean in means.items() if other != kind]
        others = _mean(np.array(elsewhere).reshape(-1, len(days)).T)
        observed, complete = _factors(standard[:, mine], others, days, f"class {kind}", seed)
        a, b, residuals, n = _regress(returns[:, mine], observed)
        # One that never moves has nothing to teach its class.
        fitted = (n >= MIN_FIT) & np.isfinite(standard[:, mine]).any(axis=0)
        pool = np.empty(0)
        if fitted.any():
            a[~fitted], b[~fitted] = a[fitted].mean(), b[fitted].mean()
            pool = _sorted(residuals[:, fitted])
            pooled += [names[i] for i in mine[~fitted & missing.any(axis=0)]]
        else:
            a[:], b[:], residuals = 0.0, 0.0, returns[:, mine]
            own += [names[i] for i in mine[missing.any(axis=0)]]
        # Unknown only where those that traded never move: the factor's mean, zero, is left.
        explained = a + b * np.where(np.isfinite(complete), complete, 0.0)
        for j in np.flatnonzero(missing.any(axis=0)):
            source = pool if pool.size and not fitted[j] else _sorted(residuals[:, j])
            rows = missing[:, j]
            drawn = source[_places(names[mine[j]], days[rows], seed, len(source))]
            filled[rows, mine[j]] = np.maximum(explained[rows, j] + drawn, LOWEST)
    return filled, pooled, own


def _standardised(returns: np.ndarray) -> np.ndarray:
    """Columns less their mean over their deviation; a column that does not move is all NaN."""
    moves = ~zero_variance(returns)
    out = np.full(returns.shape, np.nan)
    out[:, moves] = returns[:, moves] - np.nanmean(returns[:, moves], axis=0)
    out[:, moves] /= np.sqrt(np.nanmean(out[:, moves] ** 2, axis=0))
    return out


def _factors(
    members: np.ndarray, others: np.ndarray, days: np.ndarray, name: str, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """T×n: each member's factor as observed (NaN = not), and completed on days of a whole hole.

    members: T×n standardised returns of one class. others: T, mean of the other classes' factors.
    """
    if members.shape[1] == 1:
        return others[:, None], others[:, None]
    present = np.isfinite(members)
    values = np.where(present, members, 0.0)
    rest = present.sum(axis=1)[:, None] - present
    total = values.sum(axis=1)[:, None] - values
    observed = np.where(rest > 0, total / np.maximum(rest, 1), np.nan)
    whole = _mean(members)
    gone = np.isnan(whole)
    if not gone.any() or gone.all():
        return observed, observed
    a, b, residuals, n = _regress(whole[:, None], others[:, None])
    if n[0] >= MIN_FIT:
        base, source = a[0] + b[0] * others[gone], _sorted(residuals[:, 0])
    else:
        base, source = np.zeros(int(gone.sum())), _sorted(whole)
    complete = observed.copy()
    drawn = base + source[_places(name, days[gone], seed, len(source))]
    complete[gone] = drawn[:, None]
    return observed, complete


def _regress(y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Column by column y = a + b·x + residual on common rows: a, b, residuals (NaN = not), n.

    A factor that does not move explains nothing: b = 0.
    """
    common = np.isfinite(y) & np.isfinite(x)
    n = common.sum(axis=0)
    safe = np.maximum(n, 1)
    mean_y = np.where(common, y, 0.0).sum(axis=0) / safe
    mean_x = np.where(common, x, 0.0).sum(axis=0) / safe
    dy = np.where(common, y - mean_y, 0.0)
    dx = np.where(common, x - mean_x, 0.0)
    variance = (dx * dx).sum(axis=0)
    moves = ~zero_variance(np.where(common, x, np.nan))
    b = np.where(moves, (dx * dy).sum(axis=0) / np.where(moves, variance, 1.0), 0.0)
    scale = np.sqrt(n / np.maximum(n - 2, 1))
    residuals = np.where(common, (dy - b * dx) * scale, np.nan)
    return mean_y - b * mean_x, b, residuals, n


def _places(name: str, days: np.ndarray, seed: int, n: int) -> np.ndarray:
    """Which of n sorted values is drawn on each day: a hash of seed, name and day, as uniform.

    The day is mixed in by SplitMix64 (Steele, Lea & Flood 2014).
    """
    digest = hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=8).digest()
    key = np.uint64(int.from_bytes(digest, "little"))
    z = key ^ (days.astype(np.int64).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
    z ^= z >> np.uint64(31)
    uniform = (z >> np.uint64(11)) * 2.0**-53
    return np.minimum((uniform * n).astype(np.intp), n - 1)


def _mean(columns: np.ndarray) -> np.ndarray:
    """T means over what is there, NaN where nothing is."""
    present = np.isfinite(columns)
    count = present.sum(axis=1)
    total = np.where(present, columns, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _sorted(values: np.ndarray) -> np.ndarray:
    return np.sort(values[np.isfinite(values)])
