"""Instrument files: one row a symbol."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import pandas as pd

from engine.core.errors import InputError
from engine.core.format import listing
from engine.core.frames import INSTRUMENT_COLUMNS, ROLES
from engine.core.words import UNKNOWN_CLASS
from engine.sources.files.headings import Field, ranks, word
from engine.sources.files.table import Table, short, text_of
from engine.sources.files.tabular import read_table
from engine.sources.instruments import check_instruments


def read_instruments(
    source: str | Path | BinaryIO, name: str | None = None, separator: str = ""
) -> pd.DataFrame:
    """Read an instruments file to the instruments frame (`engine.core.frames`), sorted by symbol.

    Only `symbol` is needed (or ticker); absent columns are not known; other columns are ignored.
    Raises InputError naming file and symbol for blank or duplicate symbols, an unknown role, a
    fixing that is not "HH:MM Area/City".
    """
    table = read_table(source, name, separator, one_line=False)
    label = table.label
    if table.ragged:
        raise InputError(
            f"{label}, data row {table.ragged[0][0]}, has another number of fields than its "
            "header: quote cells that hold a comma."
        )
    places = _places(table)
    if not table.rows:
        raise InputError(f"{label} has no instruments below its header: add some.")
    columns = dict(zip(places, table.load(list(places.values())), strict=True))
    blank = pd.Series("", index=range(table.rows), dtype="str")
    frame = pd.DataFrame(
        {
            column: text_of(columns[column]).to_pandas().astype("str").fillna("").str.strip()
            if column in columns
            else blank
            for column in INSTRUMENT_COLUMNS
        }
    )
    frame["asset_class"] = frame["asset_class"].str.lower().replace("", UNKNOWN_CLASS)
    frame["role"] = frame["role"].str.lower().replace("", ROLES[0])
    check_instruments(frame, label)
    return frame.sort_values("symbol", ignore_index=True)


def _places(table: Table) -> dict[str, int]:
    """Column → its place in the file."""
    headers = [name.strip().lower().replace(" ", "_") for name in table.headers[0]]
    twice = sorted({h for h in headers if h in INSTRUMENT_COLUMNS and headers.count(h) > 1})
    if twice:
        raise InputError(f"{table.label} has more than one column {listing(twice)}: keep one of "
                         "each.")  # fmt: skip
    places = {h: i for i, h in enumerate(headers) if h in INSTRUMENT_COLUMNS}
    if "symbol" not in places:
        rank = ranks(Field.SYMBOL)
        known = [i for i, h in enumerate(headers) if word(h) in rank and h not in places]
        if not known:
            shown = listing([short(name) for name in table.headers[0]])
            raise InputError(f"{table.label} has the columns {shown} and no column symbol: add it.")
        places["symbol"] = min(known, key=lambda i: rank[word(headers[i])])
    return places
