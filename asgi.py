"""The web application around `app.py`: `streamlit run asgi.py`."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

# Beside a folder named `pages` Streamlit expects a page in each file of it, until `st.navigation`
# has run once; until then the first visitor who comes by a page's own address is told that there
# is no such page. The pages here are `app.py`'s alone, so this is settled before anybody comes.
PagesManager.uses_pages_directory = False

app = st.App("app.py")
