"""The address as the place where a page's state is kept: links, reload and Back show the same.

Every control is always in it, defaults too, so that a link keeps its meaning when defaults or data
change; Streamlit's own `bind="query-params"` leaves defaults out. What a control says wins over an
address that lags behind it; an address that changed by itself (a link, Back, typed) wins otherwise.

A run tells the address once, at its end: one action is one entry of the browser's history, and Back
leads to no state that was written by halves.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException

LAST, REFUSED = "_last_run", "_refused"
# Whether a control was moved since the last run; and that the next run shall count as such.
_MOVED, _OURS = "_moved", "_ours"
_DROPPED = "_address_dropped"  # keys that the next run takes out of the address
# What this run has to tell the address; and whether a run ended before it did.
_PENDING, _UNTOLD = "_address_pending", "_address_untold"
# The addresses that the browser may have: that of the latest run, and what was told since. With
# any other it changed by itself: then that address, and the keys that were taken from it.
_KNOWN, _TAKEN = "_addresses_known", "_address_taken"


@contextlib.contextmanager
def whole_run() -> Iterator[None]:
    """Around a run of the whole page, before anything is drawn."""
    state, last = st.session_state, st.session_state.get(LAST, {})
    # A key that is not there was not drawn: its page was left, or its part of the page.
    changed = any(key in state and state[key] != was for key, (was, _) in last.items())
    now, lags, ours = st.query_params.to_dict(), state.pop(_UNTOLD, False), state.pop(_OURS, False)
    by_itself = _arrived(now, by_hand=ours or changed or lags) and not ours
    if by_itself:
        state[_TAKEN] = (now, set())
    elif ours or state.get(_TAKEN, (None,))[0] != now:
        state.pop(_TAKEN, None)
    # Where it changed by itself, what the browser says of a control may be of before.
    state[_MOVED] = ours or (not by_itself and (changed or lags))
    state[_PENDING] = dict.fromkeys(state.pop(_DROPPED, ()))
    try:
        yield
    except RerunException:  # the next run tells it, whole, and takes what is left of the address
        state[_UNTOLD] = bool(state.pop(_PENDING))
        raise
    finally:
        state.pop(_MOVED, None)
        state.pop(_OURS, None)
        if _PENDING in state:
            state.pop(_TAKEN, None)
            _tell(state.pop(_PENDING))


def moved() -> bool:
    """Whether a control was moved since the last run, so that the address may lag behind. A
    fragment runs by itself only for that."""
    return st.session_state.get(_MOVED, True)


def ours() -> None:
    """In the rest of this run, or from a callback in the next one, controls count whatever the
    address says."""
    st.session_state[_OURS] = True
    if _MOVED in st.session_state:
        st.session_state[_MOVED] = True


def adopt(key: str, parse: Callable[[str], Any], text: Callable[[Any], str]) -> str | None:
    """Put into session state what the address asks by itself. Returns what it asks in vain, which
    `settle` wants to know.

    parse: text → value; raises ValueError or KeyError for what cannot be used. A value that was
    rounded is said by `refusals`. Call before the widget of this key.
    """
    asked, state = _asked(key), st.session_state
    last = state.get(LAST, {}).get(key)
    ours = last is not None and asked == last[1]
    if asked is None:
        return None
    if _TAKEN in state and key not in state[_TAKEN][1]:
        state[_TAKEN][1].add(key)
    # A control that was not drawn in the run before moved nothing: its address does not lag.
    elif key in state:
        if moved() or (ours and state[key] is not None):
            return None
    elif ours:
        return None
    try:
        value = parse(asked)
    except (ValueError, KeyError):
        return asked
    if not _same(text(value), asked):
        _refuse(key, asked, text(value))
    st.session_state[key] = value
    return None


def settle(key: str, default: Any, text: Callable[[Any], str], refused: str | None = None) -> None:
    """The default where session state has nothing, and a sentence on what was asked in vain."""
    if st.session_state.get(key) is None:
        st.session_state[key] = default
    if refused is not None:
        used = st.session_state[key]
        _refuse(key, refused, "" if used is None else text(used))


def drop(which: Callable[[str], bool]) -> None:
    """From a callback: the next run takes these keys out of the address, unless it writes them."""
    st.session_state[_DROPPED] = {key for key in st.query_params if which(key)}


def before(key: str) -> Any:
    """What the control said in the last run."""
    return st.session_state.get(LAST, {}).get(key, (None, None))[0]


def forget(key: str) -> None:
    """As if it had never been written."""
    st.session_state.get(LAST, {}).pop(key, None)


def write(texts: Mapping[str, str | None]) -> None:
    """Bring the address in line with the controls, at the end of the run; None leaves a key out."""
    state, last = st.session_state, st.session_state.setdefault(LAST, {})
    changed: dict[str, str | None] = {}
    for key, text in texts.items():
        # A quick second action comes with the address as it was before the first: what we wrote
        # last is what the browser has by now.
        known = {_asked(key), last.get(key, (None, text))[1]}
        last[key] = (state.get(key), text)
        if known != {text}:
            changed[key] = text
    if _PENDING in state:
        state[_PENDING] |= changed
    else:  # a fragment by itself
        _tell(changed)


def refusals() -> list[str]:
    """Sentences on what the address asked for in vain; each is given once."""
    return st.session_state.pop(REFUSED, [])


def _arrived(now: Mapping[str, str], by_hand: bool) -> bool:
    """Whether the address with which a run begins changed by itself: a link, Back, typed.

    by_hand: whether anything else calls for the run; then an older address may only lag.
    """
    known = st.session_state.get(_KNOWN, [])
    by_itself = now not in known or (not by_hand and now != known[-1])
    st.session_state[_KNOWN] = [now] if by_itself else known[known.index(now) :]
    return by_itself


def _asked(key: str) -> str | None:
    """What the address says, once it is told what this run has to say so far."""
    pending = st.session_state.get(_PENDING, {})
    return pending[key] if key in pending else st.query_params.get(key)


def _tell(changed: Mapping[str, str | None]) -> None:
    """Change the address, all at once: each message is an entry of the browser's history."""
    if not changed:
        return
    now = {key: st.query_params.get_all(key) for key in st.query_params}
    # As a new value of a key stands in the place of the old, so that a link keeps its order.
    now |= {key: [text or ""] for key, text in changed.items()}
    told = {key: value for key, value in now.items() if changed.get(key, value) is not None}
    if told == {key: st.query_params.get_all(key) for key in st.query_params}:
        return
    st.session_state[_UNTOLD] = True
    st.session_state[_KNOWN] = [
        *st.session_state.get(_KNOWN, []), {key: value[-1] for key, value in told.items() if value}
    ]  # fmt: skip
    st.query_params.from_dict(told)  # may be cut short
    st.session_state.pop(_UNTOLD, None)


def _same(text: str, asked: str) -> bool:
    """Equal as text, or as numbers: 0.5 is 0.50."""
    try:
        return text == asked or float(text) == float(asked)
    except ValueError:
        return False


def _refuse(key: str, asked: str, used: str) -> None:
    sentence = f"{key} = {asked} in the address cannot be used; it is {used or 'none'}."
    st.session_state.setdefault(REFUSED, []).append(sentence)
