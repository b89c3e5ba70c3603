"""The user's own files: uploaded, looked through, and only then stored."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine import tables
from engine.core import format as fmt
from engine.core.errors import CutlineError, NotFinished
from engine.core.words import DateOrder, DecimalMark, Separator, values_of
from engine.desk import ReadingParams, suggested_name
from engine.figures.series import closes_around
from engine.market.preview import GAPS, Preview
from engine.sources.files.opening import KINDS
from engine.sources.templates import TEMPLATES
from engine.store import IngestResult
from pages.shared import blocks, column, data, exports, frame, who
from pages.shared.controls import sidebar

DONE = "data_done"  # what the last action on the page did
_ROUND, _PREVIEW = "upload_round", "upload_preview"
_FILES_SHOWN = 5
_SHOWN = 1000  # rejected rows on the screen; the file has all

_REASON_COLUMNS = {
    "reason": column.text("reason", width="large"),
    "rows": column.count("rows"),
    "example": column.identity("first at row"),
}
_REJECT_COLUMNS = {
    name: column.QUARANTINE[name] for name in ("row", "symbol", "date", "close", "reason")
}
_GAP_COUNT_COLUMNS = {
    "field": column.text("not known"),
    "unknown": column.count("symbols"),
    "effect": column.text("until it is known", width="large"),
}
_GAP_COLUMNS = {name: column.text(name.replace("_", " ")) for name in ("symbol", *GAPS)}


def section() -> None:
    """Two files, a name, what they hold, and the button that stores them."""
    turn = st.session_state.setdefault(_ROUND, 0)
    limit = f"Up to {st.get_option('server.maxUploadSize')} MB: {KINDS}."
    left, right = st.columns(2)
    prices = left.file_uploader(
        "Prices", key=f"prices_{turn}", accept_multiple_files=True,
        help=f"{limit} Long (symbol, date, close), wide (date, then a column a symbol), or one "
        "file a symbol: then all of them at once.",
    )  # fmt: skip
    instruments = right.file_uploader(
        "Instruments", key=f"instruments_{turn}",
        help=f"{limit} Only symbol is needed. Not needed at all where they are stored already.",
    )  # fmt: skip
    _templates()
    if not prices:
        _button(turn, None, "Choose a file of prices first.")
        return
    name = st.text_input(
        "Universe", suggested_name(prices[0].name) if len(prices) == 1 else "",
        key=f"name_{prices[0].file_id}_{len(prices) > 1}", max_chars=64,
        placeholder="a name for these files",
        help="A new one, or one that is here already: then these prices are added to it.",
    )  # fmt: skip
    if not name.strip() and len(prices) > 1:
        _button(turn, None, "Name the universe first.")
        return
    place = st.container()
    try:
        how = _otherwise(turn)
    except CutlineError as error:
        st.error(blocks.plain(str(error)))
        _button(turn, None, "What was said above comes first.")
        return
    outcome = _outcome(prices, instruments, name, how)
    if isinstance(outcome, CutlineError):
        place.error(blocks.plain(str(outcome)))
        _button(turn, None, "What was said above comes first.")
        return
    with place:
        _readings(outcome)
    _summary(outcome)
    _odd(outcome)
    _button(turn, outcome, outcome.refusal)
    _quarantine(outcome)
    _metadata(outcome)


def done_sentence(result: IngestResult) -> str:
    """What was stored, in one sentence."""
    parts = [
        f"{fmt.count(result.stored)} stored",
        f"{fmt.count(result.unchanged)} unchanged",
        f"{fmt.count(result.revised)} revised",
        f"{fmt.count(result.quarantined)} quarantined",
    ]
    found = f"{fmt.count(result.symbols, 'symbol')}, {fmt.count(result.rows, 'row')}"
    return f"Universe {result.universe}: {found}: {', '.join(parts)}."


def _otherwise(turn: int) -> ReadingParams:
    """What is said by hand of how the files are read. Raises InputError for a zone that is none."""
    with st.expander("Read otherwise"), st.container(horizontal=True):
        said = [
            st.selectbox(
                label, ("", *values_of(words)), key=f"{label}_{turn}", width=190,
                format_func=lambda value: value or "as the file shows",
            )
            for label, words in (("Separator", Separator), ("Decimal mark", DecimalMark),
                                 ("Order of dates", DateOrder))
        ]  # fmt: skip
        zone = st.text_input(
            "Time zone", key=f"zone_{turn}", placeholder="Europe/Berlin", max_chars=64, width=190,
            help="In which times are a day. Empty: as the file shows.",
        )  # fmt: skip
    separator, decimal, dates = said
    return ReadingParams(separator, decimal, dates, zone.strip())


def _readings(preview: Preview) -> None:
    """How each file was read, and what was left out or changed."""
    for reading in preview.batch.readings[:_FILES_SHOWN]:
        st.caption(blocks.plain(" ".join([reading.words(), *reading.notes])))
    if (more := len(preview.batch.readings) - _FILES_SHOWN) > 0:
        st.caption(f"{fmt.count(more, 'more file', 'more files')} read likewise, each by itself.")


def _odd(preview: Preview) -> None:
    """What would be stored but looks wrong, and the closes around the one that is picked."""
    if not preview.odd:
        return
    st.subheader(f"Looks wrong: {fmt.count(len(preview.odd))}")
    found = blocks.table(
        tables.odd_table(preview.odd), "preview_odd", column.ODD, on_select="rerun",
        selection_mode="single-row",
        alt="What would be stored but looks wrong, by symbol; pick a row to see its closes.",
    )  # fmt: skip
    picked = preview.odd[found.selection.rows[0] if found.selection.rows else 0]
    title = f"{picked.symbol}: {picked.kind}"
    blocks.chart(
        closes_around(preview.batch.prices, picked.symbol, picked.date, title, frame.inks()),
        "preview_odd_chart", f"Closes of {picked.symbol} around what looks wrong.",
    )  # fmt: skip


def _outcome(
    prices: list[Any], instruments: Any, name: str, how: ReadingParams
) -> Preview | CutlineError:
    """The preview, or why there is none. Computed anew only for other files, name or store."""
    key = (
        tuple(file.file_id for file in prices), instruments and instruments.file_id, name.strip(),
        how, data.desk().store.stamp(),
    )  # fmt: skip
    kept = st.session_state.get(_PREVIEW)
    if kept is not None and kept[0] == key:
        return kept[1]
    st.session_state.pop(DONE, None)
    outcome: Preview | CutlineError
    try:
        with st.spinner("Looking through every row"):
            outcome = data.desk().preview(prices, instruments, name.strip() or " ", how=how)
    except NotFinished as error:
        return error  # not kept: the next run tries again
    except CutlineError as error:
        outcome = error
    st.session_state[_PREVIEW] = (key, outcome)
    return outcome


def _button(turn: int, preview: Preview | None, refusal: str | None) -> None:
    """Store, or the reason why not yet."""
    pressed = st.button("Store", key=f"store_{turn}", disabled=preview is None or bool(refusal))
    if refusal:
        st.caption(blocks.plain(refusal))
    if pressed and preview is not None and not refusal:
        with st.spinner(f"Storing {fmt.count(preview.accepted, 'price')}"):
            result = data.desk().ingest_previewed(preview, who.name())
            # Before anything more is drawn, where a second click would end this run: it then
            # finds an empty form, and stores nothing twice.
            st.session_state[DONE] = result
            st.session_state[_ROUND] = turn + 1
            st.session_state.pop(_PREVIEW, None)
            sidebar.look_at(result.universe)
        st.rerun()


def _summary(preview: Preview) -> None:
    known = f"{fmt.count(len(preview.known))} of them with stored prices"
    blocks.figures_row(
        [
            tables.Figure("rows in the file", fmt.count(preview.rows)),
            tables.Figure("symbols", fmt.count(preview.symbols), known),
            tables.Figure("first", fmt.day(preview.first)),
            tables.Figure("last", fmt.day(preview.last)),
            tables.Figure("new", fmt.count(preview.stored), "Prices of days without one so far"),
            tables.Figure("unchanged", fmt.count(preview.unchanged), "Equal to what is stored"),
            tables.Figure("revised", fmt.count(preview.revised), "Other than what is stored"),
            tables.Figure("quarantined", fmt.count(preview.quarantined), "Not fit to be stored"),
        ]
    )
    fresh = fmt.count(len(preview.new), "new symbol")
    st.caption(
        f"Adds to the universe {preview.universe}: {fresh}, {known}."
        if preview.exists
        else f"Makes the new universe {preview.universe}. Nothing is stored yet."
    )
    for warning in preview.warnings:
        st.warning(blocks.plain(warning))


def _quarantine(preview: Preview) -> None:
    if not preview.quarantined:
        return
    st.subheader(f"Would be quarantined: {fmt.count(preview.quarantined, 'row')}")
    blocks.table(
        preview.reasons, "preview_reasons", _REASON_COLUMNS, width=640,
        alt="Rows that would be rejected, by reason.",
    )  # fmt: skip
    blocks.table(
        preview.batch.rejects.head(_SHOWN), "preview_rejects", _REJECT_COLUMNS,
        alt="Rows that would be rejected, as found, each with its reason.",
    )  # fmt: skip
    rejects = exports.csv(
        preview.batch.rejects, f"{preview.universe}-rejects.csv", "All of them as CSV",
        "preview_rejects_csv",
    )  # fmt: skip
    exports.menu("reject_files", [rejects])


def _metadata(preview: Preview) -> None:
    if len(preview.gap_counts):
        st.subheader("Not known of the instruments")
        blocks.table(
            preview.gap_counts, "preview_gap_counts", _GAP_COUNT_COLUMNS, width=640,
            alt="What is not known, of how many symbols, and what follows.",
        )  # fmt: skip
        blocks.table(
            preview.gaps.replace("", "missing"), "preview_gaps", _GAP_COLUMNS,
            alt="Each symbol of which something is not known.",
        )  # fmt: skip
    instruments = exports.csv(
        preview.instruments, f"{preview.universe}-instruments.csv",
        "Instruments of this file as CSV, to fill in", "preview_instruments_csv",
    )  # fmt: skip
    exports.menu("instrument_files", [instruments])


def _templates() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Templates:", width="content")
        exports.beside(
            [
                exports.File(name, name, text.encode, f"template_{name.removesuffix('.csv')}")
                for name, text in TEMPLATES.items()
            ],
            as_links=True,
        )
