"""The manager's own bounds and locks: added, removed, undone."""

from __future__ import annotations

import streamlit as st

from engine.allocation.bounds import Bound, parse_bounds
from engine.core.errors import ParamError
from pages.shared import blocks, data
from pages.shared.controls import draw, typed
from pages.shared.controls.kinds import BETWEEN, Number
from pages.shared.controls.registry import BOUNDS

KEY = BOUNDS.key
# Earlier bounds, of one universe.
_PAST, _PAST_OF, _WRONG = "_bounds_past", "_bounds_past_of", "_bounds_wrong"
KINDS = ("asset", "cluster", "class")
_SHARE = Number(0.0, 100.0, 0.5)
_SIDES = (("bound_low", "At least, %", 0.0), ("bound_high", "At most, %", 5.0))


def written(kind: str, name: str, low: float, high: float) -> str:
    """A bound as text, from sides in %; equal sides lock."""
    span = f"{low:g}%" if low == high else f"{low:g}%..{high:g}%"
    return f"{kind}:{name}={span}"


def editor(view: data.View) -> None:
    """What is bound now, each to be removed; and a row that adds one."""
    bounds, universe = st.session_state[KEY], view.opened.snapshot.info.name
    if st.session_state.get(_PAST_OF) != universe:
        st.session_state[_PAST_OF], st.session_state[_PAST] = universe, []
    past = st.session_state[_PAST]
    st.markdown(f"**{BOUNDS.label}**")
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        kind = st.selectbox("Of", KINDS, key="bound_kind", width=110)
        names = _names(view, kind)
        st.selectbox(
            kind.capitalize(),
            list(names),
            key=f"bound_{kind}",
            width=300,
            format_func=draw.words_of(names),
        )
        for key, label, usual in _SIDES:
            st.session_state.setdefault(key, usual)
            typed.field(label, key, _SHARE, width=120, help="Both the same: a lock")
        st.button("Add", key="bound_add", on_click=_add, disabled=not names)
        st.button("Undo", key="bound_undo", on_click=_undo, disabled=not past)
    if wrong := st.session_state.pop(_WRONG, None):
        st.warning(wrong)
    for number, (line, bound) in enumerate(zip(bounds, parse_bounds(bounds), strict=True)):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(blocks.plain(told(bound)), width="content")
            st.button(
                "Remove", key=f"bound_remove_{number}", on_click=_remove, args=(line,),
                type="tertiary",
            )  # fmt: skip


def told(bound: Bound) -> str:
    """A bound in words."""
    low, high = 100 * bound.lower, 100 * bound.upper
    if low == high:
        return f"{bound.label} is locked at {low:g} %"
    parts = [f"at least {low:g} %"] if low > 0 else []
    parts += [f"at most {high:g} %"] if high < 100 else []
    return f"{bound.label} {' and '.join(parts) or 'is free'}"


def _names(view: data.View, kind: str) -> dict[str, str]:
    if kind == "asset":
        return data.asset_names(view)
    if kind == "cluster":
        return {str(c.id): f"{c.name} ({c.size}) · {c.id}" for c in data.cut(view).clusters}
    return {name: name for name in sorted(set(data.panel(view).members["asset_class"]))}


def _add() -> None:
    state = st.session_state
    kind = state.get("bound_kind")
    name, low, high = (state.get(f"bound_{part}") for part in (kind, "low", "high"))
    if kind is None or name is None or low is None or high is None:
        return
    if any(typed.refusal(key) for key, _, _ in _SIDES):
        return  # said at the field
    if low > high:
        state[_WRONG] = f"At least {low:g} % is more than at most {high:g} %: nothing was added."
        return
    if BETWEEN in name:
        state[_WRONG] = f"A name with {BETWEEN} cannot stand in the address: nothing was added."
        return
    line = written(kind, name, low, high)
    try:
        (bound,) = parse_bounds((line,))
    except ParamError as error:
        state[_WRONG] = blocks.plain(str(error))
        return
    # One bound a thing: a second would only hide behind the first.
    others = [b for b in state.get(KEY) or () if parse_bounds((b,))[0].label != bound.label]
    _change((*others, line))


def _remove(line: str) -> None:
    _change(tuple(b for b in st.session_state.get(KEY) or () if b != line))


def _undo() -> None:
    if past := st.session_state.get(_PAST):
        st.session_state[KEY] = past.pop()


def _change(bounds: tuple[str, ...]) -> None:
    st.session_state.setdefault(_PAST, []).append(st.session_state.get(KEY) or ())
    st.session_state[KEY] = bounds
