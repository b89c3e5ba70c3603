"""What a command has to say, and how tables are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.core import format as fmt
from engine.core.errors import InputError


@dataclass(frozen=True)
class Answer:
    """What a command has to say: as JSON, as text, and beside it on stderr."""

    document: dict[str, Any]
    text: str
    notes: tuple[str, ...] = ()
    exit_code: int = 0


def notices(opened: Any) -> tuple[str, ...]:
    """What the store has to say about the snapshot."""
    return (opened.snapshot.notice,) if opened.snapshot.notice else ()


def write_file(path: Path, data: bytes) -> None:
    """Write a file that was asked for. Raises InputError where it cannot be."""
    try:
        path.write_bytes(data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no path"
        raise InputError(f"{path} cannot be written ({reason}).") from error


def table_text(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Aligned columns: numbers right, words left."""
    cells = [[fmt.UNKNOWN if cell is None else str(cell) for cell in row] for row in rows]
    numeric = [
        all(_is_number(row[i]) or row[i] == fmt.UNKNOWN for row in cells)
        for i in range(len(headings))
    ]
    widths = [max(len(row[i]) for row in [list(headings), *cells]) for i in range(len(headings))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in [list(headings), *cells]
    )


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "", 1).lstrip("-").isdigit()
