"""From files to what one ingest stores: read, checked, and refused where nothing of it fits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from engine.core.errors import InputError
from engine.core.format import count
from engine.market.oddities import Oddity, oddities
from engine.market.preview import Batch, reasons_of
from engine.market.quality import validate
from engine.sources.files import (
    RawPrices,
    Reading,
    ReadingParams,
    read_instruments,
    read_prices,
    together,
)
from engine.sources.files.opening import ENDINGS, stem
from engine.store import IngestResult


@dataclass(frozen=True)
class Ingested(IngestResult):
    """What an ingest of files did. reasons: of the quarantined rows, as records of reason, rows,
    example (a row's number). readings: how each file was read. warnings: what is stored of these
    symbols but looks wrong."""

    reasons: tuple[dict[str, Any], ...] = ()
    readings: tuple[Reading, ...] = ()
    warnings: tuple[Oddity, ...] = ()


def read_files(
    prices: Any,
    instruments: Any | None,
    universe: str | None,
    how: ReadingParams,
    today: dt.date | None,
) -> tuple[RawPrices, str, pd.DataFrame | None]:
    """The files as found, and the universe's name.

    prices: a file, several, or the path of a folder; files are paths, or binary buffers with a
    `name`. Without a universe its name is the one file's or folder's.
    """
    files, usual = _each(prices)
    for file in (*files, instruments):
        if rewind := getattr(file, "seek", None):
            rewind(0)  # a buffer may have been read before
    raw = together([read_prices(file, how=how, today=today or _today()) for file in files])
    table = None if instruments is None else read_instruments(instruments, separator=how.separator)
    if not (universe or usual):
        raise InputError("Which universe are these files of? Name it: --universe NAME.")
    return raw, universe or usual, table


def checked(
    raw: RawPrices,
    universe: str,
    table: pd.DataFrame | None,
    stored: set[str],
    today: dt.date | None,
) -> Batch:
    """The rows that are fit, and the others; `stored` are symbols that need no instruments file."""
    known = stored | (set() if table is None else set(table["symbol"]))
    clean, rejects = validate(raw, known, today or _today())
    return Batch(universe, table, clean, rejects, raw.source, raw.readings)


def refuse_nothing(batch: Batch) -> None:
    """Raises InputError for files of which no row is fit: nothing is stored of them."""
    if len(batch.prices):
        return
    told = [f"{count(r['rows'], 'row')}: {r['reason']} (row {r['example']})"
            for r in reasons_of(batch.rejects).head(2).to_dict("records")]  # fmt: skip
    raise InputError(
        f"No row of {batch.source[:60]} is fit to be stored; {'; '.join(told) or 'it has none'}."
    )


def odd_after(batch: Batch, prices: pd.DataFrame, instruments: pd.DataFrame) -> tuple[Oddity, ...]:
    """What will look wrong of the symbols of a batch, once it is stored.

    prices, instruments: what is stored before, or after: the batch's own rows count.
    """
    symbols = batch.prices["symbol"].unique()
    before = prices[prices["symbol"].isin(symbols)]
    if len(before):
        whole = pd.concat([before, batch.prices]).drop_duplicates(["symbol", "date"], keep="last")
        whole = whole.sort_values(["symbol", "date"], ignore_index=True)
    else:
        whole = batch.prices
    return oddities(whole, instruments, batch.rejects)


def ingested(
    result: IngestResult, batch: Batch, prices: pd.DataFrame, instruments: pd.DataFrame
) -> Ingested:
    """The result with what the files had to say. prices, instruments: as stored now."""
    reasons = reasons_of(batch.rejects).to_dict("records")
    own = prices[prices["symbol"].isin(batch.prices["symbol"].unique())]
    return Ingested(
        **vars(result), reasons=tuple(reasons), readings=batch.readings,
        warnings=oddities(own, instruments, batch.rejects),
    )  # fmt: skip


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def _each(prices: Any) -> tuple[list[Any], str]:
    """The single files, and the name that they give a universe; "" where they give none."""
    given = list(prices) if isinstance(prices, list | tuple) else [prices]
    if len(given) == 1 and isinstance(given[0], str | Path) and Path(given[0]).is_dir():
        return _in_folder(Path(given[0])), Path(given[0]).resolve().name
    if len(given) == 1:
        return given, stem(str(getattr(given[0], "name", given[0])))
    return _distinct(given), ""


def _in_folder(folder: Path) -> list[Path]:
    found = sorted(p for p in folder.iterdir() if p.is_file() and _of_prices(p.name))
    if not found:
        raise InputError(f"The folder {folder} holds no files of prices: name one that does.")
    return found


def _of_prices(name: str) -> bool:
    """Whether a file of a folder is one of prices; a spreadsheet that is open has a shadow."""
    low = name.lower()
    return low.endswith(ENDINGS) and not low.startswith((".", "~$", "instruments"))


def _distinct(files: Sequence[Any]) -> list[Any]:
    names = [str(getattr(file, "name", file)) for file in files]
    if twice := next((n for n in names if names.count(n) > 1), None):
        raise InputError(f"The file {twice} is given twice: name it once.")
    return list(files)
