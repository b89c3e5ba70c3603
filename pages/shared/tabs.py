"""Sections of a long page as tabs: the bar stays in view, the choice in the address, and only the
section that is open is drawn."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.shared.controls import values
from pages.shared.controls.registry import Control

# Under the top navigation (3.75rem) the bar stays while its section is scrolled.
STYLE = """<style>
[data-testid="stTabs"] [role="tablist"] {{
  position: sticky; top: 3.75rem; z-index: 90; background: {ground}; }}
</style>"""


def opened(sections: Control) -> tuple[str, Any]:
    """Draw the bar. Returns the section that is open, and where to draw it."""
    ground = st.get_option(f"theme.{st.context.theme.type or 'light'}.backgroundColor")
    st.html(STYLE.format(ground=ground))
    name = values.take(sections)
    places = st.tabs(sections.options, key=sections.key, on_change="rerun")
    values.write((sections,))
    return name, places[sections.options.index(name)]
