"""The fields of a ledger entry as controls, and what was typed into them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import streamlit as st

from engine.trading.entry import EntryType, Field, FieldKind

# Width and most characters of a field that is typed.
_SIZES = {FieldKind.AMOUNT: (160, 40), FieldKind.RATIO: (160, 40), FieldKind.TEXT: (300, 500),
          FieldKind.CURRENCY: (110, 9), FieldKind.RATE: (110, 40)}  # fmt: skip
_PICKED = (FieldKind.SYMBOL, FieldKind.LISTED)


def draw(
    entry: EntryType, turn: int, currency: str, held: Sequence[str], listed: Collection[str]
) -> None:
    """A control for each field. turn: in their names. held: the symbols to choose from; listed: all
    that there are, of which units may be added."""
    for one in entry.fields:
        key = _key(one.name, entry, turn)
        if one.kind in _PICKED:
            among = held if one.kind is FieldKind.SYMBOL else sorted(listed)
            _symbol(key, among, one.placeholder, one.label)
        elif one.kind.of_units:
            _symbol(_key(f"{one.name}_of", entry, turn), sorted({*held, *listed}), "none")
            text(one, key, width=140)
        else:
            text(one, key, currency, own=entry.in_any_currency)


def typed(entry: EntryType, turn: int) -> dict[str, Any] | None:
    """What stands in the controls, by field; for rows of units, the symbol and the text of one.

    None where a text is not there, as after a break.
    """
    state, out = st.session_state, {}
    for one in entry.fields:
        value = state.get(_key(one.name, entry, turn))
        if value is None and one.kind not in _PICKED:  # of which none may be chosen
            return None
        symbol = state.get(_key(f"{one.name}_of", entry, turn)) if one.kind.of_units else None
        out[one.name] = (symbol, value) if one.kind.of_units else value
    return out


def again(form: str, turn: int) -> None:
    """Whether an entry is another one, though an equal one of its day stands."""
    st.checkbox(
        "Again", key=f"{form}_again_{turn}",
        help="Record it though an equal one of that day is on record",
    )  # fmt: skip


def is_again(form: str, turn: int) -> bool:
    """Whether that was said."""
    return bool(st.session_state.get(f"{form}_again_{turn}"))


def _key(name: str, entry: EntryType, turn: int) -> str:
    return f"event_{name}_{entry.kind}_{turn}"


def text(
    one: Field, key: str, currency: str = "", width: int | None = None, *, own: bool = False
) -> None:
    """A field that is typed. currency: that of an amount, where it has no field of its `own`; then
    that is what the field says while nothing is typed."""
    usual, most = _SIZES.get(one.kind, (160, 40))
    money = one.kind is FieldKind.AMOUNT and currency and not own
    is_currency = one.kind is FieldKind.CURRENCY
    st.text_input(
        f"{one.label}, {currency}" if money else one.label, key=key, width=width or usual,
        placeholder=currency if is_currency and currency else one.placeholder, max_chars=most,
    )  # fmt: skip


def _symbol(key: str, symbols: Sequence[str], placeholder: str, label: str = "Symbol") -> None:
    st.selectbox(label, symbols, index=None, key=key, width=180, placeholder=placeholder)
