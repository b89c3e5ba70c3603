"""What the page Sensitivity shows, in the address."""

from __future__ import annotations

from engine.core import format as fmt
from engine.desk.whatif import FROM_CASH, NOTHING
from pages.shared.controls.kinds import Choice, Read, Switch
from pages.shared.controls.registry import Control

FEWEST, MOST = 2, 6


def _read(text: str) -> list[float]:
    chosen = sorted({float(part) for part in text.split(",") if part})
    if not FEWEST <= len(chosen) <= MOST:
        raise ValueError(text)
    return chosen


def _text(chosen: list[float]) -> str:
    return ",".join(fmt.threshold(t) for t in sorted(chosen))


# Ward heights are another unit than t, so they have a name of their own in the address.
FLOW = Control("flow", "Flow between thresholds", own=Read(_read, _text))
FLOW_H = Control("flow_h", "Flow between Ward heights", own=Read(_read, _text))
PAIRS = Control("pairs", "Pairs of")
WHOLE = Control(
    "whole", "Solve it at every threshold", own=Switch(), default=False,
    more="Takes a second or more, once for each setting",
)  # fmt: skip
AGAINST = Control(
    "vs", "Turnover against", own=Choice((NOTHING, FROM_CASH)), default=NOTHING,
    more="What is held: a portfolio, or cash",
)  # fmt: skip
GOALS = Control(
    "goals", "Goals", default="",
    more="As cvar_95<=0.02, cash<=0.1, names>=20: which thresholds meet them all",
)  # fmt: skip
CONTROLS = (FLOW, FLOW_H, PAIRS, WHOLE, AGAINST, GOALS)
