"""Parquet files, of which only the columns are read that are needed."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet

from engine.core.errors import InputError
from engine.sources.files.headings import header_rows
from engine.sources.files.table import Table, refuse_too_many


def read_parquet(data: bytes, label: str) -> Table:
    """A Parquet file as a table, an index first, where pandas kept one. Raises InputError."""
    try:
        file = pa.parquet.ParquetFile(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{label} cannot be read as Parquet: write it anew.") from error
    rows = file.metadata.num_rows
    refuse_too_many(rows, label)
    names = file.schema_arrow.names
    parted = [_levels(name) for name in names]
    depth = max((len(levels) for levels in parted), default=1)
    index = [len(parted[i]) < depth or name.startswith("__index_level_")
             for i, name in enumerate(names)]  # fmt: skip
    order = sorted(range(len(names)), key=lambda i: not index[i])
    named = [parted[i] for i in order]
    levels = [row + ("",) * (depth - len(row)) for row in named]
    # An index's name stands in the first level and says nothing of the second.
    headers = tuple(tuple(row[level].strip() for row in levels) for level in range(depth))
    if depth > 1 and header_rows(headers) == 1:
        headers = (tuple(" ".join(filter(None, row)) for row in levels),)

    def load(places: Sequence[int]) -> list[pa.ChunkedArray]:
        wanted = [order[place] for place in places]
        try:
            table = file.read(columns=[names[i] for i in wanted])
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{label} cannot be read as Parquet: write it anew.") from error
        at = {name: i for i, name in enumerate(table.column_names)}
        return [table.column(at[names[i]]) for i in wanted]

    return Table(label=label, headers=headers, rows=rows, load=load)


def _levels(name: str) -> tuple[str, ...]:
    """The levels of a column's name, which pandas writes as a tuple in text."""
    if name.startswith("(") and name.endswith(")"):
        try:
            found = ast.literal_eval(name)
        except (ValueError, SyntaxError):
            return (name,)
        if isinstance(found, tuple) and found and all(isinstance(x, str) for x in found):
            return found
    return (name,)
