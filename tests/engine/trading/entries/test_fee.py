"""A fee: out of the cash, above 0, of something or of nothing in particular."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from engine.core.errors import InputError
from engine.trading.entries.fee import ENTRY
from engine.trading.entry import Account, Known
from engine.trading.money import DayRates
from engine.trading.tradable import Tradable

KNOWN = Known(
    "own", "USD", {"USDJPY": Tradable("USDJPY", "JPY", "fx")}, lambda: {"GONE"}, DayRates("USD")
)


def test_it_goes_out_of_the_cash_and_touches_nothing_else() -> None:
    account = Account("USD", D(100), {"AAA": D(3)})
    ENTRY.apply(account, {"amount": "100.25", "symbol": "AAA"}, "Entry 2")
    assert (account.cash, account.held) == (D("-0.25"), {"AAA": D(3)})


@pytest.mark.parametrize("amount", ["0", "-1", "x", None, 1.5])
def test_what_is_no_fee_is_refused_when_it_is_read(amount: object) -> None:
    account = Account("USD", D(100))
    with pytest.raises(InputError, match=r"^Entry 2"):
        ENTRY.apply(account, {"amount": amount}, "Entry 2")
    assert account.cash == 100


def test_its_payload_holds_what_was_given() -> None:
    assert ENTRY.payload({"amount": "2.50"}, KNOWN) == {"amount": "2.5"}
    nothing = {"amount": "1", "symbol": None, "reason": " "}
    assert ENTRY.payload(nothing, KNOWN) == {"amount": "1"}
    whole = {"amount": D("0.01"), "symbol": "jpy", "reason": "custody"}
    assert ENTRY.payload(whole, KNOWN) == {
        "amount": "0.01", "symbol": "USDJPY", "reason": "custody",
    }  # fmt: skip
    assert ENTRY.payload({"amount": "1", "symbol": "GONE"}, KNOWN)["symbol"] == "GONE"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"amount": "0"}, "^The fee is 0: it must be above 0; to take one back record a correct"),
        ({"amount": "-2.0"}, "^The fee is -2: it must be above 0"),
        ({"amount": "much"}, "^The fee is 'much'"),
        ({"amount": "1", "symbol": "NOPE"}, "^'NOPE' is not in own"),
        ({}, "needs its amount"),
    ],
)
def test_what_is_no_fee_is_not_built(given: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        ENTRY.payload(given, KNOWN)


def test_words() -> None:
    assert ENTRY.words({"amount": "2"}) == "2"
    assert ENTRY.words({"amount": "2", "reason": "custody"}) == "2, custody"
    assert ENTRY.words({"amount": "2", "symbol": "AAA"}) == "AAA 2"
