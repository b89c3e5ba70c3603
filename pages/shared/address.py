"""The address as the place where a page's state is kept: links, reload and Back show the same.

Every control is always in it, defaults too, so that a link keeps its meaning when defaults or data
change; Streamlit's own `bind="query-params"` leaves defaults out. What a control says wins over an
address that lags behind it; an address that changed by itself (a link, Back, typed) wins otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import streamlit as st

LAST, REFUSED = "_last_run", "_refused"


def moved(keys: Collection[str]) -> bool:
    """Whether any of these controls was moved since the last run; call it before drawing them."""
    last = st.session_state.get(LAST, {})
    return any(key in last and st.session_state.get(key) != last[key][0] for key in keys)


def take(
    key: str, default: Any, parse: Callable[[str], Any], text: Callable[[Any], str], moved: bool
) -> None:
    """Put the address's value, else the present one, else the default into session state.

    parse: text → value; raises ValueError or KeyError for what cannot be used, which is then said
    once by `refusals`, as is a value that was rounded. Call before the widget of this key.
    """
    asked = st.query_params.get(key)
    last = st.session_state.get(LAST, {}).get(key)
    if asked is not None and not moved and (last is None or asked != last[1]):
        try:
            value = parse(asked)
            if not _same(text(value), asked):
                _refuse(key, asked, text(value))
            st.session_state[key] = value
        except (ValueError, KeyError):
            if st.session_state.get(key) is None:
                st.session_state[key] = default
            used = st.session_state[key]
            _refuse(key, asked, "" if used is None else text(used))
    elif st.session_state.get(key) is None:
        st.session_state[key] = default


def write(texts: Mapping[str, str | None]) -> None:
    """Bring the address in line with the controls; None leaves a key out. One history entry."""
    last = st.session_state.setdefault(LAST, {})
    changed = {}
    for key, text in texts.items():
        # A quick second action comes with the address as it was before the first: what we wrote
        # last is what the browser has by now.
        known = {st.query_params.get(key), last.get(key, (None, text))[1]}
        last[key] = (st.session_state.get(key), text)
        if text is None:
            st.query_params.pop(key, None)
        elif known != {text}:
            changed[key] = text
    if changed:
        st.query_params.update(changed)


def refusals() -> list[str]:
    """Sentences on what the address asked for in vain; each is given once."""
    return st.session_state.pop(REFUSED, [])


def _same(text: str, asked: str) -> bool:
    """Equal as text, or as numbers: 0.5 is 0.50."""
    try:
        return text == asked or float(text) == float(asked)
    except ValueError:
        return False


def _refuse(key: str, asked: str, used: str) -> None:
    sentence = f"{key} = {asked} in the address cannot be used; it is {used or 'none'}."
    st.session_state.setdefault(REFUSED, []).append(sentence)
