"""Whether the ledgers are as they were written; also where they are not."""

from __future__ import annotations

import streamlit as st

from engine.core import format as fmt
from engine.core.errors import CutlineError, StoreDamaged
from pages.shared import blocks, data


def damaged(*errors: StoreDamaged, key: str = "verify_all") -> None:
    """In place of what cannot be shown: what is wrong, and a way to look through all ledgers."""
    for error in errors:
        st.error(blocks.plain(str(error)))
    st.caption(
        "Nothing is computed from a ledger that was edited. Put a copy of the database back from "
        "before the edit; what was written is in no other place."
    )
    if st.button("Verify every ledger", key=key):
        show(None)


def show(name: str | None, anchor: str | None = None) -> None:
    """Recompute every hash of one portfolio, or of all, and say what was found."""
    try:
        found = data.desk().portfolios.verify(name, anchor)
    except CutlineError as error:
        st.error(blocks.plain(str(error)))
        return
    for sentence in found.sentences:
        st.error(blocks.plain(sentence))
    for own in found.checked:
        if own.fault is None:
            st.success(
                blocks.plain(
                    f"Every hash of {own.portfolio} fits: "
                    f"{fmt.count(own.entries, 'entry', 'entries')}, "
                    f"{fmt.count(own.tickets, 'ticket')}."
                )
            )
