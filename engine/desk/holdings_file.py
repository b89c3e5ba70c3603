"""Holdings as a file: symbol and quantity, and a row CASH for what is not invested."""

from __future__ import annotations

from decimal import Decimal

from engine.core.amounts import parse_amount
from engine.core.errors import InputError
from engine.core.words import CASH
from engine.trading.currency_columns import check_currency
from engine.trading.exports.csv import plain_cell, read_rows

SIZE_LIMIT = 2 * 2**20
ROW_LIMIT = 20_000


def read_holdings(
    data: bytes, base_currency: str
) -> tuple[list[tuple[str, Decimal]], Decimal | None]:  # fmt: skip
    """Rows (symbol, quantity) of a CSV with these two columns, others ignored; and the cash.

    The row CASH is the cash in base currency, refused where a column says it is in another; without
    one it is None: left as it is. Rows with a blank quantity are left out. Raises InputError naming
    the row that does not read.
    """
    if len(data) > SIZE_LIMIT:
        raise InputError(f"The file of holdings is larger than {SIZE_LIMIT // 2**20} MB.")
    header = data.partition(b"\n")[0]
    for sign, name in ((b";", "semicolons"), (b"\t", "tabs")):
        if sign in header and b"," not in header:
            raise InputError(
                f"The file of holdings is parted by {name}: save it with commas, and with a point "
                "in 1234.5."
            )
    rows = read_rows(data, "The file of holdings", ROW_LIMIT)
    if not rows:
        raise InputError("The file of holdings has no rows below its header.")
    if missing := [name for name in ("symbol", "quantity") if name not in rows[0]]:
        raise InputError(
            f"The file of holdings has no column {missing[0]}: it needs symbol, quantity."
        )
    held: list[tuple[str, Decimal]] = []
    cash: Decimal | None = None
    for number, row in enumerate(rows, start=1):
        symbol, text = (plain_cell(row[name] or "").strip() for name in ("symbol", "quantity"))
        if not text:
            continue
        quantity = parse_amount(text, f"Holdings row {number} ({symbol or 'no symbol'})")
        if symbol.upper() != CASH:
            held.append((symbol, quantity))
        elif cash is None:
            check_currency(row, base_currency, f"Holdings row {number}", "the cash")
            cash = quantity
        else:
            raise InputError(f"Holdings row {number}: {CASH} is there twice.")
    return held, cash
