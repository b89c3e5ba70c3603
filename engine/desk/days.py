"""The day from which something counts that is recorded of a portfolio."""

from __future__ import annotations

import datetime as dt

from engine.core.errors import InputError
from engine.market.grid import Grid, default_as_of
from engine.params import PanelParams

_PANEL = PanelParams()
_DAY = dt.timedelta(days=1)


def default_day(grid: Grid) -> dt.date:
    """The as-of date of a universe where none is given."""
    return default_as_of(grid, _PANEL.max_gap)


def checked_day(day: dt.date, grid: Grid) -> dt.date:
    """A day on which something can be valued. Raises InputError."""
    first = grid.days[0].astype(object)
    # Tomorrow has begun somewhere; the data itself may be of a later day, where it is simulated.
    last = max(grid.last_day(), dt.datetime.now(dt.UTC).date() + _DAY)
    if type(day) is dt.date and not first <= day <= last:
        why = f"the first close is on {first}" if day < first else "it is in the future"
        raise InputError(f"The effective date {day} does not fit: {why}.")
    return day
