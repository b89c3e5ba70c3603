"""Data: upload files, see what is stored, take universes away and back, simulate one."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine.core import format as fmt
from engine.sources.simulation.simulate import SimulationSpec
from engine.store import IngestResult, Removal, UniverseInfo
from pages.data.universes import upload, wrong
from pages.shared import blocks, column, data, exports, who
from pages.shared.controls import sidebar, typed
from pages.shared.controls.kinds import Number
from pages.shared.controls.registry import UNIVERSE

ASK = "data_ask"  # the universe whose deletion was asked for and is not confirmed yet
FOLLOWED = "data_followed"  # the sidebar's universe when the choice here last took it over
# Of a simulation: key, label, what is read, and the value before anything is typed.
_SIZES = (
    ("sim_seed", "Seed", Number(0, 2**31 - 1, 1, whole=True), 0),
    ("sim_assets", "Assets", Number(2, 1000, 1, whole=True), 60),
    ("sim_sessions", "Sessions", Number(70, 2600, 1, whole=True), 750),
)
_COLUMNS = {
    "name": column.text("name"),
    "symbols": column.count("symbols"),
    "rows": column.count("prices"),
    "first": column.day("first close"),
    "last": column.day("last close"),
    "loaded_at": column.moment("stored"),
    "by": column.text("by"),
    "source": column.text("source", width="large"),
}


def outcome() -> None:
    """What the last action did, and where to go from there."""
    done = st.session_state.get(upload.DONE)
    if isinstance(done, IngestResult):
        st.success(upload.done_sentence(done))
        if done.notice:
            st.warning(blocks.plain(done.notice))
        st.page_link("pages/explore/clusters/page.py", label=f"See the clusters of {done.universe}")
    elif isinstance(done, Removal):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(f"{done.universe} is deleted; its data is kept.", width=420)
            if st.button("Undo", key="undo"):
                restore(done.universe)
    elif isinstance(done, UniverseInfo):
        st.success(f"{done.name} is back as it was.")


def restore(name: str) -> None:
    """Bring it back and look at it."""
    st.session_state[upload.DONE] = data.desk().restore(name, who.name())
    sidebar.look_at(name)
    st.rerun()


def listed(infos: Sequence[UniverseInfo]) -> pd.DataFrame:
    """One row a universe."""
    return pd.DataFrame([{name: getattr(i, name) for name in _COLUMNS} for i in infos])


def universes() -> None:
    """What is stored, with its downloads and its deletion."""
    st.subheader("Universes")
    catalog = data.catalog()
    if not catalog.universes:
        st.caption("Nothing is loaded.")
        return
    blocks.table(
        listed(catalog.universes), "universes", _COLUMNS,
        alt="Every universe with its symbols, prices, first and last close, and source.",
    )  # fmt: skip
    names = [info.name for info in catalog.universes]
    looked_at = st.session_state.get(UNIVERSE.key)
    if looked_at in names and st.session_state.get(FOLLOWED) != looked_at:
        st.session_state[FOLLOWED] = st.session_state["data_universe"] = looked_at
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Universe to download or delete", names, key="data_universe", width=260)
        exports.menu("universe_files", [
            exports.File(
                "Prices as Parquet", f"{name}.parquet", lambda: data.desk().prices_file(name),
                "prices_file", "application/vnd.apache.parquet",
            ),
            exports.csv(
                lambda: data.desk().instruments(name), f"{name}-instruments.csv",
                "Instruments as CSV", "instruments_file",
            ),
        ])  # fmt: skip
        if st.button("Delete …", key="delete"):
            st.session_state[ASK] = name
    if st.session_state.get(ASK) == name:
        confirm(next(info for info in catalog.universes if info.name == name))
    else:
        st.session_state.pop(ASK, None)  # another was chosen meanwhile


def confirm(info: UniverseInfo) -> None:
    """The row that would go, and the two ways on."""
    with st.container(border=True, key="confirm"):
        st.write(f"Delete **{info.name}**? It leaves every list; its data is kept.")
        blocks.table(listed([info]), "confirm_row", _COLUMNS, alt="The universe to be deleted.")
        with st.container(horizontal=True):
            if st.button(f"Delete {info.name}", key="delete_yes"):
                st.session_state[upload.DONE] = data.desk().delete(info.name, who.name())
                st.session_state.pop(ASK, None)
                st.rerun()
            if st.button("Keep it", key="delete_no"):
                st.session_state.pop(ASK, None)
                st.rerun()


def simulation() -> None:
    """A seeded universe of any size."""
    st.subheader("Simulate")
    state = st.session_state
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for key, label, kind, usual in _SIZES:
            state.setdefault(key, usual)
            typed.field(label, key, kind)
        seed, assets, sessions = (state[key] for key, *_ in _SIZES)
        # What is refused is said at its field, and nothing else is simulated in its place.
        refused = any(typed.refusal(key) for key, *_ in _SIZES)
        pressed = st.button(f"Simulate sim-{seed}", key="simulate_any", disabled=refused)
    if data.catalog().find(f"sim-{seed}"):
        st.caption(
            f"sim-{seed} is there already: another size is added to it, and prices that differ "
            "become revisions. Another seed makes another universe."
        )
    if pressed and not refused:
        with st.spinner(f"Simulating {fmt.count(assets, 'asset')}"):
            spec = SimulationSpec(seed=seed, n_assets=assets, n_sessions=sessions)
            result = data.desk().load_simulated(spec, who.name())
            state[upload.DONE] = result
            sidebar.look_at(result.universe)
        st.rerun()


def deleted() -> None:
    """What was deleted, each with its way back."""
    gone = data.deleted()
    if not gone:
        return
    st.subheader("Deleted")
    for info, removal in gone:
        with st.container(horizontal=True, vertical_alignment="center"):
            by = f" by {blocks.plain(removal.by)}" if removal.by else ""
            st.markdown(
                f"**{info.name}** · {fmt.count(info.symbols, 'symbol')}, "
                f"{fmt.count(info.rows, 'price')} · deleted {removal.at:%Y-%m-%d %H:%M} UTC{by}",
                width="content",
            )
            if st.button(f"Restore {info.name}", key=f"restore_{info.name}"):
                restore(info.name)


st.subheader("Your own prices")
outcome()
upload.section()
universes()
chosen = data.catalog().find(st.session_state.get("data_universe") or "")
if chosen is not None and chosen.rows:
    wrong.section(chosen.name)
simulation()
deleted()
