"""How well CRISIS coincided with the market's large falls. For judging only: no state uses it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from engine.analytics.regime.states import RegimeHistory
from engine.core.words import RegimeState

COLUMNS = (
    "period", "sessions", "in_fall", "flagged", "recall", "precision", "falls", "caught", "delay",
)  # fmt: skip


def score_against(
    history: RegimeHistory, drawdowns: pd.DataFrame, split: dt.date = dt.date(2015, 1, 1)
) -> pd.DataFrame:
    """CRISIS against falls of the market, apart for the time before and from `split`.

    drawdowns: columns `start` (the peak) and `end` (the lowest close). A session is in a fall if it
        is after the peak and not after the lowest close.
    Rows: `before YEAR`, `from YEAR`. Columns: `sessions` with a known state; `in_fall`, `flagged`,
    shares of them in a fall and in CRISIS; `recall`, share of sessions in a fall that are in
    CRISIS; `precision`, share of sessions in CRISIS that are in a fall (by chance it would equal
    `in_fall`); `falls` that began in the period and have a session with a known state, how many had
    CRISIS before their end (`caught`), and the median session of the fall on which it was there
    first (`delay`, 1 = the first after the peak). NaN where nothing can be divided by.
    """
    use = history.sessions & (history.states != "")
    days, crisis = history.days[use], history.states[use] == RegimeState.CRISIS
    starts = drawdowns["start"].to_numpy().astype("datetime64[D]")
    ends = drawdowns["end"].to_numpy().astype("datetime64[D]")
    inside = np.zeros(days.shape, dtype=bool)
    spans = []
    for start, end in zip(starts, ends, strict=True):
        span = (days > start) & (days <= end)
        inside |= span
        if span.any():
            spans.append((start, np.flatnonzero(crisis[span])))
    border = np.datetime64(split, "D")
    name = str(split.year) if (split.month, split.day) == (1, 1) else split.isoformat()
    rows = []
    for label, part, chosen in (
        (f"before {name}", days < border, [hits for start, hits in spans if start < border]),
        (f"from {name}", days >= border, [hits for start, hits in spans if start >= border]),
    ):
        flagged, fallen = crisis[part], inside[part]
        first = [hits[0] + 1 for hits in chosen if hits.size]
        rows.append(
            (
                label, int(part.sum()), _mean(fallen), _mean(flagged), _mean(flagged[fallen]),
                _mean(fallen[flagged]), len(chosen), len(first),
                float(np.median(first)) if first else np.nan,
            )
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")
