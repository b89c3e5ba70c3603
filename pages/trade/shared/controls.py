"""What the pages Drift and Tickets both show, in the address."""

from __future__ import annotations

from pages.shared.controls.registry import Control

PORTFOLIO = Control("portfolio", "Portfolio")
CONTROLS = (PORTFOLIO,)
