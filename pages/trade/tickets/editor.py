"""A table to be edited whose edits outlive the page: kept in the session, undone step by step."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from engine.core import format as fmt

# Row → column → what was typed.
Edits = dict[int, dict[str, Any]]


def edited(
    key: str, of: Hashable, frame: pd.DataFrame, columns: Mapping[str, Any],
    editable: Sequence[str], alt: str, height: int | Literal["auto"] = "auto",
) -> tuple[pd.DataFrame, Edits]:  # fmt: skip
    """Draw the table; what it says now, and what of it was edited.

    of: names what `frame` is of. While it is the same, so must `frame` be; edits of another are
    dropped, and that is said.
    """
    kept = _kept(key, of, frame)
    widget = f"{key}_{kept['turn']}"
    if widget not in st.session_state:
        # First drawn, undone, or its page was left: only then may what the widget starts from
        # change, or its own edits would be lost.
        kept["base"] = _applied(frame, kept["edits"])
    if kept.pop("dropped", False):
        st.caption("What these edits were made to has changed: they are gone.")
    shown = st.data_editor(
        kept["base"], key=widget, column_config=dict(columns), hide_index=True, row_height=30,
        disabled=[c for c in frame.columns if c not in editable], num_rows="fixed",
        height=height, alt=alt, placeholder=fmt.UNKNOWN,
    )  # fmt: skip
    now = _differences(frame, shown, editable)
    if now != kept["edits"]:
        kept["past"].append(kept["edits"])
        kept["edits"] = now
    return shown, now


def undo_buttons(key: str) -> Any:
    """The ways back; draw it after `edited`. Returns their row."""
    kept = st.session_state[_state(key)]
    row = st.container(horizontal=True, vertical_alignment="center")
    with row:
        st.button(
            "Undo edit", key=f"{key}_undo", on_click=_undo, args=(key,), disabled=not kept["past"]
        )
        st.button(
            "Undo all edits", key=f"{key}_reset", on_click=_reset, args=(key,),
            disabled=not kept["edits"],
        )  # fmt: skip
        rows = len(kept["edits"])
        st.caption("Nothing edited." if not rows else f"Edited rows: {rows}.", width="content")
    return row


def _kept(key: str, of: Hashable, frame: pd.DataFrame) -> dict[str, Any]:
    state = st.session_state
    kept = state.get(_state(key))
    if kept is None or kept["of"] != of:
        turn = 0 if kept is None else kept["turn"] + 1
        dropped = kept is not None and bool(kept["edits"])
        kept = {"of": of, "edits": {}, "past": [], "turn": turn, "base": frame, "dropped": dropped}
        state[_state(key)] = kept
    return kept


def _undo(key: str) -> None:
    kept = st.session_state.get(_state(key))
    if kept and kept["past"]:
        kept["edits"] = kept["past"].pop()
        kept["turn"] += 1


def _reset(key: str) -> None:
    if kept := st.session_state.get(_state(key)):
        kept["past"].append(kept["edits"])
        kept["edits"] = {}
        kept["turn"] += 1


def _state(key: str) -> str:
    return f"_{key}_kept"


def _applied(frame: pd.DataFrame, edits: Edits) -> pd.DataFrame:
    out = frame.copy()
    for row, cells in edits.items():
        for column, value in cells.items():
            out.loc[out.index[row], column] = value
    return out


def _differences(frame: pd.DataFrame, shown: pd.DataFrame, editable: Sequence[str]) -> Edits:
    out: Edits = {}
    for column in editable:
        pairs = zip(frame[column], shown[column], strict=True)
        for row, (was, now) in enumerate(pairs):
            if was != now and not (pd.isna(was) and pd.isna(now)):
                out.setdefault(row, {})[column] = now
    return {row: out[row] for row in sorted(out)}
