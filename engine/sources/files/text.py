"""Text files: encoding, line ends, separator, and where the header stands."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.csv

from engine.core.errors import InputError
from engine.core.format import count
from engine.core.words import Separator
from engine.sources.files.headings import header_rows, word
from engine.sources.files.table import Table

_HEAD = 1 << 16  # bytes that are looked at, at first, to know the separator
_LINES = 40
_SEP = re.compile(rb"sep=(.)\n", re.IGNORECASE)
_BOMS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UNREADABLE = "save it as CSV in UTF-8"
_OPEN_HEADER = (
    'The header of {} cannot be read: a quote (") in it has no other half; close it or take it out.'
)
# What a column without a name holds: a date, or the number of the row.
_INDEX = re.compile(r"\s*\d{1,4}([-/. ]\d{1,2}[-/. ]\d{1,4}.*)?\s*$")


def read_text(data: bytes, label: str, separator: str = "", *, one_line: bool = True) -> Table:
    """A text file as a table of text.

    separator: a value of Separator; "" = what parts the most lines into the same number of cells.
    one_line: no cell holds the end of a line, so a quote that is left open costs its own row alone.
    Raises InputError naming the file: in no known encoding, a header that cannot be read.
    """
    body, encoding, notes = decoded(data, label)
    if found := _SEP.match(body):
        body = body[found.end() :]
        given = {mark.mark: mark.value for mark in Separator}.get(found[1].decode())
        separator = separator or given or ""
    lines = _head(body)
    mark, width = _dialect(lines, separator, label)
    body, skipped = _below_titles(body, lines, mark, width)
    if skipped:
        notes.append(f"{count(skipped, 'line')} above the header left out.")
    header, offset = _headers(body, mark, label)
    wide = max(width, *(len(cells) for cells in header))
    table, ragged = _cells(body[offset:], mark, wide, label, one_line)
    named = max(len(cells) for cells in header)
    headers, table, fits = _even(_padded(header, wide), named, table)
    if not fits:
        wide = named
        table, ragged = _cells(body[offset:], mark, wide, label, one_line)
        headers = _padded(header, wide)
    return Table(
        label=label,
        headers=headers,
        rows=table.num_rows,
        load=lambda places: [table.column(i) for i in places],
        ragged=ragged,
        encoding=encoding,
        separator=next((s.value for s in Separator if s.mark == mark), ""),
        notes=tuple(notes),
    )


def decoded(data: bytes, label: str) -> tuple[bytes, str, list[str]]:
    """As UTF-8 with line feeds and without NUL, the encoding's name, and what was left out."""
    notes: list[str] = []
    encoding = "UTF-8"
    wide = _BOMS.get(data[:2]) or _without_mark(data)
    if data[:3] == b"\xef\xbb\xbf":
        data = data[3:]
    elif wide:
        try:
            data, encoding = data.decode(wide).lstrip("\ufeff").encode(), "UTF-16"
        except UnicodeError as error:
            raise InputError(f"{label} cannot be read as UTF-16: {_UNREADABLE}.") from error
    else:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            try:
                data, encoding = data.decode("cp1252").encode(), "Windows-1252"
            except UnicodeDecodeError as error:
                raise InputError(
                    f"{label} is text in no encoding that is known here: {_UNREADABLE}."
                ) from error
    if b"\0" in data:
        data = data.replace(b"\0", b"")
        notes.append("NUL characters left out.")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data, encoding, notes


def _without_mark(data: bytes) -> str:
    """UTF-16 that does not say so: every second byte of plain text is 0."""
    head = np.frombuffer(data[:400], dtype="u1")
    if len(head) < 4:
        return ""
    even, odd = (head[0::2] == 0).mean(), (head[1::2] == 0).mean()
    return "utf-16-le" if odd > 0.9 and even < 0.1 else "utf-16-be" if even > 0.9 > odd else ""


def _head(body: bytes) -> list[str]:
    """The first lines that are not blank; whole ones, however long they are."""
    end, lines = _HEAD, []
    while True:
        whole = body if end >= len(body) else body[: body.rfind(b"\n", 0, end) + 1]
        lines = [line for line in whole.decode("utf-8", "replace").split("\n") if line.strip()]
        if len(lines) >= 4 or end >= len(body):
            return lines[:_LINES]
        end *= 8


def _split(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=mark, strict=True), [])
    except csv.Error:
        return []


def _dialect(lines: list[str], separator: str, label: str) -> tuple[str, int]:
    """The separator, and into how many cells it parts most lines."""
    marks = [Separator(separator).mark] if separator else [s.mark for s in Separator]
    best = (0.0, 0, marks[0])
    for mark in marks:
        widths = Counter(len(_split(line, mark)) for line in lines)
        # Of two as frequent numbers the greater one: titles above and totals below are narrow.
        width = max(widths, key=lambda n: (n > 1, widths[n], n))
        part = widths[width] / len(lines) if width > 1 else 0.0
        best = max(best, (part, width, mark))
    part, width, mark = best
    if part == 0.0:
        width = max(len(_split(line, mark)) for line in lines)
    if width == 0:
        raise InputError(_OPEN_HEADER.format(label))
    return mark, width


def _below_titles(body: bytes, lines: list[str], mark: str, width: int) -> tuple[bytes, int]:
    """Without the lines above the header, which have fewer cells than it and all below."""
    skipped = 0
    for line in lines:
        # A header may lack its last, empty cell, or the name of its first.
        if len(_split(line, mark)) >= max(2, width - 1) or _open(line):
            break
        skipped += 1
    if not skipped or skipped == len(lines):
        return body, 0
    for _ in range(skipped):
        body = body.lstrip(b"\n").partition(b"\n")[2]
    return body, skipped


def _open(line: str) -> bool:
    """Whether a quote in it has no other half."""
    return line.count('"') % 2 == 1


def _headers(body: bytes, mark: str, label: str) -> tuple[list[list[str]], int]:
    """The cells of the header's rows, and where the data begin."""
    offset = 0
    found: list[tuple[list[str], int]] = []
    for _ in range(3):
        while body[offset : offset + 1] == b"\n":
            offset += 1
        end = body.find(b"\n", offset)
        end = len(body) if end < 0 else end
        line = body[offset:end].decode("utf-8", "replace")
        cells = _split(line, mark)
        if not cells:
            if found:
                break
            raise InputError(_OPEN_HEADER.format(label))
        found.append(([cell.strip() for cell in cells], end + 1))
        offset = end + 1
        if end >= len(body):
            break
    rows = header_rows([cells for cells, _ in found])
    return [cells for cells, _ in found[:rows]], min(found[rows - 1][1], len(body))


def _padded(header: list[list[str]], width: int) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(cells + [""] * (width - len(cells))) for cells in header)


def _cells(
    body: bytes, mark: str, width: int, label: str, one_line: bool
) -> tuple[pa.Table, tuple[tuple[int, str], ...]]:
    """The body as text, and the rows that have another number of cells."""
    names = [f"f{i}" for i in range(width)]
    open_rows: list[tuple[int, str]] = []
    if one_line and b'"' in body:
        body, open_rows = _without_open_quotes(body)
    ragged: list[tuple[int, str]] = []

    def keep_for_quarantine(row: pa.csv.InvalidRow) -> str:
        ragged.append((row.number, row.text))
        return "skip"

    if not body.strip(b"\n"):
        empty = pa.table({name: pa.array([], pa.string()) for name in names})
        return empty, tuple(open_rows)
    try:
        table = pa.csv.read_csv(
            pa.BufferReader(body),
            # Row numbers are known only to a single thread.
            read_options=pa.csv.ReadOptions(
                column_names=names, use_threads=False, block_size=1 << 23
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter=mark, newlines_in_values=not one_line,
                invalid_row_handler=keep_for_quarantine,
            ),
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )  # fmt: skip
    except pa.ArrowException as error:
        raise InputError(f"{label} cannot be read as text in rows: {_UNREADABLE}.") from error
    if open_rows:
        at = numbers_without(np.array([row for row, _ in ragged]), [row for row, _ in open_rows])
        ragged = [(int(row), text) for row, (_, text) in zip(at, ragged, strict=True)]
    return table, tuple(sorted([*ragged, *open_rows]))


def _without_open_quotes(body: bytes) -> tuple[bytes, list[tuple[int, str]]]:
    """Without the rows in which a quote has no other half, which would swallow those below."""
    kept, gone, row = [], [], 0
    for line in body.split(b"\n"):
        if not line:
            continue
        row += 1
        if line.count(b'"') % 2:
            gone.append((row, line.decode("utf-8", "replace")))
        else:
            kept.append(line)
    return (b"\n".join(kept) if gone else body), gone


def numbers_without(rows: np.ndarray, ragged: Sequence[int]) -> np.ndarray:
    """Row numbers in the file, of rows that were numbered after the ragged ones were left out."""
    # The k-th ragged row (from 0) has `ragged[k] - 1 - k` good rows before it.
    good_before = np.asarray(ragged) - 1 - np.arange(len(ragged))
    return rows + np.searchsorted(good_before, rows - 1, side="right")


def _even(
    headers: tuple[tuple[str, ...], ...], named: int, table: pa.Table
) -> tuple[tuple[tuple[str, ...], ...], pa.Table, bool]:
    """Without columns at the end that have neither name nor content; and where the header lacks
    the name of the first column, which then holds dates or a count, the header one to the right.
    Whether the header, of `named` cells, fits after that."""
    width = len(headers[0])

    def unnamed() -> bool:
        return width > 1 and not any(row[width - 1] for row in headers)

    while unnamed() and not any(pa.compute.unique(table.column(width - 1)).to_pylist()):
        width -= 1
    if width > named:
        first = table.column(0)
        told = all(headers[0][:named]) and "date" not in map(word, headers[0])
        if width > named + 1 or not told or not _INDEX.match(first[0].as_py()):
            return headers, table, False
        headers = tuple(("", *row[: width - 1]) for row in headers)
    return tuple(row[:width] for row in headers), table.select(list(range(width))), True


def as_buffer(rows: list[list[str]]) -> bytes:
    """Rows of cells as CSV in UTF-8, for what is read from sheets."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()
