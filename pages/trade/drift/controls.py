"""What the page Drift shows, in the address."""

from __future__ import annotations

from engine.tables.drift import SORTS
from pages.shared.controls.kinds import Choice, Names
from pages.shared.controls.registry import Control, sections

NAMES_BY = {"asset": "Asset", "cluster": "Cluster", "class": "Class"}
WHOLE = "The whole"

SECTIONS = LINE, CAUSES, TRADING, HISTORY, BOOK = (
    "Drift", "Causes", "Bands and limits", "History", "Holdings and cash",
)  # fmt: skip

SECTION = sections("drift_part", SECTIONS)
BY = Control("drift_by", "By", own=Choice(tuple(NAMES_BY)), default="asset")
SORT = Control("drift_sort", "Sort by", own=Choice(tuple(SORTS)), default=next(iter(SORTS)))
FIND = Control("drift_find", "Find", default="")
CLASS = Control("drift_class", "Classes", more="None picked: all", own=Names())
ACTION = Control("drift_action", "Actions", more="None picked: all", own=Names())
LINES = (BY, SORT, FIND, CLASS, ACTION)
CAUSE = Control("drift_cause", "Of", default=WHOLE)
CONTROLS = (SECTION, *LINES, CAUSE)
