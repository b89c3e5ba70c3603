"""Columns of a file that say in which currency its money is: never passed over without a word."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from engine.core.errors import InputError

_ABOUT_CURRENCY = ("currency", "ccy")
_ABOUT_FEES = ("fee", "commission")


def check_currency(
    row: Mapping[str, Any], base: str, where: str, what: str, *,
    of_fee: bool = False, also: Collection[str] = (),
) -> None:  # fmt: skip
    """Refuse money of a row that is in another currency than it is taken in.

    row: column → text as found. base: the currency in which it is taken. what: the money, in words.
    of_fee: whether of the fee, whose columns begin so, or of all else. also: other codes that mean
    the same here, as the second currency of a pair at whose rate it was traded. A cell that is
    empty says nothing. A code's case counts: GBp is no GBP. Raises InputError that names row,
    column and currency.
    """
    for name, value in row.items():
        known = str(name).strip().lower()
        if not any(word in known for word in _ABOUT_CURRENCY):
            continue
        code = "" if value is None or value != value else str(value).strip()  # NaN
        if known.startswith(_ABOUT_FEES) == of_fee and code and code not in {base, *also}:
            raise InputError(
                f"{where}: {what} is in {code[:20]} (column {name}), and is taken in {base}: "
                f"convert it to {base}, and say so there."
            )
