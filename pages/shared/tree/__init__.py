"""The tree as a component: the browser cuts and colours it at every frame of a drag."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "cutline_tree",
    html='<div class="tree"></div>',
    css=(_HERE / "style.css").read_text("utf-8"),
    js="\n".join((_HERE / name).read_text("utf-8") for name in ("geometry.js", "view.js")),
)


def tree(
    values: dict[str, Any],
    key: str,
    on_cut: Callable[[float], None],
    on_pick: Callable[[int, str | None], None],
) -> None:
    """Draw `engine.figures.tree_view.cut_values`.

    on_cut: called with the threshold when the line is let go. on_pick: with the id of the cluster
    and, if an asset was clicked, its symbol.
    """

    def cut() -> None:
        value = getattr(st.session_state.get(key), "cut", None)
        if value is not None:
            on_cut(float(value))

    def pick() -> None:
        value = getattr(st.session_state.get(key), "pick", None)
        if value is not None:
            on_pick(int(value["cluster"]), value["symbol"])

    _mount(key=key, data=values, on_cut_change=cut, on_pick_change=pick)
