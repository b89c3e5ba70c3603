"""The web application around `app.py`: `streamlit run asgi.py`."""

from __future__ import annotations

import gc
import importlib
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

import shield

# Beside a folder named `pages` Streamlit expects a page in each file of it, until `st.navigation`
# has run once; until then the first visitor who comes by a page's own address is told that there
# is no such page. The pages here are `app.py`'s alone, so this is settled before anybody comes.
PagesManager.uses_pages_directory = False

# What `app.py` imports first. Another thread that meets it half-way waits for the whole of it.
SLOW_MODULE = "pages.shared.frame"


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Imports the engine (over a second) while the first visitor's browser is still coming."""
    threading.Thread(target=warm_up, daemon=True).start()
    yield


def warm_up() -> None:
    """Import the engine, and take what was imported out of the garbage collector's sight.

    Streamlit collects all garbage after every run of the script; that looks at each object there
    is, and modules, the most of them, never become garbage.
    """
    importlib.import_module(SLOW_MODULE)
    gc.collect()
    gc.freeze()


app = st.App("app.py", middleware=shield.middleware(), lifespan=lifespan)
