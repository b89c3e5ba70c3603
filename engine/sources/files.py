"""Price and instrument files: CSV or Parquet, long or wide, to raw frames.

Nothing is judged here but the shape of the file: each row goes on as found, and
`engine.market.quality.validate` says which are fit. So a symbol NA, NULL or TRUE stays text.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from engine.core.errors import InputError
from engine.core.format import listing
from engine.core.frames import INSTRUMENT_COLUMNS, PRICE_COLUMNS, ROLES
from engine.core.words import UNKNOWN_CLASS
from engine.sources.instruments import check_instruments

RAW_COLUMNS = ("row", *PRICE_COLUMNS)
# Above 1 GB of memory while they are checked; 300 assets have 20 million rows in 260 years.
ROW_LIMIT = 20_000_000
_SHAPES = "long (symbol,date,close[,adj_close][,volume]) or wide (date, then one column a symbol)"


@dataclass(frozen=True)
class RawPrices:
    """Price rows as found.

    `frame` has the columns row (1-based data row in the file), symbol (text), and date, close,
    adj_close, volume as text or typed, "" or missing = blank. `ragged` are the rows whose number
    of fields is not the header's, as (row, text). `source` is the file's name.
    """

    frame: pd.DataFrame
    source: str
    ragged: tuple[tuple[int, str], ...] = ()

    def __len__(self) -> int:
        return len(self.frame) + len(self.ragged)

    @staticmethod
    def of(prices: pd.DataFrame, source: str) -> RawPrices:
        """Prices that come from no file, numbered from 1; absent optional columns are blank."""
        frame = prices.reset_index(drop=True).reindex(columns=list(PRICE_COLUMNS))
        frame.insert(0, "row", np.arange(1, len(frame) + 1))
        return RawPrices(frame, source)


def read_prices(source: str | Path | BinaryIO, name: str | None = None) -> RawPrices:
    """Read a price file: a path, or a binary buffer with its file name.

    CSV is UTF-8 text (a byte-order mark is allowed; blank lines are skipped and not counted);
    Parquet keeps its types. Long or wide; headers in any case; other columns are ignored; an empty
    cell of a wide file is no row. Raises InputError naming file and column, also for more than
    ROW_LIMIT rows, or cells of a wide file. Time is linear.
    """
    table, label, ragged = _read_table(source, name)
    headers = [_header(column) for column in table.column_names]
    if {"symbol", "date", "close"} <= set(headers):
        _refuse_too_many(table.num_rows, label)
        frame = _long(table, headers, label)
    elif _is_wide(headers, label):
        _refuse_too_many(table.num_rows * (table.num_columns - 1), label)
        frame = _wide(table, headers.index("date"), label)
    else:
        raise InputError(
            f"{label} has the columns {listing(table.column_names)}: make it {_SHAPES}."
        )
    if ragged:
        frame["row"] = _numbers_without(frame["row"].to_numpy(), [row for row, _ in ragged])
    if not len(frame) and not ragged:
        raise InputError(f"{label} has no rows of prices below its header: add some.")
    return RawPrices(frame, label, ragged)


def read_instruments(source: str | Path | BinaryIO, name: str | None = None) -> pd.DataFrame:
    """Read an instruments file to the instruments frame (`engine.core.frames`), sorted by symbol.

    Only `symbol` is needed; absent columns are not known; other columns are ignored. Raises
    InputError naming file and symbol for blank or duplicate symbols, an unknown role, a fixing
    that is not "HH:MM Area/City".
    """
    table, label, ragged = _read_table(source, name)
    if ragged:
        raise InputError(
            f"{label}, data row {ragged[0][0]}, has another number of fields than its header: "
            "quote cells that hold a comma."
        )
    headers = [_header(column) for column in table.column_names]
    if "symbol" not in headers:
        raise InputError(
            f"{label} has the columns {listing(table.column_names)} and no column symbol: add it."
        )
    _refuse_duplicates(headers, set(INSTRUMENT_COLUMNS), label)
    if not table.num_rows:
        raise InputError(f"{label} has no instruments below its header: add some.")
    frame = pd.DataFrame(
        {
            column: _text(table.column(headers.index(column)))
            if column in headers
            else pd.Series("", index=range(table.num_rows), dtype="str")
            for column in INSTRUMENT_COLUMNS
        }
    )
    frame["asset_class"] = frame["asset_class"].str.lower().replace("", UNKNOWN_CLASS)
    frame["role"] = frame["role"].str.lower().replace("", ROLES[0])
    check_instruments(frame, label)
    return frame.sort_values("symbol", ignore_index=True)


def _read_table(
    source: str | Path | BinaryIO, name: str | None
) -> tuple[pa.Table, str, tuple[tuple[int, str], ...]]:
    """The file as an Arrow table (CSV: all text), its name, and the rows that do not fit it."""
    if isinstance(source, str | Path):
        label = name or Path(source).name
        try:
            data = Path(source).read_bytes()
        except FileNotFoundError as error:
            raise InputError(f"{source} does not exist: name a CSV or Parquet file.") from error
        except OSError as error:
            raise InputError(f"{source} cannot be read ({error.strerror}).") from error
    else:
        label, data = name or str(getattr(source, "name", "upload")), source.read()
    suffix = Path(label).suffix.lower()
    if not data.strip():
        raise InputError(f"{label} is empty: name a file with prices or instruments.")
    if data[:4] == b"PAR1" or suffix in {".parquet", ".pq"}:
        return _read_parquet(data, label), label, ()
    if suffix in {".csv", ".txt"}:
        table, ragged = _read_csv(data, label)
        return table, label, ragged
    raise InputError(f"{label} is neither CSV nor Parquet: save it as .csv or .parquet.")


def _read_parquet(data: bytes, label: str) -> pa.Table:
    try:
        # Its rows are counted before they are unpacked.
        _refuse_too_many(pa.parquet.read_metadata(pa.BufferReader(data)).num_rows, label)
        return pa.parquet.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{label} cannot be read as Parquet: write it anew.") from error


def _read_csv(data: bytes, label: str) -> tuple[pa.Table, tuple[tuple[int, str], ...]]:
    opening = io.StringIO(data[: 1 << 20].decode("utf-8-sig", errors="replace"))
    try:
        header = next((row for row in csv.reader(opening, strict=True) if row), [])
    except csv.Error as error:
        raise InputError(
            f'The header of {label} cannot be read: a quote (") in it has no other half; close it '
            "or take it out."
        ) from error
    names = [f"f{i}" for i in range(len(header))]
    ragged: list[tuple[int, str]] = []

    def keep_for_quarantine(row: pa.csv.InvalidRow) -> str:
        # Arrow counts the header as row 1, so its data rows are numbered from 2.
        ragged.append((row.number - 1, row.text))
        return "skip"

    try:
        table = pa.csv.read_csv(
            pa.BufferReader(data),
            # Row numbers are known only to a single thread.
            read_options=pa.csv.ReadOptions(
                autogenerate_column_names=True, use_threads=False, block_size=1 << 23
            ),
            parse_options=pa.csv.ParseOptions(
                newlines_in_values=True, invalid_row_handler=keep_for_quarantine
            ),
            # The header is read as the first row of a table that is text throughout.
            convert_options=pa.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowException as error:
        raise InputError(f"{label} cannot be read as CSV in UTF-8: save it so.") from error
    titles = [table.column(i)[0].as_py().strip() for i in range(table.num_columns)]
    return table.slice(1).rename_columns(titles), tuple(ragged)


def _refuse_too_many(rows: int, label: str) -> None:
    if rows > ROW_LIMIT:
        raise InputError(
            f"{label} holds {rows:,} prices, more than {ROW_LIMIT:,}: split it, say by years."
        )


def _header(column: str) -> str:
    return column.strip().lower().replace(" ", "_")


def _refuse_duplicates(headers: list[str], among: set[str] | None, label: str) -> None:
    seen = [h for h in headers if among is None or h in among]
    twice = sorted({h for h in seen if seen.count(h) > 1}) if len(set(seen)) < len(seen) else []
    if twice:
        raise InputError(f"{label} has more than one column {listing(twice)}: keep one of each.")


def _is_wide(headers: list[str], label: str) -> bool:
    """Whether the columns are a date and symbols; a long file that lacks a column is refused."""
    missing = [name for name in ("symbol", "date", "close") if name not in headers]
    if {"symbol", "close", "adj_close"} & set(headers):
        raise InputError(f"{label} lacks the column {listing(missing)}: make it {_SHAPES}.")
    # A frame's index is written last to Parquet, so `date` may stand anywhere.
    return "date" in headers and len(headers) > 1


def _long(table: pa.Table, headers: list[str], label: str) -> pd.DataFrame:
    _refuse_duplicates(headers, set(PRICE_COLUMNS), label)
    columns: dict[str, pd.Series] = {}
    for name in PRICE_COLUMNS:
        if name not in headers:
            columns[name] = pd.Series(np.nan, index=range(table.num_rows))
            continue
        column = table.column(headers.index(name))
        columns[name] = _text(column) if name == "symbol" else _as_found(column)
    frame = pd.DataFrame(columns)
    frame.insert(0, "row", np.arange(1, table.num_rows + 1))
    return frame


def _wide(table: pa.Table, date_at: int, label: str) -> pd.DataFrame:
    """One row a cell that is not empty, by date row, then by column."""
    names = [name.strip() for i, name in enumerate(table.column_names) if i != date_at]
    if "" in names:
        raise InputError(f"{label} has a column without a symbol in its header: name or drop it.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{label} has more than one column {listing(twice)}: keep one of each.")
    dates = _as_found(table.column(date_at))
    cells = [_as_found(c) for i, c in enumerate(table.columns) if i != date_at]
    if all(pd.api.types.is_float_dtype(c.dtype) for c in cells):
        values = np.column_stack([c.to_numpy() for c in cells])
        row, column = np.nonzero(~np.isnan(values))
        close = pd.Series(values[row, column])
    else:
        text = np.column_stack([_to_text(c).to_numpy(dtype=object) for c in cells])
        row, column = np.nonzero(text != "")
        close = pd.Series(text[row, column], dtype="str")
    symbols = pd.Series(pd.Categorical.from_codes(column, categories=names)).astype("str")
    return pd.DataFrame(
        {
            "row": row + 1,
            "symbol": symbols,
            "date": dates.take(row).reset_index(drop=True),
            "close": close,
            "adj_close": np.nan,
            "volume": np.nan,
        }
    )


def _as_found(column: pa.ChunkedArray) -> pd.Series:
    """Floats, midnights or text: numbers and dates keep their type, all else becomes text."""
    kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        # A whole number in a date column is YYYYMMDD; `validate` reads it as text there.
        return column.cast(pa.float64(), safe=False).to_pandas()
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        if pa.types.is_timestamp(kind) and kind.tz is not None:
            # The day that is written is the day that is meant, whatever the zone.
            local = column.to_pandas().dt.tz_localize(None)
            return local.astype("datetime64[us]")
        return column.cast(pa.timestamp("us"), safe=False).to_pandas().astype("datetime64[us]")
    return _text(column)


def _text(column: pa.ChunkedArray) -> pd.Series:
    """Text without surrounding blanks; missing is ""."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    try:
        return column.cast(pa.string()).to_pandas().astype("str").fillna("").str.strip()
    except pa.ArrowException as error:
        raise InputError(f"A column of type {kind} cannot be read: store it as text.") from error


def _to_text(cells: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(cells.dtype):
        return cells.map(lambda v: "" if np.isnan(v) else repr(v)).astype("str")
    return cells.astype("str")


def _numbers_without(rows: np.ndarray, ragged: list[int]) -> np.ndarray:
    """Row numbers in the file, of rows that were numbered after the ragged ones were left out."""
    # The k-th ragged row (from 0) has `ragged[k] - 1 - k` good rows before it.
    good_before = np.asarray(ragged) - 1 - np.arange(len(ragged))
    return rows + np.searchsorted(good_before, rows - 1, side="right")
