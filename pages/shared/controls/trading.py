"""Thresholds, rules, bands and limits of drift and trades. The address is their state."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from engine.core.errors import ParamError
from engine.params import preset
from engine.params.trading import BANDS, DESTINATIONS, LOTS, RULES, DriftParams, TradeParams
from pages.shared import address, blocks, data
from pages.shared.controls.trade_knobs import (
    BETWEEN,
    DRIFT_CHOICES,
    DRIFT_SHARES,
    KEYS,
    NO_CLASS,
    TRADE_CHOICES,
    TRADE_CLASSES,
    TRADE_COUNTS,
    TRADE_LISTS,
    TRADE_NUMBERS,
    TRADE_SHARES,
    TRADE_SWITCHES,
    class_text,
    is_on,
    on_off,
    one_of,
    text_of,
    whole,
    within,
)

_KEPT, _MADE_FOR = "_trade_kept", "_trade_made_for"


def settled(view: data.View) -> data.View:
    """The view with what the controls say, drawn or not; where they contradict, the defaults and a
    warning."""
    _take(view)
    _write()
    drift, trade = _params()
    return data.View(view.opened, dataclasses.replace(view.params, drift=drift, trade=trade))


def drift_controls(alone: Mapping[str, str]) -> None:
    """Thresholds and rules. Call after `settled` has set their state in the same run.

    alone: knob of a threshold → how often it would have fired.
    """
    with st.container(horizontal=True, gap="medium", vertical_alignment="top"):
        for key, label, help in (
            ("reb", "REBALANCE over, %", "One-way turnover to the target"),
            ("urg", "URGENT over, %", "One-way turnover to the target"),
            ("uas", "URGENT over, % of the asset cap", "The drift of one asset"),
        ):
            with st.container(width=215, gap="xxsmall"):
                _share(label, key, DRIFT_SHARES, help, 200)
                st.caption(f"Over history: {alone[DRIFT_SHARES[key][0]]}.")
        for key, label in (
            ("left", "What left the universe"), ("stale", "With an old price"),
            ("unpr", "Without a price"),
        ):  # fmt: skip
            st.selectbox(
                label, RULES, key=key, width=170,
                help="sell: its target is 0; freeze: its target is what is held; hold: shown, not "
                "traded",
            )  # fmt: skip


def trade_controls(view: data.View) -> None:
    """Bands, limits and costs. Call after `settled` has set their state in the same run."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        st.slider(
            "φ, % of the way", 0.0, 100.0, step=5.0, key="phi", format="%g", width=170,
            help="How much of the drift is traded",
        )  # fmt: skip
        st.segmented_control(
            "Trade to", DESTINATIONS, key="dest", required=True,
            format_func={"target": "Target", "edge": "Edge of the band"}.get,
        )  # fmt: skip
        st.selectbox(
            "Band", BANDS, key="band", width=130,
            help="Drift inside it is left alone; larger: the larger of the two",
        )  # fmt: skip
        _share("Band, points", "nb", TRADE_SHARES, "Absolute drift that is left alone")
        _share("Band, % of target", "rb", TRADE_SHARES, "Drift left alone, as part of the target")
        _number("Minimum trade", "mint", "Base currency; full exits are free of it", 100.0)
        _share("Cash buffer, %", "buf", TRADE_SHARES, "Part of the value that stays in cash")
        _share(
            "Turnover budget, %", "budget", TRADE_SHARES,
            "Most one-way turnover; within it the largest fall of drift",
        )  # fmt: skip
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        st.segmented_control(
            "Lots", LOTS, key="lots", required=True, format_func=str.capitalize,
            help="Fractional: of everything, whatever its class",
        )  # fmt: skip
        chosen = st.session_state["frac"]
        st.multiselect(
            "Fractional classes", sorted({*_classes(view), *chosen}), key="frac", width=260,
            disabled=st.session_state["lots"] == "fractional",
            help="Traded in fractions of a unit even where lots are whole",
        )  # fmt: skip
        st.toggle("Full exits", key="exits", help="Sell whole what has a target of 0, whatever φ")
        st.toggle(
            "Cash flow only", key="cashflow", help="Only invest surplus cash, or raise a lack"
        )


def list_controls(view: data.View, held: Sequence[str] = ()) -> None:
    """What is not bought, not sold, neither."""
    symbols = _symbols(view, held)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        for key, label in (
            ("nobuy", "Do not buy"), ("nosell", "Do not sell"), ("restr", "Restricted"),
        ):  # fmt: skip
            st.multiselect(label, symbols, key=key, width=330, help="Stays in the address")


def cost_controls() -> None:
    """Spread and fee of each class."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        for short, name in (("eq", "Equity"), ("fx", "FX"), ("cr", "Crypto"), ("ot", "Other")):
            _number(f"{name}: spread, bps", f"{short}s", "Of what is traded: half the quoted", 0.5)
            _number(f"{name}: fee, bps", f"{short}f", "Of what is traded", 0.5)


def expiry_control() -> None:
    """How long a ticket can be approved and traded. Call after `settled`."""
    _, low, high = TRADE_COUNTS["exp"]
    st.number_input(
        "Expires after, days", low, high, step=1, key="exp", width=150,
        help="A ticket that is not traded by then expires",
    )  # fmt: skip


def reset() -> None:
    """All to their defaults."""
    for key in KEYS:
        st.session_state[key] = None


def _share(label: str, key: str, of: dict, help: str, width: int = 150) -> None:
    st.number_input(
        label, 0.0, of[key][1], step=0.1 if key == "nb" else 1.0, key=key, format="%g", help=help,
        width=width,
    )  # fmt: skip


def _number(label: str, key: str, help: str, step: float) -> None:
    st.number_input(
        label, 0.0, TRADE_NUMBERS[key][1], step=step, key=key, format="%g", help=help, width=150
    )


def _symbols(view: data.View, held: Sequence[str] = ()) -> list[str]:
    """Symbols that can stand in the lists; `;` separates them in the address."""
    known = {*view.opened.grid.symbols, *held}
    for key in TRADE_LISTS:
        known |= set(st.session_state.get(key) or ())
    return sorted(s for s in known if BETWEEN not in s)


def _classes(view: data.View) -> set[str]:
    return set(view.opened.grid.instruments["asset_class"])


def _take(view: data.View) -> None:
    """Session state from the address, what was left on another page, or the defaults."""
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
        st.session_state["phi"] = None
    if made_for[1] != universe:
        st.session_state.update(dict.fromkeys(TRADE_LISTS))
    base = preset(name)
    drift, trade = base.drift, base.trade
    for base, choices in ((drift, DRIFT_CHOICES), (trade, TRADE_CHOICES)):
        for key, (knob, options) in choices.items():
            address.take(key, getattr(base, knob), one_of(options), str, moved)
    for base, shares in ((drift, DRIFT_SHARES), (trade, TRADE_SHARES)):
        for key, (knob, high) in shares.items():
            # Hundredfold of 0.07 is 7.000000000000001 in binary.
            default = round(100 * getattr(base, knob), 6)
            address.take(key, default, within(high), text_of, moved)
    for key, (knob, high) in TRADE_NUMBERS.items():
        address.take(key, getattr(trade, knob), within(high), text_of, moved)
    for key, knob in TRADE_SWITCHES.items():
        address.take(key, getattr(trade, knob), is_on, on_off, moved)
    known = set(view.opened.grid.symbols)

    def listed(text: str) -> list[str]:
        symbols = [s for s in text.split(BETWEEN) if s]
        if not known.issuperset(symbols):
            raise ValueError(text)
        return symbols

    for key in TRADE_LISTS:
        address.take(key, [], listed, BETWEEN.join, moved)
    classes = {*_classes(view), *trade.fractional_classes}

    def of_classes(text: str) -> list[str]:
        found = [] if text == NO_CLASS else text.split(BETWEEN)
        if not classes.issuperset(found):
            raise ValueError(text)
        return found

    for key, knob in TRADE_CLASSES.items():
        address.take(key, list(getattr(trade, knob)), of_classes, class_text, moved)
    for key, (knob, low, high) in TRADE_COUNTS.items():
        address.take(key, getattr(trade, knob), whole(low, high), str, moved)
    st.session_state[_MADE_FOR] = (name, universe)


def _params() -> tuple[DriftParams, TradeParams]:
    state = st.session_state
    drift = {knob: state[key] for key, (knob, _) in DRIFT_CHOICES.items()}
    drift |= {knob: round(state[key] / 100, 9) for key, (knob, _) in DRIFT_SHARES.items()}
    trade: dict[str, Any] = {knob: state[key] for key, (knob, _) in TRADE_CHOICES.items()}
    trade |= {knob: round(state[key] / 100, 9) for key, (knob, _) in TRADE_SHARES.items()}
    trade |= {knob: state[key] for key, (knob, _) in TRADE_NUMBERS.items()}
    trade |= {knob: state[key] for key, knob in TRADE_SWITCHES.items()}
    trade |= {knob: tuple(state[key]) for key, knob in (TRADE_LISTS | TRADE_CLASSES).items()}
    trade |= {knob: state[key] for key, (knob, _, _) in TRADE_COUNTS.items()}
    try:
        made = DriftParams(**drift)
    except ParamError as error:
        st.warning(blocks.plain(f"{error} Until then the defaults count."))
        made = DriftParams()
    return made, TradeParams(**trade)


def _write() -> None:
    state = st.session_state
    state[_KEPT] = {key: state[key] for key in KEYS}
    texts = {key: state[key] for key in (*DRIFT_CHOICES, *TRADE_CHOICES)}
    texts |= {key: text_of(state[key]) for key in (*DRIFT_SHARES, *TRADE_SHARES, *TRADE_NUMBERS)}
    texts |= {key: on_off(state[key]) for key in TRADE_SWITCHES}
    texts |= {key: BETWEEN.join(state[key]) or None for key in TRADE_LISTS}
    texts |= {key: class_text(state[key]) for key in TRADE_CLASSES}
    texts |= {key: str(state[key]) for key in TRADE_COUNTS}
    address.write(texts)
