"""What is stored but looks wrong: the closes around it, and rows taken out by hand."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from engine import tables
from engine.core import format as fmt
from engine.core.errors import CutlineError
from engine.desk import Opened
from engine.figures.series import closes_around
from engine.market.oddities import Oddity
from pages.shared import blocks, column, data, exports, frame, who

_EXCLUDED = {
    "symbol": column.text("symbol"),
    "first": column.day("from"),
    "last": column.day("to"),
    "rows": column.count("rows"),
    "why": column.text("why", width="large"),
    "by": column.text("by"),
}
_TOLD = "_excluded_told"


def section(universe: str) -> None:
    """Oddities of a universe as stored, the way to take rows out, and what is out."""
    opened = data.latest(universe)
    odd = data.odd(opened)
    st.subheader(f"Looks wrong: {fmt.count(len(odd))}")
    if told := st.session_state.pop(_TOLD, None):
        (st.success if told[0] else st.error)(blocks.plain(told[1]))
    st.caption(
        f"Of {universe} as stored; nothing is changed by itself. What is excluded leaves every "
        "page from then on; runs and tickets of before keep their data. A file with other values "
        "for these rows corrects them; one with the same leaves them excluded."
    )
    picked = _picked(odd)
    if picked is not None:
        title = f"{picked.symbol}: {picked.kind}"
        blocks.chart(
            closes_around(
                opened.snapshot.prices, picked.symbol, picked.date, title, frame.inks()
            ),
            "odd_chart", f"Closes of {picked.symbol} around what looks wrong.",
        )  # fmt: skip
    _exclude(opened, picked)
    _excluded(universe)


def _picked(odd: tuple[Oddity, ...]) -> Oddity | None:
    if not odd:
        st.caption("Nothing looks wrong.")
        return None
    table = tables.odd_table(odd)
    found = blocks.table(
        table, "odd", column.ODD, on_select="rerun", selection_mode="single-row",
        height=min(36 + 35 * len(table), 320),
        alt="What is stored but looks wrong, by symbol; pick a row to see its closes.",
    )  # fmt: skip
    exports.menu("odd_files", [exports.csv(table, "looks-wrong.csv", "As CSV", "odd_csv")])
    return odd[found.selection.rows[0] if found.selection.rows else 0]


def _exclude(opened: Opened, picked: Oddity | None) -> None:
    """The form; at first of the place that is picked."""
    info, symbols = opened.snapshot.info, list(opened.grid.symbols)
    if not symbols or info.first is None or info.last is None:
        return
    known = picked is not None and picked.symbol in symbols
    at = f"{info.name}_{picked.symbol}_{picked.date}" if picked is not None else info.name
    day = picked.date if picked is not None and picked.date else info.last
    with st.form(f"exclude_{at}"), st.container(horizontal=True, vertical_alignment="bottom"):
        symbol = st.selectbox(
            "Symbol", symbols, width=180, key=f"exclude_symbol_{at}",
            index=symbols.index(picked.symbol) if known and picked is not None else 0,
        )  # fmt: skip
        first, last = (
            st.date_input(label, day, info.first, info.last, key=f"exclude_{label}_{at}", width=150)
            for label in ("From", "To")
        )
        reason = st.text_input(
            "Why", key=f"exclude_why_{at}", max_chars=200, width=320,
            placeholder="stays on record",
        )  # fmt: skip
        pressed = st.form_submit_button("Exclude these rows")
    if pressed:
        _act("exclude", info.name, symbol, first, last, reason)


def _excluded(universe: str) -> None:
    """What is out, each with its way back."""
    out = data.excluded(universe)
    if not len(out):
        return
    st.markdown(f"**Excluded: {fmt.count(int(out['rows'].sum()), 'row')}**")
    blocks.table(out, "excluded", _EXCLUDED, alt="Rows that somebody excluded, the latest first.")
    with st.container(horizontal=True):
        for number, row in enumerate(out.itertuples()):
            days = f"{row.first:%Y-%m-%d}" + (
                f" to {row.last:%Y-%m-%d}" if row.first != row.last else ""
            )
            if st.button(blocks.plain(f"Release {row.symbol}, {days}"), key=f"release_{number}"):
                _act("release", universe, row.symbol, row.first.date(), row.last.date(), "by hand")


def _act(
    action: str, universe: str, symbol: str, first: dt.date, last: dt.date, reason: str
) -> None:
    store = data.desk().store.exclusions
    try:
        do = store.exclude if action == "exclude" else store.release
        done = do(universe, symbol, first, last, reason, who.name())
    except CutlineError as error:
        st.session_state[_TOLD] = (False, str(error))
    else:
        verb = "excluded" if action == "exclude" else "released"
        told = f"{fmt.count(done.rows, 'row')} of {symbol} {verb}."
        st.session_state[_TOLD] = (True, told)
    st.rerun()
