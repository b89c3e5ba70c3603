"""The order of a table's rows, the same on every machine.

At an optimum many weights stand at the same limit, and what a solver leaves between them (about
1e-9) differs from machine to machine. Values that are shown as equal are in the order of their
names.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

EQUAL = 1e-6  # of a weight; under every digit that is shown


def by_size(
    values: Sequence[float] | np.ndarray | pd.Series,
    names: Sequence[str] | Sequence[int] | np.ndarray | pd.Series,
    *,
    equal: float = EQUAL,
    smallest_first: bool = False,
) -> np.ndarray:
    """Positions, the largest value first and the unknown (NaN) last; equal values by name.

    values, names: N. equal: values that round to the same multiple of it are equal; 100 · EQUAL
    for values in per cent.
    """
    size = np.round(np.asarray(values, dtype=float) / equal)
    keys = np.asarray(names)
    if keys.dtype == object:  # text out of a frame
        keys = keys.astype(str)
    return np.lexsort((keys, size if smallest_first else -size))


def rows_by_size(
    table: pd.DataFrame,
    column: str,
    name: str = "symbol",
    *,
    equal: float = EQUAL,
    smallest_first: bool = False,
) -> pd.DataFrame:
    """The rows in the order of `by_size`, numbered anew."""
    order = by_size(table[column], table[name], equal=equal, smallest_first=smallest_first)
    return table.iloc[order].reset_index(drop=True)
