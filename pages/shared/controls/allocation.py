"""The page Allocation's own controls: profile, penalty, limits. The address is their state."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine import tables
from engine.allocation.limits import asset_cap
from engine.allocation.profiles import registry as profiles
from engine.core import format as fmt
from engine.core.symbols import named
from engine.core.words import GroupKind, Layers, PenaltyKind
from pages.shared import address, data
from pages.shared.controls import bounds, draw, sidebar, values
from pages.shared.controls.registry import (
    ALLOCATION,
    ALPHA,
    ASSET_CAP,
    BOUNDS,
    BUILD,
    GROUPS,
    KAPPA,
    KIND,
    LAYERS,
    LIMITS,
    NAMES,
    PENALTY,
    PROFILE,
    Control,
)

LAYER_NAMES = {Layers.TWO: "Two layers", Layers.SINGLE: "One layer"}
KIND_NAMES = {
    PenaltyKind.CLUSTER_CVAR: "CVaR of clusters", PenaltyKind.PORTFOLIO_CVAR: "CVaR of the whole",
    PenaltyKind.SCORE: "fragility score",
}  # fmt: skip
GROUP_NAMES = {GroupKind.WARD: "Ward tree", GroupKind.SECTOR: "sector"}


def controls(view: data.View) -> data.View:
    """Draw the controls and return the view with what they say."""
    view = settled(view)
    state = st.session_state
    profile = profiles.PROFILES[state[PROFILE.key]]
    without = profile.without_penalty or None
    no_kind = without or profile.without_kind or None
    single = state[LAYERS.key] == Layers.SINGLE
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        draw.select(PROFILE, width=200, format_func=draw.words_of(tables.PROFILE_NAMES))
        draw.segments(LAYERS, format_func=draw.words_of(LAYER_NAMES))
        _slider(PENALTY, without)
        draw.select(
            KIND, width=180, format_func=draw.words_of(KIND_NAMES), disabled=no_kind is not None,
            help=no_kind or KIND.help,
        )  # fmt: skip
        _slider(ALPHA, "One layer sets the assets' weights at once." if single else None)
        _slider(KAPPA, None)
    if why := without or no_kind:
        st.caption(f"The {'' if without else 'kind of '}{named('λ')} is off. {why}")
    with st.expander(_limits_title(view), key="limits_open"):
        with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
            for control in LIMITS:
                typed = {"on_change": _cap_typed} if control is ASSET_CAP else {}
                draw.number(control, width=130, **typed)
            draw.select(GROUPS, format_func=draw.words_of(GROUP_NAMES), width=130)
            st.button(
                "Preset's values", key="build_reset", on_click=reset, help="Own bounds stay",
            )  # fmt: skip
        bounds.editor(view)
    return view


def settled(view: data.View) -> data.View:
    """The view with what the controls say, drawn or not."""
    values.settle(ALLOCATION, sidebar.settings())
    values.write(ALLOCATION)
    return data.View(view.opened, values.params(settings()))


def settings() -> dict[str, Any]:
    """Knob → value, of what the sidebar and these say."""
    return sidebar.settings() | values.settings(ALLOCATION)


def reset() -> None:
    """The preset's own values; own bounds stay."""
    values.let_go(BUILD)
    address.ours()


def _cap_typed() -> None:
    """What follows from a cap of one's own is for `chosen` to say."""
    values.let_go((NAMES,))


def _slider(control: Control, off: str | None) -> None:
    draw.slider(control, width=150, disabled=off is not None, help=off or control.help)


def _limits_title(view: data.View) -> str:
    at = {c.key: f"{st.session_state[c.key]:g} %" for c in LIMITS}
    cap = fmt.percent(asset_cap(view.params.limits, len(data.panel(view).symbols)))
    own = len(st.session_state[BOUNDS.key])
    return (
        f"Limits: asset {cap}, cluster {at['cap']}, group {at['gcap']}; equity {at['eq']}, "
        f"crypto {at['cr']}, FX {at['fx']}; " + (f"{own} own" if own else "none of your own")
    )
