"""What a simulated universe looks like: its size, its blemishes and how its classes behave."""

from __future__ import annotations

import datetime as dt
import string
from dataclasses import dataclass
from typing import NamedTuple

from engine.core.errors import InputError


class ClassShape(NamedTuple):
    """How one asset class behaves."""

    share: float  # of the universe
    volatility: tuple[float, float]  # range of a calm day's standard deviation, as a fraction
    blocks: tuple[str, ...]  # at most these; the text is the sector where the class has sectors
    sectors: bool
    fixing: str


CLASSES = {
    "equity": ClassShape(
        0.55,
        (0.010, 0.022),
        ("Information Technology", "Financials", "Energy", "Health Care", "Utilities", "Materials"),
        True,
        "16:00 America/New_York",
    ),
    "crypto": ClassShape(0.20, (0.025, 0.050), ("A", "B"), False, "00:00 UTC"),
    "fx": ClassShape(0.15, (0.004, 0.008), ("A", "B"), False, "14:15 Europe/Berlin"),
    "commodity": ClassShape(
        0.10, (0.008, 0.018), ("Metals", "Agriculture"), True, "14:30 America/New_York"
    ),
}
BLOCK_SIZE = 5  # a class gets a further block for every so many assets
MONTH = 21  # sessions

# Three-letter codes that ISO 4217 leaves free, because ISO 3166 reserves QM to QZ for users.
FREE_CODES = [
    f"Q{a}{b}" for a in string.ascii_uppercase[12:] for b in string.ascii_uppercase
]  # fmt: skip


@dataclass(frozen=True)
class SimulationSpec:
    """What to simulate. Shares are fractions of the assets; blemishes need 3 months or more."""

    seed: int
    n_assets: int = 60
    n_sessions: int = 750  # weekdays of the calendar, the last on or before `end`
    end: dt.date = dt.date(2025, 12, 30)
    tail_df: float = 4.5  # degrees of freedom of Student's t, above 2
    crisis_volatility: float = 3.0
    crisis_share: float = 0.10  # of the sessions
    late_share: float = 0.10
    gap_share: float = 0.10
    ended_share: float = 0.05
    twin_share: float = 0.04
    pegs: int = 0

    def __post_init__(self) -> None:
        for name, low in (("seed", 0), ("n_assets", 1), ("n_sessions", 2), ("pegs", 0)):
            if getattr(self, name) < low:
                raise InputError(
                    f"{name} = {getattr(self, name)}: a simulation needs {low} or more."
                )
        for name in ("crisis_share", "late_share", "gap_share", "ended_share", "twin_share"):
            if not 0 <= getattr(self, name) <= 0.3:
                raise InputError(f"{name} = {getattr(self, name)} is outside 0 to 0.3.")
        if not self.tail_df > 2:
            raise InputError(f"tail_df = {self.tail_df}: above 2, or the variance is infinite.")
        if not self.crisis_volatility >= 1:
            raise InputError(f"crisis_volatility = {self.crisis_volatility} is below 1.")
