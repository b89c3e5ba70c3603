"""The ledger: only added to, sealed, and whatever was changed in it is named."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import shutil
import threading
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kill_accept import DAY, FILLS, loaded, proposed

from engine.core.canonical import LEDGER_1
from engine.core.errors import EmptyUniverse, InputError, StoreDamaged
from engine.store import Entry, Store
from engine.store.ledger.chain import GENESIS, digest, first_fault, sealed
from engine.store.ledger.tables import new_entry

LATER = dt.date(2020, 3, 2)
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Portfolio `main` with five entries, the last a ticket's, `other` with two."""
    path = tmp_path_factory.mktemp("ledger") / "x.duckdb"
    ledger = loaded(path).ledger
    ledger.create("main", "u", "USD", "Anna", DAY)
    ledger.append("main", "cash", DAY, {"amount": Decimal("1000.00")}, "Anna")
    ledger.append("main", "split", LATER, {"symbol": "A", "ratio": "2"}, "Bert")
    ledger.append("main", "cash", DAY, {"amount": Decimal("-0.10")}, "Anna")
    proposed(Store(path))
    ledger.approve("T-1", "Bert", audit_passed=True)
    ledger.accept("T-1", "Bert", FILLS, effective_date=LATER)
    ledger.create("other", "u", "EUR", "Anna", DAY)
    ledger.append("other", "cash", DAY, {"amount": CENT}, "Anna")
    return path


@pytest.fixture
def store(template: Path, tmp_path: Path) -> Store:
    return Store(shutil.copy(template, tmp_path / "x.duckdb"))


def sql(store: Store, *statements: str) -> None:
    with duckdb.connect(str(store.path)) as connection:
        for statement in statements:
            connection.execute(statement)


def rewrite(store: Store, entries: Sequence[Entry]) -> None:
    """Put entries in the place of those in the tables, as one with the file in hand can."""
    sql(
        store,
        *(
            f"UPDATE ledger SET hash = '{e.hash}', prev_hash = '{e.prev_hash}', "
            f"payload = '{e.payload_text}' WHERE portfolio = '{e.portfolio}' AND seq = {e.seq}"
            for e in entries
        ),
    )


def resealed(entries: Sequence[Entry], place: int, **changes: object) -> tuple[Entry, ...]:
    """The chain with one entry changed and all hashes from there on made to fit."""
    out = list(entries[: place - 1])
    for i, entry in enumerate(entries[place - 1 :]):
        before = out[-1].hash if out else GENESIS
        out.append(sealed(dataclasses.replace(entry, prev_hash=before, **({} if i else changes))))
    return tuple(out)


def test_what_went_in_comes_out(store: Store) -> None:
    first, cash, split, correction, ticket = store.ledger.entries("main")
    assert [e.seq for e in store.ledger.entries("main")] == [1, 2, 3, 4, 5]
    assert (first.kind, first.by, first.effective_date) == ("create", "Anna", DAY)
    assert first.payload == {"universe": "u", "base_currency": "USD"}
    assert cash.payload == {"amount": "1000.00"}  # the digits as they were given
    assert Decimal(correction.payload["amount"]) == Decimal("-0.1")
    assert (split.kind, split.effective_date) == ("split", LATER)
    assert ticket.kind == "ticket"
    assert ticket.payload["fills"][0]["price"] == "99.10"
    now = dt.datetime.now(dt.UTC)
    times = [e.wall_time for e in store.ledger.entries("main")]
    assert times == sorted(times)
    assert all(t.tzinfo is dt.UTC and now - dt.timedelta(hours=1) < t <= now for t in times)
    assert store.ledger.head("main") == ticket


def test_an_entry_hashes_to_what_anyone_can_recompute(store: Store) -> None:
    entries = store.ledger.entries("main")
    before = "0" * 64
    for entry in entries:
        content = {
            "portfolio": "main", "seq": entry.seq, "kind": entry.kind, "by": entry.by,
            "effective_date": entry.effective_date.isoformat(),
            "wall_time": entry.wall_time.strftime("%Y-%m-%dT%H:%M:%S.%f"),
            "payload": entry.payload_text, "source_run": "", "snapshot_id": "",
            "prev_hash": before,
        }  # fmt: skip
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert entry.hash == hashlib.sha256(text.encode()).hexdigest()
        before = entry.hash


def test_any_past_date(store: Store) -> None:
    assert [e.seq for e in store.ledger.entries("main", DAY)] == [1, 2, 4]
    assert [e.seq for e in store.ledger.entries("main", LATER)] == [1, 2, 3, 4, 5]
    assert store.ledger.entries("main", DAY - dt.timedelta(1)) == ()


def test_portfolios(store: Store, tmp_path: Path) -> None:
    main, other = store.ledger.portfolios()
    assert (main.name, main.universe, main.base_currency) == ("main", "u", "USD")
    assert (main.entries, main.until, main.by) == (5, LATER, "Anna")
    assert main.head_hash == store.ledger.head("main").hash
    assert (other.name, other.base_currency, other.entries) == ("other", "EUR", 2)
    assert Store(tmp_path / "absent.duckdb").ledger.portfolios() == ()


def test_one_edited_ledger_leaves_the_others(store: Store) -> None:
    with duckdb.connect(str(store.path)) as connection:
        connection.execute("UPDATE ledger SET who = 'Mallory' WHERE portfolio = 'main' AND seq = 2")
    found, damaged = store.ledger.survey()
    assert [info.name for info in found] == ["other"] == [store.ledger.portfolio("other").name]
    assert "entry 2" in str(damaged["main"])
    for ask in (store.ledger.portfolios, lambda: store.ledger.portfolio("main")):
        with pytest.raises(StoreDamaged, match="entry 2"):
            ask()
    with pytest.raises(InputError, match="main"):
        store.ledger.portfolio("absent")


def test_to_create_twice_is_once(store: Store) -> None:
    first = store.ledger.entries("main")[0]
    assert store.ledger.create("main", "u", "USD", "Bert") == first
    assert len(store.ledger.entries("main")) == 5
    with pytest.raises(InputError, match="main exists, on u with no USD in cash"):
        store.ledger.create("main", "u", "EUR")
    funded = store.ledger.create("new", "u", "USD", "", DAY, Decimal("5.50"))
    assert funded.payload["cash"] == "5.50"
    assert store.ledger.create("new", "u", "USD", cash=Decimal("5.50")) == funded
    with pytest.raises(InputError, match=r"with 5\.50 USD in cash"):
        store.ledger.create("new", "u", "USD", cash=Decimal(6))


def test_what_cannot_be_is_refused(store: Store, tmp_path: Path) -> None:
    ledger, amount = store.ledger, {"amount": CENT}
    for call, words in (
        (lambda: ledger.create("../x", "u", "USD"), "portfolio name '../x' does not fit"),
        (lambda: ledger.create("x", "u", "usd"), "'usd' is not a currency"),
        (lambda: ledger.append("none", "cash", DAY, amount), "no portfolio 'none': choose main"),
        (lambda: ledger.append("main", "ticket", DAY, amount), "'ticket' is not a kind"),
        (lambda: ledger.append("main", "create", DAY, amount), "'create' is not a kind"),
        (lambda: ledger.append("main", "gift", DAY, amount), "'gift' is not a kind"),
        (lambda: ledger.append("main", "cash", "2020", amount), "'2020' is not a date"),
        (lambda: ledger.append("main", "cash", DAY, {"amount": 0.1}), r"'0\.1' \(float\) at amoun"),
        (lambda: ledger.append("main", "cash", DAY, amount, "a\nb"), "of who does this"),
        (lambda: ledger.append("main", "cash", DAY, amount, source_run="r"), "No run 'r'"),
        (lambda: ledger.append("main", "cash", DAY, amount, snapshot_id="s"), "No snapshot 's'"),
        (lambda: ledger.entries("none"), "no portfolio 'none': choose main, other"),
        (lambda: ledger.verify("none"), "no portfolio 'none'"),
        (lambda: ledger.verify(anchor="abc"), "anchor 'abc' is not a ledger hash"),
    ):
        with pytest.raises(InputError, match=words):
            call()
    with pytest.raises(EmptyUniverse, match="No universe 'none' is loaded: choose u"):
        ledger.create("x", "none", "USD")
    store.delete("u")
    with pytest.raises(InputError, match="was deleted"):
        ledger.create("x", "u", "USD")
    assert len(ledger.entries("main")) == 5  # its ledger stays
    assert ledger.verify().passed
    absent = Store(tmp_path / "absent.duckdb")
    with pytest.raises(EmptyUniverse):
        absent.ledger.create("x", "u", "USD")
    with pytest.raises(InputError, match="create one first"):
        absent.ledger.append("x", "cash", DAY, amount)
    with pytest.raises(InputError, match="There is no database"):
        absent.ledger.verify()
    assert not absent.path.exists()


def test_what_a_check_raises_leaves_the_ledger_as_it_was(store: Store) -> None:
    seen: list[tuple[Entry, ...]] = []

    def refuse(entries: tuple[Entry, ...]) -> None:
        seen.append(entries)
        raise InputError("more sold than held")

    with pytest.raises(InputError, match="more sold than held"):
        store.ledger.append("main", "cash", DAY, {"amount": CENT}, check=refuse)
    assert [e.seq for e in seen[0]] == [1, 2, 3, 4, 5, 6]
    assert len(store.ledger.entries("main")) == 5


def test_a_form_sent_twice_adds_one_entry(store: Store) -> None:
    head = store.ledger.head("main").hash
    added = store.ledger.append("main", "cash", DAY, {"amount": CENT}, expected_head=head)
    with pytest.raises(InputError, match="of main has moved on: look again, then repeat"):
        store.ledger.append("main", "cash", DAY, {"amount": CENT}, expected_head=head)
    assert store.ledger.head("main") == added


def test_threads_that_append_make_one_chain(store: Store) -> None:
    def add() -> None:
        for _ in range(3):
            store.ledger.append("main", "cash", DAY, {"amount": CENT})

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [e.seq for e in store.ledger.entries("main")] == list(range(1, 18))
    assert store.ledger.verify().passed


def test_verify_of_what_is_whole(store: Store) -> None:
    found = store.ledger.verify()
    assert found.passed
    assert (found.faults, found.sentences, found.anchor_in) == ((), (), None)
    assert [(v.portfolio, v.entries, v.tickets) for v in found.checked] == [
        ("main", 5, 1),
        ("other", 2, 0),
    ]
    middle = store.ledger.entries("main")[1].hash
    assert store.ledger.verify("main", middle).anchor_in == ("main", 2)
    assert store.ledger.verify(anchor=f" {middle[:16].upper()} ").anchor_in == ("main", 2)
    lost = store.ledger.verify("other", middle)
    assert not lost.passed
    assert "is in no chain (looked through: other)" in lost.sentences[0]


EDITS = {
    'payload = \'{"amount":"9.00"}\'': "was edited",
    "payload = payload || ' '": "was edited",
    "payload = 'not json'": "was edited",
    "who = 'Mallory'": "was edited",
    "kind = 'correction'": "was edited",
    "effective_date = effective_date + 1": "was edited",
    "wall_time = wall_time + INTERVAL 1 MICROSECOND": "was edited",
    "wall_time = 'infinity'": "was edited",
    "source_run = 'r'": "was edited",
    "snapshot_id = 's'": "was edited",
    "hash = repeat('0', 64)": "was edited",
    "prev_hash = hash": "was edited",
}


@pytest.mark.parametrize("seq", [2, 4])
@pytest.mark.parametrize("change", EDITS)
def test_one_value_changed_by_sql_is_named(store: Store, change: str, seq: int) -> None:
    sql(store, f"UPDATE ledger SET {change} WHERE portfolio = 'main' AND seq = {seq}")
    (fault,) = store.ledger.verify().faults
    assert (fault.portfolio, fault.seq, fault.ticket) == ("main", seq, "")
    assert EDITS[change] in fault.what
    assert fault.sentence.startswith(f"Entry {seq} of main was edited")
    assert store.ledger.verify("other").passed
    # Nothing is computed from it and nothing added to it; one sentence says so.
    for call in (
        lambda: store.ledger.entries("main"),
        lambda: store.ledger.append("main", "cash", DAY, {"amount": CENT}),
        store.ledger.portfolios,
    ):
        with pytest.raises(StoreDamaged, match=rf"main is not as it was written: entry {seq} was"):
            call()
    assert len(store.ledger.entries("other")) == 2


def test_missing_and_reordered_entries_are_named(store: Store) -> None:
    at = "WHERE portfolio = 'main' AND seq ="
    copy = Store(shutil.copy(store.path, store.path.with_name("gone.duckdb")))
    sql(copy, f"DELETE FROM ledger {at} 3")
    assert copy.ledger.verify().sentences == (
        "Entry 3 of main is missing: the next one is entry 4.",
    )
    sql(copy, f"UPDATE ledger SET seq = 3 {at} 4", f"UPDATE ledger SET seq = 4 {at} 5")
    (fault,) = copy.ledger.verify().faults
    assert (fault.seq, fault.what) == (3, "was reordered: what stands there was written as entry 4")
    swapped = Store(shutil.copy(store.path, store.path.with_name("swapped.duckdb")))
    sql(swapped, *(f"UPDATE ledger SET seq = {b} {at} {a}" for a, b in ((2, 9), (3, 2), (9, 3))))
    (fault,) = swapped.ledger.verify().faults
    assert (fault.seq, fault.what) == (2, "was reordered: what stands there was written as entry 3")
    sql(store, f"UPDATE ledger SET portfolio = 'other', seq = 3 {at} 5")
    faults = store.ledger.verify().faults
    assert [(f.portfolio, f.seq) for f in faults] == [("main", 5), ("other", 3)]
    assert "was edited" in faults[1].what


def test_entries_cut_off_at_the_end(store: Store) -> None:
    head = store.ledger.head("main").hash
    other = store.ledger.head("other").hash
    sql(store, "DELETE FROM ledger WHERE portfolio = 'main' AND seq = 5")
    (fault,) = store.ledger.verify().faults  # the ticket remembers
    assert fault.sentence == "Entry 5 of main is missing: entry 5 implemented the ticket T-1."
    sql(store, "DELETE FROM ledger WHERE portfolio = 'other' AND seq = 2")
    assert store.ledger.verify("other").passed  # here only an anchor does
    assert not store.ledger.verify("other", other).passed
    assert not store.ledger.verify("main", head).passed
    sql(store, "DELETE FROM ledger WHERE portfolio = 'main'")
    assert store.ledger.verify("main").faults[0].seq == 1
    with pytest.raises(StoreDamaged, match="main is missing, only its tickets are left"):
        store.ledger.entries("main")
    with pytest.raises(StoreDamaged):
        store.ledger.create("main", "u", "USD")


def test_an_entry_rewritten_with_its_hash_no_longer_fits_the_next(store: Store) -> None:
    entries = store.ledger.entries("main")
    false = resealed(entries, 2, payload_text='{"amount":"9.00"}')
    rewrite(store, false[1:2])
    (fault,) = store.ledger.verify().faults
    assert (fault.seq, fault.what) == (2, "was rewritten, its hash too: entry 3 does not follow it")
    rewrite(store, false[2:3])  # one more: then the next of those is the first that does not fit
    assert store.ledger.verify().faults[0].seq == 3
    rewrite(store, resealed(entries, 1, payload_text="{}")[:1])
    assert store.ledger.verify().faults[0].seq == 1


def test_a_chain_rewritten_to_its_end_is_found_by_anchor_and_ticket(store: Store) -> None:
    kept = store.ledger.entries("other")
    rewrite(store, resealed(kept, 2, payload_text='{"amount":"9.00"}'))
    assert store.ledger.verify("other").passed
    assert Decimal(store.ledger.entries("other")[1].payload["amount"]) == 9
    lost = store.ledger.verify("other", kept[-1].hash)
    assert (lost.passed, lost.faults, lost.anchor_in) == (False, (), None)
    assert "rewritten or cut" in lost.sentences[0]
    assert store.ledger.verify("other", kept[0].hash).anchor_in == ("other", 1)
    # Where a ticket was implemented, it stands against the chain without an anchor.
    rewrite(store, resealed(store.ledger.entries("main"), 2, payload_text='{"amount":"9.00"}'))
    (fault,) = store.ledger.verify("main").faults
    assert fault.sentence == "Entry 5 of main was rewritten: the ticket T-1 does not name it."


def test_a_damaged_file_is_one_sentence(store: Store) -> None:
    data = bytearray(store.path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    store.path.write_bytes(bytes(data))
    for call in (store.ledger.verify, lambda: store.ledger.entries("main")):
        with pytest.raises(StoreDamaged) as caught:
            call()
        assert "\n" not in str(caught.value)
    store.path.write_bytes(b"no database at all")
    with pytest.raises(StoreDamaged, match="cannot be read as a Cutline database"):
        store.ledger.verify()


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.text(st.characters(codec="utf-8"))
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20)
    .filter(lambda d: abs(d.adjusted()) <= 60),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(
        st.characters(codec="utf-8")), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), PLAIN, max_size=4))
def test_canonical_text_survives_json(document: dict) -> None:
    text = LEDGER_1.text(document)
    assert LEDGER_1.text(json.loads(text)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False).filter(lambda d: abs(d.adjusted()) <= 60))
def test_decimals_keep_every_digit(value: Decimal) -> None:
    text = json.loads(LEDGER_1.text({"x": value}))["x"]
    assert Decimal(text) == value
    assert "E" not in text.upper()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1.0, "float"),
        (Decimal("NaN"), "Decimal"),
        (Decimal("1E+999999"), "Decimal"),
        (dt.datetime(2020, 1, 1), "datetime"),
        ({1: "x"}, "key that is not text"),
        (object(), "object"),
        ("\ud800", "not text"),
    ],
)
def test_what_has_no_exact_text_is_refused(value: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        LEDGER_1.text({"a": [{"b": value}]})


def chain(n: int) -> tuple[Entry, ...]:
    out: tuple[Entry, ...] = ()
    for i in range(n):
        out = (*out, new_entry(out, "p", "cash", DAY, {"amount": Decimal(i)}, "Anna"))
    return out


@given(st.integers(2, 8), st.data())
def test_whatever_is_done_to_a_chain_but_cut_its_end_is_found(n: int, data: st.DataObject) -> None:
    whole = chain(n)
    assert first_fault(whole, "entry") is None
    order = data.draw(st.permutations(range(n)).map(list))
    keep = data.draw(st.integers(1, n))
    rows = [whole[i] for i in order[:keep]]
    renumbered = [dataclasses.replace(row, seq=i) for i, row in enumerate(rows, start=1)]
    is_start = [row.seq for row in rows] == list(range(1, keep + 1))
    assert (first_fault(renumbered, "entry") is None) == is_start
    by_number = sorted(rows, key=lambda row: row.seq)
    gap = next((i for i, row in enumerate(by_number, start=1) if row.seq != i), None)
    fault = first_fault(by_number, "entry")
    assert (fault[0] if fault else None) == gap


@given(st.integers(2, 8), st.data())
def test_an_edit_is_named_where_it_is(n: int, data: st.DataObject) -> None:
    rows = list(chain(n))
    place = data.draw(st.integers(1, n))
    change = data.draw(
        st.sampled_from([{"by": "M"}, {"payload_text": "{}"}, {"portfolio": "q"}, {"kind": "x"}])
    )
    edited = dataclasses.replace(rows[place - 1], **change)
    rows[place - 1] = edited
    assert first_fault(rows, "entry")[0] == place
    rows[place - 1] = sealed(edited)
    found = first_fault(rows, "entry")
    assert (found[0] if found else None) == (place if place < n else None)
    assert digest(rows[place - 1]) == rows[place - 1].hash


def test_an_opening_is_of_one_transaction(store: Store) -> None:
    def refuse(entries: tuple[Entry, ...]) -> None:
        raise InputError(f"no {len(entries)}")

    opening = ("cash", DAY, {"amount": CENT})
    with pytest.raises(InputError, match=r"^no 2$"):
        store.ledger.create("new", "u", "USD", "", DAY, opening=opening, check=refuse)
    with pytest.raises(InputError, match="not a kind"):
        store.ledger.create("new", "u", "USD", "", DAY, opening=("ticket", DAY, {}))
    assert "new" not in {info.name for info in store.ledger.portfolios()}
    first = store.ledger.create("new", "u", "USD", "", DAY, opening=opening)
    assert [e.kind for e in store.ledger.entries("new")] == ["create", "cash"]
    assert store.ledger.create("new", "u", "USD", "Bert", DAY, opening=opening) == first
    with pytest.raises(InputError, match="opened otherwise"):
        store.ledger.create("new", "u", "USD", opening=("cash", DAY, {"amount": "0.02"}))
    assert len(store.ledger.entries("new")) == 2
    alone = store.ledger.create("alone", "u", "USD", "", DAY)
    assert store.ledger.create("alone", "u", "USD", "", DAY, opening=opening) == alone
    assert len(store.ledger.entries("alone")) == 2
