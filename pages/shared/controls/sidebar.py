"""The sidebar: what is looked at. Its state is the address's, so a link shows the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.core import format as fmt
from engine.desk import Opened
from engine.params import DEFAULT, Params, preset
from engine.store import UniverseInfo
from pages.shared import address, blocks, data
from pages.shared.controls import cut, draw, values
from pages.shared.controls.kinds import Day
from pages.shared.controls.registry import (
    AS_OF,
    CLASSES,
    LINKAGE,
    LOOK,
    LOOKBACK,
    PRESET,
    UNIVERSE,
    of_preset,
    of_universe,
)

_LOOK_AT, _MADE_FOR = "_look_at", "_controls_made_for"


def sidebar() -> data.View | None:
    """Draw the controls and return what they say; None if the store holds nothing."""
    catalog = data.catalog()
    if catalog.notice:
        st.sidebar.warning(catalog.notice)
    if not catalog.universes:
        st.sidebar.caption("Nothing is loaded yet.")
        return None
    infos = {info.name: info for info in catalog.universes}
    with st.sidebar:
        universe = _universe(infos)
        opened = data.opened(universe, infos[universe].snapshot_id)
        params = _choose(opened)
        blocks.refusals()
        if opened.snapshot.notice:
            st.warning(blocks.plain(opened.snapshot.notice))
    values.write((UNIVERSE, PRESET, *LOOK))
    cut.write()
    return data.View(opened, params)


def settings() -> dict[str, Any]:
    """Knob → value, of what the sidebar says."""
    return values.settings(LOOK) | cut.setting()


def look_at(universe: str) -> None:
    """From the next run on, this universe is looked at."""
    st.session_state[_LOOK_AT] = universe


def _universe(infos: Mapping[str, UniverseInfo]) -> str:
    names, state = list(infos), st.session_state
    if (wanted := state.pop(_LOOK_AT, None)) in infos:
        state[UNIVERSE.key] = wanted
        address.ours()
    if values.take(UNIVERSE.among(names), names[0]) not in infos:  # it was deleted
        state[UNIVERSE.key] = names[0]
        address.ours()
    values.take(PRESET, DEFAULT)
    _let_go_with(state[UNIVERSE.key], state[PRESET.key])
    return draw.select(UNIVERSE.among(names))


def _let_go_with(universe: str, name: str) -> None:
    """What was said for another universe or preset is not meant for these, unless the address says
    it again: dates and classes of another universe would be a silent mistake."""
    state = st.session_state
    was = state.get(_MADE_FOR, (universe, name))
    state[_MADE_FOR] = (universe, name)
    if was[0] != universe:
        values.let_go(of_universe())
    if was[1] != name:
        values.let_go(of_preset())


def _choose(opened: Opened) -> Params:
    """Every control but the universe."""
    first, last = (day.astype(object) for day in (opened.grid.days[0], opened.grid.days[-1]))
    kinds = sorted(set(opened.grid.instruments.query("role != 'benchmark'")["asset_class"]))
    look = (AS_OF.reading(Day(first, last)), CLASSES.among(kinds), LOOKBACK, LINKAGE)
    values.settle(look, {}, {AS_OF.key: data.default_date(opened)})
    st.date_input(
        AS_OF.label, value=None, min_value=first, max_value=last, key=AS_OF.key,
        format="YYYY-MM-DD", help=f"{AS_OF.help}. Closes from {first} to {last}.",
    )  # fmt: skip
    draw.pills(CLASSES, kinds)
    draw.slider(LOOKBACK)
    draw.select(LINKAGE, on_change=cut.linkage_changed)
    cut.controls(data.View(opened, values.params(values.settings(LOOK))))
    own = preset("evidence").tree.threshold
    draw.segments(
        PRESET, format_func=str.capitalize,
        help="Roadmap: t by regime, two layers, fragility in the objective. Evidence: "
        f"t = {fmt.number(own, 1)}, one layer, clusters as limits.",
    )  # fmt: skip
    st.button(
        "Reset", key="reset", on_click=values.reset, width="stretch", help="All controls to default"
    )
    return values.params(settings())
