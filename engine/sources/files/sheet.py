"""Excel files, by python-calamine: the first sheet that holds a table."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import python_calamine

from engine.core.errors import InputError
from engine.core.format import count
from engine.sources.files.table import Table, refuse_too_many
from engine.sources.files.text import as_buffer, read_text


def read_sheet(data: bytes, label: str) -> Table:
    """The first sheet with more than one cell, as a table of text. Raises InputError."""
    try:
        book = python_calamine.load_workbook(io.BytesIO(data))
        sheets = [(name, book.get_sheet_by_name(name)) for name in book.sheet_names]
        for title, sheet in sheets:
            refuse_too_many(sheet.height, label)
            if sheet.height * sheet.width > 1:
                found = read_text(
                    as_buffer([[_text(cell) for cell in row] for row in sheet.to_python()]),
                    label, "comma",
                )  # fmt: skip
                name = title
                break
        else:
            raise InputError(f"{label} holds no table: give it a header and rows.")
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"{label} cannot be read as an Excel file: save it anew, or as CSV."
        ) from error
    notes = (*found.notes, *_others(len(sheets), name))
    return Table(found.label, found.headers, found.rows, found.load, found.ragged,
                 encoding="Excel", notes=notes)  # fmt: skip


def _others(sheets: int, name: str) -> tuple[str, ...]:
    return (f"Sheet {name!r} of {count(sheets, 'sheet')} read.",) if sheets > 1 else ()


def _text(cell: Any) -> str:
    """A cell as it would stand in a CSV; a midnight is a date."""
    if isinstance(cell, dt.datetime):
        return (cell.date() if cell.time() == dt.time() else cell).isoformat()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)
