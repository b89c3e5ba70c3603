"""The page Allocation's own controls: profile, penalty, limits. The address is their state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from engine import tables
from engine.allocation.limits import asset_cap
from engine.core import format as fmt
from engine.params import GROUP_KINDS, LAYERS, PENALTY_KINDS, PROFILES, Params, preset
from pages.shared import address, data
from pages.shared.controls import bounds as build_bounds

# Key in the address → knob. Shares are in %.
CHOICES = {
    "profile": ("allocation.profile", PROFILES),
    "layers": ("allocation.layers", LAYERS),
    "kind": ("allocation.penalty_kind", PENALTY_KINDS),
    "groups": ("limits.groups", GROUP_KINDS),
}
SLIDERS = {"penalty": ("allocation.penalty", 3.0), "alpha": ("within.alpha", 1.0)}
SLIDERS |= {"kappa": ("sentiment.kappa", 1.0)}
STEP = 0.05
# With the least that makes sense, in %.
SHARES = {
    "cap": ("limits.cluster_cap", 1.0), "acap": ("limits.asset_cap", 0.1),
    "gcap": ("limits.group_cap", 1.0), "eq": ("limits.equity_budget", 0.0),
    "cr": ("limits.crypto_budget", 0.0), "fx": ("limits.fx_budget", 0.0),
}  # fmt: skip
OF_PRESET = (*CHOICES, *SLIDERS, *SHARES)
KEYS = (*OF_PRESET, build_bounds.KEY)
_KEPT, _MADE_FOR = "_build_kept", "_build_made_for"

LAYER_NAMES = {"two": "Two layers", "single": "One layer"}
KIND_NAMES = {
    "cluster_cvar": "CVaR of clusters", "portfolio_cvar": "CVaR of the whole",
    "score": "fragility score",
}  # fmt: skip
GROUP_NAMES = {"ward": "Ward tree", "sector": "sector"}
# Where λ does nothing, and where its kind does nothing: why.
WITHOUT_PENALTY = {
    "hrp": "HRP has no objective that a penalty could join.",
    "min_cvar": "Minimum CVaR is the tail itself; a penalty on it would say the same twice.",
}
WITHOUT_KIND = {"risk_parity": "In risk parity λ sets the risk budgets, whatever the kind."}


def controls(view: data.View) -> data.View:
    """Draw the controls and return the view with what they say."""
    _take(view)
    profile = st.session_state["profile"]
    without = WITHOUT_PENALTY.get(profile)
    no_kind = without or WITHOUT_KIND.get(profile)
    single = st.session_state["layers"] == "single"
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        st.selectbox(
            "Profile", PROFILES, key="profile", width=200, format_func=tables.PROFILE_NAMES.get
        )
        st.segmented_control(
            "Layers", LAYERS, key="layers", format_func=LAYER_NAMES.get, required=True,
            help="Two: across clusters, then v inside each. One: assets at once.",
        )  # fmt: skip
        _slider("Penalty λ", "penalty", without, "Weight of fragility in the objective; 0: none")
        st.selectbox(
            "λ measures", PENALTY_KINDS, key="kind", width=180, format_func=KIND_NAMES.get,
            disabled=no_kind is not None, help=no_kind,
        )  # fmt: skip
        _slider(
            "α inside clusters", "alpha",
            "One layer sets the assets' weights at once." if single else None,
            "1: inverse variance alone, 0: momentum rank alone",
        )  # fmt: skip
        _slider(
            "κ of the FX trend", "kappa", None,
            "How far the trend of risk against haven currencies cuts equity and crypto; 0: off",
        )  # fmt: skip
    if why := without or no_kind:
        st.caption(f"{'λ' if without else 'The kind of λ'} is off. {why}")
    with st.expander(_limits_title(view), key="limits_open"):
        _limits()
        build_bounds.editor(view)
    return _settled(view)


def settled(view: data.View) -> data.View:
    """The view with what the controls say, for pages that do not draw them."""
    _take(view)
    return _settled(view)


def _settled(view: data.View) -> data.View:
    made = data.View(view.opened, _params(view.params))
    _write()
    return made


def reset() -> None:
    """The preset's own values; own bounds stay."""
    for key in OF_PRESET:
        st.session_state[key] = None


def _limits() -> None:
    names = {
        "acap": ("Asset, %", "No asset weighs more"),
        "cap": ("Cluster, %", "No cluster of the cut weighs more"),
        "gcap": ("Systemic group, %", "Coarse groups that do not depend on t"),
        "eq": ("Equity, %", "Times the FX multiplier"),
        "cr": ("Crypto, %", "Times the FX multiplier"),
        "fx": ("Currencies, %", "Not scaled"),
    }
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        for key, (label, help) in names.items():
            st.number_input(
                label, SHARES[key][1], 100.0, step=1.0, key=key, format="%g", help=help, width=130
            )
        st.selectbox("Groups by", GROUP_KINDS, key="groups", format_func=GROUP_NAMES.get, width=130)
        st.button(
            "Preset's values", key="build_reset", on_click=reset, help="Own bounds stay",
        )  # fmt: skip


def _limits_title(view: data.View) -> str:
    at = {key: f"{st.session_state[key]:g} %" for key in SHARES}
    at["acap"] = fmt.percent(asset_cap(_params(view.params).limits, len(data.panel(view).symbols)))
    own = len(st.session_state[build_bounds.KEY])
    return (
        f"Limits: asset {at['acap']}, cluster {at['cap']}, group {at['gcap']}; equity {at['eq']}, "
        f"crypto {at['cr']}, FX {at['fx']}; " + (f"{own} own" if own else "none of your own")
    )


def _slider(label: str, key: str, off: str | None, help: str) -> None:
    st.slider(
        label, 0.0, SLIDERS[key][1], step=STEP, key=key, width=150, disabled=off is not None,
        help=off or help,
    )  # fmt: skip


def _take(view: data.View) -> None:
    """Session state from the address, what was left on another page, or the preset."""
    name = st.session_state["preset"]
    universe = view.opened.snapshot.info.name
    kept = st.session_state.get(_KEPT, {})
    made_for = st.session_state.get(_MADE_FOR, (name, universe))
    for key in KEYS:
        if key not in st.session_state and key in kept:
            # A widget's state goes when its page is left.
            st.session_state[key] = kept[key]
    moved = address.moved(KEYS)
    if made_for[0] != name:
        reset()
    if made_for[1] != universe:
        build_bounds.clear()
    base = preset(name)
    for key, (knob, options) in CHOICES.items():
        address.take(key, _at(base, knob), _one_of(options), str, moved)
    for key, (knob, high) in SLIDERS.items():
        address.take(key, _at(base, knob), _number(0.0, high, STEP), _text, moved)
    for key, (knob, low) in SHARES.items():
        # Hundredfold of 0.05 is 5.000000000000001 in binary.
        default = round(100 * _at(base, knob), 4)
        address.take(key, default, _number(low, 100.0, 0.1), _text, moved)
    address.take(build_bounds.KEY, (), build_bounds.parse, build_bounds.text, moved)
    st.session_state[_MADE_FOR] = (name, universe)


def _params(params: Params) -> Params:
    state = st.session_state
    settings = {knob: state[key] for key, (knob, _) in {**CHOICES, **SLIDERS}.items()}
    settings |= {knob: round(state[key] / 100, 6) for key, (knob, _) in SHARES.items()}
    settings |= {"limits.bounds": state[build_bounds.KEY]}
    if settings["limits.asset_cap"] != params.limits.asset_cap:
        settings["limits.asset_cap_names"] = 0.0  # one's own cap is not lifted
    return params.with_settings(settings)


def _write() -> None:
    state = st.session_state
    state[_KEPT] = {key: state[key] for key in KEYS}
    numbers = {key: _text(state[key]) for key in (*SLIDERS, *SHARES)}
    address.write(
        {key: state[key] for key in CHOICES}
        | numbers
        | {build_bounds.KEY: build_bounds.text(state[build_bounds.KEY]) or None}
    )


def _at(params: Params, knob: str) -> Any:
    group, _, name = knob.partition(".")
    return getattr(getattr(params, group), name)


def _text(value: float) -> str:
    return f"{value:g}"


def _one_of(options: tuple[str, ...]) -> Callable[[str], str]:
    return lambda text: options[options.index(text)]


def _number(low: float, high: float, step: float) -> Callable[[str], float]:
    """Reads a number, to the nearest step. Raises ValueError outside its range, for NaN too."""

    def read(text: str) -> float:
        value = float(text)
        if not low <= value <= high:
            raise ValueError(text)
        return round(round(value / step) * step, 4)

    return read
