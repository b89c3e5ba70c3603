"""What the page Fragility shows, in the address."""

from __future__ import annotations

from pages.shared.controls.kinds import Choice
from pages.shared.controls.registry import Control

HEATS = {"clusters": "Clusters", "assets": "Assets", "months": "Clusters over time"}
FIRST, ALL = "60", "all"

HEAT = Control("heat", "Heatmap", own=Choice(tuple(HEATS)), default="clusters")
ROWS = Control("rows", "Rows", own=Choice((FIRST, ALL)), default=FIRST)
CONTROLS = (HEAT, ROWS)
