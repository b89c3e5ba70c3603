"""What the columns of a table are: long, wide, one file a symbol, or fields over symbols."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from engine.core.errors import InputError
from engine.core.format import listing
from engine.sources.files.headings import (
    Field,
    fields_first,
    flattened,
    is_beside,
    is_unnamed,
    ranks,
    word,
)
from engine.sources.files.table import Table, short

SHAPES = "long (symbol,date,close[,adj_close][,volume]) or wide (date, then one column a symbol)"
# Names of files that are no symbols.
_NO_SYMBOL = frozenset(
    ("prices", "price", "data", "export", "download", "downloads", "table", "history", "historical",
     "untitled", "book1", "upload", "file", "quotes", "closes", "close", "p", "wide", "long")
)  # fmt: skip


class Shape(StrEnum):
    """How a file holds its prices."""

    LONG = "long"
    WIDE = "wide"
    ONE = "one symbol"
    FIELDS = "fields over symbols"


@dataclass(frozen=True)
class Layout:
    """Places of columns. date: of the dates. fields: long, of symbol and values; one symbol, of
    values. symbols: wide, place → symbol; fields over symbols, symbol → field → place. left: places
    that are not used."""

    shape: Shape
    date: int
    fields: dict[Field, int] = field(default_factory=dict)
    assets: dict[int, str] = field(default_factory=dict)
    by_symbol: dict[str, dict[Field, int]] = field(default_factory=dict)
    left: tuple[str, ...] = ()


def layout_of(table: Table, dated: Sequence[bool]) -> Layout:
    """What the columns mean, by their headings.

    dated: for the first columns, whether they hold dates; decides where no heading names them.
    Raises InputError naming the file and what it lacks.
    """
    if len(table.headers) > 1:
        return _fields_over_symbols(table)
    names = table.headers[0]
    if len(names) == 1:
        raise _not_read(table)
    if parted := flattened(names):
        return _fields_over_symbols(dataclasses.replace(table, headers=parted))
    words = [word(name) for name in names]
    found = {f: _best(words, f) for f in Field}
    date = _date_at(names, found[Field.DATE], dated)
    if date is None and found[Field.DATE] is None and _has_prices(found):
        raise InputError(f"{table.label} lacks the column date: make it {SHAPES}.")
    if date is None:
        raise _not_read(table)
    close = found[Field.CLOSE] if found[Field.CLOSE] is not None else found[Field.ADJ_CLOSE]
    fields: dict[Field, int] = {
        f: at for f, at in found.items() if at is not None and f is not Field.DATE
    }
    others = [i for i in range(len(names)) if i != date and not is_unnamed(names[i], i)]
    if close is None and _long_without_close(words, found, others):
        raise InputError(f"{table.label} lacks the column close: make it {SHAPES}.")
    if close is not None and found[Field.SYMBOL] is not None and close != found[Field.SYMBOL]:
        _refuse_twice(names, words, fields, table.label)
        return Layout(Shape.LONG, date, fields, left=_left(names, {date, *fields.values()}))
    if close is not None and all(i in fields.values() or is_beside(names[i]) for i in others):
        fields.pop(Field.SYMBOL, None)
        _refuse_twice(names, words, fields, table.label)
        return Layout(Shape.ONE, date, fields, left=_left(names, {date, *fields.values()}))
    return _wide(names, date, others, table.label)


def symbol_named(stem: str, label: str) -> str:
    """The symbol of a file that holds one: its name, but for what a browser adds to it.

    Raises InputError where that is no symbol.
    """
    found = stem
    if found.endswith(")") and " (" in found and found.rpartition(" (")[2][:-1].isdigit():
        found = found.rpartition(" (")[0]
    if not found or found.lower() in _NO_SYMBOL:
        raise InputError(
            f"{label} lacks the column symbol, and its name is no symbol: name it as AAPL.csv, or "
            f"make it {SHAPES}."
        )
    return found


def _fields_over_symbols(table: Table) -> Layout:
    """A header of two rows, as of yfinance, in either order."""
    first = fields_first(table.headers)
    kinds, symbols = table.headers[:2] if first else (table.headers[1], table.headers[0])
    by_symbol: dict[str, dict[Field, int]] = {}
    left = []
    known = {name: f for f in (Field.CLOSE, Field.ADJ_CLOSE, Field.VOLUME) for name in ranks(f)}
    for place in range(1, table.width):
        kind = known.get(word(kinds[place]))
        if kind is None or not symbols[place]:
            left.append(kinds[place])
            continue
        of = by_symbol.setdefault(symbols[place], {})
        if kind in of:
            raise InputError(f"{table.label} has {short(symbols[place])} twice: keep one of each.")
        of[kind] = place
    if not any({Field.CLOSE, Field.ADJ_CLOSE} & set(of) for of in by_symbol.values()):
        raise InputError(f"{table.label} lacks closes: its fields are {listing(_shown(left))}.")
    return Layout(Shape.FIELDS, 0, by_symbol=by_symbol, left=tuple(dict.fromkeys(left)))


def _wide(names: Sequence[str], date: int, others: list[int], label: str) -> Layout:
    """A column a symbol. What stands beside closes elsewhere is no asset, unless it is written as
    symbols are, in capitals."""
    beside = [i for i in others if is_beside(names[i]) and not names[i].isupper()]
    kept = [i for i in others if i not in set(beside)]
    blank = [i for i in range(len(names)) if i != date and not names[i].strip()]
    if [i for i in blank if i > date]:
        raise InputError(f"{label} has a column without a symbol in its header: name or drop it.")
    if not kept:
        raise InputError(f"{label} lacks closes: its columns are {listing(_shown(names))}.")
    counted = Counter(names[i] for i in kept)
    if twice := sorted(name for name, n in counted.items() if n > 1):
        raise InputError(f"{label} has more than one column {listing(_shown(twice))}: keep one of "
                         "each.")  # fmt: skip
    return Layout(
        Shape.WIDE, date, assets={i: names[i] for i in kept}, left=tuple(names[i] for i in beside)
    )


def _date_at(names: Sequence[str], named: int | None, dated: Sequence[bool]) -> int | None:
    """A column that is called so; else one without a name, or the first, that holds dates."""
    if named is not None and (named >= len(dated) or dated[named] or word(names[named]) == "date"):
        return named
    unnamed = [i for i in range(len(dated)) if dated[i] and is_unnamed(names[i], i)]
    if unnamed:
        return unnamed[0]
    return 0 if len(dated) and dated[0] else named


def _best(words: Sequence[str], of: Field) -> int | None:
    """The column whose heading tells the most; of two the first."""
    rank = ranks(of)
    known = [i for i, name in enumerate(words) if name in rank]
    return min(known, key=lambda i: (rank[words[i]], i)) if known else None


def _has_prices(found: dict[Field, int | None]) -> bool:
    return found[Field.CLOSE] is not None or found[Field.ADJ_CLOSE] is not None


def _long_without_close(words: Sequence[str], found: dict[Field, int | None],
                        others: list[int]) -> bool:  # fmt: skip
    """Whether it names symbols in a column and no price, so is not wide."""
    at = found[Field.SYMBOL]
    return at is not None and words[at] in ("symbol", "ticker") and len(others) < 20


def _refuse_twice(
    names: Sequence[str], words: Sequence[str], fields: dict[Field, int], label: str
) -> None:
    """Two columns of the very same heading: which counts is not known."""
    for place in fields.values():
        if words.count(words[place]) > 1:
            raise InputError(
                f"{label} has more than one column {short(names[place]).lower()}: keep one of each."
            )


def _left(names: Sequence[str], used: set[int]) -> tuple[str, ...]:
    return tuple(name for i, name in enumerate(names) if i not in used)


def _not_read(table: Table) -> InputError:
    return InputError(
        f"{table.label} has the columns {listing(_shown(table.headers[0]))}: make it {SHAPES}."
    )


def _shown(names: Sequence[str]) -> list[str]:
    return [short(name) or "(no name)" for name in names]
