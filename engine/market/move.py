"""The market's own move over the days of a panel."""

from __future__ import annotations

import numpy as np

from engine.market.basket import Basket


def market_returns(basket: Basket, days: np.ndarray, horizon: int) -> np.ndarray:
    """T returns of the equal-weight basket over `horizon` weekdays, stamped on `days`.

    days: T of the basket's own weekdays. A day's one-session return is the mean over the members
    that traded; NaN on a day on which none did, or with fewer than `horizon` days before it. Like
    the panel's, a return takes the last close at or before the day `horizon` weekdays back.
    """
    present = np.isfinite(basket.returns)
    count = present.sum(axis=1)
    mean = np.where(present, basket.returns, 0.0).sum(axis=1) / np.maximum(count, 1)
    index = np.cumprod(1.0 + mean)
    out = np.full(len(index), np.nan)
    out[horizon:] = index[horizon:] / index[:-horizon] - 1.0
    out[count == 0] = np.nan
    found = np.searchsorted(basket.days, days)
    return out[found]
