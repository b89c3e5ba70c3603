"""Columns of tables by what they hold: its format, alignment and unit stand here.

label: what stands over the column; help: on its hover; width: in pixels or as Streamlit says it.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

DAY, MOMENT = "YYYY-MM-DD", "YYYY-MM-DD HH:mm"
_of = st.column_config


def text(label: str, help: str = "", **more: Any) -> Any:
    """Words, to the left."""
    return _of.TextColumn(label, help=help or None, **more)


def number(label: str, digits: int, help: str = "", **more: Any) -> Any:
    """A number without a unit, or whose unit its label says."""
    return _of.NumberColumn(label, format=f"%.{digits}f", help=help or None, **more)


def identity(label: str, help: str = "", **more: Any) -> Any:
    """A number that only names something: no thousands."""
    return _of.NumberColumn(label, format="%d", help=help or None, **more)


def count(label: str, help: str = "", **more: Any) -> Any:
    """How many, or an amount as it is, with thousands."""
    return _of.NumberColumn(label, format="localized", help=help or None, **more)


def percent(label: str, help: str = "", digits: int = 2, **more: Any) -> Any:
    """Per cent."""
    return number(f"{label}, %", digits, help, **more)


def points(label: str, help: str = "", digits: int = 2, **more: Any) -> Any:
    """A difference of percentages, with its sign."""
    return _of.NumberColumn(
        f"{label}, points", format=f"%+.{digits}f", help=help or None, **more
    )  # fmt: skip


def correlation(label: str, help: str = "", **more: Any) -> Any:
    """−1 to 1."""
    return number(label, 2, help, **more)


def price(label: str, help: str = "", **more: Any) -> Any:
    """Money for one unit: six digits, wherever the point is."""
    return _of.NumberColumn(label, format="%.6g", help=help or None, **more)


def dressed(label: str, help: str = "", **more: Any) -> Any:
    """A number that `tables.drift.dressed` writes out: a format here would win over it."""
    return _of.NumberColumn(label, help=help or None, **more)


def day(label: str, help: str = "", **more: Any) -> Any:
    """A date."""
    return _of.DateColumn(label, format=DAY, help=help or None, **more)


def moment(label: str, help: str = "", seconds: bool = False, **more: Any) -> Any:
    """A point of time, in UTC."""
    form = f"{MOMENT}:ss" if seconds else MOMENT
    return _of.DatetimeColumn(f"{label}, UTC", format=form, help=help or None, **more)


def tick(label: str, help: str = "", **more: Any) -> Any:
    """Yes or no."""
    return _of.CheckboxColumn(label, help=help or None, **more)


def bar(label: str, most: float, help: str = "", digits: int = 2, **more: Any) -> Any:
    """A number with its size as a bar, from 0 to `most`."""
    return _of.ProgressColumn(
        label, format=f"%.{digits}f", min_value=0.0, max_value=most, help=help or None, **more
    )  # fmt: skip


def path(label: str, help: str = "", **more: Any) -> Any:
    """A small line."""
    return _of.LineChartColumn(label, help=help or None, **more)


def choice(label: str, options: list[str], help: str = "", **more: Any) -> Any:
    """A cell in which one of several is chosen."""
    return _of.SelectboxColumn(label, options=options, help=help or None, **more)


ASSET = text("asset", help="What is held")
SYMBOL = text("symbol", help="As stored")
IDENTITY = {
    "asset": ASSET,
    "symbol": SYMBOL,
    "name": text("name", width=190),
    "class": text("class"),
    "sector": text("sector", width=140),
}
HISTORY = {
    "n": identity("returns", help="In the window, since the last long gap"),
    "missing": percent("missing", "Weekdays of the window without a close", 1),
    "volatility": percent("volatility", "A year, at the observed rate", 1),
}
LOAD = {
    "ingest_id": identity("load", width=50),
    "loaded_at": moment("stored"),
    "source": text("source", width="medium"),
}
QUARANTINE = LOAD | {
    "row": identity("row", width=70),
    "symbol": text("symbol"),
    "date": text("date as found"),
    "close": text("close as found"),
    "reason": text("reason", width="large"),
}
ODD = {
    "symbol": text("symbol"),
    "date": day("day"),
    "kind": text("kind"),
    "what": text("what", width="large"),
}
