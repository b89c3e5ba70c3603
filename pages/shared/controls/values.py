"""What the controls say: in session state, in the address, and as the engine's parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import streamlit as st

from engine.core.errors import ParamError
from engine.params import Params, chosen
from pages.shared import address
from pages.shared.controls import typed
from pages.shared.controls.registry import PRESET, UNIVERSE, Control, find, table

_KEPT, _ON = "_controls_kept", "_controls_on"


def arrive(page: str) -> None:
    """On another page than the run before: what was last said there counts again, for a widget's
    state goes when its page is left. Call before anything is drawn."""
    state = st.session_state
    if state.get(_ON) != page:
        state[_ON] = page
        for key, value in state.get(_KEPT, {}).items():
            state[key] = value


def adopt(controls: Iterable[Control]) -> dict[str, str]:
    """Put what the address asks explicitly into session state, or what was last said where the part
    of the page that has it was not drawn in between; what nobody has said stays None. Returns key →
    what was asked in vain."""
    refused = {}
    for c in controls:
        refused[c.key] = address.adopt(c.key, c.kind.parse, c.kind.text)
        if c.key not in st.session_state and c.key in st.session_state.get(_KEPT, {}):
            st.session_state[c.key] = st.session_state[_KEPT][c.key]
    return {key: asked for key, asked in refused.items() if asked is not None}


def fill(
    controls: Iterable[Control], default: Callable[[Control], Any], refused: Mapping[str, str]
) -> None:
    """The default where nobody has said anything."""
    for c in controls:
        usual = default(c) if st.session_state.get(c.key) is None else None
        address.settle(c.key, usual, c.kind.text, refused.get(c.key))


def settle(
    controls: Sequence[Control],
    before: Mapping[str, Any],
    defaults: Mapping[str, Any] | None = None,
) -> None:
    """Session state of controls with a knob: what the address says, what was said, or the knob's
    value under the preset and all that was said.

    before: settings of the controls that were settled already. defaults: key → default, where it
    is not the knob's. Call before their widgets.
    """
    refused, own = adopt(controls), defaults or {}
    said, base = settings(controls), Params()
    if len(said) < len(controls):  # else nobody needs a default
        try:
            base = params({**before, **said})
        except ParamError:  # it contradicts itself, which is said where it is used
            base = params(before)
    fill(controls, lambda c: own[c.key] if c.key in own else c.at(base), refused)


def take(control: Control, default: Any = None) -> Any:
    """The same for a control of the page itself."""
    usual = control.default if default is None else default
    fill((control,), lambda _: usual, adopt((control,)))
    return st.session_state[control.key]


def pick(control: Control, choices: Iterable[str]) -> str:
    """One of choices that depend on data: the first where what was said is none of them."""
    among = tuple(choices)
    if take(control.among(among), among[0]) not in among:
        st.session_state[control.key] = among[0]
    return st.session_state[control.key]


def settings(controls: Iterable[Control]) -> dict[str, Any]:
    """Knob → value, of what these controls say."""
    said = ((c, st.session_state.get(c.key)) for c in controls if c.knob)
    return {c.knob: c.kind.setting(value) for c, value in said if value is not None}


def params(own: Mapping[str, Any]) -> Params:
    """The preset with settings of one's own."""
    return chosen(st.session_state[PRESET.key], own)


def write(controls: Iterable[Control], gone: Iterable[Control] = ()) -> None:
    """Bring the address in line with these, take others out of it, and keep what was said over
    changes of the page."""
    state, texts = st.session_state, {}
    for c in controls:
        value = state.get(c.key)
        texts[c.key] = None if value is None else c.kind.text(value) or None
    address.write(texts | {c.key: None for c in gone})
    state.setdefault(_KEPT, {}).update({key: state.get(key) for key in texts})


def let_go(controls: Iterable[Control]) -> None:
    """Nobody has said anything here: the default counts, or what the address asks by itself."""
    state = st.session_state
    for c in controls:
        keys = [k for k in map(str, state) if k.startswith(c.key)] if c.family else [c.key]
        for key in keys:
            state[key] = None
            state.get(_KEPT, {}).pop(key, None)
            address.forget(key)
            typed.forget_refusal(key)


def reset() -> None:
    """Callback: every control to its default, in the address also where it is not drawn; but the
    universe, and what of a page is open."""
    known = table()
    gone = [c for c in known.values() if c is not UNIVERSE and not c.section]
    let_go(gone)
    address.drop(lambda key: find(key) in gone)
    address.ours()
