"""Holdings as a file: symbol and quantity, and a row CASH for what is not invested."""

from __future__ import annotations

from decimal import Decimal

from engine.core.amounts import parse_amount
from engine.core.errors import InputError
from engine.core.words import CASH
from engine.trading.exports.csv import SIZE_LIMIT, plain_cell, read_rows
from engine.trading.money import CashRow, cash_row


def read_holdings(data: bytes) -> tuple[list[tuple[str, Decimal]], tuple[CashRow, ...]]:
    """Rows (symbol, quantity) of a CSV with these two columns; and the cash.

    A row CASH is cash: of the portfolio's currency, or of the one that a column says, at the rate
    in a column `fx_rate` or the day's. Without any the cash is left as it is. Rows with a blank
    quantity are left out, columns of other things are ignored. Raises InputError naming the row
    that does not read.
    """
    if b"\t" in (header := data.partition(b"\n")[0]) and b"," not in header:
        raise InputError(
            "The file of holdings is parted by tabs: save it with commas, and with a point in "
            "1234.5."
        )
    rows = read_rows(data, "The file of holdings")
    if not rows:
        raise InputError("The file of holdings has no rows below its header.")
    if missing := [name for name in ("symbol", "quantity") if name not in rows[0]]:
        raise InputError(
            f"The file of holdings has no column {missing[0]}: it needs symbol, quantity."
        )
    held: list[tuple[str, Decimal]] = []
    cash: list[CashRow] = []
    for number, row in enumerate(rows, start=1):
        symbol, text = (plain_cell(row[name] or "").strip() for name in ("symbol", "quantity"))
        if not text:
            continue
        quantity = parse_amount(text, f"Holdings row {number} ({symbol or 'no symbol'})")
        if symbol.upper() == CASH:
            cash.append(cash_row(row, quantity, f"Holdings row {number}"))
        else:
            held.append((symbol, quantity))
    return held, tuple(cash)


def read_names(data: bytes) -> tuple[str, ...]:
    """The names of a list: one a line, or a CSV with a column symbol; blanks are left out.

    Raises InputError for a list that holds none, or more than a list can.
    """
    if len(data) > SIZE_LIMIT:
        raise InputError(f"The list of names is larger than {SIZE_LIMIT // 2**20} MB.")
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError("The list of names is no UTF-8 text: save it as CSV UTF-8.") from error
    if lines and any(mark in lines[0] for mark in ",;"):
        rows = read_rows(data, "The list of names")
        if rows and "symbol" not in rows[0]:
            raise InputError("The list of names has no column symbol: give one, or a name a line.")
        names = [plain_cell(row["symbol"]) for row in rows]
    else:
        names = lines[1:] if lines and lines[0].strip().lower() == "symbol" else lines
    found = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
    if not found:
        raise InputError("The list of names is empty: give a name a line, or leave it out.")
    return found
