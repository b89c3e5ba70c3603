"""Whether an instruments file is one: symbols, roles and fixing times."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import numpy as np
import pandas as pd

from engine.core.errors import InputError
from engine.core.format import listing
from engine.core.frames import ROLES


def check_instruments(frame: pd.DataFrame, label: str) -> None:
    """Raises InputError naming file and symbol: blank or repeated symbol, unknown role, fixing."""
    blank = np.flatnonzero((frame["symbol"] == "").to_numpy())
    if len(blank):
        raise InputError(f"{label}, data row {blank[0] + 1}, has a blank symbol: fill it in.")
    twice = sorted(frame.loc[frame["symbol"].duplicated(), "symbol"].unique())
    if twice:
        raise InputError(f"{label} lists {listing(twice)} more than once: keep one row of each.")
    odd = frame.loc[~frame["role"].isin(ROLES)]
    if len(odd):
        raise InputError(
            f"{label} gives {odd['symbol'].iloc[0]} the role {odd['role'].iloc[0]!r}: "
            f"use {' or '.join(ROLES)}."
        )
    for fixing in frame["fixing"].unique():
        if not _is_fixing(fixing):
            symbol = frame.loc[frame["fixing"] == fixing, "symbol"].iloc[0]
            raise InputError(
                f"{label} gives {symbol} the fixing {fixing!r}: write it as 16:00 America/New_York."
            )


def _is_fixing(text: str) -> bool:
    if not text:
        return True
    clock, _, zone = text.partition(" ")
    try:
        dt.datetime.strptime(clock, "%H:%M")
        zoneinfo.ZoneInfo(zone)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True
