"""Pieces that pages share: the row of figures, notes, tables' columns, downloads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from engine import tables
from engine.core import format as fmt
from engine.market.panel import Panel
from pages.shared import address, data

CHART_CONFIG = {"displaylogo": False, "scrollZoom": False, "modeBarButtonsToRemove": ["lasso2d"]}

_text, _number = st.column_config.TextColumn, st.column_config.NumberColumn
_date = st.column_config.DateColumn
RHO = "%.2f"
# A colon only where a word follows at once: that may be an emoji, an icon or a colour.
_MARKDOWN = re.compile(r"([\\\[\]*$~<]|:(?=\S))")

CLUSTER_COLUMNS = {
    "colour": _text("", width=24, help="As in the charts; grey: alone"),
    "id": _number("id", format="%d", width=40, help="Kept at every threshold"),
    "name": _text("name", width=150),
    "size": _number("size", format="%d", width=44),
    "mean_rho": _number("mean ρ", format=RHO, width=58, help="Over all pairs inside"),
    "lowest_rho": _number("lowest ρ", format=RHO, width=64),
    "members": _text("members", width=400),
}
_HISTORY = {
    "n": _number("returns", format="%d", help="In the window, since the last long gap"),
    "missing": _number("missing, %", format="%.1f", help="Weekdays of the window without a close"),
    "volatility": _number("volatility, %", format="%.1f", help="A year, at the observed rate"),
}
_IDENTITY = {
    "asset": _text("asset", help="What is held"),
    "symbol": _text("symbol", help="As stored"),
    "name": _text("name", width=190),
    "class": _text("class"),
    "sector": _text("sector", width=140),
}
MEMBER_COLUMNS = _IDENTITY | _HISTORY | {
    "rho": _number("mean ρ", format=RHO, help="With the other members"),
    "change": _number("window, %", format="%.1f", help="Change of value in the window"),
}  # fmt: skip
UNIVERSE_COLUMNS = _IDENTITY | _HISTORY | {
    "path": st.column_config.LineChartColumn("path in the window", width="medium"),
    "first": _date("first close", format="YYYY-MM-DD"),
    "last": _date("last close", format="YYYY-MM-DD"),
    "short": st.column_config.CheckboxColumn("short", help="Under 0.8 of the lookback"),
    "exchange": _text("exchange"),
    "currency": _text("currency"),
    "fixing": _text("fixed at"),
}  # fmt: skip
OUT_COLUMNS = _IDENTITY | {
    "reason": _text("reason"),
    "detail": _text("detail", width="large"),
    "first": _date("first close", format="YYYY-MM-DD"),
    "last": _date("last close", format="YYYY-MM-DD"),
    "n": _number("returns", format="%d"),
}
GAP_COLUMNS = {
    "symbol": _text("symbol"),
    "last_before": _date("last close before", format="YYYY-MM-DD"),
    "first_after": _date("first close after", format="YYYY-MM-DD"),
    "missed": _number("sessions missed", format="%d"),
    "return": _number("return across, %", format="%.1f"),
}
_LOAD = {
    "ingest_id": _number("load", format="%d", width=50),
    "loaded_at": st.column_config.DatetimeColumn("stored, UTC", format="YYYY-MM-DD HH:mm"),
    "source": _text("source", width="medium"),
}
INGEST_COLUMNS = _LOAD | {
    name: _number(name, format="localized")
    for name in ("rows", "stored", "unchanged", "revised", "quarantined")
} | {
    "by": _text("by", help="Who stored it, where sign-in tells"),
    "snapshot_id": _text("snapshot", width=110),
}  # fmt: skip
QUARANTINE_COLUMNS = _LOAD | {
    "row": _number("row", format="%d", width=70),
    "symbol": _text("symbol"),
    "date": _text("date as found"),
    "close": _text("close as found"),
    "reason": _text("reason", width="large"),
}
SWEEP_COLUMNS = {
    "t": _number("t", format="%.2f"),
    "clusters": _number("clusters", format="%d"),
    "largest": _number("largest", format="%d"),
    "alone": _number("alone", format="%d"),
    "alone_share": _number("alone, %", format="%.1f"),
    "mean_rho": _number("mean ρ inside", format=RHO),
    "silhouette": _number("silhouette", format="%.3f"),
}


def figures_row(figures: Sequence[tables.Figure]) -> None:
    """Label over value, side by side, wrapping where the window is narrow."""
    with st.container(horizontal=True, gap="medium"):
        for figure in figures:
            st.metric(figure.label, figure.value, help=figure.help or None, width="content")


def refusals() -> None:
    """What the address asked for in vain."""
    for sentence in address.refusals():
        st.warning(sentence)


def plain(text: str) -> str:
    """Text that may hold what somebody else wrote, without effect as Markdown: no links, images."""
    return _MARKDOWN.sub(r"\\\1", text)


def notes(panel: Panel) -> None:
    """What else must be known, in one line."""
    if panel.notes:
        st.caption(" ".join(panel.notes))


def table(frame: Any, key: str, columns: dict[str, Any], alt: str, **more: Any) -> Any:
    """A dense table; what is not known is a dash."""
    return st.dataframe(
        frame, key=key, column_config=columns, alt=alt, hide_index=True, row_height=30,
        placeholder=fmt.UNKNOWN, **more,
    )  # fmt: skip


def chart(figure: Any, key: str, alt: str, **more: Any) -> Any:
    """A chart in its own colours."""
    return st.plotly_chart(figure, key=key, alt=alt, theme=None, config=CHART_CONFIG, **more)


def quarantine(universe: str) -> None:
    """Rejected rows: by reason, then one by one."""
    st.subheader("Quarantine")
    counts = data.quarantine_counts(universe)
    if not len(counts):
        st.caption("No row of the last load was rejected.")
        return
    table(counts, "quarantine_counts", {}, alt="Rejected rows by reason.", width=520)
    rows = data.quarantine(universe)
    table(rows, "quarantine_rows", QUARANTINE_COLUMNS, alt="Rejected rows with their reason.")
    download(rows, f"{universe}-quarantine.csv", "Quarantine as CSV", key="quarantine_csv")


def download(table: pd.DataFrame, name: str, label: str, key: str) -> None:
    """CSV of what is shown; built when asked for. Cells that a sheet would run are neutralised."""
    st.download_button(
        label, data=lambda: tables.to_csv(table), file_name=name, mime="text/csv", key=key,
        on_click="ignore",
    )  # fmt: skip
