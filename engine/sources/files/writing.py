"""Prices as a file that is read back to the same prices."""

from __future__ import annotations

import pandas as pd

from engine.core.errors import InputError

KINDS = ("parquet", "csv")


def written(prices: pd.DataFrame, kind: str) -> bytes:
    """The prices frame as Parquet or CSV; figures in full, a blank is not known.

    A symbol that a spreadsheet would take for a formula is as it is: the file is data to be read
    back. Raises InputError for another kind.
    """
    if kind == "parquet":
        return prices.to_parquet(index=False)
    if kind == "csv":
        return prices.to_csv(index=False, date_format="%Y-%m-%d", lineterminator="\n").encode()
    raise InputError(f"Prices are written as .{' or .'.join(KINDS)}: name the file so.")
