"""The ticket as one rectangular CSV: a row a trade, a row not traded, then a row a field.

Cells that a spreadsheet would take for a formula are led by an apostrophe, which is taken off again
when the file is read back. Decimals are exact.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any

from engine.core.errors import InputError
from engine.trading.exports.checks import (
    KINDS,
    Parts,
    Record,
    check_of,
    field_checks,
    record_checks,
)
from engine.trading.exports.kind import ExportType
from engine.trading.tickets.ticket import (
    Ticket,
    TicketLine,
    Untraded,
    may_lack,
    plain,
    plain_record,
    written_fields,
)

_LINE = tuple(f.name for f in fields(TicketLine))
_UNTRADED = tuple(f.name for f in fields(Untraded))
_LATER = tuple(name for name in _LINE if may_lack(TicketLine, name))
COLUMNS = (
    "record", "number", *(n for n in _LINE if n not in _LATER), "field", "value_of_field", "check",
)  # fmt: skip
_KIND_OF = {"line": "lines", "untraded": "untraded"}
_COUNT = {"lines": "number of lines", "untraded": "number of untraded"}
# What begins a formula, their full-width forms among them, and the apostrophe that hides one.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
SIZE_LIMIT = 2 * 2**20
ROW_LIMIT = 20_000
_YES_NO = {True: "yes", False: "no"}  # a spreadsheet rewrites true and false


def write_csv(ticket: Ticket) -> bytes:
    """UTF-8, comma, CRLF, quoted where needed; `COLUMNS` as header, then what some lines say."""
    out = io.StringIO(newline="")
    said = {name for line in ticket.lines for name in plain_record(line)}
    columns = (*COLUMNS, *(name for name in _LATER if name in said))
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    for record, kind in _KIND_OF.items():
        checks = record_checks(ticket, kind)
        for number, item in enumerate(getattr(ticket, kind), start=1):
            cells = {name: _cell(value) for name, value in plain_record(item).items()}
            number_cells = {name for name in cells if _is_number(item, name)}
            safe = {k: v if k in number_cells else neutral(v) for k, v in cells.items()}
            writer.writerow(
                {"record": record, "number": number, **safe, "check": checks[number - 1]}
            )
    checks_of_fields = field_checks(ticket)
    for name in written_fields(ticket):
        value = getattr(ticket, name)
        cell = _cell(plain(value))
        # A number below 0 is no formula, and other readers want it as a number.
        shown = cell if isinstance(value, Decimal) else neutral(cell)
        _write_field(writer, name, shown, checks_of_fields[name])
    for kind, name in _COUNT.items():
        count = str(len(getattr(ticket, kind)))
        _write_field(writer, name, count, check_of("field", name, count))
    return out.getvalue().encode("utf-8")


def _write_field(writer: csv.DictWriter[str], name: str, value: str, check: str) -> None:
    writer.writerow({"record": "ticket", "field": name, "value_of_field": value, "check": check})


def neutral(text: str) -> str:
    """Text that no spreadsheet takes for a formula; `plain_cell` gives it back."""
    return "'" + text if text.startswith(_FORMULA) else text


def plain_cell(text: str) -> str:
    """What `neutral` was given."""
    return text[1:] if text.startswith("'") else text


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return _YES_NO[value]
    return "" if value is None else str(value)


def _is_number(item: TicketLine | Untraded, name: str) -> bool:
    return not isinstance(getattr(item, name), str)


def read_rows(data: bytes, what: str, size_limit: int = SIZE_LIMIT) -> list[dict[str, str]]:
    """Rows of a CSV by header in lower case, cells as found; parted by semicolons where the header
    has these and no comma.

    Raises InputError that starts with `what`: over `size_limit` bytes or ROW_LIMIT rows, not UTF-8,
    no header, a column twice, a row of another width.
    """
    if len(data) > size_limit:
        raise InputError(f"{what} is larger than {size_limit // 2**20} MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{what} is no UTF-8 text: save it as CSV UTF-8.") from error
    out: list[dict[str, str]] = []
    try:
        first = text.partition("\n")[0]
        mark = ";" if ";" in first and "," not in first else ","
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
        header = [name.strip().lower() for name in next(reader, [])]
        if not any(header):
            raise InputError(f"{what} is empty: it starts with a header.")
        if len(set(header)) < len(header):
            raise InputError(f"{what} has a column twice in its header.")
        for row in reader:
            if not any(row):
                continue
            if len(row) != len(header):
                raise InputError(
                    f"{what}, data row {len(out) + 1}, has {len(row)} cells where the header "
                    f"has {len(header)}."
                )
            if len(out) >= ROW_LIMIT:
                raise InputError(f"{what} has over {ROW_LIMIT:,} rows.")
            out.append(dict(zip(header, row, strict=True)))
    except csv.Error as error:
        raise InputError(f"{what} is no readable CSV: {error}.") from error
    return out


def read_csv(data: bytes, size_limit: int) -> Parts:
    """A file of `write_csv` taken apart. Raises InputError naming the row that does not read."""
    rows = read_rows(data, "The ticket file", size_limit)
    if rows and (missing := [name for name in COLUMNS if name not in rows[0]]):
        raise InputError(f"The ticket file has no column {missing[0]}: export it again.")
    records: dict[str, list[Record]] = {kind: [] for kind in KINDS}
    found: dict[str, tuple[Any, str]] = {}
    for number, row in enumerate(rows, start=1):
        cells = {name: plain_cell(cell) for name, cell in row.items()}
        if cells["record"] == "ticket":
            if cells["field"] in found:
                raise InputError(f"The ticket file was altered: {cells['field']} is in it twice.")
            found[cells["field"]] = (
                _unset(cells["field"], cells["value_of_field"]),
                cells["check"],
            )
        elif cells["record"] in _KIND_OF:
            records[_KIND_OF[cells["record"]]].append(_record(cells, number))
        else:
            raise InputError(
                f"The ticket file was altered: data row {number} is neither line, untraded nor "
                "ticket."
            )
    counts = {kind: _count(found, name) for kind, name in _COUNT.items()}
    return Parts(found, {kind: tuple(items) for kind, items in records.items()}, counts)


def _record(cells: Mapping[str, str], row: int) -> Record:
    if not (cells["number"].isascii() and cells["number"].isdigit() and len(cells["number"]) < 7):
        raise InputError(f"The ticket file was altered: data row {row} has no number.")
    names = _LINE if cells["record"] == "line" else _UNTRADED
    said = [n for n in names if n not in _LATER or cells.get(n)]
    content: dict[str, Any] = {name: _unset(name, cells[name]) for name in said}
    if "notional" in content:
        content["notional"] = {"yes": True, "no": False}.get(cells["notional"], cells["notional"])
    return Record(int(cells["number"]), content, cells["check"])


def _unset(name: str, cell: str) -> str | None:
    """A blank is None where the field may be unknown, else empty text."""
    return None if not cell and name in ("price", "drift_before", "drift_left") else cell


def _count(found: dict[str, tuple[Any, str]], name: str) -> int:
    value, check = found.pop(name, ("", ""))
    if check_of("field", name, value) != check or not value.isdigit():
        raise InputError(f"The ticket file was altered: its {name} is missing or changed.")
    return int(value)


EXPORT = ExportType("CSV", ".csv", "text/csv", lambda ticket, _: write_csv(ticket))
