"""The market's large falls: a committed table with its source, and the rule that made it.

The table serves to judge the regime's states afterwards. Nothing that decides reads it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

TABLE = Path(__file__).with_name("drawdowns.csv")
LEAST_FALL = 0.15
# A rise of a fifth from the lowest close is the usual mark of a new bull market. Without it a fall
# inside a long recovery (2010, 2011) would count as part of the one before.
ENDING_RISE = 0.20


def drawdowns() -> pd.DataFrame:
    """One row a fall, in order of time.

    Columns: `name`; `start`, day of the highest close; `end`, day of the lowest (datetime64[us]);
    `fall`, a negative fraction; `ended`, whether the rise that ends it was seen in the data;
    `source`. Invariant: `find_falls` of the packaged S&P 500 gives the same days.
    """
    table = pd.read_csv(TABLE, parse_dates=["start", "end"])
    for column in ("start", "end"):
        table[column] = table[column].astype("datetime64[us]")
    return table


def find_falls(
    closes: np.ndarray, least_fall: float = LEAST_FALL, ending_rise: float = ENDING_RISE
) -> list[tuple[int, int, bool]]:
    """(row of the peak, row of the lowest close, ended) of each fall of at least `least_fall`.

    closes: T, positive, without NaN. From the highest close so far the index falls at least
    `least_fall`; the fall ends at its lowest close once a close stands `ending_rise` above that.
    The highest close since then is the next peak. The last fall may not have ended.
    """
    falls: list[tuple[int, int, bool]] = []
    peak = low = 0
    for row, close in enumerate(closes):
        if close < closes[low]:
            low = row
        deep = closes[low] <= closes[peak] * (1.0 - least_fall)
        if deep and close >= closes[low] * (1.0 + ending_rise):
            falls.append((peak, low, True))
            peak = low = row
        elif not deep and close > closes[peak]:
            peak = low = row
    if closes[low] <= closes[peak] * (1.0 - least_fall):
        falls.append((peak, low, False))
    return falls
