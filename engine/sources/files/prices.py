"""Price files of any kind to raw frames.

Nothing is judged here but how a file is read: each row goes on as found, and
`engine.market.quality.validate` says which are fit. So a symbol NA, NULL or TRUE stays text.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from engine.core.errors import InputError
from engine.core.format import count, listing
from engine.core.words import DateOrder, Separator
from engine.sources.files.dates import Stamps, stamps_of
from engine.sources.files.headings import Field
from engine.sources.files.layout import Layout, Shape, layout_of, symbol_named
from engine.sources.files.numbers import plain_numbers
from engine.sources.files.opening import stem
from engine.sources.files.reading import BY_ITSELF, RAW_COLUMNS, RawPrices, Reading, ReadingParams
from engine.sources.files.table import Table, refuse_too_many, short, text_of
from engine.sources.files.tabular import read_table
from engine.sources.files.text import numbers_without
from engine.sources.files.zones import days_meant

_VALUES = (Field.CLOSE, Field.ADJ_CLOSE, Field.VOLUME)
_FIRST_COLUMNS = 4  # among which the dates are looked for where no heading names them
_SAMPLE, _MOSTLY = 50, 0.8
_TODAY = dt.date(2050, 1, 1)  # where nobody says it


def read_prices(
    source: str | Path | BinaryIO,
    name: str | None = None,
    how: ReadingParams = BY_ITSELF,
    today: dt.date = _TODAY,
) -> RawPrices:
    """Read a price file: a path, or a binary buffer with its file name.

    Text in any usual dialect, Parquet, Excel, also packed; long, wide, one symbol a file, or fields
    over symbols as yfinance writes them. Blank lines are skipped and not counted; an empty cell of
    a wide file is no row; an adjusted close or a volume that is no number is not known. how: what
    is said by hand of the reading. today: years of two digits lie before it.

    Raises InputError naming file and column, also for more than ROW_LIMIT rows, or cells of a wide
    file, and for what can be read in two ways. Time is linear.
    """
    table = read_table(source, name, how.separator)
    label = table.label
    layout = layout_of(table, _dated(table))
    refuse_too_many(table.rows * max(1, len(layout.assets) or len(layout.by_symbol)), label)
    rows = _Rows(table, layout, how, stem(label))
    frame, zone, notes = rows.frame(today)
    if table.ragged:
        frame["row"] = numbers_without(frame["row"].to_numpy(), [row for row, _ in table.ragged])
    if not len(frame) and not table.ragged:
        raise InputError(f"{label} has no rows of prices below its header: add some.")
    reading = Reading(
        file=label, encoding=table.encoding,
        separator=table.separator, decimal=rows.decimal, dates=rows.order, zone=zone,
        layout=layout.shape, taken=rows.taken, left=tuple(short(x) for x in layout.left if x),
        notes=(*table.notes, *rows.notes, *notes),
    )  # fmt: skip
    return RawPrices(frame, label, table.ragged, (reading,))


def _dated(table: Table) -> list[bool]:
    """For the first columns, whether nearly all of what they begin with are dates."""
    first = min(_FIRST_COLUMNS, table.width)
    return [_holds_dates(column, table.label) for column in table.load(range(first))]


def _holds_dates(column: pa.ChunkedArray, label: str) -> bool:
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return True
    texts = [str(v).strip() for v in column.slice(0, _SAMPLE).to_pylist() if v is not None]
    texts = [t for t in texts if t]
    if not texts:
        return False
    # Which order the digits have does not matter here.
    found = [~np.isnat(stamps_of(texts, order, label, _TODAY).day) for order in DateOrder]
    return bool(np.any(found, axis=0).mean() > _MOSTLY)


class _Rows:
    """The rows of one file, and what was found out about it on the way."""

    def __init__(self, table: Table, layout: Layout, how: ReadingParams, stem_of_file: str) -> None:
        self._table, self._layout, self._how, self._stem = table, layout, how, stem_of_file
        self.decimal = self.order = ""
        self.notes: list[str] = []
        self.taken: tuple[str, ...] = ()

    def frame(self, today: dt.date) -> tuple[pd.DataFrame, str, tuple[str, ...]]:
        """RAW_COLUMNS by row, then by column; the zone that was used, and what that changed."""
        layout, table = self._layout, self._table
        if layout.shape is Shape.WIDE:
            made = self._wide()
        elif layout.shape is Shape.FIELDS:
            made = self._stacked()
        else:
            made = self._one_column_each()
        (dates,) = table.load([layout.date])
        place = made.pop("_place")
        codes = pd.factorize(made["symbol"])[0]
        days, zone, notes = self._days(dates, place, codes, today)
        frame = pd.DataFrame({"row": place + 1, **made, "date": days})[list(RAW_COLUMNS)]
        return frame, zone, notes

    def _one_column_each(self) -> dict[str, Any]:
        """Long files, and those of one symbol."""
        table, fields = self._table, dict(self._layout.fields)
        if Field.CLOSE not in fields:
            fields[Field.CLOSE] = fields[Field.ADJ_CLOSE]
            self.notes.append("Only adjusted closes: taken as the closes too.")
        names = table.headers[0]
        self.taken = tuple(short(names[i]) for i in {self._layout.date: 0} | dict.fromkeys(
            fields.values()))  # fmt: skip
        columns = dict(zip(fields, table.load(list(fields.values())), strict=True))
        out: dict[str, Any] = {"_place": np.arange(table.rows)}
        if Field.SYMBOL in columns:
            out["symbol"] = _series(text_of(columns[Field.SYMBOL]))
        else:
            symbol = symbol_named(self._stem, table.label)
            out["symbol"] = pd.Series([symbol] * table.rows, dtype="str")
        for one in _VALUES:
            if one not in columns:
                out[one.value] = np.nan
                continue
            out[one.value] = self._numbers([columns[one]], [names[fields[one]]], one)
        return out

    def _name_of_dates(self) -> str:
        return short(self._table.headers[0][self._layout.date]) or "dates without a name"

    def _wide(self) -> dict[str, Any]:
        assets = self._layout.assets
        symbols = [name.strip() for name in assets.values()]
        self.taken = (self._name_of_dates(), *(short(s) for s in symbols))
        close = self._numbers(self._table.load(list(assets)), symbols, Field.CLOSE)
        place, column, close = _cells(close, self._table.rows, len(symbols))
        return {
            "_place": place,
            "symbol": pd.Series(pd.Categorical.from_codes(column, symbols)).astype("str"),
            "close": close, "adj_close": np.nan, "volume": np.nan,
        }  # fmt: skip

    def _stacked(self) -> dict[str, Any]:
        table, n = self._table, self._table.rows
        by_symbol = {s: of for s, of in self._layout.by_symbol.items()
                     if {Field.CLOSE, Field.ADJ_CLOSE} & set(of)}  # fmt: skip
        symbols = list(by_symbol)
        self.taken = (*sorted({f.value for of in by_symbol.values() for f in of}),
                      *(short(s) for s in symbols))  # fmt: skip
        if any(Field.CLOSE not in of for of in by_symbol.values()):
            self.notes.append("Only adjusted closes: taken as the closes too.")
        columns: dict[Field, Any] = {}
        for one in _VALUES:
            others = {Field.CLOSE: Field.ADJ_CLOSE}
            places = [of.get(one, of.get(others.get(one, one), -1)) for of in by_symbol.values()]
            if all(place < 0 for place in places):
                columns[one] = None
                continue
            there = iter(table.load([place for place in places if place >= 0]))
            blank = pa.chunked_array([pa.nulls(n, pa.string())])
            loaded = [next(there) if place >= 0 else blank for place in places]
            columns[one] = self._numbers(loaded, symbols, one)
        place, column, close = _cells(columns[Field.CLOSE], n, len(symbols))
        cell = column * n + place
        return {
            "_place": place,
            "symbol": pd.Series(pd.Categorical.from_codes(column, symbols)).astype("str"),
            "close": close,
            **{f.value: np.nan if columns[f] is None
               else columns[f].iloc[cell].reset_index(drop=True) for f in _VALUES[1:]},
        }  # fmt: skip

    def _numbers(
        self, columns: list[pa.ChunkedArray], names: list[str], of: Field
    ) -> pd.Series:  # fmt: skip
        """The cells of columns, one below the other: float where all are numbers by type, else text
        of plain decimals; what is no number stays as found in closes and is "" elsewhere."""
        if all(_is_number(column.type) for column in columns):
            parts = [column.cast(pa.float64(), safe=False).to_pandas() for column in columns]
            return pd.concat(parts, ignore_index=True)
        label = self._table.label
        texts = [text_of(column).combine_chunks() for column in columns]
        group = np.repeat(np.arange(len(names)), self._table.rows)
        plain, mark, signs = plain_numbers(
            pa.concat_arrays(texts), group, names, self._how.decimal, label,
            points_tell=self._table.separator != Separator.SEMICOLON,
        )  # fmt: skip
        self.decimal = mark if of is Field.CLOSE or not self.decimal else self.decimal
        if signs:
            self.notes.append(
                f"{count(signs, 'cell')} of {of.value} with a currency's sign: the currency is the "
                "instrument's."
            )
        found = _series(plain)
        if of is Field.CLOSE:
            return found
        numbers = _floats(plain, found)
        unread = int((numbers.isna() & (found != "")).sum())
        if unread:
            example = short(found[(numbers.isna() & (found != "")).to_numpy()].iloc[0])
            self.notes.append(
                f"{of.value.replace('_', ' ')} of {count(unread, 'row')} is no number ({example}): "
                "taken as not known."
            )
        return numbers.astype("float64")

    def _days(
        self, dates: pa.ChunkedArray, place: np.ndarray, symbols: np.ndarray, today: dt.date
    ) -> tuple[pd.Series, str, tuple[str, ...]]:
        """By row: the day as ISO text, or as found where it is none; typed dates stay typed."""
        label = self._table.label
        kind = dates.type
        if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
            stamps, code = _typed_stamps(dates, label)
            texts = None
        else:
            found = _date_texts(dates)
            code, distinct = pd.factorize(found)
            texts = np.append(np.asarray(distinct, dtype=object), "")
            stamps = stamps_of(list(distinct), self._how.dates, label, today)
            self.order = stamps.order
            self.notes.extend(stamps.notes)
        days, zone, notes = days_meant(stamps, code[place], symbols, self._how.zone, label)
        if texts is None:
            return pd.Series(days.astype("datetime64[us]")), zone, notes
        known = ~np.isnat(days)
        out = texts[code[place]].astype(object)
        if known.any():
            unique, where = np.unique(days[known], return_inverse=True)
            out[known] = unique.astype(str).astype(object)[where]
        return pd.Series(out, dtype="str"), zone, notes


def _cells(close: pd.Series, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray, pd.Series]:
    """Row, column and close of the cells that are not empty, by row, then by column."""
    there = (close.notna() if close.dtype == "float64" else close != "").to_numpy()
    place, column = np.nonzero(there.reshape(columns, rows).T)
    return place, column, close.iloc[column * rows + place].reset_index(drop=True)


def _typed_stamps(dates: pa.ChunkedArray, label: str) -> tuple[Stamps, np.ndarray]:
    """Dates of a column that has them by type: a zone of its own says what day is meant."""
    kind, utc = dates.type, False
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        utc = kind.tz.upper() in ("UTC", "ETC/UTC", "Z", "+00:00", "GMT")
        try:
            dates = pc.local_timestamp(dates)
        except pa.ArrowException as error:
            raise InputError(
                f"The dates of {label} are in the zone {short(kind.tz)}, which there is not: write "
                "them in UTC."
            ) from error
    moments = dates.cast(pa.timestamp("s"), safe=False).to_numpy().astype("datetime64[s]")
    code, distinct = pd.factorize(moments)
    distinct = np.asarray(distinct, dtype="datetime64[s]")
    day = distinct.astype("datetime64[D]")
    sane = (day >= np.datetime64("0001-01-01")) & (day <= np.datetime64("9999-12-31"))
    day = np.where(sane, day, np.datetime64("NaT"))
    seconds = np.where(sane, (distinct - distinct.astype("datetime64[D]")).astype("int64"), 0)
    offset = np.full(len(day), 0.0 if utc else np.nan)
    return Stamps(day, seconds, offset, ""), code


def _date_texts(dates: pa.ChunkedArray) -> pd.Series:
    if pa.types.is_floating(dates.type):  # 20200102.0 is a day too
        whole = dates.to_pandas()
        return whole.map(lambda v: "" if np.isnan(v) else f"{v:.0f}" if v == int(v) else repr(v)
                         ).astype("str")  # fmt: skip
    return _series(text_of(dates))


def _series(column: pa.ChunkedArray | pa.Array) -> pd.Series:
    """Text without surrounding blanks; missing is ""."""
    return pc.utf8_trim_whitespace(pc.fill_null(column, "")).to_pandas().astype("str")


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind)


def together(parts: list[RawPrices]) -> RawPrices:
    """Several files as one; each keeps its own row numbers. Raises InputError over ROW_LIMIT."""
    if len(parts) == 1:
        return parts[0]
    refuse_too_many(sum(map(len, parts)), f"The whole of {count(len(parts), 'file')}")
    return RawPrices(
        pd.concat([part.frame for part in parts], ignore_index=True),
        f"{count(len(parts), 'file')}: {listing([part.source for part in parts])}",
        tuple(row for part in parts for row in part.ragged),
        tuple(reading for part in parts for reading in part.readings),
    )


def _floats(plain: pa.Array, found: pd.Series) -> pd.Series:
    """Plain decimals as numbers, what is none as NaN. `found`: the same as text."""
    try:
        blank = pc.equal(plain, "")
        values = pc.if_else(blank, pa.scalar(None, plain.type), plain).cast(pa.float64())
        numbers = pd.Series(values.to_numpy(zero_copy_only=False), dtype="float64")
    except pa.ArrowInvalid:  # a cell that is no number: five times slower
        numbers = pd.to_numeric(found, errors="coerce")
    return numbers.replace([np.inf, -np.inf], np.nan)
