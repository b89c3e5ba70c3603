"""Thresholds, rules, bands and limits of drift and trades. The address is their state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from engine.core.errors import ParamError
from engine.core.words import Destination, Funding, Lots
from engine.params import Params
from pages.shared import address, blocks, data
from pages.shared.controls import allocation, draw, values
from pages.shared.controls.kinds import BETWEEN
from pages.shared.controls.registry import (
    BAND,
    CASH_FLOW,
    COSTS,
    DESTINATION,
    EXITS,
    EXPIRY,
    FLOORS,
    FRACTIONAL,
    FUNDING,
    LISTS,
    LOTS,
    PHI,
    RULES,
    SIZES,
    THRESHOLDS,
    TRADING,
    Control,
)

FUNDING_NAMES = {Funding.LINES: "Lines", Funding.BROKER: "The broker"}
DESTINATION_NAMES = {Destination.TARGET: "Target", Destination.EDGE: "Edge of the band"}


def settled(view: data.View) -> data.View:
    """The view with what the controls of the page Allocation and these say, drawn or not; where
    these contradict each other, the defaults and a warning."""
    view = allocation.settled(view)
    before = allocation.settings()
    # By default also of classes that this universe has not.
    usual = values.params(before).trade.fractional_classes
    known: dict[Control, Iterable[str]] = {FRACTIONAL: _classes(view).union(usual)}
    known |= dict.fromkeys(LISTS, view.opened.grid.symbols)
    values.settle([c.among(known[c]) if c in known else c for c in TRADING], before)
    values.write(TRADING)
    return data.View(view.opened, _params(before))


def drift_controls(alone: Mapping[str, str]) -> None:
    """Thresholds and rules. Call after `settled` has set their state in the same run.

    alone: knob of a threshold → how often it would have fired.
    """
    with st.container(horizontal=True, gap="medium", vertical_alignment="top"):
        for control in THRESHOLDS:
            with st.container(width=215, gap="xxsmall"):
                draw.number(control, width=200)
                st.caption(f"Over history: {alone[control.knob.rpartition('.')[2]]}.")
        for control in RULES:
            draw.select(control, width=170)


def trade_controls(view: data.View) -> None:
    """Bands, limits and costs. Call after `settled` has set their state in the same run."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        draw.slider(PHI, format="%g", width=170)
        draw.segments(DESTINATION, format_func=draw.words_of(DESTINATION_NAMES))
        draw.select(BAND, width=130)
        for control in SIZES:
            draw.number(control)
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        draw.segments(LOTS, format_func=str.capitalize)
        chosen = st.session_state[FRACTIONAL.key]
        draw.several(
            FRACTIONAL, sorted(_classes(view).union(chosen)), width=260,
            disabled=st.session_state[LOTS.key] == Lots.FRACTIONAL,
        )  # fmt: skip
        draw.toggle(EXITS)
        draw.toggle(CASH_FLOW)
        draw.segments(FUNDING, format_func=draw.words_of(FUNDING_NAMES))
        kept = st.session_state[FLOORS.key]
        draw.several(FLOORS, kept, width=230, accept_new_options=True, placeholder="none")


def list_controls(view: data.View, held: Sequence[str] = ()) -> None:
    """What is not bought, not sold, neither."""
    symbols = _symbols(view, held)
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        for control in LISTS:
            draw.several(control, symbols, width=330)


def cost_controls() -> None:
    """Spread and fee of each class."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        for control in COSTS:
            draw.number(control)


def expiry_control() -> None:
    """How long a ticket can be approved and traded. Call after `settled`."""
    draw.number(EXPIRY)


def reset() -> None:
    """All to their defaults."""
    values.let_go(TRADING)
    address.ours()


def _params(before: Mapping[str, object]) -> Params:
    own = values.settings(TRADING)
    try:
        return values.params({**before, **own})
    except ParamError as error:
        drift = {c.knob for c in (*THRESHOLDS, *RULES, FLOORS)}
        made = values.params({**before, **{k: v for k, v in own.items() if k not in drift}})
        st.warning(blocks.plain(f"{error} Until then the defaults count."))
        return made


def _symbols(view: data.View, held: Sequence[str] = ()) -> list[str]:
    """Symbols that can stand in the lists; `;` separates them in the address."""
    known = {*view.opened.grid.symbols, *held}
    for control in LISTS:
        known |= set(st.session_state.get(control.key) or ())
    return sorted(s for s in known if BETWEEN not in s)


def _classes(view: data.View) -> set[str]:
    return set(view.opened.grid.instruments["asset_class"])
