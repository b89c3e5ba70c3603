"""The bytes that are hashed, pinned as they were first written: what is on record has them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as D

import pytest

from engine.core.canonical import LEDGER_1, RUN_1, TICKET_1, compact, utc_text
from engine.core.errors import InputError
from engine.store import Entry, RunWeight, StoredRun, TicketEvent
from engine.store.ledger.chain import digest
from engine.store.runs.records import checksum_of, run_id_of

AT = dt.datetime(2022, 6, 30, 12, 0, 0, 5, tzinfo=dt.timezone(dt.timedelta(hours=2)))
DAY = dt.date(2022, 6, 30)


def test_ledger_1_is_exact() -> None:
    document = {
        "b": D("12.50"), "a": [D("-0.10"), D("1E+3"), None, True, 7], "é": {"z": DAY, "at": AT},
        "t": ('x\n"',),
    }  # fmt: skip
    assert LEDGER_1.text(document) == (
        '{"a":["-0.10","1000",null,true,7],"b":"12.50","t":["x\\n\\""],'
        '"é":{"at":"2022-06-30T10:00:00.000005","z":"2022-06-30"}}'
    )
    assert LEDGER_1.text({}) == "{}"


def test_run_1_keeps_every_bit_and_has_no_nan() -> None:
    document = {
        "b": [1.5, float("nan"), float("-inf"), 1e-300, -0.0, 0.1], "a": (1, True, None), 3: "é",
        "n": {"x": {}},
    }  # fmt: skip
    assert RUN_1.text(document) == (
        '{"3":"é","a":[1,true,null],"b":[1.5,null,null,1e-300,-0.0,0.1],"n":{"x":{}}}'
    )


def test_ticket_1_is_as_it_is() -> None:
    document = ["cutline ticket 1", {"b": ["1.5", None], "a": "é", "n": 1.5, "t": True}]
    assert TICKET_1.text(document) == (
        '["cutline ticket 1",{"a":"é","b":["1.5",null],"n":1.5,"t":true}]'
    )
    with pytest.raises(ValueError, match="JSON compliant"):
        TICKET_1.text([float("nan")])
    with pytest.raises(TypeError):
        TICKET_1.text([D(1)])


def test_what_is_hashed_of_entries_and_events() -> None:
    shared = {"portfolio": "main", "wall_time": AT, "prev_hash": "0" * 64, "hash": ""}
    entry = Entry(
        seq=2, by="Anna", payload_text='{"amount":"1000.00"}', kind="cash", effective_date=DAY,
        **shared,
    )  # fmt: skip
    assert digest(entry) == "2b6b61a80f0bcbb3ae1e3c0645897cb2eec529e35994f36eabd86e2da60e96cd"
    # A name that is no text, as only tampering leaves it, is still hashed.
    event = TicketEvent(
        seq=1, by="Zoë \ud800", payload_text="{}", ticket_id="T-1", state="PROPOSED", **shared
    )
    assert digest(event) == "5972dcf60b3bc3f091f521ed8fef4771619a7dd22754314999df512913be6976"


def test_what_is_hashed_of_runs() -> None:
    run = StoredRun(
        universe="u", snapshot_id="s" * 8, as_of=DAY, profile="hrp", preset="own", regime="NORMAL",
        threshold=0.4, linkage="average", status="solved", params={"tree": {"threshold": 0.5}},
        result={"waivers": {"metadata": ["A"]}, "x": float("nan")},
        weights=(RunWeight("B", 0.1 + 0.2, 1, None, 0.5), RunWeight("A", None)), run_id="r1",
        created_at=dt.datetime(2022, 6, 30, 10, tzinfo=dt.UTC), by="Zoë",
    )  # fmt: skip
    assert run_id_of(run) == "241cb245df67aae2"
    assert checksum_of(run) == "510497d838c8fd24fa95227356355929a0e3edb3549b7106f79ff0c98c142a20"


def test_formats_have_names_of_their_own_and_share_how_they_are_laid_out() -> None:
    formats = (LEDGER_1, RUN_1, TICKET_1)
    assert [f.name for f in formats] == ["ledger 1", "run 1", "ticket 1"]
    for one in formats:
        assert one.digest({"a": "é"}) == (
            "b3a092a6af48807fa9482b2ee140105575daa26d5b24b3c0e60a7e2dee6683b1"
        )
    assert compact({"b": 1, "a": "é"}) == '{"a":"é","b":1}'
    assert utc_text(AT) == "2022-06-30T10:00:00.000005"
    with pytest.raises(InputError, match="object of named values"):
        LEDGER_1.text([1])
