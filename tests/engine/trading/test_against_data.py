"""A ledger against the prices: what only one of the two knows of."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal as D
from typing import Any

import numpy as np
import pytest

from engine.core.amounts import exact_text
from engine.trading.against_data import Mismatch, mismatches
from engine.trading.entries import ENTRIES
from engine.trading.entry import Account

DAYS = np.arange("2024-01-01", "2024-03-23", dtype="datetime64[D]")
DAYS = DAYS[np.is_busday(DAYS)]
N, AT = len(DAYS), 30  # a Monday, 12 February


def day(row: int) -> dt.date:
    return DAYS[row].astype(object)


@dataclass(frozen=True)
class Entry:
    seq: int
    kind: str
    effective_date: dt.date
    payload: dict[str, Any] = field(default_factory=dict)
    portfolio: str = "main"
    hash: str = "h"


CREATE = Entry(1, "create", day(0), {"universe": "own", "base_currency": "USD"})


def stated(row: int, units: str = "12", seq: int = 2) -> Entry:
    rows = [{"symbol": s, "quantity": units} for s in ("SPL", "YAH", "ADJ")]
    return Entry(seq, "holdings", day(row), {"positions": rows, "cash": "0"})


def falling(ratio: float) -> tuple[np.ndarray, np.ndarray]:
    """Closes that fall by a ratio at AT, and adjusted ones that do not."""
    walk = 100 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.01, N)))
    return np.where(np.arange(N) < AT, walk * ratio, walk), walk


WALK = falling(1.0)
CLOSES = {"SPL": falling(4.0), "YAH": (WALK[0], WALK[1] * 0.98), "ADJ": WALK}


def found(*entries: Entry, **closes: Any) -> tuple[Mismatch, ...]:
    return mismatches((CREATE, *entries), DAYS, CLOSES | closes, {"ADJ"}, day(N - 1))


def applied(mismatch: Mismatch, *entries: Entry) -> D:
    """Units after the entry that is proposed, from its command."""
    words = dict(zip(mismatch.mend.split()[3::2], mismatch.mend.split()[4::2], strict=False))
    account = Account("USD", D(0), {mismatch.symbol: D(12)})
    ENTRIES["split"].apply(
        account, {"symbol": words["--symbol"], "ratio": words["--ratio"]}, "Entry"
    )
    return account.held[mismatch.symbol]


def test_a_split_of_the_data_that_is_not_booked_is_said_with_its_entry() -> None:
    (one,) = found(stated(5))
    assert (one.symbol, one.day) == ("SPL", day(AT))
    assert one.mend == f"portfolio split main --symbol SPL --ratio 4 --on {day(AT)}"
    assert "12 were held" in one.what
    assert applied(one) == 48


def test_it_is_no_matter_where_it_is_booked_or_nothing_was_held() -> None:
    split = Entry(3, "split", day(AT), {"symbol": "SPL", "ratio": "4"})
    assert not found(stated(5), split)
    late = Entry(3, "split", day(AT + 3), {"symbol": "SPL", "ratio": "8:2"})
    assert not found(stated(5), late)
    assert [m.symbol for m in found(stated(5), Entry(3, "split", day(AT + 9), split.payload))] == [
        "SPL", "SPL",
    ]  # fmt: skip
    other = Entry(3, "split", day(AT), {"symbol": "SPL", "ratio": "2"})
    assert [m.mend.split()[1] for m in found(stated(5), other)] == ["split", "correction"]
    assert not found(stated(AT + 2))  # stated when it was over
    assert not found(stated(5), stated(AT + 2, "48", seq=3))
    none = Entry(2, "holdings", day(5), {"positions": [], "cash": "9"})
    assert not found(none)


@pytest.mark.parametrize(
    ("ratio", "told"), [(0.1, "1:10"), (1.5, "3:2"), (1.25, "5:4"), (50, "50"), (100, "100")]
)
def test_ratios(ratio: float, told: str) -> None:
    (one,) = found(stated(5), SPL=falling(ratio))
    assert f"--ratio {told} " in one.mend


@pytest.mark.parametrize("ratio", [1.0, 1.02, 1.1, 1.7, 9.3])
def test_a_dividend_or_another_jump_is_no_split(ratio: float) -> None:
    assert not found(stated(5), SPL=falling(ratio))


def test_a_booked_split_that_the_closes_do_not_show() -> None:
    split = Entry(3, "split", day(AT), {"symbol": "YAH", "ratio": "4"})
    _, one = found(stated(5), split)
    assert one.symbol == "YAH"
    assert one.mend.startswith(f"portfolio correction main --hold YAH=-36 --on {day(AT)}")
    gap = WALK[0].copy()
    gap[AT - 10 : AT + 10] = np.nan
    assert len(found(stated(5), split, YAH=(gap, WALK[1]))) == 1  # it may have: only SPL's


def test_a_dividend_on_adjusted_closes() -> None:
    paid = Entry(3, "dividend", day(AT), {"symbol": "ADJ", "amount": "12.5"})
    found_one = [m for m in found(stated(5), paid) if m.symbol == "ADJ"]
    assert [m.mend for m in found_one] == [
        f"portfolio correction main --cash=-12.5 --on {day(AT)} --reason TEXT"
    ]
    euro = Entry(3, "dividend", day(AT), {"symbol": "ADJ", "amount": "9", "currency": "EUR"})
    assert any("--cash=-9 --currency EUR" in m.mend for m in found(stated(5), euro))
    assert not [m for m in found(stated(5), Entry(3, "dividend", day(AT), {
        "symbol": "YAH", "amount": exact_text(D(1))})) if m.symbol == "YAH"]  # fmt: skip
    undone = Entry(4, "correction", day(AT), {"cash": "-12.5", "undoes": 3})
    assert not [m for m in found(stated(5), paid, undone) if m.symbol == "ADJ"]
