"""What a page gives away as files: one menu, each file made only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from engine import tables

CSV = "text/csv"


@dataclass(frozen=True)
class File:
    """A file. label: what it is; name: the file's; make: its content; key: of the button; off:
    shown, but not to be had; help: why, or what is in it."""

    label: str
    name: str
    make: Callable[[], bytes]
    key: str
    media: str = CSV
    off: bool = False
    help: str = ""


def csv(table: pd.DataFrame | Callable[[], pd.DataFrame], name: str, label: str, key: str) -> File:
    """A table, or what makes it, as CSV. Cells that a sheet would run are neutralised."""

    def make() -> bytes:
        return tables.to_csv(table if isinstance(table, pd.DataFrame) else table())

    return File(label, name, make, key)


def menu(key: str, files: Sequence[File]) -> None:
    """The files behind one button; a single one is the button itself."""
    if len(files) == 1:
        _button(files[0], icon=":material/download:")
    elif files:
        with st.popover("Download", icon=":material/download:", key=key):
            for file in files:
                _button(file, type="tertiary")


def beside(files: Sequence[File], *, as_links: bool = False) -> None:
    """Files side by side: what a page is there for, or links in a line of text."""
    for file in files:
        _button(file, type="tertiary" if as_links else "secondary")


def _button(file: File, **look: Any) -> None:
    st.download_button(
        file.label, data=file.make, file_name=file.name, mime=file.media, key=file.key,
        on_click="ignore", disabled=file.off, help=file.help or None, **look,
    )  # fmt: skip
