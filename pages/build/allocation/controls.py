"""What the page Allocation compares its weights with, in the address."""

from __future__ import annotations

from pages.shared.controls.kinds import Number
from pages.shared.controls.registry import Control

# What a class is shocked by at first, in %; others as equity.
SHOCKS = {"equity": -20, "crypto": -50, "fx": -10}

AGAINST = Control("against", "Benchmark")
SINCE = Control("since", "Since")
# One a class.
SHOCK = Control("shock_", ", %", own=Number(-90, 50, 5, whole=True, rounds=True), family=True)
CONTROLS = (AGAINST, SINCE, SHOCK)
