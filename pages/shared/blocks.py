"""Pieces that pages share: the row of figures, notes, tables, charts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import streamlit as st

from engine import tables
from engine.core import format as fmt
from engine.market.panel import Panel
from pages.shared import address, column, data, exports

CHART_CONFIG = {"displaylogo": False, "scrollZoom": False, "modeBarButtonsToRemove": ["lasso2d"]}

# A colon only where a word follows at once: that may be an emoji, an icon or a colour.
_MARKDOWN = re.compile(r"([\\\[\]*$~<]|:(?=\S))")


def figures_row(figures: Sequence[tables.Figure]) -> Any:
    """Label over value, side by side, wrapping where the window is narrow. Returns the row: what
    is drawn into it stands at its end."""
    row = st.container(horizontal=True, gap="medium", vertical_alignment="center")
    with row:
        for figure in figures:
            about = plain(figure.help) if figure.help else None
            st.metric(plain(figure.label), figure.value, help=about, width="content")
    return row


def note_row(text: str) -> Any:
    """What is to be said of all that follows. Returns the row, at whose end the menu of files
    stands."""
    row = st.container(horizontal=True, gap="medium", vertical_alignment="center")
    with row:
        if text:
            st.caption(plain(text))
    return row


def refusals() -> None:
    """What the address asked for in vain."""
    for sentence in address.refusals():
        st.warning(plain(sentence))


def plain(text: str) -> str:
    """Text that may hold what somebody else wrote, without effect as Markdown: no links, images."""
    return _MARKDOWN.sub(r"\\\1", text)


def notes(panel: Panel) -> None:
    """What else must be known, in one line."""
    if panel.notes:
        st.caption(plain(" ".join(panel.notes)))


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
    table(rows, "quarantine_rows", column.QUARANTINE, alt="Rejected rows with their reason.")
    exports.menu(
        "quarantine_files",
        [exports.csv(rows, f"{universe}-quarantine.csv", "Quarantine as CSV", "quarantine_csv")],
    )
