"""Controls as widgets: label, range, step and help are the control's, and with that the knob's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import streamlit as st

from pages.shared.controls import typed
from pages.shared.controls.registry import Control


def words_of(names: Mapping[Any, str]) -> Callable[[Any], str]:
    """How a widget shows each of its options: by its name, or as it is where it has none."""
    return lambda option: names.get(option, str(option))


def slider(c: Control, **more: Any) -> Any:
    """A number that is dragged."""
    k = c.number
    usual: dict[str, Any] = {"step": k.step, "key": c.key, "help": c.help}
    return st.slider(c.label, k.low, k.high, **(usual | more))


def number(c: Control, **more: Any) -> None:
    """A number that is typed."""
    usual: dict[str, Any] = {"help": c.help}
    typed.field(c.label, c.key, c.number, **(usual | more))


def select(c: Control, **more: Any) -> Any:
    """One of a list."""
    return st.selectbox(c.label, c.options, **({"key": c.key, "help": c.help} | more))


def segments(c: Control, **more: Any) -> Any:
    """One of a few, side by side."""
    usual = {"key": c.key, "help": c.help, "required": True}
    return st.segmented_control(c.label, c.options, **(usual | more))


def toggle(c: Control, **more: Any) -> Any:
    """On or off."""
    return st.toggle(c.label, **({"key": c.key, "help": c.help} | more))


def several(c: Control, options: Iterable[str], **more: Any) -> Any:
    """Any of a list."""
    return st.multiselect(c.label, list(options), **({"key": c.key, "help": c.help} | more))


def pills(c: Control, options: Iterable[str], **more: Any) -> Any:
    """Any of a few."""
    usual = {"key": c.key, "selection_mode": "multi", "help": c.help}
    return st.pills(c.label, list(options), **(usual | more))
