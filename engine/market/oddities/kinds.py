"""What can look wrong of stored prices."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class OddKind(StrEnum):
    """What looks wrong."""

    UNIT = "unit"
    SPLIT = "split"
    TICK = "tick"
    MOVE = "move"
    TAIL = "dead tail"
    BACKFILL = "back-fill"
    UNCHANGED = "unchanged"
    HOLE = "hole"
    WEEKEND = "weekend"
    RETURNS = "returns"
    SHIFT = "time shift"
    TWINS = "twins"
    MISSING = "missing day"
    PEGGED = "hardly moves"


@dataclass(frozen=True)
class Oddity:
    """kind; the symbol, or class, and the day that it is about; what it is, in words."""

    kind: OddKind
    symbol: str
    date: dt.date | None
    what: str

    def plain(self) -> dict[str, str | None]:
        """For JSON."""
        return {
            "kind": self.kind.value, "symbol": self.symbol,
            "date": self.date.isoformat() if self.date else None, "what": self.what,
        }  # fmt: skip

    def words(self) -> str:
        """In one sentence."""
        on = f", {self.date}" if self.date else ""
        return f"{self.symbol}{on}: {self.kind}: {self.what}{'' if self.what[-1] == '?' else '.'}"
