"""Which points of a long line to draw, so that it looks the same with a fraction of them."""

from __future__ import annotations

import numpy as np

YEAR = 262
MOST = 1400


def rows_to_draw(values: np.ndarray, most: int = MOST) -> np.ndarray:
    """Rows of a daily line worth drawing, ascending, at most `most` (more than a year's 262).

    values: T, NaN = a gap in the line. The last year is whole; of each equal stretch before it the
    lowest and the highest stay, so no extreme is lost at any zoom.
    """
    n = len(values)
    if n <= most:
        return np.arange(n)
    past = n - YEAR
    length = -(-past // ((most - YEAR) // 2))
    stretches = -(-past // length)
    padded = np.full(stretches * length, np.nan)
    padded[:past] = values[:past]
    table = padded.reshape(stretches, length)
    hole = np.isnan(table)
    # A stretch without any value stays, by its first row, as a gap.
    low = np.where(hole, np.inf, table).argmin(axis=1)
    high = np.where(hole, -np.inf, table).argmax(axis=1)
    starts = np.arange(stretches) * length
    return np.unique(np.concatenate([starts + low, starts + high, np.arange(past, n)]))
