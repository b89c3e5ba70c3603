"""Where the tree is cut: by the regime, at a t or, under Ward, at a height of its own."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import streamlit as st

from engine.analytics.tree import Tree
from engine.core import format as fmt
from engine.core.errors import CutlineError
from engine.core.words import Linkage
from engine.params import Params, chosen
from pages.shared import address, data
from pages.shared.controls import draw, values
from pages.shared.controls.registry import AUTO, CUT, LINKAGE, PRESET, Control, H, T


def controls(view: data.View) -> None:
    """Draw them. view: what is looked at, under the threshold that counts if nobody asks another;
    moving a slider makes it manual."""
    regime, asks = data.market(view).regime, _asked_by(view)
    refused = values.adopt((AUTO, asks))
    auto = view.params.tree.threshold is None and st.session_state.get(asks.key) is None
    values.fill((AUTO,), lambda _: auto, refused)
    by_state = [f"{state} {fmt.threshold(t)}" for state, t in view.params.regime.thresholds.items()]
    draw.toggle(AUTO, help=", ".join(by_state))
    st.caption(
        f"{regime.state}, score {fmt.number(regime.score)}"
        if regime.score is not None
        else "Regime unknown: see the page Regime."
    )
    if view.params.tree.heights_are_distances:
        usual = view.params.tree.threshold or view.params.regime.t_normal
        values.fill((T,), lambda _: usual, refused)
        if st.session_state[AUTO.key]:
            st.session_state[T.key] = regime.threshold
        draw.slider(T, on_change=_manual)
    else:
        values.fill((asks,), lambda c: min(c.default, c.number.high), refused)
        _height(view, asks)


def setting() -> dict[str, Any]:
    """The knob that these controls set."""
    key = _key(st.session_state[LINKAGE.key])
    return {T.knob: None if st.session_state[AUTO.key] else st.session_state[key]}


def write() -> None:
    """Bring the address in line; only one of t and height is in it."""
    key = _key(st.session_state[LINKAGE.key])
    values.write([c for c in CUT if c.key in (AUTO.key, key)], [c for c in (T, H) if c.key != key])


def threshold_bounds(params: Params, tree: Tree) -> tuple[float, float, float]:
    """Lowest, highest and step of the cut's slider."""
    kind = T.number if params.tree.heights_are_distances else _of_tree(tree).number
    return kind.low, kind.high, kind.step


def set_threshold(value: float, ward: bool) -> None:
    """Callback of what sets the cut by hand."""
    _manual()
    st.session_state[H.key if ward else T.key] = value


def as_moved(view: data.View) -> data.View:
    """The view with the cut that was set since the sidebar was drawn."""
    return view.with_threshold(setting()[T.knob])


def linkage_changed() -> None:
    """Callback: where the preset decides the cut, it does so anew, as its t may mean nothing on
    another linkage's heights; a cut of one's own stays."""
    state = st.session_state
    name, was = state.get(PRESET.key), address.before(LINKAGE.key)
    if name is None or was is None or state.get(LINKAGE.key) is None:
        return
    present = None if state.get(AUTO.key) else state.get(_key(was))
    if present == chosen(name, {LINKAGE.knob: was}).tree.threshold:
        values.let_go(CUT)


def _asked_by(view: data.View) -> Control:
    """The control of the cut at hand, with its range."""
    if view.params.tree.heights_are_distances:
        return T
    try:
        return _of_tree(data.tree(view))
    except CutlineError:
        return H  # the page says what is wrong; the slider only needs some range


def _height(view: data.View, asks: Control) -> None:
    state, kind = st.session_state, asks.number
    low, top, auto = kind.low, kind.high, None
    try:
        data.tree(view)
        if state[AUTO.key]:
            auto = data.cut(view.with_threshold(None)).threshold
    except CutlineError:
        st.caption("There is no tree to cut.")
    if auto is not None:
        # As shown, so used: between its ends a slider takes any value.
        state[H.key] = auto
        top, low = max(top, auto), min(low, auto)
    else:
        state[H.key] = min(state[H.key], top)
    st.slider(asks.label, low, top, step=kind.step, key=H.key, on_change=_manual, help=asks.help)


def _of_tree(tree: Tree) -> Control:
    """Up to the first step at or above the last merge."""
    kind = H.number
    top = float(tree.heights[-1]) if len(tree.heights) else kind.high
    steps = math.ceil(top / kind.step)
    high = round(max(kind.low + kind.step, steps * kind.step), 2)
    return H.reading(dataclasses.replace(kind, high=high))


def _key(linkage: str) -> str:
    return T.key if Linkage(linkage).heights_are_distances else H.key


def _manual() -> None:
    st.session_state[AUTO.key] = False
