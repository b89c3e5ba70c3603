"""Any file as a table: which reader it is for."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from engine.sources.files.columnar import read_parquet
from engine.sources.files.opening import Kind, opened
from engine.sources.files.sheet import read_sheet
from engine.sources.files.table import Table
from engine.sources.files.text import read_text


def read_table(
    source: str | Path | BinaryIO, name: str | None, separator: str, *, one_line: bool = True
) -> Table:
    """A path, or a binary buffer with its file name, as a table.

    separator, one_line: as of `read_text`. Raises InputError naming the file.
    """
    data, label, kind = opened(source, name)
    if kind is Kind.PARQUET:
        return read_parquet(data, label)
    if kind is Kind.SHEET:
        return read_sheet(data, label)
    return read_text(data, label, separator, one_line=one_line)
