"""Text in charts as it was typed.

Plotly reads tags (`<b>`, `<br>`, `<a href>`) and `$…$` in every label, hover and title. What comes
from outside is no markup, so all text of a figure is escaped but for the templates, which are ours.
Where a text of ours has a break or bold type, it says so by these signs.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

BREAK, BOLD, UNBOLD = "\ue000", "\ue001", "\ue002"
_INK, _OF, _END = "\ue003", "\ue004", "\ue005"
_SIGNS = str.maketrans({
    "&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;",
    BREAK: "<br>", BOLD: "<b>", UNBOLD: "</b>",
})  # fmt: skip
_COLOURED = re.compile(f"{_INK}(#[0-9A-Fa-f]{{6}}){_OF}(.*?){_END}", re.DOTALL)
# Where a trace and a layout hold text that is data.
_OF_TRACES = (
    "x", "y", "text", "hovertext", "customdata", "labels", "parents", "ids", "name", "title",
)  # fmt: skip
_OF_LAYOUT = ("text", "ticktext", "categoryarray", "tickvals", "x", "y", "range")


def inked(text: str, color: str) -> str:
    """A part of a text in a colour, #RRGGBB."""
    return f"{_INK}{color}{_OF}{text}{_END}"


def escaped(text: str) -> str:
    """A text that Plotly shows as it is, with its signs as tags."""
    plain = text.translate(_SIGNS)
    if _INK not in plain:
        return plain
    return _COLOURED.sub(r'<span style="color:\1">\2</span>', plain)


def escape_trace(trace: dict[str, Any]) -> dict[str, Any]:
    """A trace whose data is text and nothing else."""
    return {k: _of_data(v) if k in _OF_TRACES else v for k, v in trace.items()}


def escape_layout(layout: Any, key: str = "") -> Any:
    """A layout whose titles, ticks and notes are text and nothing else."""
    if isinstance(layout, dict):
        return {k: escape_layout(v, k) for k, v in layout.items()}
    if key in _OF_LAYOUT and not isinstance(layout, dict):
        return _of_data(layout)
    if isinstance(layout, list | tuple):
        return [escape_layout(one, key) for one in layout]
    return escaped(layout) if key == "title" and isinstance(layout, str) else layout


def _of_data(value: Any) -> Any:
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, pd.Series | pd.Index):
        return _of_data(value.to_numpy())
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "OUT":
            return value
        return np.array([_of_data(one) for one in value.ravel()], dtype=object).reshape(value.shape)
    if isinstance(value, list | tuple):
        return [_of_data(one) for one in value]
    if isinstance(value, dict):  # as the title of a trace
        return {k: _of_data(v) if k == "text" else v for k, v in value.items()}
    return value
