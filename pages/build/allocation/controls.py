"""What the page Allocation shows and compares its weights with, in the address."""

from __future__ import annotations

from pages.shared.controls.kinds import Number
from pages.shared.controls.registry import Control, sections

# What a class is shocked by at first, in %; others as equity.
SHOCKS = {"equity": -20, "crypto": -50, "fx": -10}

SECTIONS = WEIGHTS, RULES, BENCHMARK, STRESS, CHANGES = (
    "Weights", "Other rules", "Benchmark", "Stress", "Changes",
)  # fmt: skip

SECTION = sections("allocation_part", SECTIONS)
AGAINST = Control("against", "Benchmark")
SINCE = Control("since", "Since")
# One a class.
SHOCK = Control("shock_", ", %", own=Number(-90, 50, 5, whole=True, rounds=True), family=True)
CONTROLS = (SECTION, AGAINST, SINCE, SHOCK)
