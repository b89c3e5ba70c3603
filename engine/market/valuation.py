"""What each instrument is worth in the base currency, and which asset it stands for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.core.currencies import misspelt, quoted_in
from engine.core.format import count, listing
from engine.market.currencies import PAR, Pair, Rates, assign_assets, parse_pair
from engine.market.grid import Grid

Status = dict[int, tuple[str, str]]
USUAL = "USD"  # where the instruments are quoted in several currencies


def base_of(asked: str | None, instruments: pd.DataFrame) -> str:
    """The base currency: the one asked for; else the one in which all instruments that are no
    currency pairs are quoted, hundredths as their whole, where that is one; else USD."""
    if asked is not None:
        return asked
    own = instruments[(instruments["asset_class"] != "fx") & (instruments["role"] != "benchmark")]
    codes = {quoted_in(str(code))[0] for code in own["currency"] if str(code)}
    known = {PAR.get(code, code) for code in codes if not misspelt(code)}
    (one, *more) = sorted(known) or (USUAL,)
    return USUAL if more or len(one) != 3 else one


def without_rate(table: pd.DataFrame) -> str:
    """What must be said first: that a class, or a tenth of all, is out as no rate links it to the
    base currency; "" where that is not so. table: `Panel.table`."""
    asked = table[(table["role"] != "benchmark") & (table["status"] != "not selected")]
    out = asked[asked["status"] == "no rate"]
    whole = [
        str(name)
        for name, rows in asked.groupby("asset_class")["status"]
        if (rows == "no rate").all()
    ]
    if not len(out) or (not whole and 10 * len(out) < len(asked)):
        return ""
    kinds = f", all of {' and '.join(whole)}" if whole else ""
    codes = sorted({str(code) for code in out["currency"] if str(code)})
    return (
        f"{count(len(out), 'instrument')} of {len(asked)} out{kinds}, as no pair gives the rate of "
        f"{listing(codes)}: add that pair, or choose another data.base_currency."
    )


def base_values(
    past: Grid, base: str, selected: np.ndarray, idle_after: int
) -> tuple[np.ndarray, dict[int, str], Status, list[str]]:
    """T×N adjusted values in the base currency; NaN = did not trade or has no rate that day.

    selected: N, instruments whose asset class takes part; notes speak of these alone.
    idle_after: weekdays without a close after which a currency pair gives way to another.
    Returns the values, column → currency of the pairs that stand for one, column → (reason,
    detail) of what cannot be valued, and notes in words.
    """
    table = past.instruments
    symbols, codes = past.symbols, table["currency"].to_numpy()
    pairs = [
        Pair(column, symbol, *legs)
        for column, (symbol, kind) in enumerate(zip(symbols, table["asset_class"], strict=True))
        if kind == "fx" and (legs := parse_pair(symbol))
    ]
    rates = Rates(pairs, past.close, base, idle_after)
    assets, status = assign_assets(pairs, rates, base)
    values, partly = _adjusted(past)
    notes: list[str] = []
    if names := [symbols[c] for c in np.flatnonzero(partly & selected)]:
        notes.append(f"Adjusted closes incomplete, closes as traded used: {', '.join(names)}.")
    for column, currency in assets.items():
        values[:, column] = rates.value(currency)
    quoted = {pair.column for pair in pairs}
    at_par: set[str] = set()
    without: list[str] = []
    for column in (c for c in range(len(symbols)) if c not in quoted):
        code, unit = quoted_in(codes[column] or base)
        if selected[column] and not codes[column]:
            without.append(symbols[column])
        if selected[column] and code in PAR:
            at_par.add(code)
        values[:, column] *= unit
        if PAR.get(code, code) == base:
            continue
        rate = rates.value(code)
        values[:, column] *= np.nan if rate is None else rate
        if rate is None:
            told = misspelt(code) or f"no pair links {code} to {base}"
            status[column] = ("no rate", told)
    if without:
        notes.append(f"Currency unknown, taken as {base}: {', '.join(without)}.")
    notes += [f"{code} taken at par with {PAR[code]}." for code in sorted(at_par)]
    return values, assets, status, notes


def _adjusted(past: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Adjusted closes where they cover every close, else closes; a mixture would jump.

    Second: N, whether adjusted closes are there but incomplete.
    """
    traded = np.isfinite(past.close)
    known = np.isfinite(past.adjusted)
    covered = (known | ~traded).all(axis=0) & traded.any(axis=0)
    return np.where(covered, past.adjusted, past.close), ~covered & known.any(axis=0)
