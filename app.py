"""The router: shared controls in the sidebar, then the page. No data, no maths."""

from __future__ import annotations

import streamlit as st

from pages.shared import frame, who

st.set_page_config(page_title="Cutline", page_icon="🌳", layout="wide")
who.gate()

page = st.navigation(
    [
        st.Page(
            "pages/explore/overview/page.py", title="Overview", url_path="overview", default=True
        ),
        st.Page("pages/explore/clusters/page.py", title="Clusters", url_path="clusters"),
        st.Page("pages/explore/sensitivity/page.py", title="Sensitivity", url_path="sensitivity"),
        st.Page("pages/explore/regime/page.py", title="Regime", url_path="regime"),
        st.Page("pages/explore/fragility/page.py", title="Fragility", url_path="fragility"),
        st.Page("pages/build/allocation/page.py", title="Allocation", url_path="allocation"),
        st.Page("pages/trade/drift/page.py", title="Drift", url_path="drift"),
        st.Page("pages/trade/tickets/page.py", title="Tickets", url_path="tickets"),
        st.Page("pages/data/universes/page.py", title=frame.DATA, url_path="universes"),
    ],
    position="top",
)
# Open tabs are told apart by it.
st.set_page_config(page_title=f"{page.title} · Cutline")
who.badge()
frame.run(page)
