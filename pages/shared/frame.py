"""What surrounds every page: sidebar, errors in one sentence, the empty state."""

from __future__ import annotations

import logging
import time

import streamlit as st

from engine.core.errors import CutlineError
from engine.figures.palette import Ground, ground
from pages.shared import address, blocks, data, who
from pages.shared.controls import sidebar, values
from pages.shared.controls.registry import UNIVERSE

VIEW, WHOLE = "view", "_whole_run"
# What a browser needs to draw a row of figures; without it what follows is in the way (measured:
# figures after 70 ms, else after 137).
PAINT_S = 0.04
DATA = "Data"  # title of the one page that works without a view
# A working tool begins at the top of the window, and its figures stand close together.
STYLE = """<style>
[data-testid="stMainBlockContainer"] { padding: 4.4rem 1.6rem 2rem; }
[data-testid="stSidebarUserContent"] { padding-bottom: 1rem; }
[data-testid="stMetricValue"] { line-height: 1.3; font-variant-numeric: tabular-nums; }
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding: 4.4rem 0.7rem 2rem; } }
/* White on the dark theme's accent has a contrast of 2.3:1; tags take the ground's own ink. */
[data-testid="stMultiSelect"] span:has(> span), [data-testid="stMultiSelect"] span:has(> span) * {
  color: inherit !important; }
[data-testid="stMultiSelect"] span:has(> span) {
  background: color-mix(in srgb, currentColor 16%, transparent) !important; }
</style>"""
_log = logging.getLogger("cutline")


def run(page) -> None:
    """Draw the sidebar, then the page; our own errors become one sentence where they arise."""
    st.html(STYLE)
    st.session_state.pop(VIEW, None)
    st.session_state[WHOLE] = True
    values.arrive(page.url_path)
    with address.whole_run():
        _run(page)


def _run(page) -> None:
    try:
        st.session_state[VIEW] = sidebar.sidebar()
    except CutlineError as error:
        _say(error)
        # Data is the place to mend it. Elsewhere what was rejected is likely the reason that not
        # even the calendar could be laid.
        if page.title != DATA:
            if universe := st.session_state.get(UNIVERSE.key):
                blocks.quarantine(universe)
            return
    asked_in_vain = st.container()
    try:
        page.run()
    except CutlineError as error:
        _say(error)
    with asked_in_vain:
        blocks.refusals()


def _say(error: CutlineError) -> None:
    st.error(blocks.plain(str(error)))
    _log.warning("%s: %s", type(error).__name__, error)


def view() -> data.View:
    """What the sidebar says. Stops the page with the empty state if nothing is loaded."""
    found = st.session_state.get(VIEW)
    if found is None:
        empty()
        st.stop()
    return found


def follow() -> None:
    """In a fragment that runs by itself: let the browser draw, then run the whole page."""
    if not st.session_state.pop(WHOLE, False):
        time.sleep(PAINT_S)
        st.rerun()


def inks() -> Ground:
    """Chart colours for the browser's light or dark theme."""
    return ground(st.context.theme.type == "dark")


def empty() -> None:
    """Nothing is loaded: say how to begin, and offer it."""
    st.title("Nothing is loaded yet")
    st.write(
        "Load the packaged data: 20 US shares, 5 factor ETFs and 41 currencies, 1990 to today's "
        "package; or a simulated universe. For your own files: the page Data, or "
        "`python -m engine ingest --prices FILE --instruments FILE`."
    )
    with st.container(horizontal=True):
        if st.button("Load packaged data", key="load_packaged"):
            with st.spinner("Storing prices"):
                data.desk().load_packaged(by=who.name())
            st.rerun()
        if st.button("Simulate 60 assets", key="simulate"):
            with st.spinner("Simulating"):
                data.desk().load_simulated(by=who.name())
            st.rerun()
        st.page_link("pages/data/universes/page.py", label="Your own files, and what was deleted")
