"""A file's bytes, its name, and which kind it is."""

from __future__ import annotations

import zlib
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from engine.core.errors import InputError

# Of what a packed file may become: a bomb stops here.
UNPACKED_LIMIT = 2 << 30
_TEXT = (".csv", ".txt", ".tsv", ".asc", ".prn")
_PARQUET = (".parquet", ".pq")
_SHEET = (".xlsx", ".xlsm", ".xls", ".ods")
ENDINGS = (*_TEXT, *_PARQUET, *_SHEET, ".gz")
KINDS = "CSV, TSV, TXT, Parquet or Excel, also packed as .gz"


class Kind(StrEnum):
    """How a file is read."""

    TEXT = "text"
    PARQUET = "parquet"
    SHEET = "sheet"


def opened(source: str | Path | BinaryIO, name: str | None) -> tuple[bytes, str, Kind]:
    """Bytes (unpacked), the file's name, and its kind by content, then by ending.

    Raises InputError naming the file: not there, not readable, empty, of another kind, over
    UNPACKED_LIMIT bytes.
    """
    if isinstance(source, str | Path):
        label = name or Path(source).name
        try:
            data = Path(source).read_bytes()
        except FileNotFoundError as error:
            raise InputError(f"{source} does not exist: name a file of {KINDS}.") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "no path"
            raise InputError(f"{source} cannot be read ({reason}).") from error
    else:
        label, data = name or str(getattr(source, "name", "upload")), source.read()
    if data[:2] == b"\x1f\x8b":
        data = _unpacked(data, label)
    if not data.strip():
        raise InputError(f"{label} is empty: name a file with prices or instruments.")
    return data, label, _kind(data, label)


def stem(label: str) -> str:
    """A file's name without its folder and endings: AAA.US.csv.gz is AAA.US."""
    found = Path(label).name
    while any(found.lower().endswith(ending) for ending in ENDINGS):
        found = found.rpartition(".")[0]
    return found


def _kind(data: bytes, label: str) -> Kind:
    low = label.lower().removesuffix(".gz")
    if data[:4] == b"PAR1" or low.endswith(_PARQUET):
        return Kind.PARQUET
    if low.endswith(_SHEET) or data[:4] == b"PK\x03\x04":
        return Kind.SHEET
    if low.endswith(_TEXT) or "." not in Path(low).name:
        return Kind.TEXT
    raise InputError(f"{label} is none of {KINDS}: save it as one of these.")


def _unpacked(data: bytes, label: str) -> bytes:
    """All members of a gzip file."""
    parts, size = [], 0
    try:
        while data:
            unpacker = zlib.decompressobj(wbits=31)
            parts.append(unpacker.decompress(data, UNPACKED_LIMIT - size + 1))
            size += len(parts[-1])
            if size > UNPACKED_LIMIT:
                raise InputError(f"{label} unpacks to over {UNPACKED_LIMIT >> 30} GB: split it.")
            if not unpacker.eof:
                raise InputError(f"{label} is packed and ends too early: pack it anew.")
            data = unpacker.unused_data.lstrip(b"\0")
    except zlib.error as error:
        raise InputError(f"{label} is packed and cannot be unpacked: pack it anew.") from error
    return b"".join(parts)
