"""Tables as files."""

from __future__ import annotations

import pandas as pd


def for_file(table: pd.DataFrame) -> pd.DataFrame:
    """The same table without what only a screen can show."""
    return table.drop(columns=["path", "colour"], errors="ignore")


def to_csv(table: pd.DataFrame) -> bytes:
    """UTF-8 CSV; text that a spreadsheet would take for a formula is led by an apostrophe."""
    safe = for_file(table)
    for name in safe.select_dtypes(include=["object", "str"]):
        safe[name] = [
            "'" + v if isinstance(v, str) and v[:1] in ("=", "+", "-", "@", "\t", "\r") else v
            for v in safe[name]
        ]
    # With this end of line the writer quotes carriage returns too, which otherwise begin a row.
    return safe.to_csv(index=False, lineterminator="\r\n").encode("utf-8")
