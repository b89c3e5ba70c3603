"""Which portfolio the pages Drift and Tickets show: the same one on both."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from engine.store import PortfolioInfo
from pages.shared import address

KEY = "portfolio"
_KEPT, _SHOWN_ON = "_portfolio_kept", "_portfolio_shown_on"


def choose(infos: Mapping[str, PortfolioInfo], page: str) -> PortfolioInfo:
    """The control, and the portfolio it says: of the address, the one looked at last, the first."""
    names, state = list(infos), st.session_state
    # What the widget of this page held when it was left may be older than the choice made since.
    arrived = KEY not in state or state.get(_SHOWN_ON) != page
    if arrived and kept() in infos:
        state[KEY] = kept()
    state[_SHOWN_ON] = page
    address.take(KEY, names[0], lambda v: infos[v].name, str, address.moved((KEY,)))
    if state[KEY] not in infos:
        state[KEY] = names[0]
    name = st.selectbox("Portfolio", names, key=KEY, width=260)
    keep(name)
    address.write({KEY: name})
    return infos[name]


def keep(name: str) -> None:
    """The portfolio that the next page opens on, too."""
    st.session_state[_KEPT] = name


def kept() -> str | None:
    """The portfolio that was looked at last."""
    return st.session_state.get(_KEPT)
