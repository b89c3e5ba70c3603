"""The table of kinds: each word has its module, and what hangs on it follows from the module."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from string import Formatter

import pytest

from engine.core.errors import InputError
from engine.core.words import BY_HAND, EntryKind
from engine.trading import entries
from engine.trading.entries import ENTRIES
from engine.trading.entry import Account, EntryType, FieldKind, Known, is_blank
from engine.trading.money import DayRates
from engine.trading.tradable import Tradable

KNOWN = Known(
    "own", "USD", {"AAA": Tradable("AAA", "AAA", "equity")}, lambda: ("GONE",), DayRates("USD")
)
WORDS = {
    "create": ({"universe": "u", "base_currency": "EUR"}, "universe u, base currency EUR"),
    "holdings": ({"positions": [{}, {}], "cash": "5"}, "2 positions, cash 5"),
    "cash": ({"amount": "-5"}, "-5 out"),
    "ticket": ({"fills": [{}]}, "1 fill"),
    "split": ({"symbol": "A", "ratio": "3:2"}, "A 3:2"),
    "dividend": ({"symbol": "A", "per_unit": "2"}, "A 2"),
    "correction": ({"cash": "1"}, "correction"),
    "fee": ({"amount": "2", "symbol": "A", "reason": "custody"}, "A 2, custody"),
    "spin_off": ({"symbol": "A", "to": "B", "ratio": "1:4"}, "A to B 1:4"),
    "rename": ({"symbol": "A", "to": "B"}, "A to B"),
    "merger": ({"symbol": "A", "amount": "5", "currency": "EUR"}, "A and 5 EUR"),
    "delisting": ({"symbol": "A", "amount": "0"}, "A and 0"),
}


def test_every_word_has_a_module_and_every_module_a_word() -> None:
    assert list(ENTRIES) == list(EntryKind)
    assert all(ENTRIES[kind].kind is kind for kind in EntryKind)
    modules = {path.stem for path in Path(entries.__file__).parent.glob("*.py")} - {"__init__"}
    assert modules == set(EntryKind)
    assert ENTRIES.get("split") is ENTRIES[EntryKind.SPLIT]  # as the store gives it


def test_what_hangs_on_a_kind() -> None:
    assert {k for k, e in ENTRIES.items() if e.implements} == {"holdings", "ticket"}
    actions = {"split", "spin_off", "rename", "merger", "delisting"}
    assert {k: e.order for k, e in ENTRIES.items() if e.order} == dict.fromkeys(actions, -1)
    assert {k for k, e in ENTRIES.items() if not e.undoable} == {"create", "ticket"}
    assert {k for k, e in ENTRIES.items() if e.check} == {*actions, "dividend"}
    assert [k.value for k in BY_HAND] == [
        "holdings", "cash", "split", "dividend", "correction", "fee", "spin_off", "rename",
        "merger", "delisting",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", EntryKind)
def test_words(kind: EntryKind) -> None:
    payload, words = WORDS[kind]
    assert ENTRIES[kind].words(payload) == words


@pytest.mark.parametrize("kind", BY_HAND)
def test_what_is_told_names_only_what_there_is(kind: EntryKind) -> None:
    named = {name for _, name, _, _ in Formatter().parse(ENTRIES[kind].told) if name}
    fields = {one.name for one in ENTRIES[kind].fields}
    assert named <= fields | {"kind", "portfolio", "currency", "day"}
    # What is given wins: an amount in another currency is told in that one.
    assert fields.isdisjoint({"kind", "portfolio", "day"})


def build(kind: EntryKind, **given: object) -> dict:
    return ENTRIES[kind].payload(given, KNOWN)


@pytest.mark.parametrize("kind", BY_HAND)
def test_what_is_required_is_asked_for(kind: EntryKind) -> None:
    required = [one for one in ENTRIES[kind].fields if one.required]
    if not required:
        # Nothing at all would sell all that is held.
        for given in ({}, {"positions": [], "cash": None}, {"positions": iter(())}):
            with pytest.raises(InputError, match=r"^Say what is held"):
                build(kind, **given)
        return
    with pytest.raises(InputError, match=required[0].missing or f"needs its {required[0].name}"):
        build(kind)
    with pytest.raises(InputError, match="has no 'other'"):
        build(kind, other=1)


def test_payloads_are_as_they_were() -> None:
    rows = [("AAA", "1.50")]
    row = {"symbol": "AAA", "quantity": "1.5"}
    assert build(EntryKind.HOLDINGS, positions=rows, cash=None) == {
        "positions": [row | {"notional": False}]
    }
    assert build(EntryKind.HOLDINGS, positions=[], cash="0") == {"positions": [], "cash": "0"}
    assert build(EntryKind.CASH, amount="-1.50") == {"amount": "-1.5"}
    assert build(EntryKind.SPLIT, symbol="aaa", ratio="3:2") == {"symbol": "AAA", "ratio": "3:2"}
    assert build(EntryKind.DIVIDEND, symbol="AAA", amount="2") == {"symbol": "AAA", "amount": "2"}
    assert build(EntryKind.CORRECTION, positions=[("GONE", "-1")], cash=None, reason=" why") == {
        "positions": [{"symbol": "GONE", "quantity": "-1"}], "cash": "0", "reason": " why",
    }  # fmt: skip


@pytest.mark.parametrize("value", [None, "", " ", [], ()])
def test_blank(value: object) -> None:
    assert is_blank(value)


@pytest.mark.parametrize("value", ["x", 0, "0", [("A", "1")]])
def test_not_blank(value: object) -> None:
    assert not is_blank(value)


def test_a_position_is_never_negative() -> None:
    account = Account(held={"AAA": 2})
    with pytest.raises(InputError, match=r"^Entry 1 takes 3 AAA where 2 are held"):
        account.add("AAA", -3, "Entry 1")
    account.add("AAA", -2, "Entry 1", notional=True)
    assert (account.held, account.notional) == ({"AAA": 0}, {"AAA": True})


def test_a_kind_that_is_not_by_hand_is_not_built() -> None:
    forged: EntryType = dataclasses.replace(ENTRIES[EntryKind.TICKET], build=lambda *_: {})
    with pytest.raises(InputError, match="not written by hand"):
        forged.payload({}, KNOWN)
    assert {kind for kind in FieldKind if kind.of_units} == {FieldKind.ROWS, FieldKind.CHANGES}


@pytest.mark.parametrize("amount", ["0", "-0.00", "-1"])
def test_a_dividend_pays(amount: str) -> None:
    with pytest.raises(InputError, match="must be above 0; to take one back record a correction"):
        ENTRIES["dividend"].build({"symbol": "AAA", "amount": amount}, KNOWN)
    built = ENTRIES["dividend"].build({"symbol": "AAA", "amount": "0.01"}, KNOWN)
    assert built == {"symbol": "AAA", "amount": "0.01"}
