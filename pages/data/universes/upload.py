"""The user's own files: uploaded, looked through, and only then stored."""

from __future__ import annotations

from typing import Any

import streamlit as st

from engine import tables
from engine.core import format as fmt
from engine.core.errors import CutlineError, NotFinished
from engine.desk import suggested_name
from engine.market.preview import GAPS, Preview
from engine.sources.templates import TEMPLATES
from engine.store import IngestResult
from pages.shared import blocks, column, data, exports, who
from pages.shared.controls import sidebar

DONE = "data_done"  # what the last action on the page did
_ROUND, _PREVIEW = "upload_round", "upload_preview"
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
    limit = f"Up to {st.get_option('server.maxUploadSize')} MB: CSV in UTF-8, or Parquet."
    left, right = st.columns(2)
    prices = left.file_uploader(
        "Prices", key=f"prices_{turn}",
        help=f"{limit} Long (symbol, date, close) or wide (date, then a column a symbol).",
    )  # fmt: skip
    instruments = right.file_uploader(
        "Instruments", key=f"instruments_{turn}",
        help=f"{limit} Only symbol is needed. Not needed at all where they are stored already.",
    )  # fmt: skip
    _templates()
    if prices is None:
        _button(turn, None, "Choose a file of prices first.")
        return
    name = st.text_input(
        "Universe", suggested_name(prices.name), key=f"name_{prices.file_id}", max_chars=64,
        help="A new one, or one that is here already: then these prices are added to it.",
    )  # fmt: skip
    outcome = _outcome(prices, instruments, name)
    if isinstance(outcome, CutlineError):
        st.error(blocks.plain(str(outcome)))
        _button(turn, None, "What was said above comes first.")
        return
    _summary(outcome)
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


def _outcome(prices: Any, instruments: Any, name: str) -> Preview | CutlineError:
    """The preview, or why there is none. Computed anew only for other files, name or store."""
    key = (
        prices.file_id, instruments and instruments.file_id, name.strip(),
        data.desk().store.stamp(),
    )  # fmt: skip
    kept = st.session_state.get(_PREVIEW)
    if kept is not None and kept[0] == key:
        return kept[1]
    st.session_state.pop(DONE, None)
    outcome: Preview | CutlineError
    try:
        with st.spinner("Looking through every row"):
            outcome = data.desk().preview(prices, instruments, name.strip() or " ")
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
