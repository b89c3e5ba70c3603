"""Numbers as files write them: the decimal mark is a column's, never a cell's.

One 1.213,03 says that a 1.205 of the same column is 1205. What a column does not tell, the others
of the file may; what they do not tell either is refused, but for 1.205, which is read as it stands.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.core.errors import InputError
from engine.core.words import DecimalMark
from engine.sources.files.table import short

# Words for what is not there.
MISSING = ("", "nan", "null", "none", "na", "n/a", "#n/a", "#na", "nil", "-", "--", "—", "–", ".",
           "..", "nat", "<na>")  # fmt: skip
_PLAIN = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_SIGNS = r"^([$€£¥₩₹]|US\$)\s*|\s*[$€£¥₩₹]$"
# Blanks and apostrophes part thousands, whichever the mark.
_GAPS = "[\u0020\u00a0\u2009\u202f'\u2019]"
_EXP = r"([eE][+-]?[0-9]+)?$"
# `d` stands for the decimal mark, `t` for what parts thousands. A mark before other than three
# digits, after a 0 or over three digits, is the decimals'; marks of both kinds, or one kind twice,
# say which parts thousands (and hundreds of thousands, as in 12,34,567).
_GROUPS = r"[0-9]{1,3}(t[0-9]{3})+|[0-9]{1,2}(t[0-9]{2})+t[0-9]{3}"
_TELLING = (
    r"^[+-]?([0-9]*d([0-9]{1,2}|[0-9]{4,})|0[0-9]*d[0-9]*|[0-9]{4,}d[0-9]*|d[0-9]+"
    rf"|({_GROUPS})d[0-9]*|[0-9]{{1,3}}(t[0-9]{{3}}){{2,}}"
    rf"|[0-9]{{1,2}}(t[0-9]{{2}})+t[0-9]{{3}}){_EXP}"
)
_WHOLE = rf"^[+-]?({_GROUPS}|[0-9]*)(d[0-9]*)?{_EXP}"
_UNSURE = r"^[+-]?[1-9][0-9]{0,2}d[0-9]{3}$"


def _with(pattern: str, decimal: str, thousands: str) -> str:
    return pattern.replace("[0-9]", "\0").replace("d", decimal).replace("t", thousands).replace(
        "\0", "[0-9]")  # fmt: skip


_POINT, _COMMA = _with(_TELLING, r"\.", ","), _with(_TELLING, ",", r"\.")
_FULL_POINT, _FULL_COMMA = _with(_WHOLE, r"\.", ","), _with(_WHOLE, ",", r"\.")
_UNSURE_COMMA, _UNSURE_POINT = _with(_UNSURE, ",", ","), _with(_UNSURE, r"\.", ",")


def plain_numbers(
    cells: pa.Array, group: np.ndarray, names: list[str], mark: str, label: str,
    *, points_tell: bool = True,
) -> tuple[pa.Array, str, int]:  # fmt: skip
    """Text of numbers as plain decimals; what is no number stays as found, what says that nothing
    is there becomes "".

    group: by cell, the place of its column in `names`. mark: a value of DecimalMark; "" = as the
    columns show. points_tell: whether 1.205 alone is read as it stands; not where the file's cells
    are parted by semicolons, as where commas are decimals'. Gives also the mark that was used ("" =
    nobody needed one) and how many cells had a currency's sign.

    Raises InputError for a column that can be read in two ways.
    """
    text = pc.utf8_trim_whitespace(pc.fill_null(cells, ""))
    plain = _true(pc.match_substring_regex(text, _PLAIN))
    odd = np.flatnonzero(~plain)
    if not odd.size and mark != DecimalMark.COMMA and points_tell:
        return text, "", 0
    found = pc.take(text, pa.array(odd))
    missing = _true(pc.is_in(pc.utf8_lower(found), value_set=pa.array(MISSING)))
    signless = pc.replace_substring_regex(found, _SIGNS, "")
    signs = int((_true(pc.not_equal(signless, found)) & ~missing).sum())
    found = pc.replace_substring_regex(signless, _GAPS, "")
    shown = _true(pc.match_substring_regex(found, rf"^[+-]?[0-9.,]+{_EXP}")) & ~missing
    if not shown.any() and mark != DecimalMark.COMMA and points_tell:
        return (
            _put(text, odd, pc.if_else(pa.array(missing), "", pc.take(text, pa.array(odd)))),
            "",
            0,
        )
    whole = _put(text, odd, pc.if_else(pa.array(missing), "", found))
    decimal_comma, used = _marks(whole, group, names, mark, label, points_tell)
    comma = decimal_comma[group]
    with_point = pc.replace_substring(whole, ",", "")
    with_comma = pc.replace_substring(pc.replace_substring(whole, ".", ""), ",", ".")
    fits = np.where(
        comma, _true(pc.match_substring_regex(whole, _FULL_COMMA)),
        _true(pc.match_substring_regex(whole, _FULL_POINT)),
    )  # fmt: skip
    read = pc.if_else(pa.array(comma), with_comma, with_point)
    kept = np.flatnonzero(~fits)
    return _put(read, kept, pc.take(_original(text, whole), pa.array(kept))), used, signs


def _original(text: pa.Array, whole: pa.Array) -> pa.Array:
    """What is no number as it was found; "" where nothing is there."""
    return pc.if_else(pc.equal(whole, ""), "", text)


def _marks(
    text: pa.Array, group: np.ndarray, names: list[str], mark: str, label: str, points_tell: bool
) -> tuple[np.ndarray, str]:
    """By column, whether its decimals stand behind a comma; and the mark of the file, in words."""
    n = len(names)
    if mark:
        return np.full(n, mark == DecimalMark.COMMA), mark
    by_point = _true(pc.match_substring_regex(text, _POINT))
    by_comma = _true(pc.match_substring_regex(text, _COMMA))
    either = _true(pc.match_substring_regex(text, _UNSURE_COMMA))
    if not points_tell:
        either |= _true(pc.match_substring_regex(text, _UNSURE_POINT))
    point, comma, open_ = (np.bincount(group[hit], minlength=n) > 0
                           for hit in (by_point, by_comma, either))  # fmt: skip
    both = np.flatnonzero(point & comma)
    if both.size:
        first = both[0]
        shown = [short(text[int(np.flatnonzero(hit & (group == first))[0])].as_py())
                 for hit in (by_point, by_comma)]  # fmt: skip
        raise InputError(
            f"{label}, column {short(names[first])}: {shown[0]} has decimals behind a point and "
            f"{shown[1]} behind a comma; mend one, or say which with --decimal."
        )
    told = point | comma
    file_comma = comma.any() and not point.any()
    unsure = np.flatnonzero(open_ & ~told)
    if unsure.size and (point.any() == comma.any()):
        cell = text[int(np.flatnonzero(either & (group == unsure[0]))[0])].as_py()
        raise InputError(
            f"{label}, column {short(names[unsure[0]])}: {short(cell)} is a thousand and more, or "
            "has three decimals, and no other cell tells which: say it with --decimal."
        )
    out = np.where(told, comma, file_comma)
    if not out.any():
        return out, DecimalMark.POINT
    return out, DecimalMark.COMMA if out[told].all() else "by column"


def _put(into: pa.Array, places: np.ndarray, values: pa.Array) -> pa.Array:
    if not len(places):
        return into
    mask = np.zeros(len(into), dtype=bool)
    mask[places] = True
    return pc.replace_with_mask(into, pa.array(mask), values)


def _true(found: pa.Array) -> np.ndarray:
    return pc.fill_null(found, False).to_numpy(zero_copy_only=False).astype(bool)
