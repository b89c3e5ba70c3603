"""Which portfolio the pages Drift and Tickets show: the same one on both."""

from __future__ import annotations

from collections.abc import Mapping

from engine.store import PortfolioInfo
from pages.shared.controls import draw, values
from pages.trade.shared.controls import PORTFOLIO


def choose(infos: Mapping[str, PortfolioInfo]) -> PortfolioInfo:
    """The control, and the portfolio it says: of the address, the one looked at last, the first."""
    name = values.pick(PORTFOLIO, infos)
    draw.select(PORTFOLIO.among(infos), width=260)
    values.write((PORTFOLIO,))
    return infos[name]
