"""Rows of fills as brokers write them, in the words of `check_fills`.

Headings have their usual synonyms; BOT and SLD are sides; a sale's quantity may be negative; a
commission that all of a file states below 0 is a cost. What has the same execution id counts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.core.errors import InputError
from engine.core.words import Side
from engine.trading.exports.csv import plain_cell, read_rows

COLUMNS = ("symbol", "side", "quantity", "price", "fee")
NEEDED = COLUMNS[:4]
EXECUTION = "execution_id"

# Canonical heading → how else it is written, without blanks, dots, slashes and underscores.
_SYNONYMS = {
    "symbol": ("ticker", "localsymbol", "instrument", "underlying"),
    "side": ("action", "buysell", "bs", "transaction", "tradetype"),
    "quantity": ("qty", "shares", "units", "filled", "filledqty", "fillqty", "lastshares",
                 "lastqty"),
    "price": ("tprice", "tradeprice", "fillprice", "avgprice", "avgpx", "lastpx", "lastprice"),
    "fee": ("fees", "commission", "comm", "commfee", "ibcommission"),
    EXECUTION: ("executionid", "execid", "ibexecid", "tradeid", "fillid", "exec"),
    "fee_currency": (
        "feecurrency", "commissioncurrency", "ibcommissioncurrency", "commcurrency", "feeccy",
    ),
    "fx_rate": ("fxrate", "fxratetobase", "exchangerate"),
}  # fmt: skip
_CANONICAL = {other: name for name, others in _SYNONYMS.items() for other in (name, *others)}
_SIDES = {
    "BOT": Side.BUY, "BOUGHT": Side.BUY, "B": Side.BUY, "BUY": Side.BUY,
    "SLD": Side.SELL, "SOLD": Side.SELL, "S": Side.SELL, "SELL": Side.SELL,
}  # fmt: skip


def rows_of_file(data: bytes) -> list[dict[str, Any]]:
    """Rows of a CSV, parted by commas or semicolons, under canonical headings.

    Raises InputError naming what does not read, a column that is missing or there twice.
    """
    rows = read_rows(data, "The file of fills")
    if not rows:
        raise InputError("The file of fills has no rows below its header.")
    names = _headings(list(rows[0]))
    missing = [name for name in NEEDED if name not in names.values()]
    if missing and (missing != ["side"] or not _signed(rows, names)):
        raise InputError(
            f"The file of fills has no column {missing[0]}: it needs {', '.join(NEEDED)}."
        )
    return _in_our_words([{names[h]: plain_cell(cell) for h, cell in row.items()} for row in rows])


def _headings(given: list[str]) -> dict[str, str]:
    """Heading → canonical name; what has another meaning, or none, keeps its own."""
    names: dict[str, str] = {}
    for heading in given:
        name = _CANONICAL.get(_key(heading), heading)
        if name != heading and name in given:
            continue  # there is one of that very name
        if name in names.values():
            first = next(h for h, n in names.items() if n == name)
            raise InputError(
                f"The file of fills has two columns for the {name}: keep {first} or {heading}."
            )
        names[heading] = name
    return {heading: names.get(heading, f"other {heading}") for heading in given}


def _in_our_words(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with sides BUY and SELL and costs above 0; an execution that is there again is empty.

    Raises InputError for an execution that is there twice with other content, and for commissions
    of both signs, of which it cannot be told what is a cost.
    """
    signs = {row["fee"].strip().startswith("-") for row in rows if _states_fee(row)}
    if signs == {True, False}:
        raise InputError(
            "The fees of the fills are above 0 in some rows and below it in others: give each cost "
            "above 0."
        )
    seen: dict[str, tuple[int, dict[str, Any]]] = {}
    for number, row in enumerate(rows, start=1):
        if signs == {True} and _states_fee(row):
            row["fee"] = row["fee"].strip()[1:]
        _sided(row)
        execution = row.get(EXECUTION, "").strip()
        first, known = seen.get(execution, (number, row))
        if known != row:
            raise InputError(
                f"Fill row {number}: the execution {execution[:40]} is there twice, and otherwise "
                f"in row {first}: keep one."
            )
        if first != number:
            rows[number - 1] = {}
        elif execution:
            seen[execution] = (number, row)
    return rows


def _sided(row: dict[str, Any]) -> None:
    """The side in our words, and the quantity without the sign that says the same."""
    side, quantity = row.get("side", "").strip().upper(), row["quantity"].strip()
    side = _SIDES.get(side, side)
    sold = quantity.startswith("-")
    if sold and side in ("", Side.SELL):
        side, row["quantity"] = Side.SELL, quantity[1:]
    elif quantity and "side" not in row:
        side = Side.BUY  # the file says sales by their sign
    row["side"] = side


def _signed(rows: list[dict[str, str]], names: Mapping[str, str]) -> bool:
    """Whether quantities have signs, so that no column needs to say the side."""
    column = next((h for h, name in names.items() if name == "quantity"), None)
    return column is not None and any(row[column].strip().startswith("-") for row in rows)


def _states_fee(row: Mapping[str, Any]) -> bool:
    """Whether a row states a fee other than 0."""
    return any(c in "123456789" for c in row.get("fee", ""))


def _key(heading: str) -> str:
    return "".join(c for c in heading.lower() if c.isalnum())
