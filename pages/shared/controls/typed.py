"""Numbers that are typed: read by the one reader of amounts, refused in a sentence at their field.

A browser's own field for numbers drops a comma without a word: 125,00 becomes 12500, and 7,5 75.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from engine.core.errors import InputError
from pages.shared import blocks
from pages.shared.controls.kinds import Number

_ROOM = 280  # px that a sentence needs


def field(
    label: str, key: str, kind: Number, *, width: int = 150, help: str | None = None,
    on_change: Callable[[], None] | None = None,
) -> None:  # fmt: skip
    """A field of `st.session_state[key]`, which is set before; what is refused leaves it alone.

    on_change: called once what was typed is the value.
    """
    state, typed = st.session_state, typed_key(key)
    why = refusal(key)
    if not why and _meaning(state.get(typed), kind) != state[key]:
        state[typed] = kind.text(state[key])
    with st.container(width=max(width, _ROOM) if why else width, gap="xxsmall"):
        st.text_input(
            label, key=typed, help=help, on_change=_take, args=(label, key, kind, on_change)
        )
        if why:
            st.error(blocks.plain(why))


def refusal(key: str) -> str:
    """Why what stands in the field is not its value; empty where it is."""
    text, value, why = st.session_state.get(_refused_key(key), ("", None, ""))
    now = st.session_state.get(typed_key(key)), st.session_state.get(key)
    return why if now == (text, value) else ""


def forget_refusal(key: str) -> None:
    """The value is another one's to say: nothing is refused."""
    st.session_state.pop(_refused_key(key), None)


def typed_key(key: str) -> str:
    """Of the field itself."""
    return f"{key}_typed"


def _refused_key(key: str) -> str:
    return f"_{key}_refused"


def _take(label: str, key: str, kind: Number, then: Callable[[], None] | None) -> None:
    state, text = st.session_state, st.session_state.get(typed_key(key))
    if text is None:
        return
    forget_refusal(key)
    try:
        state[key] = kind.read(text, label)
    except InputError as error:
        state[_refused_key(key)] = (text, state.get(key), str(error))
        return
    if then:
        then()


def _meaning(text: str | None, kind: Number) -> float | None:
    try:
        return None if text is None else kind.read(text, "It")
    except InputError:
        return None
